"""D2, D5, W3: boards and a vitals write at 5 and at 500 running courses: statements, weight, time.

``.venv/bin/python -m bench.boards`` exits 1 when the statements differ between both, or a page is too heavy:
as it opens, and with a list of 50 rows on it.
"""

from __future__ import annotations

import sys

from bench.stage import add_courses, portal, write_quiet

PAGES = (
    "/",
    "/events/",
    "/patients/",
    "/?list=checks-due&page=1",
    "/?list=doses-today&page=1",
    "/events/?list=in-window&page=1",
)
WRITE = "log vitals"
HEAVIEST = {"raw": 60_000, "gzip": 12_000}
MOST_STATEMENTS = 8
MOST_OF_A_WRITE = 12


def main() -> int:
    with portal():
        return _measured()


def _measured() -> int:
    from django.test import Client

    from bench.measure import paired, report, statements, weight
    from schedules.services.sample_center import PASSWORD

    client = Client()
    client.post("/sign-in/", {"username": "physician", "password": PASSWORD})
    counts: dict[str, list[int]] = {name: [] for name in (*PAGES, WRITE)}
    failed = False
    for courses in (5, 495):
        add_courses(courses)
        for page in PAGES:
            client.get(page)
            counts[page].append(statements(lambda page=page: client.get(page)))  # type: ignore[misc]
        write_quiet()
        counts[WRITE].append(statements(write_quiet))
    for page in PAGES:
        size = weight(client.get(page).content)
        timed = paired(lambda page=page: client.get(page), lambda: client.get("/settings/"), rounds=5, each=5)  # type: ignore[misc]
        report("boards", page=page, statements=counts[page], bytes=size, **timed)
        too_heavy = any(size[name] > limit for name, limit in HEAVIEST.items())
        failed |= too_heavy or len(set(counts[page])) > 1 or counts[page][-1] > MOST_STATEMENTS
    report("boards", page=WRITE, statements=counts[WRITE])
    return int(failed or len(set(counts[WRITE])) > 1 or counts[WRITE][-1] > MOST_OF_A_WRITE)


if __name__ == "__main__":
    sys.exit(main())
