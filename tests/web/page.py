"""A rendered template, read the way people and their readers do."""

from html.parser import HTMLParser
from typing import Any

from django.template.loader import render_to_string


class Page(HTMLParser):
    """Tags with their attributes, and the text that people see or hear."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def values(self, attribute: str) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get(attribute)) is not None]

    def having(self, attribute: str, value: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.tags if attrs.get(attribute) == value]


def component(name: str, **arguments: Any) -> Page:
    return Page(render_to_string(f"components/{name}.html", arguments))
