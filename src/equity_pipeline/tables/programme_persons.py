"""The fewest persons that can stand behind the rows of a programme, for the disclosure door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from equity_pipeline.tables.cells import SUMS, FloatArray
from equity_pipeline.tables.largest import at_most
from equity_pipeline.tables.monthly_sums import (
    LARGEST_PERSONS,
    Monthly,
    month_start,
    number_of,
    persons_in,
)
from equity_pipeline.tables.programme_matching import Matched
from equity_pipeline.tables.programme_panel import PLACES
from equity_pipeline.tables.programme_study import ESTIMANDS, Study
from equity_pipeline.tables.table import COUNTS
from equity_pipeline.vocabulary import ALL, TOTAL

S = SUMS.index("s")


def fewest_persons(study: Study, cells: Monthly, placed: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield person counts for each estimand, approach and population of a study.

    Of the four means behind an effect - both kinds of units, before and after - the smallest
    count stands for the row, and of those with or without the outcome the smallest of any.

    Parameters
    ----------
    cells
        The monthly cells of the indicator.
    placed
        Its ``programme_persons``: each person once on each side of a start, in the month nearest
        to it, so that units, populations and months add up.
    """
    if study.declared.population_base == "calls":
        return
    nearest = _nearest(placed, cells, study.programme.start)
    for approach in study.programme.approach_codes:
        for estimand in ESTIMANDS:
            sets = study.chosen(estimand, approach)
            for population, places in PLACES.items():
                counts = [one[:, list(places)].sum(axis=1) for one in (cells.persons, nearest)]
                yield {
                    "indicator_id": study.declared.id,
                    "period_start": month_start(study.held.first),
                    "period_end": month_start(study.held.last),
                    "geography_code": f"{study.programme.id}/{approach}/{estimand}",
                    "dimension": TOTAL if population == ALL else "programme_population",
                    "level": population,
                    "strat2_level": ALL,
                    **dict(zip(COUNTS, _fewest(study, cells, sets, *counts), strict=True)),
                    **dict(zip(LARGEST_PERSONS, _most(study, cells, sets, places), strict=True)),
                }


def _nearest(placed: pa.Table, cells: Monthly, start: int) -> FloatArray:
    """Return those placed on the sides of a start, in the shape of the monthly persons."""
    if placed.num_rows:
        begun = number_of(placed["start_month"]) == start
        placed = placed.filter(pa.array(begun))
    if placed.num_rows == 0:
        return np.zeros_like(cells.persons)
    return persons_in(placed, cells.units, cells.first, cells.persons.shape[-1])


def _fewest(
    study: Study, cells: Monthly, sets: Matched, month: FloatArray, nearest: FloatArray
) -> list[int]:
    """Return the fewest persons of any side: all of them, with and without the outcome.

    Who stands at another unit on the same side is left out, so the largest month may know more.
    """
    most = (one.max(axis=1, initial=0.0) for one in _parts(study, cells, sets, month))
    all_in = (one.sum(axis=1) for one in _parts(study, cells, sets, nearest))
    parts = [np.maximum(*pair) for pair in zip(most, all_in, strict=True)]
    everybody, *outcome = np.stack(parts, axis=1)
    # a side with nobody of a kind tells nothing of the few of that kind on another
    few = [one[one > 0].min(initial=np.inf) for one in outcome]
    return [int(everybody.min()), *(0 if np.isinf(one) else int(one) for one in few)]


def _most(study: Study, cells: Monthly, sets: Matched, places: Iterable[int]) -> FloatArray:
    """Return the shares that the two largest persons can at most have of any of the four means."""
    at = list(places)
    held = np.concatenate([cells.largest[:, at].sum(axis=1), cells.sums[[S]][:, at].sum(axis=1)])
    parts = [part.sum(axis=1) for part in _parts(study, cells, sets, held)]
    return np.asarray(np.max([at_most(part[:2], part[2]) for part in parts], axis=0))


def _parts(study: Study, cells: Monthly, sets: Matched, values: FloatArray) -> Iterator[FloatArray]:
    """Yield values (N, months) of both kinds of units, before and after, of (N, units, months)."""
    months, held = cells.months, study.held
    sides = (
        (months >= held.first) & (months < held.start),
        (months >= held.start) & (months < held.last),
    )
    for places in (sets.treated, sets.others):
        at = [cells.units.index(held.units[i]) for i in places if held.units[i] in cells.units]
        together = values[:, at].sum(axis=1)
        yield from (together[:, side] for side in sides)
