"""The sheet of all components, and the rules that hold for every template, style and script."""

import gzip
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from dosing_portal.web.gallery import samples
from tests.web.page import Page

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
STYLES = [
    ROOT / "static/css" / f"{n}.css" for n in ("tokens", "frame", "components", "lists", "forms", "print")
]
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
SPRITE = (ROOT / "templates/components/icons/sprite.html").read_text()


@pytest.fixture(scope="module")
def sheet() -> Page:
    return Page(render_to_string("web/gallery.html", samples()))


def test_the_sheet_shows_every_component(sheet: Page) -> None:
    frame_only = {"frame_poll", "tabs", "subnav", "user_menu", "icon"}
    source = "".join(path.read_text() for path in (ROOT / "templates/web").rglob("gallery*/*.html"))
    source += (ROOT / "templates/web/gallery.html").read_text() + (ROOT / "templates/base.html").read_text()
    source += "".join(path.read_text() for path in COMPONENTS)
    unseen = [path.stem for path in COMPONENTS if f"components/{path.name}" not in source]
    assert set(unseen) <= frame_only


def test_the_sheet_has_one_title_and_headings_in_order(sheet: Page) -> None:
    levels = [int(tag[1]) for tag, _ in sheet.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_no_id_stands_twice(sheet: Page) -> None:
    assert not [name for name, times in Counter(sheet.values("id")).items() if times > 1]


def test_every_glyph_that_is_used_is_drawn(sheet: Page) -> None:
    used = {value for _, attrs in sheet.tags if (value := attrs.get("href") or "").startswith("#i-")}
    assert used <= {f"#{name}" for name in re.findall(r'<symbol id="([^"]+)"', SPRITE)}
    for path in TEMPLATES:
        for name in re.findall(r'components/icon\.html" with name="([a-z-]+)"', path.read_text()):
            assert f'id="i-{name}"' in SPRITE, f"{path}: {name}"


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_every_component_says_what_it_takes(path: Path) -> None:
    assert path.read_text().startswith("{% comment %}")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_needs_an_inline_style_or_script(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert source.count("\n") <= 120


def test_styles_and_scripts_stay_within_their_weight() -> None:
    css = gzip.compress(b"".join(path.read_bytes() for path in STYLES))
    js = gzip.compress(b"".join(path.read_bytes() for path in SCRIPTS))
    assert len(css) <= 12_000
    assert len(js) <= 8_000


def tokens() -> dict[str, str]:
    found = re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", STYLES[0].read_text())
    return {
        name: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:]) for name, value in found
    }


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        ("ink", "grey-wash", 4.5),
        ("ink-2", "wash", 4.5),
        ("ink-3", "wash", 4.5),
        ("ink-3", "wash-2", 4.5),
        ("accent", "ground", 4.5),
        ("accent-ink", "accent-wash", 4.5),
        ("red", "ground", 4.5),
        ("red", "red-wash", 4.5),
        ("red-ink", "red-wash", 4.5),
        ("ground", "red", 4.5),
        ("ground", "red-deep", 4.5),
        ("amber", "amber-wash", 4.5),
        ("amber-ink", "amber-wash", 4.5),
        ("ink-2", "amber-wash", 4.5),
        ("green", "green-wash", 4.5),
        ("line-2", "ground", 3),
        ("accent", "ground", 3),
    ],
)
def test_text_can_be_read_on_its_ground(text: str, ground: str, least: float) -> None:
    light, dark = sorted((luminance(tokens()[text]), luminance(tokens()[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def test_every_custom_property_in_use_is_defined() -> None:
    source = "".join(path.read_text() for path in STYLES)
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", source))
    assert used <= set(re.findall(r"--([a-z0-9-]+):", source))
