"""Routes of the frame: the door, health, settings, the audit page, the demo's mailbox."""

from django.urls import URLPattern, path

from dosing_portal.web import gallery
from dosing_portal.web.views import audit, blocks, center, frame, health, mailbox, settings, sign_in, staff

app_name = "web"

door_urls = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/again/", sign_in.sign_in_again, name="sign-in-again"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("session/renew/", sign_in.session_renew, name="session-renew"),
    path("session/token/", sign_in.session_token, name="session-token"),
]
health_urls = [
    path("health/", health.liveness, name="health"),
    path("health/clocks/", health.clocks, name="health-clocks"),
]
settings_urls = [
    path("settings/", settings.home, name="settings"),
    path("settings/password/", settings.own_password, name="own-password"),
    path("settings/shortcuts/", settings.shortcuts, name="shortcuts"),
    path("settings/users/", staff.staff_list, name="staff-list"),
    path("settings/users/new/", staff.staff_add, name="staff-add"),
    path("settings/users/<uuid:staff_id>/", staff.staff_change, name="staff-change"),
    path("settings/users/<uuid:staff_id>/password/", staff.staff_password, name="staff-password"),
    path("settings/users/<uuid:staff_id>/close/", staff.staff_close, name="staff-close"),
    path("settings/users/<uuid:staff_id>/reopen/", staff.staff_reopen, name="staff-reopen"),
    path("settings/center/", center.edit, name="center"),
    path("settings/center/closed-days/", center.close_day, name="closed-day-add"),
    path("settings/center/closed-days/<int:closed_day_id>/open/", center.open_day, name="closed-day-remove"),
    path("settings/confirmations/", blocks.block_list, name="block-list"),
    path("settings/audit/", audit.audit, name="audit"),
]

urlpatterns: list[URLPattern] = [
    *door_urls,
    *health_urls,
    *settings_urls,
    path("frame/", frame.frame, name="frame"),
    path("components/", gallery.show, name="components"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
]
