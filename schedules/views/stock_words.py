"""Tocilizumab at hand, in words: the line on a dose, the finding on Today, the table of the stock page."""

from __future__ import annotations

from dosing_portal.kernel.templatetags.clinical import dose
from patients.models import Patient
from schedules.selectors.stock import Held, Stock, hospital_of

HERE = "here"


def place_name(held: Held) -> str:
    return held.level.place or HERE


def finding_words(stock: Stock) -> tuple[str, ...]:
    """Tocilizumab here: 1,160 mg reserved, 800 mg left, short by 360 mg (1 vial)."""
    return tuple(f"Tocilizumab {place_name(held)}: {level_words(held)}" for held in stock.short)


def level_words(held: Held) -> str:
    level = held.level
    reserved = f"{dose(level.reserved)} reserved"
    if level.left is None:
        return f"{reserved}, not counted"
    left = f"{reserved}, {dose(level.left)} left"
    if not level.short:
        return left
    vials = ""
    if held.vials_short:
        vials = f" ({held.vials_short} {'vial' if held.vials_short == 1 else 'vials'})"
    return f"{left}, short by {dose(level.short)}{vials}"


def dose_line(stock: Stock, patient: Patient) -> str:
    """tocilizumab 1,160 mg reserved here; Northfield General: not counted."""
    mine = next((one for one in stock.reserved if one.patient.pk == patient.pk), None)
    if stock.rule is None:
        return ""
    hospital = hospital_of(patient, patient.center).casefold()
    own = f"Tocilizumab for this patient: {mine.reserve.because}. " if mine else ""
    said = [
        f"{place_name(held)}: {level_words(held)}"
        for held in stock.places
        if not held.level.place or held.level.place.casefold() == hospital
    ]
    return f"{own}Tocilizumab {'; '.join(said)}."
