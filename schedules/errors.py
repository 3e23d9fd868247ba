"""What can be wrong with an act, in sentences that say what is true now."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.rules.treatment import Limit


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


class LimitsCrossed(ActRefused):
    """A dose that crosses limits. Each says what is true now; a physician may let them pass with a reason.

    ``cosign``: one of them needs a pharmacist's signature as well.
    """

    def __init__(self, limits: Sequence[Limit]) -> None:
        super().__init__("kind", " ".join(f"{limit.sentence}." for limit in limits))
        self.limits = tuple(limits)

    @property
    def cosign(self) -> bool:
        return any(limit.cosign for limit in self.limits)


class NoProtocol(Exception):
    """The center has no active protocol that could judge this patient."""
