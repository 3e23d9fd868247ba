"""The audit page: who changed what, when, from what to what."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.forms.audit import AuditFilterForm
from dosing_portal.web.selectors.audit import Filters, audit_page

OLDER_THAN = "older_than"


@require(Permission.VIEW_AUDIT)
@require_GET
def audit(request: StaffRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET or None, center=request.user.center, at=clock.now())
    filters = form.filters() if form.is_valid() else Filters()
    asked = request.GET.get(OLDER_THAN, "")
    older_than = int(asked) if asked.isdecimal() and len(asked) < len(str(2**63)) else None
    page = audit_page(request.user.center_id, filters, older_than=older_than)
    context = {
        "form": form,
        "page": page,
        "next_url": _next_url(request, page.older_than),
        "is_first": not older_than,
    }
    return render(request, "web/audit.html", context, status=422 if form.errors else 200)


def _next_url(request: StaffRequest, older_than: int | None) -> str:
    """The same filters, behind the last line shown."""
    if older_than is None:
        return ""
    query = request.GET.copy()
    query[OLDER_THAN] = str(older_than)
    return f"?{query.urlencode()}"
