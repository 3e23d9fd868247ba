"""Routes of what is true of a person: registration, people to call."""

from django.urls import URLPattern, path

from patients.views import facts, registration

app_name = "patients"

# /patients/...
urlpatterns: list[URLPattern] = [
    path("patients/new/", registration.register, name="patient-new"),
    path("patients/<uuid:patient_id>/edit/", registration.edit, name="patient-edit"),
    path("patients/<uuid:patient_id>/contacts/new/", facts.add_contact, name="contact-new"),
    path("patients/<uuid:patient_id>/contacts/<uuid:contact_id>/end/", facts.end_contact, name="contact-end"),
]
