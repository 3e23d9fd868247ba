"""Routes of drugs on a clock: order, taper or stop, leave a due dose out."""

from django.urls import URLPattern, path

from schedules.views import event_treatment

urlpatterns: list[URLPattern] = [
    path("events/<uuid:event_id>/treatments/new/", event_treatment.order, name="treatment-new"),
    path("treatments/<uuid:order_id>/stop/", event_treatment.stop, name="treatment-stop"),
    path("treatments/due/<uuid:due_id>/leave-out/", event_treatment.leave_out, name="treatment-leave-out"),
]
