"""Who is behind each cell: persons, and what the largest of them make of a sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.rules import AMOUNT, MEAN, PROPORTION, Flags, Persons
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.tables.table import LARGEST

NOBODY = (0, 0, 0, *(np.nan,) * len(LARGEST))


def persons_of(
    cells: Sequence[Cell],
    known: Mapping[Cell, tuple[float, ...]],
    policy: DisclosurePolicy,
    kinds: Mapping[str, str],
    by_units: Flags,
) -> Persons:
    """Return the persons of the cells, with what the rules must know of each.

    Parameters
    ----------
    known
        Of each counted cell the three counts and the four shares of its largest contributors.
    by_units
        The cells that units contribute to whose own sums are not told.
    """
    rows = [known.get(cell, NOBODY) for cell in cells]
    held = np.array([row[:3] for row in rows], np.int64).reshape(-1, 3)
    kind = np.array([kinds[cell.indicator_id] for cell in cells], np.str_)
    sensitive = np.array([cell.dimension in policy.sensitive_dimensions for cell in cells], bool)
    if policy.hide_extreme_shares:  # 0 % and 100 % say of each what they say of all
        sensitive |= (kind == PROPORTION) & (held[:, 0] > 0)
    tops = np.array([row[3:] for row in rows], np.float64).reshape(-1, len(LARGEST)).T
    tops[:, kind != AMOUNT] = np.nan
    tops[2:, ~by_units] = np.nan
    _check_largest(cells, (kind == AMOUNT) & (held[:, 0] > 0) & np.isnan(tops[0]))
    counts_with = (kind != MEAN) & (kind != AMOUNT)
    columns = held[:, 0], held[:, 1], held[:, 2], counts_with, kind == PROPORTION, sensitive
    return Persons(*columns, tops)


def _check_largest(cells: Sequence[Cell], lacking: Flags) -> None:
    if lacking.any():
        told = {
            f"{cells[n].indicator_id}/{cells[n].dimension}"
            for n in np.flatnonzero(lacking).tolist()
        }
        raise DisclosureStop(
            f"{int(lacking.sum())} cells of sums do not say what their largest persons make.",
            where=", ".join(sorted(told)),
            mend="give top_1 and top_2 with the person counts of each sum of kronor or days",
        )


def check_counted(
    cells: Sequence[Cell], numbers: NDArray[np.float64], known: Mapping[Cell, object]
) -> None:
    """Refuse cells with numbers behind which nobody counted the persons."""
    some = np.nan_to_num(numbers[:, 0]) > 0
    lacking = [cell for cell, has in zip(cells, some, strict=True) if has and cell not in known]
    if lacking:
        raise DisclosureStop(
            f"{len(lacking)} cells have numbers but nobody counted the persons behind them.",
            where=", ".join(sorted({f"{one.indicator_id}/{one.dimension}" for one in lacking})),
            mend="count distinct persons for each indicator, period, dimension, level and sex",
        )
