"""Count what there is of a drug at one place. A count is a fact: the next one stands instead of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Staff
from protocols.models import StockCount

DOUBLE_CLICK = timedelta(seconds=10)


@transaction.atomic
def count(
    *,
    place: str,
    product: str,
    mg: Decimal,
    vial_mg: Decimal | None,
    expires_on: date | None,
    by: Staff,
    at: datetime,
) -> StockCount:
    """Record how many milligrams there are; ``place`` is empty for the clinic itself.

    ``vial_mg`` is the strength of the vials, for counting a shortage in vials. A double click is one row.
    """
    name = place.strip()
    same = StockCount.objects.filter(
        center_id=by.center_id, place=name, counted_by=by, mg=mg, counted_at__gt=at - DOUBLE_CLICK
    ).first()
    if same is not None:
        return same
    row = StockCount.objects.create(
        center_id=by.center_id,
        place=name,
        product=product.strip(),
        mg=mg,
        vial_mg=vial_mg,
        expires_on=expires_on,
        counted_at=at,
        counted_by=by,
    )
    audit.record("stock.count", row, by=by, at=at, after={"place": name, "mg": row.mg})
    return row
