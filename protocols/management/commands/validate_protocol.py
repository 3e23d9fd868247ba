"""Run a file of worked cases against a regimen of the library or a version of a protocol."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError

from protocols import library
from protocols.documents import DocumentError
from protocols.rules.spec import ProtocolSpec
from protocols.services.validation import CaseResult, Subject, run_file, totals

FAILED = 1
UNREADABLE = 2


class Command(BaseCommand):
    help = "Run worked cases: a line for each, then the totals. Exit 1: some failed; 2: the file is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("cases", type=Path, metavar="CASES.yaml")
        parser.add_argument("--regimen", help="slug of the library, for cases that name none")
        parser.add_argument("--schedule", help="schedule of that regimen; its default one when not named")
        parser.add_argument("--protocol", metavar="SLUG@VERSION", help="a version of the center's protocol")
        parser.add_argument("--json", action="store_true", help="a list of the results instead of lines")

    def handle(self, *_args: Any, **options: Any) -> None:
        results = self._results(options)
        if options["json"]:
            rows = [result.as_json() for result in results]
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
        else:
            self._write_lines(results)
        self._leave(results)

    def _results(self, options: dict[str, Any]) -> tuple[CaseResult, ...]:
        try:
            return run_file(options["cases"], self._subject(options))
        except (DocumentError, library.UnknownRegimenError) as error:
            raise CommandError(str(error), returncode=UNREADABLE) from error
        except OSError as error:
            raise CommandError(f"{options['cases']}: {error.strerror}", returncode=UNREADABLE) from error

    def _subject(self, options: dict[str, Any]) -> Subject:
        if options["regimen"] is not None:
            library.load(options["regimen"])
        if options["protocol"] is None:
            return Subject(options["regimen"], options["schedule"])
        return Subject(options["regimen"], options["schedule"], _spec(options["protocol"]))

    def _write_lines(self, results: tuple[CaseResult, ...]) -> None:
        for result in results:
            self.stdout.write(result.line)
        passed, failed = totals(results)
        self.stdout.write(f"{passed} passed, {failed} failed")

    def _leave(self, results: tuple[CaseResult, ...]) -> None:
        problems = [str(result.problem) for result in results if result.problem is not None]
        if problems:
            raise CommandError("\n".join(problems), returncode=UNREADABLE)
        if totals(results)[1]:
            raise SystemExit(FAILED)


def _spec(name: str) -> ProtocolSpec:
    # Only this option needs the database, and with it the models.
    from protocols.selectors import spec_for

    try:
        return spec_for(name)
    except (ObjectDoesNotExist, ValueError) as error:
        raise CommandError(f"no protocol version is called {name}", returncode=UNREADABLE) from error
    except DatabaseError as error:
        raise CommandError(f"no database to read {name} from: {error}", returncode=UNREADABLE) from error
