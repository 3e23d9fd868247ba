"""Whole nights through the real services: what is due, graded, opened, alerted and paged, to the minute."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from protocols import selectors as protocols
from protocols.documents import DocumentError, read_text
from schedules.selectors.story_report import report
from schedules.services import story_document
from schedules.services.stories import StoryRefused
from schedules.services.story_replay import replay

STORIES = Path(__file__).parents[1] / "stories"

pytestmark = pytest.mark.django_db


def told(name: str) -> dict[str, Any]:
    story = story_document.load(STORIES / f"{name}.yaml")
    played = replay(story)
    return report(played.patient.pk, protocols.spec(played.version.pk), story.zone, story.until)


def times(rows: list[dict[str, Any]], *keys: str) -> list[tuple[Any, ...]]:
    """The named columns of each row, times shortened to day and minute with their offset."""

    def short(value: Any) -> Any:
        try:
            return datetime.fromisoformat(value).strftime("%d %H:%M%z")
        except (TypeError, ValueError):
            return value

    return [tuple(short(row[key]) for key in keys) for row in rows]


def test_fever_in_the_afternoon() -> None:
    rows = told("fever_in_the_afternoon")
    (event,) = rows["events"]
    assert (event["onset_hours"], event["after_dose"], event["state"]) == (30.92, "sud2", "not CRS")
    assert event["confirmed_grade"] == 1
    fever = [page for page in rows["pages"] if page["alert"] == "fever"]
    assert times(fever, "at", "rung", "role") == [("10 16:40-0400", 0, "nurse")]
    pocket = [page for page in rows["pages"] if page["alert"] == "pocket_dexamethasone"]
    assert times(pocket[:3], "at", "rung", "role") == [
        ("10 16:55-0400", 0, "nurse"),
        ("10 17:10-0400", 1, "physician"),
        ("10 17:25-0400", 2, "director"),
    ]
    done = [check for check in rows["checks"] if check["done_at"]]
    assert times(done, "due", "done_at", "missed") == [("10 17:45-0400", "10 16:40-0400", False)]


def test_the_night_the_clocks_go_forward() -> None:
    rows = told("spring_clock_change")
    assert times(rows["checks"], "due", "done_at", "missed") == [
        ("08 05:00-0400", "08 04:10-0400", False),
        ("08 13:00-0400", "08 12:30-0400", False),
        ("08 21:00-0400", "08 21:00-0400", False),
        ("09 05:00-0400", "09 05:00-0400", False),
        ("09 13:00-0400", "09 13:00-0400", False),
        ("09 21:00-0400", "09 20:50-0400", False),
    ]
    (event,) = rows["events"]
    # 20:00 EST to 04:10 EDT is 7 h 10 min of elapsed time, not 8 h 10 min.
    assert (event["onset_hours"], event["duration_hours"], event["max_grade"]) == (7.17, 8.33, 2)
    assert times(rows["events"], "ended_at", "closing_allowed_from") == [("08 12:30-0400", "09 12:30-0400")]
    assert [(g["grade"], g["toxicity"]) for g in rows["gradings"] if g["toxicity"] == "crs"] == [
        (1, "crs"),
        (2, "crs"),
        *[(0, "crs")] * 5,
    ]
    assert [alert["kind"] for alert in rows["alerts"]] == ["fever", "grade_rise", "hypotension"]
    assert times(rows["pages"], "at", "alert", "role") == [
        ("08 04:10-0400", "fever", "nurse"),
        ("08 06:30-0400", "grade_rise", "nurse"),
        ("08 06:30-0400", "hypotension", "nurse"),
    ]
    assert rows["next_dose"]["decision"] == "give"


def test_the_night_the_clocks_go_back() -> None:
    rows = told("autumn_clock_change")
    (event,) = rows["events"]
    # 18:30 EDT to 01:40 EST is 8 h 10 min.
    assert event["onset_hours"] == 8.17
    assert times(rows["checks"][:2], "due", "done_at") == [
        ("01 01:30-0500", "01 01:40-0500"),
        ("01 09:30-0500", "01 08:00-0500"),
    ]
    assert times(rows["pages"], "at", "rung", "role") == [
        ("01 01:40-0500", 0, "nurse"),
        ("01 01:55-0500", 1, "physician"),
        ("01 02:10-0500", 2, "director"),
        ("01 02:25-0500", 2, "director"),
    ]
    assert times(rows["alerts"], "at", "acknowledged_at") == [("01 01:40-0500", "01 02:30-0500")]


def test_icans_without_fever() -> None:
    rows = told("icans_without_fever")
    (event,) = rows["events"]
    assert (event["toxicity"], event["max_grade"], event["onset_hours"]) == ("icans", 2, 23.92)
    assert event["duration_hours"] == 10.08
    grades = [g["grade"] for g in rows["gradings"] if g["toxicity"] == "icans"]
    assert grades == [0, 1, 2, 0]
    assert {g["grade"] for g in rows["gradings"] if g["toxicity"] == "crs"} == {0}
    kinds = [alert["kind"] for alert in rows["alerts"]]
    assert kinds.count("neurologic") == 1
    assert kinds.count("grade_rise") == 1


def test_dexamethasone_before_any_fever_may_mask() -> None:
    rows = told("possibly_masked")
    assert rows["events"] == []
    (crs,) = [g for g in rows["gradings"] if g["toxicity"] == "crs"]
    assert (crs["grade"], crs["review"]) == (0, True)
    assert [alert["kind"] for alert in rows["alerts"]] == [
        "pocket_dexamethasone",
        "possibly_masked",
        "hypotension",
    ]
    assert times(rows["checks"], "due") == [
        ("01 23:30-0400",),
        ("02 11:30-0400",),
        ("02 23:30-0400",),
        ("03 11:30-0400",),
    ]


def test_a_late_entry_opens_its_event_at_its_own_time() -> None:
    rows = told("late_entry")
    (event,) = rows["events"]
    assert (event["onset_hours"], event["duration_hours"]) == (16.17, 7.83)
    # Nobody had recorded the check of 02:00 by 03:00, so it was paged; the late entry still completes it.
    assert times(rows["checks"][:3], "due", "done_at", "missed") == [
        ("01 18:00-0400", "01 18:00-0400", False),
        ("02 02:00-0400", "02 02:10-0400", True),
        ("02 10:00-0400", "02 10:00-0400", False),
    ]
    assert times(rows["alerts"], "at", "kind") == [
        ("02 03:00-0400", "missed_check"),
        ("02 08:20-0400", "fever"),
    ]


def test_a_fever_that_comes_back_within_the_day_over_a_clock_change() -> None:
    rows = told("spring_in_paris")
    assert times(rows["checks"], "due", "done_at", "missed") == [
        ("28 17:00+0100", "28 17:00+0100", False),
        ("29 01:00+0100", "29 01:00+0100", False),
        ("29 10:00+0200", "29 10:00+0200", False),
        ("29 18:00+0200", "29 18:00+0200", False),
        ("30 02:00+0200", "30 02:00+0200", False),
        ("30 10:00+0200", "30 10:00+0200", False),
    ]
    (event,) = rows["events"]
    # From 01:00 CET to 02:00 CEST a day later is 24 hours on the watch of whoever waits.
    assert (event["onset_hours"], event["duration_hours"], event["max_grade"]) == (16.0, 24.0, 1)
    assert times(rows["events"], "ended_at", "closing_allowed_from") == [("30 02:00+0200", "31 02:00+0200")]
    assert times(rows["alerts"], "at", "kind", "acknowledged_at") == [
        ("29 01:00+0100", "fever", "29 01:05+0100"),
        ("29 18:00+0200", "fever", "29 18:04+0200"),
    ]
    assert times(rows["pages"], "at", "rung", "role") == [
        ("29 01:00+0100", 0, "nurse"),
        ("29 18:00+0200", 0, "nurse"),
    ]
    answer = rows["next_dose"]
    assert (answer["decision"], answer["dose"]) == ("give", "sud2")
    assert (answer["earliest"], answer["latest"]) == ("2026-03-30", "2026-04-04")
    assert answer["conditions"] == ["CRS resolved", "premedicate"]


def test_the_hour_that_comes_twice() -> None:
    rows = told("autumn_in_sydney")
    (event,) = rows["events"]
    assert (event["onset_hours"], event["duration_hours"], event["max_grade"]) == (16.0, 8.0, 2)
    assert times(rows["events"], "opened_at", "ended_at", "closing_allowed_from") == [
        ("05 02:00+1100", "05 09:00+1000", "06 09:00+1000")
    ]
    crs = [g for g in rows["gradings"] if g["toxicity"] == "crs"]
    assert times(crs, "at", "grade")[:4] == [
        ("04 18:00+1100", 0),
        ("05 02:00+1100", 1),
        ("05 02:40+1000", 2),
        ("05 09:00+1000", 0),
    ]
    # 40 minutes after 02:00 on the first round comes 02:40 on the second, an hour and 40 minutes later.
    assert times(rows["alerts"], "at", "kind", "acknowledged_at") == [
        ("05 02:00+1100", "fever", "05 02:05+1100"),
        ("05 02:40+1000", "grade_rise", "05 02:45+1000"),
        ("05 02:40+1000", "hypotension", "05 02:45+1000"),
    ]
    assert {page["rung"] for page in rows["pages"]} == {0}
    assert [check["missed"] for check in rows["checks"]] == [False] * 6
    answer = rows["next_dose"]
    assert (answer["earliest"], answer["latest"]) == ("2026-04-06", "2026-04-11")
    assert answer["conditions"] == ["CRS resolved", "premedicate", "hospital 48 h"]


def test_two_toxicities_at_once_both_bear_on_the_next_dose() -> None:
    rows = told("two_toxicities_in_kolkata")
    names = ("toxicity", "max_grade", "onset_hours", "duration_hours", "closing_allowed_from")
    assert times(rows["events"], *names) == [
        ("crs", 1, 8.0, 8.0, "03 15:45+0530"),
        ("icans", 3, 8.0, 8.0, "03 15:45+0530"),
    ]
    assert {alert["kind"] for alert in rows["alerts"]} == {"fever", "neurologic"}
    answer = rows["next_dose"]
    assert (answer["decision"], answer["dose"]) == ("hold_until_resolved", "sud2")
    assert set(answer["conditions"]) == {"ICANS resolved", "CRS resolved", "premedicate", "hospital 48 h"}
    assert "ICANS event of grade 3" in answer["because"]
    assert "CRS event of grade 1" in answer["because"]


def test_a_second_event_of_grade_3_is_recurrent_also_without_a_dose_between() -> None:
    rows = told("grade_three_twice")
    names = ("opened_at", "ended_at", "max_grade", "duration_hours", "after_dose")
    assert times(rows["events"], *names) == [
        ("01 17:00-0400", "02 01:00-0400", 3, 8.0, "sud1"),
        ("03 01:00-0400", "03 09:00-0400", 3, 8.0, "sud1"),
    ]
    answer = rows["next_dose"]
    assert (answer["decision"], answer["dose"], answer["conditions"]) == ("discontinue", None, [])


def test_a_center_pages_by_its_own_tree_and_its_own_call_parameters() -> None:
    rows = told("a_center_of_its_own")
    # 38.4 C is under this center's call parameter and still a CRS of grade 1.
    assert [event["max_grade"] for event in rows["events"]] == [1]
    assert times(rows["alerts"], "at", "kind", "severity", "acknowledged_at") == [
        ("12 16:00-0500", "hypoxia", "act_now", "12 16:15-0500"),
        ("12 16:00-0500", "tachycardia", "look_soon", "12 16:20-0500"),
        ("12 22:30-0500", "missed_check", "act_now", None),
    ]
    assert times(rows["pages"], "at", "alert", "role") == [
        ("12 16:00-0500", "hypoxia", "nurse"),
        ("12 16:00-0500", "tachycardia", "nurse"),
        ("12 16:05-0500", "hypoxia", "physician"),
        ("12 16:05-0500", "tachycardia", "physician"),
        ("12 16:12-0500", "hypoxia", "director"),
        ("12 16:12-0500", "tachycardia", "director"),
        ("12 16:19-0500", "tachycardia", "director"),
        ("12 22:30-0500", "missed_check", "nurse"),
        ("13 00:00-0500", "missed_check", "physician"),
    ]
    assert times(rows["checks"][:2], "due", "done_at", "missed") == [
        ("12 16:00-0500", "12 16:00-0500", False),
        ("12 22:00-0500", None, True),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("at: 2026-04-06T20:00:00-04:00, vitals: {temperature: 55 C}", "Temperature 55 °C is not possible"),
        ("at: 2026-04-06T20:00:00-04:00, confirm: {toxicity: crs, grade: 1}", "no CRS event at this time"),
    ],
)
def test_an_act_that_is_refused_names_its_line(line: str, said: str) -> None:
    with pytest.raises(StoryRefused, match=said) as refused:
        told_by(line, until="2026-04-07T00:00:00-04:00")
    assert refused.value.line == 6


WELL = "systolic: 121, spo2: 97, heart_rate: 84, ice: 10, consciousness: alert, oxygen: {device: room_air}"


def told_by(*lines: str, until: str) -> dict[str, Any]:
    """What comes of a teclistamab patient who got step-up dose 1 on 6 April at 09:00."""
    text = (
        "timezone: America/Toronto\nregimen: teclistamab\nweight_kg: 70\ntimeline:\n"
        "- {at: 2026-04-06T09:00:00-04:00, dose: sud1}\n"
        + "".join(f"- {{{line}}}\n" for line in lines)
        + f"until: {until}\n"
    )
    story = story_document.parse(read_text(text, name="story.yaml"))
    played = replay(story)
    return report(played.patient.pk, protocols.spec(played.version.pk), story.zone, story.until)


def reading(at: str, temperature: str, also: str = WELL) -> str:
    return f"at: {at}, vitals: {{temperature: {temperature}, {also}}}"


def read_well(*times_: str) -> list[str]:
    return [reading(at, "36.9 C") for at in times_]


def test_every_missed_check_tells_the_nurse_also_after_an_answer_to_the_one_before() -> None:
    rows = told_by(
        "at: 2026-04-06T18:05:00-04:00, acknowledge: oldest, by: nurse", until="2026-04-07T03:30:00-04:00"
    )
    assert times(rows["alerts"], "at", "kind", "acknowledged_at") == [
        ("06 18:00-0400", "missed_check", "06 18:05-0400"),
        ("07 02:00-0400", "missed_check", None),
    ]
    assert times(rows["pages"], "at", "rung", "role") == [
        ("06 18:00-0400", 0, "nurse"),
        ("07 02:00-0400", 0, "nurse"),
        ("07 03:00-0400", 1, "physician"),
    ]


def test_each_missed_check_stands_by_itself_where_nobody_answered() -> None:
    rows = told_by(until="2026-04-07T10:30:00-04:00")
    assert times(rows["alerts"], "at", "kind", "acknowledged_at") == [
        ("06 18:00-0400", "missed_check", None),
        ("07 02:00-0400", "missed_check", None),
        ("07 10:00-0400", "missed_check", None),
    ]
    nurse = [page for page in rows["pages"] if page["role"] == "nurse"]
    assert times(nurse, "at") == [("06 18:00-0400",), ("07 02:00-0400",), ("07 10:00-0400",)]


def test_of_alerts_raised_together_the_worst_is_answered_first() -> None:
    rows = told_by(
        reading(
            "2026-04-06T17:00:00-04:00", "36.9 C", WELL.replace("rate: 84", "rate: 130").replace("97", "88")
        ),
        "at: 2026-04-06T17:10:00-04:00, acknowledge: oldest, by: nurse",
        until="2026-04-06T17:12:00-04:00",
    )
    answered = [alert["kind"] for alert in rows["alerts"] if alert["acknowledged_at"]]
    assert answered == ["hypoxia"]


@pytest.mark.parametrize(
    ("again", "opened"),
    [
        ("2026-04-07T22:59:00-04:00", ["06 19:00-0400"]),
        ("2026-04-07T23:00:00-04:00", ["06 19:00-0400", "07 23:00-0400"]),
    ],
)
def test_a_fever_back_within_24_hours_is_the_same_event(again: str, opened: list[str]) -> None:
    rows = told_by(
        reading("2026-04-06T19:00:00-04:00", "38.4 C"),
        "at: 2026-04-06T19:05:00-04:00, gave: acetaminophen",
        reading("2026-04-06T23:00:00-04:00", "37.0 C"),
        reading(again, "100.4 F"),
        until="2026-04-08T00:00:00-04:00",
    )
    assert times(rows["events"], "opened_at") == [(at,) for at in opened]
    assert rows["events"][-1]["ended_at"] is None


def test_the_next_dose_has_its_whole_window_and_its_because() -> None:
    answer = told_by(until="2026-04-07T09:00:00-04:00")["next_dose"]
    window = (answer["decision"], answer["dose"], answer["earliest"], answer["latest"])
    assert window == ("give", "sud2", "2026-04-08", "2026-04-13")
    assert "no CRS or ICANS event" in answer["because"]


def test_past_its_last_day_the_next_dose_is_what_the_restart_rule_says() -> None:
    answer = told_by(until="2026-04-14T12:00:00-04:00")["next_dose"]
    assert (answer["dose"], answer["earliest"], answer["latest"]) == ("sud1", "2026-04-14", None)
    assert answer["conditions"] == ["premedicate"]
    assert "restart with sud1" in answer["because"]


@pytest.mark.parametrize(
    ("ends", "until", "decision", "dose"),
    [
        (None, "2026-04-07T20:00:00-04:00", "hold_until_resolved", "sud2"),  # 24 h so far, and not over
        (None, "2026-04-08T20:00:00-04:00", "discontinue", None),  # 48 h so far
        ("2026-04-08T19:59:00-04:00", "2026-04-09T19:58:00-04:00", "hold_until_resolved", "sud2"),
        ("2026-04-08T19:59:00-04:00", "2026-04-09T19:59:00-04:00", "give", "sud2"),
        ("2026-04-08T20:00:00-04:00", "2026-04-10T12:00:00-04:00", "discontinue", None),
    ],
)
def test_a_grade_3_event_is_judged_by_how_long_it_lasted(
    ends: str | None, until: str, decision: str, dose: str | None
) -> None:
    pressor = "vasopressors: [norepinephrine], systolic: 96, spo2: 97, oxygen: {device: room_air}"
    lines = [reading("2026-04-06T20:00:00-04:00", "39.0 C", pressor), *(read_well(ends) if ends else [])]
    answer = told_by(*lines, until=until)["next_dose"]
    assert (answer["decision"], answer["dose"]) == (decision, dose)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("- {at: 2026-06-01T10:00:00-04:00, dose: sud9}", "sud9 is no dose"),
        ("- {at: 2026-06-01T10:00:00, dose: sud1}", "offset"),
        ("- {at: 2026-06-01T10:00:00-04:00, does: sud1}", "not a known key"),
        ("- {at: 2026-06-01T10:00:00-04:00}", "one act a line"),
        ("- {at: 2026-06-01T10:00:00-04:00, vitals: {temperature: 38.4}}", "with its unit"),
        ("- {at: 2026-06-01T10:00:00-04:00, gave: aspirin}", "not a known intervention"),
    ],
)
def test_a_story_with_an_error_names_its_line(line: str, said: str) -> None:
    text = f"timezone: America/New_York\nregimen: elranatamab\ntimeline:\n{line}\n"
    with pytest.raises(DocumentError) as refused:
        story_document.parse(read_text(text, name="story.yaml"))
    assert "story.yaml:4" in str(refused.value)
    assert said in str(refused.value)


def test_an_event_that_reaches_past_a_dose_still_asks_for_its_conditions() -> None:
    rows = told_by(
        reading("2026-04-08T05:00:00-04:00", "38.4 C"),
        "at: 2026-04-08T05:05:00-04:00, acknowledge: all, by: physician",
        "at: 2026-04-08T09:00:00-04:00, dose: sud2",
        *read_well("2026-04-08T17:00:00-04:00", "2026-04-09T01:00:00-04:00", "2026-04-09T09:00:00-04:00"),
        until="2026-04-09T17:00:00-04:00",
    )
    (event,) = rows["events"]
    assert (event["after_dose"], event["onset_hours"], event["duration_hours"]) == ("sud1", 44.0, 12.0)
    answer = rows["next_dose"]
    assert (answer["decision"], answer["dose"]) == ("give", "tx1")
    assert answer["conditions"] == ["CRS resolved", "premedicate"]


def test_a_drug_stopped_for_good_stays_stopped_after_a_dose_that_was_given_all_the_same() -> None:
    rows = told_by(
        reading("2026-04-06T17:00:00-04:00", "39.0 C", WELL.replace("room_air", "bipap")),
        "at: 2026-04-06T17:05:00-04:00, acknowledge: all, by: physician",
        *read_well("2026-04-07T01:00:00-04:00", "2026-04-07T09:00:00-04:00"),
        "at: 2026-04-09T09:00:00-04:00, dose: sud2",
        until="2026-04-09T10:00:00-04:00",
    )
    assert [event["max_grade"] for event in rows["events"]] == [4]
    assert (rows["next_dose"]["decision"], rows["next_dose"]["dose"]) == ("discontinue", None)
