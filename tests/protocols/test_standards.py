"""The documents that hold for every drug: complete, cited, marked by how far their sources were read."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from patients.models import Analyte
from protocols.documents import Document, DocumentError, read
from protocols.library import standards
from protocols.library.center_document import CenterText, overridden
from protocols.library.cited import Citations, Cited, CitedSource, Read, status_of
from protocols.library.grading_document import GradingText
from protocols.library.management_document import ManagementText
from protocols.library.practice_document import OutpatientText, PublishedResultsText
from protocols.library.standards import FOLDER, parse_cited
from protocols.rules import emergency
from protocols.rules.spec import Rung, with_overrides
from protocols.rules.values import Status, Toxicity

GRADING, CENTER = FOLDER / "grading.yaml", FOLDER / "center_defaults.yaml"
Change = Callable[[dict[str, Any]], None]


# --- marks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ((Read.TABLE, Read.TABLE), Status.VERIFIED),
        ((Read.TABLE, Read.ABSTRACT, Read.RECALLED), Status.VERIFIED),
        ((Read.TABLE,), Status.SINGLE_SOURCE),
        ((Read.RECALLED, Read.EXCERPT), Status.SINGLE_SOURCE),
        ((Read.RECALLED,), Status.RECALLED),
        ((Read.RECALLED, Read.RECALLED), Status.RECALLED),
        ((Read.NONE,), Status.DESIGN),
        ((Read.TABLE, Read.TABLE, Read.NONE), Status.DESIGN),
    ],
)
def test_a_rule_is_marked_by_how_far_its_sources_were_read(reads: tuple[Read, ...], expected: Status) -> None:
    assert status_of(reads) is expected


def sources() -> dict[str, CitedSource]:
    one = {"title": "One", "year": "2019", "section": "1", "url": "none"}
    two = one | {"title": "Two", "read": "table"}
    return {
        "recalled_one": CitedSource.model_validate(one | {"read": "recalled"}),
        "table_two": CitedSource.model_validate(two),
    }


def test_the_source_named_first_is_one_that_was_read() -> None:
    ledger = Citations("grading", sources())
    mark = ledger.provenance("crs/rule", Cited(source=("recalled_one", "table_two")))
    assert mark.source is not None
    assert mark.source.title == "Two"
    assert [source.title for source in mark.verified_by] == ["One"]
    assert mark.block == "grading/crs/rule"


def test_a_confirmation_holds_for_exactly_the_content_it_was_given_for() -> None:
    rule = Cited(source=("recalled_one",))
    confirmed = {("grading/crs/rule", rule.content_hash()): "SAMPLE Pharmacist"}
    assert Citations("grading", sources(), confirmed).provenance("crs/rule", rule).confirmed
    edited = Cited(source=("recalled_one",), notes="edited")
    assert not Citations("grading", sources(), confirmed).provenance("crs/rule", edited).confirmed


def test_two_rules_cannot_share_an_id() -> None:
    ledger = Citations("grading", sources())
    ledger.provenance("crs/rule", Cited(source=("table_two",)))
    with pytest.raises(ValueError, match="two rules share the id grading/crs/rule"):
        ledger.provenance("crs/rule", Cited(source=("table_two",)))


@pytest.mark.parametrize("rule", ["vasopressin_alone", "intubation_without_hypoxia", "baseline_devices"])
def test_what_was_recalled_stays_marked(rule: str) -> None:
    grading = standards.grading()
    ledger = Citations("grading", grading.sources)
    assert ledger.status(getattr(grading.crs, rule)) is Status.RECALLED


def test_the_table_itself_was_read_twice() -> None:
    grading = standards.grading()
    ledger = Citations("grading", grading.sources)
    assert ledger.status(grading.crs.fever) is Status.VERIFIED
    assert ledger.status(grading.icans.ice_mapping) is Status.VERIFIED
    assert ledger.status(grading.crs.axes.hypoxia_rule) is Status.DESIGN


# --- documents with an error ------------------------------------------------------------------------


def thawed(plain: Any) -> Any:
    match plain:
        case dict():
            return {key: thawed(value) for key, value in plain.items()}
        case tuple():
            return [thawed(item) for item in plain]
        case _:
            return plain


def frozen(plain: Any) -> Any:
    match plain:
        case dict():
            return {key: frozen(value) for key, value in plain.items()}
        case list() | tuple():
            return tuple(frozen(item) for item in plain)
        case _:
            return plain


@cache
def document_of(path: Path) -> Document:
    return read(path)


def changed(path: Path, change: Change) -> Document:
    document = document_of(path)
    plain = thawed(document.plain)
    change(plain)
    return Document(document.name, frozen(plain), document.lines)


def complaint(path: Path, model: Any, change: Change) -> str:
    with pytest.raises(DocumentError) as error:
        parse_cited(changed(path, change), model)
    return str(error.value)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda d: d["crs"]["fever"].update(threshold_f="100.0"), "100.0 °F is not 38.0 °C"),
        (lambda d: d["crs"]["fever"].update(threshold_c="warm"), "crs.fever.threshold_c: must be a decimal"),
        (lambda d: d["crs"]["fever"].pop("grade"), "crs.fever.grade: is missing"),
        (lambda d: d["crs"]["fever"].update(grades="1"), "crs.fever.grades: is not a known key"),
        (lambda d: d["crs"]["axes"]["hypotension"].pop(), "each of its four values"),
        (lambda d: d["crs"]["axes"]["hypoxia"].pop(), "each oxygen device once"),
        (
            lambda d: d["crs"]["axes"]["hypoxia"].append(d["crs"]["axes"]["hypoxia"][0]),
            "each oxygen device once",
        ),
        (
            lambda d: d["crs"]["axes"]["hypoxia"][3].update(flow_over_lpm="8"),
            "low flow must end where high flow begins",
        ),
        (
            lambda d: d["crs"]["axes"]["hypoxia"][1].pop("flow_up_to_lpm"),
            "the nasal cannula needs flow_up_to_lpm",
        ),
        (lambda d: d["crs"]["fever_waiver"]["drugs"].append("aspirin"), "crs.fever_waiver.drugs[8]"),
        (lambda d: d["icans"]["ice"].update(maximum="9"), "the points of the items do not add up to 9"),
        (lambda d: d["icans"]["ice_mapping"]["bands"].pop(1), "every score from 0 up exactly once"),
        (lambda d: d["icans"]["seizure"].pop(), "seizure needs a grade for each value once"),
        (lambda d: d["icans"]["excluded"].pop(0), "motor needs a grade for each value once"),
        (lambda d: d["icans"]["motor"][0].update(source=["nobody"]), "nobody is not listed under sources"),
        (lambda d: d["sources"]["lee2019"].update(read="twice"), "sources.lee2019.read"),
    ],
)
def test_an_error_in_the_grading_file_names_its_place(change: Change, what: str) -> None:
    assert what in complaint(GRADING, GradingText, change)


def test_an_error_names_file_and_line() -> None:
    message = complaint(GRADING, GradingText, lambda d: d["crs"]["fever"].update(threshold_c="warm"))
    line = next(n for n, text in enumerate(GRADING.read_text().splitlines(), 1) if "threshold_c" in text)
    assert message.startswith(f"{GRADING}:{line}: ")


@pytest.mark.parametrize(
    ("name", "model", "change", "what"),
    [
        (
            "management",
            ManagementText,
            lambda d: d["tocilizumab"]["worked_doses"]["doses"][1].update(dose_mg="579"),
            "72.5 kg makes 580.0 mg, not 579 mg",
        ),
        (
            "management",
            ManagementText,
            lambda d: d["stopping_rules"][0].update(source=["nobody"]),
            "stopping_rules[0].source: nobody is not listed under sources",
        ),
        (
            "outpatient",
            OutpatientText,
            lambda d: d["eligibility"][0].pop("values"),
            "eligibility[0].values: is missing",
        ),
        (
            "published_results",
            PublishedResultsText,
            lambda d: d["cohorts"][0]["crs_any"].update(pct="72.2"),
            "119 of 165 is 72.1 %, not 72.2 %",
        ),
        (
            "published_results",
            PublishedResultsText,
            lambda d: d["cohorts"].append(d["cohorts"][0]),
            "two cohorts share an id",
        ),
    ],
)
def test_an_error_in_another_file_names_its_place(name: str, model: Any, change: Change, what: str) -> None:
    with pytest.raises(DocumentError) as error:
        parse_cited(changed(FOLDER / f"{name}.yaml", change), model)
    assert what in str(error.value)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda d: d["call_tree"]["rungs"][1].update(minutes="0"), "each level comes later"),
        (lambda d: d["call_tree"].update(rungs=[]), "call_tree.rungs"),
        (lambda d: d["call_tree"].update(repeat_minutes="0"), "call_tree.repeat_minutes"),
        (lambda d: d["checks"].update(every_hours="0"), "checks.every_hours"),
        (lambda d: d["plausible"]["ranges"][0].update(likely=["29", "42"]), "a range inside possible"),
        (lambda d: d["emergency"]["crs"]["sites"].pop("4"), "sites needs the grades 1, 2, 3 and 4"),
        (
            lambda d: d["emergency"]["crs"]["actions"].append(d["emergency"]["crs"]["actions"][0]),
            "stands twice",
        ),
        (
            lambda d: d["emergency"]["crs"]["actions"][0].update(after="nothing"),
            "which is no action before it",
        ),
        (lambda d: d["emergency"]["crs"]["actions"][0].update(grades=["5"]), "grades[0]"),
        (lambda d: d["emergency"]["crs"]["actions"][0].update(kind="repeating"), "repeat_minutes goes with"),
        (
            lambda d: d["emergency"]["crs"]["actions"][0].update(mg_per_kg="8"),
            "mg_per_kg and max_mg go together",
        ),
        (lambda d: d["emergency"]["crs"]["actions"][0].update(intervention="x"), "intervention"),
        (lambda d: d["limits"].update(source=["nobody"]), "nobody is not listed under sources"),
    ],
)
def test_an_error_in_the_center_file_names_its_place(change: Change, what: str) -> None:
    assert what in complaint(CENTER, CenterText, change)


# --- the center's settings --------------------------------------------------------------------------


def test_what_we_ship_is_marked_as_ours_until_it_is_adopted() -> None:
    center = standards.center_defaults()
    ledger = Citations("center", center.sources)
    spec = center.spec(ledger)
    assert spec.limits.provenance.status is Status.DESIGN
    assert not spec.limits.provenance.confirmed
    assert not spec.ladder.provenance.confirmed
    adopted = center.spec(Citations("center", center.sources, dict.fromkeys(ledger.hashes.items(), "SAMPLE")))
    assert adopted.limits.provenance.confirmed
    assert all(action.confirmed for plan in adopted.plans for action in plan.actions)


def test_the_shipped_limits_are_the_working_values_of_the_record() -> None:
    crs, center = standards.grading().crs, standards.center_defaults()
    assert center.limits.fever_c == crs.fever.threshold_c
    assert center.grading.hypotension_systolic_mmhg == crs.numeric_hypotension.systolic_under_mmhg
    assert center.grading.oxygen_needed_spo2_percent == crs.axes.hypoxia_rule.saturation_under_percent
    assert center.grading.event_free_hours == crs.resolution.suggested_free_hours
    assert center.limits.ice_score == standards.grading().icans.ice.maximum


def test_the_emergency_plan_computes_the_worked_doses_of_the_record() -> None:
    tocilizumab = standards.management().tocilizumab
    for worked in tocilizumab.worked_doses.doses:
        steps = emergency.plan(Toxicity.CRS, 2, standards.shipped_spec(), worked.weight_kg)
        assert [step.dose_mg for step in steps if step.dose_mg is not None] == [worked.dose_mg]


def test_practice_and_published_results_are_there_to_be_shown() -> None:
    practice = standards.outpatient()
    assert practice.home_monitoring.window.per_dose_hours == standards.center_defaults().checks.window_hours
    assert practice.take_home_dexamethasone.range.mg == (Decimal(10), Decimal(20))
    cohorts = {cohort.id: cohort for cohort in standards.published_results().cohorts}
    assert len(cohorts) == 8
    assert cohorts["emory_outpatient"].crs_any.pct == Decimal("19.2")


def test_what_nobody_read_is_marked_in_the_management_file_too() -> None:
    management = standards.management()
    ledger = Citations("management", management.sources)
    assert ledger.status(management.next_dose.talquetamab_crs[0]) is Status.RECALLED
    assert management.next_dose.talquetamab_crs[0].unverified
    assert ledger.status(management.tocilizumab.dose) is Status.VERIFIED
    assert ledger.status(management.tocilizumab.label_scope) is Status.RECALLED


def test_every_measurement_of_a_form_has_a_plausible_range() -> None:
    fields = {row.field for row in standards.shipped_spec().center.plausible}
    assert fields == {
        "temperature",
        "systolic",
        "diastolic",
        "heart_rate",
        "respiratory_rate",
        "spo2",
        "flow_lpm",
        "weight",
        *Analyte.values,
    }


def test_a_story_changes_the_document_as_it_changes_the_specification() -> None:
    limits = {
        "fever_c": Decimal("37.8"),
        "systolic": Decimal(95),
        "spo2": Decimal(93),
        "heart_rate": Decimal(110),
    }
    rungs = (Rung("nurse", 0), Rung("director", 5))
    document = document_of(CENTER)
    section = overridden(document.plain, limits=limits, check_hours=Decimal(6), grace_minutes=45, rungs=rungs)
    changed_center = parse_cited(Document("section", frozen(section), {}), CenterText)
    spec = changed_center.spec(Citations("center", changed_center.sources))
    expected = with_overrides(
        standards.shipped_spec(), limits=limits, check_hours=Decimal(6), grace_minutes=45, rungs=rungs
    )
    for name in ("fever_c", "systolic", "spo2", "heart_rate", "systolic_fall_mmhg"):
        assert getattr(spec.limits, name) == getattr(expected.center.limits, name)
    assert (spec.checks.every_hours, spec.checks.grace_minutes) == (Decimal(6), 45)
    assert spec.ladder.rungs == rungs
    assert changed_center.grading.hypotension_systolic_mmhg == expected.crs.hypotension_systolic
    assert overridden(document.plain) == document.plain


def test_the_record_answers_with_its_own_source() -> None:
    spec = standards.shipped_spec()
    assert "CRS grading adapted from Lee et al." in spec.crs.source.title
    assert "ICANS consensus grading" in spec.icans.source.title
    assert spec.center.limits.provenance.source is not None
    assert spec.center.limits.provenance.source.id == "design"
