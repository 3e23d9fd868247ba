"""W1, W3: one vitals write through the JSON edge, against a request that only parses and inserts one row.

``.venv/bin/python -m bench.vitals`` exits 1 when a write takes more than its 12 statements, or 18 when it
opens an event and pages, or when it reaches less than ``MUST`` of the floor.
"""

from __future__ import annotations

import json
import sys
import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from bench.stage import portal

MUST = 0.05  # both run in one process here, so routing weighs less in the floor than over a socket
ANSWER = 3  # the answer's own reads beside the write: the saved reading, its gradings, its alerts


def main() -> int:
    with portal():
        return _measured()


def _measured() -> int:
    from django.test import Client
    from rest_framework.authtoken.models import Token

    from bench.measure import paired, report, statements
    from dosing_portal.kernel import clock
    from dosing_portal.kernel.models import SignInAttempt, Staff
    from patients.models import Patient

    client = Client()
    token = Token.objects.create(user=Staff.objects.get(username="nurse")).key
    quiet = Patient.objects.get(family_name="FIXTURE")
    feverish = Patient.objects.get(family_name="EXAMPLE")

    def write(patient: Patient, temperature: str) -> Any:
        body = {
            "temperature": {"value": temperature, "unit": "C"},
            "systolic": 122,
            "spo2": 97,
            "oxygen": {"device": "room_air"},
            "consciousness": "alert",
        }
        answer = client.post(
            f"/api/v1/patients/{patient.pk}/vitals/",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Token {token}", "Idempotency-Key": str(uuid.uuid4())},
        )
        if answer.status_code != HTTPStatus.CREATED:
            raise RuntimeError(answer.content)
        return answer

    def floor() -> None:
        facts = json.loads('{"username": "bench", "address": "127.0.0.1"}')
        client.get("/health/")
        SignInAttempt.objects.create(**facts, at=clock.now() - timedelta(days=1))

    without = statements(lambda: write(quiet, "36.8"))
    opening = statements(lambda: write(feverish, "38.4"))
    figures = paired(lambda: write(quiet, "36.8"), floor)
    report("vitals_write", statements=without, statements_opening=opening, **figures)
    return int(without > 12 + ANSWER or opening > 18 + ANSWER or figures["ratio"] < MUST)


if __name__ == "__main__":
    sys.exit(main())
