"""Two people take the record into a center's own protocol; a pharmacist confirms its blocks."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from dosing_portal.kernel.models import AuditEntry, Staff
from protocols import library
from protocols import selectors as protocols
from protocols.library import UnknownRegimenError
from protocols.models import BlockConfirmation, Protocol, ProtocolVersion
from protocols.rules.regimen import UnknownScheduleError
from protocols.services import adoption
from protocols.services.adoption import AdoptionRefused, Confirming
from tests.factories import AT, StaffFactory
from tests.protocol_fixtures import adopted, document_of

BLOCK = "elranatamab/standard/dose_table"


@pytest.fixture
def administrator(db: None) -> Staff:
    return StaffFactory(administrator=True)


@pytest.fixture
def director(administrator: Staff) -> Staff:
    return StaffFactory(director=True, center=administrator.center)


@pytest.fixture
def pharmacist(administrator: Staff) -> Staff:
    return StaffFactory(pharmacist=True, center=administrator.center)


def adopt(by: Staff, second: Staff, **changes: Any) -> ProtocolVersion:
    facts: dict[str, Any] = {"regimen": "elranatamab", "schedule": "standard", **changes}
    return adoption.adopt(by=by, second=second, at=AT, **facts)


def confirm(by: Staff, **changes: Any) -> BlockConfirmation:
    facts: dict[str, Any] = {"block": BLOCK, "revision": "2026-03", **changes}
    return adoption.confirm_block(confirming=Confirming(**facts), by=by, at=AT)


# --- adopt ------------------------------------------------------------------------------------------------


def test_an_adopted_protocol_is_active_and_names_both_people(administrator: Staff, director: Staff) -> None:
    version = adopt(administrator, director)
    assert (version.state, version.number, str(version)) == ("active", 1, "elranatamab-standard v1")
    assert (version.drafted_by, version.activated_by) == (administrator, director)
    assert version.document == document_of("elranatamab", "standard")
    assert version.content_hash == adoption.content_hash(version.document)
    entry = AuditEntry.objects.get(action="protocol.activate")
    assert (entry.by, entry.after["drafted_by"]) == (director, administrator.name)


def test_the_center_wide_section_has_no_regimen(administrator: Staff, director: Staff) -> None:
    version = adoption.adopt_center_wide(by=administrator, second=director, at=AT)
    assert (version.protocol.slug, version.protocol.regimen) == ("center-wide", "")
    assert protocols.spec(version.pk).regimen is None
    assert protocols.center_wide_version(administrator.center_id) == version


def test_a_center_may_bring_its_own_settings(administrator: Staff, director: Staff) -> None:
    section = {**document_of("elranatamab", "standard")["center"]}
    section["checks"] = {**section["checks"], "every_hours": "6"}
    spec = protocols.spec(adopt(administrator, director, center_section=section).pk)
    assert spec.center.checks.every_hours == 6


def test_one_person_cannot_draft_and_activate(administrator: Staff) -> None:
    with pytest.raises(AdoptionRefused, match="second, different person"):
        adopt(administrator, administrator)
    assert not Protocol.objects.exists()


def test_a_center_has_one_protocol_a_schedule(administrator: Staff, director: Staff) -> None:
    adopt(administrator, director)
    with pytest.raises(AdoptionRefused, match="has the protocol elranatamab-standard already"):
        adopt(administrator, director)
    elsewhere = StaffFactory(administrator=True)
    assert adopt(elsewhere, StaffFactory(director=True, center=elsewhere.center))


@pytest.mark.parametrize(
    ("change", "error"),
    [({"regimen": "aspirin"}, UnknownRegimenError), ({"schedule": "hourly"}, UnknownScheduleError)],
)
def test_what_the_library_does_not_have_cannot_be_adopted(
    administrator: Staff, director: Staff, change: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        adopt(administrator, director, **change)


def test_an_active_edition_is_read_only(administrator: Staff, director: Staff) -> None:
    version = adopt(administrator, director)
    for change in (lambda: ProtocolVersion.objects.update(document={}), version.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    retired = ProtocolVersion.objects.filter(pk=version.pk)
    assert retired.update(state=ProtocolVersion.State.RETIRED) == 1


def test_the_test_fixture_makes_what_adoption_makes(administrator: Staff, director: Staff) -> None:
    version = adopt(administrator, director)
    elsewhere = StaffFactory(administrator=True)
    quick = adopted(by=elsewhere, second=StaffFactory(director=True, center=elsewhere.center), at=AT)
    assert (quick.document, quick.content_hash) == (version.document, version.content_hash)
    assert (quick.state, quick.protocol.slug) == (version.state, version.protocol.slug)


# --- confirm ----------------------------------------------------------------------------------------------


def test_a_pharmacist_confirms_a_block_as_it_stands(pharmacist: Staff) -> None:
    row = confirm(pharmacist, sample=True)
    assert row.content_hash == library.block_hashes("elranatamab")[BLOCK]
    assert (row.confirmed_by, row.revision, row.sample) == (pharmacist, "2026-03", True)
    entry = AuditEntry.objects.get(action="block.confirm")
    assert entry.after == {"block": BLOCK, "revision": "2026-03", "hash": row.content_hash}


def test_nobody_else_confirms(director: Staff) -> None:
    with pytest.raises(AdoptionRefused, match="A pharmacist confirms"):
        confirm(director)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"revision": "  "}, "Name the revision"),
        ({"block": "elranatamab/standard/moon_phase"}, "no block elranatamab/standard/moon_phase"),
        ({"block": "aspirin/dose_table"}, "no block aspirin/dose_table"),
    ],
)
def test_a_confirmation_names_a_block_and_a_revision(
    pharmacist: Staff, change: dict[str, str], sentence: str
) -> None:
    with pytest.raises(AdoptionRefused, match=sentence):
        confirm(pharmacist, **change)
    assert not BlockConfirmation.objects.exists()


def test_a_block_is_confirmed_once(pharmacist: Staff) -> None:
    confirm(pharmacist)
    with pytest.raises(AdoptionRefused, match="confirmed already"):
        confirm(pharmacist, revision="2026-04")
    assert AuditEntry.objects.filter(action="block.confirm").count() == 1


def test_a_confirmation_is_never_changed(pharmacist: Staff) -> None:
    row = confirm(pharmacist)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
