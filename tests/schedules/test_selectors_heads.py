"""The head of a patient's pages: what the banner and the strip say, in one statement."""

from collections.abc import Iterator

import pytest
import time_machine
from django.http import Http404
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from patients.models import ToxicityEvent
from patients.services import toxicity
from schedules.selectors.chips import chip_of
from schedules.selectors.heads import head_for
from schedules.services import courses
from tests.factories import AT, ContactFactory, StaffFactory
from tests.schedules.boards import BoardWard

pytestmark = pytest.mark.django_db


@pytest.fixture
def ward() -> Iterator[BoardWard]:
    with time_machine.travel(AT, tick=False):
        ward = BoardWard()
        with timezone.override(ward.center.zone):
            yield ward


def test_the_strip_names_drug_dose_hours_window_protocol_and_caregiver(ward: BoardWard) -> None:
    ward.watched()
    ContactFactory(patient=ward.patient, recorded_by=ward.nurse)
    strip = head_for(ward.nurse, ward.patient.pk, ward.at).strip
    assert strip is not None
    assert (strip.generic, strip.brand, strip.dose) == ("elranatamab-bcmm", "ELREXFIO", "Step-up dose 1")
    assert (strip.given, strip.since) == ("given 18-Nov-2026 10:32", "28\u00a0h")
    assert strip.window_ends == "20-Nov-2026 10:32"
    assert strip.protocol.endswith(" v1")
    assert strip.caregiver == "Jo Sample, 555-0161"
    assert strip.toxicity == ""


def test_an_open_event_is_on_every_page_of_the_patient_and_a_closed_one_is_not(ward: BoardWard) -> None:
    ward.watched()
    ward.log("38.6", systolic=84)
    strip = head_for(ward.nurse, ward.patient.pk, ward.at).strip
    assert strip is not None
    assert (strip.toxicity, strip.grade, strip.at_least) == ("CRS", 2, False)
    ToxicityEvent.objects.update(state="attributed")
    strip = head_for(ward.nurse, ward.patient.pk, ward.at).strip
    assert strip is not None
    assert (strip.toxicity, strip.event_url) == ("", "")


def test_a_confirmed_grade_stands_in_the_strip(ward: BoardWard) -> None:
    ward.watched()
    ward.log("38.6", systolic=84)
    event = ward.event()
    toxicity.confirm(
        event_id=event.pk,
        grade=1,
        reason="by hand 118",
        seen_revision=event.revision,
        by=ward.physician,
        at=AT,
    )
    strip = head_for(ward.nurse, ward.patient.pk, ward.at).strip
    assert strip is not None
    assert strip.grade == 1


def test_without_a_course_there_is_no_strip_and_an_ended_one_says_so(ward: BoardWard) -> None:
    assert head_for(ward.nurse, ward.patient.pk, ward.at).strip is None
    ward.watched()
    courses.end(course_id=ward.course.pk, reason="moved away", by=ward.physician, at=ward.at)
    strip = head_for(ward.nurse, ward.patient.pk, ward.at).strip
    assert strip is not None
    assert strip.protocol.endswith(", ended")


def test_it_is_one_statement(ward: BoardWard, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ward.watched()
    ward.log("38.6")
    head_for(ward.nurse, ward.patient.pk, ward.at)
    with django_assert_num_queries(1):
        head_for(ward.nurse, ward.patient.pk, ward.at)


def test_a_patient_of_another_center_is_not_there(ward: BoardWard) -> None:
    with pytest.raises(Http404):
        head_for(StaffFactory(), ward.patient.pk, ward.at)


@pytest.mark.parametrize(
    ("text", "grade", "words"),
    [
        ("grade 0", 0, "CRS grade 0"),
        ("at least grade 2", 2, "CRS at least grade 2"),
        ("cannot grade", 0, "CRS cannot grade"),
        ("", None, None),
        ("not CRS", 0, None),
        ("joined", 0, None),
    ],
)
def test_a_chip_says_what_was_stored_and_never_makes_a_grade_up(
    text: str, grade: int | None, words: str | None
) -> None:
    chip = chip_of("crs", text, grade)
    assert (chip.words if chip else None) == words
