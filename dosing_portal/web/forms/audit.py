"""What a reader of the audit trail looks for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms

from dosing_portal.kernel.fields import ClinicalDateField
from dosing_portal.kernel.forms import PortalForm
from dosing_portal.web.selectors.audit import SUBJECTS, Filters, everybody, patient_with_mrn
from patients.models import Patient


class AuditFilterForm(PortalForm):
    """Every field may stay empty. Days are the center's, both included."""

    mrn = forms.CharField(label="Patient", max_length=40, required=False, help_text="MRN")
    action = forms.ChoiceField(
        label="About",
        choices=[("", "Everything"), *((name, name.replace("_", " ")) for name in SUBJECTS)],
        required=False,
    )
    first_day = ClinicalDateField(label="From", required=False)
    last_day = ClinicalDateField(label="Until", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient: Patient | None = None
        self.fields["person"] = forms.ModelChoiceField(
            label="Person",
            queryset=everybody(self.center.pk),
            required=False,
            empty_label="Everybody",
        )
        self.order_fields(("mrn", "person", "action", "first_day", "last_day"))

    def clean_mrn(self) -> str:
        mrn: str = self.cleaned_data["mrn"].strip()
        if mrn:
            self.patient = patient_with_mrn(self.center.pk, mrn)
            if self.patient is None:
                raise forms.ValidationError("No patient of your center has this MRN.")
        return mrn

    def filters(self) -> Filters:
        """The valid form as a value."""
        given = self.cleaned_data
        last_day = given["last_day"]
        return Filters(
            patient_id=self.patient.pk if self.patient else None,
            staff_id=given["person"].pk if given["person"] else None,
            action=f"{given['action']}." if given["action"] else "",
            since=self._midnight(given["first_day"]) if given["first_day"] else None,
            until=self._midnight(last_day + timedelta(days=1)) if last_day else None,
        )

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self.center.zone)
