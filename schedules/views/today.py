"""Today: who needs me. Where a nurse lands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import StaffRequest
from dosing_portal.kernel.models import Center, Staff
from dosing_portal.kernel.permissions import Permission, may, require
from schedules.selectors import today as selectors
from schedules.selectors.boards import Asked, Listed
from schedules.views.panels import Empty, Panel, addressed, asked_for, board
from schedules.views.today_rows import act_row, check_row, days_of, dose_row

SHORT = {"doses-today": 20, "checks-due": 10}
NOTHING_NOW = Empty("Nothing needs you now.", "Every alert is answered, and no check is overdue.", "clear")


@require(Permission.VIEW_BOARDS)
@require_GET
def today(request: StaffRequest) -> HttpResponse:
    board_of = _Board(request, clock.now())
    makers = {
        "act-now": board_of.act_now,
        "doses-today": board_of.doses_today,
        "checks-due": board_of.checks_due,
        "next-24-hours": board_of.next_24_hours,
    }
    context = {"now": board_of.at, "title": "Today", "may_log": may(request.user, Permission.LOG_VITALS)}
    return board(request, "schedules/today.html", makers, context)


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

    def act_now(self) -> Panel:
        found = selectors.act_now(self.center, self._asked("act-now"))
        panel = Panel(
            id="act-now",
            title="Act now",
            rows=tuple(act_row(row, self.staff, self.at) for row in found.rows),
            count=found.total,
            aside="worst first, live",
            every="5s",
            act=True,
            announces=True,
            empty=Empty(
                "Nothing needs you now.", "Every alert is answered and no check is overdue.", "clear"
            ),
        )
        return addressed(panel, found, self.request)

    def doses_today(self) -> Panel:
        found = selectors.doses_today(self.center, self.at, self._asked("doses-today"))
        panel = Panel(
            id="doses-today",
            title="Doses today",
            rows=tuple(dose_row(row, self.staff, self.at) for row in found.rows),
            count=found.total,
            aside="waiting first, then given",
            empty=Empty("No dose is planned for today.", "The next days stand under Next 24 hours."),
        )
        return addressed(panel, found, self.request)

    def checks_due(self) -> Panel:
        found = selectors.checks_due(self.center, self._asked("checks-due"))
        panel = Panel(
            id="checks-due",
            title="Checks due",
            rows=tuple(check_row(row, self.staff, self.at) for row in found.rows),
            count=found.total,
            aside="soonest first",
            empty=Empty("No check is planned.", "A dose that is given opens its checks."),
        )
        return addressed(panel, found, self.request)

    def next_24_hours(self) -> Panel:
        coming = selectors.next_24_hours(self.center, self.at)
        panel = Panel(
            id="next-24-hours",
            title="Next 24 hours",
            rows=tuple(days_of(coming, self.center, self.at)),
            count=len(coming),
            empty=Empty("Nothing is planned for the next 24 hours."),
            template="schedules/_next_24_hours.html",
        )
        return addressed(panel, Listed(coming, len(coming)), self.request)
