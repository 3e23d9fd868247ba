"""What an earlier start prepared is used again only while the code is the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dosing_portal.embedded import prepared


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project of two files."""
    for name in ("patients/migrations/0001_initial.py", "static/css/base.css"):
        path = tmp_path / "code" / name
        path.parent.mkdir(parents=True)
        path.write_text("one")
    return tmp_path / "code"


def test_the_same_code_is_the_same_state(root: Path) -> None:
    assert prepared.state_of(root) == prepared.state_of(root)


@pytest.mark.parametrize("name", ["patients/migrations/0002_more.py", "static/css/new.css"])
def test_a_new_file_is_another_state(root: Path, name: str) -> None:
    before = prepared.state_of(root)
    (root / name).write_text("two")
    assert prepared.state_of(root) != before


def test_a_changed_file_of_the_same_size_is_another_state(root: Path) -> None:
    before = prepared.state_of(root)
    path = root / "static/css/base.css"
    path.write_text("two")
    os.utime(path, ns=(1, 1))
    assert prepared.state_of(root) != before


def test_compiled_modules_are_no_part_of_the_code(root: Path) -> None:
    before = prepared.state_of(root)
    cache = root / "patients" / "__pycache__"
    cache.mkdir()
    (cache / "models.pyc").write_bytes(b"\0")
    assert prepared.state_of(root) == before


def test_what_was_remembered_is_recalled_for_its_own_state_only(tmp_path: Path) -> None:
    prepared.remember(tmp_path, "a", ["nurse secret Nurse"])
    assert prepared.recall(tmp_path, "a") == ["nurse secret Nurse"]
    assert prepared.recall(tmp_path, "b") is None


@pytest.mark.parametrize("kept", ["", "{}", "[]", '{"state": "a"}', '{"state": "a", "logins": 3}'])
def test_an_unreadable_record_means_to_prepare_again(tmp_path: Path, kept: str) -> None:
    (tmp_path / prepared.RECORD).write_text(kept)
    assert prepared.recall(tmp_path, "a") is None


def test_an_empty_folder_was_never_prepared(tmp_path: Path) -> None:
    assert prepared.recall(tmp_path, "a") is None
