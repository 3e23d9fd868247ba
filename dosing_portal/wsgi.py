"""The WSGI entry point: ``gunicorn dosing_portal.wsgi``."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dosing_portal.settings")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - load every view now, not while somebody waits for the first page
