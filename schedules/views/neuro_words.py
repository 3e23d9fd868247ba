"""ICE tests and handwriting in the words of their pages: baseline, what is missing, what it would mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.urls import reverse

from dosing_portal.kernel.templatetags.clinical import age, day, distance, hhmm, moment
from patients.models import HandwritingSpecimen, Observation, Patient
from protocols.rules import ice
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Assessment, IceScore
from schedules.errors import NoProtocol
from schedules.forms import vocabulary
from schedules.forms.ice import IceForm
from schedules.selectors.chips import Chip
from schedules.selectors.handwriting import Specimens
from schedules.selectors.heads import Head
from schedules.selectors.neuro import IceRecord, NextTest, PastTest
from schedules.services import judging
from schedules.services.judging import PREVIEW_REF
from schedules.views.graded import Graded, of_rule
from schedules.views.previews import told_words

OF_TEN = len(ice.POINTS)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class IcePreview:
    """What saving would mean: the grade, the total beside the baseline, what was left out."""

    icans: Graded | None = None
    total: str = ""
    incomplete: str = ""
    told: str = ""
    save: str = "Save ICE test"

    @property
    def sentence(self) -> str:
        """What the live region says."""
        if self.icans is None:
            return "No preview"
        return ": ".join(part for part in (self.icans.chip.words, self.total or self.incomplete) if part)


@dataclass(frozen=True, slots=True)
class BaselineWords:
    """The arguments of ``components/alert_box.html``; ``line`` is the short form beside the heading."""

    kind: str
    title: str
    text: str
    line: str


@dataclass(frozen=True, slots=True)
class PastRow:
    """One line of the tests before."""

    url_args: tuple[object, object]
    taken_at: datetime
    total: str
    lost: str
    icans: Chip | None
    is_baseline: bool


def preview_of(
    form: IceForm, patient: Patient, baseline: Observation | None, amends: Observation | None = None
) -> IcePreview:
    """What the answers so far would mean. Writes nothing; ``form`` has been cleaned."""
    test = form.test()
    said = IcePreview(total=total_words(test, baseline), incomplete=incomplete_words(test), save=form.submit)
    if form.spec is None or (test is None and not form.cleaned_data.get("consciousness")):
        return replace(said, incomplete="")
    try:
        assessment = judging.preview(
            patient=patient,
            vitals=form.vitals(),
            taken_at=form.taken_at,
            instead_of=amends.pk if amends else None,
            neurologic_only=True,
        )
    except NoProtocol:
        return said
    told = told_words(form.spec, patient, form.at) if assessment.findings_for(PREVIEW_REF) else ""
    return replace(said, save=_save(form.submit, assessment), icans=_icans(assessment), told=told)


def _icans(assessment: Assessment) -> Graded | None:
    return of_rule(assessment.icans) if assessment.icans else None


def _save(submit: str, assessment: Assessment) -> str:
    graded = _icans(assessment)
    return f"{submit}, {graded.chip.words}" if graded is not None and graded.certain else submit


def total_words(test: IceScore | None, baseline: Observation | None) -> str:
    """ICE 7 of 10; baseline 10 on 12-Nov-2026. Empty for a test that is no score."""
    if test is None or test.score is None:
        return ""
    return f"ICE {test.score} of {OF_TEN}; {baseline_line(baseline)}"


def baseline_line(baseline: Observation | None) -> str:
    if baseline is None:
        return "no baseline on record"
    return f"baseline {baseline.ice_score()} on {day(baseline.taken_at)}"


def incomplete_words(test: IceScore | None) -> str:
    """ICE incomplete: sentence, attention not tested. It is no score: the rest must be asked."""
    if test is not None and not test.missing_items:
        return ""
    if test is None:
        return "ICE not tested"
    left_out = ", ".join(ice.not_tested(test, vocabulary.ICE_ITEMS))
    lost = f"; {test.lost_points} lost so far" if test.lost_points else ""
    return f"ICE incomplete: {left_out} not tested{lost}. It is no score until the rest is asked"


def baseline_words(baseline: Observation | None, *, before_first_dose: bool) -> BaselineWords:
    line = baseline_line(baseline)
    if baseline is not None and baseline.ice_score() == OF_TEN:
        return BaselineWords("", "", "", line)
    if baseline is not None:
        text = "The raw score grades. A physician may attribute the difference to what was there before."
        return BaselineWords("info", f"Baseline {baseline.ice_score()} of {OF_TEN}.", text, line)
    if before_first_dose:
        text = "No dose was given yet: this test is kept as the baseline."
        return BaselineWords("info", "Baseline test.", text, line)
    text = "Every lost point counts against ten. Ask the caregiver what the patient could do before."
    return BaselineWords("unknown", "No baseline ICE test on record.", text, line)


def past_row(past: PastTest) -> PastRow:
    test, row = past.test, past.row
    lost: Iterable[str] = (vocabulary.ICE_ITEMS[item] for item in test.failed_items)
    left_out = ", ".join(ice.not_tested(test, vocabulary.ICE_ITEMS)) if test.missing_items else ""
    said = ", ".join(lost)
    both = (f"lost: {said}" if said else "", f"not tested: {left_out}" if left_out else "")
    return PastRow(
        url_args=(row.patient_id, row.pk),
        taken_at=row.taken_at,
        total=f"{test.score} of {OF_TEN}" if test.score is not None else "incomplete",
        lost="; ".join(part for part in both if part),
        icans=past.icans,
        is_baseline=row.is_baseline,
    )


def due_words(due: NextTest, at: datetime) -> str:
    """Next ICE due 14:00, in 8 min: ICE and neurologic check every 4 h."""
    if due.at is None:
        return "No further test is planned."
    if due.at < at:
        return f"ICE overdue {age(due.at, at)}, due {hhmm(due.at)}: {due.asked_by}."
    when = hhmm(due.at) if due.at - at < _DAY else moment(due.at)
    return f"Next ICE due {when}, {distance(due.at, at)}: {due.asked_by}."


# --- handwriting, and the card of both --------------------------------------------------------------------

Comparison = HandwritingSpecimen.Comparison
TONES = {Comparison.CHANGED: "look", Comparison.ILLEGIBLE: "look", Comparison.NOT_WRITTEN: "look"}


@dataclass(frozen=True, slots=True)
class SpecimenCard:
    """One specimen as a page shows it; ``photo_url`` is empty without a photo."""

    title: str
    tone: str
    taken_at: datetime | None
    sentence: str = ""
    note: str = ""
    by: str = ""
    photo_url: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class NeuroCard:
    """What the event page and the neurologic page say of one patient."""

    ice: str
    ice_left_out: str
    ice_at: datetime | None
    baseline: str
    due: str
    past: tuple[PastRow, ...]
    specimens: tuple[SpecimenCard, ...]
    prompt: str = ""
    no_baseline: str = ""


def specimen_cards(shown: Specimens, *, shown_before: bool = False) -> tuple[SpecimenCard, ...]:
    """The baseline first, then the newest ones. Without a baseline a card says so."""
    cards = [_specimen(shown.baseline)] if shown.baseline else []
    if not cards and (shown.last or not shown_before):
        cards = [SpecimenCard("Baseline", "", None, note="None on record.")]
    return (*cards, *(_specimen(row) for row in shown.last))


def _specimen(row: HandwritingSpecimen) -> SpecimenCard:
    title = row.get_comparison_display()
    args = [row.patient_id, row.pk]
    return SpecimenCard(
        title=title,
        tone=TONES.get(Comparison(row.comparison), ""),
        taken_at=row.taken_at,
        sentence=row.sentence,
        note=row.note,
        by=row.recorded_by.name,
        photo_url=reverse("schedules:handwriting-photo", args=args) if row.photo_type else "",
        alt=f"Photo of the handwriting, {title.lower()}, {moment(row.taken_at)}",
    )


def neuro_card(record: IceRecord, shown: Specimens, due: NextTest, head: Head, at: datetime) -> NeuroCard:
    newest = record.last[0] if record.last else None
    test = newest.test if newest else None
    return NeuroCard(
        ice="" if test is None else (f"ICE {test.score} of {OF_TEN}" if test.score is not None else ""),
        ice_left_out="No ICE test on record" if newest is None else incomplete_words(test),
        ice_at=newest.row.taken_at if newest else None,
        baseline=baseline_line(record.baseline),
        due=due_words(due, at),
        past=tuple(past_row(past) for past in record.last),
        specimens=specimen_cards(shown),
        prompt=_prompt(shown.sign, newest),
        no_baseline=_no_baseline(record, shown) if head.before_first_dose else "",
    )


def _prompt(sign: HandwritingSpecimen | None, newest: PastTest | None) -> str:
    """A changed handwriting asks for the ICE test until one was done after it."""
    if sign is None or (newest is not None and newest.row.taken_at >= sign.taken_at):
        return ""
    return f"Handwriting at {moment(sign.taken_at)}: {sign.get_comparison_display().lower()}."


def _no_baseline(record: IceRecord, shown: Specimens) -> str:
    missing = [
        name
        for name, found in (("ICE test", record.baseline), ("handwriting", shown.baseline))
        if found is None
    ]
    return f"Before the first dose: no baseline {' and no baseline '.join(missing)} yet." if missing else ""


def ask_to_write(spec: ProtocolSpec | None, shown: Specimens) -> str:
    """The sentence of the baseline, to be written again; before it, any whole sentence."""
    if shown.baseline is not None and shown.baseline.sentence:
        return f"Ask for the sentence of the baseline: “{shown.baseline.sentence}”"
    rule = spec.center.care.ice_test if spec else None
    again = f"{rule.writing}." if rule and shown.baseline is not None else ""
    return again or "Ask for one whole sentence, and note it word for word: it is asked for again."
