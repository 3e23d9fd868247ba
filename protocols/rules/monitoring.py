"""Monitoring: the label's setting after each dose, and the checks of the center's monitoring window.

Hours are elapsed hours. Sources: the monitoring blocks of the regimen, and the center's protocol for checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from protocols.rules.regimen import MonitoringBlock, MonitoringRow, Regimen, Schedule, plain
from protocols.rules.spec import CheckRule

SECONDS_IN_HOUR = 3600


@dataclass(frozen=True, slots=True)
class LabelSetting:
    """The label's hours after one dose. ``None``: the record states none for this dose."""

    hospital_hours: Decimal | None
    proximity_hours: Decimal | None
    daily_monitoring_hours: Decimal | None
    because: tuple[str, ...]
    source: str
    confirmed: bool

    @property
    def stated(self) -> bool:
        hours = (self.hospital_hours, self.proximity_hours, self.daily_monitoring_hours)
        return any(value is not None for value in hours)


def label_setting(regimen: Regimen, schedule: Schedule, dose_id: str) -> LabelSetting:
    """Where and how long the label wants the patient after this dose.

    Where two texts disagree the stricter one (the record's safe default) stands until the newer text is
    confirmed for the center. Raises ``UnknownDoseError``.
    """
    dose = schedule.dose(dose_id)
    blocks = [block for block in regimen.monitoring if _row(block, dose_id) is not None]
    if not blocks:
        words = f"the record states no hospital stay for {dose.label_name}"
        return LabelSetting(None, None, None, (words,), "", False)
    block = _standing(blocks)
    row = _row(block, dose_id) or MonitoringRow(doses=(dose_id,))
    return LabelSetting(
        hospital_hours=row.hospital_hours,
        proximity_hours=row.proximity_hours,
        daily_monitoring_hours=row.daily_monitoring_hours,
        because=(_in_words(row, dose.label_name), *_also(blocks, block, dose_id)),
        source=str(block.provenance.source or ""),
        confirmed=block.provenance.confirmed,
    )


def _row(block: MonitoringBlock, dose_id: str) -> MonitoringRow | None:
    return next((row for row in block.rows if dose_id in row.doses), None)


def _standing(blocks: Sequence[MonitoringBlock]) -> MonitoringBlock:
    newer = next((b for b in blocks if not b.safe_default and b.provenance.confirmed), None)
    return newer or next((b for b in blocks if b.safe_default), blocks[0])


def _also(blocks: Sequence[MonitoringBlock], standing: MonitoringBlock, dose_id: str) -> tuple[str, ...]:
    """The texts that say something else, so that nobody is surprised by them."""
    stands = _row(standing, dose_id)
    lines = []
    for block in blocks:
        row = _row(block, dose_id)
        if block is not standing and row is not None and row != stands:
            mark = "" if block.provenance.confirmed else ", not confirmed"
            lines.append(f"{block.applies or block.id} says otherwise{mark}: {_in_words(row, 'this dose')}")
    return tuple(lines)


def _in_words(row: MonitoringRow, dose: str) -> str:
    parts = []
    if row.hospital_hours is not None:
        hours = plain(row.hospital_hours)
        parts.append(f"{hours} h in hospital" if row.hospital_hours else "no hospital stay")
    if row.proximity_hours is not None:
        parts.append(f"{plain(row.proximity_hours)} h near the center")
    if row.daily_monitoring_hours is not None:
        parts.append(f"daily monitoring for {plain(row.daily_monitoring_hours)} h")
    return f"after {dose}: {', '.join(parts)}"


# --- the center's checks ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """The monitoring window after a dose and when its checks are due, in UTC."""

    opens_at: datetime
    closes_at: datetime
    due: tuple[datetime, ...]


def checks(given_at: datetime, rule: CheckRule) -> CheckPlan:
    """The window that a dose opens and its checks, by elapsed hours, whatever the clocks do.

    The first check is due one interval after the dose, the last at or before the end of the window. Raises
    ``ValueError`` for a time without an offset.
    """
    if given_at.tzinfo is None:
        raise ValueError("the time of a dose says its offset")
    opens_at = given_at.astimezone(UTC)
    number = int(rule.window_hours / rule.every_hours) if rule.every_hours > 0 else 0
    due = tuple(opens_at + _hours(rule.every_hours * step) for step in range(1, number + 1))
    return CheckPlan(opens_at, opens_at + _hours(rule.window_hours), due)


def _hours(value: Decimal) -> timedelta:
    return timedelta(seconds=float(value * SECONDS_IN_HOUR))
