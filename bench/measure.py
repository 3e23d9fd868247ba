"""Timing in alternating rounds, statements counted beside it, one JSON line at the end."""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def statements(act: Callable[[], Any]) -> int:
    """SQL statements of one act, transaction control aside."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return sum(not query["sql"].startswith(CONTROL) for query in captured.captured_queries)


def weight(body: bytes) -> dict[str, int]:
    return {"raw": len(body), "gzip": len(gzip.compress(body))}


def paired(
    work: Callable[[], Any], floor: Callable[[], Any], rounds: int = 5, each: int = 20
) -> dict[str, Any]:
    """Median seconds of both, measured in turns, and the ratio floor / work of each round."""
    timed: dict[str, list[float]] = {"work": [], "floor": []}
    for _ in range(rounds):
        for name, act in (("floor", floor), ("work", work)):
            begun = time.perf_counter()
            for _ in range(each):
                act()
            timed[name].append((time.perf_counter() - begun) / each)
    ratios = [floor / work for floor, work in zip(timed["floor"], timed["work"], strict=True)]
    return {
        "value_ms": round(statistics.median(timed["work"]) * 1000, 2),
        "floor_ms": round(statistics.median(timed["floor"]) * 1000, 2),
        "ratio": round(statistics.median(ratios), 3),
        "range": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def report(name: str, **figures: Any) -> None:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False)
    line = json.dumps({"bench": name, "git": commit.stdout.strip(), **figures})
    sys.stdout.write(f"{line}\n")
