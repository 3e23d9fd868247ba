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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder in which the cluster and the static files stand."""
    for name in prepared.MADE:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True)
        path.write_text("made")
    return tmp_path / "data"


def test_what_was_remembered_is_recalled_for_its_own_state_only(folder: Path) -> None:
    prepared.remember(folder, "a", ["nurse secret Nurse"])
    assert prepared.recall(folder, "a") == ["nurse secret Nurse"]
    assert prepared.recall(folder, "b") is None


@pytest.mark.parametrize("name", prepared.MADE)
def test_a_cluster_or_static_files_made_anew_are_prepared_again(folder: Path, name: str) -> None:
    prepared.remember(folder, "a", [])
    os.utime(folder / name, ns=(1, 1))
    assert prepared.recall(folder, "a") is None
    (folder / name).unlink()
    assert prepared.recall(folder, "a") is None


@pytest.mark.parametrize("kept", ["", "{}", "[]", '{"state": "a"}', '{"state": "a", "made": []}'])
def test_an_unreadable_record_means_to_prepare_again(folder: Path, kept: str) -> None:
    (folder / prepared.RECORD).write_text(kept)
    assert prepared.recall(folder, "a") is None


def test_an_empty_folder_was_never_prepared(tmp_path: Path) -> None:
    assert prepared.recall(tmp_path, "a") is None
