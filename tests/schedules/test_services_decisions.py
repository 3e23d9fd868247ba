"""A physician signs what becomes of the next dose: reasons, what nobody overrides, what follows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from dosing_portal.kernel.models import AuditEntry
from patients.errors import AlreadyRecorded, StaleRevision
from patients.models import ToxicityEvent
from schedules.errors import ActRefused
from schedules.models import MonitoringCheck, NextDoseDecision, PlannedDose, TreatmentCourse
from schedules.selectors import decisions as selectors
from schedules.selectors.sheet import Override
from schedules.services import courses
from schedules.services.decisions import Seen
from tests.factories import StaffFactory
from tests.schedules.aftermath import Aftermath

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Aftermath:
    return Aftermath().begun()


def titles(scene: Aftermath) -> list[str]:
    return [found.title for found in scene.sheet(scene.course).objections if found.field == "event"]


# --- what is written --------------------------------------------------------------------------------------


def test_the_records_confirmed_answer_is_signed_as_it_is(scene: Aftermath) -> None:
    row = scene.decide(scene.event(grade=2))
    assert (row.choice, row.suggested, row.grade, row.recurrent) == ("give", "hold_until_resolved", 2, False)
    assert (row.premedicate, row.hospital_hours, row.place) == (True, Decimal(48), "hospital")
    assert (row.duration_minutes, row.conditions, row.confirmed) == (20 * 60, ["CRS resolved"], True)
    assert (row.decided_by, row.reason, row.source != "") == (scene.physician, "", True)
    entry = AuditEntry.objects.get(action="dose.decide")
    assert (entry.by, entry.patient_id) == (scene.physician, scene.patient.pk)
    assert entry.after["choice"] == "give"


def test_the_director_may_sign_and_nobody_else(scene: Aftermath) -> None:
    event = scene.event()
    for person in (scene.nurse, scene.pharmacist, scene.administrator):
        with pytest.raises(ActRefused, match="A physician decides"):
            scene.decide(event, by=person)
    assert scene.decide(event, by=scene.director).decided_by == scene.director


def test_the_event_of_another_center_does_not_exist(scene: Aftermath) -> None:
    stranger = StaffFactory(physician=True)
    with pytest.raises(ToxicityEvent.DoesNotExist):
        scene.decide(scene.event(), by=stranger)


def test_the_same_submission_is_one_decision(scene: Aftermath) -> None:
    event, key = scene.event(), uuid4()
    row = scene.decide(event, client_key=key)
    with pytest.raises(AlreadyRecorded) as again:
        scene.decide(event, client_key=key)
    assert again.value.row == row
    assert NextDoseDecision.objects.count() == 1


# --- reasons ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"premedicate": False}, "looser than the record asks: premedicate"),
        ({"premedicate": None}, "looser than the record asks: premedicate"),
        ({"hospital_hours": Decimal(24)}, "looser than the record asks: 48 h in hospital"),
        ({"hospital_hours": None}, "looser than the record asks: 48 h in hospital"),
        ({"hospital_hours": Decimal(72)}, "more than the record asks: 48 h in hospital"),
        ({"daily_monitoring_hours": Decimal(48)}, "more than the record asks: no hours watched daily"),
    ],
)
def test_another_condition_than_the_records_needs_a_reason(
    scene: Aftermath, changes: dict[str, Any], why: str
) -> None:
    event = scene.event(grade=2)
    with pytest.raises(ActRefused) as refused:
        scene.decide(event, **changes)
    assert refused.value.field == "reason"
    assert why in refused.value.sentence
    assert scene.decide(event, reason="discussed with the pharmacist", **changes).reason


@pytest.mark.parametrize("choice", ["hold", "discontinue"])
def test_another_choice_than_the_records_needs_a_reason(scene: Aftermath, choice: str) -> None:
    event = scene.event(grade=2)
    with pytest.raises(ActRefused, match="not what the record asks: give when resolved"):
        scene.decide(event, choice, told=("patient",))
    assert scene.decide(event, choice, told=("patient",), reason="frail, wishes to pause").choice == choice


def test_unconfirmed_text_is_used_only_with_a_reason() -> None:
    scene = Aftermath(regimen="elranatamab", schedule="standard", confirmed=False)
    scene.start()
    scene.give(checker=scene.physician, deviation_reason="label read today")
    event = scene.event(grade=1)
    with pytest.raises(ActRefused, match="nobody at this center confirmed"):
        scene.decide(event)
    row = scene.decide(event, reason="label of March read")
    assert (row.confirmed, row.reason) == (False, "label of March read")


def test_without_a_row_the_physician_decides_and_says_why(scene: Aftermath) -> None:
    event = scene.event(grade=3, lasted=None)  # the record waits for the length
    with pytest.raises(ActRefused, match="no row"):
        scene.decide(event, "hold")
    assert scene.decide(event, "hold", reason="until it is known how long it lasts").suggested == ""


# --- second decisions -------------------------------------------------------------------------------------


def test_the_second_physician_is_told_what_was_decided_and_by_whom(scene: Aftermath) -> None:
    event = scene.event()
    scene.decide(event)
    with pytest.raises(ActRefused) as refused:
        scene.decide(event, "hold", reason="wait", by=scene.director, seen=Seen(event.revision, None))
    assert "Dr. K. Okafor decided at" in refused.value.sentence
    assert "give when resolved. Nothing was changed." in refused.value.sentence
    assert NextDoseDecision.objects.get().choice == "give"


def test_a_new_decision_supersedes_with_a_reason(scene: Aftermath) -> None:
    event = scene.event()
    first = scene.decide(event)
    with pytest.raises(ActRefused, match="nothing changed since"):
        scene.decide(event)
    second = scene.decide(event, "hold", reason="platelets fall")
    assert second.supersedes == first
    assert titles(scene) == ["Held after CRS"]
    assert AuditEntry.objects.filter(action="dose.decide").count() == 2


def test_a_page_of_an_older_event_is_refused(scene: Aftermath) -> None:
    event = scene.event()
    with pytest.raises(StaleRevision):
        scene.decide(event, seen=Seen(event.revision + 1, None))
    assert not NextDoseDecision.objects.exists()


# --- the lock ---------------------------------------------------------------------------------------------


def test_the_dose_is_locked_until_the_event_is_over_and_decided_on(scene: Aftermath) -> None:
    event = scene.event(lasted=None)
    assert titles(scene) == ["CRS not resolved"]
    scene.decide(event)
    assert titles(scene) == ["CRS not resolved"]
    for name, value in scene._closed(event.opened_at).items():
        setattr(event, name, value)
    event.save()
    assert titles(scene) == []


def test_nobody_overrides_an_event_that_nobody_decided_on(scene: Aftermath) -> None:
    scene.event()
    (found,) = (found for found in scene.sheet(scene.course).objections if found.field == "event")
    assert (found.title, found.override) == ("CRS: next dose not decided", Override.NOBODY)


def test_possibly_masked_locks_the_dose(scene: Aftermath) -> None:
    scene.event(lasted=None, state=ToxicityEvent.State.MASKED)
    assert titles(scene) == ["CRS possibly masked"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_grade": 3}, "decided at grade 2, now grade 3: decide again"),
        ({"max_grade": 1}, "decided at grade 2, now grade 1: decide again"),
    ],
)
def test_a_decision_opens_nothing_after_the_event_changed(
    scene: Aftermath, changes: dict[str, int], words: str
) -> None:
    event = scene.event(grade=2)
    scene.decide(event)
    ToxicityEvent.objects.filter(pk=event.pk).update(**changes)
    (found,) = (found for found in scene.sheet(scene.course).objections if found.field == "event")
    assert found.title == "CRS: decide again"
    assert words in found.sentence
    assert found.override is Override.NOBODY
    scene.decide(event)  # nothing stands any more, so no reason is asked for
    assert titles(scene) == []


def test_an_event_that_lasted_longer_is_decided_on_again(scene: Aftermath) -> None:
    event = scene.event(grade=3, lasted=47)
    assert scene.decide(event).suggested == "hold_until_resolved"
    ToxicityEvent.objects.filter(pk=event.pk).update(ended_at=scene._closed(event.opened_at)["closed_at"])
    assert titles(scene) == ["CRS: decide again"]


def test_two_events_lock_each_for_itself(scene: Aftermath) -> None:
    crs, icans = scene.event(grade=2), scene.event(grade=1, toxicity="icans")
    scene.decide(crs)
    assert titles(scene) == ["ICANS: next dose not decided"]
    scene.decide(icans)
    assert titles(scene) == []


def test_a_hold_is_overridden_by_physician_and_pharmacist(scene: Aftermath) -> None:
    scene.decide(scene.event(grade=1), "hold", reason="platelets fall")
    scene.later(days=3)
    scene.weigh("64.2")
    with pytest.raises(ActRefused, match="A physician and a pharmacist"):
        scene.give(checker=scene.physician, deviation_reason="platelets are back")
    given = scene.give(by=scene.physician, checker=scene.pharmacist, deviation_reason="platelets are back")
    assert given.deviation_reason == "platelets are back"
    assert "Held after CRS" in str(AuditEntry.objects.filter(action="dose.give").latest("at").after)


# --- conditions carried into the dose ---------------------------------------------------------------------


def test_hours_in_hospital_plan_the_next_dose_there_and_only_that_one(scene: Aftermath) -> None:
    scene.decide(scene.event(grade=2))
    planned = scene.course.doses.filter(state=PlannedDose.State.PLANNED).order_by("ordinal")
    assert [dose.setting for dose in planned][:2] == ["hospital", "outpatient"]
    assert courses.chosen_setting(scene.course) == "outpatient"


def test_a_decision_without_hospital_takes_the_next_dose_back(scene: Aftermath) -> None:
    event = scene.event(grade=2)
    scene.decide(event)
    scene.decide(event, "hold", reason="wait")
    assert scene.next(scene.course).setting == "outpatient"


def test_what_was_fulfilled_stands_with_the_dose(scene: Aftermath) -> None:
    scene.decide(scene.event(grade=2))
    scene.later(days=3)
    scene.weigh("64.2")
    with pytest.raises(ActRefused, match="After CRS grade 2"):
        scene.give(checker=scene.pharmacist)
    given = scene.give(fulfilled=frozenset({selectors.HOSPITAL}))
    assert given.conditions_met == [
        "after CRS grade 2: premedicate",
        "after CRS grade 2: 48 h in hospital after this dose",
    ]
    assert given.conditions_unmet == []


def test_what_was_not_fulfilled_needs_a_physician_and_a_reason(scene: Aftermath) -> None:
    scene.decide(scene.event(grade=2))
    scene.later(days=3)
    scene.weigh("64.2")
    given = scene.give(checker=scene.physician, deviation_reason="no bed; daughter is a nurse")
    assert given.conditions_unmet == ["after CRS grade 2: 48 h in hospital after this dose"]


def test_the_watch_lasts_as_long_as_the_hours_in_hospital(scene: Aftermath) -> None:
    scene.decide(scene.event(grade=2), hospital_hours=Decimal(72), reason="lives two hours away")
    scene.later(days=3)
    scene.weigh("64.2")
    window = scene.give(fulfilled=frozenset({selectors.HOSPITAL})).window
    assert window.ends_at - window.starts_at == timedelta(hours=72)


def test_the_stricter_of_two_decisions_is_carried(scene: Aftermath) -> None:
    scene.decide(scene.event(grade=1))
    scene.decide(scene.event(grade=2, toxicity="icans"))
    carried = scene.sheet(scene.course).carried
    assert [one.sentence for one in carried.conditions] == [
        "after CRS grade 1: premedicate",
        "after ICANS grade 2: 48\xa0h in hospital after this dose",
    ]


def test_a_given_dose_uses_the_conditions_up(scene: Aftermath) -> None:
    scene.decide(scene.event(grade=2))
    scene.later(days=3)
    scene.weigh("64.2")
    scene.give(fulfilled=frozenset({selectors.HOSPITAL}))
    scene.later(days=3)
    sheet = scene.sheet(scene.course)
    assert (sheet.carried.conditions, sheet.planned.setting) == ((), "outpatient")


# --- stopped for good -------------------------------------------------------------------------------------


def test_a_stop_for_good_says_who_was_told(scene: Aftermath) -> None:
    event = scene.event(grade=4)
    for told in ((), (" ",)):
        with pytest.raises(ActRefused) as refused:
            scene.decide(event, "discontinue", told=told)
        assert refused.value.field == "told"
    assert TreatmentCourse.objects.running().exists()


def test_a_stop_for_good_ends_the_course_and_leaves_the_watch(scene: Aftermath) -> None:
    event = scene.event(grade=4, lasted=None)
    watched = MonitoringCheck.objects.filter(patient=scene.patient, state="open")
    before = watched.count()
    row = scene.decide(event, "discontinue", told=("patient", "caregiver"))
    scene.course.refresh_from_db()
    assert (row.told, scene.course.state) == (["patient", "caregiver"], "ended")
    assert scene.course.ended_by == scene.physician
    assert "Told: patient, caregiver." in scene.course.end_reason
    event.refresh_from_db()
    assert event.state == "open"
    assert watched.count() == before > 0


def test_a_stopped_drug_is_not_started_again_by_anybody(scene: Aftermath) -> None:
    scene.decide(scene.event(grade=4), "discontinue", told=("patient",))
    with pytest.raises(ActRefused, match="stopped this drug for good"):
        scene.start()


def test_a_stop_for_good_is_not_decided_away(scene: Aftermath) -> None:
    event = scene.event(grade=4)
    scene.decide(event, "discontinue", told=("patient",))
    with pytest.raises(ActRefused, match="Nobody overrides"):
        scene.decide(event, "hold", reason="she asks for it")


def test_only_a_milder_event_opens_the_question_again(scene: Aftermath) -> None:
    event = scene.event(grade=4)
    scene.decide(event, "discontinue", told=("patient",))
    ToxicityEvent.objects.filter(pk=event.pk).update(max_grade=1)
    assert scene.decide(event).choice == "give"
    assert scene.start().state == "running"


def test_the_confirmed_record_stops_whoever_would_give(scene: Aftermath) -> None:
    event = scene.event(grade=4)
    with pytest.raises(ActRefused, match="Nobody overrides"):
        scene.decide(event, reason="she wants to go on")
    assert scene.decide(event, "hold", reason="second opinion asked for").choice == "hold"
