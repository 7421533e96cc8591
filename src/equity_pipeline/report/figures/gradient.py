"""The levels of one dimension with their intervals and the slope through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import LINE, Entry, Say, key, upright
from equity_pipeline.report.figures.labels import kept_inside, width, wrapped
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
    text,
    whiskers,
)  # fmt: skip

TOP, PLOT = 14.0, 190.0


@dataclass(frozen=True, slots=True)
class Level:
    """One group: what it is called, its value with limits, None where they are not shown."""

    label: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    said: str = ".."


@dataclass(frozen=True, slots=True)
class Slope:
    """The fitted line: its values at the most disadvantaged and the most advantaged end."""

    first: float
    last: float
    label: str


def gradient(
    levels: Sequence[Level],
    *,
    told: Told,
    say: Say,
    whole: tuple[float, str] | None = None,
    slope: Slope | None = None,
    limits: str = "",
) -> str:
    """Return levels as marks with intervals, from the most disadvantaged to the most advantaged.

    Parameters
    ----------
    levels
        In order; a hidden one keeps its place and shows its sign. None that is shown: no figure.
    told
        Name, title and description.
    say
        Writes a number of the axis.
    whole
        The value of all together and its words, drawn as a broken line.
    slope
        The fitted line through the population from one end to the other.
    limits
        What the whiskers are, for the key.

    Examples
    --------
    >>> gradient([Level("a", None)], told=Told("g", "t", "d"), say=str)
    ''
    """
    if not known(one.value for one in levels):
        return ""
    ends = (slope.first, slope.last) if slope else ()
    numbers = [x for one in levels for x in (one.value, one.lower, one.upper)]
    low, high = padded([*numbers, *ends, whole[0] if whole else None])
    scale = Scale(low, high, TOP + PLOT, TOP)
    grid, left = upright(scale, say)
    step = (WIDTH - left) / len(levels)
    centres = [left + step * (at + 0.5) for at in range(len(levels))]
    names, bottom = _names(levels, centres, step)
    explained, height = key(_key(slope, limits, whole), bottom)
    return frame(
        told,
        height,
        [
            grid,
            _whole(whole, scale, left),
            _slope(slope, scale, left),
            *(
                _level(one, x, scale, step, at in (0, len(levels) - 1), at == 0)
                for at, (one, x) in enumerate(zip(levels, centres, strict=True))
            ),
            names,
            explained,
        ],
    )


def _level(one: Level, x: float, scale: Scale, step: float, is_end: bool, is_first: bool) -> str:
    if one.value is None or one.value != one.value:
        return text(x, TOP + PLOT - 6, one.said, anchor="middle", fill=GREY)
    y = scale(one.value)
    shape, fill = ("diamond", RUST) if is_first else ("circle", BLUE)
    limits = ""
    top = y
    if one.lower is not None and one.upper is not None:
        top = scale(one.upper)
        limits = whiskers(x, top, scale(one.lower))
    wide = width(one.said, bold=is_end)
    place = kept_inside(x, wide) if wide > step else x
    above = max(top - 7, 11)
    return (
        limits
        + mark(shape, x, y, fill=fill)
        + text(place, above, one.said, anchor="middle", css="b h" if is_end else "h")
    )


def _whole(whole: tuple[float, str] | None, scale: Scale, left: float) -> str:
    if whole is None:
        return ""
    return line(left, scale(whole[0]), WIDTH, scale(whole[0]), dash="5 4")


def _slope(slope: Slope | None, scale: Scale, left: float) -> str:
    if slope is None:
        return ""
    return line(
        left, scale(slope.first), WIDTH, scale(slope.last), stroke=RUST, width=1.5, dash="2 3"
    )


def _names(levels: Sequence[Level], centres: Sequence[float], step: float) -> tuple[str, float]:
    base = TOP + PLOT + 8
    parts = [line(centres[0] - step / 2, base - 8, WIDTH, base - 8, stroke=INK)]
    lines = [wrapped(one.label, step - 6) for one in levels]
    for words, x in zip(lines, centres, strict=True):
        parts += [
            text(kept_inside(x, width(word)), base + 12 + LINE * at, word, anchor="middle")
            for at, word in enumerate(words)
        ]
    return "".join(parts), base + LINE * max(len(words) for words in lines) + 10


def _key(slope: Slope | None, limits: str, whole: tuple[float, str] | None) -> list[Entry]:
    entries: list[Entry] = []
    if limits:
        entries.append((lambda x, y: whiskers(x, y - 6, y + 6), limits))
    if whole:
        entries.append((lambda x, y: line(x - 12, y, x + 12, y, dash="5 4"), whole[1]))
    if slope:
        entries.append(
            (
                lambda x, y: line(x - 12, y, x + 12, y, stroke=RUST, width=1.5, dash="2 3"),
                slope.label,
            )
        )
    return entries
