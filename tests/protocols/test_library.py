"""The library: strict files, stable blocks, and a new drug by adding a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from protocols import library
from protocols.documents import DocumentError
from protocols.rules import dosing, monitoring, premedication, stepup
from protocols.rules.stepup import Action
from protocols.rules.values import Status
from protocols.rules.window import DaysSince

INVENTED = Path(__file__).parent / "invented.yaml"
Edit = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of one invented drug."""
    (tmp_path / "inventumab.yaml").write_text(INVENTED.read_text())
    return tmp_path


@pytest.fixture
def complaint(folder: Path) -> Edit:
    """Replaces text in the invented file and gives the complaint of the loader."""

    def edit(old: str, new: str) -> str:
        path = folder / "inventumab.yaml"
        text = path.read_text()
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new))
        with pytest.raises(DocumentError) as caught:
            library.load("inventumab", folder=folder)
        return str(caught.value).removeprefix(f"{folder}/")

    return edit


# --- what ships -------------------------------------------------------------------------------------


def test_the_four_myeloma_drugs_ship_with_every_schedule() -> None:
    shipped = {slug: [schedule.id for schedule in library.load(slug).schedules] for slug in library.slugs()}
    assert shipped == {
        "elranatamab": ["standard"],
        "linvoseltamab": ["standard"],
        "talquetamab": ["weekly", "every_2_weeks"],
        "teclistamab": ["monotherapy", "combination_daratumumab"],
    }


@pytest.mark.parametrize("slug", library.slugs())
def test_every_block_has_a_hash_under_the_slug(slug: str) -> None:
    hashes = library.block_hashes(slug)
    assert f"{slug}/pretreatment/regimen" in hashes
    assert all(block.startswith(f"{slug}/") for block in hashes)
    assert all(len(value) == 64 for value in hashes.values())


def test_block_ids_are_those_that_confirmations_refer_to() -> None:
    blocks = set(library.block_hashes("teclistamab"))
    assert {
        "teclistamab/monotherapy/dose_table",
        "teclistamab/monotherapy/switch/to_q2w",
        "teclistamab/monotherapy/restart/tec-r5",
        "teclistamab/monitoring/current",
        "teclistamab/crs_management/g3-first",
        "teclistamab/other_modifications/anc",
        "teclistamab/preparation/weight_bands",
    } <= blocks


def test_a_mark_is_kept_with_its_source_and_notes() -> None:
    (row,) = [row for row in library.load("teclistamab").schedule().restart.rows if row.id == "tec-r3"]
    assert row.provenance.status is Status.VERIFIED_PRIOR_REVISION
    assert row.provenance.source is not None
    assert row.provenance.source.revision == "2025-03-20"
    assert row.provenance.verified_by[0].id == "MS_TEC"
    assert row.provenance.notes == "The March 2026 restatement does not quote this row."


def test_a_confirmation_holds_for_exactly_that_content() -> None:
    block = "teclistamab/preparation/weight_bands"
    right = {(block, library.block_hashes("teclistamab")[block]): "Pharmacist SAMPLE, PI 2026-03"}
    stale = {(block, "0" * 64): "Pharmacist SAMPLE, PI 2026-03"}
    bands = [library.load("teclistamab", seen).preparation.bands_provenance for seen in (right, stale)]
    assert [provenance and provenance.confirmed_by for provenance in bands] == [
        "Pharmacist SAMPLE, PI 2026-03",
        "",
    ]


def test_an_unknown_slug_names_the_known_ones() -> None:
    with pytest.raises(library.UnknownRegimenError, match="elranatamab, linvoseltamab"):
        library.load("../settings")


def test_the_readiness_conditions_ship() -> None:
    rules = library.readiness_rules()
    assert rules.tocilizumab_doses == 2
    assert [stage.id for stage in rules.stages] == ["maintenance", "first_treatment", "step_up"]


# --- a new drug -------------------------------------------------------------------------------------


def test_a_new_drug_is_planned_windowed_and_dosed_by_its_file_alone(folder: Path) -> None:
    assert library.slugs(folder) == ("inventumab",)
    drug = library.load("inventumab", folder=folder)
    schedule = drug.schedule()
    dates = {step.dose.id: step.day for step in reversed(stepup.plan(schedule, date(2026, 4, 6), 1))}
    assert dates == {
        "ramp1": date(2026, 4, 6),
        "ramp2": date(2026, 4, 11),
        "full": date(2026, 4, 16),
        "keep": date(2026, 5, 7),
    }
    assert stepup.restart(drug, schedule, "ramp1", DaysSince(5)).next_dose == "ramp2"
    assert stepup.restart(drug, schedule, "ramp1", DaysSince(12)).action is Action.RESTART
    drawn = dosing.prepare(drug, schedule, "full", Decimal(70), vials=["50 mg/2 mL"], product="INVENTA")
    assert (drawn.mg, drawn.ml, drawn.accept) == (Decimal("35.0"), Decimal("1.40"), True)
    assert premedication.before(drug, schedule, "ramp1").required
    assert monitoring.label_setting(drug, schedule, "ramp1").hospital_hours == Decimal(12)


def test_a_second_file_is_a_second_drug(folder: Path) -> None:
    text = INVENTED.read_text().replace("regimen: inventumab", "regimen: novatamab")
    (folder / "novatamab.yaml").write_text(text)
    assert library.slugs(folder) == ("inventumab", "novatamab")
    assert "novatamab/usual/dose_table" in library.block_hashes("novatamab", folder)


# --- what the loader refuses ------------------------------------------------------------------------


def test_a_hole_between_two_rows_is_an_error_with_its_line(complaint: Edit) -> None:
    said = complaint("{min_inclusive: 11, max_inclusive: null}", "{min_inclusive: 13, max_inclusive: null}")
    assert said.startswith("inventumab.yaml:")
    assert "hole after ramp1, days 11 to 12: inv-r1, then inv-r2" in said


def test_an_overlap_of_two_rows_is_an_error(complaint: Edit) -> None:
    said = complaint("{min_inclusive: 11, max_inclusive: null}", "{min_inclusive: 10, max_inclusive: null}")
    assert "rows[1].days_since_last: inv-r2 overlaps inv-r1 after ramp1" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("previous_dose: ramp1", "previous_dose: ramp9", "ramp9 is not a dose before ramp2"),
        ("last_dose: [ramp2]", "last_dose: [ramp9]", "last_dose: no dose has the id ramp9"),
        ("next_dose: ramp2 # repeat", "next_dose: full", "a repeat gives the last dose again"),
        ("next_dose: as_scheduled", "next_dose: soon", "no dose has the id soon"),
        ("unit: mg}", "unit: g}", "input should be 'mg' or 'mg/kg', not 'g'"),
        ("tolerance_percent: 12.5", "tolerance_percent: 12,5", "must be a decimal number, with a point"),
        ("applies_to: [ramp1, ramp2, full]", "applies_to: [ramp1, sud2]", "no dose has the id sud2"),
        ("- {dose: [ramp1], hos", "- {dose: [rampe], hos", "no dose has the id rampe"),
        ("use: [full, keep]", "use: [full, keeps]", "no dose has the id keeps"),
        ("min_days: 4", "min_days: 9", "min_days, usual_max_days and max_days must not fall"),
        ("every_days: 21", "nominal_day: 31", "a treatment dose says every_days"),
        ("is_default: true", "is_default: false", "exactly one schedule is the default one, not 0"),
        ("{id: INV2, section: dose table}", "{id: INV9, section: x}", "INV9 is not listed under sources"),
        ("status: recalled", "status: remembered", "input should be 'verified', 'derived'"),
        ("to_dose: keep", "to_dose: never", "to_dose: no dose has the id never"),
        ("regimen: inventumab", "regimen: another", "the file is named inventumab"),
        ("kg: [60, 80]", "kg: [62, 80]", "the band after 59 kg starts at 60 kg"),
        ("- {id: anc, trigger", "- {id: counts, trigger", "inventumab/other_modifications/counts"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(complaint: Edit, old: str, new: str, said: str) -> None:
    assert said in complaint(old, new)


def test_verified_needs_a_second_text(complaint: Edit) -> None:
    assert "status verified needs a second text" in complaint("status: derived # product", "status: verified")


def test_a_source_may_be_empty_only_where_nothing_was_found(complaint: Edit) -> None:
    said = complaint("source: {id: INV2, section: dose table}", "source: null")
    assert "a source is left empty only when" in said
