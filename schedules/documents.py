"""Paper: data through typst into PDF. The data travel as JSON; no source is ever built from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

HAND_OFF = Path(__file__).parents[1] / "templates" / "schedules" / "hand_off.typ"


class Paper(StrEnum):
    """The two sheets that printers hold."""

    LETTER = "us-letter"
    A4 = "a4"


def hand_off_pdf(sheet: Mapping[str, object], *, paper: Paper = Paper.LETTER) -> bytes:
    """The hand-off sheet on one page, tagged for screen readers (PDF/UA-1).

    Only the fonts that come with typst are used, so that a sheet fits its page on every machine alike.
    """
    import typst

    made: object = typst.compile(
        HAND_OFF,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"sheet": json.dumps(sheet), "paper": paper.value},
        pdf_standards="ua-1",
    )
    if not isinstance(made, bytes):
        raise TypeError("typst answers a PDF in one piece")
    return made


def hand_off_pictures(sheet: Mapping[str, object], *, paper: Paper = Paper.LETTER) -> tuple[bytes, ...]:
    """The same pages as SVG, one for each page."""
    import typst

    made: object = typst.compile(
        HAND_OFF,
        format="svg",
        ignore_system_fonts=True,
        sys_inputs={"sheet": json.dumps(sheet), "paper": paper.value},
    )
    return tuple(made) if isinstance(made, list) else (made,) if isinstance(made, bytes) else ()
