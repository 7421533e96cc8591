"""Comparison units for a programme: alike in prerequisites and in the level before the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from equity_pipeline.statistics.estimate import divide
from equity_pipeline.tables.cells import FloatArray, IntArray

MOST_EACH = 3  # comparison units for each unit of the programme
LARGEST_SMD = 0.25
PRE_LEVEL = "pre_level"
PREREQUISITES = ("area_class_of_listed_share", "listed_n", "acg_mean", "is_region_run")
# programmes are offered to units with bad results: the level before counts double
WEIGHTS: Mapping[str, float] = {PRE_LEVEL: 2.0}


@dataclass(frozen=True, slots=True)
class Matched:
    """Units of a programme with their comparison units.

    Attributes
    ----------
    treated, others
        Places of the units.
    treated_set, others_set
        The set of each: a unit of the programme and those matched to it.
    """

    treated: IntArray
    others: IntArray
    treated_set: IntArray
    others_set: IntArray

    def kept(self, place: Sequence[bool]) -> Matched:
        """Return the sets whose unit of the programme is kept."""
        chosen = np.asarray(place, bool)[self.treated]
        sets = self.treated_set[chosen]
        among = np.isin(self.others_set, sets)
        return Matched(self.treated[chosen], self.others[among], sets, self.others_set[among])


def prerequisites(facts: pd.DataFrame, units: Sequence[str], before: FloatArray) -> pd.DataFrame:
    """Return what units are matched on, one row a unit; what nobody told is empty."""
    known = facts.reindex(list(units))
    made = pd.DataFrame(index=pd.Index(units))
    for name in PREREQUISITES[:3]:
        made[name] = known[name].astype("float64")
    made["listed_n"] = np.log(made["listed_n"].where(made["listed_n"] > 0))
    told = known["provider_type"].notna()
    made["is_region_run"] = (known["provider_type"] == "region").astype("float64").where(told)
    made[PRE_LEVEL] = before
    return made


def matched(covariates: pd.DataFrame, treated: IntArray, pool: IntArray) -> Matched:
    """Return the comparison units that make the sum of distances smallest, each used once.

    Each unit of the programme gets as many as there are for all, at most three. Where there are
    fewer comparison units than units of the programme, all are used as one set.

    References
    ----------
    Rosenbaum PR (1989), Journal of the American Statistical Association 84:1024-1032.
    """
    each = min(MOST_EACH, len(pool) // max(len(treated), 1))
    if each == 0 or len(treated) == 0:
        one = np.zeros(len(treated), np.int64)
        return Matched(treated, pool, one, np.zeros(len(pool), np.int64))
    scaled = _scaled(covariates, np.r_[treated, pool])
    rows = np.repeat(np.arange(len(treated)), each)
    apart = ((scaled[treated][rows, np.newaxis] - scaled[pool][np.newaxis]) ** 2).sum(axis=2)
    row, column = linear_sum_assignment(apart)
    return Matched(treated, pool[column], np.arange(len(treated)), rows[row])


def balance(
    covariates: pd.DataFrame, treated: IntArray, others: IntArray, pool: IntArray
) -> pd.DataFrame:
    """Return the standardised differences of what units were matched on, before and after.

    A difference is divided by the pooled standard deviation of the programme's units and of all
    that could have been chosen, so that matching cannot shrink its own yardstick.

    References
    ----------
    Austin PC (2009), doi:10.1002/sim.3697.
    """
    values = covariates.to_numpy(np.float64)
    spread = np.sqrt((_variance(values[treated]) + _variance(values[pool])) / 2)
    means = [_mean(values[rows]) for rows in (treated, others, pool)]
    return pd.DataFrame(
        {
            "covariate": covariates.columns,
            "mean_treated": means[0],
            "mean_comparison": means[1],
            "smd": _smd(means[0] - means[1], spread),
            "smd_before_matching": _smd(means[0] - means[2], spread),
        }
    )


def _smd(apart: FloatArray, spread: FloatArray) -> FloatArray:
    same = np.abs(apart) < 1e-12
    return np.where(same, 0.0, divide(apart, np.where(spread > 0, spread, np.nan)))


def _mean(values: FloatArray) -> FloatArray:
    known = ~np.isnan(values)
    return divide(np.where(known, values, 0).sum(axis=0), known.sum(axis=0).astype(np.float64))


def _variance(values: FloatArray) -> FloatArray:
    known = ~np.isnan(values)
    apart = np.where(known, values - _mean(values), 0.0)
    freedom = (known.sum(axis=0) - 1).astype(np.float64)
    return np.nan_to_num(divide((apart**2).sum(axis=0), np.where(freedom > 0, freedom, np.nan)))


def _scaled(covariates: pd.DataFrame, rows: IntArray) -> FloatArray:
    """Return covariates in standard deviations; what is unknown lies at the mean."""
    values = covariates.to_numpy(np.float64)
    spread = np.sqrt(_variance(values[rows]))
    made = (values - _mean(values[rows])) / np.where(spread > 0, spread, 1.0)
    weights = np.array([WEIGHTS.get(str(name), 1.0) for name in covariates.columns])
    return np.asarray(np.nan_to_num(made) * np.sqrt(weights))
