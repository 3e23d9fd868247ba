"""Who has been told of a reading, in the words of the outcome page: one row a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dosing_portal.kernel.http import version_of
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.templatetags.clinical import age, hhmm
from schedules.models import Alert, Page
from schedules.models.oncall import OnCallRole
from schedules.selectors.vitals_outcome import ToldAlert

ROLES = dict(OnCallRole.choices)


@dataclass(frozen=True, slots=True)
class ToldPerson:
    """One person: what was sent, and how far it got. ``phone`` stands where a page failed."""

    id: str
    name: str
    role: str
    note: str
    kind: str
    text: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ToldList:
    """Everyone told so far, and who comes next while nobody has it."""

    people: tuple[ToldPerson, ...]
    because: str
    holder: str
    next_words: str
    none_words: str

    @property
    def version(self) -> str:
        return version_of(self.people, self.because, self.holder, self.next_words)


def told_list(alerts: Sequence[ToldAlert], at: datetime) -> ToldList:
    """One row a person over all alerts of the reading; somebody who has it comes first."""
    pages: dict[Staff, list[tuple[Alert, Page]]] = defaultdict(list)
    for told in alerts:
        for page in told.pages:
            pages[page.recipient].append((told.alert, page))
    holders = {told.alert.acknowledged_by for told in alerts if told.alert.acknowledged_by is not None}
    rows = [_person(staff, sent, at) for staff, sent in pages.items()]
    rows += [_without_page(staff, alerts) for staff in holders if staff not in pages]
    rows.sort(key=lambda row: (row.kind != "seen", row.kind != "failed", row.name))
    return ToldList(
        people=tuple(rows),
        because="; ".join(_reason(told) for told in alerts),
        holder=", ".join(sorted(staff.name for staff in holders)),
        next_words=_next(alerts),
        none_words="" if alerts else "Nobody: this reading raised no alert.",
    )


def reason_words(told: ToldAlert) -> str:
    """Why, without the name of the alert where the reason opens with it."""
    name, because = told.alert.get_kind_display(), told.because
    return because[len(name) + 2 :] if because.lower().startswith(f"{name.lower()}: ") else because


def _reason(told: ToldAlert) -> str:
    """Fever: temperature 38.4 °C (38.0 °C or more)."""
    return f"{told.alert.get_kind_display()}: {reason_words(told)}"


def _person(staff: Staff, sent: Sequence[tuple[Alert, Page]], at: datetime) -> ToldPerson:
    pages = [page for _, page in sent]
    kind, text = _state(staff, sent, at)
    return ToldPerson(
        id=str(staff.pk),
        name=staff.name,
        role=ROLES.get(pages[0].role, ""),
        note="; ".join(dict.fromkeys(_sent(page) for page in pages)),
        kind=kind,
        text=text,
        phone=staff.phone if kind == "failed" else "",
    )


def _without_page(staff: Staff, alerts: Iterable[ToldAlert]) -> ToldPerson:
    """Somebody who answered in the portal without having been paged."""
    since = min(
        told.alert.acknowledged_at
        for told in alerts
        if told.alert.acknowledged_by_id == staff.pk and told.alert.acknowledged_at
    )
    return ToldPerson(
        str(staff.pk), staff.name, staff.get_role_display(), "", "seen", f"has this, {hhmm(since)}"
    )


def _state(staff: Staff, sent: Sequence[tuple[Alert, Page]], at: datetime) -> tuple[str, str]:
    held = [alert.acknowledged_at for alert, _ in sent if alert.acknowledged_by_id == staff.pk]
    if held and held[0] is not None:
        return "seen", f"has this, {hhmm(held[0])}"
    if all(alert.state != Alert.State.OPEN for alert, _ in sent):
        return "done", "answered"
    pages = [page for _, page in sent]
    delivered = [page.delivered_at for page in pages if page.delivered_at]
    if delivered:
        return "waiting", f"waiting {age(min(delivered), at)}"
    if all(page.failed_at for page in pages):
        return "failed", "failed"
    return "waiting", "sending"


def _sent(page: Page) -> str:
    channel = page.get_channel_display()
    if page.delivered_at:
        return f"{channel} delivered {hhmm(page.delivered_at)}"
    if page.failed_at:
        return f"{channel} failed {hhmm(page.failed_at)}: {page.last_error}"
    if page.cancelled_at:
        return f"{channel} not sent, answered before"
    return f"{channel} tried {page.attempts} times" if page.attempts > 1 else f"{channel} on its way"


def _next(alerts: Iterable[ToldAlert]) -> str:
    """Who is paged next, and when, while nobody has the first alert that is open."""
    level = next((told.level for told in alerts if not told.answered and told.level), None)
    if level is None or level.next_at is None:
        return ""
    return f"Only if unanswered at {hhmm(level.next_at)}: {level.next_role}."
