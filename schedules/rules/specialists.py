"""When a page asks to call a specialist: an event lasts long, began late, or came back. Never a grade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from protocols.rules.treatment_settings import SpecialistPrompt
from protocols.rules.values import Provenance, elapsed_hours


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt that applies, and why."""

    id: str
    words: str
    because: str
    provenance: Provenance


def asked(
    prompts: Iterable[SpecialistPrompt],
    *,
    toxicity: str,
    opened_at: datetime,
    last_dose_at: datetime | None,
    until: datetime,
    returned: bool,
) -> tuple[Asked, ...]:
    """The prompts that an event asks for as of ``until`` (now, or its end).

    ``returned``: an earlier event of the same toxicity had settled. Hours are elapsed hours, of the event or
    from the last dose to its opening. Source: the center's own list.
    """
    found = []
    for prompt in prompts:
        if prompt.toxicity is not None and prompt.toxicity.value != toxicity:
            continue
        because = _because(prompt, toxicity, opened_at, last_dose_at, until, returned=returned)
        if because:
            found.append(Asked(prompt.id, prompt.words, because, prompt.provenance))
    return tuple(found)


def _because(
    prompt: SpecialistPrompt,
    toxicity: str,
    opened_at: datetime,
    last_dose_at: datetime | None,
    until: datetime,
    *,
    returned: bool,
) -> str:
    after, name = prompt.after_hours, toxicity.upper()
    if after is not None and elapsed_hours(opened_at, until) >= after:
        return f"this event has lasted {elapsed_hours(opened_at, until):.0f} h, {after:f} h or more"
    if after is not None and last_dose_at is not None and elapsed_hours(last_dose_at, opened_at) >= after:
        since = elapsed_hours(last_dose_at, opened_at)
        return f"it began {since:.0f} h after the last dose, {after:f} h or more"
    return f"{name} returned after it had settled" if returned else ""
