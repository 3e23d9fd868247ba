"""Each import contract breaks when its rule is broken: a violation is planted in a copy of the packages."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]}

PLANTED = {
    "apps": ("patients/models/__init__.py", "import schedules.models"),
    "layers": ("patients/models/__init__.py", "import patients.services"),
    "pure-rules": ("protocols/rules/crs.py", "import django.utils.timezone"),
    "clinical-rules": ("protocols/rules/values.py", "import protocols.rules.crs"),
    "channels": ("schedules/transports/email.py", "import schedules.transports.webhook"),
    "composition-root": ("schedules/services/__init__.py", "import dosing_portal.urls"),
    "edges": ("schedules/services/__init__.py", "import patients.views"),
}


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A copy of everything the contracts speak of."""
    without_caches = shutil.ignore_patterns("__pycache__", "*.yaml")
    for package in PROJECT["tool"]["importlinter"]["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=without_caches)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(packages: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the copy, as `make check` does over the checkout."""
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [program, "--no-cache", *options], cwd=packages, capture_output=True, text=True, check=False
    )


def test_every_contract_has_a_planted_violation() -> None:
    assert set(PLANTED) == set(CONTRACTS)


def test_the_packages_keep_every_contract(packages: Path) -> None:
    linted = lint(packages)
    assert linted.returncode == 0, linted.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in linted.stdout


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_import_breaks_its_contract(packages: Path, contract: str) -> None:
    path, statement = PLANTED[contract]
    with (packages / path).open("a") as module:
        module.write(f"\n{statement}\n")
    linted = lint(packages, "--contract", contract)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert "0 kept, 1 broken" in linted.stdout
    imported = statement.removeprefix("import ")
    assert re.search(rf"-> {re.escape(imported.split('.')[0])}", linted.stdout)
