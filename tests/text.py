"""What a page says, without its line breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Page


def text(page: Page) -> str:
    """The whole markup with every run of spaces as one, so that words can be looked for."""
    return " ".join(page.content.decode().split())
