"""Tocilizumab stock, under Settings: count it, see what is reserved and what is short."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.kernel.templatetags.clinical import dose
from protocols.services import stock as service
from schedules.forms.stock import CountForm
from schedules.selectors.stock import stock_of
from schedules.views.stock_words import finding_words, level_words, place_name

REFUSED = 422


@require(Permission.COUNT_STOCK)
@require_http_methods(["GET", "POST"])
def stock(request: StaffRequest) -> HttpResponse:
    at = clock.now()
    found = stock_of(request.user.center, at)
    form = CountForm(
        request.POST if request.method == "POST" else None,
        center=request.user.center,
        at=at,
        places=[held.level.place for held in found.places if held.level.place],
    )
    if form.is_valid():
        row = service.count(**form.facts(), by=request.user, at=at)
        messages.success(
            request, f"{dose(row.mg)} counted at {row.place or 'the clinic'}.", extra_tags="done"
        )
        return HttpResponseRedirect(reverse("schedules:stock"))
    context = {
        "form": form,
        "places": [(place_name(held), held, level_words(held)) for held in found.places],
        "reserved": found.reserved,
        "rule": found.rule,
        "findings": finding_words(found),
    }
    return render(request, "schedules/stock.html", context, status=REFUSED if form.errors else 200)


@require(Permission.COUNT_STOCK)
@require_GET
def finding(request: StaffRequest) -> HttpResponse:
    """What is short, as one line of Today; nothing when everything is there."""
    found = stock_of(request.user.center, clock.now())
    return render(request, "schedules/_stock_finding.html", {"findings": finding_words(found)})
