"""The fold over a timeline: waiver, masking, events from opening to end, and what alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.rules import triage
from protocols.rules.values import (
    Assessment,
    Axis,
    Baseline,
    Consciousness,
    Entry,
    EntryKind,
    IceScore,
    Seizure,
    Severity,
    Toxicity,
    ToxicityEpisode,
)
from tests.rules.builders import SPEC, after, dose, gave, only, reading, signs

CRS, ICANS = Toxicity.CRS, Toxicity.ICANS


def assess(*timeline: Entry, baseline: Baseline | None = None) -> Assessment:
    return triage.assess(timeline, SPEC, baseline)


def grades(assessment: Assessment, toxicity: Toxicity = CRS) -> list[str]:
    return [grading.text for grading in assessment.gradings if grading.toxicity is toxicity]


def events(assessment: Assessment, toxicity: Toxicity = CRS) -> list[ToxicityEpisode]:
    return [episode for episode in assessment.episodes if episode.toxicity is toxicity]


def rules(assessment: Assessment, ref: str) -> list[str]:
    return [finding.rule for finding in assessment.findings_for(ref)]


FEVER = signs("38.4")
WELL = signs("37.0")
LOW = signs("37.0", systolic=84)


# --- fever waiver -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drug",
    [
        "acetaminophen",
        "nsaid",
        "dexamethasone",
        "pocket_dexamethasone",
        "methylprednisolone",
        "tocilizumab",
        "siltuximab",
        "anakinra",
    ],
)
def test_a_drug_that_hides_fever_waives_it_after_a_recorded_fever(drug: str) -> None:
    assessment = assess(dose(), reading(20, FEVER), gave(21, drug), reading(24, LOW))
    assert grades(assessment) == ["grade 1", "grade 2"]
    assert assessment.crs is not None
    assert assessment.crs.waived


@pytest.mark.parametrize(
    "drug",
    ["premedication", "tocilizumab_prophylaxis", "fluids", "oxygen", "levetiracetam", "antibiotics"],
)
def test_nothing_else_waives_fever(drug: str) -> None:
    assessment = assess(dose(), reading(20, FEVER), gave(21, drug), reading(24, LOW))
    assert grades(assessment) == ["grade 1", "grade 0"]
    assert assessment.crs is not None
    assert assessment.crs.review


def test_a_drug_taken_before_the_fever_waives_nothing() -> None:
    assessment = assess(dose(), gave(19, "acetaminophen"), reading(20, FEVER), reading(24, LOW))
    assert grades(assessment) == ["grade 1", "grade 0"]


def test_what_was_given_at_the_minute_of_a_reading_comes_after_it() -> None:
    given_with_the_fever = assess(gave(20, "acetaminophen"), reading(20, FEVER), reading(22, LOW), dose())
    assert grades(given_with_the_fever) == ["grade 1", "grade 2"]
    seconds_later = reading(20, FEVER, at_offset=timedelta(seconds=50))
    assert grades(assess(dose(), gave(20, "acetaminophen"), seconds_later, reading(22, LOW))) == [
        "grade 1",
        "grade 2",
    ]


def test_an_attributed_fever_is_not_on_record() -> None:
    infection = reading(20, FEVER, attributed=((Axis.FEVER, "infection"),))
    assessment = assess(dose(), infection, gave(21, "acetaminophen"), reading(24, LOW))
    assert grades(assessment) == ["grade 0", "grade 0"]
    assert events(assessment) == []


def test_the_waiver_does_not_reach_into_the_next_event() -> None:
    assessment = assess(
        dose(), reading(20, FEVER), gave(20, "tocilizumab"), reading(22, WELL), reading(46, LOW)
    )
    assert grades(assessment) == ["grade 1", "grade 0", "grade 0"]
    assert assessment.crs is not None
    assert (assessment.crs.waived, assessment.crs.review) == (False, True)
    sooner = assess(
        dose(), reading(20, FEVER), gave(20, "tocilizumab"), reading(22, WELL), reading(45.9, LOW)
    )
    assert grades(sooner) == ["grade 1", "grade 0", "grade 2"]


# --- possibly masked --------------------------------------------------------------------------------


def test_pocket_dexamethasone_without_a_fever_alarms_and_is_possibly_masked() -> None:
    assessment = assess(
        dose(), reading(18, WELL), gave(20, "pocket_dexamethasone", ref="pd"), reading(24, WELL)
    )
    assert rules(assessment, "pd") == ["pocket_dexamethasone", "possibly_masked"]
    assert {finding.severity for finding in assessment.findings_for("pd")} == {Severity.ACT_NOW}
    assert grades(assessment) == ["grade 0", "grade 0"]
    assert assessment.crs is not None
    assert assessment.crs.review
    assert rules(assessment, "vitals@24") == ["possibly_masked"]


def test_pocket_dexamethasone_alarms_after_a_fever_too() -> None:
    assessment = assess(dose(), reading(20, FEVER), gave(21, "pocket_dexamethasone", ref="pd"))
    assert rules(assessment, "pd") == ["pocket_dexamethasone"]
    assert [finding.rule for finding in assessment.findings] == ["fever", "pocket_dexamethasone"]
    assert assessment.severity is Severity.ACT_NOW


def test_an_antipyretic_without_a_fever_asks_for_a_physician() -> None:
    assessment = assess(dose(), gave(20, "acetaminophen", ref="a"), reading(23, WELL))
    (finding,) = assessment.findings_for("a")
    assert (finding.rule, finding.severity) == ("possibly_masked", Severity.LOOK_SOON)
    assert finding.because == "possible masked CRS: acetaminophen with no fever on record, physician review"
    assert assessment.severity is Severity.LOOK_SOON


def test_premedication_is_not_a_sign_of_anything() -> None:
    assessment = assess(
        gave(-1, "premedication"), dose(), gave(0, "tocilizumab_prophylaxis"), reading(8, WELL)
    )
    assert assessment.findings_by_ref == {}
    assert assessment.severity is Severity.NONE


def test_masking_ends_with_the_risk_window_and_with_a_fever() -> None:
    late = assess(dose(), gave(50, "acetaminophen", ref="a"), reading(52, WELL))
    assert late.findings_by_ref == {}
    with_fever = assess(dose(), gave(10, "acetaminophen"), reading(20, FEVER), reading(22, WELL))
    assert with_fever.crs is not None
    assert not with_fever.crs.review
    last_hour = assess(dose(), gave(48, "acetaminophen", ref="a"))
    assert rules(last_hour, "a") == ["possibly_masked"]
    long_ago = assess(gave(-60, "acetaminophen"), dose(), reading(4, WELL))
    assert long_ago.crs is not None
    assert not long_ago.crs.review


def test_unwell_without_fever_is_for_a_physician_now() -> None:
    assessment = assess(dose(), reading(20, LOW))
    assert rules(assessment, "vitals@20") == ["hypotension", "possibly_masked"]
    assert assessment.severity is Severity.ACT_NOW
    assert assessment.findings[-1].because.startswith("possible masked CRS: unwell without a fever")


# --- events -----------------------------------------------------------------------------------------


def test_an_event_from_its_first_fever_to_the_first_reading_without() -> None:
    assessment = assess(
        dose(0, "sud1"),
        dose(48, "sud2"),
        reading(60, WELL),
        reading(79, FEVER),
        reading(80.5, signs("38.1", systolic=84)),
        reading(84, WELL),
        reading(92, WELL),
    )
    (event,) = events(assessment)
    assert event.opened_at == after(79)
    assert event.opened_ref == "vitals@79"
    assert event.ended_at == after(84)
    assert event.closing_allowed_from == after(108)
    assert event.onset_hours == 31
    assert event.duration_hours == 5
    assert event.after_dose == "sud2"
    assert event.max_grade == 2
    assert event.current.grade == 0


def test_a_return_within_the_local_hours_is_the_same_event() -> None:
    assessment = assess(dose(), reading(20, FEVER), reading(22, WELL), reading(45.5, FEVER))
    (event,) = events(assessment)
    assert (event.opened_at, event.ended_at, event.duration_hours) == (after(20), None, None)


def test_a_return_after_the_local_hours_is_a_new_event() -> None:
    assessment = assess(
        dose(),
        reading(20, FEVER),
        reading(22, WELL),
        reading(40, WELL),
        reading(46, FEVER),
        reading(50, WELL),
    )
    first, second = events(assessment)
    assert (first.ended_at, first.duration_hours) == (after(22), Decimal(2))
    assert (second.opened_at, second.ended_at, second.onset_hours) == (after(46), after(50), Decimal(46))


def test_an_event_ends_only_when_every_axis_that_was_abnormal_is_normal() -> None:
    assessment = assess(
        dose(),
        reading(20, signs("38.4", systolic=84)),
        reading(22, only("37.0")),
        reading(24, only("37.1", systolic=118)),
    )
    (event,) = events(assessment)
    assert event.ended_at == after(24)


def test_an_axis_that_was_never_abnormal_need_not_be_measured_to_end_an_event() -> None:
    assessment = assess(dose(), reading(20, FEVER), reading(24, only("37.0")))
    assert events(assessment)[0].ended_at == after(24)


def test_low_pressure_keeps_an_event_open_although_it_grades_nothing_without_fever() -> None:
    assessment = assess(dose(), reading(20, FEVER), reading(24, LOW), reading(28, WELL))
    assert grades(assessment) == ["grade 1", "grade 0", "grade 0"]
    assert events(assessment)[0].ended_at == after(28)


def test_swallowing_an_antipyretic_does_not_end_an_event() -> None:
    assessment = assess(dose(), reading(20, FEVER), gave(20, "acetaminophen"))
    assert events(assessment)[0].ended_at is None


def test_entries_without_a_time_belong_to_one_event() -> None:
    timeline = [
        reading(None, FEVER, ref="1"),
        gave(None, "tocilizumab", ref="2"),
        reading(None, WELL, ref="3"),
        reading(None, LOW, ref="4"),
    ]
    assessment = assess(*timeline)
    assert grades(assessment) == ["grade 1", "grade 0", "grade 2"]
    (event,) = events(assessment)
    assert (event.opened_at, event.onset_hours, event.duration_hours) == (None, None, None)


def test_an_attribution_of_its_only_fever_takes_the_event_out_of_the_fold() -> None:
    fever = reading(20, FEVER, ref="f")
    before = assess(dose(), fever, reading(24, WELL))
    assert [event.opened_ref for event in events(before)] == ["f"]
    attributed = replace(fever, attributed=((Axis.FEVER, "infection"),))
    assert events(assess(dose(), attributed, reading(24, WELL))) == []


def test_an_attributed_fever_still_alarms() -> None:
    infection = reading(20, FEVER, ref="f", attributed=((Axis.FEVER, "infection"),))
    assert rules(assess(dose(), infection), "f") == ["fever"]


def test_icans_has_events_of_its_own() -> None:
    assessment = assess(
        dose(),
        reading(30, signs("37.0", ice=IceScore(total=8))),
        reading(34, signs("37.0", ice=IceScore(total=5), consciousness=Consciousness.AWAKENS_TO_VOICE)),
        reading(42, signs("37.0")),
    )
    assert events(assessment) == []
    (event,) = events(assessment, ICANS)
    assert (event.max_grade, event.onset_hours, event.duration_hours) == (2, Decimal(30), Decimal(12))


def test_an_icans_event_of_grade_one_is_open_while_it_lasts() -> None:
    slow = signs("37.0", ice=IceScore(total=8))
    (event,) = events(assess(dose(), reading(30, slow), reading(32, slow)), ICANS)
    assert (event.max_grade, event.ended_at) == (1, None)


@pytest.mark.parametrize("seen", [{"consciousness": Consciousness.ALERT}, {"ice": IceScore(total=10)}])
def test_a_seizure_is_over_once_somebody_examined_the_patient(seen: dict[str, Any]) -> None:
    seizure = signs("37.0", seizure=Seizure.BRIEF)
    (event,) = events(assess(dose(), reading(30, seizure), reading(32, only(**seen))), ICANS)
    assert event.ended_at == after(32)


def test_an_icans_event_goes_on_until_somebody_examined_what_was_abnormal() -> None:
    seizure = signs("37.0", seizure=Seizure.BRIEF)
    only_temperature = only("37.0")
    open_still = assess(dose(), reading(30, seizure), reading(32, only_temperature))
    assert events(open_still, ICANS)[0].ended_at is None
    examined = assess(dose(), reading(30, seizure), reading(32, only_temperature), reading(33, WELL))
    assert events(examined, ICANS)[0].ended_at == after(33)


def test_an_incomplete_ice_does_not_end_an_icans_event() -> None:
    assessment = assess(
        dose(),
        reading(30, signs("37.0", ice=IceScore(total=6))),
        reading(32, signs("37.0", ice=IceScore(year=True))),
    )
    assert events(assessment, ICANS)[0].ended_at is None
    valid = assessment.last_valid(ICANS)
    assert valid is not None
    assert valid.text == "grade 2"
    assert assessment.icans is not None
    assert assessment.icans.cannot_grade


@pytest.mark.parametrize(
    ("given_at", "fever_at", "ended_at", "onset", "duration"),
    [
        # Clocks went back at 02:00 on 1 November 2026: a day of 25 hours.
        ("2026-10-31T20:00", "2026-11-01T20:00", "2026-11-02T20:00", "25", "24"),
        # Clocks went forward at 02:00 on 8 March 2026: a day of 23 hours.
        ("2026-03-07T20:00", "2026-03-08T20:00", "2026-03-08T21:00", "23", "1"),
    ],
)
def test_hours_are_elapsed_hours_on_the_night_of_a_clock_change(
    given_at: str, fever_at: str, ended_at: str, onset: str, duration: str
) -> None:
    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Toronto"))

    assessment = assess(
        Entry(EntryKind.DOSE, local(given_at), dose="sud1"),
        Entry(EntryKind.VITALS, local(fever_at), vitals=FEVER, ref="a"),
        Entry(EntryKind.VITALS, local(ended_at), vitals=WELL, ref="b"),
    )
    (event,) = events(assessment)
    assert (event.onset_hours, event.duration_hours) == (Decimal(onset), Decimal(duration))


def test_the_repeated_hour_is_put_in_order() -> None:
    zone = ZoneInfo("America/Toronto")
    first = datetime(2026, 11, 1, 1, 40, tzinfo=zone)
    second = datetime(2026, 11, 1, 1, 20, tzinfo=zone, fold=1)  # 40 minutes later
    assessment = assess(
        Entry(EntryKind.VITALS, second, vitals=LOW, ref="later"),
        Entry(EntryKind.VITALS, first, vitals=FEVER, ref="earlier"),
    )
    assert [grading.ref for grading in assessment.gradings] == ["earlier", "earlier", "later", "later"]


def test_a_death_is_grade_five_and_has_no_end() -> None:
    assessment = assess(dose(), reading(20, FEVER), reading(60, only(died_of=CRS)))
    (event,) = events(assessment)
    assert (event.max_grade, event.ended_at) == (5, None)


def test_where_an_entry_belongs() -> None:
    assessment = assess(dose(), reading(2, WELL), reading(20, FEVER), reading(24, WELL))
    assert assessment.episode_of("vitals@2", CRS) is None
    assert assessment.episode_of("vitals@24", CRS) == events(assessment)[0]
    grading = assessment.grading_for("vitals@20", CRS)
    assert grading is not None
    assert grading.grade == 1
    assert assessment.grading_for("sud1@0", CRS) is None
    assert assessment.latest(CRS) is assessment.crs
    assert assessment.latest(ICANS) is assessment.icans


# --- alarms -----------------------------------------------------------------------------------------


def test_a_rise_within_an_event_alarms() -> None:
    low = reading(22, signs("38.2", systolic=84), ref="low")
    assessment = assess(dose(), reading(20, FEVER), low, reading(24, signs("38.2", systolic=84)))
    assert rules(assessment, "vitals@20") == ["fever"]
    assert rules(assessment, "low") == ["fever", "hypotension", "worsening", "grade_rise"]
    assert "grade_rise" not in rules(assessment, "vitals@24")
    rise = assessment.findings_for("low")[-1]
    assert rise.severity is Severity.ACT_NOW
    assert rise.because.startswith("CRS rose from grade 1 to grade 2: fever 38.2 °C")


def test_a_rise_of_icans_alarms_as_well() -> None:
    slow, slower = (signs("37.0", ice=IceScore(total=points)) for points in (8, 5))
    assessment = assess(dose(), reading(30, slow), reading(32, slower), reading(34, slow))
    assert [rules(assessment, f"vitals@{hours}") for hours in (30, 32, 34)] == [
        ["neurologic"],
        ["neurologic", "grade_rise"],
        ["neurologic"],
    ]
    rise = assessment.findings_for("vitals@32")[-1]
    assert rise.because == "ICANS rose from grade 1 to grade 2: ICE 5 of 10; alert"


def test_the_severity_is_that_of_the_worst_finding() -> None:
    assessment = assess(dose(), reading(20, signs("38.4", heart_rate=130)))
    assert [finding.rule for finding in assessment.findings] == ["fever", "tachycardia"]
    assert assessment.severity is Severity.ACT_NOW


def test_a_rise_to_a_lower_bound_alarms_and_an_ungradable_entry_does_not() -> None:
    assessment = assess(
        dose(),
        reading(20, FEVER),
        reading(21, only(spo2=97), ref="nothing"),
        reading(22, signs("38.2", spo2=85), ref="worse"),
    )
    assert rules(assessment, "nothing") == []
    assert "grade_rise" in rules(assessment, "worse")


def test_a_fall_from_the_first_reading_where_no_baseline_is_known() -> None:
    first, later = reading(2, signs("37.0", systolic=160)), reading(4, signs("37.0", systolic=125))
    assert rules(assess(dose(), first, later), "vitals@4") == ["worsening"]
    assert rules(assess(dose(), first, later, baseline=Baseline(systolic=130)), "vitals@4") == []


def test_findings_are_those_of_the_latest_reading_and_of_what_was_given_since() -> None:
    assessment = assess(dose(), reading(20, FEVER), reading(24, WELL), gave(25, "pocket_dexamethasone"))
    assert [finding.rule for finding in assessment.findings] == ["pocket_dexamethasone"]
    assert assess(dose()).findings == ()
    assert assess() == Assessment()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        assess(replace(dose(), at=datetime(2026, 4, 6, 9, 30)))  # noqa: DTZ001


@pytest.mark.parametrize("kind", [EntryKind.VITALS, EntryKind.INTERVENTION])
def test_an_entry_that_is_empty_is_refused(kind: EntryKind) -> None:
    with pytest.raises(ValueError, match=f"of kind {kind} and has none"):
        assess(Entry(kind, after(1), ref="empty"))


# --- properties -------------------------------------------------------------------------------------

readings = st.builds(
    lambda temp, systolic, spo2, points: signs(
        None if temp is None else str(temp),
        systolic=systolic,
        spo2=spo2,
        ice=None if points is None else IceScore(total=points),
    ),
    st.none() | st.sampled_from(["36.8", "37.9", "38.0", "39.4"]),
    st.none() | st.sampled_from([122, 90, 84]),
    st.none() | st.sampled_from([97, 89]),
    st.none() | st.sampled_from([10, 8, 2]),
)
drugs = st.sampled_from(["acetaminophen", "tocilizumab", "premedication", "fluids", "pocket_dexamethasone"])
moments = st.integers(1, 200).map(lambda quarters: quarters / 4)


@st.composite
def timelines(draw: st.DrawFn) -> list[Entry]:
    entries = [dose()]
    for number in range(draw(st.integers(1, 12))):
        hours = draw(moments)
        if draw(st.integers(0, 3)):
            entries.append(reading(hours, draw(readings), ref=str(number)))
        else:
            entries.append(gave(hours, draw(drugs), ref=str(number)))
    return entries


@given(timelines(), st.randoms(use_true_random=False))
def test_the_order_of_entry_does_not_matter(timeline: list[Entry], random: Any) -> None:
    shuffled = list(timeline)
    random.shuffle(shuffled)
    assert assess(*shuffled) == assess(*timeline)


def by_ref(assessment: Assessment) -> dict[tuple[str, Toxicity], Any]:
    return {(grading.ref, grading.toxicity): grading for grading in assessment.gradings}


@given(timelines(), readings, moments)
def test_an_entry_changes_nothing_before_it(timeline: list[Entry], late: Any, hours: float) -> None:
    before = by_ref(assess(*timeline))
    with_late = by_ref(assess(*timeline, reading(hours, late, ref="late")))
    for (ref, toxicity), grading in before.items():
        if grading.at is not None and grading.at < after(hours):
            assert with_late[ref, toxicity] == grading


def later(timeline: Sequence[Entry], hours: float) -> list[Entry]:
    return [
        replace(entry, at=entry.at + timedelta(hours=hours), ref=f"second {entry.ref}")
        for entry in timeline
        if entry.at is not None
    ]


@given(timelines(), timelines(), readings, st.data())
def test_an_amendment_changes_nothing_outside_its_event(
    first: list[Entry], second: list[Entry], amended: Any, data: st.DataObject
) -> None:
    """Two stretches with more than a day of clear readings between them."""
    between = [reading(60, WELL, ref="clear"), reading(61, WELL, ref="clear again")]
    chosen = data.draw(st.sampled_from([entry for entry in first if entry.vitals] or between[1:]))
    amend = [replace(entry, vitals=amended) if entry is chosen else entry for entry in first]
    after_it = later(second, 140)
    baseline = Baseline(systolic=122, ice=10)
    before = assess(*first, *between, *after_it, baseline=baseline)
    now = assess(*amend, *between, *after_it, baseline=baseline)
    for entry in after_it:
        for toxicity in Toxicity:
            assert now.grading_for(entry.ref, toxicity) == before.grading_for(entry.ref, toxicity)
        assert now.findings_for(entry.ref) == before.findings_for(entry.ref)


@given(timelines())
def test_events_tell_one_story(timeline: list[Entry]) -> None:
    assessment = assess(*timeline)
    for toxicity in Toxicity:
        episodes = events(assessment, toxicity)
        for episode in episodes:
            assert episode.gradings[0].ref == episode.opened_ref
            assert episode.max_grade == max(grading.at_least for grading in episode.gradings)
            assert (episode.ended_at is None) is (episode.duration_hours is None)
            if episode.ended_at is not None and episode.closing_allowed_from is not None:
                assert episode.closing_allowed_from - episode.ended_at == timedelta(hours=24)
        for earlier, next_one in pairwise(episodes):
            assert earlier.closing_allowed_from is not None
            assert next_one.opened_at is not None
            assert next_one.opened_at >= earlier.closing_allowed_from


@given(timelines())
def test_every_fever_not_attributed_is_graded_in_an_event(timeline: list[Entry]) -> None:
    assessment = assess(*timeline)
    for entry in timeline:
        temperature = entry.vitals.temperature if entry.vitals else None
        if temperature is not None and temperature.celsius >= Decimal(38):
            assert "fever" in rules(assessment, entry.ref)
            assert assessment.episode_of(entry.ref, CRS) is not None


@given(timelines(), readings, st.sampled_from(["systolic", "spo2", "ice"]))
@settings(max_examples=200)
def test_unknown_never_lowers_severity_unless_it_is_said(timeline: list[Entry], last: Any, name: str) -> None:
    """Without a value the last grade is the same, or is no longer called certain."""
    whole = assess(*timeline, reading(51, last, ref="last"))
    partial = assess(*timeline, reading(51, replace(last, **{name: None}), ref="last"))
    for toxicity in Toxicity:
        before, now = whole.latest(toxicity), partial.latest(toxicity)
        assert before is not None
        assert now is not None
        if now.grade is not None:
            assert now.grade >= before.at_least


# --- an ICE test by itself --------------------------------------------------------------------------


def ice_only(hours: float, total: int) -> Entry:
    tested = only(ice=IceScore(total=total), consciousness=Consciousness.ALERT)
    return reading(hours, tested, "ice", neurologic_only=True)


def test_an_ice_test_by_itself_leaves_crs_as_it_was_graded() -> None:
    low = signs("38.6", systolic=84)
    found = assess(dose(), reading(8, low, "low"), ice_only(9, 10))
    assert grades(found) == ["grade 2"]
    assert found.crs is not None
    assert (found.crs.ref, found.crs.at_least) == ("low", 2)
    [event] = events(found)
    assert (event.current.at_least, event.ended_at) == (2, None)
    assert {finding.rule for finding in found.findings} == {"fever", "hypotension"}


def test_an_ice_test_by_itself_grades_icans_and_alarms() -> None:
    found = assess(dose(), reading(8, WELL), ice_only(9, 7))
    assert grades(found, ICANS) == ["grade 0", "grade 1"]
    assert rules(found, "ice") == ["neurologic"]
    assert events(found, ICANS)[0].opened_ref == "ice"


def test_a_good_ice_test_answers_the_neurologic_finding_of_before() -> None:
    drowsy = signs("38.4", ice=IceScore(total=7))
    found = assess(dose(), reading(8, drowsy), ice_only(9, 10))
    assert [finding.rule for finding in found.findings] == ["fever"]


def test_the_same_values_as_a_whole_reading_cannot_be_graded_for_crs() -> None:
    whole = replace(ice_only(9, 10), neurologic_only=False)
    found = assess(dose(), reading(8, signs("38.6", systolic=84)), whole)
    assert grades(found) == ["grade 2", "cannot grade"]
