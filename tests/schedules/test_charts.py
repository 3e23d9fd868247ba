"""The pictures of a course: well-formed, true to elapsed time, and never a number that is not there."""

import ast
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from schedules import charts
from schedules.charts import (
    Chart,
    ChartLimits,
    Check,
    CheckState,
    Given,
    GivenKind,
    GradeBlock,
    Measure,
    MonitoringSpan,
    Reading,
    Setting,
    Span,
    SparklineInput,
    Stair,
    StaircaseInput,
    StairState,
    VitalsChartInput,
    Window,
    course_chart,
    describe,
    narrow_vitals_chart,
    sparkline,
)
from schedules.charts import labels as chart_labels
from schedules.charts.axis import TimeAxis, ValueScale
from schedules.charts.drawing import element, text
from schedules.charts.labels import Label
from schedules.charts.staircase import treads

SVG = "{http://www.w3.org/2000/svg}"
ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 19, 14, 32, tzinfo=ZONE)
SPAN = Span(NOW - timedelta(days=4), NOW + timedelta(days=2))
LIMITS = ChartLimits(fever=Decimal("38.0"), systolic=90, spo2=92, baseline_systolic=126)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def reading(hours: float, temperature: str | None = "37.0", **values: object) -> Reading:
    given = {"systolic": 120, "diastolic": 70, "spo2": 97} | values
    degrees = Decimal(temperature) if temperature is not None else None
    return Reading(ago(hours), degrees, **given)  # type: ignore[arg-type]


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(chart.markup)


def words(chart: Chart) -> list[str]:
    return [node.text or "" for node in drawn(chart).iter(f"{SVG}text")]


def wide(vitals: VitalsChartInput, course: StaircaseInput | None = None, span: Span = SPAN) -> Chart:
    return course_chart(span, NOW, course=course, vitals=vitals)


def stair(state: StairState, at: datetime, level: int = 1, label: str = "Step-up dose 1") -> Stair:
    return Stair(label, "4.5 mg, 0.45 mL", state, f"{state} then", at, level)


# --- markup -----------------------------------------------------------------------------------------------


def test_it_escapes_every_text_and_attribute() -> None:
    given = (Given(ago(20), GivenKind.ANTIPYRETIC, "<b> & SpO2 < 92"),)
    chart = wide(VitalsChartInput(given=given))
    assert "<b> & SpO2 < 92" in words(chart)
    assert element("a", title='"<&').endswith('title="&quot;&lt;&amp;"/>')


def test_it_needs_no_style_and_no_script() -> None:
    vitals = VitalsChartInput(readings=(reading(3),), limits=LIMITS)
    for node in drawn(wide(vitals, StaircaseInput((stair(StairState.GIVEN, ago(40)),)))).iter():
        assert node.tag.removeprefix(SVG) not in {"style", "script", "foreignObject"}
        assert not {name for name in node.attrib if name == "style" or name.startswith("on")}


def test_templates_print_the_markup_as_it_is() -> None:
    assert text(1, 2, "a<b").__html__() == '<text x="1" y="2" font-size="12" fill="#14202e">a&lt;b</text>'


def test_two_drawings_on_one_page_share_no_id() -> None:
    vitals = VitalsChartInput(readings=(reading(3),))
    first = {node.get("id") for node in drawn(wide(vitals)).iter() if node.get("id")}
    second = {
        node.get("id")
        for node in drawn(narrow_vitals_chart(SPAN, NOW, vitals=vitals)).iter()
        if node.get("id")
    }
    assert first
    assert second
    assert not first & second


def test_the_package_imports_neither_django_nor_the_clock() -> None:
    for file in Path(charts.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith(("django", "dosing_portal", "patients"))]


# --- time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "length"),
    [(datetime(2026, 11, 1, tzinfo=ZONE), 25), (datetime(2026, 3, 8, tzinfo=ZONE), 23)],
)
def test_the_day_the_clocks_change_is_as_wide_as_it_is_long(day: datetime, length: int) -> None:
    span = Span(day, day + timedelta(days=2))
    axis = TimeAxis(span, 0, 480)
    midnights = axis.midnights()
    first, second = (axis.x(b) - axis.x(a) for a, b in pairwise(midnights))
    assert span.length == timedelta(hours=length + 24)
    assert first / second == pytest.approx(length / 24)
    assert all(at.hour == 0 for at in midnights)


def test_the_hour_that_happens_twice_has_two_places() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZONE)
    axis = TimeAxis(Span(datetime(2026, 11, 1, tzinfo=ZONE), datetime(2026, 11, 2, tzinfo=ZONE)), 0, 250)
    assert axis.x(first.replace(fold=1)) - axis.x(first) == pytest.approx(10)


@pytest.mark.parametrize(("days", "expected"), [(1, "18:00"), (3, "Wed 18-Nov"), (6, "Wed 18-Nov")])
def test_it_names_hours_in_a_short_span_and_days_in_a_long_one(days: int, expected: str) -> None:
    span = Span(NOW - timedelta(days=days - 0.25), NOW + timedelta(hours=6))
    shown = words(wide(VitalsChartInput(), span=span))
    assert expected in shown


def test_day_names_never_run_into_each_other() -> None:
    axis = TimeAxis(Span(NOW, NOW + timedelta(days=60)), 74, 776)
    places = [axis.x(tick.at) for tick in axis.days()]
    assert len(places) > 4
    assert min(b - a for a, b in pairwise(places)) >= 80


def test_now_is_drawn_only_inside_the_span() -> None:
    assert "now 14:32" in words(wide(VitalsChartInput()))
    past = Span(NOW - timedelta(days=9), NOW - timedelta(days=3))
    assert "now 14:32" not in words(wide(VitalsChartInput(), span=past))


# --- values -----------------------------------------------------------------------------------------------


def test_a_value_outside_the_scale_is_marked_at_the_edge_and_printed() -> None:
    hot = wide(VitalsChartInput(readings=(reading(2, "41.3", past=frozenset({Measure.TEMPERATURE})),)))
    low = wide(VitalsChartInput(readings=(reading(2, systolic=36, diastolic=20, spo2=81),)))
    assert "41.3 °C" in words(hot)
    assert {"36/20 mmHg", "81 %"} <= set(words(low))
    scale = ValueScale(35.5, 40, 100, 200)
    assert (scale.outside(41.3), scale.outside(35.4), scale.outside(40.0)) == (1, -1, 0)
    assert scale.y(41.3) == scale.y(40.0) == 100


def test_a_missing_value_draws_nothing_and_joins_nothing() -> None:
    vitals = VitalsChartInput(readings=(reading(9), reading(5, None, systolic=None, spo2=None), reading(1)))
    chart = drawn(wide(vitals))
    assert len([c for c in chart.iter(f"{SVG}circle") if c.get("r") == "3.6"]) == 2


def lines_of(vitals: VitalsChartInput) -> int:
    return len(list(drawn(wide(vitals)).iter(f"{SVG}polyline")))


def test_a_long_gap_breaks_the_line() -> None:
    joined = VitalsChartInput(readings=(reading(20), reading(8.1)))
    assert lines_of(joined) == 2  # temperature and SpO2
    assert lines_of(replace(joined, gap=timedelta(hours=11))) == 0


def test_a_missed_check_breaks_the_line_and_a_done_one_does_not() -> None:
    readings = (reading(8), reading(2))
    missed = (Check(ago(5), CheckState.MISSED),)
    assert lines_of(VitalsChartInput(readings=readings, checks=(Check(ago(5), CheckState.DONE),))) == 2
    assert lines_of(VitalsChartInput(readings=readings, checks=missed)) == 0
    assert lines_of(VitalsChartInput(readings=readings, checks=(Check(ago(9), CheckState.MISSED),))) == 2


def test_a_lowered_temperature_is_hollow() -> None:
    def fill(*, lowered: bool) -> str | None:
        vitals = VitalsChartInput(readings=(reading(2, lowered=lowered),))
        return next(c.get("fill") for c in drawn(wide(vitals)).iter(f"{SVG}circle") if c.get("r") == "3.6")

    assert fill(lowered=True) == "#fff"
    assert fill(lowered=False) == "#14202e"


def test_only_the_caller_says_what_is_past_a_limit() -> None:
    quiet = reading(2, systolic=84, diastolic=52)
    loud = replace(quiet, past=frozenset({Measure.SYSTOLIC}))
    color = {
        name: {
            n.get("fill")
            for n in drawn(wide(VitalsChartInput(readings=(r,), limits=LIMITS))).iter(f"{SVG}text")
            if n.text == "84/52 mmHg"
        }
        for name, r in (("quiet", quiet), ("loud", loud))
    }
    assert color == {"quiet": {"#14202e"}, "loud": {"#8e0e17"}}


def test_oxygen_and_another_cause_have_marks_of_their_own() -> None:
    plain = wide(VitalsChartInput(readings=(reading(2),))).markup
    oxygen = wide(VitalsChartInput(readings=(reading(2, on_oxygen=True),))).markup
    other = wide(VitalsChartInput(readings=(reading(2, other_cause=True),))).markup
    assert len({plain, oxygen, other}) == 3


def test_limits_are_drawn_with_their_words_and_only_when_given() -> None:
    shown = words(wide(VitalsChartInput(limits=LIMITS)))
    assert {"fever: 38.0 °C or more", "systolic limit 90 mmHg", "baseline 126 mmHg", "92"} <= set(shown)
    assert not [w for w in words(wide(VitalsChartInput())) if "limit" in w or "fever" in w]


def test_words_follow_the_unit_of_the_center() -> None:
    vitals = VitalsChartInput(readings=(reading(2, "38.6"),), limits=LIMITS, fahrenheit=True)
    assert {"101.5 °F", "fever: 100.4 °F or more"} <= set(words(wide(vitals)))


def test_newest_label_wins_over_an_older_one_in_its_place() -> None:
    old, new = Label(100, 50, "38.4 °C", "#000"), Label(104, 52, "38.6 °C", "#000")
    far = Label(400, 50, "38.1 °C", "#000")
    assert [spot.label for spot in chart_labels.place([new, old, far], 800)] == [new, far]


def test_a_label_at_the_end_of_the_picture_stands_at_its_left() -> None:
    (spot,) = chart_labels.place([Label(790, 50, "84/52 mmHg", "#000")], 800)
    assert spot.left + spot.width <= 790


# --- lanes and ribbons ------------------------------------------------------------------------------------


def test_given_and_due_drugs_differ_and_long_words_give_way() -> None:
    def letters(**values: object) -> str:
        item = Given(ago(5), GivenKind.TOCILIZUMAB, "tocilizumab 579 mg", **values)  # type: ignore[arg-type]
        return wide(VitalsChartInput(given=(item,))).markup

    assert letters() != letters(due=True)
    crowded = tuple(
        Given(ago(h), GivenKind.ANTIPYRETIC, "acetaminophen 650 mg by mouth", short="A") for h in (6, 4)
    )
    shown = words(wide(VitalsChartInput(given=crowded)))
    assert shown.count("acetaminophen 650 mg by mouth") == 1


def test_checks_are_drawn_by_state() -> None:
    states = [CheckState.DONE, CheckState.DUE, CheckState.MISSED]
    drawings = {wide(VitalsChartInput(checks=(Check(ago(5), state),))).markup for state in states}
    assert len(drawings) == 3


def test_the_window_is_named_where_it_ends() -> None:
    window = MonitoringSpan(ago(48), ago(0), "48 h window ends")
    assert "48 h window ends" in words(wide(VitalsChartInput(windows=(window,))))


def test_a_wide_grade_block_carries_its_words_and_a_narrow_one_is_told_beside_it() -> None:
    blocks = (GradeBlock(ago(80), ago(1), 0), GradeBlock(ago(1), ago(0.5), 1), GradeBlock(ago(0.5), NOW, 2))
    shown = words(wide(VitalsChartInput(crs=blocks)))
    assert "grade 0, no CRS criteria met" in shown
    assert "1 at 13:32, 2 at 14:02" in shown


def test_an_unknown_grade_is_never_drawn_as_none() -> None:
    unknown = words(wide(VitalsChartInput(crs=(GradeBlock(ago(60), NOW, None),))))
    lower = words(wide(VitalsChartInput(crs=(GradeBlock(ago(60), NOW, 2, at_least=True),))))
    assert "cannot grade" in unknown
    assert "grade at least 2" in lower


@pytest.mark.parametrize(("grade", "shown"), [(0, False), (1, True), (None, True)])
def test_the_icans_ribbon_appears_once_there_is_something_to_say(grade: int | None, shown: bool) -> None:
    chart = wide(VitalsChartInput(icans=(GradeBlock(ago(60), NOW, grade),)))
    assert ("ICANS grade" in words(chart)) is shown


# --- staircase --------------------------------------------------------------------------------------------

COURSE = StaircaseInput(
    (
        replace(stair(StairState.GIVEN, ago(77)), setting=Setting.HOSPITAL, setting_words="in hospital 48 h"),
        stair(StairState.GIVEN, ago(28), 2, "Step-up dose 2"),
        replace(
            stair(StairState.HELD, NOW + timedelta(hours=20), 3, "First treatment dose"),
            state_words="HELD: CRS not resolved",
            window=Window(
                NOW + timedelta(hours=20), NOW + timedelta(days=8), "window 20 to 27-Nov", None, ""
            ),
        ),
    )
)


def test_each_stair_names_dose_amount_state_and_setting() -> None:
    shown = words(wide(VitalsChartInput(), COURSE))
    assert {"Step-up dose 1", "4.5 mg, 0.45 mL", "HELD: CRS not resolved", "in hospital 48 h"} <= set(shown)
    assert "window 20 to 27-Nov" in shown


def test_every_state_has_its_own_edge() -> None:
    edges = {wide(VitalsChartInput(), StaircaseInput((stair(s, ago(20)),))).markup for s in StairState}
    assert len(edges) == len(StairState)


def test_higher_steps_stand_higher_and_all_risers_are_equal() -> None:
    axis = TimeAxis(SPAN, 0, 700)
    tops = [tread.top for tread in treads(COURSE, axis, 200)]
    assert tops[0] - tops[1] == pytest.approx(tops[1] - tops[2])
    assert tops == sorted(tops, reverse=True)


def test_the_words_of_a_window_keep_clear_of_the_words_of_the_step_before() -> None:
    """The window of a held dose opens while the step before it still runs, under that step's own words."""
    given = replace(stair(StairState.GIVEN, ago(60), 1), state_words="given Wed 25-Nov 23:52")
    opens = Window(ago(40), NOW + timedelta(days=1), "window 17 to 20-Nov", NOW + timedelta(days=2), "later")
    held = replace(stair(StairState.HELD, ago(2), 2, "Step-up dose 2"), window=opens)
    places = {
        node.text: (float(node.attrib["x"]), float(node.attrib["y"]))
        for node in drawn(wide(VitalsChartInput(), StaircaseInput((given, held)))).iter(f"{SVG}text")
    }
    label, low = places[given.state_words]
    for sentence in (opens.words, opens.reaction_words):
        left, line = places[sentence]
        assert left > label + 5 * len(given.state_words) or abs(line - low) > 12


def test_a_stair_outside_the_span_is_left_to_the_list() -> None:
    later = StaircaseInput((*COURSE.stairs, stair(StairState.PLANNED, NOW + timedelta(days=9), 4, "Weekly")))
    assert "Weekly" not in words(wide(VitalsChartInput(), later))


def test_a_narrow_stair_leaves_its_words_to_the_list() -> None:
    many = tuple(stair(StairState.GIVEN, ago(90 - h * 4), 1, f"Dose {h}") for h in range(8))
    shown = words(wide(VitalsChartInput(), StaircaseInput(many)))
    assert "Dose 3" not in shown
    assert "Dose 7" in shown


def test_a_restarted_dose_leads_to_the_stair_that_repeats_it() -> None:
    skipped = replace(stair(StairState.SKIPPED, ago(28), 2, "Step-up dose 2"), repeated_by=2)
    again = stair(StairState.PLANNED, NOW + timedelta(hours=20), 1)
    with_arrow = StaircaseInput((COURSE.stairs[0], skipped, again))
    without = StaircaseInput((COURSE.stairs[0], replace(skipped, repeated_by=None), again))
    arrows = [len(list(drawn(wide(VitalsChartInput(), c)).iter(f"{SVG}path"))) for c in (with_arrow, without)]
    assert arrows[0] == arrows[1] + 1


def test_the_list_indents_by_level_up_to_a_limit() -> None:
    assert [replace(COURSE.stairs[0], level=level).indent for level in (1, 3, 9)] == [0, 2, 4]


# --- the sentence, sizes, sparkline -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("readings", "sentence"),
    [
        ((), "No readings in this span"),
        ((reading(2),), "Temperature 37.0 °C; systolic 120 mmHg; SpO2 97 %"),
        ((reading(6), reading(2)), "Temperature stayed at 37.0 °C; systolic 120 mmHg; SpO2 97 %"),
        (
            (reading(26), reading(2, "38.6", systolic=84, spo2=94, past=frozenset({Measure.SYSTOLIC}))),
            "Temperature rose from 37.0 to 38.6 °C in 24 h; systolic fell to 84 mmHg; SpO2 94 %",
        ),
        (
            (reading(2, None, systolic=None, spo2=None),),
            "Temperature missing; blood pressure missing; SpO2 missing",
        ),
    ],
)
def test_one_sentence_stands_for_the_picture(readings: tuple[Reading, ...], sentence: str) -> None:
    vitals = VitalsChartInput(readings=readings)
    chart = wide(vitals)
    assert describe(SPAN, vitals) == sentence
    assert drawn(chart).get("aria-label") == sentence
    assert drawn(chart).get("role") == "img"


def test_the_phone_picture_stays_inside_its_width() -> None:
    vitals = VitalsChartInput(readings=tuple(reading(h) for h in (20, 9, 1)), limits=LIMITS)
    chart = drawn(narrow_vitals_chart(Span(ago(24), NOW + timedelta(hours=3)), NOW, vitals=vitals))
    assert chart.get("viewBox", "").startswith("0 0 326 ")
    ends = [float(r.get("x", 0)) + float(r.get("width", 0)) for r in chart.iter(f"{SVG}rect")]
    assert max(ends) <= 326


def test_the_sparkline_ends_with_its_last_point_and_is_decoration() -> None:
    points = ((ago(20), Decimal("37.0")), (ago(4), Decimal("38.6")))
    trend = SparklineInput(Span(ago(24), NOW), points, fever=Decimal("38.0"), gap=timedelta(hours=20))
    svg = ElementTree.fromstring(sparkline(trend))
    (last,) = svg.iter(f"{SVG}circle")
    assert svg.get("aria-hidden") == "true"
    assert len(list(svg.iter(f"{SVG}polyline"))) == 1
    assert float(last.get("cx", 0)) == pytest.approx(4 + 20 / 24 * 192, abs=0.1)


def test_a_sparkline_without_points_draws_no_point() -> None:
    svg = ElementTree.fromstring(sparkline(SparklineInput(Span(ago(24), NOW), ())))
    assert not list(svg.iter(f"{SVG}circle"))
