"""The hand-off sheet of an event, and of a patient without one."""

from django.urls import URLPattern, path

from schedules.views import hand_off

urlpatterns: list[URLPattern] = [
    path("events/<uuid:event_id>/hand-off/", hand_off.of_event, name="event-hand-off"),
    path("events/<uuid:event_id>/hand-off.pdf", hand_off.pdf_of_event, name="event-hand-off-pdf"),
    path("patients/<uuid:patient_id>/hand-off/", hand_off.of_patient, name="patient-hand-off"),
    path("patients/<uuid:patient_id>/hand-off.pdf", hand_off.pdf_of_patient, name="patient-hand-off-pdf"),
]
