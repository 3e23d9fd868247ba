"""Every component says its state in shape and word, and never draws the unknown as normal."""

import gzip
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from dosing_portal.web.gallery import ROWS
from tests.web.page import Page, component

ROOT = Path(settings.BASE_DIR)


def part(**values: Any) -> SimpleNamespace:
    return SimpleNamespace(**values)


# --- grade and status ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("grade", range(6))
def test_a_grade_is_told_by_shape_toxicity_and_number(grade: int) -> None:
    chip = component("grade_chip", toxicity="ICANS", grade=grade)
    assert chip.text == f"ICANS grade {grade}"
    assert chip.values("href") == [f"#i-grade-{grade}"]


@pytest.mark.parametrize("arguments", [{"grade": None}, {"grade": ""}, {}, {"grade": 0, "cannot": True}])
def test_a_missing_grade_is_never_drawn_as_none(arguments: dict[str, Any]) -> None:
    for size in ("", "compact"):
        chip = component("grade_chip", toxicity="CRS", size=size, **arguments)
        assert chip.values("href") == ["#i-grade-x"]
        assert "CRS cannot grade" in [chip.text, *chip.values("aria-label")]


def test_a_lower_bound_says_at_least() -> None:
    assert component("grade_chip", toxicity="CRS", grade=2, at_least=True).text == "CRS at least grade 2"
    compact = component("grade_chip", toxicity="CRS", grade=2, at_least=True, size="compact")
    assert compact.values("aria-label") == ["CRS at least grade 2"]


def test_the_qualifier_stands_beside_the_chip() -> None:
    assert component("grade_chip", toxicity="CRS", grade=1, qualifier="suggested 14:21").text.endswith(
        "14:21"
    )


@pytest.mark.parametrize(
    ("kind", "icon"),
    [
        ("given", "check-disc"),
        ("due", "clock"),
        ("overdue", "octagon"),
        ("held", "pause"),
        ("out", "triangle-open"),
        ("missed", "cross"),
        ("unconfirmed", "unknown"),
        ("looser", "arrow-down"),
        ("nobody-knows-this-kind", "unknown"),
    ],
)
def test_a_status_has_an_icon_and_a_word(kind: str, icon: str) -> None:
    chip = component("status_chip", kind=kind)
    assert chip.values("href") == [f"#i-{icon}"]
    assert chip.text


# --- because, alerts, clocks, steps -------------------------------------------------------------------------


def test_because_names_what_is_missing_and_marks_an_unconfirmed_rule() -> None:
    shown = component("because", lines=["fever 38.4 °C"], missing=["SpO2"], confirmed=False)
    assert shown.text.startswith("Because fever 38.4 °C Missing: SpO2 unconfirmed")
    assert "unconfirmed" not in component("because", lines=["fever 38.4 °C"], confirmed=True).text
    assert "unconfirmed" not in component("because", lines=["fever 38.4 °C"]).text


def test_the_source_is_one_tap_away_and_open_where_asked() -> None:
    source = part(title="Label", section="2.4, table 3", revision="2026-03", url="", approved="")
    closed = component("because", lines=["9 days"], source=source)
    opened = component("because", lines=["9 days"], source=source, open=True)
    assert "Label, 2.4, table 3, rev. 2026-03." in closed.text
    assert [
        ("open" in attrs) for page in (closed, opened) for tag, attrs in page.tags if tag == "details"
    ] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("kind", "role", "words"),
    [("act", "alert", "Act now."), ("look", "status", "Look soon."), ("unknown", "status", "Not known.")],
)
def test_an_alert_names_its_class_first(kind: str, role: str, words: str) -> None:
    box = component("alert_box", kind=kind, text="Systolic 84 mmHg.")
    assert box.text == f"{words} Systolic 84 mmHg."
    assert box.values("role") == [role]


def test_a_countdown_is_complete_without_its_bar() -> None:
    clock = component("countdown", text="18 min left", second="due 14:50", share=70, tone="late")
    assert clock.text == "18 min left due 14:50"
    assert clock.having("width", "70")
    assert not component("countdown", text="waiting").having("class", "used")


def test_a_step_done_keeps_its_row_and_offers_nothing() -> None:
    done = {"title": "IV access", "state": "done", "clock": {"text": "Done 14:22", "second": "N. Brandt RN"}}
    page = component("steps", title="Do now", steps=[done])
    assert "Done: IV access" in page.text
    assert not [tag for tag, _ in page.tags if tag in {"button", "a"}]


def test_a_step_that_could_not_be_recorded_says_so() -> None:
    step = {"title": "Fluids", "state": "todo", "action": "Record", "failed": "Not recorded. Kept here."}
    page = component("steps", title="Do now", steps=[step])
    assert "Not recorded. Kept here." in page.text
    assert "alert" in page.values("role")


# --- frame --------------------------------------------------------------------------------------------------


def heartbeat(*, late: bool) -> SimpleNamespace:
    return part(late=late, age_seconds=8, last_sweep_label="14:21", age_label="11 min")


def frame(**values: Any) -> SimpleNamespace:
    place = part(name="Today", url="/", current=True)
    person = part(name="Dr. Okafor", role_label="physician on call", phone="555-0142")
    return part(**({"places": [place], "on_call": [person], "heartbeat": heartbeat(late=False)} | values))


def test_the_late_banner_stands_only_when_something_fails() -> None:
    assert component("late_banner", frame=frame()).values("role") == []
    late = component("late_banner", frame=frame(heartbeat=heartbeat(late=True)))
    assert late.values("role") == ["alert"]
    assert "Alerts may be late: use the phone tree. Last sweep 14:21, 11 min ago." in late.text
    assert "Anything you log here is saved and graded." in late.text
    assert "555-0142" in late.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"channel_down": "E-mail fails since 14:20."}, "E-mail fails since 14:20."),
        ({"broker_down": True}, "standby"),
    ],
)
def test_the_late_banner_says_what_fails(values: dict[str, Any], words: str) -> None:
    assert words in component("late_banner", frame=frame(**values)).text


@pytest.mark.parametrize(
    ("beat", "words"),
    [
        (heartbeat(late=False), "Alerting running"),
        (heartbeat(late=True), "Alerting late last sweep 14:21"),
        (None, "Alerting not known"),
    ],
)
def test_the_heartbeat_is_never_silently_well(beat: SimpleNamespace | None, words: str) -> None:
    assert words in component("frame_live", frame=frame(heartbeat=beat)).text


def test_a_quiet_center_shows_no_red_count() -> None:
    assert component("frame_live", frame=frame(open_alerts=0)).having("class", "count")
    assert component("frame_live", frame=frame(open_alerts=3)).having("class", "count count-open")
    assert "nobody" in component("frame_live", frame=frame(on_call=[])).text


def test_the_frame_stands_without_any_context() -> None:
    page = Page(render_to_string("base.html", {}))
    assert [tag for tag, _ in page.tags if tag in {"main", "header"}] == ["header", "main"]
    assert not page.having("class", "tabs")


def test_the_current_place_is_marked_for_everyone() -> None:
    page = Page(render_to_string("base.html", {"frame": frame()}))
    assert page.values("aria-current") == ["page", "page"]


# --- patient, rows, lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allergies", "words"),
    [
        ("known", "Known allergies: penicillin"),
        ("none", "No known allergies"),
        ("not-recorded", "Allergies not recorded"),
        ("unavailable", "Allergies unavailable"),
    ],
)
def test_the_banner_gives_one_of_four_answers_about_allergies(allergies: str, words: str) -> None:
    patient = {"name": "SAMPLE, Ruth", "allergies": allergies, "allergy_text": "penicillin"}
    assert words in component("patient_banner", patient=patient, strip=None).text


def test_the_banner_names_a_fact_it_does_not_know() -> None:
    text = component(
        "patient_banner", patient={"name": "SAMPLE, Ruth"}, strip={"generic": "teclistamab"}
    ).text
    assert text.count("Not known") == 6
    assert "grade" not in text


def test_a_value_that_is_missing_in_a_row_is_named() -> None:
    row = next(row for row in ROWS if row["vitals"] and row["vitals"]["spo2"] is None)
    assert "SpO2missing" in component("list_row", row=row).text


def test_a_value_past_its_limit_is_marked_by_more_than_color() -> None:
    row = component("list_row", row=ROWS[0])
    assert len(row.having("class", "past")) == 2
    css = (ROOT / "static/css/lists.css").read_text()
    assert re.search(r"\.past \{[^}]*text-decoration: underline", css)


def test_an_empty_list_keeps_its_heading_and_says_what_is_next() -> None:
    empty = {"kind": "clear", "title": "Nothing needs you now.", "text": "Next check 15:10."}
    page = component("board_list", id="act-now", title="Act now", count=0, rows=[], act=True, empty=empty)
    assert page.text == "Act now 0 Nothing needs you now. Next check 15:10."
    assert page.having("class", "panel")


def test_a_live_list_polls_and_an_ordinary_one_does_not() -> None:
    live = component("board_list", id="a", title="A", rows=ROWS, poll_url="/?version=1", every="5s")
    assert live.values("hx-trigger") == ["every 5s"]
    assert not component("board_list", id="a", title="A", rows=ROWS).values("hx-get")


def test_a_board_of_fifty_rows_stays_within_its_weight() -> None:
    rows = [
        ROWS[0] | {"id": f"{n:036}", "url": f"/patients/{n:036}/", "action_url": f"/alerts/{n:036}/"}
        for n in range(50)
    ]
    listed = render_to_string("components/board_list.html", {"id": "a", "title": "A", "rows": rows})
    page = render_to_string("base.html", {"frame": frame()}) + listed
    assert len(page.encode()) <= 60_000
    assert len(gzip.compress(page.encode())) <= 12_000
