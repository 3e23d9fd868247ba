"""The small scripts, in Chromium, under the content policy. The test is the server."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.template import engines
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Dialog, Page, Route, expect, sync_playwright

from dosing_portal.web.gallery import ROWS, samples

HOST = "http://portal.test"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'"
)
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
Answer = tuple[int, str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "Chromium is missing: apt-get install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


class Site:
    """Answers every request of one page, and remembers what was posted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers: dict[str, Callable[[], Answer]] = {}
        self.posted: list[str] = []
        self.complaints: list[str] = []
        page.on("console", lambda message: self._listen(message.type, message.text))
        page.route("**/*", self._answer)

    def _listen(self, kind: str, words: str) -> None:
        if (
            kind == "error"
            and "Failed to load resource" not in words
            and "Response Status Error" not in words
        ):
            self.complaints.append(words)

    def _answer(self, route: Route) -> None:
        path = "/" + route.request.url.removeprefix(HOST).partition("?")[0].lstrip("/")
        if route.request.method == "POST":
            self.posted.append(path)
        if path.startswith("/static/"):
            file = Path(str(finders.find(path.removeprefix("/static/"))))
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
            return
        status, body = self.answers[path]() if path in self.answers else (204, "")
        route.fulfill(
            status=status, body=body, content_type="text/html", headers={"Content-Security-Policy": POLICY}
        )

    def open(self, markup: str) -> Page:
        self.answers["/"] = lambda: (200, markup)
        self.page.goto(f"{HOST}/")
        return self.page


@pytest.fixture
def site(browser: Browser) -> Iterator[Site]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    opened = Site(page)
    yield opened
    page.close()
    assert opened.complaints == []


def frame(**values: Any) -> SimpleNamespace:
    place = SimpleNamespace(name="Today", url="/", current=True)
    person = SimpleNamespace(name="Dr. Okafor", role_label="physician", phone="555-0142")
    beat = SimpleNamespace(late=False, age_seconds=8, last_sweep_label="14:32", age_label="8 s")
    return SimpleNamespace(
        places=[place, place, place],
        on_call=[person],
        heartbeat=beat,
        user_id="1",
        warning_seconds=60,
        **values,
    )


def page_with(main: str, **values: Any) -> str:
    """A whole page around `main`, which may use every component."""
    template = engines["django"].from_string(
        '{% extends "base.html" %}'
        '{% block head %}<script src="/static/js/vitals.js" defer></script>{% endblock %}'
        "{% block main %}<h1>Test</h1>" + main + "{% endblock %}"
    )
    return template.render({"frame": frame(), "csrf_token": "x", **values})


def act_now(rows: list[dict[str, Any]]) -> str:
    return render_to_string(
        "components/board_list.html",
        {
            "id": "act-now",
            "title": "Act now",
            "count": len(rows),
            "rows": rows,
            "act": True,
            "critical": True,
            "announces": True,
            "poll_url": "/act-now/",
            "every": "1s",
        },
    )


def row(number: int, **values: Any) -> dict[str, Any]:
    return ROWS[0] | {"id": str(number), "name": f"SAMPLE, Ruth{number}"} | values


# --- the sheet ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_axe_finds_nothing_on_the_sheet_and_nothing_scrolls_sideways(site: Site, width: int) -> None:
    site.page.set_viewport_size({"width": width, "height": 900})
    page = site.open(render_to_string("web/gallery.html", {**samples(), "frame": frame()}))
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# --- frame.js -----------------------------------------------------------------------------------------------


def test_slash_goes_to_the_search_and_escape_leaves_it(site: Site) -> None:
    page = site.open(page_with('<input id="other" aria-label="Other">'))
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#search")).not_to_be_focused()
    page.locator("#other").focus()
    page.keyboard.press("/")
    expect(page.locator("#other")).to_have_value("/")


def test_a_second_press_sends_nothing_more(site: Site) -> None:
    page = site.open(
        page_with('<form method="post" action="/save/"><button class="button">Save vitals</button></form>')
    )
    button = page.locator("main button")
    page.evaluate("const b = document.querySelector('main button'); b.click(); b.click()")
    expect(button).to_have_text("Saving ...")
    expect(button).to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(300)
    assert site.posted == ["/save/"]


def test_a_button_that_is_not_ready_leads_to_its_blockers(site: Site) -> None:
    main = (
        '<ul id="blockers"><li>Platelets</li></ul><form method="post" action="/save/">'
        '<button aria-disabled="true" data-blockers="#blockers">Not ready: 1 blocker</button></form>'
    )
    page = site.open(page_with(main))
    page.get_by_text("Not ready").dispatch_event("click")
    expect(page.locator("#blockers")).to_be_focused()
    assert site.posted == []


def test_a_link_of_the_summary_puts_the_cursor_into_its_field(site: Site) -> None:
    page = site.open(page_with('<a href="#id_spo2">SpO2</a><input id="id_spo2" value="9" aria-label="SpO2">'))
    page.get_by_role("link", name="SpO2").click()
    expect(page.locator("#id_spo2")).to_be_focused()
    page.keyboard.type("96")
    expect(page.locator("#id_spo2")).to_have_value("96")


def test_leaving_typed_values_asks_first(site: Site) -> None:
    page = site.open(page_with('<form data-guard method="post"><input id="t" aria-label="T"></form>'))
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.reload()
    assert asked == []
    page.locator("#t").press_sequentially("38.4")
    page.reload()
    assert asked == ["beforeunload"]


# --- vitals.js ----------------------------------------------------------------------------------------------


def open_fields(site: Site) -> Page:
    main = '{% include "web/gallery/fields.html" %}'
    return site.open(page_with(main, **samples()))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("38.4", "°C = 101.1 °F"),
        ("38,4", "°C = 101.1 °F"),
        ("101.5", "°F = 38.6 °C"),
        ("", "°C"),
        ("hot", "°C"),
    ],
)
def test_the_other_unit_is_shown_while_typing(site: Site, typed: str, shown: str) -> None:
    page = open_fields(site)
    page.locator("#id_echo").fill(typed)
    expect(page.locator("[data-echo=id_echo]")).to_have_text(shown)


def test_taps_are_counted_and_untouched_is_not_a_score(site: Site) -> None:
    page = open_fields(site)
    count = page.locator("#id_taps [data-count]")
    expect(count).to_have_text(": 2 of 5")
    page.get_by_label("Year").uncheck()
    page.get_by_label("Month").uncheck()
    expect(count).to_have_text("")


def test_one_press_attests_what_it_names_and_a_change_withdraws_it(site: Site) -> None:
    page = open_fields(site)
    attest = page.get_by_label("Checked: nothing in either")
    attest.check()
    expect(page.locator("#id_choice_open").get_by_label("None")).to_be_checked()
    page.locator("#id_choice_open").get_by_label("More").check()
    expect(attest).not_to_be_checked()


def test_neither_and_its_neighbors_exclude_each_other(site: Site) -> None:
    page = open_fields(site)
    page.get_by_label("Acetaminophen").check()
    expect(page.get_by_label("Neither")).not_to_be_checked()
    page.get_by_label("Neither").check()
    expect(page.get_by_label("Acetaminophen")).not_to_be_checked()


def test_a_part_opens_with_the_answer_that_needs_it(site: Site) -> None:
    main = (
        '<form data-vitals><label><input type="radio" name="taken" value="now" checked>Now</label>'
        '<label><input type="radio" name="taken" value="earlier">Earlier</label>'
        '<p data-when="taken=earlier">At what time?</p></form>'
    )
    page = site.open(page_with(main))
    expect(page.get_by_text("At what time?")).to_be_hidden()
    page.get_by_label("Earlier").check()
    expect(page.get_by_text("At what time?")).to_be_visible()


# --- live.js ------------------------------------------------------------------------------------------------


def test_a_new_row_is_marked_and_read_out_once(site: Site) -> None:
    site.answers["/act-now/"] = lambda: (200, act_now([row(1), row(2)]))
    page = site.open(page_with(act_now([row(1)])))
    expect(page.locator("#row-2")).to_have_class(re.compile("changed"))
    expect(page.locator("#announce")).to_have_text("New: SAMPLE, Ruth2, CRS grade 2")
    assert "changed" not in (page.locator("#row-1").get_attribute("class") or "")


def test_a_list_with_focus_inside_waits_and_says_so(site: Site) -> None:
    site.answers["/act-now/"] = lambda: (200, act_now([row(2), row(1)]))
    page = site.open(page_with(act_now([row(1)])))
    page.locator("#do-1").focus()
    expect(page.locator("#announce")).to_have_text("1 new")
    expect(page.locator("#row-2")).to_have_count(0)
    page.locator("#search").focus()
    expect(page.locator("#row-2")).to_have_count(1)


def test_what_was_unfolded_stays_unfolded(site: Site) -> None:
    def body(words: str) -> str:
        return (
            '<section id="part" hx-get="/part/" hx-trigger="every 1s" hx-swap="outerHTML" data-poll>'
            f'<h2>{words}</h2><details id="why"><summary>Source</summary>Label</details></section>'
        )

    site.answers["/part/"] = lambda: (200, body("new"))
    page = site.open(page_with(body("old")))
    page.get_by_text("Source").click()
    expect(page.get_by_role("heading", name="new")).to_be_visible()
    expect(page.get_by_text("Label")).to_be_visible()


def test_two_failed_polls_say_that_the_list_is_not_live_and_whom_to_ring(site: Site) -> None:
    down = [True]
    site.answers["/act-now/"] = lambda: (503, "") if down[0] else (204, "")
    page = site.open(page_with(act_now([row(1)])))
    expect(page.locator("#act-now h2")).to_contain_text("not live")
    expect(page.locator("#act-now")).to_contain_text("Do not rely on this list. Reload, or ring 555-0142.")
    down[0] = False
    expect(page.locator("#act-now .not-live")).to_have_count(0)
    expect(page.locator("#act-now")).not_to_contain_text("Do not rely")


def test_a_page_without_answers_says_that_it_is_not_live(site: Site) -> None:
    site.page.clock.install()
    site.answers["/act-now/"] = lambda: (503, "")
    page = site.open(page_with(act_now([row(1)])))
    page.clock.run_for(36_000)
    expect(page.locator("#heartbeat")).to_contain_text("This page is not live since")
    expect(page.locator("#heartbeat").get_by_role("button", name="Reload")).to_be_visible()


def test_a_countdown_is_redrawn_in_the_servers_words(site: Site) -> None:
    site.page.clock.install(time="2026-11-19T19:00:00Z")
    clock = '{% include "components/countdown.html" with text="28 min left" due_at=due_at tick=True %}'
    page = site.open(page_with(clock, due_at="2026-11-19T19:28:00Z"))
    page.clock.run_for(5 * 60_000)
    expect(page.locator(".countdown strong")).to_have_text("23 min left")


def test_the_preview_names_the_button_and_a_failed_one_never_blocks(site: Site) -> None:
    answers = iter([(200, '<p data-save-label="Save vitals, CRS grade 1">CRS grade 1</p>'), (503, "")])
    site.answers["/preview/"] = lambda: next(answers, (503, ""))
    main = (
        '<form id="f" method="post"><input id="t" name="t" aria-label="T">'
        "<button data-save>Save vitals</button></form>"
        '<div id="preview" hx-post="/preview/" hx-include="#f" hx-trigger="input from:#f delay:300ms"'
        ' data-failed="Preview not available. You can save."></div>'
    )
    page = site.open(page_with(main))
    page.locator("#t").press_sequentially("38")
    expect(page.locator("[data-save]")).to_have_text("Save vitals, CRS grade 1")
    page.locator("#t").press_sequentially(".4")
    expect(page.locator("#preview")).to_have_text("Preview not available. You can save.")
    expect(page.locator("[data-save]")).to_be_enabled()
