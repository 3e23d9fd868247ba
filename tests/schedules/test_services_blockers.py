"""What blocks the next dose: kept in the boards' row, and the same as on the page of the dose."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from patients.models import ToxicityEvent
from protocols import library
from protocols.services.adoption import AdoptionRefused, Confirming
from schedules.models import CourseStatus
from schedules.selectors import today
from schedules.selectors.boards import Asked
from schedules.services import confirmations, courses, decisions, events, status, weights
from schedules.services.decisions import Chosen, Seen
from schedules.views import dose_rows
from tests.schedules.pages import part
from tests.schedules.scene import Scene
from tests.statements import statements
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def blocked_by(scene: Scene) -> list[str]:
    return list(CourseStatus.objects.get(patient=scene.patient).blockers)


def weigh(scene: Scene, kg: str = "72.4") -> None:
    weights.record(
        patient_id=scene.patient.pk,
        value=Decimal(kg),
        unit="kg",
        measured_on=scene.today,
        by=scene.nurse,
        at=scene.at,
    )


def confirm(scene: Scene, block: str) -> None:
    confirmations.confirm_block(
        confirming=Confirming(block=block, revision="03/2026"), by=scene.pharmacist, at=scene.at
    )


def by_weight(*, confirmed: bool = True) -> Scene:
    scene = Scene(regimen="teclistamab", schedule="monotherapy", confirmed=confirmed)
    scene.start()
    return scene


# --- kept in step -----------------------------------------------------------------------------------------


def test_a_dose_by_weight_waits_for_a_weight() -> None:
    scene = by_weight()
    assert blocked_by(scene) == ["Weight missing"]
    weigh(scene)
    assert blocked_by(scene) == []


def test_a_fixed_dose_waits_for_none() -> None:
    scene = Scene()
    scene.start()
    assert blocked_by(scene) == []


def test_an_event_blocks_until_a_physician_closes_it_and_decides() -> None:
    scene = Scene()
    scene.start()
    scene.give()
    scene.later(hours=4)
    scene.log("38.4")
    assert blocked_by(scene) == ["CRS not resolved"]
    for hours in (12, 13, 13):
        scene.log("36.8")
        scene.later(hours=hours)
    event = ToxicityEvent.objects.get()
    events.close_as_told(
        event_id=event.pk, seen_revision=event.revision, reason="", by=scene.physician, at=scene.at
    )
    assert blocked_by(scene) == ["CRS: next dose not decided"]
    decisions.decide(
        event_id=event.pk,
        chosen=Chosen("give", premedicate=True),
        seen=Seen(event.revision + 1, None),
        client_key=uuid4(),
        by=scene.physician,
        at=scene.at,
    )
    assert blocked_by(scene) == []


def test_an_unconfirmed_amount_blocks_until_the_pharmacist_confirms_its_blocks() -> None:
    scene = by_weight(confirmed=False)
    weigh(scene)
    assert blocked_by(scene) == ["Amount not confirmed"]
    for block in library.block_hashes(scene.regimen):
        confirm(scene, block)
    assert blocked_by(scene) == []


def test_a_confirmation_of_another_center_frees_nothing() -> None:
    scene, elsewhere = by_weight(confirmed=False), by_weight(confirmed=False)
    weigh(scene)
    for block in library.block_hashes(elsewhere.regimen):
        confirm(elsewhere, block)
    assert blocked_by(scene) == ["Amount not confirmed"]


def test_a_refused_confirmation_changes_no_row() -> None:
    scene = by_weight(confirmed=False)
    weigh(scene)
    with pytest.raises(AdoptionRefused):
        confirm(scene, "teclistamab/nothing")
    assert blocked_by(scene) == ["Amount not confirmed"]


def test_a_course_without_a_next_dose_has_no_blockers() -> None:
    scene = by_weight()
    courses.end(course_id=scene.course.pk, reason="progression", by=scene.physician, at=scene.at)
    assert blocked_by(scene) == []


def test_nothing_is_written_where_nothing_changed() -> None:
    scene = Scene()
    scene.start()
    rows = CourseStatus.objects.filter(patient=scene.patient)
    status.refresh_blockers(rows)
    with statements() as sent:
        status.refresh_blockers(rows)
    assert len(sent) == 1


def test_a_forgotten_blocker_is_found_by_the_rebuild() -> None:
    scene = by_weight()
    CourseStatus.objects.update(blockers=[])
    (found,) = status.rebuild(course=scene.course, at=scene.at)
    assert (found.column, found.should_be) == ("blockers", ["Weight missing"])


# --- the same words on Today and on the page of the dose -------------------------------------------------


def nothing_wrong(scene: Scene) -> None:
    scene.weigh("72.4")


def no_weight(scene: Scene) -> None:
    del scene


def an_old_weight(scene: Scene) -> None:
    scene.weigh("72.4", days_ago=90)


def off_the_table(scene: Scene) -> None:
    scene.weigh("250")


def a_late_second_dose(scene: Scene) -> None:
    scene.weigh("72.4")
    scene.give()
    scene.later(days=20)
    scene.weigh("72.4")


def an_event(scene: Scene) -> None:
    scene.weigh("72.4")
    scene.give()
    scene.later(days=3)
    scene.log("38.4")


BEFORE_ANY_DOSE = [nothing_wrong, no_weight, an_old_weight, off_the_table]


@pytest.mark.parametrize(
    ("happened", "confirmed"),
    [
        *((happened, confirmed) for happened in BEFORE_ANY_DOSE for confirmed in (True, False)),
        (a_late_second_dose, True),
        (an_event, True),
    ],
)
def test_today_counts_what_the_dose_page_lists(happened: Callable[[Scene], None], confirmed: bool) -> None:
    scene = by_weight(confirmed=confirmed)
    happened(scene)
    status.rebuild(course=scene.course, at=scene.at)
    (row,) = today.doses_today(scene.center, scene.at, Asked()).rows
    page = dose_rows.dose_page(scene.sheet(scene.course))
    assert {*row.status.blockers, *row.against} == {blocker.title for blocker in page.blockers}


def test_today_says_ready_or_names_what_blocks(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = by_weight()
    monkeypatch.setattr("dosing_portal.kernel.clock.now", lambda: scene.at)
    client.force_login(scene.nurse)
    doses = part(client.get("/").content, "doses-today")
    assert "Blocked by 1 Weight missing" in doses
    assert "See blockers" in doses
    weigh(scene)
    doses = part(client.get("/").content, "doses-today")
    assert "Ready nothing on record blocks it" in doses
    assert "Log dose" in doses


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_and_a_weight_at_once_leave_the_row_right() -> None:
    scene = by_weight(confirmed=False)
    blocks = list(library.block_hashes(scene.regimen))
    for block in blocks[1:]:
        confirm(scene, block)
    at_once(lambda: weigh(scene), lambda: confirm(scene, blocks[0]))
    assert status.rebuild(course=scene.course, at=scene.at, keep=False) == ()
