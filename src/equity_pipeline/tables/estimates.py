"""The long table of estimates: the core that every table form is a projection of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.tables.block import Block, block
from equity_pipeline.tables.cells import N_STANDARD_STRATA, FloatArray, IntArray
from equity_pipeline.tables.contrasts import contrasts
from equity_pipeline.tables.effects import (
    UNADJUSTED,
    Effects,
    effects,
    interval_of,
    is_adjusted,
    reached_weights,
    standardised_interval,
    standards,
)
from equity_pipeline.vocabulary import ALL

SEXES = {1: "female", 0: "male"}
TEXTS = (
    "indicator_id",
    "period_code",
    "dimension",
    "level",
    "strat2_level",
    "adjustment",
    "measure",
    "reference_level",
    "method",
    "need_model",
)
NUMBERS = ("value", "lower", "upper", "n_denominator", "n_numerator", "n_clusters", "p_value")
COLUMNS = (*TEXTS[:8], "value", "lower", "upper", *TEXTS[8:], *NUMBERS[3:])


@dataclass(slots=True)
class _Rows:
    """Rows of one indicator, a block of columns at a time."""

    cells: Block
    blocks: list[dict[str, Any]] = field(default_factory=list)

    def add(self, columns: Mapping[str, Any]) -> None:
        """Add rows, one for each ``slice`` in the columns; what is not given is empty."""
        self.blocks.append(dict(columns))

    def frame(self, indicator: str) -> pd.DataFrame:
        """Return all rows with the columns of `COLUMNS`."""
        at = np.concatenate([one["slice"] for one in self.blocks])
        about: dict[str, Any] = {
            "indicator_id": np.full(len(at), indicator, object),
            "period_code": self.cells.period_code[at],
            "dimension": self.cells.dimension[at],
        }
        made = {name: self._column(name) for name in COLUMNS if name not in about}
        # texts as Arrow's own: a column of objects would be guessed anew a row at a time
        held = about | made
        return pd.DataFrame(
            {
                name: pd.array(held[name], dtype="str") if name in TEXTS else held[name]
                for name in COLUMNS
            }
        )

    def _column(self, name: str) -> np.ndarray[Any, Any]:
        parts = []
        for one in self.blocks:
            size = len(one["slice"])
            if name in TEXTS:
                part = np.empty(size, object)
                part[:] = one.get(name)
            else:
                part = np.full(size, np.nan)
                part[:] = one.get(name, np.nan)
            parts.append(part)
        return np.concatenate(parts)


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
        held = block(cells_of(one.id))
        if held is not None:
            frames.append(_estimates(held, one, standard_period))
        if progress is not None:
            progress(one.id)
    return pd.concat(frames, ignore_index=True) if frames else _nothing()


def _nothing() -> pd.DataFrame:
    kinds = {name: "str" if name in TEXTS else "float64" for name in COLUMNS}
    return pd.DataFrame(columns=list(COLUMNS)).astype(kinds)


def _estimates(cells: Block, declared: Declaration, standard_period: str) -> pd.DataFrame:
    rows = _Rows(cells)
    standard = standards(cells, standard_period)
    made = effects(cells, declared, standard)
    for adjustment, effect in made.items():
        here = {"adjustment": adjustment, "strat2_level": ALL}
        rows.add(here | _level_columns(cells, declared, effect))
        for columns in contrasts(cells, declared, effect):
            rows.add(here | columns)
    if declared.population_base not in UNADJUSTED:
        for columns in _by_sex(cells, declared, standard):
            rows.add(columns)
    return rows.frame(declared.id)


def _level_columns(cells: Block, declared: Declaration, effect: Effects) -> dict[str, Any]:
    number, level = np.nonzero(cells.held & effect.made[:, np.newaxis])
    at = (number, level)
    sums = cells.by_level[:, number, level]
    return {
        "slice": number,
        "level": cells.names[at],
        "measure": "value",
        "value": effect.value[at],
        "lower": effect.lower[at],
        "upper": effect.upper[at],
        "method": effect.method[number],
        "need_model": effect.need_model[number],
        "n_denominator": _denominator(sums, declared),
        "n_numerator": sums[2] if declared.counts_events else np.nan,
        "n_clusters": effect.n_clusters[at],
    }


def _denominator(sums: FloatArray, declared: Declaration) -> FloatArray:
    """Return how many are in the denominator: rows, or for summed calls the calls themselves."""
    return np.asarray(sums[1] if declared.population_base == "calls" else sums[0])


def _by_sex(cells: Block, declared: Declaration, standard: FloatArray) -> Iterator[dict[str, Any]]:
    """Yield the values of each sex; its strata are the age bands, so that both share a standard."""
    bands = reached_weights(cells, standard, _age_strata(cells))[:, ::2]
    varies = cells.varies(cells.stratum) & (cells.dimension != "sex")
    shown = cells.held & varies[:, np.newaxis]
    at = np.nonzero(shown)
    for code, name in SEXES.items():
        sums = cells.of_sex(code)
        crude = interval_of(sums.sum(axis=-1), declared)
        adjusted, method = standardised_interval(sums, bands, declared)
        of_level = sums.sum(axis=-1)[:, at[0], at[1]]
        told = {"crude": (crude, np.full(len(method), crude.method, object))}
        if is_adjusted(declared):
            told["standardised"] = (adjusted, method)
        for adjustment, (made, how) in told.items():
            yield {
                "slice": at[0],
                "level": cells.names[at],
                "measure": "value",
                "strat2_level": name,
                "adjustment": adjustment,
                "value": made.value[at],
                "lower": made.lower[at],
                "upper": made.upper[at],
                "method": how[at[0]],
                "n_denominator": _denominator(of_level, declared),
                "n_numerator": of_level[2] if declared.counts_events else np.nan,
            }


def _age_strata(cells: Block) -> IntArray:
    """Return the strata of ages alone: both sexes of a band in the band's first stratum."""
    return np.broadcast_to(
        np.arange(N_STANDARD_STRATA) // 2 * 2, (cells.shape[0], N_STANDARD_STRATA)
    )
