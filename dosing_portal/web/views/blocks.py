"""Blocks of the record that wait for the center's pharmacist."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.forms.blocks import ConfirmBlockForm
from dosing_portal.web.selectors.blocks import confirmed, waiting_blocks
from protocols.services.adoption import AdoptionRefused, Confirming
from schedules.services import confirmations


@require(Permission.CONFIRM_BLOCK)
@require_http_methods(["GET", "POST"])
def block_list(request: StaffRequest) -> HttpResponse:
    at = clock.now()
    form = ConfirmBlockForm(request.POST or None, center=request.user.center, at=at)
    if request.method == "POST" and form.is_valid():
        confirming = Confirming(block=form.cleaned_data["block"], revision=form.cleaned_data["revision"])
        try:
            confirmations.confirm_block(confirming=confirming, by=request.user, at=at)
        except AdoptionRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{confirming.block} is confirmed against {confirming.revision}.")
            return HttpResponseRedirect(reverse("web:block-list"))
    center_id = request.user.center_id
    context = {
        "form": form,
        "regimens": waiting_blocks(center_id),
        "confirmations": confirmed(center_id),
    }
    return render(request, "web/blocks.html", context, status=422 if form.errors else 200)
