"""Where a patient is, calls about her, and to whom she is handed over."""

from django.urls import URLPattern, path

from schedules.views import whereabouts

urlpatterns: list[URLPattern] = [
    path("patients/<uuid:patient_id>/where/", whereabouts.where, name="where"),
    path("patients/<uuid:patient_id>/where/card/", whereabouts.card, name="where-card"),
    path("patients/<uuid:patient_id>/calls/new/", whereabouts.call, name="call-new"),
    path("patients/<uuid:patient_id>/hand-offs/new/", whereabouts.hand_over, name="hand-over"),
    path("hand-offs/<uuid:hand_off_id>/answer/", whereabouts.hand_off_answer, name="hand-off-answer"),
]
