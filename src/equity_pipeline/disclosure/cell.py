"""The key of a cell that is judged, where it lies, and what is known of it beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from equity_pipeline.disclosure.rules import Flags
from equity_pipeline.vocabulary import ALL, STRATA, TOTAL, vocabulary

Nesting = Mapping[str, tuple[str, str]]
ALONE = (TOTAL, ALL)
UnitKinds = Mapping[str, Mapping[str, str]]
STRUCTURAL = "structural"  # the family of dimensions that say what kind of unit somebody is at
FLAT: Nesting = MappingProxyType({})
NO_KINDS: UnitKinds = MappingProxyType({})


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
            return Cell(*self[:4], *ALONE, self.level)
        return self

    def of_all_levels(self) -> Cell:
        """Return the cell of everybody on its dimension: the total, unless strata leave some out.

        Examples
        --------
        >>> day = date(2024, 1, 1)
        >>> Cell("VT01", day, day, "12", "education", "post_secondary", "male").of_all_levels()[4:]
        ('total', 'all', 'male')
        >>> Cell("VT01", day, day, "12", "strata", "male|65+", "all").of_all_levels()[4:]
        ('strata', 'all', 'all')
        """
        dimension = STRATA if self.dimension == STRATA else TOTAL
        return self._replace(dimension=dimension, level=ALL)


def of_contrasts(cells: Sequence[Cell]) -> Flags:
    """Return which cells are a level of a declared contrast, or of everybody, also by sex."""
    declared = {ALONE} | {
        (one.name, level)
        for one in vocabulary().dimensions.values()
        for level in (one.focus, one.reference)
    }
    return np.array([(cell.dimension, cell.level) in declared for cell in cells], bool)


def kinds_of_units(forms: Iterable[pa.Table]) -> UnitKinds:
    """Return for the code of each unit its ownership and financing, as the forms tell them by name.

    Units of one kind are then a division of the region's cell of that kind, for whoever adds.

    Examples
    --------
    >>> told = {"geography_level": ["unit"], "geography_code": ["a"], "provider_type": ["region"]}
    >>> dict(kinds_of_units([pa.table(told)]))
    {'a': {'provider_type': 'region'}}
    """
    structural = [one.name for one in vocabulary().dimensions.values() if one.family == STRUCTURAL]
    made: dict[str, dict[str, str]] = {}
    for data in forms:
        named = [name for name in structural if name in data.column_names]
        if named and "geography_level" in data.column_names:
            rows = data.select(["geography_level", "geography_code", *named])
            for row in rows.group_by(rows.column_names).aggregate([]).to_pylist():
                if row["geography_level"] == "unit":
                    told = {name: row[name] for name in named if row[name] is not None}
                    made.setdefault(row["geography_code"], {}).update(told)
    return made
