"""A difference step by step: as measured, after need, and within the same unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import Say, level
from equity_pipeline.report.figures.labels import width, wrapped
from equity_pipeline.report.figures.scales import Scale, known, padded
from equity_pipeline.report.figures.svg import (
    GREY,
    INK,
    PALE,
    WIDTH,
    Told,
    frame,
    line,
    rect,
    text,
)  # fmt: skip

HEAD, LINE, BAR, ROOM = 28.0, 16.0, 18.0, 14.0
FILLS = ("#c3cdd5", "#aebbc6", "#6f9fc0", "#a9c6da")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is, a note, the difference with its limits and as it is written."""

    label: str
    note: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    said: str = ".."


def steps(rows: Sequence[Step], *, told: Told, say: Say) -> str:
    """Return a bar from zero for every step, with its interval and its number.

    A step that is not shown keeps its words and its sign. None that is shown: no figure.

    Examples
    --------
    >>> steps([Step("a", "", None)], told=Told("s", "t", "d"), say=str)
    ''
    """
    numbers = known(x for one in rows for x in (one.value, one.lower, one.upper))
    if not known(one.value for one in rows):
        return ""
    scale = Scale(*_range(numbers), 4, WIDTH - 4)
    parts: list[str] = []
    y = HEAD
    for at, one in enumerate(rows):
        drawn, y = _row(one, y, scale, FILLS[min(at, len(FILLS) - 1)])
        parts.append(drawn)
    return frame(told, y + 4, [level(scale, say, HEAD - 6, y), *parts])


def _range(numbers: Sequence[float]) -> tuple[float, float]:
    """Return zero and all numbers, with room on a side only where numbers lie on it."""
    low, high = padded([0.0, *numbers], share=0.04)
    if not any(numbers):
        return 0.0, 1.0
    return (low if min(numbers) < 0 else 0.0), (high if max(numbers) > 0 else 0.0)


def _row(one: Step, top: float, scale: Scale, fill: str) -> tuple[str, float]:
    said = width(one.said, bold=True)
    lines = wrapped(one.label, WIDTH - said - 12, bold=True)
    parts = [text(0, top + 14 + LINE * at, words, css="b h") for at, words in enumerate(lines)]
    parts.append(text(WIDTH, top + 14, one.said, anchor="end", css="b h"))
    y = top + 14 + LINE * (len(lines) - 1)
    for words in wrapped(one.note, WIDTH) if one.note else []:
        y += LINE - 2
        parts.append(text(0, y, words, fill=GREY, css="h"))
    y += 7
    if one.value is not None and known([one.value]):
        left, right = sorted((scale(0.0), scale(one.value)))
        parts.append(rect(left, y, right - left, BAR, fill=fill))
        parts.append(_limits(one, y + BAR / 2, scale))
    else:
        parts.append(rect(scale(0.0), y, 2, BAR, fill=PALE))
    parts.append(line(scale(0.0), y - 4, scale(0.0), y + BAR + 4, stroke=INK, width=1.5))
    return "".join(parts), y + BAR + ROOM


def _limits(one: Step, y: float, scale: Scale) -> str:
    if one.lower is None or one.upper is None or not known([one.lower, one.upper]):
        return ""
    low, high = scale(one.lower), scale(one.upper)
    caps = "".join(line(x, y - 5, x, y + 5, stroke=INK, width=1.5) for x in (low, high))
    return line(low, y, high, y, stroke=INK, width=1.5) + caps
