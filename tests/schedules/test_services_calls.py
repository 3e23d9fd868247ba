"""Calls made and taken, and the minutes a patient waited to be called back."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Call, Patient
from patients.services.calls import Told
from schedules.services import calls
from tests.factories import AlertFactory, CenterFactory, StaffFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db
PARTY, OUTCOME = Call.Party, Call.Outcome


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    return deepcopy(dosed)


def call(ward: Ward, outcome: str = "reached", party: str = "patient", **changes: Any) -> Call:
    names = ("called_at", "rang_at", "client_key", "by")
    asked = {name: changes.pop(name) for name in names if name in changes}
    facts: dict[str, Any] = {
        "patient_id": ward.patient.pk,
        "told": Told(Call.Party(party), Call.Outcome(outcome), **changes),
        "called_at": ward.at,
        "client_key": uuid4(),
        "by": ward.nurse,
        "at": ward.at,
    }
    return calls.log(**(facts | asked))


def waited(row: Call) -> float | None:
    return None if row.asked_at is None else (row.called_at - row.asked_at).total_seconds() / 60


def test_a_call_back_is_measured_from_the_alert_to_the_first_call_that_reached_her(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=4)
    missed = call(ward, "no_answer")
    ward.later(minutes=8)
    assert (waited(missed), waited(call(ward))) == (None, 12)
    entry = AuditEntry.objects.filter(action="call.log").latest("id")
    assert (entry.after["minutes"], entry.by) == (12, ward.nurse)


def test_her_own_call_that_nobody_took_is_asked_too(ward: Ward) -> None:
    call(ward, "left_message", incoming=True)
    ward.later(minutes=7)
    assert waited(call(ward)) == 7


def test_the_time_she_rang_may_be_named(ward: Ward) -> None:
    ward.log("38.4")
    rang = ward.at - timedelta(minutes=20)
    ward.later(minutes=5)
    assert waited(call(ward, rang_at=rang)) == 25


def test_reaching_the_caregiver_counts_and_reaching_the_ward_does_not(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=3)
    assert waited(call(ward, party="emergency")) is None
    assert waited(call(ward, party="caregiver")) == 3


def test_an_alert_that_asks_the_team_to_act_waits_for_no_call(ward: Ward) -> None:
    AlertFactory(course=ward.course, kind="overdue_action", raised_at=ward.at)
    ward.later(minutes=3)
    assert waited(call(ward)) is None


def test_a_second_call_answers_nothing_new(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=3)
    call(ward)
    ward.later(minutes=3)
    assert waited(call(ward)) is None


def test_a_question_of_yesterday_is_not_answered_by_this_call(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(hours=25)
    assert waited(call(ward)) is None


def test_a_call_is_kept_with_the_event_it_is_about(ward: Ward) -> None:
    ward.log("38.4")
    row = call(ward, "no_answer", name="Tom SAMPLE", phone="555-0171")
    assert row.event is not None
    assert (row.recorded_by, row.name) == (ward.nurse, "Tom SAMPLE")


@pytest.mark.parametrize(
    ("called", "rang", "field"),
    [(6, None, "called_at"), (-60 * 24 * 40000, None, "called_at"), (0, 1, "asked_at")],
    ids=str,
)
def test_an_impossible_time_is_refused(ward: Ward, called: int, rang: int | None, field: str) -> None:
    def minute(count: int) -> datetime:
        return ward.at + timedelta(minutes=count)

    with pytest.raises(FactRefused) as refused:
        call(ward, called_at=minute(called), rang_at=None if rang is None else minute(rang))
    assert refused.value.field == field
    assert not Call.objects.exists()


def test_a_double_click_is_one_call(ward: Ward) -> None:
    key = uuid4()
    row = call(ward, client_key=key)
    with pytest.raises(AlreadyRecorded) as again:
        call(ward, client_key=key)
    assert (again.value.row, Call.objects.count()) == (row, 1)


def test_another_center_calls_nobody_here(ward: Ward) -> None:
    with pytest.raises(Patient.DoesNotExist):
        call(ward, by=StaffFactory(center=CenterFactory()))
