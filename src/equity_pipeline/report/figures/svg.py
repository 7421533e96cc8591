"""The parts that every figure is made of: a named frame, text, lines, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 400
BLUE = "#0b4f7d"  # 8.6:1 on white
RUST = "#9c3d06"  # 6.9:1 on white
GREY = "#66727c"  # 4.9:1 on white
INK = "#1b2329"
PALE = "#dde3e8"
MARK = 5.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a figure says of itself to those who do not see it.

    Attributes
    ----------
    name
        Begins its ids; a page's own.
    title, description
        The finding in a few words, and what is drawn.
    """

    name: str
    title: str
    description: str


def frame(told: Told, height: float, parts: Sequence[str]) -> str:
    """Return a whole figure, ``WIDTH`` units wide, with its title and description.

    Examples
    --------
    >>> frame(Told("a", "T", "D"), 10, [])[:49]
    '<svg class="fig" viewBox="0 0 400 10" role="img" '
    """
    return (
        f'<svg class="fig" viewBox="0 0 {WIDTH} {_n(height)}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg" aria-labelledby="{told.name}-t {told.name}-d">'
        f'<title id="{told.name}-t">{escape(told.title)}</title>'
        f'<desc id="{told.name}-d">{escape(told.description)}</desc>{"".join(parts)}</svg>'
    )


def text(
    x: float, y: float, words: str, *, anchor: str = "start", css: str = "", fill: str = INK
) -> str:
    """Return words at a place; ``css`` is a class of the page's style, ``b`` is bold.

    Examples
    --------
    >>> text(1, 2, "a & b")
    '<text x="1" y="2" fill="#1b2329">a &amp; b</text>'
    """
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    kind = f' class="{css}"' if css else ""
    return f'<text x="{_n(x)}" y="{_n(y)}"{side}{kind} fill="{fill}">{escape(words)}</text>'


def line(
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    *,
    stroke: str = GREY,
    width: float = 1,
    dash: str = "",
) -> str:
    """Return a straight line.

    Examples
    --------
    >>> line(0, 1, 2, 3.25)
    '<line x1="0" y1="1" x2="2" y2="3.25" stroke="#66727c"/>'
    """
    thick = f' stroke-width="{_n(width)}"' if width != 1 else ""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" '
        f'stroke="{stroke}"{thick}{dashes}/>'
    )


def path(
    points: Sequence[tuple[float, float]], *, stroke: str = GREY, width: float = 1, dash: str = ""
) -> str:
    """Return a line through points, nothing for fewer than two.

    Examples
    --------
    >>> path([(0, 1), (2, 3)])
    '<polyline points="0,1 2,3" fill="none" stroke="#66727c"/>'
    """
    if len(points) < 2:
        return ""
    thick = f' stroke-width="{_n(width)}"' if width != 1 else ""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{_points(points)}" fill="none" stroke="{stroke}"{thick}{dashes}/>'


def area(points: Sequence[tuple[float, float]], *, fill: str = PALE) -> str:
    """Return a filled shape, nothing for fewer than three points.

    Examples
    --------
    >>> area([(0, 0), (1, 0), (1, 1)])
    '<polygon points="0,0 1,0 1,1" fill="#dde3e8"/>'
    """
    return f'<polygon points="{_points(points)}" fill="{fill}"/>' if len(points) > 2 else ""


def rect(x: float, y: float, width: float, height: float, *, fill: str = PALE) -> str:
    """Return a filled rectangle.

    Examples
    --------
    >>> rect(0, 0, 10, 5)
    '<rect x="0" y="0" width="10" height="5" fill="#dde3e8"/>'
    """
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"/>'
    )


def mark(shape: str, x: float, y: float, *, fill: str = BLUE, size: float = MARK) -> str:
    """Return a mark: ``circle``, ``diamond``, ``square``, ``up`` or ``down``.

    Examples
    --------
    >>> mark("circle", 1, 2, size=3)
    '<circle cx="1" cy="2" r="3" fill="#0b4f7d"/>'
    """
    if shape == "circle":
        return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(size)}" fill="{fill}"/>'
    corners = {
        "diamond": [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)],
        "square": [(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)],
        "up": [(0, -1.15), (1.15, 0.9), (-1.15, 0.9)],
        "down": [(0, 1.15), (1.15, -0.9), (-1.15, -0.9)],
    }[shape]
    return area([(x + size * dx, y + size * dy) for dx, dy in corners], fill=fill)


def whiskers(x: float, top: float, bottom: float, *, stroke: str = INK, cap: float = 4) -> str:
    """Return an upright interval with its caps.

    Examples
    --------
    >>> whiskers(5, 1, 9).count("<line")
    3
    """
    return (
        line(x, top, x, bottom, stroke=stroke, width=1.5)
        + line(x - cap, top, x + cap, top, stroke=stroke, width=1.5)
        + line(x - cap, bottom, x + cap, bottom, stroke=stroke, width=1.5)
    )


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    plain = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain
