"""Worked cases about one dose: amount, premedication, monitoring, readiness, what follows a toxicity."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from protocols import library
from protocols.documents import Flag, Names, Number, StrictRecord, Whole, one_or_more
from protocols.rules import dosing, monitoring, next_dose, premedication, readiness
from protocols.rules.regimen import DoseHistory, Occurrence
from protocols.services.case_types import Answer, CaseContext, Runner, read_given
from protocols.services.schedule_cases import known_dose, subject_of


def _without_unit(unit: str) -> BeforeValidator:
    """A number may carry its own unit, never another one."""

    def strip(value: object) -> object:
        return value.removesuffix(unit).rstrip() if isinstance(value, str) else value

    return BeforeValidator(strip)


Kilograms = Annotated[Number, _without_unit("kg")]
Hours = Annotated[Number, _without_unit("h")]


class DoseGiven(StrictRecord):
    dose: str
    weight_kg: Annotated[Kilograms | None, Field(gt=0)] = None
    vials: Names = ()
    product: str | None = None


def run_dose(context: CaseContext, given: Any) -> Answer:
    """What is to be drawn up, and does what was scanned fit?"""
    regimen, schedule = subject_of(context)
    asked = read_given(DoseGiven, given)
    known_dose(schedule, asked.dose, ("given", "dose"))
    answer = dosing.prepare(
        regimen, schedule, asked.dose, asked.weight_kg, vials=asked.vials, product=asked.product
    )
    got = {
        "mg": answer.mg,
        "ml": answer.ml,
        "band_mg": answer.band_mg,
        "band_ml": answer.band_ml,
        "vial": answer.vial.strength if answer.vial else None,
        "injections": answer.injections,
        "accept": answer.accept,
    }
    silent = tuple(key for key, value in got.items() if value is None)
    only_refused = ("accept",) if answer.refused and not answer.objections else ()
    return Answer(
        got=got,
        because=answer.because,
        source=answer.source,
        unconfirmed=not answer.confirmed,
        refused=bool(answer.refused),
        uncovered=(*silent, *only_refused) if answer.refused else (),
    )


History = tuple[Annotated[DoseHistory, Field(strict=False)], ...]


class PremedicationGiven(StrictRecord):
    dose: str
    history: Annotated[History, BeforeValidator(one_or_more)] = ()
    full_dose_number: Whole | None = None


def run_premedication(context: CaseContext, given: Any) -> Answer:
    """Is premedication needed before this dose, which, and when?"""
    regimen, schedule = subject_of(context)
    asked = read_given(PremedicationGiven, given)
    known_dose(schedule, asked.dose, ("given", "dose"))
    answer = premedication.before(regimen, schedule, asked.dose, asked.history, asked.full_dose_number)
    drugs = tuple(drug.name for drug in answer.drugs)
    uncovered = ["hours_before"] if answer.required and answer.hours_before is None else []
    if answer.required and not drugs:
        uncovered.append("drugs")
    return Answer(
        got={"required": answer.required, "drugs": drugs, "hours_before": answer.hours_before},
        because=answer.because,
        source=answer.source,
        unconfirmed=not answer.confirmed,
        refused=answer.required is None,
        uncovered=tuple(uncovered),
    )


class MonitoringGiven(StrictRecord):
    dose: str


def run_monitoring(context: CaseContext, given: Any) -> Answer:
    """Where and how long does the label want the patient after this dose?"""
    regimen, schedule = subject_of(context)
    asked = read_given(MonitoringGiven, given)
    known_dose(schedule, asked.dose, ("given", "dose"))
    answer = monitoring.label_setting(regimen, schedule, asked.dose)
    got = {
        "hospital_hours": answer.hospital_hours,
        "proximity_hours": answer.proximity_hours,
        "daily_monitoring_hours": answer.daily_monitoring_hours,
    }
    return Answer(
        got=got,
        because=answer.because,
        source=answer.source,
        unconfirmed=not answer.confirmed,
        refused=not answer.stated,
        uncovered=tuple(key for key, value in got.items() if value is None),
    )


TOXICITIES = ("crs", "icans", "neurotoxicity")


class NextDoseGiven(StrictRecord):
    toxicity: Literal["crs", "icans", "neurotoxicity"]
    grade: Annotated[Whole, Field(ge=0, le=5)]
    occurrence: Annotated[Occurrence | None, Field(strict=False)] = None
    duration_hours: Hours | None = None
    after: str | None = None


def run_next_dose(context: CaseContext, given: Any) -> Answer:
    """What does the record ask for the dose after this event?"""
    regimen, schedule = subject_of(context)
    asked = read_given(NextDoseGiven, given)
    if asked.after is not None:
        known_dose(schedule, asked.after, ("given", "after"))
    event = next_dose.Toxic(asked.toxicity, asked.grade, asked.occurrence, asked.duration_hours)
    answer = next_dose.decide(regimen, event)
    got = {
        "decision": answer.decision.value if answer.decision else None,
        "premedicate": answer.premedicate,
        "hospital_hours": answer.hospital_hours,
        "daily_monitoring_hours": answer.daily_monitoring_hours,
        "conditions": answer.conditions,
        "missing": answer.missing,
    }
    return Answer(
        got=got,
        because=answer.because,
        source=answer.source,
        unconfirmed=not answer.confirmed,
        refused=answer.decision is None,
        uncovered=tuple(key for key, value in got.items() if value is None),
    )


def _named_toxicity(value: object) -> object:
    """Which toxicity is unresolved says that one is."""
    return {"none": "false"}.get(str(value), "true" if value in TOXICITIES else value)


class ReadinessGiven(StrictRecord):
    dose: str
    anc: Number | None = None
    platelets: Number | None = None
    hemoglobin: Number | None = None
    bleeding: Flag | None = None
    active_infection: Flag | None = None
    education_complete: Flag | None = None
    eligibility_complete: Flag | None = None
    consent: Flag | None = None
    rems: Flag | None = None
    stage: str | None = None
    tocilizumab_doses: Whole | None = None
    unresolved_toxicity: Annotated[Flag | None, BeforeValidator(_named_toxicity)] = None


def run_readiness(context: CaseContext, given: Any) -> Answer:
    """What still blocks this dose? A finding that the case leaves out counts as fine."""
    regimen, schedule = subject_of(context)
    asked = read_given(ReadinessGiven, given)
    known_dose(schedule, asked.dose, ("given", "dose"))
    findings = readiness.Findings(**asked.model_dump(exclude={"dose"}))
    rules = library.readiness_rules()
    found = readiness.blockers(regimen, schedule, asked.dose, findings, rules, missing_is_fine=True)
    names = tuple(blocker.name for blocker in found)
    return Answer(
        got={"blocked": bool(found), "by": names},
        because=tuple(blocker.because for blocker in found) or ("nothing that was found blocks the dose",),
        source="; ".join(dict.fromkeys(blocker.source for blocker in found if blocker.source)),
        unconfirmed=any(not blocker.confirmed for blocker in found),
    )


KINDS: dict[str, Runner] = {
    "dose": run_dose,
    "premedication": run_premedication,
    "monitoring": run_monitoring,
    "next_dose": run_next_dose,
    "readiness": run_readiness,
}
