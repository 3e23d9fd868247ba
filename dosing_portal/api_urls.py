"""Routes of the JSON API: the same nouns and the same services as the pages."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from dosing_portal.kernel.permissions import public
from dosing_portal.web.views.api_token import token
from patients import api as people
from protocols import api as calculators
from schedules.api import alerts, courses, events, interventions, vitals

app_name = "api"

patient_urls = [
    path("patients/", people.patients, name="patient-list"),
    path("patients/<uuid:patient_id>/", people.patient, name="patient"),
    path("patients/<uuid:patient_id>/weights/", people.weights, name="patient-weigh"),
    path("patients/<uuid:patient_id>/vitals/", vitals.vitals, name="vitals"),
    path("patients/<uuid:patient_id>/courses/", courses.patient_courses, name="patient-courses"),
    path("patients/<uuid:patient_id>/interventions/", interventions.interventions, name="interventions"),
]
course_urls = [
    path("courses/<uuid:course_id>/", courses.course, name="course"),
    path("courses/<uuid:course_id>/end/", courses.course_end, name="course-end"),
    path("courses/<uuid:course_id>/what-if/", courses.course_what_if, name="course-what-if"),
    path(
        "courses/<uuid:course_id>/doses/<int:ordinal>/administer/",
        courses.dose_administer,
        name="dose-administer",
    ),
]
event_urls = [
    path("events/", events.event_list, name="event-list"),
    path("events/<uuid:event_id>/", events.event, name="event"),
    path("events/<uuid:event_id>/confirm/", events.event_confirm, name="event-confirm"),
    path("events/<uuid:event_id>/attribute/", events.event_attribute, name="event-attribute"),
    path("events/<uuid:event_id>/close/", events.event_close, name="event-close"),
    path(
        "patients/<uuid:patient_id>/interventions/<uuid:intervention_id>/take-back/",
        interventions.intervention_take_back,
        name="intervention-take-back",
    ),
]
alert_urls = [
    path("alerts/", alerts.alert_list, name="alert-list"),
    path("alerts/<uuid:alert_id>/", alerts.alert, name="alert"),
    path("alerts/<uuid:alert_id>/acknowledge/", alerts.alert_acknowledge, name="alert-acknowledge"),
    path("alerts/<uuid:alert_id>/resolve/", alerts.alert_resolve, name="alert-resolve"),
]
calculator_urls = [
    path("calculators/grade/", calculators.grade, name="calculator-grade"),
    path("calculators/restart/", calculators.restart, name="calculator-restart"),
    path("calculators/dose/", calculators.dose, name="calculator-dose"),
]

urlpatterns = [
    path("token/", token, name="token"),
    path("schema/", public(SpectacularAPIView.as_view(permission_classes=[])), name="schema"),
    *patient_urls,
    *course_urls,
    *event_urls,
    *alert_urls,
    *calculator_urls,
]
