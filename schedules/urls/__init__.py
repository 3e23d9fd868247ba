"""Routes of everything that acts, one list a place."""

from schedules.urls import bedside, boards, courses, neuro, oncall, stock, treatments

app_name = "schedules"
urlpatterns = [
    *boards.urlpatterns,
    *bedside.urlpatterns,
    *neuro.urlpatterns,
    *courses.urlpatterns,
    *oncall.urlpatterns,
    *stock.urlpatterns,
    *treatments.urlpatterns,
]
