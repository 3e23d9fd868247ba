"""The call tree: never early, level by level, the last one for ever, until somebody says "I have this"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from protocols.rules.values import InterventionKind
from schedules.models import Alert, CourseStatus, OnCallShift, Page
from schedules.services import alerts, escalation, rows
from schedules.services.rows import RowsLeftBehind
from tests.factories import AlertFactory, CenterFactory
from tests.protocol_fixtures import with_changes
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    """Step-up dose 1 was given now."""
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    """Four hours later a fever was logged."""
    ward = deepcopy(dosed)
    ward.later(hours=4)
    ward.log("38.4")
    return ward


def reachable(*roles: str) -> Ward:
    """Another ward where only these can be reached: a fever was logged."""
    ward = Ward(reachable=roles)
    ward.start()
    ward.log("38.4")
    return ward


def sweep(ward: Ward, **span: float) -> int:
    return escalation.escalate_due(at=ward.later(**span))


def history(alert: Alert) -> list[str]:
    return list(alert.history.values_list("what", flat=True))


def protocol(ward: Ward, section: str, **changes: Any) -> None:
    """The protocol version with other settings, before anything is planned on it."""
    ward.version = with_changes(ward.version, section, changes)


def rungs(*minutes: int) -> list[dict[str, str]]:
    roles = ("nurse", "physician", "director")
    return [{"role": role, "minutes": str(at)} for role, at in zip(roles, minutes, strict=False)]


# --- up the tree ------------------------------------------------------------------------------------------


def test_each_level_at_its_minute_and_never_before(ward: Ward) -> None:
    nurse, physician, director = (ward.nurse.email, ward.physician.email, ward.director.email)
    assert sweep(ward, minutes=14, seconds=59) == 0
    assert ward.paged() == [(0, nurse)]
    assert sweep(ward, seconds=1) == 1
    assert ward.paged() == [(0, nurse), (1, physician)]
    assert sweep(ward, minutes=14, seconds=59) == 0
    assert sweep(ward, seconds=1) == 1
    assert ward.paged() == [(0, nurse), (1, physician), (2, director)]


def test_the_last_level_repeats_until_somebody_answers(ward: Ward) -> None:
    for _ in range(5):
        assert sweep(ward, minutes=15) == 1
    alert = ward.alert()
    assert (alert.rung, alert.repeats) == (2, 3)
    assert [rung for rung, _ in ward.paged()] == [0, 1, 2, 2, 2, 2]
    assert alert.next_escalation_at == ward.at + timedelta(minutes=15)


def test_the_climb_is_on_record(ward: Ward) -> None:
    sweep(ward, minutes=15)
    moved = ward.alert().history.last()
    assert moved is not None
    assert (moved.what, moved.rung, moved.because, moved.by) == ("escalated", 1, "physician", ward.system)


def test_a_second_sweep_of_the_same_moment_moves_nothing(ward: Ward) -> None:
    assert sweep(ward, minutes=15) == 1
    assert sweep(ward) == 0
    assert len(ward.paged()) == 2


def test_after_an_outage_the_levels_follow_a_minute_apart(ward: Ward) -> None:
    assert sweep(ward, hours=3) == 1
    assert ward.alert().rung == 1
    assert sweep(ward, seconds=59) == 0
    assert sweep(ward, seconds=1) == 1
    assert ward.alert().rung == 2


def test_a_first_level_that_is_due_later_is_not_paged_early() -> None:
    ward = Ward()
    protocol(ward, "call_tree", rungs=rungs(5, 20))
    ward.start()
    ward.log("38.4")
    assert ward.paged() == []
    assert ward.alert().next_escalation_at == ward.at + timedelta(minutes=5)
    assert sweep(ward, minutes=4, seconds=59) == 0
    assert sweep(ward, seconds=1) == 1
    assert ward.paged() == [(0, ward.nurse.email)]
    assert ward.alert().next_escalation_at == ward.at + timedelta(minutes=15)
    sweep(ward, minutes=15)
    assert ward.paged()[-1] == (1, ward.physician.email)


def test_a_running_alert_follows_the_version_its_course_is_pinned_to(ward: Ward) -> None:
    with_changes(ward.version, "call_tree", {"rungs": rungs(0, 1, 2)})
    assert sweep(ward, minutes=14) == 0
    assert ward.alert().protocol_version == ward.version


# --- who can be reached -----------------------------------------------------------------------------------


def off_call(*roles: str) -> None:
    OnCallShift.objects.filter(role__in=roles).delete()


def test_a_level_with_nobody_on_call_is_passed_at_once() -> None:
    ward = reachable("physician", "director")
    assert ward.paged() == [(1, ward.physician.email)]
    assert history(ward.alert()) == ["raised", "nobody_on_call"]
    assert ward.alert().next_escalation_at == ward.at + timedelta(minutes=30)


def test_a_person_without_a_contact_point_cannot_be_reached(dosed: Ward, db: None) -> None:
    ward = deepcopy(dosed)
    ward.nurse.contact_points.update(ended_at=ward.at, ended_by=ward.administrator)
    ward.log("38.4")
    assert ward.paged() == [(1, ward.physician.email)]


def test_a_person_who_left_cannot_be_reached(dosed: Ward, db: None) -> None:
    ward = deepcopy(dosed)
    type(ward.nurse).objects.filter(pk=ward.nurse.pk).update(is_active=False)
    ward.log("38.4")
    assert ward.paged() == [(1, ward.physician.email)]


def test_a_gap_in_the_middle_is_passed_on_the_way_up(ward: Ward) -> None:
    off_call("physician")
    sweep(ward, minutes=15)
    assert ward.paged()[1:] == [(2, ward.director.email)]
    assert history(ward.alert()) == ["raised", "nobody_on_call", "escalated"]


def test_where_the_last_level_has_nobody_all_who_are_on_call_are_paged(ward: Ward) -> None:
    off_call("director")
    sweep(ward, minutes=15)
    sweep(ward, minutes=15)
    assert ward.paged()[2:] == sorted([(2, ward.nurse.email), (2, ward.physician.email)])


def test_with_nobody_on_call_at_all_the_alert_stays_open_and_is_tried_again() -> None:
    ward = reachable()
    assert ward.paged() == []
    assert ward.alert().next_escalation_at is not None
    ward.on_call("nurse", ward.nurse)
    later = ward.alert().next_escalation_at
    assert later is not None
    escalation.escalate_due(at=later)
    assert ward.paged() == [(2, ward.nurse.email)]


def test_a_shift_that_ended_before_the_level_was_due_is_not_paged() -> None:
    ward = Ward.dosed(reachable=("nurse",))
    ward.on_call("physician", ward.physician, ends_at=ward.at + timedelta(minutes=10))
    ward.on_call("physician", ward.director, starts_at=ward.at + timedelta(minutes=10))
    ward.log("38.4")
    sweep(ward, minutes=15)
    assert ward.paged()[1:] == [(1, ward.director.email)]


def test_when_every_page_of_a_level_failed_for_good_the_next_one_does_not_wait(ward: Ward) -> None:
    escalation.go_on_now(alert_id=ward.alert().pk, at=ward.later(minutes=1))
    assert sweep(ward) == 1
    assert ward.paged()[1:] == [(1, ward.physician.email)]
    assert ward.alert().next_escalation_at == ward.at + timedelta(minutes=29)


def test_the_last_level_hurries_once_and_then_asks_everybody(ward: Ward) -> None:
    sweep(ward, minutes=15)
    sweep(ward, minutes=15)
    Page.objects.filter(rung=2).update(failed_at=ward.at)
    escalation.go_on_now(alert_id=ward.alert().pk, at=ward.at)
    assert sweep(ward) == 1
    everybody = {ward.nurse.email, ward.physician.email, ward.director.email}
    again = Page.objects.filter(rung=2, failed_at=None).values_list("address", flat=True)
    assert set(again) == everybody
    escalation.go_on_now(alert_id=ward.alert().pk, at=ward.at)
    assert sweep(ward) == 0


# --- answered, and then nothing ---------------------------------------------------------------------------


def answered(ward: Ward) -> Alert:
    return alerts.acknowledge(alert_id=ward.alert().pk, by=ward.nurse, at=ward.at, via="app")


def test_nothing_leaves_between_the_answer_and_the_recheck(ward: Ward) -> None:
    answered(ward)
    assert sweep(ward, minutes=14, seconds=59) == 0
    assert not Page.objects.undelivered().exists()


def test_answered_and_nothing_recorded_since_it_opens_again(ward: Ward) -> None:
    alert = answered(ward)
    assert sweep(ward, minutes=15) == 1
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by, alert.recheck_at) == ("open", None, None)
    assert alert.next_escalation_at == ward.at + timedelta(minutes=15)
    assert history(alert) == ["raised", "acknowledged", "reopened"]
    assert ward.paged() == [(0, ward.nurse.email), (0, ward.nurse.email)]
    assert CourseStatus.objects.get().open_alert_severity == 2


def test_it_opens_again_once_a_period(ward: Ward) -> None:
    for _ in range(3):
        answered(ward)
        assert sweep(ward, minutes=15) == 1
        assert sweep(ward) == 0
    assert len(ward.paged()) == 4


@pytest.mark.parametrize("act", ["reading", "drug"])
def test_something_recorded_since_shows_that_somebody_is_at_work(ward: Ward, act: str) -> None:
    alert = answered(ward)
    ward.later(minutes=5)
    if act == "reading":
        ward.log("38.6")
    else:
        ward.took(InterventionKind.ACETAMINOPHEN)
    assert sweep(ward, minutes=10) == 0
    alert.refresh_from_db()
    assert (alert.state, alert.recheck_at) == ("acknowledged", None)


def test_a_protocol_may_leave_answered_alerts_alone() -> None:
    ward = Ward()
    protocol(ward, "call_tree", recheck_minutes="0")
    ward.start()
    ward.log("38.4")
    answered(ward)
    assert sweep(ward, days=1) == 0


# --- one row does not hold up another ---------------------------------------------------------------------


def test_an_alert_that_cannot_be_moved_holds_up_no_other_and_is_not_silent(
    ward: Ward,
) -> None:
    no_system_account = CenterFactory()
    poison = AlertFactory(
        course__patient__center=no_system_account, clock_from=ward.at - timedelta(hours=1), kind="fever"
    )
    ward.later(minutes=15)
    with pytest.raises(RowsLeftBehind, match="1 of 2 due rows"):
        escalation.escalate_due(at=ward.at)
    assert ward.alert().rung == 1
    poison.refresh_from_db()
    assert poison.rung == 0


def test_a_row_that_was_moved_meanwhile_does_not_count() -> None:
    asked: list[object] = []

    def act(row_id: object) -> bool:
        asked.append(row_id)
        return len(asked) == 1

    ids: Sequence[Any] = ("first", "second")
    assert rows.one_by_one(ids, act) == 1
    assert asked == ["first", "second"]
