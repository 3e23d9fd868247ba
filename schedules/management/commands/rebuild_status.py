"""Write the boards' rows again from the facts, or only say where they differ."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dosing_portal.kernel import clock
from schedules.services import status


class Command(BaseCommand):
    help = "Rebuild the one row of each course that the boards read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--verify", action="store_true", help="change nothing; say what differs and fail if anything does"
        )

    def handle(self, *_args: Any, verify: bool = False, **_options: Any) -> None:
        courses = 0
        differences: list[status.Difference] = []
        at = clock.now()
        for course in status.shown(at).iterator():
            courses += 1
            found = status.rebuild(course=course, at=at, keep=not verify)
            differences += found
            for difference in found:
                self.stdout.write(str(difference))
        self.stdout.write(f"{courses} courses, {len(differences)} differences.")
        if verify and differences:
            raise CommandError("The boards show something else than the facts. Run rebuild_status.")
