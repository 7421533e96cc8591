"""What is told of a named unit only in that unit's own extract.

A region's costs and prescribing are public; those of one unit are its own, so are those of a kind
that it shares with one other at most, and whatever is told of a unit with one physician is told of
a person. Such cells count as hidden for everybody, so that no
total gives them away; the unit itself may have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from equity_pipeline.disclosure.cell import ALONE, FLAT, NO_KINDS, Cell, Nesting, UnitKinds
from equity_pipeline.disclosure.dominance import Flags
from equity_pipeline.disclosure.rules import NAMED_UNIT, SHOWN
from equity_pipeline.vocabulary import ALL, vocabulary

UNIT = "unit"
FEWEST_OTHERS = 2  # one other hidden unit could be reckoned from the total by who has its own


@dataclass(frozen=True, slots=True)
class NamedUnits:
    """What is not told of named units.

    Attributes
    ----------
    indicators
        Those not told of any unit.
    units
        Units that nothing is told of: one physician works there.
    unknown
        Units of which nobody delivered how many physicians work there; they are told.
    """

    indicators: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()

    def withheld(
        self, cells: Sequence[Cell], nesting: Nesting = FLAT, of_kinds: UnitKinds = NO_KINDS
    ) -> Flags:
        """Return which cells are of a unit, or of a kind of very few units, and not told of it.

        Examples
        --------
        >>> from datetime import date
        >>> day = date(2024, 1, 1)
        >>> cells = [Cell("KO01", day, day, place, "total", "all", "all") for place in ("u", "12")]
        >>> named, kinds = NamedUnits(frozenset({"KO01"})), {"u": {"provider_type": "non_profit"}}
        >>> named.withheld(cells, {"u": ("unit", "12")}).tolist()
        [True, False]
        >>> few = [cells[1]._replace(dimension="provider_type", level="non_profit")]
        >>> named.withheld(few, {"u": ("unit", "12")}, kinds).tolist()
        [True]
        """
        told = (kind for one in of_kinds.values() for kind in one.items())
        few = {kind for kind, units in Counter(told).items() if units <= FEWEST_OTHERS}
        return np.array([self._withholds(cell, nesting, few) for cell in cells], bool)

    def _withholds(self, cell: Cell, nesting: Nesting, few: Container[tuple[str, str]]) -> bool:
        if nesting.get(cell.geography_code, ("", ""))[0] != UNIT:
            return cell.indicator_id in self.indicators and (cell.dimension, cell.level) in few
        return cell.indicator_id in self.indicators or cell.geography_code in self.units

    def common(self, data: pa.Table) -> pa.Table:
        """Return the rows of a form without those that tell of a unit what is its own."""
        own = [
            bool(unit) and (unit in self.units or self._is_own(row))
            for unit, row in zip(units_named(data), _rows(data), strict=True)
        ]
        return data.filter(pa.array([not one for one in own], pa.bool_())) if any(own) else data

    def _is_own(self, row: Mapping[str, object]) -> bool:
        groups = vocabulary().own_to_units.item_groups
        return row.get("indicator_id") in self.indicators or row.get("item_group") in groups


def units_named(data: pa.Table) -> list[str]:
    """Return the unit that each row names; empty where it names none.

    Which columns name units is said in the vocabulary.

    Examples
    --------
    >>> units_named(pa.table({"geography_level": ["unit", "region"], "geography_code": ["a", "1"]}))
    ['a', '']
    """
    made = [""] * data.num_rows
    for column, where in vocabulary().own_to_units.columns.items():
        if not {column, *where} <= set(data.column_names):
            continue
        told = [data[name].to_pylist() for name in (column, *where)]
        for number, (unit, *held) in enumerate(zip(*told, strict=True)):
            if unit is not None and held == list(where.values()):
                made[number] = made[number] or str(unit)
    return made


def by_unit(data: pa.Table, units: Sequence[str]) -> dict[str, pa.Table]:
    """Return the rows of each unit, in their order.

    Parameters
    ----------
    units
        The unit that each row is of.

    Examples
    --------
    >>> made = by_unit(pa.table({"n": [1, 2, 3]}), ["b", "a", "b"])
    >>> {unit: rows["n"].to_pylist() for unit, rows in made.items()}
    {'a': [2], 'b': [1, 3]}
    """
    codes = np.array(units, dtype=np.str_)
    order = np.argsort(codes, kind="stable")
    names, first = np.unique(codes[order], return_index=True)
    ends = [*first[1:].tolist(), len(codes)]
    held = data.take(pa.array(order))
    return {
        str(name): held.slice(start, end - start)
        for name, start, end in zip(names.tolist(), first.tolist(), ends, strict=True)
    }


def given_back(cells: Sequence[Cell], reason: Sequence[str]) -> set[Cell]:
    """Return the withheld cells that the unit they are of may see.

    Those of the whole unit alone, hidden for no other reason, and only where so many other units
    are hidden too that what it now knows does not tell one of them.
    """
    hidden: dict[Cell, int] = {}
    for cell, why in zip(cells, reason, strict=True):
        if why != SHOWN:
            key = cell._replace(geography_code="")
            hidden[key] = hidden.get(key, 0) + 1
    return {
        cell
        for cell, why in zip(cells, reason, strict=True)
        if why == NAMED_UNIT
        and (cell.dimension, cell.strat2_level) == ALONE
        and cell.level == ALL
        and hidden[cell._replace(geography_code="")] > FEWEST_OTHERS
    }


def _rows(data: pa.Table) -> list[Mapping[str, object]]:
    held = [name for name in ("indicator_id", "item_group") if name in data.column_names]
    return data.select(held).to_pylist() if held else [{}] * data.num_rows
