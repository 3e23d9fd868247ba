"""Today, Events, and everything that answers an alert."""

from django.urls import URLPattern, path

from schedules.views import today

urlpatterns: list[URLPattern] = [
    path("", today.today, name="today"),
]
