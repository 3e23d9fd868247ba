"""Two at once, on real transactions: every outcome is one that could have happened in some order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from dosing_portal.kernel.models import AuditEntry, Staff
from patients.errors import AlreadyRecorded, FactRefused, StaleRevision
from patients.models import HandOff, Intervention, Observation, Place, ToxicityEvent
from patients.selectors import Timeline
from patients.services import hand_offs, toxicity
from patients.services.interventions import Given
from patients.services.whereabouts import Said
from protocols.rules.values import Assessment, InterventionKind
from schedules.errors import ActRefused, StepSettled
from schedules.models import Alert, MonitoringCheck, NextDoseDecision, Page, ResponseStep, TreatmentDue
from schedules.services import (
    alerts,
    chasing,
    consequences,
    escalation,
    judging,
    missed_checks,
    reminders,
    responses,
    treatments,
    whereabouts,
)
from schedules.services.consequences import Outcome
from schedules.services.decisions import Seen
from schedules.services.judging import Judge
from tests.factories import ExpectedArrivalFactory, HandOffFactory
from tests.schedules.aftermath import Aftermath
from tests.threads import alone, at_once
from tests.ward import Ward

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4


@pytest.fixture
def ward() -> Ward:
    """Four hours after step-up dose 1, with a fever that pages the nurse."""
    ward = Ward.dosed()
    ward.later(hours=4)
    return ward


def answering(ward: Ward, alert: Alert, by: Staff) -> Callable[[], Alert]:
    return lambda: alerts.acknowledge(alert_id=alert.pk, by=by, at=ward.at, via="app")


def test_two_sweepers_move_every_alert_once(ward: Ward) -> None:
    ward.log("38.4", systolic=84, spo2=88, heart_rate=130)
    count = Alert.objects.count()
    ward.later(minutes=15)
    moved = at_once(*[lambda: escalation.escalate_due(at=ward.at)] * 2)
    assert sum(moved) == count
    assert Page.objects.filter(rung=1).count() == count
    assert set(Alert.objects.values_list("rung", flat=True)) == {1}


def test_two_sweepers_flag_and_remind_every_check_once(ward: Ward) -> None:
    ward.later(hours=30)
    reminded = at_once(*[lambda: reminders.queue_due_reminders(at=ward.at)] * 2)
    at_once(*[lambda: missed_checks.flag_missed_checks(at=ward.at)] * 2)
    missed_checks.flag_missed_checks(at=ward.at)  # what one left to the other while it held the patient
    missed = MonitoringCheck.objects.filter(missed_at=ward.at)
    assert sum(reminded) == missed.count() == 4
    assert Alert.objects.get().history.count() == missed.count()


def test_two_people_answer_at_once_and_one_of_them_has_it(ward: Ward) -> None:
    for _ in range(ROUNDS):
        ward.log("38.4")
        alert = Alert.objects.unanswered().get()
        answers = at_once(answering(ward, alert, ward.nurse), answering(ward, alert, ward.physician))
        assert len({answer.acknowledged_by_id for answer in answers}) == 1
        assert alert.history.filter(what="acknowledged").count() == 1
        ward.later(minutes=1)
        ward.log("36.8")


def test_an_answer_and_the_next_level_at_once_leave_no_page_after_the_answer(ward: Ward) -> None:
    for _ in range(ROUNDS):
        ward.log("38.4")
        alert = Alert.objects.unanswered().get()
        ward.later(minutes=15)
        at_once(lambda: escalation.escalate_due(at=ward.at), answering(ward, alert, ward.nurse))
        alert.refresh_from_db()
        assert (alert.state, alert.next_escalation_at) == ("acknowledged", None)
        assert not Page.objects.undelivered().exists()
        ward.later(minutes=1)
        ward.log("36.8")


def test_the_same_form_sent_twice_at_once_is_one_reading(ward: Ward) -> None:
    key = uuid4()
    answers = at_once(*[lambda: ward.log("38.4", client_key=key)] * 2)
    assert sum(isinstance(answer, AlreadyRecorded) for answer in answers) == 1
    assert (Observation.objects.count(), Page.objects.count()) == (1, 1)


def test_two_nurses_at_once_make_one_event_and_one_alert(ward: Ward) -> None:
    at_once(*[lambda: ward.log("38.4")] * 2)
    assert Observation.objects.count() == 2
    assert ToxicityEvent.objects.get().gradings.count() == 2
    assert Alert.objects.get().history.count() == 2


def test_a_confirmed_grade_is_not_lost_to_a_reading_that_is_being_graded(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The physician confirms just after the events were read for grading, and before they are written."""
    ward.log("38.4")
    event = ToxicityEvent.objects.get()
    grade, confirming = judging.assess, []

    def confirm() -> ToxicityEvent:
        return toxicity.confirm(
            event_id=event.pk,
            grade=1,
            reason="",
            seen_revision=event.revision,
            by=ward.physician,
            at=ward.at,
        )

    with ThreadPoolExecutor(1) as pool:

        def graded_meanwhile(line: Timeline, who: Judge) -> Assessment:
            confirming.append(pool.submit(alone, confirm))
            wait(confirming, timeout=0.3)
            return grade(line, who)

        monkeypatch.setattr(consequences, "assess", graded_meanwhile)
        ward.later(seconds=30)
        ward.log("38.9", systolic=84)
    event.refresh_from_db()
    assert event.current_grade == 2
    assert isinstance(confirming[0].exception(), StaleRevision) or event.confirmed_grade == 1


def test_two_write_an_acceptance_at_once_and_one_of_them_stands(ward: Ward) -> None:
    handed = HandOffFactory(patient=ward.patient, given_at=ward.at)

    def accepting(name: str, by: Staff) -> Callable[[], HandOff]:
        return lambda: hand_offs.accept(
            hand_off_id=handed.pk, name=name, accepted_at=ward.at, by=by, at=ward.at
        )

    answers = at_once(accepting("Dr. Lee", ward.nurse), accepting("Dr. Kim", ward.second_nurse))
    refused = [answer for answer in answers if isinstance(answer, FactRefused)]
    (stands,) = [answer for answer in answers if isinstance(answer, HandOff)]
    handed.refresh_from_db()
    assert len(refused) == 1
    assert handed.accepted_name == stands.accepted_name
    assert f"{stands.accepted_name} accepted" in refused[0].sentence


def test_two_sweepers_page_for_a_late_arrival_once(ward: Ward) -> None:
    ExpectedArrivalFactory(departure__patient=ward.patient, departure__since=ward.at)
    ward.later(hours=2)
    flagged = at_once(*[lambda: chasing.chase_overdue(at=ward.at)] * 2)
    assert sum(flagged) == 1
    assert Alert.objects.get(kind="not_arrived").history.count() == 1


def test_an_arrival_and_the_sweep_at_once_leave_nobody_searched_for(ward: Ward) -> None:
    ExpectedArrivalFactory(departure__patient=ward.patient, departure__since=ward.at)
    ward.later(hours=2)

    def arrives() -> None:
        whereabouts.move(
            patient_id=ward.patient.pk,
            said=Said(Place.EMERGENCY),
            since=ward.at,
            client_key=uuid4(),
            by=ward.nurse,
            at=ward.at,
        )

    at_once(lambda: chasing.chase_overdue(at=ward.at), arrives)
    assert not Alert.objects.unresolved().filter(kind="not_arrived").exists()


def test_two_people_do_the_same_step_at_once_and_one_of_them_has_it(ward: Ward) -> None:
    ward.log("38.4")
    for action in ("come_in", "hold_drug"):
        step = ResponseStep.objects.get(action=action)

        def doing(by: Staff, pk: UUID = step.pk) -> Callable[[], ResponseStep]:
            return lambda: responses.do_step(step_id=pk, settled_at=ward.at, by=by, at=ward.at)

        answers = at_once(doing(ward.nurse), doing(ward.physician))
        step.refresh_from_db()
        assert step.state == "done"
        assert sum(isinstance(answer, StepSettled) for answer in answers) == 1
        assert AuditEntry.objects.filter(action="step.done", target_id=str(step.pk)).count() == 1


def test_two_nurses_give_the_same_due_dose_at_once_and_it_is_given_once(ward: Ward) -> None:
    ward.log("38.6", systolic=84)
    treatments.order(
        event_id=ToxicityEvent.objects.get().pk,
        regime_id="dexamethasone_12h",
        starts_at=ward.at,
        reason="",
        client_key=uuid4(),
        by=ward.physician,
        at=ward.at,
    )
    due = TreatmentDue.objects.filter(what=TreatmentDue.What.DOSE).earliest("due_at")

    def giving(by: Staff) -> Callable[[], Outcome]:
        return lambda: treatments.give(
            patient_id=ward.patient.pk,
            given=Given(InterventionKind.DEXAMETHASONE, dose_mg=due.dose_mg or Decimal(10)),
            taken_at=ward.at,
            client_key=uuid4(),
            by=by,
            at=ward.at,
            due_id=due.pk,
        )

    answers = at_once(giving(ward.nurse), giving(ward.second_nurse))
    (refused,) = [answer for answer in answers if isinstance(answer, ActRefused)]
    due.refresh_from_db()
    assert due.settled_by is not None
    assert due.settled_by.name in refused.sentence
    assert Intervention.objects.filter(kind=InterventionKind.DEXAMETHASONE).count() == 1


@pytest.mark.parametrize(("first", "second"), [("give", "hold"), ("hold", "discontinue")])
def test_two_physicians_decide_at_once_and_the_second_hears_of_the_first(first: str, second: str) -> None:
    scene = Aftermath().begun()
    event = scene.event(grade=2)
    seen = Seen(event.revision, None)

    def deciding(choice: str, by: Staff) -> Callable[[], NextDoseDecision]:
        told = ("patient",) if choice == "discontinue" else ()
        return lambda: scene.decide(
            ToxicityEvent.objects.get(pk=event.pk), choice, seen=seen, by=by, reason="frail", told=told
        )

    answers = at_once(deciding(first, scene.physician), deciding(second, scene.director))
    (stands,) = [answer for answer in answers if isinstance(answer, NextDoseDecision)]
    (refused,) = [answer for answer in answers if isinstance(answer, ActRefused)]
    assert NextDoseDecision.objects.get() == stands
    assert stands.decided_by.name in refused.sentence
    assert "Nothing was changed" in refused.sentence
