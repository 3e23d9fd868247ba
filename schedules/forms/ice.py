"""The ICE test point by point, as it is asked at the bedside. It grades nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField

from dosing_portal.kernel.fields import BarField, LineField, PickField, TapsField
from patients.models import Observation
from patients.services.observations import ReadingContext
from protocols.rules import ice
from protocols.rules.spec import ProtocolSpec
from protocols.rules.treatment_settings import IceTestRule
from protocols.rules.values import IceScore, VitalSigns
from schedules.forms import vocabulary as words
from schedules.forms.neurologic import NeurologicFields

NEUROLOGIC_SYMPTOMS = tuple(
    pair for pair in words.SYMPTOMS if pair[0] in {words.TREMOR, "confusion", "headache", "dizziness"}
)
ANY_OBJECT = "an object at hand"


class PointField(BarField):
    """One point of the test: correct, not correct, not tested. Untouched is not assessed."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, choices=words.ICE_ANSWERS, required=False)


class IceForm(NeurologicFields):
    """Ten points and the neurologic signs beside them.

    ``spec`` is ``None`` where the center has no protocol: nothing is graded then, and nothing can be saved.
    ``turn`` is the number of the test, which chooses the objects; the page sends back the one it showed.
    """

    submit = "Save ICE test"
    in_future = "This time lies in the future. Write when the test was done."

    turn = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    how = BarField(label="How it was asked", choices=words.ICE_HOW, required=False)
    year = PointField("Year")
    month = PointField("Month")
    city = PointField("City")
    hospital = PointField("Hospital")
    object1 = PointField("Object 1")
    object2 = PointField("Object 2")
    object3 = PointField("Object 3")
    command = PointField("Command")
    sentence = PointField("Sentence")
    attention = PointField("Attention")
    not_tested_reason = PickField(
        label="Why a part was not tested",
        choices=words.ICE_NOT_TESTED,
        blank="Choose, if a part was left out",
        required=False,
    )
    symptoms = TapsField(label="Symptoms", choices=NEUROLOGIC_SYMPTOMS, required=False)
    note = LineField(label="Note", max_length=200, required=False)

    def __init__(self, *args: Any, spec: ProtocolSpec | None, turn: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, ranges=(), **kwargs)
        self.spec = spec
        self.initial.setdefault("turn", turn)
        self._show_what_is_asked()

    @property
    def rule(self) -> IceTestRule | None:
        """What the center asks with; ``None`` where its document names nothing."""
        return self.spec.center.care.ice_test if self.spec else None

    @property
    def shown_turn(self) -> int:
        """The test that stands on the page: of a form sent back, the one it was opened with."""
        sent = self.data.get(self.add_prefix("turn"), "") if self.is_bound else ""
        return int(sent) if str(sent).isdigit() else int(self.initial.get("turn") or 0)

    @property
    def objects(self) -> tuple[str, ...]:
        return self.rule.objects_of(self.shown_turn) if self.rule else (ANY_OBJECT,) * IceScore.OBJECTS

    def _show_what_is_asked(self) -> None:
        for point, name in zip(ice.OBJECTS, self.objects, strict=True):
            if self.rule:
                self.fields[point].label = name[:1].upper() + name[1:]

    def show_baseline(self, baseline: Observation | None) -> None:
        """Beside each question how it was answered before the first dose."""
        for row in ice.baseline_items(baseline.ice() if baseline else None):
            points = ice.OBJECTS if row.item == "objects" else (row.item,)
            for point in points:
                self.fields[point].help_text = _before(row) if baseline else ""

    def parts(self) -> Iterator[tuple[str, str, list[BoundField]]]:
        """The test in the order in which it is asked: what, with which words, the points."""
        rule = self.rule
        yield "Orientation", "Ask for each", [self[name] for name in ("year", "month", "city", "hospital")]
        yield "Naming", "Show and ask what it is", [self[name] for name in ice.OBJECTS]
        command = rule.command_of(self.shown_turn) if rule else "One simple command"
        yield "Following a command", f"“{command}”" if rule else command, [self["command"]]
        yield "Writing", rule.writing if rule else "One sentence", [self["sentence"]]
        yield "Attention", rule.attention if rule else "Counting backwards by tens", [self["attention"]]

    # --- judging --------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        answers = self.points()
        if which := self.which_seizure():
            self.add_error("seizure_kind", which)
        if ice.half_named(answers):
            blank = next(point for point in ice.OBJECTS if answers[point] is None)
            self.add_error(blank, "Naming counts as one: answer all three objects, or leave out all three")
        if cleaned.get("how") == words.BY_PHONE:
            for point in ice.seen_by_phone(answers):
                self.add_error(point, f"{self._by_phone()}. Mark it as not tested, or choose by video")
        if ice.ice_of(answers) is None and not cleaned.get("consciousness"):
            self.add_error(None, "Nothing is answered. Tap what was tested, or how awake the patient is.")
        return cleaned

    def _by_phone(self) -> str:
        return self.rule.by_phone if self.rule else "By phone it cannot be seen"

    def points(self) -> dict[str, bool | None]:
        """Every point: correct, not correct, or not tested."""
        sure = {words.CORRECT: True, words.WRONG: False}
        return {point: sure.get(self.cleaned_data.get(point) or "") for point in ice.POINTS}

    # --- values ---------------------------------------------------------------------------------------

    def test(self) -> IceScore | None:
        return ice.ice_of(self.points())

    def vitals(self) -> VitalSigns:
        """The neurologic part alone: nothing else was measured."""
        return VitalSigns(ice=self.test(), **self.neurologic_signs())

    def context(self, *, is_baseline: bool) -> ReadingContext:
        """With which objects it was asked, how, and why a part was left out."""
        found, test = self.cleaned_data, self.test()
        how = dict(words.ICE_HOW).get(found.get("how") or "", "")
        notes = (how, f"objects: {', '.join(self.objects)}" if self.rule else "", found.get("note") or "")
        why = found.get("not_tested_reason") if test is None or test.missing_items else ""
        return ReadingContext(
            not_measured={"ice": why} if why else {},
            note="; ".join(note for note in notes if note),
            is_baseline=is_baseline,
            neurologic_only=True,
        )

    def says_the_same_as(self, row: Observation) -> bool:
        """The saved row holds what this form says: it was sent twice, not changed and sent again."""
        return row.neurologic_only and row.vitals() == self.vitals()


class AmendIceForm(IceForm):
    """Correct a test: opens with what stands, and needs a reason."""

    submit = "Save correction"
    amend_reason = LineField(label="Why do you correct this entry", max_length=300)


def _before(row: ice.ItemBefore) -> str:
    if row.points is None:
        return "baseline not known item by item"
    if row.most > 1:
        return f"baseline {row.points} of {row.most}"
    return "baseline correct" if row.points else "baseline not correct"


def answers_of(row: Observation) -> dict[str, str]:
    """The points of a stored test as the answers that a form opens with; not those of a bare total."""
    test = row.ice()
    if test is None or test.total is not None:
        return {}
    sure = {True: words.CORRECT, False: words.WRONG, None: ""}
    named = test.objects
    return {
        **{item: sure[getattr(test, item)] for item in IceScore.ITEMS if item != "objects"},
        **{point: "" if named is None else sure[number < named] for number, point in enumerate(ice.OBJECTS)},
    }
