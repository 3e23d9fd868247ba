"""What the demo's people would find in their e-mail. Production has no such page."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from dosing_portal.kernel.http import StaffRequest, live, render_htmx, version_of
from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.selectors.mailbox import mails


@require(Permission.VIEW_SETTINGS)
@require_GET
def mailbox(request: StaffRequest) -> HttpResponse:
    if not settings.PORTAL_DEMO or settings.PORTAL_MAILBOX_DIR is None:
        raise Http404
    found = mails(Path(settings.PORTAL_MAILBOX_DIR))
    version = version_of(*(mail.key for mail in found))
    context = {"mails": found, "version": version}
    return live(
        request, version, lambda: render_htmx(request, "web/mailbox.html", "web/_mails.html", context)
    )
