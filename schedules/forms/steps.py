"""One press on a step of the checklist: what was done, when, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from dosing_portal.kernel.fields import ClinicalDateField, ClinicalTimeField, LineField
from dosing_portal.kernel.forms import PortalForm

ACTS = ("done", "not_done", "applies", "reopen")


class StepForm(PortalForm):
    """Without a time typed, the moment is now. What was typed comes back when the press is refused."""

    moments: ClassVar[Mapping[str, tuple[str, str]]] = {"done_at": ("done_day", "done_time")}

    act = forms.ChoiceField(choices=[(name, name) for name in ACTS])
    done_day = ClinicalDateField(required=False)
    done_time = ClinicalTimeField(required=False)
    reason = LineField(max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("done_time") is not None and cleaned.get("done_day") is None:
            cleaned["done_day"] = self.today
            cleaned["done_at"] = self._instant(self.today, cleaned["done_time"], "done_time")
        return cleaned

    @property
    def moment(self) -> datetime:
        return self.cleaned_data.get("done_at") or self.at

    @property
    def typed(self) -> dict[str, str]:
        """What stood in the boxes, as it was sent."""
        return {name: str(self.data.get(name, "")) for name in ("done_day", "done_time", "reason")}
