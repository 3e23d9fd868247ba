"""Lines and choices as the pages draw them. Nothing is chosen beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from dosing_portal.kernel.fields import DrawnField

Choices = Iterable[tuple[str, str]]


class LineField(DrawnField, forms.CharField):
    """One line of text; ``attrs`` are those of its box."""

    def __init__(self, *, attrs: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"autocomplete": "off", **(attrs or {})}), **kwargs)


class BarField(DrawnField, forms.ChoiceField):
    """One of a few, drawn as one bar; ``taps`` draws separate boxes, ``long`` one choice per line."""

    def __init__(self, *, choices: Choices, taps: bool = False, long: bool = False, **kwargs: Any) -> None:
        self.taps, self.long = taps, long
        super().__init__(choices=list(choices), widget=forms.RadioSelect, **kwargs)


class TapsField(DrawnField, forms.MultipleChoiceField):
    """Any of several: taps, or one per line when ``long``.

    ``count`` has the script count the taps; ``alone`` is the value that excludes its neighbors.
    """

    def __init__(
        self, *, choices: Choices, count: bool = False, long: bool = False, alone: str = "", **kwargs: Any
    ) -> None:
        self.count, self.long, self.alone = count, long, alone
        super().__init__(choices=list(choices), widget=forms.CheckboxSelectMultiple, **kwargs)


class PickField(DrawnField, forms.ChoiceField):
    """One of a longer list; ``blank`` says in words what an empty answer means."""

    def __init__(self, *, choices: Choices, blank: str = "Choose", **kwargs: Any) -> None:
        super().__init__(choices=[("", blank), *choices], **kwargs)
