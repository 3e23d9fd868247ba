"""A pharmacist confirms blocks of the record, one by one, against a named revision."""

import re

import pytest
from django.test import Client

from dosing_portal.kernel.models import Center, Staff
from dosing_portal.web.selectors import blocks
from protocols import library
from protocols.library import standards
from protocols.library.protocol_document import block_hashes, from_library
from protocols.models import BlockConfirmation, ProtocolVersion
from protocols.rules.values import LIVE_STATUSES
from protocols.selectors import spec
from protocols.services import adoption
from tests.factories import AT, ProtocolVersionFactory, StaffFactory
from tests.text import text

pytestmark = pytest.mark.django_db
PAGE = "/settings/confirmations/"
BLOCK = "elranatamab/standard/restart/elr-r1"


@pytest.fixture
def pharmacist(client: Client) -> Staff:
    person: Staff = StaffFactory(pharmacist=True)
    ProtocolVersionFactory(protocol__center=person.center, protocol__regimen="elranatamab")
    client.force_login(person)
    return person


@pytest.mark.parametrize("slug", library.slugs())
def test_every_block_of_a_record_can_be_seen(slug: str) -> None:
    seen = {view.id for view in blocks._views(library.load(slug))}
    assert seen == set(library.block_hashes(slug))


def test_only_unconfirmed_blocks_of_active_protocols_wait(pharmacist: Staff) -> None:
    ProtocolVersionFactory(draft=True, protocol__center=pharmacist.center, protocol__regimen="teclistamab")
    ProtocolVersionFactory(protocol__regimen="talquetamab")
    ProtocolVersionFactory(protocol__center=pharmacist.center, protocol__regimen="", protocol__schedule="")
    (regimen,) = blocks.waiting_blocks(pharmacist.center_id)
    assert regimen.name.startswith("elranatamab")
    assert not any(view.provenance.confirmed for view in regimen.open)
    assert regimen.live + len(regimen.open) == len(library.block_hashes("elranatamab"))


def test_a_block_says_what_the_record_says(client: Client, pharmacist: Staff) -> None:
    page = text(client.get(PAGE))
    assert BLOCK in page
    assert "Single source" in page
    assert "last doses: sud1" in page


def test_confirming_makes_a_block_live_and_lists_who_did(client: Client, pharmacist: Staff) -> None:
    before = blocks.waiting_blocks(pharmacist.center_id)[0]
    client.post(PAGE, {"block": BLOCK, "revision": "08/2026"})
    after = blocks.waiting_blocks(pharmacist.center_id)[0]
    assert (len(after.open), after.live) == (len(before.open) - 1, before.live + 1)
    assert BlockConfirmation.objects.get().confirmed_by == pharmacist
    assert "08/2026" in text(client.get(PAGE))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"block": BLOCK, "revision": ""}, "Name the revision you compared with"),
        ({"block": BLOCK, "revision": "   "}, "Name the revision you compared with"),
        (
            {"block": "elranatamab/nothing", "revision": "08/2026"},
            "The library has no block elranatamab/nothing.",
        ),
        ({"block": "../secrets", "revision": "08/2026"}, "The library has no block ../secrets."),
    ],
)
def test_what_is_refused(client: Client, pharmacist: Staff, typed: dict[str, str], sentence: str) -> None:
    response = client.post(PAGE, typed)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not BlockConfirmation.objects.exists()


def test_one_center_does_not_confirm_for_another(pharmacist: Staff) -> None:
    BlockConfirmation.objects.create(
        center=StaffFactory().center,
        block=BLOCK,
        content_hash=library.block_hashes("elranatamab")[BLOCK],
        revision="08/2026",
        confirmed_at="2026-11-19T12:00Z",
        confirmed_by=pharmacist,
    )
    assert BLOCK in {view.id for view in blocks.waiting_blocks(pharmacist.center_id)[0].open}


# --- grading and management -------------------------------------------------------------------------------

GRADED = "grading/crs/vasopressin_alone"
MARKED = [
    found.id
    for prefix in ("grading", "management")
    for found in standards.rules(prefix)
    if found.status not in LIVE_STATUSES
]


def test_the_ids_are_those_of_the_marks_that_grading_carries() -> None:
    known = {found.id: found.content_hash for found in standards.rules("grading")}
    marks = {id_: hash_ for id_, hash_ in block_hashes(from_library(None, None)).items() if id_ in known}
    assert GRADED in marks
    assert marks == {id_: known[id_] for id_ in marks}
    assert all(id_ in known for id_ in block_hashes(from_library(None, None)) if id_.startswith("grading/"))


def in_force(center: Center) -> ProtocolVersion:
    first, second = StaffFactory(center=center), StaffFactory(center=center)
    return adoption.adopt(regimen="teclistamab", schedule=None, by=first, second=second, at=AT)


def test_a_pharmacist_takes_the_mark_off_a_grading_rule(client: Client, pharmacist: Staff) -> None:
    version = in_force(pharmacist.center)
    assert not spec(version.pk).crs.lone_vasopressin.confirmed
    response = client.post(PAGE, {"block": GRADED, "revision": "ASTCT 2019, Table 2"})
    assert response.headers["Location"] == f"{PAGE}?record=grading"
    assert spec(version.pk).crs.lone_vasopressin.confirmed_by == f"{pharmacist.name}, ASTCT 2019, Table 2"
    assert not spec(in_force(StaffFactory().center).pk).crs.lone_vasopressin.confirmed


@pytest.mark.parametrize("prefix", ["grading", "management"])
def test_only_rules_that_are_not_live_wait(client: Client, pharmacist: Staff, prefix: str) -> None:
    page = client.get(PAGE, {"record": prefix}).content.decode()
    shown = set(re.findall(r'id="((?:grading|management)/[^"]+)"', page))
    assert shown == {id_ for id_ in MARKED if id_.startswith(f"{prefix}/")}
    assert "publication and its edition" in page


@pytest.mark.parametrize("block", [MARKED[0], MARKED[-1]])
def test_a_rule_says_what_the_file_says_and_can_be_confirmed(
    client: Client, pharmacist: Staff, block: str
) -> None:
    assert client.post(PAGE, {"block": block, "revision": "1"}).status_code == 302
    page = client.get(PAGE, {"record": block.split("/", maxsplit=1)[0]}).content.decode()
    assert f'id="{block}"' not in page


def test_what_cannot_be_confirmed_keeps_its_record_open_and_what_was_typed(
    client: Client, pharmacist: Staff
) -> None:
    response = client.post(PAGE, {"block": GRADED, "revision": " "})
    assert response.status_code == 422
    assert f'id="{GRADED}" open' in response.content.decode()


def test_a_record_nobody_knows_shows_the_first_that_waits(client: Client, pharmacist: Staff) -> None:
    assert BLOCK in text(client.get(PAGE, {"record": "nothing"}))
