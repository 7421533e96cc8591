"""Days of waits by group, and which of their quantiles may be told: never a shortest or longest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.waits import WaitCounts, wait_counts
from equity_pipeline.tables.cells import FloatArray

QUANTILES = {"median": 0.5, "p90": 0.9}
# fewer persons than this say little of a quantile, and much of those far out
FROM_PERSONS = {"median": 20, "p90": 50}
# a day with fewer waits than this up to it, or from it on, is nearly one person's own
FEWEST_BEYOND = 5
# the days of the care guarantee (hälso- och sjukvårdslag 2017:30): the same day, 3 and 90
ASKED = (0, 3, 90)
NOT_FINISHED = ["n_waiting", "n_gave_up"]


def counted(cells: pd.DataFrame, group: NDArray[np.int64], n_groups: int) -> WaitCounts:
    """Return waits by group and day; what has not ended with an assessment is censored.

    Parameters
    ----------
    cells
        ``wait_days`` and the numbers that were assessed, wait and gave up after so many days.
    group, n_groups
        Group of each cell from 0, and how many groups there are.

    Examples
    --------
    >>> cells = pd.DataFrame({"wait_days": [0, 4], "n_finished": [6, 3], "n_waiting": [0, 1],
    ...                       "n_gave_up": [0, 2]})
    >>> made = counted(cells, np.array([0, 0]), 1)
    >>> made.seen.tolist(), made.censored.tolist()
    ([[6.0, 3.0]], [[0.0, 3.0]])
    """
    finished = cells["n_finished"].to_numpy(float)
    not_finished = cells[NOT_FINISHED].sum(axis=1).to_numpy(float)
    return wait_counts(
        np.tile(cells["wait_days"].to_numpy(float), 2),
        np.repeat([1.0, 0.0], len(cells)),
        group=np.tile(group, 2),
        n_groups=n_groups,
        count=np.concatenate([finished, not_finished]),
    )


def told(days: Estimate, counts: WaitCounts, n_persons: pd.Series[int]) -> Estimate:
    """Return quantiles of days (G, 2) as they may be told: NaN where too few people are behind.

    Parameters
    ----------
    days
        The quantiles of `QUANTILES`, a row a group.
    counts
        The waits they were made from.
    n_persons
        Persons of each group. A limit on a day with hardly anybody beyond is left out alone.
    """
    enough = n_persons.to_numpy()[:, np.newaxis] >= np.array([*FROM_PERSONS.values()])
    value = np.where(enough & _has_others(days.value, counts), days.value, np.nan)
    known = ~np.isnan(value)
    lower, upper = (
        np.where(known & _has_others(one, counts), one, np.nan) for one in (days.lower, days.upper)
    )
    return replace(days, value=value, lower=lower, upper=upper)


def _has_others(day: FloatArray, counts: WaitCounts) -> NDArray[np.bool_]:
    """Return whether enough waits lasted up to a day (G, K), and enough from it on."""
    ended = counts.seen + counts.censored
    before = np.concatenate([np.zeros((len(ended), 1)), np.cumsum(ended, axis=1)], axis=1)
    up_to = np.searchsorted(counts.days, day, side="right")
    under = np.searchsorted(counts.days, day, side="left")
    most = np.take_along_axis(before, up_to, axis=1)
    left = before[:, -1:] - np.take_along_axis(before, under, axis=1)
    return np.asarray((most >= FEWEST_BEYOND) & (left >= FEWEST_BEYOND))
