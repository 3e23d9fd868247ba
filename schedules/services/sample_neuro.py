"""Handwriting and a visit review of the invented patients: drawn and told here, of nobody."""

from __future__ import annotations

import math
import zlib
from datetime import datetime, timedelta
from uuid import uuid4

from dosing_portal.kernel.pictures import read
from patients.models import Patient
from patients.services.handwriting import Comparison, Written
from patients.services.visits import Said, Visit
from schedules.services import handwriting, visits
from schedules.services.stories import Cast

WROTE, REVIEWED = "TEST-00388", "TEST-00371"
"""Who wrote, and whose visit was reviewed; the other invented patients have neither yet."""

SENTENCE = "The kettle is on the shelf."
WIDTH, HEIGHT = 480, 110
STEADY, SHAKEN = 0.0, 1.0


def tell(patient: Patient, cast: Cast, at: datetime) -> None:
    if patient.mrn == WROTE:
        _wrote(patient, cast, at, hours_ago=53.5, comparison=Comparison.BASELINE, unrest=STEADY)
        _wrote(patient, cast, at, hours_ago=12.0, comparison=Comparison.AS_BASELINE, unrest=STEADY)
        _wrote(patient, cast, at, hours_ago=0.05, comparison=Comparison.CHANGED, unrest=SHAKEN)
    if patient.mrn == REVIEWED:
        asked_at = at - timedelta(hours=20)
        said = (
            Said("late_neurologic", present=False),
            Said("iec_hs_signs", present=False),
            Said("infection", present=True, grade=1, note="runny nose, no fever"),
        )
        visits.review(
            patient_id=patient.pk,
            visit=Visit("teclistamab", said),
            asked_at=asked_at,
            client_key=uuid4(),
            by=cast.nurse,
            at=asked_at,
        )


def _wrote(
    patient: Patient, cast: Cast, at: datetime, *, hours_ago: float, comparison: Comparison, unrest: float
) -> None:
    changed = comparison is Comparison.CHANGED
    when = at - timedelta(hours=hours_ago)
    handwriting.record(
        patient_id=patient.pk,
        written=Written(
            comparison=comparison,
            sentence="The ketle is the sh" if changed else SENTENCE,
            note="letters left out, line falls" if changed else "",
            photo=read(drawing(unrest)),
        ),
        taken_at=when,
        client_key=uuid4(),
        by=cast.nurse,
        at=when,
    )


def drawing(unrest: float) -> bytes:
    """A line of loops as a grey PNG: even where ``unrest`` is 0, shaken and falling where it is 1."""
    rows = [bytearray(b"\xf6" * WIDTH) for _ in range(HEIGHT)]
    for step in range(6000):
        along = step / 6000
        wave = along * 60 * math.pi
        shake = unrest * 9 * math.sin(wave * 3.7) * math.sin(along * 40)
        x = int(20 + along * (WIDTH - 40) + 7 * math.sin(wave))
        y = int(HEIGHT * 0.45 + 16 * math.cos(wave) + shake + unrest * 34 * along)
        for across in (-1, 0, 1):
            if 0 <= y + across < HEIGHT and 0 <= x < WIDTH:
                rows[y + across][x] = 0x20
    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    header = WIDTH.to_bytes(4) + HEIGHT.to_bytes(4) + b"\x08\0\0\0\0"
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4) for name, body in parts
    )
