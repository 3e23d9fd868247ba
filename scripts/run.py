#!/usr/bin/env python3
"""Set up and run the portal with nothing but Python, for example ``python3 scripts/run.py demo``.

Only the standard library is used here. The packages come, by hash, from the locks in ``requirements/``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.sha256"
BYTECODE = VENV / "bytecode"
OLDEST_PYTHON = (3, 11)

LOCKS = ("runtime", "demo", "dev")  # each holds the one before it
CHECKS: tuple[tuple[str, ...], ...] = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("djlint", "--lint", "--quiet", "templates"),
    ("lint-imports",),
    ("mypy",),
)
ON_EVERY_CORE = ("-n", "auto", "--dist", "loadgroup")
FIXES: tuple[tuple[str, ...], ...] = (("ruff", "check", "--fix", "."), ("ruff", "format", "."))
COMPILE = (
    *(
        "pip",
        "compile",
        "--universal",
        "--generate-hashes",
        "--only-binary",
        ":all:",
        "-p",
        "3.11",
        "--quiet",
    ),
    *(
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--no-annotate",
        "--custom-compile-command",
        "make lock",
    ),
)


def set_up(lock: str) -> None:
    """Make ``.venv`` hold what the lock file names. Quick when nothing changed."""
    if PYTHON.exists() and STAMP.exists() and digest(lock) in STAMP.read_text().split():
        return
    say(f"Installing requirements/{lock}.txt into .venv")
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    STAMP.unlink(missing_ok=True)
    if not install_with_uv(lock):
        say("uv could not install; trying pip, which takes a little longer")
        pip_install(lock)
    contained = LOCKS[: LOCKS.index(lock) + 1]
    STAMP.write_text("\n".join(digest(name) for name in contained))


def digest(lock: str) -> str:
    """What tells one edition of a lock file from another."""
    return hashlib.sha256((REQUIREMENTS / f"{lock}.txt").read_bytes()).hexdigest()


def install_with_uv(lock: str) -> bool:
    """The quick way. It fails where only pip's configuration leads to the packages: uv does not read that."""
    try:
        pip_install("bootstrap")
        run([str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON)], lock)
    except subprocess.CalledProcessError:
        return False
    return True


def pip_install(lock: str) -> None:
    run([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"], lock)


def run(installer: list[str], lock: str) -> None:
    """Install a lock file: ready-made wheels only, each checked against its hash."""
    locked = ["--only-binary", ":all:", "--require-hashes", "-r", str(REQUIREMENTS / f"{lock}.txt")]
    subprocess.run([*installer, *locked], check=True)


def demo(arguments: Sequence[str]) -> int:
    """Run the whole portal with invented patients; replaces this process."""
    set_up("demo")
    return become([str(PYTHON), "-m", "dosing_portal.embedded.supervisor", *arguments])


def test(arguments: Sequence[str]) -> int:
    """Run the checks and all tests, or only the tests that the arguments name."""
    set_up("dev")
    pytest = [str(PYTHON), "-m", "pytest"]
    if arguments:
        return become([*pytest, *arguments])
    failed = failures(CHECKS)
    tested = subprocess.run([*pytest, *ON_EVERY_CORE], cwd=ROOT, check=False).returncode
    if failed:
        print(f"Failed beside the tests: {', '.join(failed)}", file=sys.stderr)
    return tested or bool(failed)


def check(_arguments: Sequence[str]) -> int:
    """Run the linters, the type checker, the import contracts and the tests of the architecture."""
    set_up("dev")
    failed = failures((*CHECKS, ("pytest", "-q", "tests/architecture")))
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return bool(failed)


def fix(_arguments: Sequence[str]) -> int:
    """Let the linter mend and format what it can."""
    set_up("dev")
    return bool(failures(FIXES))


def lock(arguments: Sequence[str]) -> int:
    """Resolve requirements/*.in into pinned, hashed *.txt; ``--upgrade`` takes newer releases."""
    set_up("dev")
    for name, constraint in (("bootstrap", None), ("runtime", None), ("demo", "runtime"), ("dev", "demo")):
        constraints = ["-c", f"{constraint}.txt"] if constraint else []
        command = [
            str(VENV / "bin" / "uv"),
            *COMPILE,
            *constraints,
            *arguments,
            f"{name}.in",
            "-o",
            f"{name}.txt",
        ]
        subprocess.run(command, cwd=REQUIREMENTS, check=True, stdout=subprocess.DEVNULL)
    return 0


def setup(_arguments: Sequence[str]) -> int:
    """Only install, with the tools for tests and checks."""
    set_up("dev")
    return 0


def failures(commands: Sequence[tuple[str, ...]]) -> list[str]:
    """Run each command of the environment, whatever the others say, and name those that failed."""
    failed = []
    for command in commands:
        say(" ".join(command))
        program = (
            [str(PYTHON), "-m", "pytest"] if command[0] == "pytest" else [str(VENV / "bin" / command[0])]
        )
        if subprocess.run([*program, *command[1:]], cwd=ROOT, check=False).returncode != 0:
            failed.append(" ".join(command))
    return failed


def become(command: list[str]) -> NoReturn:
    """Go on as another program, so that signals reach it directly."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(command[0], command)


def keep_bytecode() -> None:
    """Let Python keep what it compiled, in the environment's own folder.

    Where the machine forbids it, each of the demo's processes would compile every module again, which is most
    of the time that it takes to start.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(BYTECODE)


def say(text: str) -> None:
    print(f"== {text}", flush=True)


COMMANDS = {"setup": setup, "demo": demo, "test": test, "check": check, "fix": fix, "lock": lock}


def main() -> int:
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        print(f"Python {oldest} or newer is needed; this is {sys.version.split()[0]}.")
        return 2
    parser = argparse.ArgumentParser(description="Set up and run the Dosing Portal.")
    parser.add_argument("command", choices=COMMANDS)
    parsed, arguments = parser.parse_known_args()
    keep_bytecode()
    return COMMANDS[parsed.command](arguments)


if __name__ == "__main__":
    sys.exit(main())
