"""Ask one of the portal's health pages; exit 0 when it is well. For the health checks of containers."""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 4


def status_of(url: str, host: str) -> int:
    """The status of ``url``, asked under the public host name: the portal answers to no other."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", parts.path, headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()


def main(url: str) -> int:
    host = urlsplit(os.environ["PORTAL_BASE_URL"]).netloc
    try:
        status = status_of(url, host)
    except OSError as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 1
    if status != http.HTTPStatus.OK:
        print(f"{url} answered {status}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
