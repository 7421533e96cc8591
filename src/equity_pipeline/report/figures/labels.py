"""Labels that do not run into each other: how wide words are, and where there is room."""

from __future__ import annotations

from collections.abc import Sequence

from equity_pipeline.report.figures.svg import WIDTH

SIZE = 12.0
BOLD = 1.12
NARROW = {
    **dict.fromkeys("ijl|'", 0.29),
    **dict.fromkeys(".,:; ", 0.33),
    **dict.fromkeys("ftr-()[]/I", 0.42),
}
WIDE = {**dict.fromkeys("mMwW@%", 0.98), **dict.fromkeys("–−+=<>←→", 0.84)}
CAPITAL = 0.72
OTHER = 0.63  # of the widest letters that a reader's computer may have for the others


def width(words: str, *, size: float = SIZE, bold: bool = False) -> float:
    """Return how wide words are at most, in the units of the figure.

    The widest of the usual sans-serif fonts is reckoned with: what fits here fits for all.

    Examples
    --------
    >>> width("") == 0 and width("MM") > width("ll")
    True
    """
    ems = sum(NARROW.get(c) or WIDE.get(c) or (CAPITAL if c.isupper() else OTHER) for c in words)
    return ems * size * (BOLD if bold else 1.0)


def wrapped(words: str, room: float, *, size: float = SIZE, bold: bool = False) -> list[str]:
    """Return the words in lines no wider than the room, broken between words.

    Examples
    --------
    >>> wrapped("en två tre", 50)
    ['en två', 'tre']
    """
    lines: list[str] = []
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size=size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def cut(words: str, room: float, *, size: float = SIZE, bold: bool = False) -> str:
    """Return the words, or as many of their letters as there is room for and an ellipsis.

    Examples
    --------
    >>> cut("Utbildning", 30), cut("Ut", 30)
    ('Utb…', 'Ut')
    """
    if width(words, size=size, bold=bold) <= room:
        return words
    while words and width(f"{words}…", size=size, bold=bold) > room:
        words = words[:-1].rstrip()
    return f"{words}…"


def kept_inside(middle: float, wide: float, *, left: float = 0, right: float = WIDTH) -> float:
    """Return the middle of a label moved as little as keeps it within the figure.

    Examples
    --------
    >>> kept_inside(5, 40), kept_inside(395, 40), kept_inside(200, 40)
    (20.0, 380.0, 200)
    """
    return max(left + wide / 2, min(middle, right - wide / 2))


def spread(places: Sequence[float], gap: float, *, low: float, high: float) -> list[float]:
    """Return places at least ``gap`` apart, in the order given by size, each moved little.

    Parameters
    ----------
    places
        Where labels want to stand along one axis.
    gap
        The least distance between neighbours.
    low, high
        The axis. Where it is too short for all, they share it evenly.

    Examples
    --------
    >>> spread([10, 12, 50], 10, low=0, high=100)
    [6.0, 16.0, 50.0]
    """
    order = sorted(range(len(places)), key=lambda at: places[at])
    if len(order) > 1 and gap * (len(order) - 1) > high - low:
        step = (high - low) / (len(order) - 1)
        return [low + step * order.index(at) for at in range(len(places))]
    blocks: list[tuple[float, list[int]]] = []
    for at in order:
        blocks.append((_held(places[at], 1, gap, low, high), [at]))
        while len(blocks) > 1 and _end(blocks[-2], gap) + gap > blocks[-1][0] + 1e-9:
            (_, first), (_, second) = blocks[-2:]
            both = first + second
            ideal = sum(places[one] - gap * k for k, one in enumerate(both)) / len(both)
            blocks[-2:] = [(_held(ideal, len(both), gap, low, high), both)]
    found = dict.fromkeys(range(len(places)), 0.0)
    for start, members in blocks:
        found |= {one: start + gap * k for k, one in enumerate(members)}
    return [found[at] for at in range(len(places))]


def _end(block: tuple[float, list[int]], gap: float) -> float:
    return block[0] + gap * (len(block[1]) - 1)


def _held(start: float, many: int, gap: float, low: float, high: float) -> float:
    return float(max(low, min(start, high - gap * (many - 1))))
