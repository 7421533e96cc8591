"""Two populations by age, back to back: a unit's to the left, the region's to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.labels import width
from equity_pipeline.report.figures.scales import known
from equity_pipeline.report.figures.svg import (
    BLUE,
    GREY,
    INK,
    WIDTH,
    Told,
    frame,
    line,
    rect,
    text,
)  # fmt: skip

HEAD, BAR, GAP = 24.0, 20.0, 6.0
HERE, THERE = "#5b8fb3", "#c3cdd5"


@dataclass(frozen=True, slots=True)
class Band:
    """One age band: its name, both shares, and both as written; None where not shown."""

    label: str
    here: float | None
    there: float | None
    said_here: str
    said_there: str


def pyramid(bands: Sequence[Band], *, told: Told, names: tuple[str, str]) -> str:
    """Return a bar to each side for every band, the oldest on top, each with its number.

    Parameters
    ----------
    bands
        From the youngest. A band that is not shown keeps its place and its sign. None of the
        unit's that is shown: no figure.
    names
        What stands to the left and to the right.

    Examples
    --------
    >>> pyramid([], told=Told("p", "t", "d"), names=("a", "b"))
    ''
    """
    shares = known(x for one in bands for x in (one.here, one.there))
    if not known(one.here for one in bands) or min(shares) < 0:
        return ""
    middle = max(width(one.label) for one in bands) / 2 + 8
    said = max(width(x, bold=True) for one in bands for x in (one.said_here, one.said_there)) + 6
    longest = (WIDTH / 2 - middle - said) / (max(shares) or 1.0)
    left, right = WIDTH / 2 - middle, WIDTH / 2 + middle
    bottom = HEAD + (BAR + GAP) * len(bands)
    parts = [
        text(left, 14, names[0], anchor="end", css="b", fill=BLUE),
        text(right, 14, names[1], css="b", fill=GREY),
    ]
    for at, one in enumerate(reversed(bands)):
        y = HEAD + (BAR + GAP) * at
        parts.append(text(WIDTH / 2, y + 14, one.label, anchor="middle"))
        parts += _bar(left, -longest, one.here, one.said_here, y, HERE)
        parts += _bar(right, longest, one.there, one.said_there, y, THERE)
    ends = [line(x, HEAD - 4, x, bottom, stroke=INK) for x in (left, right)]
    return frame(told, bottom + 4, [*parts, *ends])


def _bar(
    start: float, longest: float, value: float | None, said: str, y: float, fill: str
) -> list[str]:
    long = longest * value if value is not None and known([value]) else 0.0
    at, anchor = (start + long - 5, "end") if longest < 0 else (start + long + 5, "start")
    return [
        rect(min(start, start + long), y, abs(long), BAR, fill=fill),
        text(at, y + 14, said, anchor=anchor, css="b"),
    ]
