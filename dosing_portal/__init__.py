"""The composition root: settings, URLs, Celery and the kernel that every app may import."""

from dosing_portal.celery import app as celery_app

__all__ = ["celery_app"]
