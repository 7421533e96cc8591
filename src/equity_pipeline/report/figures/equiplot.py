"""All dimensions under each other: each group a mark on one common axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import Entry, Say, key, level
from equity_pipeline.report.figures.labels import cut, kept_inside, width
from equity_pipeline.report.figures.scales import Scale, known, padded
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
    text,
)  # fmt: skip

HEAD, TITLE, BELOW, ROW = 26.0, 16.0, 14.0, 12.0
SIDE = 8.0


@dataclass(frozen=True, slots=True)
class Strip:
    """One dimension: its title, what stands to the right, its groups in their order.

    Attributes
    ----------
    title, note
        Words to the left and to the right above the line.
    groups
        (label, value) with None for a value that is not shown.
    named
        Labels of the two groups that are compared: the diamond and the circle.
    """

    title: str
    note: str
    groups: tuple[tuple[str, float | None], ...]
    named: tuple[str, str]


def equiplot(
    strips: Sequence[Strip],
    *,
    told: Told,
    say: Say,
    whole: tuple[float, str] | None = None,
    shapes: tuple[str, str, str],
    span: tuple[float, float] | None = None,
) -> str:
    """Return a line for every dimension, from its lowest to its highest group.

    Parameters
    ----------
    strips
        From the top. A dimension with fewer than two shown groups is left out; none: no figure.
    whole
        The value of all together, a broken line, and its words.
    shapes
        What the diamond, the circle and the square are.
    span
        The range of the axis, where several figures share one.

    Examples
    --------
    >>> equiplot([], told=Told("e", "t", "d"), say=str, shapes=("a", "b", "c"))
    ''
    """
    shown = [one for one in strips if len(known(value for _, value in one.groups)) > 1]
    if not shown:
        return ""
    values = [value for one in shown for _, value in one.groups]
    low, high = span or padded([*values, whole[0] if whole else None])
    scale = Scale(low, high, SIDE, WIDTH - SIDE)
    parts: list[str] = []
    y = HEAD
    for one in shown:
        drawn, y = _strip(one, y, scale)
        parts.append(drawn)
    explained, height = key(_key(shapes, whole), y + 2)
    grid = level(scale, say, HEAD - 6, y)
    middle = line(scale(whole[0]), HEAD - 6, scale(whole[0]), y, dash="5 4") if whole else ""
    return frame(told, height, [grid, middle, *parts, explained])


def _strip(one: Strip, top: float, scale: Scale) -> tuple[str, float]:
    room = WIDTH - width(one.note) - 12
    held = [(label, value) for label, value in one.groups if known([value])]
    places = [scale(value) for _, value in held if value is not None]
    y = top + TITLE + 8
    ends = [_shape(one, label) for label, _ in held]
    marks = "".join(
        mark(shape, x, y, fill=fill, size=size)
        for x, (shape, fill, size) in sorted(
            zip(places, ends, strict=True), key=lambda held: held[1][2]
        )
    )
    names, bottom = _names(one, dict(zip((label for label, _ in held), places, strict=True)), y)
    title = cut(one.title, room, bold=True)
    drawn = (
        line(0, top, WIDTH, top, stroke=PALE)
        + text(0, top + TITLE - 2, title, css="b h")
        + text(WIDTH, top + TITLE - 2, one.note, anchor="end", fill=GREY, css="h")
        + line(min(places), y, max(places), y, width=3)
        + marks
        + names
    )
    return drawn, bottom + ROW - 4


def _shape(one: Strip, label: str) -> tuple[str, str, float]:
    if label == one.named[0]:
        return "diamond", RUST, 5.0
    if label == one.named[1]:
        return "circle", BLUE, 5.0
    return "square", GREY, 4.5


def _names(one: Strip, places: dict[str, float], y: float) -> tuple[str, float]:
    """Return the names of the first and the last group, on two lines where one has no room."""
    named = [
        (cut(label, WIDTH), places[label])
        for label in dict.fromkeys((one.named[0], one.named[1]))
        if label in places
    ]
    named.sort(key=lambda held: held[1])
    row = y + 6 + BELOW
    parts: list[str] = []
    free = -1e9
    for at, (words, place) in enumerate(named):
        wide = width(words)
        middle = kept_inside(place, wide)
        if at and middle - wide / 2 < free + 8:
            row += BELOW
        parts.append(text(middle, row, words, anchor="middle", fill=INK, css="h"))
        free = middle + wide / 2
    return "".join(parts), row


def _key(shapes: tuple[str, str, str], whole: tuple[float, str] | None) -> list[Entry]:
    entries: list[Entry] = [
        (lambda x, y: mark("diamond", x, y, fill=RUST), shapes[0]),
        (lambda x, y: mark("circle", x, y, fill=BLUE), shapes[1]),
        (lambda x, y: mark("square", x, y, fill=GREY), shapes[2]),
    ]
    if whole:
        entries.append((lambda x, y: line(x - 12, y, x + 12, y, dash="5 4"), whole[1]))
    return entries
