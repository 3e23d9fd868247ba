"""Protocol versions as specifications: pinned, kept, and live only where they were confirmed."""

from __future__ import annotations

import pytest

from dosing_portal.kernel.models import Staff
from protocols import library, selectors
from protocols.models import ProtocolVersion
from protocols.services import adoption
from protocols.services.adoption import Confirming
from tests.factories import AT, StaffFactory
from tests.protocol_fixtures import adopted, with_changes
from tests.statements import statements

RESTART = "elranatamab/standard/restart/elr-r1"


@pytest.fixture
def administrator(db: None) -> Staff:
    return StaffFactory(administrator=True)


@pytest.fixture
def version(administrator: Staff) -> ProtocolVersion:
    second = StaffFactory(director=True, center=administrator.center)
    return adopted(by=administrator, second=second, at=AT)


def confirm(staff: Staff, block: str) -> int:
    pharmacist = StaffFactory(pharmacist=True, center=staff.center, name="P. Lind PharmD")
    confirming = Confirming(block=block, revision="2026-03", sample=True)
    return adoption.confirm_block(confirming=confirming, by=pharmacist, at=AT).pk


# --- the specification ------------------------------------------------------------------------------------


def test_a_version_read_before_costs_no_statement(version: ProtocolVersion) -> None:
    first = selectors.spec(version.pk, 0)
    with statements() as sent:
        assert selectors.spec(version.pk, 0) is first
    assert sent == []
    assert (first.slug, first.version) == ("elranatamab-standard", "1")


def test_a_block_is_live_once_it_was_confirmed(version: ProtocolVersion, administrator: Staff) -> None:
    def is_live() -> bool:
        schedule = selectors.spec(version.pk).schedule
        assert schedule is not None
        return schedule.restart.rows[0].provenance.confirmed

    assert not is_live()
    confirm(administrator, RESTART)
    assert is_live()


def test_a_new_confirmation_makes_a_new_specification(version: ProtocolVersion, administrator: Staff) -> None:
    before = selectors.spec(version.pk)
    newest = confirm(administrator, RESTART)
    after = selectors.spec(version.pk)
    assert selectors.newest_confirmation(version.pk) == newest
    assert after is not before
    assert selectors.spec(version.pk, newest) is after


def test_another_center_s_confirmation_counts_for_nothing(version: ProtocolVersion) -> None:
    confirm(StaffFactory(administrator=True), RESTART)
    assert selectors.newest_confirmation(version.pk) == 0


def test_a_confirmation_says_whose_word_it_is_and_that_it_is_a_sample(administrator: Staff) -> None:
    newest = confirm(administrator, RESTART)
    told = selectors.confirmed_blocks(administrator.center_id, newest)
    content = library.block_hashes("elranatamab")[RESTART]
    assert told == {(RESTART, content): "SAMPLE: P. Lind PharmD, 2026-03"}
    assert selectors.confirmed_blocks(administrator.center_id, newest - 1) == {}


def test_a_confirmation_of_another_content_does_not_confirm_this_one(
    version: ProtocolVersion, administrator: Staff
) -> None:
    confirm(administrator, RESTART)
    ((block, _content),) = selectors.confirmed_blocks(administrator.center_id, 10**9)
    assert (block, "another hash") not in selectors.confirmed_blocks(administrator.center_id, 10**9)


def test_the_center_s_own_section_was_confirmed_by_the_two_who_activated_it(
    version: ProtocolVersion,
) -> None:
    center = selectors.spec(version.pk).center
    assert center.limits.provenance.confirmed
    assert center.ladder.provenance.confirmed


def test_a_new_edition_leaves_the_old_one_as_it_was(version: ProtocolVersion) -> None:
    newer = with_changes(version, "limits", {"fever_c": "38.3"})
    assert str(selectors.spec(newer.pk).center.limits.fever_c) == "38.3"
    assert str(selectors.spec(version.pk).center.limits.fever_c) == "38.0"


def test_the_command_line_names_a_version(version: ProtocolVersion) -> None:
    assert selectors.spec_for("elranatamab-standard@1") is selectors.spec(version.pk)
    assert selectors.spec_for("elranatamab-standard") is selectors.spec(version.pk)
    with pytest.raises(ProtocolVersion.DoesNotExist):
        selectors.spec_for("elranatamab-standard@2")


# --- what can be started ----------------------------------------------------------------------------------


def test_only_active_protocols_with_a_regimen_of_this_center_can_be_started(
    version: ProtocolVersion, administrator: Staff
) -> None:
    director = StaffFactory(director=True, center=administrator.center)
    adopted(regimen="", schedule="", by=administrator, second=director, at=AT)
    (found,) = selectors.startable(administrator)
    assert (found.version_id, found.slug, found.number) == (version.pk, "elranatamab-standard", 1)
    assert found.active_since == AT.date()
    assert selectors.startable(StaffFactory()) == ()
    ProtocolVersion.objects.filter(pk=version.pk).update(state="retired")
    assert selectors.startable(administrator) == ()


def test_a_center_sees_its_own_protocols(version: ProtocolVersion, administrator: Staff) -> None:
    assert selectors.protocols_of(administrator) == (version.protocol,)
    assert selectors.protocols_of(StaffFactory()) == ()


def test_a_center_without_a_center_wide_section_has_none(administrator: Staff) -> None:
    assert selectors.center_wide_version(administrator.center_id) is None
