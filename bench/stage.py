"""A throw-away portal for a benchmark: embedded servers, a sample center, more running courses."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path


@contextmanager
def portal() -> Iterator[None]:
    """Servers up with durable writes, migrated, Django ready; everything is gone afterwards."""
    from dosing_portal.embedded.servers import Servers, sample_environment

    folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
    folder.chmod(0o711)
    (folder / "static").mkdir()
    try:
        with Servers(folder, durable=True, given={}) as servers:
            sample = sample_environment(folder, base_url="http://testserver", secret_key="bench-" * 10)
            os.environ.update(sample | {"PORTAL_LOG_LEVEL": "ERROR"})
            os.environ.update(servers.application | servers.owner | {"PORTAL_APPLICATION_ROLE": ""})
            _prepare()
            yield
            _close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare() -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.ALLOWED_HOSTS.append("testserver")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("sample_center", verbosity=0)


def _close() -> None:
    from django.db import connections

    connections.close_all()


def write_quiet() -> None:
    """One more unremarkable reading of a sample patient, through the service."""
    from decimal import Decimal

    from dosing_portal.kernel import clock
    from dosing_portal.kernel.models import Staff
    from patients.models import Patient
    from patients.services.observations import ReadingContext
    from protocols.rules.values import Consciousness, Oxygen, OxygenDevice, Temperature, VitalSigns
    from schedules.services import monitoring

    at = clock.now()
    monitoring.log_vitals(
        patient_id=Patient.objects.values_list("pk", flat=True).get(family_name="FIXTURE"),
        vitals=VitalSigns(
            temperature=Temperature(Decimal("36.8")),
            systolic=122,
            spo2=97,
            oxygen=Oxygen(OxygenDevice.ROOM_AIR),
            consciousness=Consciousness.ALERT,
        ),
        context=ReadingContext(location="home"),
        taken_at=at,
        client_key=uuid.uuid4(),
        by=Staff.objects.get(username="nurse"),
        at=at,
    )


def add_courses(count: int) -> None:
    """Running courses on the first sample protocol, each with a board row as a reading leaves it."""
    from dosing_portal.kernel import clock
    from dosing_portal.kernel.models import Staff
    from patients.models import Patient
    from schedules.models import CourseStatus, PlannedDose, TreatmentCourse

    at, nurse = clock.now(), Staff.objects.get(username="nurse")
    sample = TreatmentCourse.objects.filter(center=nurse.center).first()
    if sample is None:
        raise RuntimeError("the sample center has no course")
    patients = [
        Patient(
            center=nurse.center,
            mrn=f"BENCH-{uuid.uuid4().hex[:10]}",
            family_name=f"BENCH{number:04}",
            given_name="Invented",
            birth_date=date(1960, 1, 1),
            registered_at=at,
            registered_by=nurse,
        )
        for number in range(count)
    ]
    Patient.objects.bulk_create(patients)
    courses = [
        TreatmentCourse(
            center=nurse.center,
            patient=patient,
            protocol_version_id=sample.protocol_version_id,
            regimen=sample.regimen,
            schedule=sample.schedule,
            starts_on=at.date(),
            started_at=at,
            started_by=nurse,
        )
        for patient in patients
    ]
    TreatmentCourse.objects.bulk_create(courses)
    today = nurse.center.local(at).date()
    doses = [
        PlannedDose(
            center=nurse.center,
            course=course,
            ordinal=2,
            dose="sud2",
            label="Step-up dose 2",
            planned_on=today,
            setting="outpatient",
        )
        for course in courses
    ]
    PlannedDose.objects.bulk_create(doses)
    CourseStatus.objects.bulk_create(
        CourseStatus(
            course=course,
            center=nurse.center,
            patient=course.patient,
            refreshed_at=at,
            last_dose="sud1",
            last_dose_label="Step-up dose 1",
            last_dose_at=at - timedelta(hours=20),
            window_ends_at=at + timedelta(hours=28),
            next_dose=doses[number],
            next_dose_label=doses[number].label,
            next_dose_on=today,
            next_check_due_at=at + timedelta(minutes=number % 400),
            reading_at=at - timedelta(hours=1),
            temperature_c="36.8",
            systolic=121,
            diastolic=76,
            spo2=97,
            crs_text="grade 0",
            crs_grade=0,
            icans_text="grade 0",
            icans_grade=0,
            temperatures_24h=[[int(at.timestamp() / 60) - 60 * hour, 36.8] for hour in (16, 8, 1)],
        )
        for number, course in enumerate(courses)
    )
