"""Small figures as inline SVG: real text, title and description, readable in greyscale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from equity_pipeline.report.sentences import number

ROW = 34
LABEL = 430
PLOT = 400
MARGIN = 34
STYLE = (
    ".fig-label{font:600 13px sans-serif;fill:#102027}.fig-note{font:11px sans-serif;fill:#455a64}"
)


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One line of an interval figure; the numbers are in the row's own minimum difference."""

    label: str
    note: str
    value: float
    lower: float
    upper: float


def intervals(rows: Sequence[IntervalRow], *, title: str, description: str) -> str:
    """Return an SVG of points with intervals around zero, marked where the limit stands at 1.

    Examples
    --------
    >>> "<svg" in intervals(
    ...     [IntervalRow("a", "", 2.0, 1.0, 3.0)], title="t", description="d"
    ... )
    True
    """
    if not rows:
        return ""
    low = min(-1.5, *(row.lower for row in rows))
    high = max(1.5, *(row.upper for row in rows))
    height = MARGIN * 2 + ROW * len(rows) + 12

    def at(value: float) -> float:
        return LABEL + (value - low) / (high - low) * PLOT

    marks = [
        f'<rect x="{at(-1):.1f}" y="{MARGIN - 8}" width="{at(1) - at(-1):.1f}" '
        f'height="{ROW * len(rows) + 8}" fill="#eceff1"/>',
        f'<line x1="{at(0):.1f}" x2="{at(0):.1f}" y1="{MARGIN - 8}" '
        f'y2="{MARGIN + ROW * len(rows)}" stroke="#37474f"/>',
    ]
    for index, row in enumerate(rows):
        y = MARGIN + ROW * index + ROW / 2
        marks.append(
            f'<text x="{LABEL - 12}" y="{y - 3:.1f}" text-anchor="end" class="fig-label">'
            f"{escape(row.label)}</text>"
            f'<text x="{LABEL - 12}" y="{y + 11:.1f}" text-anchor="end" class="fig-note">'
            f"{escape(row.note)}</text>"
            f'<line x1="{at(row.lower):.1f}" x2="{at(row.upper):.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            'stroke="#0b3c5d" stroke-width="2.5"/>'
            f'<circle cx="{at(row.value):.1f}" cy="{y:.1f}" r="5.5" fill="#0b3c5d"/>'
        )
    foot = MARGIN + ROW * len(rows) + 18
    marks.append(
        f'<text x="{at(0):.1f}" y="{foot}" text-anchor="middle" class="fig-note">'
        "ingen skillnad</text>"
        f'<text x="{LABEL}" y="{foot + 16}" class="fig-note">← till fördel för gruppen</text>'
        f'<text x="{LABEL + PLOT}" y="{foot + 16}" text-anchor="end" class="fig-note">'
        "till nackdel för gruppen →</text>"
    )
    return (
        f'<svg viewBox="0 0 {LABEL + PLOT + 20} {height}" role="img" '
        'xmlns="http://www.w3.org/2000/svg" aria-labelledby="fig-t fig-d">'
        f'<title id="fig-t">{escape(title)}</title><desc id="fig-d">{escape(description)}</desc>'
        f"<style>{STYLE}</style>{''.join(marks)}</svg>"
    )


def note(value: float, lower: float, upper: float, unit: str) -> str:
    """Return the numbers of a row in words, for the line under its label."""
    return (
        f"{number(value, unit, is_gap=True)} "
        f"({number(lower, unit, words=False)} till {number(upper, unit, words=False)})"
    )
