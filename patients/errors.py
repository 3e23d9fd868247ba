"""What can be wrong with a fact about a patient, in sentences a nurse can act on."""

from __future__ import annotations


class FactRefused(Exception):
    """A fact that cannot be true as typed. ``field`` names the input that must change."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


class AlreadyRecorded(Exception):
    """The same submission arrived before; ``row`` is what it made."""

    def __init__(self, row: object) -> None:
        super().__init__("This was recorded already")
        self.row = row


class StaleRevision(Exception):
    """Somebody changed the row since the page was opened."""
