"""Starts the embedded servers for a test run: ``addopts = -p dosing_portal.embedded.pytest_plugin``.

It works when it is imported, because pytest-django reads the settings before any conftest is loaded. The
workers of pytest-xdist inherit the variables, so they start nothing. Each run has a folder of its own, so
runs go side by side.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from dosing_portal.embedded.servers import Servers, sample_environment


def start_servers() -> None:
    """Start what no variable names, and leave the variables for the settings."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    folder.chmod(0o711)  # root's PostgreSQL runs as nobody, who must pass through
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "static").mkdir()
    servers = Servers(folder, durable=False)
    servers.__enter__()
    atexit.register(servers.__exit__, None, None, None)
    os.environ.update(sample_environment(folder, base_url="http://testserver", secret_key="test-" * 10))
    os.environ.update(servers.application | servers.owner)


start_servers()
