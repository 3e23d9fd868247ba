"""Who is on call, how to reach them, and whether messages arrive."""

from django.urls import URLPattern, path

from schedules.views import oncall

urlpatterns: list[URLPattern] = [
    path("settings/on-call/", oncall.board, name="oncall"),
    path("settings/on-call/shifts/", oncall.add_shift, name="shift-add"),
    path("settings/on-call/shifts/<uuid:shift_id>/cancel/", oncall.cancel_shift, name="shift-cancel"),
    path("settings/contact-points/", oncall.reach, name="contact-points"),
    path("settings/contact-points/new/", oncall.add_contact_point, name="contact-point-add"),
    path("settings/contact-points/<uuid:point_id>/end/", oncall.end_contact_point, name="contact-point-end"),
    path("settings/contact-points/<uuid:point_id>/test/", oncall.send_test, name="contact-point-test"),
]
