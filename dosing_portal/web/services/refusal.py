"""Why a change of the settings was refused, in a sentence for the person who tried."""

from __future__ import annotations


class Refused(Exception):
    """A change that would leave the center in a bad state. ``field`` names the input to change."""

    def __init__(self, field: str | None, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence
