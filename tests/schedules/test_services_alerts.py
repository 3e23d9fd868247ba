"""An alert: raised once a kind, told again when it is news, stopped by one person's word."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from protocols import selectors as protocols
from protocols.rules.values import InterventionKind, Severity
from schedules.errors import ActRefused
from schedules.models import Alert, AlertEvent, ContactPoint, CourseStatus, Page
from schedules.services import alerts, escalation
from schedules.services.alerts import Reason, Subject
from tests.factories import AlertFactory, ContactPointFactory, StaffFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def dosed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    """Step-up dose 1 was given now."""
    with standing(django_db_blocker, Ward.dosed) as ward:
        yield ward


@pytest.fixture
def ward(dosed: Ward, db: None) -> Ward:
    """Four hours later."""
    ward = deepcopy(dosed)
    ward.later(hours=4)
    return ward


def history(alert: Alert) -> list[str]:
    return list(alert.history.values_list("what", flat=True))


def acknowledge(ward: Ward, alert: Alert, **changes: Any) -> Alert:
    facts: dict[str, Any] = {"alert_id": alert.pk, "by": ward.nurse, "at": ward.at, "via": "app", **changes}
    return alerts.acknowledge(**facts)


# --- raised -----------------------------------------------------------------------------------------------


def test_a_fever_is_an_alert_with_its_because_and_its_source(ward: Ward) -> None:
    outcome = ward.log("38.4")
    alert = Alert.objects.get()
    assert outcome.alerts == (alert,)
    assert (alert.kind, alert.state, alert.rung) == ("fever", "open", 0)
    assert alert.because == "temperature 38.4 °C (38.0 °C or more)"
    assert (alert.course, alert.protocol_version) == (ward.course, ward.version)
    raised = alert.history.get()
    assert (raised.what, raised.observation, raised.by) == ("raised", outcome.observation, ward.nurse)
    assert raised.source


def test_the_first_level_is_paged_at_once_and_the_second_is_due_at_its_minute(ward: Ward) -> None:
    ward.log("38.4")
    page = Page.objects.get()
    assert (page.recipient, page.address, page.role) == (ward.nurse, ward.nurse.email, "nurse")
    assert page.due_at == ward.at
    assert ward.alert().next_escalation_at == ward.at + timedelta(minutes=15)


def test_a_page_carries_initials_and_what_and_where_to_click_and_nothing_more(ward: Ward) -> None:
    ward.log("38.4")
    page = Page.objects.get()
    assert page.subject == "Act now: RS, Fever"
    assert "http://testserver/a/" in page.text
    for private in (ward.patient.family_name, ward.patient.given_name, ward.patient.mrn, "1959", "38.4"):
        assert private not in page.subject + page.text


def test_each_channel_of_each_person_on_the_level_is_paged(ward: Ward) -> None:
    ContactPointFactory(
        staff=ward.nurse, center=ward.center, kind=ContactPoint.Kind.WEBHOOK, address="https://pager.example"
    )
    ward.on_call("nurse", ward.second_nurse)
    ward.log("38.4")
    assert ward.paged() == sorted(
        [(0, ward.nurse.email), (0, "https://pager.example"), (0, ward.second_nurse.email)]
    )


def test_one_alert_a_kind(ward: Ward) -> None:
    ward.log("38.4", systolic=84, spo2=88, heart_rate=130)
    kinds = set(Alert.objects.values_list("kind", flat=True))
    assert {"fever", "hypotension", "hypoxia", "tachycardia"} <= kinds
    assert Alert.objects.count() == len(kinds)


def test_a_finding_that_comes_again_is_added_and_pages_nobody_again(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=5)
    ward.log("38.6")
    alert = Alert.objects.get()
    assert history(alert) == ["raised", "found_again"]
    assert alert.because == "temperature 38.4 °C (38.0 °C or more)"
    assert alert.history.last().because == "temperature 38.6 °C (38.0 °C or more)"  # type: ignore[union-attr]
    assert len(ward.paged()) == 1


def test_a_flood_of_fevers_is_one_alert_and_one_page(ward: Ward) -> None:
    for _ in range(12):
        ward.later(seconds=2)
        ward.log("38.4")
    assert Alert.objects.count() == 1
    assert len(history(Alert.objects.get())) == 12
    assert len(ward.paged()) == 1


# --- a rise -----------------------------------------------------------------------------------------------


def test_a_grade_above_the_maximum_is_an_alert_of_its_own(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=20)
    ward.log("38.4", systolic=84)
    rise = ward.alert("grade_rise")
    assert rise.because.startswith("CRS rose from grade 1 to 2: ")
    assert "systolic 84" in rise.because


def test_the_same_grade_and_a_fall_are_no_rise(ward: Ward) -> None:
    ward.log("38.4", systolic=84)
    for pressure in (84, 124, 84):  # back to grade 2, which the event had reached before
        ward.later(minutes=20)
        ward.log("38.4", systolic=pressure)
    assert not Alert.objects.filter(kind="grade_rise").exists()


def test_a_second_rise_pages_again_whoever_has_the_first(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=20)
    ward.log("38.4", systolic=84)
    rise = acknowledge(ward, ward.alert("grade_rise"))
    ward.later(minutes=20)
    ward.log("38.4", systolic=84, vasopressors=("norepinephrine",))
    rise.refresh_from_db()
    assert (rise.state, rise.acknowledged_by, rise.clock_from) == ("open", None, ward.at)
    assert history(rise) == ["raised", "acknowledged", "found_again", "reopened"]
    assert ward.paged(rise) == [(0, ward.nurse.email), (0, ward.nurse.email)]
    assert rise.next_escalation_at == ward.at + timedelta(minutes=15)


def test_a_rise_on_the_way_up_pages_the_level_that_was_reached(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=1)
    ward.log("38.4", systolic=84)
    escalation.escalate_due(at=ward.later(minutes=15))
    ward.later(minutes=2)
    ward.log("38.4", systolic=84, vasopressors=("norepinephrine",))
    rise = ward.alert("grade_rise")
    assert ward.paged(rise) == [(0, ward.nurse.email), (1, ward.physician.email), (1, ward.physician.email)]
    assert rise.next_escalation_at == rise.clock_from + timedelta(minutes=30)


def test_pocket_dexamethasone_taken_again_pages_again(ward: Ward) -> None:
    ward.took(InterventionKind.POCKET_DEXAMETHASONE)
    alert = acknowledge(ward, ward.alert("pocket_dexamethasone"))
    ward.later(hours=5)
    ward.took(InterventionKind.POCKET_DEXAMETHASONE)
    assert len(ward.paged(alert)) == 2


def test_a_finding_grown_more_urgent_pages_again(ward: Ward) -> None:
    """Dexamethasone without a fever asks for a look soon; unwell after it, somebody must act now."""
    ward.took(InterventionKind.DEXAMETHASONE)
    masked = acknowledge(ward, ward.alert("possibly_masked"))
    ward.later(minutes=30)
    ward.log("36.8", systolic=84)
    masked.refresh_from_db()
    assert (masked.severity, masked.state) == (2, "open")
    assert len(ward.paged(masked)) == 2


# --- acknowledged -----------------------------------------------------------------------------------------


def test_i_have_this_stops_the_climb_and_cancels_what_has_not_left(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=1)
    alert = acknowledge(ward, ward.alert())
    assert (alert.state, alert.acknowledged_by, alert.acknowledged_via) == ("acknowledged", ward.nurse, "app")
    assert (alert.next_escalation_at, alert.recheck_at) == (None, ward.at + timedelta(minutes=15))
    assert Page.objects.get().cancelled_at == ward.at
    entry = AuditEntry.objects.get(action="alert.acknowledge")
    assert (entry.by, entry.after) == (ward.nurse, {"state": "acknowledged", "via": "app"})


def test_the_board_keeps_an_answered_alert_without_its_urgency(ward: Ward) -> None:
    ward.log("38.4")
    assert CourseStatus.objects.get().open_alert_severity == 2
    alert = acknowledge(ward, ward.alert())
    status = CourseStatus.objects.get()
    assert (status.open_alert, status.open_alert_severity) == (alert, 0)


def test_the_first_person_keeps_it_and_both_are_on_record(ward: Ward) -> None:
    ward.log("38.4")
    acknowledge(ward, ward.alert())
    ward.later(seconds=4)
    second = acknowledge(ward, ward.alert(), by=ward.physician, via="link")
    assert (second.acknowledged_by, second.acknowledged_via) == (ward.nurse, "app")
    assert history(second) == ["raised", "acknowledged"]
    late = AuditEntry.objects.filter(action="alert.acknowledge").latest("id")
    assert (late.by, late.after["had_it"]) == (ward.physician, ward.nurse.name)


def test_a_double_click_is_one_entry(ward: Ward) -> None:
    ward.log("38.4")
    for _ in range(2):
        acknowledge(ward, ward.alert())
    assert AuditEntry.objects.filter(action="alert.acknowledge").count() == 1
    assert history(ward.alert()) == ["raised", "acknowledged"]


def test_an_alert_of_another_center_does_not_exist(ward: Ward) -> None:
    ward.log("38.4")
    with pytest.raises(Alert.DoesNotExist):
        acknowledge(ward, ward.alert(), by=StaffFactory())
    assert ward.alert().state == "open"


def test_several_alerts_of_one_patient_are_answered_in_one_act(ward: Ward) -> None:
    ward.log("38.4", systolic=84)
    fever, low = ward.alert("fever"), ward.alert("hypotension")
    other = AlertFactory(patient=ward.patient, course=ward.course, kind="hypoxia")
    answered = alerts.acknowledge_all(alert_id=fever.pk, also=[low.pk], by=ward.nurse, at=ward.at, via="app")
    other.refresh_from_db()
    assert {alert.kind: alert.state for alert in answered} == {
        "fever": "acknowledged",
        "hypotension": "acknowledged",
    }
    assert other.state == "open"


# --- resolved ---------------------------------------------------------------------------------------------


def test_resolving_needs_an_answer_first_and_then_a_reason(ward: Ward) -> None:
    ward.log("38.4")
    alert = ward.alert()
    with pytest.raises(ActRefused, match="Nobody has this yet"):
        alerts.resolve(alert_id=alert.pk, reason="seen", by=ward.physician, at=ward.at)
    acknowledge(ward, alert)
    with pytest.raises(ActRefused) as refused:
        alerts.resolve(alert_id=alert.pk, reason=" ", by=ward.physician, at=ward.at)
    assert refused.value.field == "reason"
    resolved = alerts.resolve(alert_id=alert.pk, reason="seen in clinic", by=ward.physician, at=ward.at)
    assert (resolved.state, resolved.resolved_by, resolved.recheck_at) == ("resolved", ward.physician, None)
    assert history(resolved)[-1] == "resolved"
    assert CourseStatus.objects.get().open_alert is None


def test_resolving_twice_changes_nothing(ward: Ward) -> None:
    ward.log("38.4")
    alert = acknowledge(ward, ward.alert())
    for person in (ward.physician, ward.nurse):
        alerts.resolve(alert_id=alert.pk, reason="seen", by=person, at=ward.at)
    alert.refresh_from_db()
    assert alert.resolved_by == ward.physician


@pytest.mark.parametrize(
    ("kind", "found", "clean"),
    [
        ("fever", {"temperature": "38.4"}, {"temperature": "36.9"}),
        ("hypotension", {"systolic": 84}, {"systolic": 118}),
        ("hypoxia", {"spo2": 88}, {"spo2": 96}),
        ("tachycardia", {"heart_rate": 130}, {"heart_rate": 96}),
    ],
)
def test_a_newer_reading_without_the_finding_settles_an_answered_alert(
    ward: Ward, kind: str, found: dict[str, str], clean: dict[str, str]
) -> None:
    ward.log(**found)
    alert = acknowledge(ward, ward.alert(kind))
    ward.later(minutes=30)
    ward.log(**dict.fromkeys(clean))  # not measured settles nothing
    alert.refresh_from_db()
    assert alert.state == "acknowledged"
    ward.later(minutes=30)
    ward.log(**clean)
    alert.refresh_from_db()
    assert (alert.state, alert.resolved_at) == ("resolved", ward.at)


def test_nobody_s_alert_is_settled_by_no_reading(ward: Ward) -> None:
    ward.log("38.4")
    ward.later(minutes=30)
    ward.log("36.9")
    assert ward.alert().state == "open"


def test_an_older_reading_typed_in_later_settles_nothing(ward: Ward) -> None:
    ward.log("38.4")
    acknowledge(ward, ward.alert())
    ward.log("36.9", taken_at=ward.at - timedelta(hours=1))
    assert ward.alert().state == "acknowledged"


def test_a_fever_after_a_settled_one_is_a_new_alert(ward: Ward) -> None:
    ward.log("38.4")
    acknowledge(ward, ward.alert())
    for temperature in ("36.9", "38.3"):
        ward.later(minutes=30)
        ward.log(temperature)
    assert list(Alert.objects.values_list("state", flat=True)) == ["resolved", "open"]
    assert ward.alert().raised_at == ward.at


# --- the edges of raise_for -------------------------------------------------------------------------------


def test_no_reason_raises_nothing(ward: Ward) -> None:
    subject = Subject(ward.patient, ward.course, ward.version.pk, protocols.spec(ward.version.pk))
    assert alerts.raise_for(subject=subject, reasons=[], by=ward.nurse, at=ward.at) == ()


def test_the_worst_reason_of_a_kind_speaks(ward: Ward) -> None:
    subject = Subject(ward.patient, ward.course, ward.version.pk, protocols.spec(ward.version.pk))
    severities = (Severity.LOOK_SOON, Severity.ACT_NOW, Severity.LOOK_SOON)
    reasons = [Reason("fever", severity, f"severity {severity}") for severity in severities]
    (alert,) = alerts.raise_for(subject=subject, reasons=reasons, by=ward.nurse, at=ward.at)
    assert (alert.severity, alert.because) == (2, "severity 2")
    assert AlertEvent.objects.count() == 1
