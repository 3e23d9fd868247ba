"""Events: the physician's board. Nobody need be opened to see who is in danger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.models import Center, Staff
from dosing_portal.kernel.permissions import Permission, require
from schedules.selectors import events as selectors
from schedules.selectors.boards import Asked
from schedules.views.event_rows import alert_line, decision_line, event_line, window_line
from schedules.views.panels import Empty, Link, Panel, addressed, asked_for, board

SHORT = {"unanswered": 10, "decisions": 10, "in-window": 25}
TRENDS = 35
"""Rows of one page with a picture each: they weigh more than others."""
EVERY = "10s"
NO_EVENTS = Empty("No open events.", "A reading that meets a criterion opens one by itself.", "clear")
ALL_ANSWERED = Empty("Every alert is answered.", kind="clear")
NO_DECISIONS = Empty(
    "No dose waits for a decision.", "An event since the last dose brings one here.", "clear"
)
NOBODY_WATCHED = Empty("Nobody is in a monitoring window.", "A dose that is given opens one.")
NONE_CLOSED = Empty("No event was closed yet.")


@require(Permission.VIEW_BOARDS)
@require_GET
def event_list(request: StaffRequest) -> HttpResponse:
    board_of = _Board(request, clock.now())
    makers = {
        "open-events": board_of.open_events,
        "unanswered": board_of.unanswered,
        "decisions": board_of.decisions,
        "in-window": board_of.in_window,
        "closed": board_of.closed,
    }
    return board(request, "schedules/event_list.html", makers, {"now": board_of.at}, apart=("closed",))


@dataclass(frozen=True, slots=True)
class _Board:
    """One look at the board: by whom, when."""

    request: StaffRequest
    at: datetime

    @property
    def staff(self) -> Staff:
        return self.request.user

    @property
    def center(self) -> Center:
        return self.staff.center

    def _asked(self, name: str) -> Asked:
        return asked_for(self.request, name, SHORT)

    def open_events(self) -> Panel:
        found = selectors.open_events(self.center, self._asked("open-events"))
        lines = tuple(event_line(row, self.staff, self.at) for row in found.listed.rows)
        panel = Panel(
            id="open-events",
            title="Open events",
            rows=lines,
            count=found.listed.total,
            aside="worst first, live",
            every=EVERY,
            announces=True,
            empty=NO_EVENTS,
            notes=tuple(
                Link(line.url, f"{line.name}, {line.chip.words if line.chip else 'not graded'}")
                for line, row in zip(lines, found.listed.rows, strict=True)
                if not row.standing.confirmed and row.event.state == "open"
            ),
            noted=found.to_confirm,
            template="schedules/_open_events.html",
        )
        return addressed(panel, found.listed, self.request)

    def unanswered(self) -> Panel:
        found = selectors.unanswered(self.center, self._asked("unanswered"))
        panel = Panel(
            id="unanswered",
            title="Unanswered alerts",
            rows=tuple(alert_line(row, self.at) for row in found.rows),
            count=found.total,
            every=EVERY,
            announces=True,
            empty=ALL_ANSWERED,
            template="schedules/_unanswered.html",
        )
        return addressed(panel, found, self.request)

    def decisions(self) -> Panel:
        found = selectors.decisions(self.center, self._asked("decisions"))
        panel = Panel(
            id="decisions",
            title="Next-dose decisions",
            rows=tuple(decision_line(row, self.staff) for row in found.rows),
            count=found.total,
            every=EVERY,
            empty=NO_DECISIONS,
            template="schedules/_decisions.html",
        )
        return addressed(panel, found, self.request)

    def in_window(self) -> Panel:
        asked = asked_for(self.request, "in-window", SHORT, TRENDS)
        found = selectors.in_window(self.center, self.at, asked)
        panel = Panel(
            id="in-window",
            title="In a monitoring window",
            rows=tuple(window_line(row, self.staff, self.at) for row in found.rows),
            count=found.total,
            aside="temperature, last 24 h; the line is the fever limit",
            every=EVERY,
            empty=NOBODY_WATCHED,
            template="schedules/_in_window.html",
        )
        return addressed(panel, found, self.request)

    def closed(self) -> Panel:
        found = selectors.closed_events(self.center, self._asked("closed"))
        panel = Panel(
            id="closed",
            title="Closed events",
            rows=tuple(event_line(row, self.staff, self.at) for row in found.rows),
            count=found.total,
            aside="newest first",
            every=EVERY,
            empty=NONE_CLOSED,
            template="schedules/_open_events.html",
        )
        return addressed(panel, found, self.request)
