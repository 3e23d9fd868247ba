"""Fill an empty portal with the sample center, or print its logins."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dosing_portal.kernel import clock
from schedules.services import sample_center


class Command(BaseCommand):
    help = "Make the sample center with invented patients (demonstrations only)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print-logins", action="store_true", help="print the sample logins and end")

    def handle(self, *_args: Any, print_logins: bool = False, **_options: Any) -> None:
        if not settings.PORTAL_DEMO:
            raise CommandError(
                "Invented patients never go where real ones may be. Set PORTAL_DEMO=1 to insist."
            )
        if print_logins:
            for login in sample_center.logins():
                self.stdout.write(f"{login.username:15} {login.password:18} {login.role}, {login.name}")
            return
        if sample_center.exists():
            self.stdout.write("The sample center is there already.")
            return
        sample_center.fill(at=clock.now())
        self.stdout.write("The sample center is filled.")
