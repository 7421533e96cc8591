"""Small figures as inline SVG: real text, title and description, readable in greyscale.

Widths are shares of the page and heights are pixels: the text keeps its size on a telephone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from equity_pipeline.report.speech import SWEDISH, Speech

ROW = 62
TOP = 6
FOOT = 44
EDGE = 2.0  # per cent of the width left free on either side, so that no mark is cut
LEAST = 1.5  # the limit stands at 1: the grey field never fills the figure


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One line of an interval figure; the numbers are in the row's own minimum difference."""

    label: str
    note: str
    value: float
    lower: float
    upper: float


def intervals(
    rows: Sequence[IntervalRow],
    *,
    title: str,
    description: str,
    name: str = "fig",
    spoken: Speech = SWEDISH,
) -> str:
    """Return an SVG of points with intervals around zero; the field within the limit 1 is grey.

    Parameters
    ----------
    rows
        From the top; none gives an empty string.
    title, description
        What a screen reader says of the figure.
    name
        Begins the ids, which must be a page's own.
    spoken
        The language of the words under the axis.

    Examples
    --------
    >>> "<svg" in intervals(
    ...     [IntervalRow("a", "", 2.0, 1.0, 3.0)], title="t", description="d"
    ... )
    True
    """
    if not rows:
        return ""
    low = min(-LEAST, *(row.lower for row in rows))
    high = max(LEAST, *(row.upper for row in rows))

    def at(value: float) -> float:
        return EDGE + (value - low) / (high - low) * (100 - 2 * EDGE)

    bottom = TOP + ROW * len(rows)
    marks = "".join(_marks(row, TOP + ROW * index, at) for index, row in enumerate(rows))
    return (
        f'<svg width="100%" height="{bottom + FOOT}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(description)}</desc>'
        f"{marks}{_foot(at(0), bottom, spoken)}</svg>"
    )


def _marks(row: IntervalRow, top: int, at: Callable[[float], float]) -> str:
    y = top + 47
    return (
        f'<text x="0" y="{top + 16}" class="fig-label">{escape(row.label)}</text>'
        f'<text x="0" y="{top + 32}" class="fig-note">{escape(row.note)}</text>'
        f'<rect x="{at(-1):.2f}%" y="{y - 9}" width="{at(1) - at(-1):.2f}%" height="18" '
        'fill="#e3e8eb"/>'
        f'<line x1="{at(0):.2f}%" x2="{at(0):.2f}%" y1="{y - 9}" y2="{y + 9}" stroke="#546e7a"/>'
        f'<line x1="{at(row.lower):.2f}%" x2="{at(row.upper):.2f}%" y1="{y}" y2="{y}" '
        'stroke="#0b3c5d" stroke-width="3"/>'
        f'<circle cx="{at(row.value):.2f}%" cy="{y}" r="5.5" fill="#0b3c5d"/>'
    )


def _foot(zero: float, bottom: int, spoken: Speech) -> str:
    anchor = "start" if zero < 15 else "end" if zero > 85 else "middle"
    return (
        f'<text x="{zero:.2f}%" y="{bottom + 15}" text-anchor="{anchor}" class="fig-note">'
        f"{escape(spoken.say('start.figure_zero'))}</text>"
        f'<text x="0" y="{bottom + 35}" class="fig-note">'
        f"{escape(spoken.say('start.figure_better'))}</text>"
        f'<text x="100%" y="{bottom + 35}" text-anchor="end" class="fig-note">'
        f"{escape(spoken.say('start.figure_worse'))}</text>"
    )


def note(value: float, lower: float, upper: float, unit: str, spoken: Speech = SWEDISH) -> str:
    r"""Return the numbers of a row in words, for the line under its label.

    Examples
    --------
    >>> note(0.052, 0.041, 0.063, "percent")
    '5,2\xa0procentenheter (4,1 till 6,3)'
    """
    return f"{spoken.number(value, unit, is_gap=True)} ({spoken.interval(lower, upper, unit)})"
