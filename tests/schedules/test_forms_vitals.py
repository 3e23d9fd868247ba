"""What the log-vitals form makes of what was typed: values, questions, refusals. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict

from dosing_portal.kernel.fields import DrawnField
from dosing_portal.kernel.models import Center
from patients.models import Observation
from protocols.library.protocol_document import default_spec
from protocols.rules.values import (
    Consciousness,
    IceScore,
    InterventionKind,
    Motor,
    OxygenDevice,
    OxygenReason,
    RaisedPressure,
    Seizure,
    TemperatureUnit,
)
from schedules.forms.amendment import answers_of
from schedules.forms.vitals import AmendVitalsForm, VitalsForm
from schedules.forms.vocabulary import ICE

AT = datetime(2026, 11, 19, 18, 52, tzinfo=UTC)  # 13:52 in New York
BORN = date(1959, 3, 14)
SPEC = default_spec()
ALL_ICE = [name for name, _ in ICE]


def center(**changes: Any) -> Center:
    return Center(**{"name": "Sample", "time_zone": "America/New_York", "temperature_unit": "C"} | changes)


def sent(**answers: Any) -> QueryDict:
    """A whole, unremarkable set of answers as a browser sends it; ``None`` leaves one out."""
    whole: dict[str, Any] = {
        "client_key": str(uuid4()),
        "save": "yes",
        "temperature": "36.8",
        "systolic": "124",
        "diastolic": "76",
        "spo2": "97",
        "heart_rate": "78",
        "respiratory_rate": "14",
        "oxygen": "room_air",
        "vasopressors": "none",
        "consciousness": "alert",
        "neurologic": "none",
        "when": "now",
        "taken_day": "19-Nov-2026",
    }
    data = QueryDict(mutable=True)
    for name, value in (whole | answers).items():
        if isinstance(value, list):
            data.setlist(name, value)
        elif value is not None:
            data[name] = value
    return data


def form_of(**answers: Any) -> VitalsForm:
    """The form with these answers; ``at`` and ``of`` are another present and another center."""
    at, of = answers.pop("at", AT), answers.pop("of", None)
    form = VitalsForm(sent(**answers), center=of or center(), at=at, spec=SPEC, born=BORN)
    form.is_valid()
    return form


def errors(form: VitalsForm) -> dict[str, list[str]]:
    return {name: [str(sentence) for sentence in found] for name, found in form.errors.items()}


def answers_to(form: VitalsForm, name: str) -> list[tuple[str, str]]:
    """The buttons under a question: what each sends, and its words."""
    field = form.fields[name]
    assert isinstance(field, DrawnField)
    assert field.question is not None
    return [(answer.value, answer.label) for answer in field.question.answers]


# --- measurements -----------------------------------------------------------------------------------------


def test_a_whole_set_becomes_the_values_that_the_rules_read() -> None:
    form = form_of()
    assert errors(form) == {}
    vitals = form.vitals()
    assert vitals.temperature is not None
    assert vitals.temperature.value == Decimal("36.8")
    assert vitals.temperature.unit is TemperatureUnit.CELSIUS
    assert (vitals.systolic, vitals.diastolic, vitals.spo2, vitals.heart_rate) == (124, 76, 97, 78)
    assert vitals.respiratory_rate == 14
    assert vitals.oxygen is not None
    assert vitals.oxygen.device is OxygenDevice.ROOM_AIR
    assert vitals.consciousness is Consciousness.ALERT
    assert vitals.vasopressors == ()
    assert form.taken_at == AT


def test_a_decimal_comma_is_a_point_and_is_shown_back_as_one() -> None:
    form = form_of(temperature="38,4")
    temperature = form.vitals().temperature
    assert temperature is not None
    assert temperature.value == Decimal("38.4")
    assert form["temperature"].value() == "38.4"


def test_fahrenheit_at_a_celsius_center_is_asked_about_with_both_values() -> None:
    form = form_of(temperature="101.5")
    assert errors(form)["temperature"] == ["101.5 °C is not possible. Is that 101.5 °F, which is 38.6 °C?"]
    assert answers_to(form, "temperature") == [("temperature=101.5=F", "Yes, 101.5 °F")]
    assert form.in_question == ("temperature",)
    assert form.vitals().temperature is None


def test_the_answer_keeps_what_was_typed_with_its_unit() -> None:
    form = form_of(temperature="101.5", confirmed=["temperature=101.5=F"])
    assert errors(form) == {}
    temperature = form.vitals().temperature
    assert temperature is not None
    assert (temperature.value, temperature.unit) == (Decimal("101.5"), TemperatureUnit.FAHRENHEIT)


def test_an_answer_stays_with_its_number() -> None:
    form = form_of(temperature="102.5", confirmed=["temperature=101.5=F"])
    assert errors(form)["temperature"] == ["102.5 °C is not possible. Is that 102.5 °F, which is 39.2 °C?"]


def test_an_answer_nobody_was_offered_counts_for_nothing() -> None:
    form = form_of(temperature="101.5", confirmed=["temperature=101.5=K"])
    assert set(errors(form)) == {"temperature"}
    impossible = form_of(systolic="900", confirmed=["systolic=900="])
    assert "is not possible" in errors(impossible)["systolic"][0]


def test_celsius_at_a_fahrenheit_center_is_asked_about_too() -> None:
    form = form_of(of=center(temperature_unit="F"), temperature="38.4")
    assert errors(form)["temperature"] == ["38.4 °F is not possible. Is that 38.4 °C?"]
    assert answers_to(form, "temperature") == [("temperature=38.4=C", "Yes, 38.4 °C")]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("temperature", "384"),
        ("temperature", "20"),
        ("systolic", "12"),
        ("diastolic", "5"),
        ("spo2", "105"),
        ("spo2", "12"),
        ("heart_rate", "600"),
        ("respiratory_rate", "1"),
    ],
)
def test_the_impossible_is_refused_and_stays_in_its_box(field: str, typed: str) -> None:
    form = form_of(**{field: typed})
    assert "is not possible" in errors(form)[field][0]
    assert form[field].value() == typed


def test_the_unlikely_is_asked_once() -> None:
    form = form_of(temperature="42.3")
    assert errors(form)["temperature"] == ["Temperature 42.3 °C is unusual. Check it, then confirm."]
    assert answers_to(form, "temperature") == [("temperature=42.3=C", "Keep 42.3 °C")]
    kept = form_of(temperature="42.3", confirmed=["temperature=42.3=C"])
    assert errors(kept) == {}
    assert kept.vitals().temperature is not None


def test_swapped_pressures_are_told_beside_the_second_one() -> None:
    form = form_of(systolic="76", diastolic="124")
    assert errors(form)["diastolic"] == ["76/124 mmHg: the second number must be lower. Were they swapped?"]


# --- what is missing --------------------------------------------------------------------------------------

MISSING = {"temperature": None, "systolic": None, "diastolic": None, "spo2": None, "oxygen": None}


def test_each_input_that_grading_needs_is_asked_for_once() -> None:
    form = form_of(**MISSING)
    assert set(errors(form)) == {"temperature", "systolic", "spo2", "oxygen"}
    assert errors(form)["spo2"] == ["Enter SpO2, or say why it was not measured"]
    assert list(form.asks) == ["temperature", "systolic", "spo2", "oxygen"]


def test_a_reason_is_an_answer_and_is_kept_in_words() -> None:
    form = form_of(spo2=None, spo2_missing="no device at hand")
    assert errors(form) == {}
    assert form.context().not_measured == {"spo2": "no device at hand"}
    assert form.vitals().spo2 is None


def test_saving_again_stores_it_as_not_measured_without_a_reason() -> None:
    form = form_of(spo2=None, confirmed=["spo2=asked"])
    assert errors(form) == {}
    assert form.context().not_measured == {"spo2": "no reason given"}


def test_the_answer_to_another_question_says_nothing_about_what_is_missing() -> None:
    form = form_of(temperature="101.5", spo2=None, confirmed=["spo2=asked", "temperature=101.5=F"], save=None)
    assert set(errors(form)) == {"spo2"}


def test_rates_and_ice_are_never_asked_for() -> None:
    form = form_of(heart_rate=None, respiratory_rate=None, consciousness=None, neurologic=None)
    assert errors(form) == {}
    assert form.vitals().ice is None
    assert form.vitals().consciousness is None


# --- the one press ----------------------------------------------------------------------------------------


def test_the_attest_answers_what_was_left_untouched_and_is_kept_as_said() -> None:
    form = form_of(oxygen=None, vasopressors=None, consciousness=None, attested="yes")
    assert errors(form) == {}
    vitals = form.vitals()
    assert vitals.oxygen is not None
    assert vitals.oxygen.device is OxygenDevice.ROOM_AIR
    assert vitals.consciousness is Consciousness.ALERT
    assert form.context().note == "Checked: room air, no vasopressor, alert"


def test_the_attest_never_changes_an_answer() -> None:
    vitals = form_of(oxygen="facemask", consciousness="awakens_to_voice", attested="yes").vitals()
    assert vitals.oxygen is not None
    assert vitals.oxygen.device is OxygenDevice.FACEMASK
    assert vitals.consciousness is Consciousness.AWAKENS_TO_VOICE


def test_without_a_protocol_there_is_no_attest_and_nothing_is_judged() -> None:
    form = VitalsForm(sent(temperature="384", attested="yes"), center=center(), at=AT, spec=None, born=BORN)
    assert form.attest == ""
    assert form.is_valid()
    assert form.context().note == ""


# --- oxygen and vasopressors ------------------------------------------------------------------------------


def test_more_oxygen_needs_its_device() -> None:
    assert errors(form_of(oxygen="more"))["oxygen_more"] == ["Choose the device"]
    vitals = form_of(oxygen="more", oxygen_more="bipap").vitals()
    assert vitals.oxygen is not None
    assert vitals.oxygen.device is OxygenDevice.BIPAP


def test_a_cannula_keeps_its_flow_and_why_it_is_worn() -> None:
    vitals = form_of(oxygen="nasal_cannula", oxygen_flow="2,5", oxygen_reason="baseline").vitals()
    assert vitals.oxygen is not None
    assert vitals.oxygen.flow_lpm == Decimal("2.5")
    assert vitals.oxygen.reason is OxygenReason.BASELINE


def test_room_air_has_no_flow() -> None:
    form = form_of(oxygen="room_air", oxygen_flow="2")
    assert errors(form)["oxygen_flow"] == ["Room air has no flow. Choose the device, or empty the flow"]


@pytest.mark.parametrize(
    ("count", "named", "stored"),
    [
        ("none", [], ()),
        ("one", [], ("vasopressor not named 1",)),
        ("one", ["vasopressin"], ("vasopressin",)),
        ("several", [], ("vasopressor not named 1", "vasopressor not named 2")),
        ("several", ["norepinephrine"], ("norepinephrine", "vasopressor not named 1")),
        ("several", ["norepinephrine", "vasopressin"], ("norepinephrine", "vasopressin")),
    ],
)
def test_a_pressor_counts_with_and_without_its_name(
    count: str, named: list[str], stored: tuple[str, ...]
) -> None:
    assert form_of(vasopressors=count, pressor_names=named).vitals().vasopressors == stored


@pytest.mark.parametrize(
    ("count", "named"), [("none", ["norepinephrine"]), ("one", ["norepinephrine", "dopamine"])]
)
def test_names_that_do_not_fit_the_count_are_asked_about(count: str, named: list[str]) -> None:
    assert "vasopressors" in errors(form_of(vasopressors=count, pressor_names=named))


# --- neurology --------------------------------------------------------------------------------------------


def test_an_untouched_ice_test_is_not_assessed() -> None:
    assert form_of().vitals().ice is None


def test_ten_taps_are_ten_points() -> None:
    ice = form_of(ice=ALL_ICE).vitals().ice
    assert ice is not None
    assert ice.score == 10


def test_what_was_not_tapped_in_a_tapped_test_is_wrong() -> None:
    ice = form_of(ice=["year", "month", "object1", "object2"]).vitals().ice
    assert ice == IceScore(
        year=True,
        month=True,
        city=False,
        hospital=False,
        objects=2,
        command=False,
        sentence=False,
        attention=False,
    )
    assert ice is not None
    assert ice.score == 4


def test_nothing_correct_is_an_answer_of_its_own() -> None:
    ice = form_of(ice_none="on").vitals().ice
    assert ice is not None
    assert ice.score == 0
    assert "ice" in errors(form_of(ice_none="on", ice=["year"]))


def test_a_seizure_needs_its_kind() -> None:
    form = form_of(neurologic="seizure")
    assert errors(form)["seizure_kind"] == ["Say which seizure: the grade depends on it"]
    vitals = form_of(neurologic="seizure", seizure_kind="brief", also_weakness="on").vitals()
    assert (vitals.seizure, vitals.motor) == (Seizure.BRIEF, Motor.FOCAL_WEAKNESS)


def test_weakness_tremor_and_raised_pressure_reach_the_rules() -> None:
    assert form_of(neurologic="weakness").vitals().motor is Motor.FOCAL_WEAKNESS
    tremor = form_of(symptoms=["tremor", "confusion"]).vitals()
    assert tremor.motor is Motor.TREMOR
    assert tremor.symptoms == ("tremor", "confusion")
    assert form_of(raised_pressure="papilledema").vitals().raised_pressure is RaisedPressure.PAPILLEDEMA


# --- when -------------------------------------------------------------------------------------------------


def test_earlier_is_read_on_the_center_s_clock() -> None:
    form = form_of(when="earlier", taken_time="13:50")
    assert form.taken_at == datetime(2026, 11, 19, 18, 50, tzinfo=UTC)


def test_a_time_ahead_is_refused() -> None:
    form = form_of(when="earlier", taken_time="14:30")
    assert errors(form)["taken_time"] == ["This time lies in the future. Write when the readings were taken."]


def test_earlier_needs_its_time() -> None:
    assert errors(form_of(when="earlier"))["taken_time"] == ["Write the time as 14:32"]


def test_a_typed_time_is_never_ignored_for_now() -> None:
    form = form_of(when="now", taken_time="11:00")
    assert errors(form)["taken_time"] == ["11:00 is typed. Choose “Earlier”, or empty the time"]


def test_a_day_before_birth_is_refused() -> None:
    form = form_of(when="earlier", taken_time="11:00", taken_day="13-Mar-1959")
    assert errors(form)["taken_day"] == ["The patient was born on 14-Mar-1959. Check the day."]


def test_a_day_long_ago_is_asked_about_once() -> None:
    old = {"when": "earlier", "taken_time": "11:00", "taken_day": "05-Nov-2026"}
    form = form_of(**old)
    assert errors(form)["taken_day"] == ["That is 14 days ago. Check the day, then confirm."]
    [(key, words)] = answers_to(form, "taken_day")
    assert words == "Keep 05-Nov-2026 11:00"
    assert errors(form_of(**old, confirmed=[key])) == {}


def test_the_hour_that_happens_twice_is_asked_about() -> None:
    after_change = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    twice = {"when": "earlier", "taken_time": "01:30", "taken_day": "01-Nov-2026"}
    form = form_of(at=after_change, **twice)
    assert "happened twice" in errors(form)["taken_time"][0]
    second = form_of(at=after_change, **twice, taken_time_which="second")
    assert second.taken_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


# --- taken lately -----------------------------------------------------------------------------------------


def test_the_hours_come_from_the_protocol() -> None:
    assert form_of().fields["taken"].label == f"Taken in the last {SPEC.center.masked_hours:f} h"


def test_an_antipyretic_is_placed_at_its_time_with_a_key_of_its_own() -> None:
    key = uuid4()
    form = form_of(taken=["antipyretic"], antipyretic_time="11:40", client_key=str(key))
    assert errors(form) == {}
    [(given, moment, own_key)] = form.given()
    assert given.kind is InterventionKind.ACETAMINOPHEN
    assert moment == datetime(2026, 11, 19, 16, 40, tzinfo=UTC)
    assert own_key != key
    again = form_of(taken=["antipyretic"], antipyretic_time="11:40", client_key=str(key))
    assert again.given()[0][2] == own_key


def test_a_time_of_the_evening_before_is_found_after_midnight() -> None:
    after_midnight = datetime(2026, 11, 20, 6, 10, tzinfo=UTC)  # 01:10 in New York
    form = form_of(at=after_midnight, taken=["antipyretic"], antipyretic_time="23:30")
    assert [moment for _, moment, _ in form.given()] == [datetime(2026, 11, 20, 4, 30, tzinfo=UTC)]


def test_pocket_dexamethasone_keeps_dose_and_temperature_before_in_celsius() -> None:
    form = form_of(
        taken=["pocket"],
        pocket_time="13:00",
        pocket_mg="20",
        pocket_temperature="101.3",
        confirmed=["pocket_temperature=101.3=F"],
    )
    assert errors(form) == {}
    [(given, _, _)] = form.given()
    assert given.kind is InterventionKind.POCKET_DEXAMETHASONE
    assert (given.dose_mg, given.temperature_before) == (Decimal(20), Decimal("38.50"))


def test_what_was_taken_needs_its_time() -> None:
    form = form_of(taken=["antipyretic"])
    assert errors(form)["antipyretic_time"] == ["Write when it was taken, like 11:40"]


def test_a_time_outside_the_hours_belongs_elsewhere() -> None:
    [sentence] = errors(form_of(taken=["pocket"], pocket_time="05:00"))["pocket_time"]
    assert sentence.startswith("05:00 is not in the 6 h before the reading.")


def test_neither_and_a_drug_exclude_each_other() -> None:
    form = form_of(taken=["antipyretic", "neither"], antipyretic_time="11:40")
    assert "taken" in errors(form)


# --- twice, and corrected ---------------------------------------------------------------------------------


def stored(**changes: Any) -> Observation:
    facts = {
        "center": center(),
        "taken_at": AT - timedelta(hours=1),
        "recorded_at": AT - timedelta(minutes=58),
        "temperature": Decimal("38.40"),
        "temperature_unit": "C",
        "systolic": 112,
        "diastolic": 66,
        "spo2": 96,
        "oxygen_device": "nasal_cannula",
        "oxygen_flow_lpm": Decimal("2.0"),
        "consciousness": "alert",
    }
    return Observation(**facts | changes)


def amending(row: Observation, **changes: Any) -> AmendVitalsForm:
    """The correction form as its page sends it back, with some answers changed."""
    facts: dict[str, Any] = {"center": row.center, "at": AT, "spec": SPEC, "born": BORN}
    facts |= {"before": row.vitals(), "initial": answers_of(row, row.center)}
    opened = AmendVitalsForm(**facts)
    data = QueryDict(mutable=True)
    for field in opened:
        value = field.value()
        if isinstance(value, list | tuple):
            data.setlist(field.html_name, [str(item) for item in value])
        elif value not in (None, False):
            data[field.html_name] = str(value)
    data["save"] = "yes"
    for name, value in changes.items():
        data[name] = value
    form = AmendVitalsForm(data, **facts)
    form.is_valid()
    return form


def test_a_correction_opens_with_what_stands() -> None:
    row = stored()
    form = amending(row, amend_reason="typed wrongly")
    assert errors(form) == {}
    assert form.vitals() == row.vitals()
    assert form.taken_at == row.taken_at


def test_a_correction_needs_its_reason() -> None:
    assert set(errors(amending(stored()))) == {"amend_reason"}


def test_a_reading_typed_in_the_other_unit_opens_as_it_was_typed() -> None:
    row = stored(temperature=Decimal("101.10"), temperature_unit="F")
    form = amending(row, amend_reason="pressure was wrong", systolic="102")
    assert errors(form) == {}
    assert form.vitals().temperature == row.vitals().temperature
    assert form.vitals().systolic == 102


def test_what_the_form_does_not_ask_is_kept() -> None:
    row = stored(ice_total=7, vasopressors=["metaraminol"], hypoxia=False, died_of="")
    vitals = amending(row, amend_reason="typed wrongly", temperature="38.6").vitals()
    assert vitals.ice == IceScore(total=7)
    assert vitals.vasopressors == ("metaraminol",)
    assert vitals.hypoxia is False


def test_a_form_sent_twice_says_the_same_and_a_changed_one_does_not() -> None:
    form = form_of()
    row = Observation(
        center=center(), location="", taken_at=AT, recorded_at=AT, temperature=Decimal("36.8"),
        temperature_unit="C", systolic=124, diastolic=76, spo2=97, heart_rate=78, respiratory_rate=14,
        oxygen_device="room_air", consciousness="alert",
    )  # fmt: skip
    assert form.says_the_same_as(row)
    assert not form_of(temperature="38.8").says_the_same_as(row)


def test_starting_anew_makes_a_new_key_and_keeps_what_was_typed() -> None:
    form = form_of(temperature="38.8")
    before = form.key
    form.start_anew(stored())
    assert UUID(form["client_key"].value()) != before
    assert form["temperature"].value() == "38.8"
    assert "was saved at 12:54" in form.non_field_errors()[0]
