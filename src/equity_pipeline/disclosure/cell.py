"""The key of a cell that is judged, where it lies, and what is known of it beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from equity_pipeline.disclosure.rules import Flags, Ints
from equity_pipeline.vocabulary import ALL, TOTAL, vocabulary

Nesting = Mapping[str, tuple[str, str]]
FLAT: Nesting = MappingProxyType({})
ALONE = (TOTAL, ALL)


class Cell(NamedTuple):
    """The key of one cell; the sexes of the total are the levels of the dimension sex."""

    indicator_id: str
    period_start: date
    period_end: date
    geography_code: str
    dimension: str
    level: str
    strat2_level: str

    def canonical(self) -> Cell:
        """Return the one key of a cell that is published under two.

        Examples
        --------
        >>> day = date(2024, 1, 1)
        >>> Cell("VT01", day, day, "12", "sex", "female", "all").canonical()[4:]
        ('total', 'all', 'female')
        """
        if self.dimension == "sex" and self.strat2_level in (ALL, self.level):
            return self._replace(dimension=TOTAL, level=ALL, strat2_level=self.level)
        return self


def of_contrasts(cells: Sequence[Cell]) -> Flags:
    """Return which cells are a level of a declared contrast."""
    declared = {
        (one.name, level)
        for one in vocabulary().dimensions.values()
        for level in (one.focus, one.reference)
    }
    return np.array([(cell.dimension, cell.level) in declared for cell in cells], bool)


def wholes(cells: Sequence[Cell], nesting: Nesting) -> Ints:
    """Return the number of each cell's dimension in its place; the region's cells stand alone.

    Places by levels are a table with both margins known: where whole rows of it are hidden, and
    two of them at least, no cell of it can be computed.
    """
    numbers: dict[tuple[object, ...], int] = {}

    def number(cell: Cell) -> int:
        if cell.geography_code not in nesting or (cell.dimension, cell.strat2_level) == ALONE:
            return -1
        return numbers.setdefault((*cell[:5], cell.strat2_level == ALL), len(numbers))

    return np.array([number(cell) for cell in cells], np.int64)
