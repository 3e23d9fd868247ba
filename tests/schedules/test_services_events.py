"""An event is over by the protocol's rule and by name: signed resolved, its maximum confirmed, closed."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.errors import FactRefused, StaleRevision
from patients.models import EventResolution, ToxicityEvent
from patients.services import toxicity
from protocols.rules.values import IceScore, InterventionKind
from schedules.selectors.decisions import Chosen, Seen
from schedules.services import decisions, events
from tests.factories import StaffFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    """Step-up dose 1 was given now."""
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    """A fever four hours after the dose, gone two hours later."""
    ward = deepcopy(dosed)
    ward.later(hours=4)
    ward.log("38.4")
    ward.later(hours=2)
    ward.log("36.9")
    return ward


def over(ward: Ward, **changes: Any) -> ToxicityEvent:
    """A day later, read again."""
    ward.later(hours=25)
    ward.log("36.8", **changes)
    return event()


def event() -> ToxicityEvent:
    """The CRS event; a new suspicion or an ICANS event beside it is another matter."""
    return ToxicityEvent.objects.graded().get(toxicity="crs")


def sign(ward: Ward, **changes: Any) -> EventResolution:
    row = event()
    facts: dict[str, Any] = {
        "event_id": row.pk,
        "seen_revision": row.revision,
        "reason": "",
        "by": ward.physician,
    }
    return events.sign_resolved(**(facts | {"at": ward.at} | changes))


def confirm_maximum(ward: Ward, **changes: Any) -> ToxicityEvent:
    row = event()
    facts: dict[str, Any] = {
        "event_id": row.pk,
        "seen_revision": row.revision,
        "by": ward.physician,
        "at": ward.at,
    }
    return events.confirm_maximum(**(facts | changes))


def decide(ward: Ward, row: ToxicityEvent | None = None) -> None:
    row = row or event()
    decisions.decide(
        event_id=row.pk,
        chosen=Chosen("hold", reason="looks tired, wait a week"),
        seen=Seen(row.revision, None),
        client_key=uuid4(),
        by=ward.physician,
        at=ward.at,
    )


def close(ward: Ward, **changes: Any) -> ToxicityEvent:
    row = event()
    facts: dict[str, Any] = {
        "event_id": row.pk,
        "seen_revision": row.revision,
        "reason": "well",
        "by": ward.physician,
    }
    return events.close(**(facts | {"at": ward.at} | changes))


# --- resolved ---------------------------------------------------------------------------------------------


def test_a_physician_signs_what_the_rule_says_and_sees_the_masking_drugs(ward: Ward) -> None:
    ward.took(InterventionKind.TOCILIZUMAB)
    over(ward)
    signed = sign(ward)
    assert (event().resolved_at, event().resolved_by) == (ward.at, ward.physician)
    assert (len(signed.met), signed.unmet, signed.source != "") == (4, [], True)
    assert signed.masking[0] == "tocilizumab, 25 h before"
    entry = AuditEntry.objects.get(action="event.resolve")
    assert entry.after["met"] == signed.met


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"systolic": 84}, "off vasopressor, pressure not low: systolic 84 mmHg"),
        ({"ice": IceScore(total=9)}, "ICE back at baseline: ICE 9 of 10"),
        ({"spo2": 86}, "off extra oxygen, saturation not low: SpO2 86 %"),
    ],
)
def test_over_what_is_abnormal_now_nobody_can_sign(
    ward: Ward, changes: dict[str, Any], sentence: str
) -> None:
    over(ward, **changes)
    with pytest.raises(FactRefused, match=sentence):
        sign(ward, reason="I am sure", by=ward.director)
    assert (event().resolved_at, EventResolution.objects.count()) == (None, 0)


def test_what_nobody_measured_cannot_be_signed_over(ward: Ward) -> None:
    """The hours are over, and the last temperature is older than their end."""
    ward.later(hours=26)
    with pytest.raises(FactRefused, match="before those hours were over \\(not known\\)"):
        sign(ward, reason="she is well")


def test_the_waiting_time_is_cut_short_by_a_physician_with_a_reason(ward: Ward) -> None:
    ward.later(hours=6)
    ward.log("36.8")
    with pytest.raises(FactRefused) as refused:
        sign(ward)
    assert refused.value.field == "reason"
    signed = sign(ward, reason="infection excluded, antipyretic none")
    assert [line.split(":")[0] for line in signed.unmet] == ["afebrile for 24 h without antipyretic"]
    assert event().resolved_by == ward.physician


def test_it_is_signed_once_and_an_old_page_signs_nothing(ward: Ward) -> None:
    seen = over(ward)
    sign(ward)
    with pytest.raises(StaleRevision):
        sign(ward, seen_revision=seen.revision, by=ward.director)
    with pytest.raises(FactRefused, match=r"Dr\. K\. Okafor signed this at"):
        sign(ward, by=ward.director)


def test_an_event_of_another_center_cannot_be_signed(ward: Ward) -> None:
    over(ward)
    with pytest.raises(ToxicityEvent.DoesNotExist):
        sign(ward, by=StaffFactory(physician=True))


# --- what breaks a signature ------------------------------------------------------------------------------


def test_a_fever_typed_in_late_takes_the_signature_away(ward: Ward) -> None:
    over(ward)
    sign(ward)
    ward.later(hours=1)
    ward.log("38.3", taken_at=ward.at - timedelta(hours=8))
    row = event()
    assert (row.resolved_at, row.resolved_by, EventResolution.objects.count()) == (None, None, 1)
    assert (
        AuditEntry.objects.get(action="event.resolution_broken")
        .after["because"]
        .endswith("last fever 7 h 0 min ago")
    )


def test_a_correction_takes_the_signature_away(ward: Ward) -> None:
    ward.later(hours=25)
    row = ward.log("36.8").observation
    assert row is not None
    sign(ward)
    ward.amend(row, None)
    assert event().resolved_at is None


def test_an_antipyretic_typed_in_late_takes_the_signature_away(ward: Ward) -> None:
    over(ward)
    sign(ward)
    ward.took(InterventionKind.ACETAMINOPHEN, taken_at=ward.at - timedelta(hours=10))
    assert event().resolved_at is None


def test_what_changes_nothing_of_it_leaves_the_signature(ward: Ward) -> None:
    over(ward)
    sign(ward)
    ward.later(hours=1)
    ward.log("36.9")
    ward.log("37.1", taken_at=ward.at - timedelta(hours=3))
    assert event().resolved_at is not None


def test_an_early_signature_stands_while_only_time_is_missing(ward: Ward) -> None:
    ward.later(hours=6)
    ward.log("36.8")
    sign(ward, reason="infection excluded")
    ward.later(hours=1)
    ward.log("36.9")
    assert event().resolved_at is not None


# --- closed -----------------------------------------------------------------------------------------------


def test_closing_says_what_is_missing(ward: Ward) -> None:
    over(ward)
    with pytest.raises(
        FactRefused,
        match=r"Missing: resolution signed, maximum grade 1 confirmed, next-dose decision signed\.",
    ):
        close(ward)
    sign(ward)
    with pytest.raises(FactRefused, match=r"Missing: maximum grade 1 confirmed, next-dose decision signed\."):
        close(ward)


def test_a_resolved_event_with_its_maximum_confirmed_is_closed(ward: Ward) -> None:
    over(ward)
    sign(ward)
    confirm_maximum(ward)
    decide(ward)
    assert close(ward).state == "closed"
    assert AuditEntry.objects.filter(action="event.confirm_maximum").count() == 1
    assert event().confirmed_grade is None  # the grade of now is another statement


def test_a_grade_confirmed_at_its_height_is_the_maximum_confirmed(ward: Ward) -> None:
    ward.later(minutes=10)
    ward.log("38.6", systolic=84)
    row = event()
    toxicity.confirm(
        event_id=row.pk, grade=2, reason="", seen_revision=row.revision, by=ward.physician, at=ward.at
    )
    ward.later(hours=2)
    ward.log("36.8")
    over(ward)
    sign(ward)
    decide(ward)
    assert close(ward).state == "closed"


def test_a_declared_event_ends_with_the_signature(ward: Ward) -> None:
    ward.later(hours=30)
    ward.log("36.8")
    ward.close(event())
    ward.took(InterventionKind.POCKET_DEXAMETHASONE)
    masked = ToxicityEvent.objects.get(state="masked")
    events.declare(
        event_id=masked.pk,
        grade=1,
        reason="rigors",
        seen_revision=masked.revision,
        by=ward.physician,
        at=ward.at,
    )
    ward.later(hours=3)
    ward.log("36.8")
    row = ToxicityEvent.objects.get(state="open")
    events.sign_resolved(
        event_id=row.pk, seen_revision=row.revision, reason="settled", by=ward.physician, at=ward.at
    )
    row.refresh_from_db()
    assert (row.ended_at, row.closing_allowed_from) == (ward.at, ward.at)
    decide(ward, row)
    row.refresh_from_db()
    assert (
        events.close(
            event_id=row.pk, seen_revision=row.revision, reason="", by=ward.physician, at=ward.at
        ).duration_hours
        == 3
    )


# --- disagreement -----------------------------------------------------------------------------------------


def test_a_disagreement_is_kept_and_changes_nothing(ward: Ward) -> None:
    before = event()
    row = toxicity.disagree(
        event_id=before.pk, grade=2, reason="rigors, looks ill", by=ward.nurse, at=ward.at
    )
    assert (row.kind, row.at_least, row.suggested_grade, row.graded_by) == ("disagreed", 2, 0, ward.nurse)
    after = event()
    assert (after.current_grade, after.max_grade, after.confirmed_grade, after.revision) == (
        before.current_grade,
        before.max_grade,
        None,
        before.revision,
    )


@pytest.mark.parametrize(
    ("changes", "field"), [({"reason": " "}, "reason"), ({"grade": 6}, "grade"), ({"grade": 0}, "grade")]
)
def test_a_disagreement_names_another_grade_and_why(ward: Ward, changes: dict[str, Any], field: str) -> None:
    facts: dict[str, Any] = {
        "event_id": event().pk,
        "grade": 2,
        "reason": "looks ill",
        "by": ward.nurse,
        "at": ward.at,
    }
    with pytest.raises(FactRefused) as refused:
        toxicity.disagree(**(facts | changes))
    assert refused.value.field == field
