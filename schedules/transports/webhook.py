"""A signed POST to an address the center chose: pagers, chat bridges, hospital switchboards."""

from __future__ import annotations

import json

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema

from dosing_portal.kernel import clock
from schedules import links
from schedules.transports.base import Message, TransportError

CONNECT_SECONDS, READ_SECONDS = 2, 5
TAKEN, MOVED = range(200, 300), range(300, 400)  # a redirect is not followed: it may lead to a sign-in page
GONE = {400, 401, 403, 404, 405, 410, 413, 415, 422}


class WebhookTransport:
    """The receiver checks ``X-Portal-Signature`` over ``X-Portal-Time`` and body, and drops a known key."""

    def send(self, message: Message) -> str:
        body = json.dumps(
            {"key": str(message.key), "subject": message.subject, "text": message.text}
        ).encode()
        timestamp = str(int(clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(message.key),
            "X-Portal-Time": timestamp,
            "X-Portal-Signature": links.webhook_signature(message.center_id, timestamp, body),
        }
        try:
            # Streamed, because what stands in the body is not read: a receiver cannot hold us up with it.
            with requests.post(
                message.address,
                data=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
        except (InvalidSchema, InvalidURL, MissingSchema) as error:
            raise TransportError("the address is not a web address", permanent=True) from error
        except requests.RequestException as error:
            raise TransportError(f"no answer: {type(error).__name__}") from error
        if status in TAKEN:
            return f"HTTP {status}"
        raise TransportError(f"HTTP {status}", permanent=status in GONE or status in MOVED)
