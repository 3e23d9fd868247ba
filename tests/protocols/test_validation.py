"""Worked cases: every file passes, and a wrong case is told with file, line and key."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from protocols import library, selectors
from protocols.documents import DocumentError, read_text
from protocols.library import protocol_document
from protocols.rules.spec import ProtocolSpec
from protocols.services import expectations
from protocols.services.case_types import Answer, CaseError
from protocols.services.validation import KINDS, CaseResult, Subject, run, run_file, totals

CASES = Path(__file__).parents[1] / "cases"
FILES = sorted(CASES.glob("*.yaml"))


def results(text: str, subject: Subject | None = None) -> tuple[CaseResult, ...]:
    return run(read_text(text, name="cases.yaml"), subject or Subject("teclistamab"))


def one(case: str, subject: Subject | None = None) -> CaseResult:
    (result,) = results(f"cases:\n- {{id: A, {case}}}", subject)
    return result


# --- the files that ship ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_worked_case_passes(path: Path) -> None:
    failed = [result.line for result in run_file(path, Subject()) if not result.passed]
    assert failed == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_worked_case_passes_only_because_the_rule_refused(path: Path) -> None:
    for result in run_file(path, Subject()):
        wanted = {key: value for key, value in result.expected.items() if key in result.got}
        assert all(expectations.matches(value, result.got[key], key, ()) for key, value in wanted.items()), (
            result
        )


def test_every_kind_and_every_schedule_has_a_worked_case() -> None:
    ran = [result for path in FILES for result in run_file(path, Subject())]
    assert {result.kind for result in ran} >= KINDS.keys() - {"crs", "icans", "limits"}
    delays = {path.stem for path in FILES if path.stem.endswith("_delay")}
    assert delays == {
        f"{slug}_{schedule.id}_delay" for slug in library.slugs() for schedule in library.load(slug).schedules
    }


# --- comparing --------------------------------------------------------------------------------------


WINDOW = "kind: window, given: {last_dose: sud1, days_since: 3}"


def test_only_what_is_named_is_compared() -> None:
    assert one(f"{WINDOW}, expect: {{verdict: in_window}}").passed
    assert one(f"{WINDOW}, expect: {{}}").passed


def test_a_difference_says_what_was_expected_got_and_why() -> None:
    assert one(f"{WINDOW}, expect: {{verdict: too_early, premedication: false}}").line == (
        "A FAIL verdict: expected too_early, got in_window; premedication: expected false, got true, because "
        "sud2 after sud1: from 2 days, usually to 4, at most 7; day 3: in window; "
        "continue with sud2, premedication before it"
    )


@pytest.mark.parametrize(
    ("wanted", "got", "key", "same"),
    [
        ("4.50", Decimal("4.5"), "mg", True),
        ("4.5 mg", Decimal("4.5"), "mg", True),
        ("4.5 mL", Decimal("4.5"), "mg", False),
        ("48 h", Decimal(48), "hospital_hours", True),
        ("48 mg", Decimal(48), "hospital_hours", False),
        ("true", True, "accept", True),
        ("1", True, "accept", False),
        (None, None, "mg", True),
        ("0", None, "mg", False),
        (None, False, "mg", False),
        (("b", "a"), ("a", "b"), "by", True),
        (("a",), ("a", "b"), "by", False),
        ("a", ("a",), "by", True),
        (("1", "3"), (Decimal(1), Decimal("3.0")), "hours_before", True),
        ("CRS Resolved", "crs resolved", "conditions", True),
        ("crs_resolved", "CRS resolved", "conditions", True),
        (("a",), "a", "verdict", False),
        ("30mg/3mL", "30 mg/3 mL", "vial", True),
        (("flow",), ("flow_lpm",), "missing", True),
        (("oxygen.flow_lpm",), ("flow_lpm",), "missing", True),
        (("blood pressure", "spo2"), ("systolic", "spo2"), "missing", True),
        (("sentence", "attention"), ("ice",), "missing", True),
        (("ice",), ("ice", "consciousness"), "missing", False),
        (("diphenhydramine or equivalent",), ("diphenhydramine",), "drugs", True),
        (("acetaminophen",), ("diphenhydramine",), "drugs", False),
        ({"sud1": "2026-04-06"}, {"sud1": "2026-04-06", "tx1": "2026-04-12"}, "dates", True),
        ({"sud1": "2026-04-07"}, {"sud1": "2026-04-06"}, "dates", False),
        ("2026-04-06", {"sud1": "2026-04-06"}, "dates", False),
    ],
)
def test_values_are_compared_as_what_they_are(wanted: Any, got: Any, key: str, same: bool) -> None:
    assert expectations.matches(wanted, got, key, ("expect", key)) is same


def test_a_name_that_is_not_there_is_an_error_of_the_case() -> None:
    with pytest.raises(CaseError, match="is not known here; there are sud1"):
        expectations.matches({"sud9": "2026-04-06"}, {"sud1": "2026-04-06"}, "dates", ("expect", "dates"))


ANSWER = Answer(
    {"action": "refuse", "verdict": "restart_rule"}, ("no table",), "", unconfirmed=True, refused=True
)


def test_an_answer_expected_where_the_record_has_none_is_excused() -> None:
    assert expectations.compare({"action": "continue"}, ANSWER) == expectations.Comparison((), excused=True)


def test_what_the_record_does_cover_is_compared_even_in_a_refusal() -> None:
    partly = Answer(ANSWER.got, (), "", refused=True, uncovered=("action",))
    assert expectations.compare({"verdict": "too_early"}, partly).differences
    assert not expectations.compare({"action": "continue"}, partly).differences


@pytest.mark.parametrize("key", ["refused", "unconfirmed"])
def test_the_marks_of_an_answer_are_never_excused(key: str) -> None:
    assert expectations.compare({key: "true"}, ANSWER).differences == ()
    assert expectations.compare({key: "false"}, ANSWER).differences == (f"{key}: expected false, got true",)


LATE = "kind: restart, regimen: linvoseltamab, given: {last_dose: txw, days_since: 20}"


def test_a_refusal_is_seen_in_what_was_got() -> None:
    result = one(f"{LATE}, expect: {{action: continue}}")
    assert result.passed
    assert result.got["refused"] is True
    assert result.unconfirmed


# --- which regimen and schedule ---------------------------------------------------------------------

COMBINATION = "regimen: teclistamab\nschedule: combination_daratumumab\n"
SUD2 = "kind: plan, given: {start: 2026-04-06}"


@pytest.mark.parametrize(
    ("text", "subject", "sud2"),
    [
        ("cases: [{id: A, %s}]", Subject("teclistamab"), "2026-04-09"),
        ("cases: [{id: A, %s}]", Subject("teclistamab", "combination_daratumumab"), "2026-04-08"),
        ("regimen: linvoseltamab\ncases: [{id: A, %s}]", Subject("teclistamab"), "2026-04-13"),
        ("regimen: linvoseltamab\ncases: [{id: A, regimen: teclistamab, %s}]", Subject(), "2026-04-09"),
        (
            f"{COMBINATION}cases: [{{id: A, %s}}]",
            Subject(),
            "2026-04-08",
        ),
        (
            f"{COMBINATION}cases: [{{id: A, regimen: linvoseltamab, %s}}]",
            Subject(),
            "2026-04-13",
        ),
        (
            f"{COMBINATION}cases: [{{id: A, schedule: monotherapy, %s}}]",
            Subject(),
            "2026-04-09",
        ),
        ("regimen: linvoseltamab\ncases: [{id: A, %s}]", Subject("teclistamab", "monotherapy"), "2026-04-13"),
    ],
)
def test_the_nearest_name_wins(text: str, subject: Subject, sud2: str) -> None:
    (result,) = results(text % f"{SUD2}, expect: {{dates: {{sud2: {sud2}}}}}", subject)
    assert result.line == "A pass"


BAND = "teclistamab/preparation/weight_bands"


@pytest.fixture(scope="module")
def protocol() -> ProtocolSpec:
    """A protocol on the combination whose pharmacist confirmed the dose table and the weight bands."""
    document = protocol_document.from_library("teclistamab", "combination_daratumumab")
    hashes = protocol_document.block_hashes(document)
    blocks = (BAND, "teclistamab/combination_daratumumab/dose_table", "teclistamab/preparation/injection")
    confirmed = {(block, hashes[block]): "Pharmacist SAMPLE" for block in blocks}
    return protocol_document.build(document, confirmed, slug="combination", version="1")


def test_a_protocol_answers_with_its_own_schedule_and_confirmations(protocol: ProtocolSpec) -> None:
    (planned,) = results(
        f"cases: [{{id: A, {SUD2}, expect: {{dates: {{sud2: 2026-04-08}}}}}}]", Subject(spec=protocol)
    )
    assert planned.passed
    drawn = one(
        "kind: dose, given: {dose: sud1, weight_kg: 72}, expect: {band_mg: 4.5}", Subject(spec=protocol)
    )
    assert drawn.passed
    assert not drawn.unconfirmed


def test_a_regimen_of_another_name_comes_from_the_library(protocol: ProtocolSpec) -> None:
    case = (
        "kind: plan, regimen: linvoseltamab, given: {start: 2026-04-06}, expect: {dates: {sud2: 2026-04-13}}"
    )
    assert one(case, Subject(spec=protocol)).passed


# --- cases that are wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        (
            "kind: window, given: {last_dose: sud1, day: 3}, expect: {}",
            "cases[0].given.day: is not a known key",
        ),
        (
            "kind: windows, given: {}, expect: {}",
            "cases[0].kind: windows is not a known kind; they are crs, dose,",
        ),
        (
            f"{WINDOW}, expect: {{verdicts: x}}",
            "cases[0].expect.verdicts: is not a key of this kind; they are",
        ),
        (
            "kind: window, given: {last_dose: sud9, days_since: 3}, expect: {}",
            "has no dose 'sud9'; it has sud1",
        ),
        (
            "kind: window, given: {last_dose: sud1}, expect: {}",
            "cases[0].given: says days_since, or last_given",
        ),
        ("kind: window, given: {last_dose: sud1, days_since: -1}, expect: {}", "greater than or equal to 0"),
        (
            "kind: window, given: {last_dose: sud1, days_since: 3, planned_dose: x}, expect: {}",
            "given.planned_dose: schedule",
        ),
        (
            "kind: restart, given: {last_dose: sud1, days_since: 3, chain: [{days_after: 1}]}, expect: {}",
            "given.chain: a chain says its own days",
        ),
        (
            "kind: restart, given: {last_dose: sud1, chain: [{days_after: 1}, {days_after: 2}]}, expect: {}",
            "given.chain[0]: says which dose was given",
        ),
        (
            "kind: restart, given: {last_dose: sud1, chain: [{dose: sud9, days_after: 1}]}, expect: {}",
            "given.chain[0].dose: schedule",
        ),
        (
            "kind: window, given: {last_dose: sud1, last_given: 2026-04-06T09:00:00Z, "
            "planned: 2026-04-09T09:00:00Z, timezone: Mars/Olympus}, expect: {}",
            "given.timezone:",
        ),
        (
            "kind: window, given: {last_dose: sud1, last_given: 2026-04-06T09:00:00Z, "
            "planned: 2026-04-05T09:00:00Z, timezone: UTC}, expect: {}",
            "given.planned: the planned time is before the last dose",
        ),
        (
            "kind: dose, given: {dose: sud1, weight_kg: 158 lb}, expect: {}",
            "given.weight_kg: must be a decimal",
        ),
        (
            "kind: dose, given: {dose: sud1, weight_kg: 0}, expect: {}",
            "given.weight_kg: input should be greater",
        ),
        (
            "kind: next_dose, given: {toxicity: rash, grade: 1}, expect: {}",
            "given.toxicity: input should be 'crs'",
        ),
        (
            "kind: next_dose, given: {toxicity: crs, grade: 6}, expect: {}",
            "given.grade: input should be less",
        ),
        ("kind: plan, given: {start: 6 April}, expect: {}", "given.start: must be a date like 2026-04-06"),
        (
            "kind: plan, regimen: aspirin, given: {start: 2026-04-06}, expect: {}",
            "cases[0].regimen: the library has no",
        ),
        (
            "kind: plan, schedule: daily, given: {start: 2026-04-06}, expect: {}",
            "cases[0].schedule: teclistamab has no",
        ),
    ],
)
def test_a_case_that_cannot_be_run_names_file_line_and_key(case: str, problem: str) -> None:
    result = one(case)
    assert not result.passed
    assert result.problem is not None
    assert str(result.problem).startswith("cases.yaml:2: cases[0]")
    assert problem in result.line


def test_a_kind_that_needs_a_regimen_says_so() -> None:
    assert "name one in the case, the file or the option" in one(f"{WINDOW}, expect: {{}}", Subject()).line


def test_a_wrong_case_does_not_stop_the_others() -> None:
    text = (
        f"cases:\n- {{id: A, kind: nonsense, given: {{}}, expect: {{}}}}\n- {{id: B, {WINDOW}, expect: {{}}}}"
    )
    assert [result.passed for result in results(text)] == [False, True]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cases:\n- {id: A, kind: window, given: {}}", "cases.yaml:2: cases[0].expect: is missing"),
        ("case: []", "cases.yaml:1: case: is not a known key"),
        ("title: x\nregimen: aspirin\ncases: []", "cases.yaml:2: regimen: the library has no regimen"),
        (
            "regimen: teclistamab\nschedule: daily\ncases: []",
            "cases.yaml:2: schedule: teclistamab has no schedule",
        ),
        (
            "cases: [{id: A, kind: x, given: {}, expect: {}}, {id: A, kind: x, given: {}, expect: {}}]",
            "id A stands twice",
        ),
    ],
)
def test_a_file_that_is_no_case_file_is_refused(text: str, problem: str) -> None:
    with pytest.raises(DocumentError) as caught:
        results(text)
    assert problem in str(caught.value)


# --- the command ------------------------------------------------------------------------------------


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(
        f"cases:\n- {{id: A, {WINDOW}, expect: {{verdict: in_window}}}}\n"
        f"- {{id: B, {WINDOW}, expect: {{action: repeat}}}}\n"
    )
    return path


def command(*arguments: str | Path) -> tuple[str, int]:
    """What the command prints and its exit code."""
    out = io.StringIO()
    try:
        call_command("validate_protocol", *map(str, arguments), stdout=out)
    except SystemExit as leaving:
        return out.getvalue(), int(str(leaving.code))
    except CommandError as error:
        return f"{out.getvalue()}{error}", error.returncode
    return out.getvalue(), 0


def test_the_command_prints_a_line_a_case_and_the_totals(case_file: Path) -> None:
    printed, code = command(case_file, "--regimen", "teclistamab")
    lines = printed.splitlines()
    assert lines[0] == "A pass"
    assert lines[1].startswith("B FAIL action: expected repeat, got continue, because ")
    assert lines[2:] == ["1 passed, 1 failed"]
    assert code == 1


def test_the_command_is_content_when_every_case_passes(case_file: Path) -> None:
    case_file.write_text(f"cases:\n- {{id: A, {WINDOW}, expect: {{verdict: in_window}}}}\n")
    assert command(case_file, "--regimen=teclistamab", "--schedule=monotherapy") == (
        "A pass\n1 passed, 0 failed\n",
        0,
    )


def test_the_command_lists_the_results_as_json(case_file: Path) -> None:
    printed, code = command(case_file, "--regimen", "teclistamab", "--json")
    first, second = json.loads(printed)
    assert code == 1
    assert set(first) == {"id", "kind", "passed", "expected", "got", "because", "source", "unconfirmed"}
    assert (first["passed"], second["passed"]) == (True, False)
    assert first["got"]["premedication"] is True
    assert first["expected"] == {"verdict": "in_window"}


def test_numbers_are_numbers_in_json() -> None:
    result = one("kind: dose, given: {dose: sud1, weight_kg: 72}, expect: {mg: 4.32, injections: 1}")
    assert result.as_json()["expected"] == {"mg": 4.32, "injections": 1}
    assert result.as_json()["got"]["band_ml"] == 0.45


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cases: [", "cases.yaml:1: "),
        (
            "cases:\n- {id: A, kind: window, given: {last: sud1}, expect: {}}",
            "cases.yaml:2: cases[0].given.last: is not a known key",
        ),
    ],
)
def test_an_error_in_the_file_exits_2(case_file: Path, text: str, said: str) -> None:
    case_file.write_text(text)
    printed, code = command(case_file, "--regimen", "teclistamab")
    assert code == 2
    assert said in printed


def test_a_file_or_regimen_that_is_not_there_exits_2(case_file: Path, tmp_path: Path) -> None:
    assert command(tmp_path / "none.yaml")[1] == 2
    printed, code = command(case_file, "--regimen", "aspirin")
    assert code == 2
    assert "the library has no regimen 'aspirin'" in printed


def test_a_protocol_is_found_by_name_and_version(
    case_file: Path, protocol: ProtocolSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "spec_for", {"combination@1": protocol}.__getitem__)
    case_file.write_text(f"cases: [{{id: A, {SUD2}, expect: {{dates: {{sud2: 2026-04-08}}}}}}]")
    assert command(case_file, "--protocol", "combination@1") == ("A pass\n1 passed, 0 failed\n", 0)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["nowhere@1", "nowhere", "nowhere@one"])
def test_a_protocol_that_is_not_there_exits_2(case_file: Path, name: str) -> None:
    assert command(case_file, "--protocol", name) == (f"no protocol version is called {name}", 2)


def test_totals_count_what_passed_and_what_did_not() -> None:
    assert totals(
        results(
            f"cases: [{{id: A, {WINDOW}, expect: {{action: repeat}}}}, {{id: B, {WINDOW}, expect: {{}}}}]"
        )
    ) == (1, 1)
