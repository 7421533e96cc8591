"""Both levels through the years, and their difference with its interval beneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import Entry, Say, key, upright
from equity_pipeline.report.figures.labels import kept_inside, width
from equity_pipeline.report.figures.scales import Scale, known, padded
from equity_pipeline.report.figures.svg import (
    BLUE,
    GREY,
    INK,
    PALE,
    RUST,
    WIDTH,
    Told,
    area,
    frame,
    line,
    mark,
    path,
    text,
)  # fmt: skip

TOP, LEVELS, GAPS, BETWEEN = 12.0, 130.0, 84.0, 34.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One period: its name, both levels, the difference with its limits; None where not shown."""

    label: str
    focus: float | None
    reference: float | None
    gap: float | None
    lower: float | None = None
    upper: float | None = None


def trend(
    moments: Sequence[Moment],
    *,
    told: Told,
    say: Say,
    say_gap: Say,
    names: tuple[str, str],
    gap_name: str,
) -> str:
    """Return two panels: the levels of both groups, and their difference with its interval.

    Parameters
    ----------
    moments
        In order of time; a period that is not shown breaks the lines. Fewer than two: no figure.
    say, say_gap
        Write a number of the upper and of the lower axis.
    names, gap_name
        What the two groups and the difference are called.

    Examples
    --------
    >>> trend([], told=Told("t", "t", "d"), say=str, say_gap=str, names=("a", "b"), gap_name="c")
    ''
    """
    if len(moments) < 2 or not known(one.gap for one in moments):
        return ""
    levels = [x for one in moments for x in (one.focus, one.reference)]
    upper = Scale(*padded(levels), TOP + LEVELS, TOP)
    floor = TOP + LEVELS + BETWEEN
    gaps = [x for one in moments for x in (one.gap, one.lower, one.upper)]
    lower = Scale(*padded([0.0, *gaps]), floor + GAPS, floor)
    grid, left = upright(upper, say, most=4)
    below, other = upright(lower, say_gap, most=3)
    start = max(left, other) + 8
    places = [start + (WIDTH - 16 - start) * at / (len(moments) - 1) for at in range(len(moments))]
    explained, height = key(_key(names), floor + GAPS + 28)
    return frame(
        told,
        height,
        [
            grid,
            _lines(moments, places, upper),
            below,
            _zero(lower, start),
            text(0, floor - 10, gap_name, css="b"),
            _gaps(moments, places, lower, say_gap),
            _periods(moments, places, floor + GAPS),
            explained,
        ],
    )


def _lines(moments: Sequence[Moment], places: Sequence[float], scale: Scale) -> str:
    parts: list[str] = []
    for field, shape, fill in (("reference", "circle", BLUE), ("focus", "diamond", RUST)):
        for run in _runs([getattr(one, field) for one in moments], places):
            held = [(x, scale(value)) for x, value in run]
            parts.append(path(held, stroke=fill, width=2))
            parts += [mark(shape, x, y, fill=fill, size=4) for x, y in held]
    return "".join(parts)


def _gaps(moments: Sequence[Moment], places: Sequence[float], scale: Scale, say: Say) -> str:
    parts: list[str] = []
    limited = [
        (x, one) for x, one in zip(places, moments, strict=True) if known([one.lower, one.upper])
    ]
    for run in _together(limited, places):
        band = [(x, scale(one.upper or 0.0)) for x, one in run]
        band += [(x, scale(one.lower or 0.0)) for x, one in reversed(run)]
        parts.append(area(band, fill=PALE))
    for held in _runs([one.gap for one in moments], places):
        points = [(x, scale(value)) for x, value in held]
        parts.append(path(points, stroke=INK, width=2))
        parts += [mark("square", x, y, fill=INK, size=4) for x, y in points]
    for at in sorted({0, len(moments) - 1}):
        gap = moments[at].gap
        if gap is None or not known([gap]):
            continue
        words = say(gap)
        x = kept_inside(places[at], width(words, bold=True))
        parts.append(text(x, scale(gap) - 9, words, anchor="middle", css="b h"))
    return "".join(parts)


def _zero(scale: Scale, start: float) -> str:
    return line(start - 8, scale(0.0), WIDTH, scale(0.0), stroke=GREY)


def _periods(moments: Sequence[Moment], places: Sequence[float], bottom: float) -> str:
    parts: list[str] = []
    free = -1e9
    for at in (len(moments) - 1, *range(len(moments) - 1)):
        words = moments[at].label
        middle = kept_inside(places[at], width(words))
        is_last = at == len(moments) - 1
        edge = WIDTH - width(moments[-1].label) - 6
        if is_last or (middle - width(words) / 2 > free and middle + width(words) / 2 < edge):
            parts.append(text(middle, bottom + 18, words, anchor="middle", fill=GREY))
            free = free if is_last else middle + width(words) / 2 + 6
    return "".join(parts)


def _runs(
    values: Sequence[float | None], places: Sequence[float]
) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for x, value in zip(places, values, strict=True):
        if value is None or not known([value]):
            runs.append([])
        else:
            runs[-1].append((x, value))
    return [run for run in runs if run]


def _together(
    held: Sequence[tuple[float, Moment]], places: Sequence[float]
) -> list[list[tuple[float, Moment]]]:
    index = {x: at for at, x in enumerate(places)}
    runs: list[list[tuple[float, Moment]]] = []
    for x, one in held:
        if runs and index[runs[-1][-1][0]] == index[x] - 1:
            runs[-1].append((x, one))
        else:
            runs.append([(x, one)])
    return runs


def _key(names: tuple[str, str]) -> list[Entry]:
    return [
        (lambda x, y: _sample(x, y, "diamond", RUST), names[0]),
        (lambda x, y: _sample(x, y, "circle", BLUE), names[1]),
    ]


def _sample(x: float, y: float, shape: str, fill: str) -> str:
    return line(x - 12, y, x + 12, y, stroke=fill, width=2) + mark(shape, x, y, fill=fill, size=4)
