"""The review of a visit as it is typed: every sign of the patient's list, each with its grade and note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField

from dosing_portal.kernel.fields import BarField, LineField, PickField
from patients.services.visits import Said, Visit
from protocols.rules.treatment_settings import VisitItem
from schedules.forms import vocabulary as words
from schedules.forms.taken import TakenAtForm

PRESENT, ABSENT, NOT_ASKED = "present", "absent", "not_asked"
ANSWERS: words.Pairs = ((ABSENT, "Absent"), (PRESENT, "Present"), (NOT_ASKED, "Not asked"))
GRADES: words.Pairs = tuple((str(grade), f"CTCAE grade {grade}") for grade in range(1, 6))


@dataclass(frozen=True, slots=True)
class ItemFields:
    """One sign with the fields that belong to it."""

    item: VisitItem
    answer: BoundField
    grade: BoundField
    note: BoundField

    @property
    def when(self) -> str:
        """Shows what belongs to a sign that is present; read by the script of the form."""
        return f"{self.answer.html_name}={PRESENT}"


class VisitForm(TakenAtForm):
    """One question for each item of the list. Nothing is chosen beforehand; untouched is not asked."""

    submit = "Save review"
    in_future = "This time lies in the future. Write when the signs were asked for."

    note = LineField(label="Note", max_length=300, required=False)

    def __init__(self, *args: Any, items: Sequence[VisitItem], regimen: str, **kwargs: Any) -> None:
        super().__init__(*args, ranges=(), **kwargs)
        self.items, self.regimen = tuple(items), regimen
        for item in self.items:
            self.fields[item.id] = BarField(label=item.ask, choices=ANSWERS, required=False)
            self.fields[f"{item.id}_grade"] = PickField(
                label="Grade a physician gave", choices=GRADES, blank="No grade yet", required=False
            )
            self.fields[f"{item.id}_note"] = LineField(label="What was seen", max_length=200, required=False)
        self.order_fields([name for item in self.items for name in _names(item)])

    def rows(self) -> Iterator[ItemFields]:
        for item in self.items:
            answer, grade, note = (self[name] for name in _names(item))
            yield ItemFields(item, answer, grade, note)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(cleaned.get(item.id) in {PRESENT, ABSENT} for item in self.items):
            self.add_error(None, "Nothing was asked. Answer at least one sign.")
        for item in self.items:
            present = cleaned.get(item.id) == PRESENT
            if not present and cleaned.get(f"{item.id}_grade"):
                self.add_error(item.id, "A grade is chosen. Say that the sign is present, or empty the grade")
            if not present and cleaned.get(f"{item.id}_note"):
                self.add_error(item.id, "A finding is written. Say that the sign is present, or empty it")
        return cleaned

    def visit(self) -> Visit:
        found = self.cleaned_data
        return Visit(
            regimen=self.regimen,
            said=tuple(self._said(item) for item in self.items if found[item.id] in {PRESENT, ABSENT}),
            note=found["note"],
        )

    def _said(self, item: VisitItem) -> Said:
        found = self.cleaned_data
        grade = found[f"{item.id}_grade"]
        return Said(
            item=item.id,
            present=found[item.id] == PRESENT,
            grade=int(grade) if grade else None,
            note=found[f"{item.id}_note"],
        )


def _names(item: VisitItem) -> tuple[str, str, str]:
    return item.id, f"{item.id}_grade", f"{item.id}_note"
