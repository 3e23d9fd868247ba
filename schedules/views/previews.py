"""The live preview: what saving would mean, in the words of the dock. It never blocks saving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from patients.models import Patient
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Assessment
from schedules.errors import NoProtocol
from schedules.forms.vitals import VitalsForm
from schedules.selectors.recipients import recipients
from schedules.services import judging
from schedules.views.graded import Graded, of_rule
from schedules.views.rows import missing_words


@dataclass(frozen=True, slots=True)
class Preview:
    """The grade so far. ``in_question`` names the inputs whose answer is refused or asked about."""

    crs: Graded | None = None
    icans: Graded | None = None
    in_question: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    told: str = ""
    save: str = "Save vitals"

    @property
    def lines(self) -> tuple[str, ...]:
        """At most four reasons: questions first, then what was measured."""
        asked = tuple(f"{name} is in question" for name in self.in_question)
        return (asked + (self.crs.lines if self.crs else ()))[:4]

    @property
    def missing(self) -> tuple[str, ...]:
        """What nobody answered; an answer in question is named above."""
        return tuple(name for name in (self.crs.missing if self.crs else ()) if name not in self.in_question)

    @property
    def sentence(self) -> str:
        """Grade and first reason: what the live region says."""
        if self.crs is None:
            return "No preview"
        return ": ".join((self.crs.chip.words, *self.lines[:1]))


def preview_of(form: VitalsForm, patient: Patient, instead_of: UUID | None = None) -> Preview:
    """What the reading typed so far would mean. Writes nothing; ``form`` has been cleaned."""
    spec, at = form.spec, form.at
    if spec is None:
        return Preview(save=form.submit)
    try:
        assessment = judging.preview(
            patient=patient,
            vitals=form.vitals(),
            taken_at=form.taken_at,
            given=form.given_so_far(),
            instead_of=instead_of,
        )
    except NoProtocol:
        return Preview(save=form.submit)
    return _words(assessment, form, spec, patient, at)


def _words(
    assessment: Assessment, form: VitalsForm, spec: ProtocolSpec, patient: Patient, at: datetime
) -> Preview:
    crs = of_rule(assessment.crs) if assessment.crs else None
    icans = of_rule(assessment.icans) if assessment.icans else None
    asked = tuple(missing_words(form.in_question))
    alarms = tuple(finding.because for finding in assessment.findings)
    return Preview(
        crs=crs,
        icans=icans,
        in_question=asked,
        alarms=alarms,
        told=told_words(spec, patient, at) if alarms else "",
        save=_save(form.submit, (crs, icans), asked),
    )


def told_words(spec: ProtocolSpec, patient: Patient, at: datetime) -> str:
    """Whom the first level of the call tree would page."""
    role = spec.center.ladder.rungs[0].role
    names = dict.fromkeys(person.name for person in recipients(patient.center_id, at).get(role, ()))
    if not names:
        return "Saving raises an alert. Nobody is on call at its first level: the next one is paged at once."
    return f"Saving raises an alert and pages {' and '.join(names)}."


def _save(words: str, graded: Sequence[Graded | None], in_question: Sequence[str]) -> str:
    """The button names the worst grade that is certain."""
    certain = [one for one in graded if one is not None and one.certain]
    crs = graded[0]
    if in_question or crs is None or not crs.certain:
        return words
    worst = max(certain, key=lambda one: one.chip.grade or 0)
    return f"{words}, {worst.chip.words}"
