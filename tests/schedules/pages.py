"""Pages as a person reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer  # known to the stubs only


def words(page: bytes) -> str:
    """The page as it is read: without tags, white space folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.decode())).replace("\u00a0", " ")


def part(page: bytes, element_id: str, tag: str = "section") -> str:
    """One element of the page, as it is read."""
    found = re.search(rf'<{tag}[^>]*\bid="{element_id}".*?</{tag}>', page.decode(), re.DOTALL)
    assert found, element_id
    return words(found[0].encode())


def poll(client: Client, address: str) -> Answer:
    """Ask for a live part again, as a page does by itself."""
    return client.get(address.replace("&amp;", "&"), headers={"HX-Request": "true"})
