"""A sentence written by hand, as it is typed in and photographed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from dosing_portal.kernel.fields import BarField, DrawnField, LineField
from dosing_portal.kernel.pictures import NotAPicture, Picture, read
from patients.services.handwriting import Comparison, Written
from schedules.forms.taken import TakenAtForm

MEGABYTE = 1_000_000


class PhotoField(DrawnField, forms.FileField):
    """A picture from the phone's camera or its files, read as bytes and kept without its metadata."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"accept": "image/jpeg,image/png", "capture": "environment"}
        kwargs.setdefault("error_messages", {}).setdefault("empty", "The file is empty. Take the photo again")
        super().__init__(widget=forms.FileInput(attrs=attrs), required=False, **kwargs)

    def clean(self, data: UploadedFile[Any] | None, initial: Any = None) -> Picture | None:
        given = super().clean(data, initial)
        if not given:
            return None
        limit = settings.PORTAL_PHOTO_MAX_BYTES
        if given.size > limit:
            sentence = (
                f"This photo has {given.size / MEGABYTE:.1f} MB; at most {limit / MEGABYTE:.0f} MB are kept. "
                "Take it again in a smaller size."
            )
            raise forms.ValidationError(sentence, code="too_large")
        try:
            return read(given.read())
        except NotAPicture as wrong:
            sentence = f"{wrong}. Choose a JPEG or PNG photo, or save without one."
            raise forms.ValidationError(sentence, code="no_picture") from wrong


class HandwritingForm(TakenAtForm):
    """What she wrote beside her baseline. A specimen before the first dose is the baseline."""

    submit = "Save handwriting"
    in_future = "This time lies in the future. Write when the sentence was written."

    comparison = BarField(
        label="Compared with the baseline",
        choices=[pair for pair in Comparison.choices if pair[0] != Comparison.BASELINE],
        taps=True,
    )
    sentence = LineField(label="What can be read", max_length=200, required=False)
    photo = PhotoField(label="Photo", help_text="optional, JPEG or PNG")
    note = LineField(
        label="What changed", help_text="size, line, letters left out", max_length=300, required=False
    )

    def __init__(
        self, *args: Any, is_baseline: bool, has_baseline: bool, ask: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, ranges=(), **kwargs)
        self.asked = ask
        self.is_baseline = is_baseline
        field = self.fields["comparison"]
        if is_baseline:
            del self.fields["comparison"], self.fields["note"]
        elif not has_baseline and isinstance(field, BarField):
            kept = {Comparison.CHANGED, Comparison.ILLEGIBLE, Comparison.NOT_WRITTEN}
            field.choices = [pair for pair in Comparison.choices if pair[0] in kept]
            field.note = "No baseline is on record. Ask the caregiver how the writing looked before."

    def written(self) -> Written:
        found = self.cleaned_data
        return Written(
            comparison=Comparison.BASELINE if self.is_baseline else found["comparison"],
            sentence=found["sentence"],
            note=found.get("note") or "",
            photo=found["photo"],
        )
