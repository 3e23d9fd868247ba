"""Worked cases: what a pharmacist runs before a protocol goes into use, and what proves the rules here.

A case file asks the pure rules only: no patient, no row written. Only what ``expect`` names is compared,
numbers as decimals and lists as sets. Where the record does not cover the question the answer is a refusal,
and a case that expected an answer there passes with ``refused: true`` in what it got.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocols import library
from protocols.documents import Document, DocumentError, Problem, StrictRecord, Where, parse, read
from protocols.rules.regimen import Regimen, Schedule, UnknownScheduleError
from protocols.rules.spec import ProtocolSpec
from protocols.services import dose_cases, expectations, grading_cases, schedule_cases
from protocols.services.case_types import Answer, CaseContext, CaseError, Runner

KINDS: Mapping[str, Runner] = {**grading_cases.KINDS, **schedule_cases.KINDS, **dose_cases.KINDS}


class CaseText(StrictRecord):
    id: str
    kind: str
    given: Any
    expect: dict[str, Any]
    regimen: str | None = None
    schedule: str | None = None
    note: str = ""


class CaseFileText(StrictRecord):
    cases: tuple[CaseText, ...]
    title: str = ""
    regimen: str | None = None
    schedule: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What the cases are asked of, unless a case or its file names something else."""

    regimen: str | None = None
    schedule: str | None = None
    spec: ProtocolSpec | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and how it went. ``problem`` is set where the case itself is wrong and could not be run."""

    id: str
    kind: str
    passed: bool
    expected: Mapping[str, Any]
    got: Mapping[str, Any]
    differences: tuple[str, ...]
    because: tuple[str, ...]
    source: str
    unconfirmed: bool
    problem: Problem | None = None

    @property
    def line(self) -> str:
        """The case in one line, as the command prints it."""
        if self.passed:
            return f"{self.id} pass"
        if self.problem is not None:
            return f"{self.id} FAIL {self.problem}"
        because = "; ".join(self.because) or "no reason given"
        return f"{self.id} FAIL {'; '.join(self.differences)}, because {because}"

    def as_json(self) -> dict[str, Any]:
        """The case as the command's ``--json`` lists it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "passed": self.passed,
            "expected": expectations.jsonable(self.expected),
            "got": expectations.jsonable(self.got),
            "because": "; ".join(self.because),
            "source": self.source,
            "unconfirmed": self.unconfirmed,
        }


def run_file(path: Path, subject: Subject) -> tuple[CaseResult, ...]:
    """Every case of this file, in order. Raises ``DocumentError``, ``OSError``."""
    return run(read(path), subject)


def run(document: Document, subject: Subject) -> tuple[CaseResult, ...]:
    """Every case of a document that was read. A case that cannot be run is a result with its problem."""
    text = parse(document, CaseFileText)
    problems = [*_unknown_names(document, text), *_repeated_ids(document, text)]
    if problems:
        raise DocumentError(problems)
    return tuple(
        _run_case(document, ("cases", index), case, text, subject) for index, case in enumerate(text.cases)
    )


def _unknown_names(document: Document, text: CaseFileText) -> Iterator[Problem]:
    """The file's own regimen and schedule: wrong there, they are wrong in every case."""
    if text.regimen is None:
        return
    try:
        library.load(text.regimen).schedule(text.schedule)
    except library.UnknownRegimenError as error:
        yield document.problem(("regimen",), str(error))
    except UnknownScheduleError as error:
        yield document.problem(("schedule",), str(error))


def _repeated_ids(document: Document, text: CaseFileText) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, case in enumerate(text.cases):
        if case.id in seen:
            yield document.problem(("cases", index, "id"), f"the id {case.id} stands twice")
        seen.add(case.id)


def _run_case(
    document: Document, where: Where, case: CaseText, text: CaseFileText, subject: Subject
) -> CaseResult:
    try:
        runner = _runner(case)
        answer = runner(_context(case, text, subject), case.given)
        comparison = expectations.compare(case.expect, answer)
    except CaseError as error:
        problem = document.problem((*where, *error.path), error.what)
        return _not_run(case, problem)
    return _result(case, answer, comparison)


def _runner(case: CaseText) -> Runner:
    try:
        return KINDS[case.kind]
    except KeyError as error:
        known = ", ".join(sorted(KINDS))
        raise CaseError(("kind",), f"{case.kind} is not a known kind; they are {known}") from error


def _result(case: CaseText, answer: Answer, comparison: expectations.Comparison) -> CaseResult:
    refused = {"refused": True} if answer.refused or comparison.excused else {}
    return CaseResult(
        id=case.id,
        kind=case.kind,
        passed=not comparison.differences,
        expected=case.expect,
        got={**answer.got, **refused},
        differences=comparison.differences,
        because=answer.because,
        source=answer.source,
        unconfirmed=answer.unconfirmed,
    )


def _not_run(case: CaseText, problem: Problem) -> CaseResult:
    return CaseResult(
        id=case.id,
        kind=case.kind,
        passed=False,
        expected=case.expect,
        got={},
        differences=(),
        because=(str(problem),),
        source="",
        unconfirmed=True,
        problem=problem,
    )


# --- which regimen ----------------------------------------------------------------------------------


def _context(case: CaseText, text: CaseFileText, subject: Subject) -> CaseContext:
    """The case's own regimen and schedule, else the file's, else the command's."""
    slug, schedule_id = _named(case, text, subject)
    if slug is None:
        return CaseContext(spec=subject.spec)
    regimen = _regimen(slug, case, subject)
    return CaseContext(regimen, _schedule(regimen, schedule_id, case, subject), subject.spec)


def _named(case: CaseText, text: CaseFileText, subject: Subject) -> tuple[str | None, str | None]:
    """A schedule belongs to the place that names its regimen, or to a nearer one."""
    of_protocol = subject.spec.regimen.slug if subject.spec and subject.spec.regimen else None
    schedule = case.schedule
    if case.regimen is not None:
        return case.regimen, schedule or (text.schedule if case.regimen == text.regimen else None)
    schedule = schedule or text.schedule
    if text.regimen is not None:
        return text.regimen, schedule
    return subject.regimen or of_protocol, schedule or subject.schedule


def _regimen(slug: str, case: CaseText, subject: Subject) -> Regimen:
    """The protocol's own edition of the regimen, with what the center confirmed; else the library's."""
    if subject.spec is not None and subject.spec.regimen is not None and subject.spec.regimen.slug == slug:
        return subject.spec.regimen
    try:
        return library.load(slug)
    except library.UnknownRegimenError as error:
        raise CaseError(("regimen",) if case.regimen else (), str(error)) from error


def _schedule(regimen: Regimen, schedule_id: str | None, case: CaseText, subject: Subject) -> Schedule:
    spec = subject.spec
    if schedule_id is None and spec is not None and spec.regimen is regimen and spec.schedule is not None:
        return spec.schedule
    try:
        return regimen.schedule(schedule_id)
    except UnknownScheduleError as error:
        raise CaseError(("schedule",) if case.schedule else (), str(error)) from error


def totals(results: tuple[CaseResult, ...]) -> tuple[int, int]:
    """How many cases passed and how many did not."""
    passed = sum(result.passed for result in results)
    return passed, len(results) - passed
