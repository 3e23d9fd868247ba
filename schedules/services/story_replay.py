"""Replay a story: a center made for it, the acts through the services, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from dosing_portal.kernel.models import Center, Role, Staff
from patients.models import Patient
from patients.services import registration
from patients.services.registration import PersonFacts
from protocols import documents
from protocols.library.protocol_document import from_library
from protocols.models import ProtocolVersion
from protocols.services import adoption
from schedules.models import ContactPoint, OnCallShift
from schedules.services.stories import Cast, Stage
from schedules.services.story_document import Overrides, RungText, Story

DEFAULTS = Path(settings.BASE_DIR) / "docs" / "story-defaults.yaml"
MARGIN = timedelta(days=30)
LIMITS = {
    "fever_c": "fever_c",
    "systolic": "systolic_mmhg",
    "spo2": "spo2_percent",
    "heart_rate": "heart_rate_per_min",
}


@dataclass(frozen=True, slots=True)
class Played:
    """The stage after the last act, with what the reports need."""

    story: Story
    center: Center
    patient: Patient
    version: ProtocolVersion


def replay(story: Story) -> Played:
    """Play a story in the present transaction; the caller throws the database away.

    Raises ``StoryRefused``, ``UnknownRegimenError`` and ``UnknownScheduleError``.
    """
    begin = min([act.at for act in story.acts], default=story.until) - MARGIN
    defaults = documents.read(DEFAULTS).plain
    cast = _cast(story, begin)
    section = center_section(story.overrides, defaults)
    adoption.adopt_center_wide(by=cast.pharmacist, second=cast.director, at=begin, center_section=section)
    version = adoption.adopt(
        regimen=story.regimen,
        schedule=story.schedule,
        by=cast.pharmacist,
        second=cast.director,
        at=begin,
        center_section=section,
    )
    patient = _patient(cast, begin)
    stage = Stage(
        cast=cast,
        patient=patient,
        weight_kg=story.weight_kg or Decimal(defaults["weight_kg"]),
        version_id=version.pk,
        clock=begin,
    )
    stage.play(story.acts, until=story.until)
    return Played(story, cast.center, patient, version)


# --- the center made for it ---------------------------------------------------------------------------


def _cast(story: Story, begin: datetime) -> Cast:
    center = Center.objects.create(slug="story", name="Story center", time_zone=story.zone.key)
    Staff.objects.create(center=center, username="portal@story", name="Portal", role=Role.SYSTEM)
    people = {
        role: Staff.objects.create(
            center=center,
            username=f"{role}@story",
            name=f"Story {role}",
            role=role,
            email=f"{role}@story.example",
        )
        for role in (Role.NURSE, Role.PHYSICIAN, Role.PHARMACIST, Role.DIRECTOR)
    }
    for role in (Role.NURSE, Role.PHYSICIAN, Role.DIRECTOR):
        OnCallShift.objects.create(
            center=center,
            role=role,
            staff=people[role],
            starts_at=begin - MARGIN,
            ends_at=story.until + MARGIN,
            recorded_at=begin,
            recorded_by=people[Role.DIRECTOR],
        )
        ContactPoint.objects.create(
            center=center,
            staff=people[role],
            kind=ContactPoint.Kind.EMAIL,
            address=people[role].email,
            recorded_at=begin,
            recorded_by=people[Role.DIRECTOR],
        )
    return Cast(
        center=center,
        nurse=people[Role.NURSE],
        physician=people[Role.PHYSICIAN],
        pharmacist=people[Role.PHARMACIST],
        director=people[Role.DIRECTOR],
    )


def _patient(cast: Cast, at: datetime) -> Patient:
    return registration.register(
        facts=PersonFacts(
            mrn="STORY-1",
            family_name="STORY",
            given_name="Invented",
            birth_date=(at - timedelta(days=60 * 365)).date(),
            sex="not_known",
            allergy_status="none_known",
            allergies="",
            code_status="full",
        ),
        by=cast.nurse,
        at=at,
    )


# --- the protocol it plays under ----------------------------------------------------------------------


def center_section(overrides: Overrides, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The shipped center settings with the story's defaults, and over them what the story itself says."""
    section: dict[str, Any] = adoption.thawed(from_library(None, None).plain["center"])
    section["limits"] |= dict(defaults["limits"])
    section["limits"] |= {
        LIMITS[name]: str(value) for name, value in overrides.limits.model_dump(exclude_none=True).items()
    }
    section["checks"] |= dict(defaults["checks"])
    if overrides.check_hours is not None:
        section["checks"]["every_hours"] = str(overrides.check_hours)
    if overrides.grace_minutes is not None:
        section["checks"]["grace_minutes"] = str(overrides.grace_minutes)
    section["grading"]["event_free_hours"] = defaults["event_free_hours"]
    section["chase"]["page_overdue_actions"] = defaults["page_overdue_actions"]
    section["call_tree"] |= _tree(overrides.rungs, defaults)
    section["missed_check_tree"] |= _missed_tree(overrides.grace_minutes, defaults)
    return section


def _tree(rungs: Sequence[RungText], defaults: Mapping[str, Any]) -> dict[str, Any]:
    tree = defaults["call_tree"]
    if not rungs:
        return _as_json(tree, tree["repeat_minutes"], defaults)
    gap = rungs[-1].minutes - rungs[-2].minutes if len(rungs) > 1 else int(tree["repeat_minutes"])
    given = {"rungs": [{"role": rung.role, "minutes": str(rung.minutes)} for rung in rungs]}
    return _as_json(given, str(gap), defaults)


def _missed_tree(grace: int | None, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The first level is told when the check counts as missed; the levels above keep their minutes."""
    tree = defaults["missed_check_tree"]
    if grace is None:
        return _as_json(tree, tree["repeat_minutes"], defaults)
    first, *others = tree["rungs"]
    rungs = [{**first, "minutes": str(grace)}]
    for rung in others:
        later = max(int(rung["minutes"]), int(rungs[-1]["minutes"]) + 1)
        rungs.append({**rung, "minutes": str(later)})
    return _as_json({"rungs": rungs}, tree["repeat_minutes"], defaults)


def _as_json(tree: Mapping[str, Any], repeat: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rungs": [dict(rung) for rung in tree["rungs"]],
        "repeat_minutes": repeat,
        "recheck_minutes": defaults["recheck_minutes"],
    }
