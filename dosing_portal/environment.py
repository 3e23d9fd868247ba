"""Strict readers of environment variables: a missing or malformed one stops the start with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

FLAGS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
DATABASE_SCHEMES = {"postgres", "postgresql"}
BROKER_SCHEMES = {"redis", "rediss", "redis+socket"}


@dataclass(frozen=True)
class MailServer:
    """An SMTP server, or a folder that mail is written into."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    implicit_tls: bool = False
    starttls: bool = False
    folder: Path | None = None


@dataclass(frozen=True)
class Environment:
    """Reads variables from a mapping, normally ``os.environ``."""

    variables: Mapping[str, str]

    def text(self, name: str, *, meaning: str) -> str:
        """The value of a variable that must be set. ``meaning`` completes the sentence "Set NAME to ..."."""
        value = self.variables.get(name, "").strip()
        if not value:
            raise ImproperlyConfigured(f"{name} is not set. Set {name} to {meaning}.")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes or no."""
        value = self.variables.get(name, "").strip().lower()
        if not value:
            return default
        if value not in FLAGS:
            raise ImproperlyConfigured(f"{name} is {value!r}. Set {name} to 1 or 0.")
        return FLAGS[value]

    def choice(self, name: str, *, default: str, choices: frozenset[str]) -> str:
        """One of a few words."""
        value = self.variables.get(name, "").strip() or default
        if value not in choices:
            raise ImproperlyConfigured(
                f"{name} is {value!r}. Set {name} to one of {', '.join(sorted(choices))}."
            )
        return value

    def words(self, name: str) -> list[str]:
        """A list separated by commas; empty when the variable is not set."""
        return [word.strip() for word in self.variables.get(name, "").split(",") if word.strip()]

    def folder(self, name: str, *, default: Path) -> Path:
        """An absolute folder, which need not exist yet."""
        folder = Path(self.variables.get(name, "").strip() or default)
        if not folder.is_absolute():
            raise ImproperlyConfigured(f"{name} is {str(folder)!r}. Set {name} to an absolute path.")
        return folder

    def url(self, name: str, *, schemes: set[str], meaning: str) -> SplitResult:
        """A URL with one of the given schemes."""
        parts = urlsplit(self.text(name, meaning=meaning))
        if parts.scheme not in schemes:
            expected = " or ".join(f"{scheme}:" for scheme in sorted(schemes))
            raise ImproperlyConfigured(f"{name} does not start with {expected}. Set {name} to {meaning}.")
        return parts

    def database(self, name: str) -> dict[str, Any]:
        """Django's description of the PostgreSQL database that a URL names.

        A socket folder is given as ``postgres://role@/database?host=/folder``; every other parameter of the
        query, such as ``sslmode``, goes to the driver.
        """
        meaning = "postgres://role:password@host:5432/database"
        parts = self.url(name, schemes=DATABASE_SCHEMES, meaning=meaning)
        database = unquote(parts.path.lstrip("/"))
        if not database:
            raise ImproperlyConfigured(f"{name} names no database. Set {name} to {meaning}.")
        options = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", None) or parts.hostname or "",
            "PORT": str(parts.port or ""),
            "OPTIONS": options,
        }

    def broker(self, name: str) -> str:
        """The URL of the Redis or Valkey server that carries Celery's messages."""
        meaning = "redis://host:6379/0 or redis+socket:///path"
        self.url(name, schemes=BROKER_SCHEMES, meaning=meaning)
        return self.text(name, meaning=meaning)

    def mail(self, name: str) -> MailServer:
        """Where e-mail goes: ``smtp://`` (STARTTLS unless ``?starttls=0``), ``smtps://`` or ``file:///folder``."""
        meaning = "smtp://user:password@host:587, smtps://user:password@host:465 or file:///folder"
        parts = self.url(name, schemes={"smtp", "smtps", "file"}, meaning=meaning)
        if parts.scheme == "file":
            return MailServer(folder=Path(parts.path))
        if not parts.hostname:
            raise ImproperlyConfigured(f"{name} names no host. Set {name} to {meaning}.")
        implicit_tls = parts.scheme == "smtps"
        return MailServer(
            host=parts.hostname,
            port=parts.port or (465 if implicit_tls else 587),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            implicit_tls=implicit_tls,
            starttls=not implicit_tls and dict(parse_qsl(parts.query)).get("starttls") != "0",
        )
