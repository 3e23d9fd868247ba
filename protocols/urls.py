"""Routes of the calculators: they need no patient and save nothing."""

from django.urls import URLPattern, path

from protocols.views import calculators

app_name = "protocols"

urlpatterns: list[URLPattern] = [
    path("calculators/grade/", calculators.grade, name="calculator-grade"),
    path("calculators/restart/", calculators.restart, name="calculator-restart"),
    path("calculators/dose/", calculators.dose, name="calculator-dose"),
]
