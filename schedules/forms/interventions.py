"""What a patient was given or took, as it is typed; and the taking back of a wrong entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from dosing_portal.kernel.fields import Answer, ClinicalDecimalField, LineField, PickField
from dosing_portal.kernel.forms import ClinicalForm
from patients.forms.plausible import Judged
from patients.models import Place, Purpose
from patients.services.interventions import Given
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import InterventionKind, Temperature, TemperatureUnit
from schedules.forms import vocabulary as words
from schedules.forms.doses import PasswordField
from schedules.forms.taken import TakenAtForm
from schedules.selectors.treatments import Look

ROUTES = tuple((route, route) for route in ("oral", "IV", "subcutaneous", "IM"))
ADVISED = frozenset({InterventionKind.POCKET_DEXAMETHASONE})
"""What is written with the temperature before it, or the reason why there is none."""
NEEDS_MG = frozenset({InterventionKind.TOCILIZUMAB, InterventionKind.TOCILIZUMAB_PROPHYLAXIS})
AMOUNTS = frozenset({"over_cap", "off_arithmetic", "no_arithmetic", "max_mg_per_day"})
"""Limits that the amount itself crosses; the others stand beside the drug."""
Looks = Callable[[str, Decimal | None, datetime], Look]


class InterventionForm(TakenAtForm):
    """One drug, fluid or oxygen start.

    ``looks`` says what a dose of a kind, an amount and a time crosses; ``begins`` is when the course and the
    open event began, in words to ask with; ``may_override`` whether the person may let a limit pass.
    """

    submit = "Record it"

    kind = PickField(label="What was given or taken", choices=words.GIVEN)
    drug = LineField(label="Name, if it is another one", max_length=60, required=False)
    dose_mg = ClinicalDecimalField(
        label="Dose", unit="mg", max_digits=7, decimal_places=2, min_value=Decimal("0.01"), required=False
    )
    volume_ml = ClinicalDecimalField(
        label="Volume", unit="mL", max_digits=7, decimal_places=1, min_value=Decimal("0.1"), required=False
    )
    route = PickField(label="Route", choices=ROUTES, required=False)
    purpose = PickField(label="What for", choices=Purpose.choices, blank="Treatment", required=False)
    place = PickField(label="Where", choices=Place.choices, blank="Not said", required=False)
    temperature_before = ClinicalDecimalField(
        label="Temperature before",
        help_text="type °C or °F",
        max_digits=5,
        decimal_places=2,
        echo=True,
        required=False,
    )
    note = LineField(label="Note", max_length=300, required=False)
    override_reason = LineField(label="Reason to let it pass", max_length=250, required=False)
    cosigner_name = LineField(
        label="Pharmacist, user name",
        max_length=80,
        attrs={"autocapitalize": "none", "spellcheck": "false"},
        required=False,
    )
    cosigner_password = PasswordField(label="Pharmacist, password", max_length=128, required=False)

    def __init__(
        self,
        *args: Any,
        spec: ProtocolSpec | None,
        looks: Looks | None = None,
        begins: tuple[tuple[datetime, str], ...] = (),
        may_override: bool = False,
        who_may: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, ranges=spec.center.plausible if spec else (), **kwargs)
        self.looks, self.begins = looks, begins
        self.may_override, self.who_may = may_override, who_may
        self.crossed = self.cosign = False
        self.look: Look | None = None
        self.fields["temperature_before"].unit = f"°{self.center.temperature_unit}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.judge(Judged("temperature_before", rule="temperature", unit=self.center.temperature_unit))
        kind = cleaned.get("kind")
        if kind in NEEDS_MG and cleaned.get("dose_mg") is None:
            if "dose_mg" not in self.errors:
                self.add_error("dose_mg", "Write the dose in mg: later doses are counted by it")
        elif kind == InterventionKind.FLUIDS and cleaned.get("volume_ml") is None:
            if "volume_ml" not in self.errors:
                self.add_error("volume_ml", "Write how many mL")
        elif kind in ADVISED:
            self._ask_for_temperature(cleaned)
        self._ask_about_time(cleaned)
        self._settle_limits(cleaned)
        return cleaned

    def _ask_for_temperature(self, cleaned: dict[str, Any]) -> None:
        missing = cleaned.get("temperature_before") is None and "temperature_before" not in self.errors
        if missing and not self.was_asked("temperature_before"):
            none = Answer("confirmed", "temperature_before=asked", "It was not measured")
            self.ask(
                "temperature_before", "Write the temperature before it was taken, if there is one.", (none,)
            )

    def _ask_about_time(self, cleaned: dict[str, Any]) -> None:
        """A late entry is placed at its own time; before the course or the event it is asked about once."""
        taken_at = cleaned.get("taken_at")
        if taken_at is None or {"taken_time", "taken_day"} & set(self.errors):
            return
        key = f"taken_time={taken_at:%Y%m%dT%H%M}=before"
        for began_at, sentence in self.begins:
            if taken_at < began_at and key not in self.answers:
                keep = Answer("confirmed", key, f"Keep {self.center.local(taken_at):%d-%b-%Y %H:%M}")
                self.ask("taken_time", f"{sentence} It is placed at its own time.", (keep,))
                return

    # --- limits ---------------------------------------------------------------------------------------

    def _settle_limits(self, cleaned: dict[str, Any]) -> None:
        kind = cleaned.get("kind")
        if self.looks is None or not kind or "dose_mg" in self.errors:
            return
        look = self.look = self.looks(kind, cleaned.get("dose_mg"), self.taken_at)
        if look.ask and "dose_mg=weight" not in self.answers and cleaned.get("dose_mg") is not None:
            keep = Answer("confirmed", "dose_mg=weight", "The weight still holds")
            self.ask("dose_mg", f"{look.ask}.", (keep,))
        if not look.limits:
            return
        if self._at_home(cleaned):
            self._ask_about_home(look)
            return
        self.crossed = True
        if not (self.may_override and cleaned.get("override_reason")):
            self.refuse_limits(look)
        self.cosign = any(limit.cosign for limit in look.limits)
        if self.cosign and self.may_override:
            for name in ("cosigner_name", "cosigner_password"):
                if not cleaned.get(name):
                    self.add_error(name, "A pharmacist signs this with you")

    def _at_home(self, cleaned: dict[str, Any]) -> bool:
        return (
            cleaned.get("place") == Place.HOME or cleaned.get("kind") == InterventionKind.POCKET_DEXAMETHASONE
        )

    def _ask_about_home(self, look: Look) -> None:
        """It was taken: nothing bars the record. Whoever writes it has read what it crosses."""
        key = "kind=home"
        if key not in self.answers:
            keep = Answer("confirmed", key, "It was taken, record it")
            said = " ".join(f"{limit.sentence}." for limit in look.limits)
            self.ask("kind", said, (keep,))

    def refuse_limits(self, look: Look) -> None:
        """Each limit beside its field; who may let it pass beside the first."""
        self.crossed = True
        who = "" if self.may_override else f" {self.who_may}"
        for limit in look.limits:
            name = "dose_mg" if limit.rule in AMOUNTS else "kind"
            self.add_error(name, f"{limit.sentence}.{who}")
            who = ""
        if self.may_override:
            self.add_error("override_reason", "Write why it passes, or change the dose")

    def given(self) -> Given:
        """The fact that the service stores."""
        found = self.cleaned_data
        kind = InterventionKind(found["kind"])
        purpose = found["purpose"] or Purpose.TREATMENT
        if kind is InterventionKind.TOCILIZUMAB and purpose == Purpose.PROPHYLAXIS:
            kind = InterventionKind.TOCILIZUMAB_PROPHYLAXIS
        before = found.get("temperature_before")
        return Given(
            kind=kind,
            drug=found["drug"] or dict(words.GIVEN)[kind].partition(",")[0],
            dose_mg=found["dose_mg"],
            volume_ml=found["volume_ml"],
            route=found["route"],
            temperature_before=None if before is None else self._celsius(before),
            note=found["note"],
            purpose=purpose,
            place=found["place"],
            arithmetic=self.look.arithmetic if self.look else (),
            override_reason=found["override_reason"],
        )

    def _celsius(self, typed: Decimal) -> Decimal:
        unit = TemperatureUnit(self.units["temperature_before"])
        return Temperature(typed, unit).celsius.quantize(Decimal("0.01"))


class TakeBackForm(ClinicalForm):
    """Say that an entry was wrong and nothing was given."""

    submit = "Take it back"
    reason = LineField(label="Why was this entry wrong", max_length=300)
