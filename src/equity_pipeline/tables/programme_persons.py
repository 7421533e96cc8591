"""The fewest persons that can stand behind the rows of a programme, for the disclosure door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from equity_pipeline.tables.cells import FloatArray
from equity_pipeline.tables.monthly_sums import Monthly, month_start
from equity_pipeline.tables.programme_matching import Matched
from equity_pipeline.tables.programme_panel import PLACES
from equity_pipeline.tables.programme_study import ESTIMANDS, Study
from equity_pipeline.tables.table import COUNTS
from equity_pipeline.vocabulary import ALL, TOTAL


def fewest_persons(study: Study, cells: Monthly) -> Iterator[dict[str, Any]]:
    """Yield person counts for each estimand, approach and population of a study.

    Persons are counted a month at a time, so of several months only the largest is known to be
    different persons. Of the four means behind an effect - both kinds of units, before and
    after - the smallest count stands for the row.
    """
    if study.declared.population_base == "calls":
        return
    for approach in study.programme.approach_codes:
        for estimand in ESTIMANDS:
            sets = study.chosen(estimand, approach)
            for population, places in PLACES.items():
                counted = cells.persons[:, list(places)].sum(axis=1)
                yield {
                    "indicator_id": study.declared.id,
                    "period_start": month_start(study.held.first),
                    "period_end": month_start(study.held.last),
                    "geography_code": f"{study.programme.id}/{approach}/{estimand}",
                    "dimension": TOTAL if population == ALL else "programme_population",
                    "level": population,
                    "strat2_level": ALL,
                    **dict(zip(COUNTS, _fewest(study, cells, sets, counted), strict=True)),
                }


def _fewest(study: Study, cells: Monthly, sets: Matched, counted: FloatArray) -> list[int]:
    months, held = cells.months, study.held
    sides = (
        (months >= held.first) & (months < held.start),
        (months >= held.start) & (months < held.last),
    )
    parts = []
    for places in (sets.treated, sets.others):
        at = [cells.units.index(held.units[i]) for i in places if held.units[i] in cells.units]
        together = counted[:, at].sum(axis=1)
        parts += [together[:, side].max(axis=1, initial=0.0) for side in sides]
    return [int(n) for n in np.min(parts, axis=0)]
