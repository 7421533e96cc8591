"""Before and after: what took part and what it is compared with, on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.figures.axis import Entry, Say, key, level
from equity_pipeline.report.figures.labels import width, wrapped
from equity_pipeline.report.figures.scales import Scale, known, padded
from equity_pipeline.report.figures.svg import (
    BLUE,
    GREY,
    PALE,
    RUST,
    WIDTH,
    Told,
    frame,
    line,
    mark,
    text,
)  # fmt: skip

HEAD, TITLE, ROW, ROOM, SIDE = 26.0, 16.0, 20.0, 8.0, 8.0
WHITE = "#fff"


@dataclass(frozen=True, slots=True)
class Change:
    """One group of people: its name, a note, and both kinds of units before and after."""

    label: str
    note: str
    here: tuple[float | None, float | None]
    there: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """What the marks are called: those who took part, those compared with, before, after."""

    here: str
    there: str
    before: str
    after: str


def change(rows: Sequence[Change], *, told: Told, say: Say, words: ChangeWords) -> str:
    """Return two lines for every group, each from before (hollow) to after (filled).

    A group that is not shown is left out; none: no figure.

    Examples
    --------
    >>> change([], told=Told("c", "t", "d"), say=str, words=ChangeWords("", "", "", ""))
    ''
    """
    shown = [one for one in rows if len(known([*one.here, *one.there])) == 4]
    if not shown:
        return ""
    numbers = [x for one in shown for x in (*one.here, *one.there)]
    scale = Scale(*padded(numbers), SIDE, WIDTH - SIDE)
    parts: list[str] = []
    y = HEAD
    for one in shown:
        drawn, y = _group(one, y, scale)
        parts.append(drawn)
    explained, height = key(_key(words), y)
    return frame(told, height, [level(scale, say, HEAD - 6, y), *parts, explained])


def _group(one: Change, top: float, scale: Scale) -> tuple[str, float]:
    parts = [
        line(0, top, WIDTH, top, stroke=PALE),
        text(0, top + TITLE - 2, one.label, css="b h"),
    ]
    y = top + TITLE - 2
    if width(one.label, bold=True) + width(one.note) + 12 > WIDTH:
        for words in wrapped(one.note, WIDTH):
            y += TITLE - 1
            parts.append(text(0, y, words, fill=GREY, css="h"))
    else:
        parts.append(text(WIDTH, y, one.note, anchor="end", fill=GREY, css="h"))
    for held, shape, fill in ((one.here, "diamond", RUST), (one.there, "circle", BLUE)):
        y += ROW
        parts.append(_arrow(held, y - 4, scale, shape, fill))
    return "".join(parts), y + ROOM


def _arrow(
    held: tuple[float | None, float | None], y: float, scale: Scale, shape: str, fill: str
) -> str:
    first, last = (scale(x) for x in known(held))
    return (
        line(first, y, last, y, stroke=fill, width=2)
        + mark(shape, first, y, fill=fill, size=4.5)
        + mark(shape, first, y, fill=WHITE, size=2.6)
        + mark(shape, last, y, fill=fill, size=5)
    )


def _key(words: ChangeWords) -> list[Entry]:
    return [
        (lambda x, y: mark("diamond", x, y, fill=RUST), words.here),
        (lambda x, y: mark("circle", x, y, fill=BLUE), words.there),
        (
            lambda x, y: (
                mark("circle", x, y, fill=GREY, size=4.5)
                + mark("circle", x, y, fill=WHITE, size=2.6)
            ),
            words.before,
        ),
        (lambda x, y: mark("circle", x, y, fill=GREY), words.after),
    ]
