"""What can be wrong with an act, in sentences that say what is true now."""

from __future__ import annotations


class ActRefused(Exception):
    """An act that the rules or the facts do not allow. ``field`` names the input to change."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


class StepSettled(ActRefused):
    """Somebody else has settled a step of the checklist meanwhile; the sentence says who and when."""

    def __init__(self, sentence: str) -> None:
        super().__init__("step", sentence)


class NoProtocol(Exception):
    """The center has no active protocol that could judge this patient."""
