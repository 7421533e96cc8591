"""A care chain from step to step: how many come through, and two groups beside each other."""

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
    RUST,
    WIDTH,
    Told,
    frame,
    line,
    mark,
    rect,
    text,
)  # fmt: skip

LINE, BAR, ROOM, ANEW = 16.0, 18.0, 16.0, 20.0
FILL = "#b4c0ca"
SIDE = 7.0  # a mark at either end is not cut


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: its words, the share of all who come through, and that of two groups.

    Attributes
    ----------
    label, said, note
        What the step is, the share as written, and what stands beneath.
    share, lower, upper
        Of all who come to the step, with its interval; None where not shown.
    focus, reference
        The two groups' shares.
    anew
        Words where the chain begins anew with other people, else nothing.
    """

    label: str
    said: str
    note: str
    share: float | None
    lower: float | None = None
    upper: float | None = None
    focus: float | None = None
    reference: float | None = None
    anew: str = ""


@dataclass(frozen=True, slots=True)
class CascadeWords:
    """What the bar, the whiskers and the two marks are."""

    all: str
    limits: str
    focus: str
    reference: str


def cascade(stages: Sequence[Stage], *, told: Told, words: CascadeWords) -> str:
    """Return a bar for every step, as long as the share of those who come to it that go on.

    A step that is not shown keeps its words and its sign. None that is shown: no figure.

    Examples
    --------
    >>> cascade([], told=Told("c", "t", "d"), words=CascadeWords("", "", "", ""))
    ''
    """
    shares = known(x for one in stages for x in (one.share, one.focus, one.reference, one.upper))
    if not known(one.share for one in stages) or min(shares) < 0:
        return ""
    scale = Scale(0.0, max(1.0, *shares), SIDE, WIDTH - SIDE)
    parts: list[str] = []
    y = 0.0
    for one in stages:
        drawn, y = _stage(one, y, scale)
        parts.append(drawn)
    explained, height = key(_key(stages, words), y - 4)
    return frame(told, height, [*parts, explained])


def _stage(one: Stage, top: float, scale: Scale) -> tuple[str, float]:
    parts: list[str] = []
    y = top
    if one.anew:
        parts.append(line(0, y + 4, WIDTH, y + 4, stroke=GREY, dash="2 3") if top else "")
        parts.append(text(0, y + 18, one.anew, fill=GREY))
        y += ANEW
    room = WIDTH - width(one.said, bold=True) - 12
    for at, words in enumerate(wrapped(one.label, room, bold=True)):
        y += LINE
        parts.append(text(0, y, words, css="b"))
        if at == 0:
            parts.append(text(WIDTH, y, one.said, anchor="end", css="b"))
    for words in wrapped(one.note, WIDTH) if one.note else []:
        y += LINE - 1
        parts.append(text(0, y, words, fill=GREY))
    y += 7
    return "".join([*parts, _bar(one, y, scale)]), y + BAR + ROOM


def _bar(one: Stage, y: float, scale: Scale) -> str:
    end = scale(1.0)
    parts = [rect(scale(0.0), y, end - scale(0.0), BAR)]
    middle = y + BAR / 2
    if one.share is not None and known([one.share]):
        parts.append(rect(scale(0.0), y + 2, scale(one.share) - scale(0.0), BAR - 4, fill=FILL))
        parts.append(line(end, y - 2, end, y + BAR + 2, stroke=GREY))
        parts.append(_limits(one, middle, scale))
    for value, shape, fill in ((one.reference, "circle", BLUE), (one.focus, "diamond", RUST)):
        if value is not None and known([value]):
            parts.append(mark(shape, scale(value), middle, fill=fill, size=4.5))
    return "".join(parts)


def _limits(one: Stage, y: float, scale: Scale) -> str:
    if one.lower is None or one.upper is None or not known([one.lower, one.upper]):
        return ""
    low, high = scale(max(0.0, one.lower)), scale(one.upper)
    caps = "".join(line(x, y - 4, x, y + 4, stroke=INK, width=1.5) for x in (low, high))
    return line(low, y, high, y, stroke=INK, width=1.5) + caps


def _key(stages: Sequence[Stage], words: CascadeWords) -> list[Entry]:
    entries: list[Entry] = [(lambda x, y: rect(x - 12, y - 6, 24, 12, fill=FILL), words.all)]
    if known(one.lower for one in stages):
        entries.append(
            (lambda x, y: line(x - 12, y, x + 12, y, stroke=INK, width=1.5), words.limits)
        )
    if known(one.focus for one in stages):
        entries.append((lambda x, y: mark("diamond", x, y, fill=RUST), words.focus))
    if known(one.reference for one in stages):
        entries.append((lambda x, y: mark("circle", x, y, fill=BLUE), words.reference))
    return entries
