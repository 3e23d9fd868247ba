"""An order on a clock, its taper, its stop, and a due row that is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from dosing_portal.kernel.fields import (
    BarField,
    ClinicalDateField,
    ClinicalDecimalField,
    ClinicalIntegerField,
    ClinicalTimeField,
    LineField,
)
from dosing_portal.kernel.forms import ClinicalForm
from protocols.rules.treatment_settings import DrugRegime, RegimePhase

STEPS = (1, 2, 3, 4)
"""Lines of a taper on the page; an empty line is no step."""
TAPER, WITHOUT = "taper", "without"


FARTHEST = timedelta(days=2)
"""A first dose further from now than this is more likely a slip of the date."""


class WhenForm(ClinicalForm):
    """When the first dose is due; without a time, now."""

    moments: ClassVar[Mapping[str, tuple[str, str]]] = {"starts_at": ("start_day", "start_time")}

    start_time = ClinicalTimeField(label="First dose at", help_text="empty: now", required=False)
    start_day = ClinicalDateField(label="On", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("start_day", self.today)
        self.fields["start_time"].unit = f"24 h, {self.center.local(self.at):%Z}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts_at = cleaned.get("starts_at")
        if starts_at is not None and abs(starts_at - self.at) > FARTHEST:
            self.add_error("start_day", "The first dose lies within two days of now. Check the day.")
        return cleaned

    @property
    def starts_at(self) -> datetime:
        return self.cleaned_data.get("starts_at") or self.at


class OrderForm(WhenForm):
    """One regime of the center, when it starts, and why where it is not named for this grade."""

    submit = "Order it"

    regime = BarField(label="Regime", choices=(), long=True)
    reason = LineField(label="Reason, where it is not named for this grade", max_length=300, required=False)

    def __init__(self, *args: Any, regimes: Iterable[tuple[DrugRegime, bool]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regime"].choices = [  # type: ignore[attr-defined]
            (regime.id, f"{regime.words}, {regime.route}{'' if fits else ' (not named for this grade)'}")
            for regime, fits in regimes
        ]


class StopForm(WhenForm):
    """How an order ends: by a taper, step by step, or without one and why."""

    submit = "Save"

    how = BarField(
        label="How it ends",
        choices=((TAPER, "With this taper"), (WITHOUT, "It stops without a further taper")),
        long=True,
    )
    reason = LineField(label="Reason", max_length=250, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in STEPS:
            self.fields[f"mg_{number}"] = ClinicalDecimalField(
                label=f"Step {number}", unit="mg", min_value=Decimal("0.01"), max_digits=6,
                decimal_places=2, required=False,
            )  # fmt: skip
            self.fields[f"hours_{number}"] = ClinicalDecimalField(
                label="every", unit="h", min_value=Decimal(1), max_digits=4, decimal_places=1, required=False
            )
            self.fields[f"days_{number}"] = ClinicalIntegerField(
                label="for", unit="days", min_value=1, max_value=60, required=False
            )

    @property
    def step_fields(self) -> list[tuple[Any, Any, Any]]:
        return [(self[f"mg_{n}"], self[f"hours_{n}"], self[f"days_{n}"]) for n in STEPS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("how") == WITHOUT and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", "Write why it stops without a taper")
        if cleaned.get("how") == TAPER:
            self._whole_steps(cleaned)
        return cleaned

    def _whole_steps(self, cleaned: dict[str, Any]) -> None:
        for number in STEPS:
            names = [f"{part}_{number}" for part in ("mg", "hours", "days")]
            typed = [cleaned.get(name) is not None for name in names]
            needed = any(typed) or number == 1
            for name, there in zip(names, typed, strict=True):
                if needed and not there and name not in self.errors:
                    self.add_error(name, "Write it: a step has mg, hours and days")

    def steps(self) -> tuple[RegimePhase, ...]:
        found = self.cleaned_data
        return tuple(
            RegimePhase(found[f"mg_{n}"], found[f"hours_{n}"], found[f"days_{n}"])
            for n in STEPS
            if found.get(f"mg_{n}") is not None
        )


class LeaveOutForm(ClinicalForm):
    """Why a due dose or check is left out."""

    submit = "Leave it out"
    reason = LineField(label="Why is it left out", max_length=300)
