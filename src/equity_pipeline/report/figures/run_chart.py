"""One unit month by month: its centre line, its limits, its signals, and what was done when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import Entry, Mark, Say, key, upright
from equity_pipeline.report.figures.labels import kept_inside, spread, width
from equity_pipeline.report.figures.scales import Scale, known, padded
from equity_pipeline.report.figures.svg import (
    BLUE,
    GREY,
    INK,
    RUST,
    WIDTH,
    Told,
    frame,
    line,
    mark,
    path,
    text,
)  # fmt: skip

TOP, PLOT, LABEL, BELOW, YEARS = 8.0, 120.0, 15.0, 16.0, 23.0
SHAPES = {"shift": ("square", INK), "trend": ("diamond", BLUE), "outside": ("up", RUST)}


@dataclass(frozen=True, slots=True)
class Month:
    """One month: its name, the value with the lines it is held against, and its signal.

    Attributes
    ----------
    label
        Year and month, ``2023-02``.
    value, centre, lower, upper
        None where they are not shown or not reckoned.
    signal
        ``shift``, ``trend``, ``outside``, or nothing.
    tried
        Numbers of what began in the month, as they stand in the list beside the figure.
    """

    label: str
    value: float | None
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    signal: str = ""
    tried: str = ""


@dataclass(frozen=True, slots=True)
class RunWords:
    """What the lines and marks are called."""

    value: str
    centre: str
    limits: str
    shift: str
    trend: str
    outside: str
    tried: str


def run_chart(
    months: Sequence[Month],
    *,
    told: Told,
    say: Say,
    words: RunWords,
    events: Mapping[str, str],
) -> str:
    """Return the months in order with centre line, limits, signals, activities and events.

    Parameters
    ----------
    months
        In order of time; one that is not shown breaks the line. None that is shown: no figure.
    events
        What happened, by the month it happened in: an upright line with its words.

    Examples
    --------
    >>> words = RunWords("", "", "", "", "", "", "")
    >>> run_chart([], told=Told("r", "t", "d"), say=str, words=words, events={})
    ''
    """
    if not known(one.value for one in months):
        return ""
    held = [x for one in months for x in (one.value, one.centre, one.lower, one.upper)]
    marked = [at for at, one in enumerate(months) if one.label in events]
    top = TOP + LABEL * len(marked)
    base = top + PLOT
    scale = Scale(*padded(held), base, top)
    grid, left = upright(scale, say, most=4)
    across = Scale(0, max(len(months) - 1, 1), left + 4, WIDTH - 6)
    explained, height = key(_key(months, words), base + BELOW + YEARS)
    return frame(
        told,
        height,
        [
            grid,
            line(left, base, WIDTH, base, stroke=INK),
            *(_limit(months, name, across, scale) for name in ("lower", "upper")),
            *(path(run, stroke=GREY, width=1.5) for run in _runs(months, "centre", across, scale)),
            *_events(months, marked, events, across, base),
            *_values(months, across, scale),
            _tried(months, across, base),
            _years(months, across, base + BELOW + 12),
            explained,
        ],
    )


def _runs(
    months: Sequence[Month], name: str, across: Scale, scale: Scale
) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for at, one in enumerate(months):
        value = getattr(one, name)
        if known([value]):
            runs[-1].append((across(at), scale(value)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _limit(months: Sequence[Month], name: str, across: Scale, scale: Scale) -> str:
    runs = _runs(months, name, across, scale)
    return "".join(path(run, stroke=GREY, dash="4 3") for run in runs)


def _values(months: Sequence[Month], across: Scale, scale: Scale) -> list[str]:
    """Return the line of the values, a dot for a month alone, and the marks of the signals."""
    parts: list[str] = []
    for run in _runs(months, "value", across, scale):
        parts.append(path(run, stroke=BLUE, width=1.5))
        if len(run) == 1:
            parts.append(mark("circle", *run[0], fill=BLUE, size=2))
    for at, one in enumerate(months):
        if one.signal in SHAPES and one.value is not None and known([one.value]):
            shape, fill = SHAPES[one.signal]
            below = shape == "up" and one.centre is not None and one.value < one.centre
            x, y = across(at), scale(one.value)
            parts.append(mark("down" if below else shape, x, y, fill=fill, size=3.5))
    return parts


def _events(
    months: Sequence[Month],
    marked: Sequence[int],
    events: Mapping[str, str],
    across: Scale,
    base: float,
) -> list[str]:
    """Return an upright line for each event, its words above the plot on a line of their own."""
    parts: list[str] = []
    for row, at in enumerate(marked):
        x, y, words = across(at), LABEL * row + 11, events[months[at].label]
        middle = kept_inside(x, width(words))
        parts.append(line(x, y + 4, x, base, stroke=INK, dash="6 2"))
        parts.append(text(middle, y, words, anchor="middle", css="h"))
    return parts


def _tried(months: Sequence[Month], across: Scale, base: float) -> str:
    held = [(across(at), one.tried) for at, one in enumerate(months) if one.tried]
    if not held:
        return ""
    wide = max(width(words) for _, words in held) + 4
    places = spread([x for x, _ in held], wide, low=wide / 2, high=WIDTH - wide / 2)
    return "".join(
        line(x, base, place, base + 5, stroke=INK)
        + text(place, base + 15, words, anchor="middle", css="b")
        for (x, words), place in zip(held, places, strict=True)
    )


def _years(months: Sequence[Month], across: Scale, y: float) -> str:
    """Return each year's name at its first month, none upon another."""
    parts: list[str] = []
    free = -1e9
    for at, one in enumerate(months):
        year = one.label[:4]
        if at and months[at - 1].label.startswith(year):
            continue
        middle = kept_inside(across(at), width(year))
        if middle - width(year) / 2 > free:
            parts.append(text(middle, y + 4, year, anchor="middle", fill=GREY))
            free = middle + width(year) / 2 + 6
    return "".join(parts)


def _key(months: Sequence[Month], words: RunWords) -> list[Entry]:
    seen = {one.signal for one in months if known([one.value])}
    entries: list[Entry] = [
        (lambda x, y: line(x - 12, y, x + 12, y, stroke=BLUE, width=1.5), words.value)
    ]
    if known(one.centre for one in months):
        entries.append((lambda x, y: line(x - 12, y, x + 12, y, width=1.5), words.centre))
    if known(one.lower for one in months) or known(one.upper for one in months):
        entries.append((lambda x, y: line(x - 12, y, x + 12, y, dash="4 3"), words.limits))
    entries += [
        (_sample(*held), getattr(words, one)) for one, held in SHAPES.items() if one in seen
    ]
    if any(one.tried for one in months):
        entries.append((lambda x, y: text(x, y + 4, "1", anchor="middle", css="b"), words.tried))
    return entries


def _sample(shape: str, fill: str) -> Mark:
    return lambda x, y: mark(shape, x, y, fill=fill, size=4)
