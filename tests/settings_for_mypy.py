"""The settings as django-stubs reads them: the sample variables, and no server behind them."""

import os
from pathlib import Path
from tempfile import gettempdir

from dosing_portal.embedded.servers import sample_environment

os.environ.update(
    sample_environment(Path(gettempdir()), base_url="http://localhost", secret_key="unused-" * 10),
    DATABASE_URL="postgres://nobody@localhost/none",
    REDIS_URL="redis://localhost",
)

from dosing_portal.settings import *  # noqa: F403
