"""Routes of the tocilizumab stock, under Settings."""

from django.urls import URLPattern, path

from schedules.views import stock

urlpatterns: list[URLPattern] = [
    path("settings/stock/", stock.stock, name="stock"),
    path("settings/stock/finding/", stock.finding, name="stock-finding"),
]
