"""Effects beside each other: each in its own least important difference, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import Entry, key
from equity_pipeline.report.figures.labels import wrapped
from equity_pipeline.report.figures.scales import Scale, known
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
    rect,
    text,
)  # fmt: skip

LINE, BAR, ROOM, HEAD, SIDE = 16.0, 18.0, 14.0, 22.0, 6.0
LEAST, MOST = 1.5, 8.0  # the grey field is seen, and one great number does not make it a hair


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect: what it is on, as it is written, and its numbers in limits set beforehand."""

    label: str
    said: str
    value: float | None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class EffectWords:
    """What the sides and the marks are called."""

    worse: str
    better: str
    for_better: str
    for_worse: str
    unclear: str
    field: str


def effects(rows: Sequence[Effect], *, told: Told, words: EffectWords) -> str:
    """Return a mark with its interval for every effect, better to the right of zero.

    An effect that is not shown keeps its words and its sign. None that is shown: no figure.

    Examples
    --------
    >>> effects([], told=Told("e", "t", "d"), words=EffectWords("", "", "", "", "", ""))
    ''
    """
    numbers = known(x for one in rows for x in (one.value, one.lower, one.upper))
    if not known(one.value for one in rows):
        return ""
    far = min(MOST, max(LEAST, *(abs(x) for x in numbers)))
    scale = Scale(-far, far, SIDE, WIDTH - SIDE)
    parts: list[str] = []
    y = HEAD
    for one in rows:
        drawn, y = _row(one, y, scale)
        parts.append(drawn)
    explained, height = key(_key(rows, words), y - 4)
    ends = text(0, 14, f"← {words.worse}", fill=GREY) + text(
        WIDTH, 14, f"{words.better} →", anchor="end", fill=GREY
    )
    return frame(told, height, [ends, *parts, explained])


def side(one: Effect) -> int:
    """Return 1 where the interval is above zero, -1 below it, 0 where it holds zero.

    Examples
    --------
    >>> side(Effect("a", "", 2.0, 1.0, 3.0)), side(Effect("a", "", 2.0, -1.0, 3.0))
    (1, 0)
    """
    if one.lower is not None and one.lower > 0:
        return 1
    return -1 if one.upper is not None and one.upper < 0 else 0


def _row(one: Effect, top: float, scale: Scale) -> tuple[str, float]:
    lines = wrapped(one.label, WIDTH, bold=True)
    parts = [text(0, top + 14 + LINE * at, words, css="b") for at, words in enumerate(lines)]
    y = top + 14 + LINE * (len(lines) - 1)
    for words in wrapped(one.said, WIDTH):
        y += LINE - 1
        parts.append(text(0, y, words, fill=GREY))
    y += 7
    parts.append(rect(scale(-1), y, scale(1) - scale(-1), BAR))
    parts.append(line(scale(0), y - 2, scale(0), y + BAR + 2, stroke=INK))
    if one.value is not None and known([one.value]):
        parts.append(_mark(one, y + BAR / 2, scale))
    return "".join(parts), y + BAR + ROOM


def _mark(one: Effect, y: float, scale: Scale) -> str:
    assert one.value is not None
    parts: list[str] = []
    if one.lower is not None and one.upper is not None:
        low, high = (scale(_within(x, scale)) for x in (one.lower, one.upper))
        parts.append(line(low, y, high, y, stroke=INK, width=2.5))
    shape, fill = {1: ("up", BLUE), -1: ("down", RUST), 0: ("circle", GREY)}[side(one)]
    parts.append(mark(shape, scale(_within(one.value, scale)), y, fill=fill, size=5.5))
    return "".join(parts)


def _within(value: float, scale: Scale) -> float:
    return max(scale.low, min(value, scale.high))


def _key(rows: Sequence[Effect], words: EffectWords) -> list[Entry]:
    seen = {side(one) for one in rows if known([one.value])}
    entries: list[Entry] = []
    if 1 in seen:
        entries.append((lambda x, y: mark("up", x, y, fill=BLUE), words.for_better))
    if -1 in seen:
        entries.append((lambda x, y: mark("down", x, y, fill=RUST), words.for_worse))
    if 0 in seen:
        entries.append((lambda x, y: mark("circle", x, y, fill=GREY), words.unclear))
    entries.append((lambda x, y: rect(x - 12, y - 6, 24, 12), words.field))
    return entries
