"""Blocks of the record that wait for the center's pharmacist."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.forms.blocks import ConfirmBlockForm
from dosing_portal.web.selectors.blocks import RecordBlocks, confirmed, waiting_blocks, waiting_rules
from protocols.services.adoption import AdoptionRefused, Confirming
from schedules.services import confirmations

RECORD = "record"


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
            query = urlencode({RECORD: confirming.block.split("/")[0]})
            return HttpResponseRedirect(f"{reverse('web:block-list')}?{query}")
    center_id = request.user.center_id
    records = (*waiting_blocks(center_id), *waiting_rules(center_id))
    context = {
        "form": form,
        "records": records,
        "record": _asked(request, records),
        "confirmations": confirmed(center_id),
    }
    return render(request, "web/blocks.html", context, status=422 if form.errors else 200)


def _asked(request: StaffRequest, records: Sequence[RecordBlocks]) -> RecordBlocks:
    """One record at a time: that of the block just sent, the one asked for, else the first that waits."""
    prefix = request.POST.get("block", "").split("/")[0] or request.GET.get(RECORD, "")
    named = next((record for record in records if record.prefix == prefix), None)
    return named or next((record for record in records if record.open), records[0])
