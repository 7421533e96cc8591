"""The long table of estimates: the core that every table form is a projection of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.tables.cells import FloatArray, Slice, slices
from equity_pipeline.tables.contrasts import contrasts
from equity_pipeline.tables.effects import (
    Effect,
    effects,
    interval_of,
    standard_weights,
    standardised_interval,
)
from equity_pipeline.vocabulary import ALL, TOTAL

SEXES = {1: "female", 0: "male"}

COLUMNS = (
    "indicator_id",
    "period_code",
    "dimension",
    "level",
    "strat2_level",
    "adjustment",
    "measure",
    "reference_level",
    "value",
    "lower",
    "upper",
    "method",
    "need_model",
    "n_denominator",
    "n_numerator",
    "n_clusters",
    "p_value",
)


@dataclass(slots=True)
class _Rows:
    """Columns that grow; one append a block of rows."""

    blocks: list[dict[str, Any]] = field(default_factory=list)

    def add(self, n: int, *columns: Mapping[str, Any]) -> None:
        """Add ``n`` rows; what is not given is empty."""
        block: dict[str, Any] = {"n": n}
        for one in columns:
            block.update(one)
        self.blocks.append(block)

    def frame(self) -> pd.DataFrame:
        """Return all rows in the order of `COLUMNS`."""
        made = {
            name: np.concatenate(
                [_filled(block.get(name), block["n"]) for block in self.blocks]
                or [np.empty(0, object)]
            )
            for name in COLUMNS
        }
        numbers = ["value", "lower", "upper", "n_denominator", "n_numerator", "n_clusters"]
        return pd.DataFrame(made).astype(dict.fromkeys([*numbers, "p_value"], "float64"))


def _filled(value: Any, n: int) -> np.ndarray[Any, Any]:
    array = np.empty(n, object)
    array[:] = value if value is not None else None
    return array


def estimate(
    cells_of: Callable[[str], pa.Table],
    declared: Iterable[Declaration],
    *,
    standard_period: str,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Return the long table of estimates, one row a number with its interval.

    Parameters
    ----------
    cells_of
        Gives the rows of ``cells.one_way`` for one indicator.
    declared
        The indicators to estimate.
    standard_period
        The period whose region population is the standard.
    progress
        Told each indicator's id when it is done.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`. ``measure`` is ``value`` for the levels of a dimension, or one of
        the gap and gradient measures.
    """
    frames = []
    for one in declared:
        rows = _Rows()
        held = list(slices(cells_of(one.id)))
        standard_of = _standards(held, standard_period)
        for cells in held:
            _add_slice(rows, cells, one, standard_of(cells))
        if rows.blocks:
            frames.append(rows.frame())
        if progress is not None:
            progress(one.id)
    return pd.concat(frames, ignore_index=True) if frames else _Rows().frame()


def _standards(held: list[Slice], standard_period: str) -> Callable[[Slice], FloatArray]:
    """Return what gives a slice its standard: the whole region's people in the standard period.

    Where the indicator has no cells then, the region's people in the slice's own period; without
    a total, the slice's own people.
    """
    totals = {one.period_code: standard_weights(one) for one in held if one.dimension == TOTAL}

    def of(cells: Slice) -> FloatArray:
        chosen = totals.get(standard_period, totals.get(cells.period_code))
        return standard_weights(cells) if chosen is None else chosen

    return of


def _add_slice(
    rows: _Rows, cells: Slice, declared: Declaration, standard: np.ndarray[Any, Any]
) -> None:
    made = effects(cells, declared, standard)
    about = {
        "indicator_id": declared.id,
        "period_code": cells.period_code,
        "dimension": cells.dimension,
    }
    sums = cells.by_level()
    for adjustment, effect in made.items():
        here = about | {"adjustment": adjustment, "strat2_level": ALL}
        rows.add(cells.n_levels, here, _level_columns(cells, sums, declared, effect))
        for block in contrasts(cells, declared, effect):
            rows.add(block.pop("n"), here, block)
    if cells.dimension != "sex" and "standardised" in made:
        for row in _by_sex(cells, declared, standard):
            rows.add(cells.n_levels, about, row)


def _level_columns(
    cells: Slice, sums: np.ndarray[Any, Any], declared: Declaration, effect: Effect
) -> dict[str, Any]:
    return {
        "level": list(cells.levels),
        "measure": "value",
        "value": effect.value,
        "lower": effect.lower,
        "upper": effect.upper,
        "method": effect.method,
        "need_model": effect.need_model,
        "n_denominator": _denominator(sums, declared),
        "n_numerator": sums[2] if declared.counts_events else np.nan,
        "n_clusters": effect.n_clusters,
    }


def _denominator(sums: np.ndarray[Any, Any], declared: Declaration) -> np.ndarray[Any, Any]:
    """Return how many are in the denominator: rows, or for summed calls the calls themselves."""
    held = sums[1] if declared.population_base == "calls" else sums[0]
    return np.asarray(held)


def _by_sex(
    cells: Slice, declared: Declaration, standard: np.ndarray[Any, Any]
) -> Iterator[dict[str, Any]]:
    for code, name in SEXES.items():
        sums = cells.by_level(code)
        crude = interval_of(sums, declared)
        for adjustment, made in (
            ("crude", crude),
            ("standardised", standardised_interval(cells, declared, standard, code)),
        ):
            yield {
                "level": list(cells.levels),
                "measure": "value",
                "strat2_level": name,
                "adjustment": adjustment,
                "value": made.value,
                "lower": made.lower,
                "upper": made.upper,
                "method": made.method,
                "n_denominator": _denominator(sums, declared),
                "n_numerator": sums[2] if declared.counts_events else np.nan,
            }
