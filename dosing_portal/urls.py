"""The composition root's routes: the only module that knows every app."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("dosing_portal.web.urls")),
    path("", include("schedules.urls")),
    path("", include("patients.urls")),
    path("", include("protocols.urls")),
    path("api/v1/", include("dosing_portal.api_urls")),
]

handler400 = "dosing_portal.web.views.errors.bad_request"
handler403 = "dosing_portal.web.views.errors.forbidden"
handler404 = "dosing_portal.web.views.errors.not_found"
handler500 = "dosing_portal.web.views.errors.failed"
