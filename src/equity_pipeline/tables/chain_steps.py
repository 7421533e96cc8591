"""One step of a care chain in one dimension: rates, and the log of the reference's over each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equity_pipeline.statistics.clustered import few_clusters, few_events, ratio_by_level
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.gaps import ratio
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.standardise import indirect_ratio
from equity_pipeline.tables.cells import FloatArray, Slice
from equity_pipeline.vocabulary import MISSING, vocabulary

GAP = "step_contribution_to_gap"
APART = ("ref_conditional_rate", GAP, f"{GAP}_lower", f"{GAP}_upper")


def step_rows(cells: Slice, *, is_share: bool) -> pd.DataFrame:
    """Return a row a level: who came, who came through, the rate, and its part of the gap.

    Parameters
    ----------
    cells
        The cells of one measure in one period and dimension.
    is_share
        Whether those through are among those who came; else the denominator is an expected number.

    Returns
    -------
    pandas.DataFrame
        Contributions are log(reference rate / own rate), above zero where the level loses more,
        with limits from how units differ (Student's t); none for the reference itself, for those
        of unknown level, or where nobody came through.
    """
    _, came, through, *_ = cells.by_level()
    told = proportion(through, came) if is_share else indirect_ratio(through, came)
    made = {
        "dimension": cells.dimension,
        "level": list(cells.levels),
        "n_in": came,
        "n_out": through,
        "conditional_rate": told.value,
        "conditional_rate_lower": told.lower,
        "conditional_rate_upper": told.upper,
    }
    reference = vocabulary().dimensions[cells.dimension].reference
    if reference not in cells.levels:
        return pd.DataFrame({**made, "reference_level": None, **dict.fromkeys(APART, np.nan)})
    at = cells.levels.index(str(reference))
    apart = _contribution(cells, at, came, through, is_share=is_share)
    others = np.array([name not in {reference, MISSING} for name in cells.levels])
    limits = (np.where(others, one, np.nan) for one in (apart.value, apart.lower, apart.upper))
    told_apart = dict(zip(APART, (told.value[at], *limits), strict=True))
    return pd.DataFrame({**made, "reference_level": reference, **told_apart})


def _contribution(
    cells: Slice, at: int, came: FloatArray, through: FloatArray, *, is_share: bool
) -> Estimate:
    """Return log(reference / own) of every level, (L,), with cluster-robust limits."""
    robust = ratio_by_level(
        cells.sums[2], cells.sums[1], cells.level, cells.cluster, n_levels=cells.n_levels
    )
    covariance = few_events(robust.covariance, through, came, bounded=is_share)
    levels = np.arange(cells.n_levels)
    fewest = np.minimum(robust.n_clusters, robust.n_clusters[at])
    freedom = np.asarray(np.maximum(fewest - 1, 1), dtype=np.float64)
    apart = few_clusters(ratio(robust.value, covariance, levels, at), freedom, log=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        value, lower, upper = (
            np.where(one > 0, -np.log(one), np.nan)
            for one in (apart.value, apart.upper, apart.lower)
        )
        error = np.where(apart.value > 0, apart.standard_error / apart.value, np.nan)
    return Estimate(value, lower, upper, error, "log_ratio_t")
