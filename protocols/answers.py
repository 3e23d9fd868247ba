"""Answers of the rules in the words of the screens. Plain text: no database, no request."""

from __future__ import annotations

import re

from protocols.rules.regimen import DoseSpec, Schedule
from protocols.rules.stepup import Action, RestartAnswer
from protocols.rules.window import Verdict


def dose_name(dose: DoseSpec) -> str:
    """ "step-up dose 2", for the middle of a sentence."""
    return f"{dose.label_name[:1].lower()}{dose.label_name[1:]}"


ROUTES = {"SC": "subcutaneous", "IV": "intravenous", "PO": "by mouth"}


def route_name(route: str) -> str:
    """A route without its abbreviation."""
    return ROUTES.get(route, route)


def headline(answer: RestartAnswer, schedule: Schedule) -> str:
    """What to do, in one line: "Repeat step-up dose 2", "Too early", "Ask the physician"."""
    if answer.action is Action.REFUSE:
        early = answer.verdict is Verdict.TOO_EARLY
        return "Too early: give nothing on this day" if early else "No rule could be read. Do not guess"
    if answer.action is Action.ASK_PHYSICIAN or answer.next_dose is None:
        return "The record does not cover this day. Ask the physician"
    name = dose_name(schedule.dose(answer.next_dose))
    if answer.action is Action.REPEAT:
        return f"Repeat {name}"
    if answer.action is Action.RESTART:
        return f"Start again with {name}"
    if answer.verdict is Verdict.LATE_BUT_ALLOWED:
        return f"Late but allowed: {name}"
    return f"Continue with {name}"


def in_labels(line: str, schedule: Schedule) -> str:
    """A line of a rule with the names of doses instead of their ids in the record."""
    names = {dose.id: dose_name(dose) for dose in schedule.doses}
    ids = "|".join(re.escape(dose) for dose in sorted(names, key=len, reverse=True))
    return re.sub(rf"\b({ids})\b", lambda found: names[found[1]], line)


def days_in_words(first: int, last: int | None) -> str:
    """ "2 to 7", "8 or more", "day 0"."""
    if last is None:
        return f"{first} or more"
    return f"{first}" if first == last else f"{first} to {last}"
