"""The settings start only with what they need, and say in a sentence what to set."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dosing_portal.environment import Environment
from dosing_portal.logs import without_secrets
from schedules.services.sweeps import SWEEPS

PRODUCTION = {
    "SECRET_KEY": "k" * 50,
    "PORTAL_BASE_URL": "https://portal.example.org/",
    "PORTAL_DEMO": "",
    "PORTAL_EXTRA_HOSTS": "",
    "PORTAL_APPLICATION_ROLE": "",
    "DATABASE_URL": "postgres://portal_app:s%40fe@db.example.org:5433/portal?sslmode=verify-full",
    "REDIS_URL": "redis://:word@redis.example.org/0",
    "EMAIL_URL": "smtp://portal:word@mail.example.org",
    "EMAIL_FROM": "Portal <portal@example.org>",
}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)


def read_settings() -> dict[str, Any]:
    """The names of the settings module as it would start now."""
    return runpy.run_path(str(Path(settings.BASE_DIR) / "dosing_portal" / "settings.py"))


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "PORTAL_BASE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "EMAIL_FROM"]
)
def test_a_missing_variable_stops_the_start_with_what_to_set(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} is not set\. Set {name} to .+\.$"):
        read_settings()


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY has 5 characters"),
        ("PORTAL_BASE_URL", "http://portal.example.org", "does not start with https:"),
        ("PORTAL_BASE_URL", "portal.example.org", "does not start with http: or https:"),
        ("DATABASE_URL", "mysql://host/portal", "does not start with postgres: or postgresql:"),
        ("DATABASE_URL", "postgres://role@host/", "names no database"),
        ("REDIS_URL", "amqp://host", "does not start with redis:"),
        ("EMAIL_URL", "mail.example.org", "does not start with file: or smtp: or smtps:"),
        ("EMAIL_URL", "smtp://", "names no host"),
        ("EMAIL_URL", "file:///var/mail", "nobody would ever be paged"),
        ("PORTAL_DEMO", "maybe", "PORTAL_DEMO is 'maybe'. Set PORTAL_DEMO to 1 or 0"),
        ("PORTAL_STATIC_ROOT", "static", "Set PORTAL_STATIC_ROOT to an absolute path"),
        ("PORTAL_LOG_LEVEL", "LOUD", "Set PORTAL_LOG_LEVEL to one of DEBUG, ERROR, INFO, WARNING"),
    ],
)
def test_a_malformed_variable_is_named(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        read_settings()


@pytest.mark.usefixtures("production")
def test_production_is_closed_by_default() -> None:
    read = read_settings()
    assert read["DEBUG"] is False
    assert read["PORTAL_DEMO"] is False
    assert read["ALLOWED_HOSTS"] == ["portal.example.org"]
    assert read["PORTAL_BASE_URL"] == "https://portal.example.org"
    assert read["SESSION_COOKIE_SECURE"]
    assert read["CSRF_COOKIE_SECURE"]
    assert read["SESSION_COOKIE_HTTPONLY"]
    assert read["CSRF_COOKIE_HTTPONLY"]
    assert read["SECURE_SSL_REDIRECT"]
    assert read["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert read["PORTAL_MAILBOX_DIR"] is None
    assert read["EMAIL_USE_TLS"]
    assert read["EMAIL_PORT"] == 587


@pytest.mark.usefixtures("production")
def test_the_database_url_reaches_the_driver_whole() -> None:
    database = read_settings()["DATABASES"]["default"]
    assert database["USER"] == "portal_app"
    assert database["PASSWORD"] == "s@fe"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.org", "5433", "portal")
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert "lock_timeout" in database["OPTIONS"]["options"]


def test_a_socket_folder_is_a_database_host() -> None:
    environment = Environment({"DATABASE_URL": "postgres://app@/portal?host=/run/folder"})
    database = environment.database("DATABASE_URL")
    assert (database["HOST"], database["USER"], database["NAME"]) == ("/run/folder", "app", "portal")


def test_smtps_is_encrypted_from_the_start() -> None:
    mail = Environment({"EMAIL_URL": "smtps://a%40b:c@mail.example.org"}).mail("EMAIL_URL")
    assert mail.implicit_tls
    assert not mail.starttls
    assert (mail.user, mail.port) == ("a@b", 465)


def test_starttls_is_left_out_only_on_request() -> None:
    mail = Environment({"EMAIL_URL": "smtp://localhost:25?starttls=0"}).mail("EMAIL_URL")
    assert not mail.starttls
    assert not mail.implicit_tls


def test_pages_may_load_only_from_the_portal() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert directives["script-src"] == directives["style-src"] == directives["form-action"] == ["'self'"]
    allowed = {source for sources in directives.values() for source in sources}
    assert allowed == {"'none'", "'self'"}


def test_sessions_and_limits_need_no_broker() -> None:
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"
    assert settings.SESSION_SAVE_EVERY_REQUEST is False
    assert "redis" not in settings.CACHES["default"]["BACKEND"].lower()


def test_sweeps_run_every_two_seconds_and_never_pile_up() -> None:
    sweeps = {name: entry for name, entry in settings.CELERY_BEAT_SCHEDULE.items() if name in SWEEPS}
    assert set(sweeps) == {
        "schedules.deliver_due",
        "schedules.escalate_due",
        "schedules.flag_missed_checks",
        "schedules.queue_due_reminders",
        "schedules.chase_overdue",
    }
    for sweep in sweeps.values():
        assert sweep["schedule"] == 2
        assert sweep["options"]["expires"] <= 10


def test_what_is_old_is_forgotten_by_the_hour_and_no_heartbeat_waits_for_it() -> None:
    (name,) = set(settings.CELERY_BEAT_SCHEDULE) - set(SWEEPS)
    assert (name, settings.CELERY_BEAT_SCHEDULE[name]["schedule"]) == ("web.forget_old", 3600)


@pytest.mark.parametrize(
    ("request_line", "logged"),
    [
        ("GET /patients/?q=SAMPLE+Ada", "GET /patients/"),
        ("POST /a/eyJhIjoxfQ:1abc:def/", "POST /a/.../"),
        ("GET /card/secret", "GET /card/..."),
        ("GET /alerts/7/acknowledge/", "GET /alerts/7/acknowledge/"),
    ],
)
def test_logs_keep_no_search_words_and_no_signed_links(request_line: str, logged: str) -> None:
    assert without_secrets(None, "info", {"request": request_line})["request"] == logged
