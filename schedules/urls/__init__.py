"""Routes of everything that acts, one list a place."""

from schedules.urls import bedside, boards, courses, hand_off, neuro, oncall, stock, treatments, whereabouts

app_name = "schedules"
urlpatterns = [
    *boards.urlpatterns,
    *bedside.urlpatterns,
    *neuro.urlpatterns,
    *courses.urlpatterns,
    *oncall.urlpatterns,
    *stock.urlpatterns,
    *treatments.urlpatterns,
    *whereabouts.urlpatterns,
    *hand_off.urlpatterns,
]
