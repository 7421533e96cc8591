"""A card of the page: a finding, what is drawn, the figure, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its head, its rows of a heading and cells; a row of one cell is a group's name."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One card.

    Attributes
    ----------
    name
        Its id on the page.
    title, sub
        The finding; what is measured and in which unit.
    figure
        Markup of the figure, empty where the data do not suffice for one.
    grid
        The same numbers.
    notes
        Small print under the figure.
    """

    name: str
    title: str
    sub: str
    figure: Markup
    grid: Grid
    notes: tuple[str, ...] = field(default=())


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    """Return a table of words.

    Examples
    --------
    >>> grid(["a"], [["b"]]).rows
    (('b',),)
    """
    return Grid(tuple(head), tuple(tuple(row) for row in rows))
