"""Units beside the limits that chance and ordinary variation between units set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import Entry, Say, key, upright
from equity_pipeline.report.figures.labels import kept_inside, width
from equity_pipeline.report.figures.scales import Scale, known, padded, ticks
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

TOP, PLOT = 14.0, 210.0


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: how much is counted, its value, the limits at its size, and where it lies.

    Attributes
    ----------
    side
        -1 below and 1 above the outer limits, 0 within them.
    """

    size: float
    value: float
    inner: tuple[float | None, float | None]
    outer: tuple[float | None, float | None]
    side: int


@dataclass(frozen=True, slots=True)
class FunnelWords:
    """What the marks and lines are called: above, below, within, both limits, centre, the axis."""

    above: str
    below: str
    within: str
    outer: str
    inner: str
    whole: str
    sizes: str


def funnel(
    units: Sequence[Unit], *, told: Told, say: Say, say_size: Say, whole: float | None,
    words: FunnelWords,
) -> str:  # fmt: skip
    """Return each unit at its size and value; those outside the outer limits are triangles.

    Parameters
    ----------
    units
        Those that are shown, in any order. Fewer than three: no figure.
    say, say_size
        Write a number of the upright and of the level axis.
    whole
        The value that the limits lie around.

    Examples
    --------
    >>> words = FunnelWords("", "", "", "", "", "", "")
    >>> funnel([], told=Told("f", "t", "d"), say=str, say_size=str, whole=None, words=words)
    ''
    """
    if len(units) < 3:
        return ""
    ordered = sorted(units, key=lambda one: (one.size, one.value))
    limits = known(x for one in ordered for x in (*one.inner, *one.outer))
    scale = Scale(*padded([*(one.value for one in ordered), *limits]), TOP + PLOT, TOP)
    grid, left = upright(scale, say)
    most = max(one.size for one in ordered)
    across = Scale(0.0, most * 1.03 or 1.0, left, WIDTH - 4)
    base = TOP + PLOT
    explained, height = key(_key(ordered, words), base + 40)
    return frame(
        told,
        height,
        [
            grid,
            line(left, base, WIDTH, base, stroke=INK),
            "" if whole is None else line(left, scale(whole), WIDTH, scale(whole)),
            *(_limit(ordered, "inner", end, across, scale, dash="5 4") for end in (0, 1)),
            *(_limit(ordered, "outer", end, across, scale) for end in (0, 1)),
            *(_unit(one, across, scale) for one in sorted(ordered, key=lambda u: abs(u.side))),
            _sizes(across, say_size, base),
            text((left + WIDTH) / 2, base + 34, words.sizes, anchor="middle", fill=GREY),
            explained,
        ],
    )


def _limit(
    units: Sequence[Unit], name: str, end: int, across: Scale, scale: Scale, dash: str = ""
) -> str:
    points = [(across(one.size), getattr(one, name)[end]) for one in units]
    held = {x: scale(value) for x, value in points if value is not None and known([value])}
    return path(sorted(held.items()), stroke=INK if name == "outer" else GREY, dash=dash)


def _unit(one: Unit, across: Scale, scale: Scale) -> str:
    shape, fill = {0: ("circle", GREY), 1: ("up", BLUE), -1: ("down", RUST)}[one.side]
    size = 3.2 if one.side == 0 else 5.0
    return mark(shape, across(one.size), scale(one.value), fill=fill, size=size)


def _sizes(across: Scale, say: Say, base: float) -> str:
    parts: list[str] = []
    free = -1e9
    for at in ticks(0.0, across.high, most=4):
        words = say(at)
        middle = kept_inside(across(at), width(words))
        if middle - width(words) / 2 > free:
            parts.append(text(middle, base + 17, words, anchor="middle", fill=GREY))
            free = middle + width(words) / 2 + 6
    return "".join(parts)


def _key(units: Sequence[Unit], words: FunnelWords) -> list[Entry]:
    sides = {one.side for one in units}
    entries: list[Entry] = []
    if 1 in sides:
        entries.append((lambda x, y: mark("up", x, y, fill=BLUE), words.above))
    if -1 in sides:
        entries.append((lambda x, y: mark("down", x, y, fill=RUST), words.below))
    entries.append((lambda x, y: mark("circle", x, y, fill=GREY, size=3.2), words.within))
    entries.append((lambda x, y: line(x - 12, y, x + 12, y, stroke=INK), words.outer))
    entries.append((lambda x, y: line(x - 12, y, x + 12, y, dash="5 4"), words.inner))
    entries.append((lambda x, y: line(x - 12, y, x + 12, y), words.whole))
    return entries
