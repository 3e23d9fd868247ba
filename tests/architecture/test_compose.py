"""The production files, read as Docker would read them: roles, secrets, users, health checks."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from ruamel.yaml import YAML

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
PORTAL = {name for name, service in SERVICES.items() if service["image"] == "dosing-portal"}
LASTING = {name for name, service in SERVICES.items() if service["restart"] != "no"}
INTERPOLATED = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<rest>[^}]*)\}")


def variables(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}


def test_the_services_are_the_whole_portal_with_one_beat() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "web", "worker", "beat", "sweeper"}
    assert {"migrate", "web", "worker", "beat", "sweeper"} == PORTAL
    beats = [name for name in PORTAL if "beat" in SERVICES[name].get("command", [])]
    assert beats == ["beat"]
    assert not any("deploy" in service or "scale" in service for service in SERVICES.values())


def test_the_engines_are_those_the_tests_run() -> None:
    assert SERVICES["postgres"]["image"] == "postgres:17"
    kind, version = SERVICES["redis"]["image"].split(":")
    assert kind == "redis"
    assert tuple(map(int, version.split("."))) >= (7, 2)


def test_only_the_migrating_process_holds_the_owner_role() -> None:
    holding = {name for name in PORTAL if "portal_owner" in variables(name)["DATABASE_URL"]}
    assert holding == {"migrate"}
    for name in PORTAL - {"migrate"}:
        assert variables(name)["DATABASE_URL"].startswith("postgres://portal_app:")
        assert not any("OWNER" in value for value in variables(name).values())
    assert variables("migrate")["PORTAL_APPLICATION_ROLE"] == "portal_app"
    assert SERVICES["migrate"]["command"][-1] == "prepare_database"


def test_the_database_starts_with_both_roles() -> None:
    mounts = SERVICES["postgres"]["volumes"]
    assert any(mount.startswith("./scripts/create_roles.sh:/docker-entrypoint-initdb.d/") for mount in mounts)
    script = (ROOT / "scripts" / "create_roles.sh").read_text()
    assert "CREATE ROLE portal_owner LOGIN" in script
    assert "CREATE ROLE portal_app LOGIN" in script
    assert "SUPERUSER" not in script


def test_nothing_starts_before_the_migrations_are_done() -> None:
    for name in PORTAL - {"migrate"}:
        awaited = SERVICES[name]["depends_on"]
        assert awaited["migrate"]["condition"] == "service_completed_successfully"
        assert awaited["postgres"]["condition"] == "service_healthy"
        assert "redis" not in awaited  # the portal runs without the broker


def test_every_lasting_service_has_a_health_check() -> None:
    assert set(SERVICES) - {"migrate"} == LASTING
    for name in LASTING:
        assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_the_portal_runs_without_rights() -> None:
    for name in PORTAL:
        service = SERVICES[name]
        assert int(service["user"].split(":")[0]) > 0
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert all("ports" not in service for name, service in SERVICES.items() if name != "web")


def test_secrets_have_no_default_and_each_says_what_to_set() -> None:
    for service in SERVICES:
        for name, value in variables(service).items():
            asked = list(INTERPOLATED.finditer(value))
            if re.search("PASSWORD|SECRET|_URL", name):
                assert asked, f"{service}: {name} is written out"
            for variable in asked:
                if variable["name"] != "WEB_CONCURRENCY":
                    assert variable["rest"].startswith(":?Set "), (
                        f"{service}: {variable['name']} has no sentence"
                    )


def test_the_example_lists_every_variable_and_no_secret() -> None:
    asked = {
        variable["name"] for variable in INTERPOLATED.finditer((ROOT / "docker-compose.yml").read_text())
    }
    given = dict(line.split("=", 1) for line in EXAMPLE.splitlines() if re.match(r"[A-Z_]+=", line))
    assert set(given) == asked - {"WEB_CONCURRENCY"}
    assert set(given.values()) == {""}
    read = set(re.findall(r'"([A-Z_]+)"[,)]', (ROOT / "dosing_portal" / "settings.py").read_text()))
    for name in {name for name in read if name.startswith("PORTAL_")} - {"PORTAL_APPLICATION_ROLE"}:
        assert name in EXAMPLE


def test_the_image_installs_the_lock_and_does_not_run_as_root() -> None:
    steps = DOCKERFILE.splitlines()
    user = next(line for line in steps if line.startswith("USER "))
    assert int(re.findall(r"\d+", user)[0]) > 0
    assert steps.index(user) < next(i for i, line in enumerate(steps) if line.startswith("CMD "))
    assert "--require-hashes -r requirements/runtime.txt" in DOCKERFILE
    assert "PORTAL_COMPRESS_STATIC=1" in DOCKERFILE
    assert "HEALTHCHECK" in DOCKERFILE
    assert "SECRET_KEY" not in "".join(line for line in steps if line.startswith(("ENV", "ARG")))


@pytest.mark.parametrize("path", re.findall(r"^COPY (\S+) ", DOCKERFILE, flags=re.MULTILINE))
def test_what_the_image_copies_exists_and_is_sent_to_the_builder(path: str) -> None:
    assert (ROOT / path).exists()
    assert f"!{path}" in (ROOT / ".dockerignore").read_text().splitlines()
