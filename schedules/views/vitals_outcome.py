"""What a saved reading means and led to. The page can be reloaded at will: it never sends anything again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dosing_portal.kernel import clock
from dosing_portal.kernel.http import VERSION, StaffRequest, live
from dosing_portal.kernel.permissions import Permission, may, require
from dosing_portal.kernel.templatetags.clinical import distance, hhmm, moment
from patients.models import Observation, ToxicityEvent
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Severity
from schedules.models import Alert
from schedules.selectors import vitals as selectors
from schedules.selectors import vitals_outcome
from schedules.selectors.heads import Head, head_for
from schedules.selectors.responses import checklist_for
from schedules.selectors.vitals_outcome import SavedReading
from schedules.selectors.whereabouts import prompts_for
from schedules.views.around import around
from schedules.views.graded import Graded, of_row
from schedules.views.response_words import steps_context
from schedules.views.rows import short
from schedules.views.told import ToldList, reason_words, told_list


@dataclass(frozen=True, slots=True)
class Notice:
    """The arguments of ``components/alert_box.html``."""

    kind: str
    title: str
    text: str
    url: str = ""
    action: str = ""


@require(Permission.VIEW_PATIENT)
@require_safe
def outcome(request: StaffRequest, patient_id: UUID, observation_id: UUID) -> HttpResponse:
    at = clock.now()
    head = head_for(request.user, patient_id, at)
    row = selectors.observation_for(request.user, patient_id, observation_id)
    spec = selectors.judging(head)
    saved = vitals_outcome.saved_reading(row, spec)
    may_record = may(request.user, Permission.LOG_VITALS)
    signs = spec.center.call_back_signs if spec else ()
    todo = _todo(request, saved, at)
    grades = tuple(of_row(g) for g in (saved.crs, saved.icans) if g is not None)
    context = {
        **around(request, head),
        "row": row,
        "saved": saved,
        "what": "ICE test" if row.neurologic_only else "Vitals",
        "saved_words": _saved_words(saved),
        "saved_title": f"Saved {hhmm(row.recorded_at)}.",
        "corrected_words": _corrected_words(row),
        "grades": grades,
        "clear": _clear_words(saved, grades, head, at),
        "notices": (
            *_notices(saved, grades, patient_id, planned=bool(todo)),
            *_care_notices(head, spec),
        ),
        "open_events": tuple(event for event in saved.events if event.state == ToxicityEvent.State.OPEN),
        "open_alert": next((told.alert for told in saved.alerts if not told.answered), None),
        "next_check": next_check(head, at),
        "todo": todo,
        "signs": signs,
        "sign_sources": "; ".join(dict.fromkeys(str(sign.source) for sign in signs if sign.source)),
        "may_record": may_record,
        **_told(patient_id, row.pk, told_list(saved.alerts, at)),
    }
    return render(request, "schedules/vitals_outcome.html", context)


@require(Permission.VIEW_PATIENT)
@require_safe
def told(request: StaffRequest, patient_id: UUID, observation_id: UUID) -> HttpResponse:
    """The list of people told; 204 while it says the same."""
    at = clock.now()
    row = selectors.observation_for(request.user, patient_id, observation_id)
    head = head_for(request.user, patient_id, at)
    listed = told_list(vitals_outcome.told(row, selectors.judging(head)), at)
    context = {**_told(patient_id, row.pk, listed), "announced": listed.holder}
    return live(request, listed.version, lambda: render(request, "schedules/_vitals_told.html", context))


def _care_notices(head: Head, spec: ProtocolSpec | None) -> Iterator[Notice]:
    """What the grades now ask of the place where the patient is."""
    for prompt in prompts_for(head.patient, spec):
        mark = "" if prompt.confirmed else " Unconfirmed."
        text = f"Because: {'; '.join(prompt.because)}. Source: {prompt.source or 'not named'}.{mark}"
        title = f"To consider: {prompt.sentence}." if prompt.consider else f"{prompt.sentence}."
        where = reverse("schedules:where", args=[head.patient.pk])
        yield Notice("look" if prompt.consider else "act", title, text, where, "Where is the patient")


def _told(patient_id: UUID, observation_id: UUID, listed: ToldList) -> dict[str, Any]:
    url = reverse("schedules:outcome-told", args=[patient_id, observation_id])
    return {"told": listed, "told_url": f"{url}?{VERSION}={listed.version}"}


def _saved_words(saved: SavedReading) -> str:
    """Taken 13:50, entered by N. Brandt RN. Check of 14:00 is done."""
    row = saved.row
    same_day = moment(row.taken_at)[:11] == moment(row.recorded_at)[:11]
    taken = hhmm(row.taken_at) if same_day else moment(row.taken_at)
    words = f"Taken {taken}, entered by {row.recorded_by.name}."
    if saved.check_due_at is not None:
        words += f" Check of {hhmm(saved.check_due_at)} is done."
    return f"{words} Before the first dose: kept as the baseline." if row.is_baseline else words


def _clear_words(saved: SavedReading, grades: Iterable[Graded], head: Head, at: datetime) -> str:
    """What stands where there is nothing to do; empty where something is found, in review or not gradable."""
    by_toxicity = {grade.chip.toxicity: grade for grade in grades}
    looked_for = "ICANS" if saved.row.neurologic_only else "CRS"
    first = by_toxicity.get(looked_for)
    if saved.alerts or first is None or not first.certain:
        return ""
    if any(grade.met or grade.review for grade in by_toxicity.values()):
        return ""
    return f"No {looked_for} criteria met at {hhmm(saved.row.taken_at)}. {next_check(head, at)}"


def _corrected_words(row: Observation) -> str:
    newer = getattr(row, "amended_by", None)
    if newer is None:
        return ""
    return (
        f"{newer.recorded_by.name}, {moment(newer.recorded_at)}: {newer.amend_reason}. It no longer counts."
    )


def _notices(
    saved: SavedReading, grades: Iterable[Graded], patient_id: UUID, *, planned: bool
) -> Iterator[Notice]:
    """What must be said first: a physician is needed, a limit was met without a plan for it, no grade."""
    found = tuple(grades)
    told_kinds = {told.alert.kind for told in saved.alerts}
    if any(grade.review for grade in found) and Alert.Kind.POSSIBLY_MASKED not in told_kinds:
        text = "A physician must look: after a steroid, an antipyretic or tocilizumab a fever may be hidden."
        yield Notice("act", "Possible masked CRS.", text)
    for told in () if planned else saved.alerts:
        kind = "act" if told.alert.severity >= Severity.ACT_NOW else "look"
        yield Notice(kind, f"{told.alert.get_kind_display()}.", f"{reason_words(told)}.")
    crs = next((grade for grade in found if grade.chip.toxicity == "CRS"), None)
    if crs is not None and crs.chip.cannot:
        url = reverse("schedules:vitals-new", args=[patient_id])
        text = f"CRS cannot be graded. Missing: {', '.join(crs.missing)}."
        yield Notice("unknown", "Not known.", text, url, "Log vitals again")


def next_check(head: Head, at: datetime) -> str:
    """Next check 18:00, in 4 h."""
    due = head.status.next_check_due_at if head.status else None
    if due is None:
        return "No further check is planned."
    return f"Next check {hhmm(due)}, {distance(due, at)}."


def _todo(request: StaffRequest, saved: SavedReading, at: datetime) -> tuple[dict[str, Any], ...]:
    """The running checklist of each event that the reading concerns, as its own page shows it."""
    found = (checklist_for(request.user, event.pk, at) for event in saved.met)
    return tuple(
        steps_context(
            checklist, request.user, at, list_id=f"steps-{short(checklist.event.pk)}", title="What to do now"
        )
        for checklist in found
        if checklist.rows
    )
