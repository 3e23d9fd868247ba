"""Visits the running demo as a person would: finds the sign-in form, fills it in, looks at what follows."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

TIMEOUT_SECONDS = 10
LANDMARK = "Today"


class VisitorError(RuntimeError):
    """A page did not answer as it should."""


class SignInForm(HTMLParser):
    """The form that asks for a password: where it goes, and its fields with their values."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.password_field = ""
        self.user_field = ""
        self._is_inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form" and not self.password_field:
            self.action, self.fields, self.user_field = given.get("action", ""), {}, ""
            self._is_inside = True
        if tag == "input" and self._is_inside and given.get("name"):
            self._take(given["name"], given.get("type", "text"), given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False

    def _take(self, name: str, kind: str, value: str) -> None:
        if kind in {"submit", "button"}:
            return
        self.fields[name] = value
        if kind == "password":
            self.password_field = name
        elif kind in {"text", "email"} and not self.user_field:
            self.user_field = name


class Visitor:
    """A browser without a screen."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False  # a proxy of this machine leads nowhere

    def is_answered(self) -> bool:
        """Whether anything answers at the address yet."""
        try:
            self.session.get(f"{self.address}/health/", timeout=TIMEOUT_SECONDS)
        except requests.RequestException:
            return False
        return True

    def check(self, logins: Sequence[str]) -> None:
        """Sign in with the first sample login, see the first page and the health page; or VisitorError."""
        if not logins:
            raise VisitorError("The sample center printed no login.")
        user, password = logins[0].split()[:2]
        asked = self._ask("GET", f"{self.address}/")
        form = SignInForm(asked.text)
        if not form.password_field or not form.user_field:
            raise VisitorError(f"{asked.url} shows no sign-in form.")
        filled = {**form.fields, form.user_field: user, form.password_field: password}
        landed = self._ask("POST", urljoin(asked.url, form.action or asked.url), filled, referrer=asked.url)
        if landed.url != f"{self.address}/" or LANDMARK not in landed.text:
            raise VisitorError(f"After signing in, {user} came to {landed.url} instead of Today.")
        self._ask("GET", f"{self.address}/health/")

    def _ask(
        self, method: str, url: str, form: dict[str, str] | None = None, referrer: str = ""
    ) -> requests.Response:
        headers = {"Referer": referrer} if referrer else {}
        try:
            answer = self.session.request(method, url, data=form, headers=headers, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise VisitorError(f"{url} did not answer: {error}") from error
        if answer.status_code != requests.codes.ok:
            raise VisitorError(f"{url} answered {answer.status_code}.")
        return answer
