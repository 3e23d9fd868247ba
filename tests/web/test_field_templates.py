"""Fields: hint and error belong to their control, a question offers answers, the summary leads to them."""

from django import forms
from django.template.loader import render_to_string

from dosing_portal.kernel.fields import Answer, ClinicalIntegerField, Question
from tests.web.page import Page, component


class Sheet(forms.Form):
    spo2 = ClinicalIntegerField(label="SpO2", unit="%", help_text="at rest")
    oxygen = forms.ChoiceField(
        label="Oxygen", choices=[("air", "Room air"), ("mask", "Mask")], widget=forms.RadioSelect
    )


def field(form: forms.Form, name: str) -> Page:
    return Page(render_to_string("portal/field.html", {"field": form[name]}))


def test_a_choice_starts_with_nothing_chosen() -> None:
    page = field(Sheet(), "oxygen")
    assert page.values("type") == ["radio", "radio"]
    assert not page.values("checked")
    assert page.having("id", "id_oxygen")


def test_a_field_names_its_hint_and_its_error() -> None:
    page = field(Sheet({}), "spo2")
    (control,) = page.having("id", "id_spo2")
    described = (control["aria-describedby"] or "").split()
    assert control["aria-invalid"] == "true"
    assert set(described) <= set(page.values("id"))
    assert len(described) == 2
    assert page.text == "SpO2 at rest Answer this %"


def test_a_question_offers_its_answers_instead_of_an_error() -> None:
    form = Sheet({"spo2": "9"})
    form.add_error("spo2", "Is that 99 %?")
    drawn = form.fields["spo2"]
    assert isinstance(drawn, ClinicalIntegerField)
    drawn.question = Question((Answer("spo2", "99", "Yes, 99 %"),))
    page = field(form, "spo2")
    assert page.having("class", "field field-question")
    assert page.having("value", "99")[0]["name"] == "spo2"
    assert "No, retype" in page.text


def test_the_summary_links_each_answer_that_is_needed() -> None:
    form = Sheet({})
    summary = component("error_summary", form=form)
    targets = {value.removeprefix("#") for value in summary.values("href")}
    drawn = {i for name in ("spo2", "oxygen") for i in field(form, name).values("id")}
    assert summary.text.startswith("Not saved. 2 answers need you")
    assert summary.text.endswith("Everything you typed is still here.")
    assert targets == {"id_spo2", "id_oxygen"}
    assert targets <= drawn
    assert not component("error_summary", form=Sheet()).tags
