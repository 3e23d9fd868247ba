"""The Celery application. Its settings are the ``CELERY_*`` names in ``dosing_portal.settings``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dosing_portal.settings")

app = Celery("dosing_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
