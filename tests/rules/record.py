"""The published records as the rule tests use them."""

from __future__ import annotations

from hypothesis import strategies as st

from protocols import library
from protocols.rules.regimen import Regimen

ELRANATAMAB = library.load("elranatamab")
TECLISTAMAB = library.load("teclistamab")
TALQUETAMAB = library.load("talquetamab")
LINVOSELTAMAB = library.load("linvoseltamab")

MONO = TECLISTAMAB.schedule("monotherapy")
COMBINATION = TECLISTAMAB.schedule("combination_daratumumab")

EVERY_SCHEDULE = tuple(
    (regimen, schedule)
    for regimen in (ELRANATAMAB, TECLISTAMAB, TALQUETAMAB, LINVOSELTAMAB)
    for schedule in regimen.schedules
)
EVERY_OWN_DOSE = tuple(
    (regimen, schedule, dose.id) for regimen, schedule in EVERY_SCHEDULE for dose in schedule.own_doses
)

schedules = st.sampled_from(EVERY_SCHEDULE)
own_doses = st.sampled_from(EVERY_OWN_DOSE)
days = st.integers(min_value=0, max_value=400)


def confirmed(slug: str, *block_ids: str) -> Regimen:
    """The record with these blocks confirmed by a pharmacist, all of them when none is named."""
    hashes = library.block_hashes(slug)
    chosen = block_ids or tuple(hashes)
    return library.load(slug, {(block, hashes[block]): "Pharmacist SAMPLE" for block in chosen})
