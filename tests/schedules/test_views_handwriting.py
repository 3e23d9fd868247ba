"""Handwriting: a baseline before the first dose, compared later, with a photo that stays inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dosing_portal.kernel.models import AuditEntry
from patients.models import HandwritingSpecimen, Observation
from schedules.models import Alert, CourseStatus, Page
from tests.factories import AT, HandwritingSpecimenFactory, ObservationFactory, StaffFactory
from tests.kernel.pictures import chunk, exif, jpeg, png
from tests.schedules.bedside import text, url
from tests.statements import statements
from tests.ward import Ward

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(hours=8)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def eight_hours_after_the_dose() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ward(client: Client) -> Ward:
    ward = Ward.dosed()
    ward.at = NOW
    client.force_login(ward.nurse)
    return ward


def baseline(ward: Ward, **changes: Any) -> HandwritingSpecimen:
    return HandwritingSpecimenFactory(
        patient=ward.patient,
        recorded_by=ward.nurse,
        comparison="baseline",
        taken_at=AT - HOUR,
        sentence="The kettle is on the shelf.",
        **changes,
    )


def file(content: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=kind)


def save(client: Client, ward: Ward, **answers: Any) -> Any:
    whole = {"client_key": str(uuid4()), "comparison": "as_baseline", "sentence": "", "when": "now"}
    sent = {name: value for name, value in (whole | answers).items() if value is not None}
    return client.post(url("handwriting-new", ward.patient), sent)


def newest() -> HandwritingSpecimen:
    return HandwritingSpecimen.objects.order_by("-recorded_at")[0]


# --- saving -----------------------------------------------------------------------------------------------


def test_before_the_first_dose_it_is_the_baseline(client: Client) -> None:
    ward = Ward()
    ward.confirm()
    ward.start()
    client.force_login(ward.nurse)
    page = text(client.get(url("handwriting-new", ward.patient)))
    assert "kept as the baseline" in page
    assert 'name="comparison"' not in page
    refused = save(client, ward)
    assert refused.status_code == 422
    assert "Write the sentence, or take a photo" in text(refused)
    saved = save(client, ward, sentence="The kettle is on the shelf.", comparison="changed")
    assert saved["Location"] == url("neuro", ward.patient)
    assert newest().comparison == "baseline"
    assert not Alert.objects.exists()


def test_as_at_baseline_tells_nobody(client: Client, ward: Ward) -> None:
    baseline(ward)
    page = text(client.get(url("handwriting-new", ward.patient)))
    assert "“The kettle is on the shelf.”" in page
    response = save(client, ward, sentence="The kettle is on the shelf.")
    assert response["Location"] == url("neuro", ward.patient)
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("comparison", "words"),
    [("changed", "changed"), ("illegible", "cannot be read"), ("not_written", "could not write")],
)
def test_a_sign_pages_and_leads_to_the_ice_test_but_grades_nothing(
    client: Client, ward: Ward, comparison: str, words: str
) -> None:
    baseline(ward)
    response = save(client, ward, comparison=comparison)
    assert response["Location"] == url("ice-new", ward.patient)
    alert = Alert.objects.get()
    assert (alert.kind, alert.because) == ("neurologic", f"handwriting: {words}. ICE test now")
    assert Page.objects.filter(alert=alert).count() == 1
    assert CourseStatus.objects.get().open_alert_id == alert.pk
    assert not Observation.objects.exists()
    page = text(client.get(response["Location"]))
    assert f"Handwriting saved: {words}. Do the ICE test now." in page
    assert 'value="wrong" id="id_sentence_1" checked' not in page


def test_the_page_asks_for_the_ice_test_until_one_was_done(client: Client, ward: Ward) -> None:
    baseline(ward)
    save(client, ward, comparison="changed")
    assert "Do the ICE test now." in text(client.get(url("neuro", ward.patient)))
    ObservationFactory(patient=ward.patient, recorded_by=ward.nurse, taken_at=NOW)
    client.get(url("ice-new", ward.patient))  # takes the message of the save away
    assert "Do the ICE test now." not in text(client.get(url("neuro", ward.patient)))


def test_without_a_baseline_it_cannot_be_as_before(client: Client, ward: Ward) -> None:
    page = text(client.get(url("handwriting-new", ward.patient)))
    assert "No baseline is on record." in page
    assert "As at baseline" not in page
    assert save(client, ward).status_code == 422
    assert save(client, ward, comparison="changed").status_code == 302


def test_the_same_form_twice_is_one_specimen_and_one_alert(client: Client, ward: Ward) -> None:
    baseline(ward)
    key = str(uuid4())
    for _ in range(2):
        assert save(client, ward, comparison="changed", client_key=key).status_code == 302
    assert HandwritingSpecimen.objects.filter(comparison="changed").count() == 1
    assert Alert.objects.count() == Page.objects.count() == 1


def test_a_specimen_of_the_future_is_refused(client: Client, ward: Ward) -> None:
    baseline(ward)
    refused = save(client, ward, when="earlier", taken_time="23:50", taken_day="today")
    assert refused.status_code == 422
    assert "This time lies in the future" in text(refused)


def test_the_audit_entry_names_the_size_of_a_photo_and_not_its_content(client: Client, ward: Ward) -> None:
    baseline(ward)
    save(client, ward, photo=file(png()))
    entry = AuditEntry.objects.get(action="handwriting.record")
    assert entry.after["photo_bytes"] == len(png())
    assert entry.patient_id == ward.patient.pk
    assert "photo" not in entry.after


# --- photos -----------------------------------------------------------------------------------------------


def test_a_photo_is_kept_without_place_and_time(client: Client, ward: Ward) -> None:
    baseline(ward)
    assert save(client, ward, photo=file(jpeg(exif(6)), "IMG_1.JPG")).status_code == 302
    row = newest()
    assert row.photo_type == "image/jpeg"
    assert row.photo is not None
    assert b"40.7 N" not in bytes(row.photo)


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        (
            "a.svg",
            "image/svg+xml",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        ),
        ("a.jpg", "image/jpeg", b"<html><script>alert(1)</script></html>"),
        ("a.png", "image/png", b"GIF89a\x01\x00"),
        ("a.jpg", "image/jpeg", jpeg()[:30]),
    ],
)
def test_a_file_that_is_no_picture_by_its_bytes_is_refused(
    client: Client, ward: Ward, name: str, kind: str, content: bytes
) -> None:
    baseline(ward)
    refused = save(client, ward, comparison="changed", sentence="The ket", photo=file(content, name, kind))
    assert refused.status_code == 422
    page = text(refused)
    assert "Choose a JPEG or PNG photo, or save without one." in page
    assert 'value="The ket"' in page
    assert HandwritingSpecimen.objects.count() == 1


def test_a_photo_too_large_is_refused_with_the_limit(client: Client, ward: Ward, settings: Any) -> None:
    baseline(ward)
    settings.PORTAL_PHOTO_MAX_BYTES = 1_000_000
    large = png(chunk(b"pHYs", b"\0" * 1_200_000))
    refused = save(client, ward, photo=file(large))
    assert refused.status_code == 422
    assert "This photo has 1.2 MB; at most 1 MB are kept." in text(refused)


def test_a_photo_is_served_as_a_picture_only_and_never_stored(client: Client, ward: Ward) -> None:
    row = baseline(ward, photo=png(), photo_type="image/png")
    response = client.get(url("handwriting-photo", ward.patient, row.pk))
    assert (response["Content-Type"], response.content) == ("image/png", png())
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Disposition"] == 'inline; filename="handwriting-20261119-1832.png"'
    assert "sandbox" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"].replace("script-src 'self'", "")


def test_a_photo_is_for_staff_of_the_center_that_see_patients(client: Client, ward: Ward) -> None:
    row = baseline(ward, photo=png(), photo_type="image/png")
    where = url("handwriting-photo", ward.patient, row.pk)
    assert Client().get(where).status_code == 302
    for staff, status in ((StaffFactory(), 404), (ward.administrator, 403), (ward.pharmacist, 200)):
        client.force_login(staff)
        assert client.get(where).status_code == status
    client.force_login(ward.nurse)
    plain = HandwritingSpecimenFactory(patient=ward.patient, recorded_by=ward.nurse)
    assert client.get(url("handwriting-photo", ward.patient, plain.pk)).status_code == 404


# --- the page ---------------------------------------------------------------------------------------------


def test_baseline_and_newest_stand_side_by_side_without_reading_a_photo(client: Client, ward: Ward) -> None:
    row = baseline(ward, photo=png(), photo_type="image/png")
    HandwritingSpecimenFactory(
        patient=ward.patient,
        recorded_by=ward.nurse,
        comparison="changed",
        note="letters left out",
        taken_at=NOW,
    )
    client.get(url("neuro", ward.patient))
    with statements() as asked:
        page = text(client.get(url("neuro", ward.patient)))
    assert page.index("Baseline</strong>") < page.index("Changed</strong>")
    assert url("handwriting-photo", ward.patient, row.pk) in page
    assert "letters left out" in page
    assert not [sql for sql in asked if '"photo",' in sql or '"photo" ' in sql]
    assert len(asked) <= 12


def test_before_the_first_dose_the_page_asks_for_both_baselines(client: Client) -> None:
    ward = Ward()
    ward.confirm()
    ward.start()
    client.force_login(ward.nurse)
    said = "Before the first dose: no baseline ICE test and no baseline handwriting yet."
    assert said in text(client.get(url("neuro", ward.patient)))


def test_another_center_sees_nothing(client: Client, ward: Ward) -> None:
    client.force_login(StaffFactory())
    for name in ("neuro", "handwriting-new"):
        assert client.get(url(name, ward.patient)).status_code == 404
    client.force_login(ward.pharmacist)
    assert client.get(url("neuro", ward.patient)).status_code == 200
    assert client.get(url("handwriting-new", ward.patient)).status_code == 403
