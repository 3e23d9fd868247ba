"""A live list of a board: its heading, its rows, where it polls, and what stands there when it is empty."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dosing_portal.kernel.http import VERSION, live, version_of, wants_fragment
from schedules.selectors.boards import SIZE, Asked, Listed

LIST, PAGE = "list", "page"


@dataclass(frozen=True, slots=True)
class Empty:
    """The arguments of ``components/empty_state.html``."""

    title: str
    text: str = ""
    kind: str = "empty"
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The arguments of ``components/board_list.html``, or of a table in its place."""

    id: str
    title: str
    rows: tuple[Any, ...]
    count: int
    aside: str = ""
    every: str = "15s"
    act: bool = False
    announces: bool = False
    empty: Empty | None = None
    more: Link | None = None
    pager: tuple[Link, ...] = ()
    page: int = 0
    poll_url: str = ""
    notes: tuple[Link, ...] = ()
    noted: int = 0
    template: str = "schedules/_panel.html"

    @property
    def version(self) -> str:
        """Changes when anything that the list shows does."""
        return version_of(self.rows, self.count, self.noted)


def asked_for(request: HttpRequest, name: str, short: Mapping[str, int], size: int = SIZE) -> Asked:
    """The page of a list that an address asks for; without one, as many rows as the board itself shows."""
    page = page_asked(request) if request.GET.get(LIST) == name else 0
    return Asked(page, size) if page else Asked(1, short.get(name, size))


def page_asked(request: HttpRequest) -> int:
    """0 when the whole board is asked for."""
    typed = request.GET.get(PAGE, "")
    return min(max(int(typed), 1), 10_000) if typed.isdecimal() else 0


def addressed(panel: Panel, found: Listed[Any], request: HttpRequest) -> Panel:
    """The panel with its addresses: where it polls, the whole list, the pages before and after."""
    page = page_asked(request) if request.GET.get(LIST) == panel.id else 0
    here = {LIST: panel.id, **({PAGE: page} if page else {})}
    more = None
    if not page and found.total > len(found.rows):
        more = Link(_url(request, {LIST: panel.id, PAGE: 1}), f"All {found.total}")
    return replace(
        panel,
        more=more,
        pager=tuple(_pager(request, panel.id, page, found.pages)) if page else (),
        page=page,
        poll_url=_url(request, {**here, VERSION: panel.version}),
    )


def _pager(request: HttpRequest, name: str, page: int, pages: int) -> list[Link]:
    around = ((page - 1, "Page before"), (page + 1, "Next page"))
    links = [Link(_url(request, {LIST: name, PAGE: to}), text) for to, text in around if 1 <= to <= pages]
    return [*links, Link(request.path, "Back to the board")]


def _url(request: HttpRequest, query: Mapping[str, Any]) -> str:
    return f"{request.path}?{urlencode(query)}"


def board(
    request: HttpRequest,
    template: str,
    makers: Mapping[str, Callable[[], Panel]],
    context: Mapping[str, Any],
    apart: Collection[str] = (),
) -> HttpResponse:
    """The whole board, one of its lists on a page of its own, or one list for a poll.

    Lists that stand ``apart`` have a page of their own only.
    """
    chosen = makers.get(request.GET.get(LIST, ""))
    if chosen is None:
        panels = {name.replace("-", "_"): make() for name, make in makers.items() if name not in apart}
        return render(request, template, {**context, **panels, "panels": tuple(panels.values())})
    panel = chosen()
    whole = {**context, "panel": panel}
    if wants_fragment(request):
        return live(request, panel.version, lambda: render(request, panel.template, whole))
    return render(request, "schedules/board_page.html", whole)
