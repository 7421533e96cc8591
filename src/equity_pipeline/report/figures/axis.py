"""Axes with round numbers, and a line of words that explains the marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from equity_pipeline.report.figures.labels import width, wrapped
from equity_pipeline.report.figures.scales import Scale, ticks
from equity_pipeline.report.figures.svg import GREY, INK, PALE, WIDTH, line, text

Say = Callable[[float], str]
Mark = Callable[[float, float], str]
Entry = tuple[Mark, str]
LINE = 16.0


def upright(scale: Scale, say: Say, *, right: float = WIDTH, most: int = 5) -> tuple[str, float]:
    """Return the lines of an upright axis with their numbers, and where the plot begins."""
    named = [(at, say(at)) for at in ticks(scale.low, scale.high, most=most)]
    left = max((width(words) for _, words in named), default=0.0) + 8
    parts = [
        line(left, scale(at), right, scale(at), stroke=PALE)
        + text(left - 6, scale(at) + 4, words, anchor="end", fill=GREY)
        for at, words in named
    ]
    return "".join(parts), left


def level(scale: Scale, say: Say, top: float, bottom: float) -> str:
    """Return the lines of a level axis, its numbers above them, none upon another."""
    parts: list[str] = []
    free = -1e9
    for at in ticks(scale.low, scale.high, most=4):
        words = say(at)
        half = width(words) / 2
        place = scale(at)
        parts.append(line(place, top, place, bottom, stroke=PALE))
        middle = max(half, min(place, WIDTH - half))
        if middle - half > free:
            parts.append(text(middle, top - 6, words, anchor="middle", fill=GREY))
            free = middle + half + 4
    return "".join(parts)


def key(
    entries: Sequence[tuple[Callable[[float, float], str], str]], top: float
) -> tuple[str, float]:
    """Return marks with their words, in as many lines as they need, and where they end.

    Parameters
    ----------
    entries
        What draws a mark around a place, 24 units wide, and what it means.
    top
        The upper edge.
    """
    parts: list[str] = []
    x, y = 0.0, top + 12
    for draw, words in entries:
        lines = wrapped(words, WIDTH - 30)
        wide = 30 + max(width(one) for one in lines)
        if x and x + wide > WIDTH:
            x, y = 0.0, y + LINE
        parts.append(draw(x + 12, y - 4))
        for one in lines:
            parts.append(text(x + 28, y, one, fill=INK))
            y += LINE
        y -= LINE
        x = x + wide + 12
    return "".join(parts), y + 6
