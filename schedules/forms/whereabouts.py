"""Where the patient is, a call, a hand-off and its answer, as they are typed: most answers are one tap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from dosing_portal.kernel.fields import (
    Answer,
    BarField,
    ClinicalDateField,
    ClinicalTimeField,
    LineField,
    PickField,
)
from patients.models import Call, Place
from patients.services.calls import Told
from patients.services.hand_offs import Given
from patients.services.whereabouts import Said
from schedules.forms.taken import TakenAtForm

OTHER = "other"
IN_MINUTES = (("15", "15 min"), ("30", "30 min"), ("45", "45 min"), ("60", "1 h"), (OTHER, "Other time"))
PLACES = (
    (Place.HOME, "Home"),
    (Place.ON_THE_WAY, "On the way"),
    (Place.CLINIC, "Clinic"),
    (Place.EMERGENCY, "ED"),
    (Place.WARD, "Ward"),
    (Place.INTENSIVE_CARE, "ICU"),
)
"""Short enough for a thumb's width."""
DESTINATIONS = tuple(pair for pair in PLACES if pair[0] is not Place.ON_THE_WAY)
AMBULANCE, DRIVEN, ALONE = "ambulance", "driven", "alone"
TRANSPORT = ((AMBULANCE, "Ambulance"), (DRIVEN, "Driven by somebody"), (ALONE, "Drives alone"))
TRAVELS = {AMBULANCE: "by ambulance", DRIVEN: "not driving", ALONE: "driving alone"}
FIELD_OF_FACT = {
    "since": "taken_time",
    "expected_at": "expected_time",
    "called_at": "taken_time",
    "asked_at": "rang_time",
    "given_at": "taken_time",
    "answered_at": "taken_time",
    "accepted_name": "name",
    "refused_name": "name",
    "refused_reason": "reason",
}
"""The field beside which a refused fact is said."""


class MomentForm(TakenAtForm):
    """A form about one moment without a number to judge."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, ranges=(), **kwargs)


class MoveForm(MomentForm):
    """Where she is now or was; on the way also where to, when she should be there, and with whom."""

    submit = "Save the place"
    moments: ClassVar[Mapping[str, tuple[str, str]]] = {
        "taken_at": ("taken_day", "taken_time"),
        "expected_at": ("expected_day", "expected_time"),
    }

    place = BarField(label="Where", choices=PLACES, taps=True)
    facility = LineField(label="Which one", help_text="clinic, hospital, bay", max_length=120, required=False)
    destination = BarField(label="On the way to", choices=DESTINATIONS, taps=True, required=False)
    expected_in = BarField(label="Expected in", choices=IN_MINUTES, taps=True, required=False)
    expected_time = ClinicalTimeField(label="Expected at", required=False)
    expected_day = ClinicalDateField(label="Day", required=False)
    transport = BarField(label="How", choices=TRANSPORT, required=False)
    with_whom = LineField(label="With whom", max_length=90, required=False)
    note = LineField(label="Note", max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].label = "Since"
        self.initial.setdefault("expected_day", self.today)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("place") != Place.ON_THE_WAY:
            for name in ("expected_time", "expected_day"):
                self.errors.pop(name, None)
            return cleaned
        if not cleaned.get("destination"):
            self.add_error("destination", "Choose where the patient is going")
        self._settle_expected(cleaned)
        key = "transport=alone"
        if cleaned.get("transport") == ALONE and key not in self.answers:
            keep = Answer("confirmed", key, "Keep “drives alone”")
            self.ask("transport", "The plan says: come in, not driving. Is it so?", (keep,))
        return cleaned

    def _settle_expected(self, cleaned: dict[str, Any]) -> None:
        """So many minutes from now, or a time on the clock."""
        choice = cleaned.get("expected_in")
        if choice and choice != OTHER:
            cleaned["expected_at"] = self.at + timedelta(minutes=int(choice))
            self.errors.pop("expected_time", None)
        elif cleaned.get("expected_at") is None and "expected_time" not in self.errors:
            self.add_error("expected_time", "Write when the patient should be there: then somebody looks")

    def said(self) -> Said:
        """The fact that the service stores."""
        found = self.cleaned_data
        place = Place(found["place"])
        if place is not Place.ON_THE_WAY:
            return Said(place, facility=found["facility"], note=found["note"])
        travels = TRAVELS.get(found["transport"], "")
        return Said(
            place,
            facility=found["facility"],
            destination=found["destination"],
            expected_at=found["expected_at"],
            with_whom=", ".join(part for part in (found["with_whom"], travels) if part),
            note=found["note"],
        )


class CallForm(MomentForm):
    """One call. ``rang_time`` is when she asked for it, where the portal does not know."""

    submit = "Save the call"
    moments: ClassVar[Mapping[str, tuple[str, str]]] = {
        "taken_at": ("taken_day", "taken_time"),
        "rang_at": ("taken_day", "rang_time"),
    }
    field_order = (
        "party",
        "direction",
        "outcome",
        "name",
        "phone",
        "when",
        "taken_time",
        "taken_day",
        "rang_time",
    )

    party = PickField(label="With whom", choices=Call.Party.choices)
    direction = BarField(label="Who called", choices=(("out", "We called"), ("in", "They called")))
    outcome = BarField(label="How it ended", choices=Call.Outcome.choices)
    name = LineField(label="Name", max_length=120, required=False)
    phone = LineField(label="Number", max_length=40, required=False)
    rang_time = ClinicalTimeField(label="Asked to be called at", required=False)
    note = LineField(label="What was said", max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].label = "When"
        self.initial.setdefault("direction", "out")

    def told(self) -> Told:
        """The fact that the service stores."""
        found = self.cleaned_data
        return Told(
            party=Call.Party(found["party"]),
            outcome=Call.Outcome(found["outcome"]),
            incoming=found["direction"] == "in",
            name=found["name"],
            phone=found["phone"],
            note=found["note"],
        )

    @property
    def rang_at(self) -> datetime | None:
        return self.cleaned_data.get("rang_at")


class HandOverForm(MomentForm):
    """To whom the patient is handed over."""

    submit = "Hand over"
    field_order = ("to_whom", "facility", "phone", "when", "taken_time", "taken_day")

    to_whom = LineField(label="To whom", help_text="name or role", max_length=120)
    facility = LineField(label="Where", help_text="hospital, department", max_length=120, required=False)
    phone = LineField(label="Their number", max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].label = "When"

    def given(self) -> Given:
        """The fact that the service stores."""
        found = self.cleaned_data
        return Given(found["to_whom"], found["facility"], found["phone"])


ACCEPTED, REFUSED = "accepted", "refused"


class HandOffAnswerForm(MomentForm):
    """What the other team said, and who said it."""

    submit = "Save the answer"
    field_order = ("answer", "name", "reason", "when", "taken_time", "taken_day")

    answer = BarField(label="They", choices=((ACCEPTED, "Accepted"), (REFUSED, "Did not accept")))
    name = LineField(label="Who answered", max_length=120)
    reason = LineField(label="Why not", max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].label = "When"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("answer") == REFUSED and not cleaned.get("reason"):
            self.add_error("reason", "Write why they did not take the patient")
        return cleaned
