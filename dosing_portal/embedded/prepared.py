"""What an earlier start made of the data folder, so that the next start need not make it again.

Database, static files and sample center are those of one state of the code. As long as no file of it
changed, they stand; the record lies in the folder itself and goes with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

RECORD = "prepared.json"
MADE = ("postgres/cluster/PG_VERSION", "static/staticfiles.json")
"""Written when the cluster, or the static files, are made anew: gone or newer, the record is of others."""
MADE_FROM = ("dosing_portal", "patients", "protocols", "schedules", "static", "templates", "requirements")


def state_of(root: Path) -> str:
    """One word for the code as it is now: it changes with the name, size or time of any of its files."""
    digest = hashlib.sha256(str(root).encode())
    for folder in MADE_FROM:
        for path in sorted((root / folder).rglob("*")):
            if "__pycache__" in path.parts or not path.is_file():
                continue
            kept = path.stat()
            digest.update(f"{path.relative_to(root)}|{kept.st_size}|{kept.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def recall(folder: Path, state: str) -> list[str] | None:
    """The sample logins, if the folder was prepared from this state of the code; ``None`` if it was not."""
    try:
        kept = json.loads((folder / RECORD).read_text())
        same = (kept["state"], kept["made"]) == (state, _made(folder))
        return list(kept["logins"]) if same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no record, or an unreadable one: prepare again, which is safe


def remember(folder: Path, state: str, logins: Sequence[str]) -> None:
    """Write down that everything stands. Called last, when it does."""
    record = {"state": state, "made": _made(folder), "logins": list(logins)}
    (folder / RECORD).write_text(json.dumps(record))


def _made(folder: Path) -> list[int]:
    return [(folder / name).stat().st_mtime_ns for name in MADE]
