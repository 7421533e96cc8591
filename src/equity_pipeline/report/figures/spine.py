"""A unit on a line for each thing that is told of it: among all units, beside the region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import Entry, key
from equity_pipeline.report.figures.labels import width, wrapped
from equity_pipeline.report.figures.scales import Scale, known
from equity_pipeline.report.figures.svg import (
    BLUE,
    GREY,
    INK,
    PALE,
    RUST,
    WIDTH,
    Told,
    frame,
    line,
    mark,
    rect,
    text,
)

LINE, BAR, ROOM, SIDE = 16.0, 12.0, 16.0, 8.0
MIDDLE = "#b4c0ca"
FILLS = {"square": INK, "circle": GREY, "up": BLUE, "down": RUST}


@dataclass(frozen=True, slots=True)
class Vertebra:
    """One line: what is measured, the unit's and the region's value, and all units' spread.

    Attributes
    ----------
    label, said, beside
        What it is, the unit's value as written, and the values it stands beside.
    value, whole, peers
        The unit's, the region's and similar units' value; None where not shown.
    spread
        Least, lower quarter, upper quarter and greatest of all units that are shown.
    shape
        ``square`` describes a population; ``up``, ``down`` and ``circle`` lie above, below and
        within the limits.
    """

    label: str
    said: str
    beside: str
    value: float | None
    whole: float | None
    peers: float | None
    spread: tuple[float, float, float, float] | None
    shape: str = "square"


@dataclass(frozen=True, slots=True)
class SpineWords:
    """What the marks are called."""

    unit: str
    whole: str
    peers: str
    half: str
    every: str


def spine(rows: Sequence[Vertebra], *, told: Told, words: SpineWords) -> str:
    """Return a line for every row, each on its own scale; nobody is ranked.

    Rows that are not shown are left out; none: no figure.

    Examples
    --------
    >>> spine([], told=Told("s", "t", "d"), words=SpineWords("", "", "", "", ""))
    ''
    """
    shown = [one for one in rows if known([one.value])]
    if not shown:
        return ""
    parts: list[str] = []
    y = 0.0
    for one in shown:
        drawn, y = _row(one, y)
        parts.append(drawn)
    explained, height = key(_key(words, {one.shape for one in shown}), y)
    return frame(told, height, [*parts, explained])


def _row(one: Vertebra, top: float) -> tuple[str, float]:
    room = WIDTH - width(one.said, bold=True) - 12
    lines = wrapped(one.label, room, bold=True)
    y = top + 14
    parts = [text(WIDTH, y, one.said, anchor="end", css="b")]
    parts += [text(0, y + LINE * at, words, css="b") for at, words in enumerate(lines)]
    y += LINE * (len(lines) - 1)
    for words in wrapped(one.beside, WIDTH) if one.beside else []:
        y += LINE - 1
        parts.append(text(0, y, words, fill=GREY))
    y += 7
    return "".join([*parts, _bars(one, y)]), y + BAR + ROOM


def _bars(one: Vertebra, y: float) -> str:
    assert one.value is not None
    held = known([one.value, one.whole, one.peers, *(one.spread or ())])
    low, high = min(held), max(held)
    if low == high:
        low, high = low - 1, high + 1
    scale = Scale(low, high, SIDE, WIDTH - SIDE)
    middle = y + BAR / 2
    parts = [line(0, middle, WIDTH, middle, stroke=PALE)]
    if one.spread is not None:
        least, lower, upper, most = (scale(x) for x in one.spread)
        parts.append(rect(least, y, most - least, BAR))
        parts.append(rect(lower, y, upper - lower, BAR, fill=MIDDLE))
    for value, dash in ((one.peers, "2 2"), (one.whole, "")):
        if value is not None and known([value]):
            x = scale(value)
            parts.append(line(x, y - 3, x, y + BAR + 3, stroke=INK, width=1.5, dash=dash))
    parts.append(mark(one.shape, scale(one.value), middle, fill=FILLS[one.shape], size=5.5))
    return "".join(parts)


def _key(words: SpineWords, shapes: set[str]) -> list[Entry]:
    shape = "square" if shapes == {"square"} else "circle"
    return [
        (lambda x, y: mark(shape, x, y, fill=FILLS[shape], size=5.5), words.unit),
        (lambda x, y: line(x, y - 7, x, y + 7, stroke=INK, width=1.5), words.whole),
        (lambda x, y: line(x, y - 7, x, y + 7, stroke=INK, width=1.5, dash="2 2"), words.peers),
        (lambda x, y: rect(x - 12, y - 5, 24, 10, fill=MIDDLE), words.half),
        (lambda x, y: rect(x - 12, y - 5, 24, 10), words.every),
    ]
