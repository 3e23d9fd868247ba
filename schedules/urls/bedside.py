"""Routes at the bedside: find a patient, log vitals, see what it means, record what was given."""

from django.urls import URLPattern, path

from schedules.views import interventions, laboratory, patients, vitals, vitals_outcome, weights

vitals_urls = [
    path("patients/<uuid:patient_id>/vitals/", vitals.readings, name="vitals"),
    path("patients/<uuid:patient_id>/vitals/new/", vitals.new, name="vitals-new"),
    path("patients/<uuid:patient_id>/vitals/preview/", vitals.preview, name="vitals-preview"),
    path(
        "patients/<uuid:patient_id>/vitals/<uuid:observation_id>/",
        vitals_outcome.outcome,
        name="vitals-outcome",
    ),
    path(
        "patients/<uuid:patient_id>/vitals/<uuid:observation_id>/told/",
        vitals_outcome.told,
        name="outcome-told",
    ),
    path("patients/<uuid:patient_id>/vitals/<uuid:observation_id>/amend/", vitals.amend, name="vitals-amend"),
]
intervention_urls = [
    path("patients/<uuid:patient_id>/interventions/new/", interventions.new, name="intervention-new"),
    path("patients/<uuid:patient_id>/interventions/look/", interventions.look, name="intervention-look"),
    path(
        "patients/<uuid:patient_id>/interventions/<uuid:intervention_id>/take-back/",
        interventions.take_back,
        name="intervention-take-back",
    ),
]

laboratory_urls = [
    path("patients/<uuid:patient_id>/laboratory/", laboratory.results, name="laboratory"),
    path(
        "patients/<uuid:patient_id>/laboratory/<uuid:result_id>/amend/",
        laboratory.amend,
        name="laboratory-amend",
    ),
]

urlpatterns: list[URLPattern] = [
    path("patients/", patients.found, name="patient-list"),
    path("patients/<uuid:patient_id>/weights/new/", weights.weigh, name="weight-new"),
    *vitals_urls,
    *intervention_urls,
    *laboratory_urls,
]
