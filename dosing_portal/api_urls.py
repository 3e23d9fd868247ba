"""Routes of the JSON API: the same nouns and the same services as the pages."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from dosing_portal.kernel.permissions import public
from dosing_portal.web.views.api_token import token
from schedules import api

app_name = "api"
urlpatterns = [
    path("token/", token, name="token"),
    path("schema/", public(SpectacularAPIView.as_view(permission_classes=[])), name="schema"),
    path("patients/<uuid:patient_id>/vitals/", api.vitals, name="vitals"),
    path("alerts/", api.alert_list, name="alert-list"),
    path("alerts/<uuid:alert_id>/acknowledge/", api.alert_acknowledge, name="alert-acknowledge"),
]
