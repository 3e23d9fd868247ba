"""The small drawn signs: shape tells the kind, filling tells given from due."""

from schedules.charts import drawing as d
from schedules.charts.drawing import Svg, element, group, line, path, text
from schedules.charts.inputs import CheckState, GivenKind, Setting, StairState

HALF = 7


def check(x: float, y: float, state: CheckState) -> Svg:
    """A tick of the checks lane, 10 px high: done green, due open, missed a red cross."""
    if state is CheckState.MISSED:
        return path(f"M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8", stroke=d.RED, stroke_width=2, fill="none")
    if state is CheckState.DONE:
        return d.box(x - 1.5, y - 5, 3, 10, fill=d.GREEN)
    return d.box(x - 2, y - 5, 4, 10, fill="#fff", stroke=d.LINE_2)


def given(x: float, y: float, kind: GivenKind, *, due: bool) -> Svg:
    """Letter in a shape: P diamond, A circle, T square, D pentagon. Hollow: due, or pocket dexamethasone."""
    filled = not due and kind in {GivenKind.TOCILIZUMAB, GivenKind.DEXAMETHASONE}
    shape: d.Attributes = {"fill": d.INK if filled else "#fff", "stroke": d.INK, "stroke_width": 1.5}
    letter = {
        GivenKind.PREMEDICATION: "P",
        GivenKind.ANTIPYRETIC: "A",
        GivenKind.TOCILIZUMAB: "T",
        GivenKind.DEXAMETHASONE: "D",
        GivenKind.POCKET_DEXAMETHASONE: "D",
    }[kind]
    outline = {
        "P": path(f"M{x:.1f} {y - 9:.1f}l9 9-9 9-9-9z", **shape),
        "A": element("circle", cx=float(x), cy=float(y), r=HALF, **shape),
        "T": d.box(x - HALF + 0.5, y - HALF + 0.5, 13, 13, **shape),
        "D": path(f"M{x:.1f} {y - 8:.1f}l8 6-3 9.5h-10l-3-9.5z", **shape),
    }[letter]
    word = text(x, y + 3.5, letter, size=10, bold=True, anchor="middle", fill="#fff" if filled else d.INK)
    return group((outline, word))


def stair_state(x: float, y: float, state: StairState, *, late: bool) -> Svg:
    """12 px sign before a dose's state: disc with check, clock, pause, octagon; its middle at (x + 6, y)."""
    middle = x + 6
    if state is StairState.GIVEN:
        disc = element("circle", cx=middle, cy=float(y), r=6, fill=d.GREEN)
        return group(
            (disc, path(f"M{x + 3:.1f} {y:.1f}l2.2 2.2 4-4.2", stroke="#fff", stroke_width=1.6, fill="none"))
        )
    if state is StairState.HELD:
        frame = d.box(x + 0.7, y - 5.3, 10.6, 10.6, rx=2, fill="none", stroke=d.AMBER, stroke_width=1.4)
        return group((frame, path(f"M{x + 4.5:.1f} {y - 2.5:.1f}v5m3-5v5", stroke=d.AMBER, stroke_width=1.6)))
    if state is StairState.SKIPPED:
        return path(f"M{x + 2:.1f} {y - 4:.1f}l8 8m0-8l-8 8", stroke=d.INK_3, stroke_width=1.6, fill="none")
    color = d.RED if late else d.ACCENT
    ring = element("circle", cx=middle, cy=float(y), r=5.3, fill="none", stroke=color, stroke_width=1.4)
    return group(
        (ring, path(f"M{middle:.1f} {y - 3:.1f}v3l2 1.5", stroke=color, stroke_width=1.4, fill="none"))
    )


def setting(x: float, y: float, where: Setting) -> Svg:
    """A bed or a house, 16 px wide, standing on y."""
    if where is Setting.HOSPITAL:
        shape = f"M{x:.1f} {y - 11:.1f}v11m0-3h16v3m0-3v-3a2 2 0 0 0-2-2h-7v5"
        return group(
            (
                path(shape, fill="none", stroke=d.ACCENT, stroke_width=1.5),
                element(
                    "circle", cx=x + 4, cy=y - 6.0, r=1.6, fill="none", stroke=d.ACCENT, stroke_width=1.5
                ),
            )
        )
    walls = f"M{x:.1f} {y - 6:.1f}l7.5-6 7.5 6m-13-1v7h11v-7m-7 7v-4h3v4"
    return path(walls, fill="none", stroke=d.ACCENT, stroke_width=1.5)


def off_scale(x: float, top: float, bottom: float, side: int, value: str, color: str) -> Svg:
    """A filled triangle with a bar at the edge of a panel, and the value it cannot show."""
    edge, away = (top, 1) if side > 0 else (bottom, -1)
    bar = line(x - 5, edge, x + 5, edge, stroke=color, stroke_width=2)
    triangle = path(f"M{x:.1f} {edge + 2 * away:.1f}l5 {7 * away}h-10z", fill=color)
    words = text(x + 8, edge + (10 if side > 0 else -2), value, size=11, bold=True, fill=color, halo=True)
    return group((bar, triangle, words))


def pressure(x: float, upper: float, lower: float | None, color: str) -> Svg:
    """One bar per reading: a chevron pointing down at systolic, up at diastolic."""
    chevrons = f"M{x - 4:.1f} {upper - 4:.1f}l4 4 4-4"
    if lower is not None:
        chevrons += f"M{x - 4:.1f} {lower + 4:.1f}l4-4 4 4M{x:.1f} {upper:.1f}V{lower:.1f}"
    return path(chevrons, fill="none", stroke=color, stroke_width=1.8)


def saturation(x: float, y: float, color: str, *, on_oxygen: bool) -> Svg:
    square = d.box(x - 3, y - 3, 6, 6, fill="#fff" if on_oxygen else color, stroke=color, stroke_width=1)
    if not on_oxygen:
        return square
    return group((square, path(f"M{x - 3:.1f} {y - 3:.1f}l6 6m0-6l-6 6", stroke=color, stroke_width=1)))


def temperature(x: float, y: float, color: str, *, lowered: bool) -> Svg:
    """A dot; hollow when the value may be lowered by a drug."""
    return element(
        "circle",
        cx=float(x),
        cy=float(y),
        r=3.6,
        fill="#fff" if lowered else color,
        stroke=color,
        stroke_width=1.6,
    )


def other_cause(x: float, y: float) -> Svg:
    """The underline of a reading that was attributed to another cause."""
    return line(x - 5, y + 7, x + 5, y + 7, stroke=d.INK_3, stroke_width=1.5)
