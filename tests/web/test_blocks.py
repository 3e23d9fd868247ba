"""A pharmacist confirms blocks of the record, one by one, against a named revision."""

import pytest
from django.test import Client

from dosing_portal.kernel.models import Staff
from dosing_portal.web.selectors import blocks
from protocols import library
from protocols.models import BlockConfirmation
from tests.factories import ProtocolVersionFactory, StaffFactory
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
