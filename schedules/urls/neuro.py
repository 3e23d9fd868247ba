"""Routes of the neurologic record and of what is asked at visits."""

from django.urls import URLPattern, path

from schedules.views import handwriting, ice, visits

neuro_urls = [
    path("patients/<uuid:patient_id>/neuro/", handwriting.overview, name="neuro"),
    path("patients/<uuid:patient_id>/handwriting/new/", handwriting.new, name="handwriting-new"),
    path(
        "patients/<uuid:patient_id>/handwriting/<uuid:specimen_id>/photo/",
        handwriting.photo,
        name="handwriting-photo",
    ),
    path("patients/<uuid:patient_id>/ice/new/", ice.new, name="ice-new"),
    path("patients/<uuid:patient_id>/ice/preview/", ice.preview, name="ice-preview"),
    path("patients/<uuid:patient_id>/ice/<uuid:observation_id>/amend/", ice.amend, name="ice-amend"),
]

visit_urls = [
    path("patients/<uuid:patient_id>/visits/", visits.overview, name="visits"),
    path("patients/<uuid:patient_id>/visits/new/", visits.new, name="visit-new"),
]

urlpatterns: list[URLPattern] = [*neuro_urls, *visit_urls]
