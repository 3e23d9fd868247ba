"""Every component in every state, with invented values: what designers and tests look at. No database."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dosing_portal.kernel.permissions import Permission, require
from dosing_portal.web.gallery_course import course_samples
from dosing_portal.web.gallery_forms import form_samples

Sample = dict[str, Any]

PATIENT: Sample = {
    "name": "SAMPLE, Ruth (Ms)",
    "born": "14-Mar-1959",
    "age": "67 y",
    "gender": "Female",
    "mrn": "TEST-00417",
    "weight": "72.4 kg",
    "weight_on": "18-Nov-2026",
    "code_status": "Full code",
    "allergies": "known",
    "allergy_text": "penicillin (rash)",
}
STRIP: Sample = {
    "generic": "teclistamab",
    "brand": "TECVAYLI",
    "dose": "Step-up dose 2",
    "given": "given 18-Nov-2026 10:05",
    "since": "28 h",
    "window_ends": "20-Nov-2026 10:05",
    "protocol": "Northfield v4",
    "caregiver": "Tom, 555-0171",
    "toxicity": "CRS",
    "grade": 2,
}
OTHER_PATIENTS: tuple[tuple[Sample, Sample | None], ...] = (
    (
        PATIENT | {"name": "TESTCASE, Maria (Mrs)", "allergies": "none", "code_status": ""},
        STRIP | {"toxicity": ""},
    ),
    (PATIENT | {"name": "FIXTURE, Lena (Ms)", "allergies": "not-recorded", "weight": ""}, None),
    (
        PATIENT | {"name": "STANDIN, Carl (Mr)", "allergies": "unavailable", "deceased": True},
        STRIP | {"toxicity": ""},
    ),
)
BECAUSE: Sample = {
    "lines": [
        "fever 38.6 °C at 14:20 (38.0 °C or more)",
        "systolic 84 mmHg (under 90, 42 below baseline 126)",
        "no vasopressor; room air",
    ],
    "missing": ["blood pressure", "SpO2"],
    "source": {
        "title": "ASTCT 2019 consensus (Lee)",
        "section": "CRS table, row hypotension",
        "approved": "Limit of 90 mmHg: Northfield v4, section 5.2, approved 02-Oct-2026",
    },
}
STATUSES: tuple[Sample, ...] = tuple(
    {"kind": kind, "text": text}
    for kind, text in (
        ("given", "Given 11:10"),
        ("ready", "Ready"),
        ("active", "Active v4"),
        ("planned", "Planned"),
        ("due", "Due in 28 min"),
        ("waiting", "waiting 1 min"),
        ("held", "Held"),
        ("blocked", "Blocked by 2"),
        ("out", "Out of window"),
        ("soon", "Due in 8 min"),
        ("overdue", "Overdue 28 min"),
        ("failed", "Failed, 555-0142"),
        ("missed", "Missed"),
        ("stale", "Stale, 8 h ago"),
        ("unknown", "Not assessed"),
        ("unconfirmed", "Unconfirmed"),
        ("cancelled", "Cancelled"),
        ("draft", "Draft v5"),
        ("looser", "looser"),
        ("stricter", "stricter"),
        ("same", "same"),
        ("added", "added"),
        ("removed", "removed"),
    )
)
CLOCKS: tuple[Sample, ...] = (
    {"text": "in 3 h", "second": "due 18:00", "share": 15},
    {"text": "in 8 min", "second": "due 14:40", "tone": "soon", "share": 85},
    {"text": "18 min left", "second": "due 14:50, 60 min from fever", "tone": "late", "share": 70},
    {"text": "28 min overdue", "second": "due 14:04", "tone": "late", "share": 100},
    {"text": "Done 14:22", "second": "12 min before target", "tone": "done", "share": 100},
    {"text": "waiting", "second": "on tocilizumab", "share": 0},
)
STEPS: tuple[Sample, ...] = (
    {
        "title": "tocilizumab 8 mg/kg = 579 mg IV over 60 min",
        "why": "8 mg/kg x 72.4 kg = 579.2 mg; cap 800 mg. Doses so far: 0 for CRS.",
        "state": "now",
        "clock": CLOCKS[2],
        "action": "Record given",
        "button": "act",
        "failed": "Not recorded at 14:31. Your entry is kept: record it again.",
    },
    {
        "title": "Vitals and ICE every 15 min",
        "why": "Continuous monitor and oximetry are on.",
        "state": "todo",
        "clock": {"text": "14:35, in 3 min", "second": "last 14:20"},
        "action": "Log vitals",
        "button": "primary",
    },
    {
        "title": "Dexamethasone 10 mg IV if not better",
        "why": "Starts its clock when tocilizumab is recorded.",
        "state": "waiting",
        "clock": CLOCKS[5],
        "action": "Record given",
        "confirmed": False,
    },
    {
        "title": "Monitor, oximetry, IV access",
        "why": "Immediate care, bay 2.",
        "state": "done",
        "clock": {"text": "Done 14:22", "second": "N. Brandt RN, in time"},
    },
    {
        "id": "gallery-step",
        "title": "Confirm the bed and admit",
        "state": "not-done",
        "clock": {"text": "Not done", "second": "bed refused; N. Brandt RN 14:25"},
        "more": {
            "url": "#",
            "acts": (("reopen", "Take it back"),),
            "ask_time": False,
            "ask_reason": "What was wrong",
        },
    },
)


READINESS: Sample = {
    "done": "2 of 4",
    "status": {"kind": "blocked", "text": "Blocked by 2"},
    "blockers": [
        {
            "title": "Platelets 24,000 per mm3",
            "why": "center hold under 25,000; taken 19-Nov 08:10, repeat sent 13:30",
            "action": "Enter new result",
            "url": "#gallery-rows",
        },
        {
            "title": "Caregiver teach-back not recorded",
            "why": "fever number and phone number, in own words",
            "action": "Record teach-back",
            "url": "#gallery-rows",
        },
    ],
    "passed": [
        {"title": "Window", "fact": "day 3, window 18 to 20-Nov-2026"},
        {"title": "Temperature 37.1 °C", "fact": "13:40, fever hold 38.0 °C"},
    ],
    "looser": {
        "title": "Outpatient: looser than the label, signed",
        "facts": [
            ("Label", "48 h in hospital"),
            ("Northfield v4", "outpatient, checks every 4 h; stage 2"),
            ("For this dose", "signed Dr. Okafor, 18-Nov-2026 16:20"),
        ],
    },
}


DAY_STRIP: Sample = {
    "segments": [
        {"x": 6, "width": 18, "words": "2 to 7: continue", "state": "continue"},
        {"x": 24.5, "width": 63, "words": "8 to 28: repeat step-up dose 2", "state": "here"},
        {"x": 88, "width": 11.5, "words": "29 on: restart", "state": "none"},
    ],
    "day": 28,
    "day_words": "day 9",
}


def value(text: str, unit: str, tone: str = "") -> Sample:
    return {"text": text, "unit": unit, "tone": tone}


ROWS: tuple[Sample, ...] = (
    {
        "id": "gallery-1",
        "state": "a",
        "unheld": True,
        "name": "SAMPLE, Ruth",
        "about": "67 y, TEST-00417",
        "generic": "teclistamab",
        "brand": "TECVAYLI",
        "step": "step-up dose 2",
        "since": "28 h",
        "vitals": {
            "temperature": value("38.6", "°C", "past"),
            "pressure": value("84/52", "mmHg", "past"),
            "spo2": value("94", "%"),
            "note": "14:20, 12 min ago, room air",
        },
        "chip": {"toxicity": "CRS", "grade": 2},
        "qualifier": "suggested, 11 min ago",
        "due": "Nobody has this: 11 min",
        "due_note": "Dr. Okafor paged 14:21; next 14:36",
        "action": "I have this",
        "method": "post",
        "button": "act",
    },
    {
        "id": "gallery-2",
        "state": "a",
        "name": "SPECIMEN, Aiko",
        "about": "59 y, TEST-00402",
        "generic": "talquetamab",
        "brand": "TALVEY",
        "step": "step-up dose 1",
        "since": "29 h",
        "vitals": {
            "temperature": value("36.9", "°C", "stale"),
            "pressure": value("118/74", "mmHg", "stale"),
            "spo2": None,
            "note": "06:04, 8 h ago: stale",
        },
        "chip": {"toxicity": "CRS", "cannot": True},
        "qualifier": "no reading since 06:04",
        "due": "Check overdue: 28 min",
        "due_tone": "late",
        "due_note": "due 14:04, call unanswered 14:20",
        "action": "Call, then log",
        "button": "act",
    },
    {
        "id": "gallery-3",
        "state": "a",
        "name": "TESTCASE, Maria",
        "about": "58 y, TEST-00419",
        "generic": "teclistamab",
        "brand": "TECVAYLI",
        "step": "step-up dose 2",
        "amount": "19 mg",
        "vitals": None,
        "status": {"kind": "blocked", "text": "Blocked by 2"},
        "status_note": "platelets, teach-back",
        "due": "15:30",
        "due_note": "in 58 min, chair 2",
        "action": "See blockers",
    },
)
EMPTY_STATES: tuple[Sample, ...] = (
    {
        "title": "Act now",
        "empty": {
            "kind": "clear",
            "title": "Nothing needs you now.",
            "text": "Last sweep 8 s ago. Next check 15:10, FIXTURE, Lena.",
        },
    },
    {
        "title": "Doses today",
        "empty": {
            "kind": "empty",
            "title": "No doses today.",
            "text": "Next: Fri 20-Nov-2026, 3 doses.",
            "url": "#gallery-lists",
            "action": "Plan a dose",
        },
    },
    {
        "title": "Checks due",
        "empty": {
            "kind": "failed",
            "title": "This list could not be loaded at 14:32.",
            "text": "Last good list is from 14:31.",
            "url": "#gallery-lists",
            "action": "Try again",
        },
    },
)
COLORS: tuple[tuple[str, str, str], ...] = (
    ("ink", "#14202e", "16.5 on white"),
    ("ink-2", "#3f4c5a", "8.8 on white"),
    ("ink-3", "#5b6775", "5.8 on white"),
    ("line", "#d8dee5", "divider only"),
    ("line-2", "#7e8a97", "3.5 on white"),
    ("wash", "#f5f7f9", "ground"),
    ("accent", "#1b4f9c", "7.9 on white"),
    ("accent-wash", "#ebf1fa", "ground"),
    ("red", "#b4141e", "6.9 on white"),
    ("red-ink", "#8e0e17", "9.4 on white"),
    ("red-deep", "#3a0508", "17.4 with white"),
    ("red-wash", "#fdedee", "ground"),
    ("amber", "#8a5200", "6.4 on white"),
    ("amber-mark", "#f0ae2e", "always edged in amber"),
    ("amber-wash", "#fff5e0", "ground"),
    ("green", "#1a6a3b", "6.6 on white"),
    ("green-wash", "#eaf5ee", "ground"),
    ("grey-wash", "#eef1f4", "ground"),
)


def samples() -> Sample:
    """The whole context of the page."""
    return {
        "patient": PATIENT,
        "strip": STRIP,
        "other_patients": OTHER_PATIENTS,
        "because": BECAUSE,
        "statuses": STATUSES,
        "clocks": CLOCKS,
        "steps": STEPS,
        "rows": ROWS,
        "day_strip": DAY_STRIP,
        "readiness": READINESS,
        "empty_states": EMPTY_STATES,
        "colors": COLORS,
        "grades": range(6),
        **course_samples(),
        **form_samples(),
    }


@require(Permission.VIEW_SETTINGS)
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "web/gallery.html", samples())
