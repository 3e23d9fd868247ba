"""Replay a story through the services: what would our protocol have done with this night?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from protocols import selectors as protocols
from protocols.documents import DocumentError
from protocols.library import UnknownRegimenError
from protocols.rules.regimen import UnknownDoseError, UnknownScheduleError
from schedules.selectors.story_report import report
from schedules.services import story_document
from schedules.services.stories import StoryRefused
from schedules.services.story_replay import replay

UNREADABLE = 2


class Command(BaseCommand):
    help = "Replay a story file and print what came of it. Nothing of it is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("story", type=Path, metavar="STORY.yaml")
        parser.add_argument("--json", action="store_true", help="the whole report as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            rows = self._replayed(options["story"])
        except (DocumentError, UnknownRegimenError, UnknownScheduleError, UnknownDoseError) as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        except StoryRefused as error:
            said = f"{options['story']}:{error.line}: {error.sentence}"
            raise CommandError(said, returncode=UNREADABLE) from error
        except OSError as error:
            raise CommandError(f"{options['story']}: {error.strerror}", returncode=UNREADABLE) from error
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
        else:
            self._write_lines(rows)

    @staticmethod
    def _replayed(path: Path) -> dict[str, Any]:
        story = story_document.load(path)
        with transaction.atomic():
            played = replay(story)
            spec = protocols.spec(played.version.pk)
            rows = report(played.patient.pk, spec, story.zone, story.until)
            transaction.set_rollback(True)
        return {"title": story.title, **rows}

    def _write_lines(self, rows: dict[str, Any]) -> None:
        self.stdout.write(rows["title"])
        for name in ("checks", "gradings", "events", "alerts", "pages"):
            self.stdout.write(f"\n{name}")
            for row in rows[name]:
                told = (
                    f"{key} {self._plain(value)}" for key, value in row.items() if value not in (None, [], "")
                )
                self.stdout.write("  " + ", ".join(told))
        self.stdout.write("\nnext_dose")
        for key, value in (rows["next_dose"] or {}).items():
            self.stdout.write(f"  {key}: {self._plain(value)}")

    @staticmethod
    def _plain(value: Any) -> str:
        return "; ".join(str(item) for item in value) if isinstance(value, list) else str(value)
