"""Waiting times: quantiles and survival, with people who still wait counted as censored."""

from equity_pipeline.statistics.waits.adjusted import hazard_ratios, quantile_gaps
from equity_pipeline.statistics.waits.counts import WaitCounts, wait_counts
from equity_pipeline.statistics.waits.cox import CoxFit, cox_regression
from equity_pipeline.statistics.waits.groups import area_quantiles
from equity_pipeline.statistics.waits.logrank import LogRank, log_rank
from equity_pipeline.statistics.waits.quantile_regression import QuantileFit, quantile_regression
from equity_pipeline.statistics.waits.quantiles import quantiles, weighted_quantiles
from equity_pipeline.statistics.waits.reached import days_until_seen, mean_wait
from equity_pipeline.statistics.waits.survival import (
    WaitCurve,
    kaplan_meier,
    seen_within,
    still_waiting,
)

__all__ = [
    "CoxFit",
    "LogRank",
    "QuantileFit",
    "WaitCounts",
    "WaitCurve",
    "area_quantiles",
    "cox_regression",
    "days_until_seen",
    "hazard_ratios",
    "kaplan_meier",
    "log_rank",
    "mean_wait",
    "quantile_gaps",
    "quantile_regression",
    "quantiles",
    "seen_within",
    "still_waiting",
    "wait_counts",
    "weighted_quantiles",
]
