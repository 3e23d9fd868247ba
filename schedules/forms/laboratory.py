"""Laboratory results as they are typed: counts in either unit, every number judged, one time a sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from dosing_portal.kernel.fields import BarField, ClinicalDecimalField, LineField
from patients.forms.plausible import COUNTS, Judged
from patients.models import Analyte
from schedules.forms.taken import TakenAtForm

PER_MM3 = COUNTS[1]
COUNTED = (Analyte.ANC, Analyte.PLATELETS)


def name_and_unit(analyte: str) -> tuple[str, str]:
    """Neutrophils, 10^9/L."""
    name, _, unit = Analyte(analyte).label.partition(" (")
    return name, unit.rstrip(")")


class LabForm(TakenAtForm):
    """The results of one blood sample; what was not measured stays empty."""

    submit = "Save results"

    count_unit = BarField(label="Counts are in", choices=[(unit, unit) for unit in COUNTS], required=False)

    def __init__(self, *args: Any, analytes: Iterable[str] = tuple(Analyte), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.analytes = tuple(analytes)
        for analyte in self.analytes:
            self.fields[analyte] = _number(analyte)
        self.order_fields([*self._first(), *self.analytes, *self.fields])
        if not self._counted():
            del self.fields["count_unit"]

    def _first(self) -> list[str]:
        return ["count_unit"]

    def _counted(self) -> list[str]:
        return [analyte for analyte in self.analytes if analyte in COUNTED]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        typed = [name for name in self.analytes if cleaned.get(name) is not None]
        counts = [name for name in typed if name in COUNTED]
        if counts and not cleaned.get("count_unit") and "count_unit" not in self.errors:
            self.add_error("count_unit", "Say in which unit the counts are: 0.85 x10^9/L is 850 cells/mm3")
        for name in typed:
            unit = cleaned.get("count_unit") if name in COUNTED else name_and_unit(name)[1]
            if unit:
                self.judge(Judged(name, unit=unit))
        if not typed and not any(name in self.errors for name in self.analytes):
            self.add_error(self.analytes[0], "Write at least one result")
        return cleaned

    def values(self) -> Mapping[str, Decimal]:
        """Each result in the unit in which it is kept."""
        found = self.cleaned_data
        return {
            name: found[name] / 1000 if self.units.get(name) == PER_MM3 else found[name]
            for name in self.analytes
            if found.get(name) is not None
        }


class LabAmendForm(LabForm):
    """One result, corrected."""

    submit = "Save correction"
    amend_reason = LineField(label="Why is it corrected", max_length=300)


def _number(analyte: str) -> ClinicalDecimalField:
    name, unit = name_and_unit(analyte)
    return ClinicalDecimalField(
        label=name,
        unit="" if analyte in COUNTED else unit,
        max_digits=10,
        decimal_places=3,
        min_value=Decimal(0),
        required=False,
    )
