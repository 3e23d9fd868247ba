"""The log-vitals form: judges what was typed, and hands it on as values. It grades nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from dosing_portal.kernel.fields import ClinicalDecimalField, LineField
from dosing_portal.kernel.local_time import RepeatedTimeError, SkippedTimeError, instant
from patients.forms.plausible import Judged
from patients.models import Observation
from patients.services.interventions import Given
from patients.services.observations import CLOCK_SKEW, ReadingContext
from protocols.rules import plausibility
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import (
    Consciousness,
    IceScore,
    InterventionKind,
    Oxygen,
    OxygenDevice,
    OxygenReason,
    Temperature,
    TemperatureUnit,
    VitalSigns,
)
from schedules.forms import vocabulary as words
from schedules.forms.reading import ReadingFields

NO_REASON = "no reason given"
MISSING = {
    "temperature": "Enter the temperature, or say why it was not measured",
    "systolic": "Enter blood pressure, or say why it was not measured",
    "spo2": "Enter SpO2, or say why it was not measured",
    "oxygen": "Say what the patient breathes, or why that is not known",
}
"""The inputs that grading needs: left out, they are asked for once."""
ATTESTED = {
    "oxygen": OxygenDevice.ROOM_AIR.value,
    "vasopressors": words.NONE,
    "consciousness": Consciousness.ALERT.value,
}
ATTEST_WORDS = "Checked: room air, no vasopressor, alert"
UNNAMED = "vasopressor not named"
KIND_OF = {
    words.ANTIPYRETIC: InterventionKind.ACETAMINOPHEN,
    words.POCKET: InterventionKind.POCKET_DEXAMETHASONE,
}
TAKEN_FIELDS = ("taken", "antipyretic_time", "pocket_time", "pocket_mg", "pocket_temperature")


class VitalsForm(ReadingFields):
    """One set of vital signs of a patient, judged by the protocol that will grade it.

    ``spec`` is ``None`` where the center has no protocol: then nothing is judged, and nothing can be saved.
    """

    submit = "Save vitals"
    in_future = "This time lies in the future. Write when the readings were taken."

    def __init__(self, *args: Any, spec: ProtocolSpec | None, **kwargs: Any) -> None:
        super().__init__(*args, ranges=spec.center.plausible if spec else (), **kwargs)
        self.spec = spec
        self.asks: dict[str, bool] = {}  # what is asked for on this page for the first time
        self.baseline_pressure = self.baseline_ice = ""
        for name in ("temperature", "pocket_temperature"):
            self._unit_of(name, f"°{self.center.temperature_unit}")
        if not self.is_bound:
            self.fields["temperature"].widget.attrs["autofocus"] = True
        if spec is not None and "taken" in self.fields:
            self.fields["taken"].label = f"Taken in the last {spec.center.masked_hours:f} h"

    def _unit_of(self, name: str, unit: str) -> None:
        field = self.fields.get(name)
        if isinstance(field, ClinicalDecimalField):
            field.unit = unit

    @property
    def attest(self) -> str:
        """The words of the attest button; empty where the center has switched it off."""
        return ATTEST_WORDS if self.spec is not None and self.spec.center.attest_button else ""

    @property
    def attest_answers(self) -> str:
        return " ".join(f"{name}={value}" for name, value in ATTESTED.items())

    def show_baseline(self, baseline: Observation | None, ice: Observation | None = None) -> None:
        """What was measured before the first dose, beside the questions that are compared with it."""
        if baseline is not None and baseline.systolic is not None:
            lower = baseline.diastolic or "not known"
            self.baseline_pressure = f"baseline {baseline.systolic}/{lower} mmHg"
        if ice is not None:
            taken = self.center.local(ice.taken_at)
            self.baseline_ice = f"Baseline {ice.ice_score()} of {len(words.ICE)} on {taken:%d-%b-%Y}."

    # --- judging --------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._apply_attest(cleaned)
        unit = self.center.temperature_unit
        self.judge(Judged("temperature", unit=unit))
        self.judge(Judged("pocket_temperature", rule="temperature", unit=unit))
        for name in ("systolic", "diastolic", "spo2", "heart_rate", "respiratory_rate"):
            self.judge(Judged(name))
        self.judge(Judged("oxygen_flow", rule="flow_lpm"))
        for name, sentence in self._contradictions(cleaned):
            self.add_error(name, sentence)
        self._settle_taken(cleaned)
        self._ask_for_missing(cleaned)
        return cleaned

    def _apply_attest(self, cleaned: dict[str, Any]) -> None:
        """The one press answers the questions that were left untouched, never one that was answered."""
        if not (cleaned.get("attested") and self.attest):
            cleaned["attested"] = False
            return
        for name, value in ATTESTED.items():
            if not cleaned.get(name) and name not in self.errors:
                cleaned[name] = value

    def _contradictions(self, cleaned: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Answers that cannot stand beside each other, or that lack their other half."""
        upper, lower = cleaned.get("systolic"), cleaned.get("diastolic")
        if upper is not None and lower is not None:
            verdict = plausibility.check_pressures(Decimal(upper), Decimal(lower))
            if not verdict.accepted:
                yield "diastolic", verdict.sentence
        if cleaned.get("oxygen") == words.MORE and not cleaned.get("oxygen_more"):
            yield "oxygen_more", "Choose the device"
        if cleaned.get("oxygen") == OxygenDevice.ROOM_AIR and cleaned.get("oxygen_flow") is not None:
            yield "oxygen_flow", "Room air has no flow. Choose the device, or empty the flow"
        named = cleaned.get("pressor_names") or []
        if named and cleaned.get("vasopressors") in {words.NONE, ""}:
            yield "vasopressors", "A vasopressor is named. Say how many, or untap it"
        if len(named) > 1 and cleaned.get("vasopressors") == words.ONE:
            yield "vasopressors", f"{len(named)} vasopressors are named. Choose “Two or more”, or untap one"
        if cleaned.get("ice_none") and cleaned.get("ice"):
            yield "ice", "Some answers are tapped as correct, and “nothing was correct” is ticked. Keep one"
        if which := self.which_seizure():
            yield "seizure_kind", which
        if words.NEITHER in (cleaned.get("taken") or []) and len(cleaned["taken"]) > 1:
            yield "taken", "“Neither” and a drug are both ticked. Keep one"

    def _ask_for_missing(self, cleaned: dict[str, Any]) -> None:
        """Ask once for what grading needs. A reason is an answer, and so is a second press on save.

        Pressing the answer to another question is not: it says nothing about what is missing.
        """
        self.not_measured: dict[str, str] = {}
        for name, sentence in MISSING.items():
            if name in self.errors or cleaned.get(name) not in (None, ""):
                continue
            reason = cleaned.get(f"{name}_missing")
            if reason or (self.was_asked(name) and cleaned.get("save")):
                self.not_measured[name] = reason or NO_REASON
            else:
                self.add_error(name, sentence)
                self.asks[name] = True

    # --- taken lately ---------------------------------------------------------------------------------

    def _settle_taken(self, cleaned: dict[str, Any]) -> None:
        self.taken_at_times: dict[str, datetime] = {}
        for drug in (words.ANTIPYRETIC, words.POCKET):
            name = f"{drug}_time"
            if drug not in (cleaned.get("taken") or []) or name in self.errors:
                continue
            typed = cleaned.get(name)
            if typed is None:
                self.add_error(name, "Write when it was taken, like 11:40")
            elif cleaned.get("taken_at") is not None:
                self._place(drug, name, typed, cleaned["taken_at"])

    def _place(self, drug: str, name: str, typed: time, read_at: datetime) -> None:
        """The one time in the hours before the reading, or since, at which the clock showed this."""
        hours = self.spec.center.masked_hours if self.spec else Decimal(0)
        first, last = read_at - timedelta(hours=float(hours)), self.at + CLOCK_SKEW
        days = {self.center.local(moment).date() for moment in (first, read_at, last)}
        fitting = [moment for day in days for moment in self._instants(day, typed) if first <= moment <= last]
        if fitting:
            self.taken_at_times[drug] = min(fitting, key=lambda moment: abs(read_at - moment))
        else:
            self.add_error(
                name,
                f"{typed:%H:%M} is not in the {hours:f} h before the reading. "
                "Log it under “Given or taken”, with its day.",
            )

    def _instants(self, day: date, typed: time) -> tuple[datetime, ...]:
        try:
            return (instant(day, typed, self.center.zone),)
        except RepeatedTimeError as repeated:
            return (repeated.first, repeated.second)
        except SkippedTimeError:
            return ()

    # --- values ---------------------------------------------------------------------------------------

    def vitals(self) -> VitalSigns:
        """What was measured. Of a form in question, the part that is not."""
        names = ("systolic", "diastolic", "heart_rate", "respiratory_rate", "spo2")
        numbers: dict[str, Any] = {name: self.cleaned_data.get(name) for name in names}
        return VitalSigns(
            temperature=self._temperature("temperature"),
            **numbers,
            oxygen=self._oxygen(),
            vasopressors=self._vasopressors(),
            ice=self._ice(),
            **self.neurologic_signs(),
        )

    def _temperature(self, name: str) -> Temperature | None:
        value = self.cleaned_data.get(name)
        return None if value is None else Temperature(value, TemperatureUnit(self.units[name]))

    def _oxygen(self) -> Oxygen | None:
        found = self.cleaned_data
        chosen = found.get("oxygen_more") if found.get("oxygen") == words.MORE else found.get("oxygen")
        if not chosen:
            return None
        device = OxygenDevice(chosen)
        if device is OxygenDevice.ROOM_AIR:
            return Oxygen(device)
        reason = found.get("oxygen_reason")
        return Oxygen(device, found.get("oxygen_flow"), OxygenReason(reason) if reason else None)

    def _vasopressors(self) -> tuple[str, ...]:
        """The named ones, filled up to the count that was chosen: a pressor without a name still counts."""
        named = tuple(self.cleaned_data.get("pressor_names") or ())
        least = {words.ONE: 1, words.SEVERAL: 2}.get(self.cleaned_data.get("vasopressors") or "", 0)
        if not least:
            return ()
        return named + tuple(f"{UNNAMED} {n}" for n in range(1, least - len(named) + 1))

    def _ice(self) -> IceScore | None:
        tapped = set(self.cleaned_data.get("ice") or ())
        if not tapped and not self.cleaned_data.get("ice_none"):
            return None
        objects = len(tapped & set(words.ICE_OBJECTS))
        return IceScore(
            objects=objects, **{name: name in tapped for name in IceScore.ITEMS if name != "objects"}
        )

    def context(self) -> ReadingContext:
        """Where, what was left out and why, and the one press that answered several questions."""
        found = self.cleaned_data
        notes = (ATTEST_WORDS if found.get("attested") else "", found.get("other_symptom") or "")
        return ReadingContext(
            location=found.get("location") or "",
            not_measured=self.not_measured,
            note="; ".join(note for note in notes if note),
        )

    def given_so_far(self) -> tuple[tuple[InterventionKind, datetime], ...]:
        """Kinds and times only, for the preview of a form that may still be in question."""
        return tuple((KIND_OF[drug], moment) for drug, moment in self.taken_at_times.items())

    def given(self) -> tuple[tuple[Given, datetime, UUID], ...]:
        """What was taken lately, each with a key of its own that a repeated send makes again."""
        return tuple(
            (self._given(drug), moment, uuid5(self.key, drug)) for drug, moment in self.taken_at_times.items()
        )

    def _given(self, drug: str) -> Given:
        if drug == words.ANTIPYRETIC:
            return Given(KIND_OF[drug], drug=dict(words.TAKEN)[drug].lower(), route="oral")
        before = self._temperature("pocket_temperature")
        return Given(
            KIND_OF[drug],
            drug="dexamethasone",
            dose_mg=self.cleaned_data.get("pocket_mg"),
            route="oral",
            temperature_before=None if before is None else before.celsius.quantize(Decimal("0.01")),
        )

    # --- the same form twice --------------------------------------------------------------------------

    def says_the_same_as(self, row: Any) -> bool:
        """The saved row holds what this form says: it was sent twice, not changed and sent again."""
        return (row.vitals(), row.location) == (self.vitals(), self.context().location)

    def start_anew(self, row: Any) -> None:
        """The form was saved before and came back with other values: only a person knows which ones hold."""
        saved = self.center.local(row.recorded_at)
        self.add_error(
            None,
            f"This form was saved at {saved:%H:%M} with other values, and nothing was added now. "
            "Save again to add a second reading, or correct the saved one from the history.",
        )
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        data[self.add_prefix("client_key")] = str(uuid4())
        self.data = data

    @property
    def in_question(self) -> tuple[str, ...]:
        """The inputs of grading whose answer is refused or asked about."""
        return tuple(name for name in MISSING if name in self.errors and name not in self.asks)


class AmendVitalsForm(VitalsForm):
    """Correct a reading: opens with what stands, and needs a reason. What this form does not ask is kept."""

    submit = "Save correction"
    amend_reason = LineField(label="Why do you correct this entry", max_length=300)

    def __init__(self, *args: Any, before: VitalSigns, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = before
        for name in TAKEN_FIELDS:
            del self.fields[name]

    def vitals(self) -> VitalSigns:
        new, before = super().vitals(), self.before
        changed = set(self.changed_data)
        return replace(
            new,
            hypotension=before.hypotension,
            hypoxia=before.hypoxia,
            died_of=before.died_of,
            ice=new.ice if changed & {"ice", "ice_none"} else before.ice,
            vasopressors=new.vasopressors
            if changed & {"vasopressors", "pressor_names"}
            else before.vasopressors,
        )
