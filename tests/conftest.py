"""What every test stands on. The servers are started by ``dosing_portal.embedded.pytest_plugin``."""

from collections.abc import Iterator

import pgtrigger
import pytest
from django.apps import apps
from django.conf import settings
from django.test import TransactionTestCase, override_settings

from dosing_portal.kernel.append_only import AppendOnly
from tests import presence
from tests.chromium import browser, visit

__all__ = ["browser", "visit"]

AT_EASE = frozenset({"browser", "embedded"})
"""Folders whose tests start many processes: one after the other, never two side by side."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers, the tests of one module stay together, and so do those of these folders."""
    for item in items:
        folder = item.path.parent.name
        name = "at-ease" if folder in AT_EASE else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture(autouse=True, scope="session")
def quick_settings() -> Iterator[None]:
    """Nobody attacks a test's passwords, and its static files are read where they lie."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": plain},
    ):
        yield


@pytest.fixture(autouse=True, scope="session")
def append_only_tables_can_be_emptied() -> Iterator[None]:
    """Django empties every table after a test with real transactions, which append-only tables refuse."""
    triggers = [
        f"{model._meta.label}:append_only_truncate"
        for model in apps.get_models()
        if issubclass(model, AppendOnly)
    ]
    refused = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def empty(test: TransactionTestCase) -> None:
        with pgtrigger.ignore(*triggers):
            refused(test)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(autouse=True, scope="session")
def forced_sign_ins_stay() -> Iterator[None]:
    """``client.force_login(staff)`` is somebody at the keyboard, however far a test moves the clock."""
    with pytest.MonkeyPatch.context() as patch:
        presence.install(patch)
        yield
