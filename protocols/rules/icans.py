"""ICANS grading by the ASTCT 2019 consensus for adults, for one entry of a timeline.

Five domains: ICE, consciousness, seizure, motor, raised intracranial pressure. The worst one is the grade;
no fever and no CRS is needed. Tremor and hemorrhage are read and grade nothing. The grade of every value
comes from the ``IcansSpec``.
"""

from __future__ import annotations

from typing import NamedTuple

from protocols.rules.spec import IcansSpec
from protocols.rules.values import Entry, Grading, IceScore, Toxicity, VitalSigns

_WORDS = {"ice": "complete ICE", "consciousness": "level of consciousness"}


class DomainReading(NamedTuple):
    """One domain of one entry: its grade, in words; ``missing`` names it when it was not examined."""

    at_least: int
    because: str = ""
    missing: str = ""

    @property
    def known(self) -> bool:
        """The domain says something about the course of an event."""
        return not self.missing


_ABSENT = DomainReading(0)


class IcansDomains(NamedTuple):
    """The five domains of one entry, before they are combined."""

    ice: DomainReading
    consciousness: DomainReading
    seizure: DomainReading
    motor: DomainReading
    raised_pressure: DomainReading


def grade(entry: Entry, spec: IcansSpec) -> Grading:
    """Grade the neurologic findings of one entry.

    An incomplete ICE is no score and bounds nothing. With no abnormal domain and one not examined nothing can
    be said. Raises ``ValueError`` when the entry has no vital signs. Source: ASTCT 2019 (``spec.source``).
    """
    return grade_domains(read_domains(entry, spec), entry, spec)


def read_domains(entry: Entry, spec: IcansSpec) -> IcansDomains:
    """Read the five domains of one entry, an attribution taken into account."""
    vitals = entry.vitals
    if vitals is None:
        raise ValueError("ICANS is graded from an entry with vital signs")
    domains = IcansDomains(
        _ice(vitals.ice, spec),
        _consciousness(vitals, spec),
        _sign("seizure", vitals.seizure, spec.seizure[vitals.seizure]),
        _sign("motor sign", vitals.motor, spec.motor[vitals.motor]),
        _sign("raised pressure sign", vitals.raised_pressure, spec.raised_pressure[vitals.raised_pressure]),
    )
    return _without_attributed(domains, entry) if entry.attributed else domains


def grade_domains(domains: IcansDomains, entry: Entry, spec: IcansSpec) -> Grading:
    """Combine domains that were read before; see ``grade``."""
    if entry.vitals is not None and entry.vitals.died_of is Toxicity.ICANS:
        return Grading(
            Toxicity.ICANS,
            spec.death_grade,
            ("died of ICANS",),
            spec.source,
            criterion=True,
            at=entry.at,
            ref=entry.ref,
        )
    worst = max(domains).at_least  # domains compare by their grade first
    missing = _could_raise(domains, worst, spec)
    because = tuple([domain.because for domain in domains if domain.because])
    if missing:
        because += ("missing: " + ", ".join(_WORDS[name] for name in missing),)
    source = spec.ice_source if worst and domains.ice.at_least == worst else spec.source
    return Grading(
        Toxicity.ICANS,
        worst,
        because,
        source,
        missing,
        bool(missing) and not worst,
        criterion=worst > 0,
        at=entry.at,
        ref=entry.ref,
    )


def _could_raise(domains: IcansDomains, worst: int, spec: IcansSpec) -> tuple[str, ...]:
    """The domains not examined that could still raise the grade: ICE alone never reaches the highest."""
    missing: tuple[str, ...] = ()
    if domains.ice.missing and worst < max(band.grade for band in spec.ice_bands):
        missing += (domains.ice.missing,)
    if domains.consciousness.missing and worst < max(spec.consciousness.values()):
        missing += (domains.consciousness.missing,)
    return missing


def _without_attributed(domains: IcansDomains, entry: Entry) -> IcansDomains:
    attributed = {
        axis.value: DomainReading(0, f"{axis} attributed to {cause}, not counted")
        for axis, cause in entry.attributed
        if axis.value in IcansDomains._fields
    }
    return domains._replace(**attributed)


def _ice(ice: IceScore | None, spec: IcansSpec) -> DomainReading:
    score = None if ice is None else ice.score
    if score is None:
        return DomainReading(0, "" if ice is None else "ICE incomplete: not a score", "ice")
    band = next((band for band in spec.ice_bands if band.low <= score <= band.high), None)
    if band is None:
        raise ValueError(f"no ICE band holds a score of {score}")
    return DomainReading(band.grade, f"ICE {score} of {spec.ice_maximum}")


def _consciousness(vitals: VitalSigns, spec: IcansSpec) -> DomainReading:
    level = vitals.consciousness
    if level is None:
        return DomainReading(0, "", "consciousness")
    return DomainReading(spec.consciousness[level], level.replace("_", " "))


def _sign(name: str, value: str, at_least: int) -> DomainReading:
    if value == "none":
        return _ABSENT
    uncounted = "" if at_least else ", not part of ICANS"
    return DomainReading(at_least, f"{name}: {value.replace('_', ' ')}{uncounted}")
