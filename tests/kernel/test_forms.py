"""Forms know their center's clock, ask about the hour that happened twice, and keep what was typed."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from django.http import QueryDict
from django.template import Context, Template

from dosing_portal.kernel.fields import ClinicalDateField, ClinicalDecimalField, ClinicalTimeField, Question
from dosing_portal.kernel.forms import ClinicalForm, PortalForm
from dosing_portal.kernel.models import Center
from tests.factories import AT, CenterFactory

CENTER: Center = CenterFactory.build()


class ReadingForm(PortalForm):
    moments: ClassVar = {"taken_at": ("taken_day", "taken_time")}
    taken_day = ClinicalDateField()
    taken_time = ClinicalTimeField()
    temperature = ClinicalDecimalField(unit="°C", required=False)


def filled(**typed: str) -> ReadingForm:
    body = QueryDict(mutable=True)
    body.update({"taken_day": "19-Nov-2026", "taken_time": "14:20"} | typed)
    return ReadingForm(body, center=CENTER, at=AT)


def question(form: ReadingForm) -> Question:
    field = form.fields["taken_time"]
    assert isinstance(field, ClinicalTimeField)
    assert field.question is not None
    return field.question


def test_two_fields_make_an_instant_in_the_zone_of_the_center() -> None:
    form = filled()
    assert form.is_valid()
    assert form.cleaned_data["taken_at"] == datetime(2026, 11, 19, 19, 20, tzinfo=UTC)


def test_today_is_the_day_of_the_center_and_not_of_the_server() -> None:
    after_midnight_utc = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    form = ReadingForm({"taken_day": "today", "taken_time": "21:00"}, center=CENTER, at=after_midnight_utc)
    assert form.is_valid()
    assert form.cleaned_data["taken_day"].isoformat() == "2026-11-19"


def test_half_an_instant_is_none_and_not_a_guess() -> None:
    form = filled(taken_time="")
    assert not form.is_valid()
    assert form.cleaned_data["taken_at"] is None


@pytest.mark.parametrize(("answer", "hour"), [("first", 5), ("second", 6)])
def test_the_hour_that_happened_twice_is_asked_about(answer: str, hour: int) -> None:
    asked = filled(taken_day="1-Nov-2026", taken_time="01:30")
    assert asked.errors["taken_time"] == ["The clocks went back: 01:30 happened twice. Which one?"]
    labels = [answer.label for answer in question(asked).answers]
    assert labels == ["01:30 EDT, before the change", "01:30 EST, after the change"]

    answered = filled(taken_day="1-Nov-2026", taken_time="01:30", taken_time_which=answer)
    assert answered.is_valid()
    assert answered.cleaned_data["taken_at"] == datetime(2026, 11, 1, hour, 30, tzinfo=UTC)


def test_a_pressed_button_wins_over_the_hidden_field_of_the_same_name() -> None:
    body = QueryDict("taken_day=1-Nov-2026&taken_time=01:30&taken_time_which=second&taken_time_which=")
    form = ReadingForm(body, center=CENTER, at=AT)
    assert form.is_valid()
    assert form.cleaned_data["taken_at"].hour == 6


def test_the_hour_that_never_happened_is_asked_about() -> None:
    form = filled(taken_day="8-Mar-2026", taken_time="02:30")
    assert form.errors["taken_time"] == ["The clocks went forward: 02:30 did not happen. Which is it?"]
    answers = [(answer.name, answer.value) for answer in question(form).answers]
    assert answers == [("taken_time", "01:30"), ("taken_time", "03:30")]


def drawn(form: PortalForm) -> str:
    return Template("{% load crispy_forms_tags %}{% crispy form %}").render(Context({"form": form}))


def test_a_refused_form_counts_its_errors_and_keeps_what_was_typed() -> None:
    page = drawn(filled(taken_day="19.11.26", taken_time="2 pm"))
    assert "Not saved. 2 answers need you" in page
    assert "Everything you typed is still here." in page
    assert 'value="19.11.26"' in page
    assert 'value="2 pm"' in page


def test_a_question_has_a_button_for_each_answer() -> None:
    page = drawn(filled(taken_day="1-Nov-2026", taken_time="01:30"))
    assert 'name="taken_time_which" value="first"' in page
    assert 'name="taken_time_which" value="second"' in page


class FactForm(ClinicalForm):
    temperature = ClinicalDecimalField()


def test_every_blank_form_has_a_key_of_its_own_and_a_sent_one_keeps_it() -> None:
    def form(body: Any = None) -> FactForm:
        return FactForm(body, center=CENTER, at=AT)

    first, second = form()["client_key"].value(), form()["client_key"].value()
    assert first != second
    sent = form({"temperature": "", "client_key": str(first)})
    assert sent["client_key"].value() == str(first)
    assert form({"temperature": "38.4"}).errors["client_key"] == ["Reload the page, then save"]
