"""The running checklist in words: its head, its rows, where the patient belongs, what was given before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from dosing_portal.kernel.http import version_of
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import age, dose, moment
from schedules.rules.checklist import State
from schedules.selectors.responses import Checklist
from schedules.views.step_rows import Failed, Step, earlier_turns, step_rows


@dataclass(frozen=True, slots=True)
class StepsWords:
    """The list to work through; without one, what stands in its place."""

    title: str
    about: str
    aside: str
    site: str
    sources: str
    rows: tuple[Step, ...]
    quiet: bool
    earlier: str
    turns: tuple[str, ...]


def steps_words(
    found: Checklist, staff: Staff, at: datetime, failed: Failed | None = None, title: str = "Do now"
) -> StepsWords:
    rows = step_rows(found, staff, at, failed)
    open_rows = any(row.state in {State.OPEN, State.WAITING} for row in found.rows)
    return StepsWords(
        title=title if rows else "No emergency step",
        about=found.standing.chip.words if found.standing.chip else "",
        aside=_aside(found, at) if rows else "",
        site=found.site,
        sources="; ".join(dict.fromkeys(row.source for row in found.rows if row.source)),
        rows=rows,
        quiet=not rows or not open_rows,
        earlier=_earlier(found),
        turns=earlier_turns(found),
    )


def _aside(found: Checklist, at: datetime) -> str:
    """3 of 9 done, fever 42 min ago. Protocol northfield v4."""
    done = sum(row.state == State.DONE for row in found.rows)
    refused = sum(row.state == State.NOT_DONE for row in found.rows)
    sign = "fever" if found.event.toxicity == "crs" else "first sign"
    count = f"{done} of {len(found.rows)} done{f', {refused} not done' if refused else ''}"
    ago = f"{sign} {age(found.event.opened_at, at)} ago"
    spec = found.spec
    return f"{count}, {ago}{f'. Protocol {spec.slug} v{spec.version}' if spec else ''}"


def _earlier(found: Checklist) -> str:
    """Every tocilizumab on record, because an order counts them."""
    if found.event.toxicity != "crs":
        return ""
    named = [
        f"{moment(drug.at)}{f', {dose(Decimal(drug.mg))}' if drug.mg is not None else ''}"
        f"{' (prophylactic)' if drug.prophylactic else ''}"
        for drug in found.tocilizumab
    ]
    return f"Tocilizumab so far: {'; '.join(named) if named else 'none on record'}."


def steps_context(
    found: Checklist,
    staff: Staff,
    at: datetime,
    *,
    failed: Failed | None = None,
    list_id: str = "event-steps",
    title: str = "Do now",
) -> dict[str, Any]:
    """What ``schedules/_event_steps.html`` needs. A refusal is no part of the version: a poll leaves it."""
    words = steps_words(found, staff, at, failed, title)
    version = version_of(steps_words(found, staff, at, None, title) if failed else words)
    return {
        "event": found.event,
        "steps": words,
        "steps_id": list_id,
        "steps_version": version,
        "steps_url": f"{steps_url(found.event.pk)}?list={list_id}&version={version}",
        "may_log": may(staff, Permission.LOG_VITALS),
    }


def steps_url(event_id: UUID) -> str:
    return reverse("schedules:event-steps", args=[event_id])
