"""Drugs within their limits, and on a clock: what is due, who gave it, what pages, how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.errors import AlreadyRecorded
from patients.models import Intervention, Patient, ToxicityEvent, ToxicityGrading
from patients.services.interventions import Given
from protocols.rules.treatment_settings import RegimePhase
from protocols.rules.values import InterventionKind
from schedules.errors import ActRefused, LimitsCrossed
from schedules.models import Alert, TreatmentDue, TreatmentOrder
from schedules.services import monitoring, treatment_due, treatments
from tests.factories import PatientFactory, StaffFactory
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db

DEX, TOCI = InterventionKind.DEXAMETHASONE, InterventionKind.TOCILIZUMAB
TABLET = InterventionKind.ACETAMINOPHEN
DOSE, TAPER, CHECK = TreatmentDue.What.DOSE, TreatmentDue.What.TAPER, TreatmentDue.What.NEURO_CHECK


def feverish() -> Ward:
    ward = Ward.dosed()
    ward.later(hours=20)
    ward.log("38.6", systolic=84)
    ward.later(minutes=10)
    return ward


@pytest.fixture(scope="module")
def in_event(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    with standing(django_db_blocker, feverish) as ward:
        yield ward


@pytest.fixture
def ward(in_event: Ward, db: None) -> Ward:
    """CRS grade 2 opened ten minutes ago."""
    return deepcopy(in_event)


def give(ward: Ward, kind: InterventionKind = TOCI, mg: str | None = "580", **changes: Any) -> Intervention:
    details = {name: changes.pop(name) for name in ("place", "override_reason", "purpose") if name in changes}
    facts: dict[str, Any] = {
        "patient_id": ward.patient.pk,
        "given": Given(kind, dose_mg=None if mg is None else Decimal(mg), **details),
        "taken_at": ward.at,
        "client_key": uuid4(),
        "by": ward.nurse,
        "at": ward.at,
    }
    row = treatments.give(**(facts | changes)).intervention
    assert row is not None
    return row


def event() -> ToxicityEvent:
    return ToxicityEvent.objects.get(toxicity="crs")


def order(ward: Ward, regime: str = "dexamethasone_12h", **changes: Any) -> TreatmentOrder:
    facts: dict[str, Any] = {
        "event_id": event().pk,
        "regime_id": regime,
        "starts_at": ward.at,
        "reason": "",
        "client_key": uuid4(),
        "by": ward.physician,
        "at": ward.at,
    }
    return treatments.order(**(facts | changes))


def due(ward: Ward, *what: str, state: str = "open") -> list[TreatmentDue]:
    rows = TreatmentDue.objects.filter(patient=ward.patient, state=state)
    return list((rows.filter(what__in=what) if what else rows).order_by("due_at", "number"))


# --- limits -----------------------------------------------------------------------------------------------


def test_a_dose_keeps_its_arithmetic(ward: Ward) -> None:
    assert give(ward).arithmetic == ["8 mg/kg x 72.4 kg = 579.2 mg, cap 800 mg"]


def test_a_second_tocilizumab_too_soon_is_refused_and_says_who_and_when(ward: Ward) -> None:
    give(ward)
    ward.later(hours=3)
    with pytest.raises(LimitsCrossed, match=r"N. Brandt RN recorded 580 mg at .*, 3 h ago; earliest"):
        give(ward)
    assert Intervention.objects.filter(kind=TOCI).count() == 1


def test_a_nurse_cannot_let_a_limit_pass_and_a_physician_can(ward: Ward) -> None:
    give(ward)
    ward.later(hours=3)
    with pytest.raises(LimitsCrossed):
        give(ward, override_reason="worse")
    row = give(ward, override_reason="worse", by=ward.physician)
    assert (len(row.let_pass), row.override_reason) == (1, "worse")
    assert AuditEntry.objects.filter(action="intervention.override").count() == 1


def test_a_dose_over_the_cap_needs_a_pharmacist_of_the_center(ward: Ward) -> None:
    strangers = (None, ward.nurse, StaffFactory(pharmacist=True))
    for cosigner in strangers:
        with pytest.raises(LimitsCrossed):
            give(ward, mg="960", override_reason="advised", by=ward.physician, cosigner=cosigner)
    row = give(ward, mg="960", override_reason="advised", by=ward.physician, cosigner=ward.pharmacist)
    assert row.override_reason == "advised (with P. Lind PharmD)"


def test_a_reason_without_a_crossed_limit_is_not_kept_as_an_override(ward: Ward) -> None:
    row = give(ward, override_reason="just so", by=ward.physician)
    assert (row.let_pass, row.override_reason) == ([], "")


def test_premedication_home_and_ward_doses_of_acetaminophen_count_together(ward: Ward) -> None:
    ward.took(TABLET, given=Given(TABLET, dose_mg=Decimal(1000), place="home"), taken_at=ward.at)
    ward.later(hours=7)
    give(ward, TABLET, "1000")
    ward.later(hours=7)
    with pytest.raises(LimitsCrossed, match="at most 3,000 mg a day"):
        give(ward, TABLET, "1500")


def test_what_was_taken_at_home_is_recorded_whatever_it_crosses(ward: Ward) -> None:
    give(ward, TABLET, "1000")
    ward.later(hours=1)
    row = give(ward, TABLET, "1000", place="home")
    assert row.let_pass
    assert "taken at home" in row.override_reason


def test_the_same_key_is_one_row(ward: Ward) -> None:
    key = uuid4()
    row = give(ward, client_key=key)
    with pytest.raises(AlreadyRecorded) as again:
        give(ward, client_key=key)
    assert again.value.row == row


def test_another_center_s_patient_is_not_there(ward: Ward) -> None:
    with pytest.raises(Patient.DoesNotExist):
        give(ward, patient_id=PatientFactory().pk)
    with pytest.raises(ToxicityEvent.DoesNotExist):
        order(ward, by=StaffFactory(physician=True))


# --- orders -----------------------------------------------------------------------------------------------


def test_an_order_makes_doses_and_neurologic_checks_due_two_days_ahead(ward: Ward) -> None:
    row = order(ward)
    assert row.words == "Dexamethasone 10 mg every 12 h, IV"
    assert row.arithmetic == ["10 mg every 12 h until stopped: 20 mg a day"]
    assert [one.due_at - ward.at for one in due(ward, DOSE)] == [timedelta(hours=12 * n) for n in range(5)]
    assert [one.due_at - ward.at for one in due(ward, CHECK)] == [timedelta(hours=8 * n) for n in range(1, 7)]
    assert AuditEntry.objects.filter(action="treatment.order").count() == 1


def test_a_regime_for_another_grade_needs_its_reason(ward: Ward) -> None:
    with pytest.raises(ActRefused, match="names this for CRS grade 4; this is CRS grade 2"):
        order(ward, "methylprednisolone_taper")
    row = order(ward, "methylprednisolone_taper", reason="shock at home")
    assert (row.reason, len(row.let_pass)) == ("shock at home", 1)


def test_a_second_order_of_the_drug_says_who_ordered_the_first(ward: Ward) -> None:
    key = uuid4()
    first = order(ward, client_key=key)
    assert order(ward, client_key=key) == first
    with pytest.raises(ActRefused, match=r"Dr. K. Okafor ordered this at .* Stop that order first"):
        order(ward, "dexamethasone_6h", by=ward.director)
    assert order(ward, "anakinra_12h").kind == "anakinra"


def test_giving_the_drug_settles_the_nearest_dose_and_extends_the_row(ward: Ward) -> None:
    order(ward)
    ward.later(minutes=20)
    row = give(ward, DEX, "10")
    (done,) = due(ward, state="done")
    assert (done.given, done.settled_by, done.settled_at) == (row, ward.nurse, ward.at)
    ward.later(hours=12)
    give(ward, DEX, "10")
    assert len(due(ward, DOSE)) == 4
    assert due(ward, DOSE)[-1].due_at > ward.at + timedelta(hours=36)
    numbers = list(TreatmentDue.objects.values_list("number", flat=True))
    assert len(set(numbers)) == len(numbers)


def test_a_dose_of_the_same_drug_far_from_its_time_settles_nothing(ward: Ward) -> None:
    order(ward, starts_at=ward.at + timedelta(hours=7))
    give(ward, DEX, "10")
    assert due(ward, state="done") == []


def test_two_people_giving_one_due_dose_make_one_row_and_the_second_learns_who(ward: Ward) -> None:
    order(ward)
    wanted = due(ward, DOSE)[0].pk
    give(ward, DEX, "10", due_id=wanted)
    with pytest.raises(ActRefused, match=r"N. Brandt RN recorded this dose at"):
        give(ward, DEX, "10", due_id=wanted, by=ward.second_nurse)
    assert Intervention.objects.filter(kind=DEX).count() == 1


def test_a_dose_taken_back_is_due_again(ward: Ward) -> None:
    order(ward)
    row = give(ward, DEX, "10")
    monitoring.take_back_intervention(
        intervention_id=row.pk, reason="wrong patient", client_key=uuid4(), by=ward.nurse, at=ward.at
    )
    assert due(ward, state="done") == []
    assert len(due(ward, DOSE)) == 5


def test_a_whole_ice_test_does_the_neurologic_checks_due_by_then(ward: Ward) -> None:
    order(ward)
    ward.later(hours=8, minutes=5)
    ward.log("37.2", ice=None)
    assert due(ward, CHECK, state="done") == []
    outcome = ward.log("37.2")
    (done,) = due(ward, CHECK, state="done")
    assert (done.observation, done.due_at) == (outcome.observation, ward.at - timedelta(minutes=5))


# --- late -------------------------------------------------------------------------------------------------


def test_a_late_dose_pages_after_its_grace_and_is_settled_by_giving_it(ward: Ward) -> None:
    order(ward)
    assert treatment_due.flag_late_treatments(at=ward.later(minutes=4)) == 0
    assert treatment_due.flag_late_treatments(at=ward.later(minutes=1)) == 1
    alert = ward.alert(Alert.Kind.TREATMENT_DUE)
    assert "dexamethasone 10 mg due" in alert.because
    assert alert.because.endswith("not given, 5 min overdue")
    assert ward.paged(alert) == [(0, ward.nurse.email)]
    assert treatment_due.flag_late_treatments(at=ward.later(minutes=1)) == 0
    give(ward, DEX, "10")
    alert.refresh_from_db()
    assert alert.state == Alert.State.RESOLVED


def test_a_late_neurologic_check_pages_too(ward: Ward) -> None:
    order(ward)
    give(ward, DEX, "10")
    treatment_due.flag_late_treatments(at=ward.later(hours=8, minutes=6))
    assert "neurologic check with dexamethasone due" in ward.alert(Alert.Kind.TREATMENT_DUE).because


# --- taper and stop ---------------------------------------------------------------------------------------

STEPS = (RegimePhase(Decimal(4), Decimal(12), 1), RegimePhase(Decimal(2), Decimal(24), 1))


def test_a_steroid_without_a_taper_is_not_stopped_by_the_way(ward: Ward) -> None:
    row = order(ward)
    give(ward, DEX, "10")
    stop: dict[str, Any] = {"order_id": row.pk, "by": ward.physician, "at": ward.at}
    with pytest.raises(ActRefused, match="has no taper yet"):
        treatments.stop(reason="better", without_taper=False, **stop)
    with pytest.raises(ActRefused, match="Write why"):
        treatments.stop(reason=" ", without_taper=True, **stop)
    treatments.stop(reason="one dose was enough", without_taper=True, **stop)
    assert due(ward, DOSE) == []
    assert [one.due_at - ward.at for one in due(ward, CHECK)] == [timedelta(hours=n) for n in (8, 16, 24)]
    with pytest.raises(ActRefused, match=r"Dr. K. Okafor stopped this order at .*: one dose was enough"):
        treatments.stop(reason="again", without_taper=True, **stop)


def test_a_taper_replaces_the_open_doses_with_checks_through_it_and_after_it(ward: Ward) -> None:
    row = order(ward)
    give(ward, DEX, "10")
    ward.later(hours=12)
    tapered = treatments.taper(
        order_id=row.pk,
        steps=STEPS,
        starts_at=ward.at,
        reason="grade 1",
        client_key=uuid4(),
        by=ward.physician,
        at=ward.at,
    )
    row.refresh_from_db()
    assert row.stop_reason == "taper ordered: grade 1"
    assert [(one.dose_mg, one.due_at - ward.at) for one in due(ward, TAPER)] == [
        (Decimal(4), timedelta(0)),
        (Decimal(4), timedelta(hours=12)),
        (Decimal(2), timedelta(hours=24)),
    ]
    assert {one.order_id for one in due(ward)} == {tapered.pk}
    assert due(ward, CHECK)[-1].due_at == ward.at + timedelta(hours=48)
    give(ward, DEX, "4")
    treatments.stop(order_id=tapered.pk, reason="done", without_taper=False, by=ward.physician, at=ward.at)
    assert due(ward, TAPER) == []
    assert due(ward, CHECK)[-1].due_at == ward.at + timedelta(hours=24)


def test_a_due_dose_is_left_out_with_a_reason_and_once(ward: Ward) -> None:
    order(ward)
    first = due(ward, DOSE)[0]
    treatment_due.flag_late_treatments(at=ward.later(minutes=6))
    facts: dict[str, Any] = {"due_id": first.pk, "by": ward.nurse, "at": ward.at}
    with pytest.raises(ActRefused, match="Write why"):
        treatments.leave_out(reason="", **facts)
    treatments.leave_out(reason="glucose 480, physician asked", **facts)
    with pytest.raises(ActRefused, match=r"N. Brandt RN settled this"):
        treatments.leave_out(reason="again", **facts)
    assert ward.alert(Alert.Kind.TREATMENT_DUE).state == Alert.State.RESOLVED
    with pytest.raises(ActRefused, match="no longer due"):
        give(ward, DEX, "10", due_id=first.pk)


# --- second drugs and home medicines ----------------------------------------------------------------------


def test_a_steroid_with_a_second_drug_before_a_fever_is_possible_masking_and_waives_nothing() -> None:
    ward = Ward.dosed()
    ward.later(hours=4)
    give(ward, DEX, "40", purpose="second_drug")
    assert ward.alert(Alert.Kind.POSSIBLY_MASKED).state == Alert.State.OPEN
    ward.later(hours=2)
    ward.log("37.0", systolic=84)
    masked = ToxicityEvent.objects.filter(
        patient=ward.patient, state=ToxicityEvent.State.OPEN, toxicity="crs"
    )
    assert not any(row.max_grade for row in masked)
    grading = ToxicityGrading.objects.filter(patient=ward.patient, toxicity="crs").latest("id")
    assert (grading.waived, grading.review) == (False, True)


def test_premedication_after_a_fever_never_waives_it(ward: Ward) -> None:
    give(ward, DEX, "16", purpose="premedication")
    ward.later(hours=1)
    ward.log("37.0", systolic=84)
    grading = ToxicityGrading.objects.filter(patient=ward.patient, toxicity="crs").latest("id")
    assert grading.waived is False
