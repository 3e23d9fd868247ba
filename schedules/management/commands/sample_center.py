"""Fill an empty portal with the sample center, and print its logins."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dosing_portal.kernel import clock
from schedules.services import sample_center


class Command(BaseCommand):
    help = "Make the sample center with invented patients (demonstrations only)."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.PORTAL_DEMO:
            raise CommandError(
                "Invented patients never go where real ones may be. Set PORTAL_DEMO=1 to insist."
            )
        if not sample_center.exists():
            sample_center.fill(at=clock.now())
        for login in sample_center.logins():
            self.stdout.write(f"{login.username:15} {login.password:18} {login.role}, {login.name}")
