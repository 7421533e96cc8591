"""Inequality over groups in any order: distances, what levelling would mean, tests."""

from equity_pipeline.statistics.inequality.attributable import (
    Limits,
    attributable_fraction,
    attributable_risk,
)
from equity_pipeline.statistics.inequality.disproportion import mean_log_deviation, theil_index
from equity_pipeline.statistics.inequality.distances import (
    difference_from_best,
    difference_from_mean,
    difference_from_reference,
    index_of_disparity,
)
from equity_pipeline.statistics.inequality.entropy import Weights, Zeros, gini, mean_log, theil
from equity_pipeline.statistics.inequality.entropy_split import (
    Split,
    split_gini,
    split_mld,
    split_sums,
    split_theil,
)
from equity_pipeline.statistics.inequality.extremes import group_difference, group_ratio
from equity_pipeline.statistics.inequality.groups import (
    Attributable,
    best,
    between_group_sd,
    cochran_armitage,
    excess_cases,
    heterogeneity_chi2,
    mean_difference_from_best,
    population_attributable,
)
from equity_pipeline.statistics.inequality.noise import (
    NoiseBand,
    noise_band,
    noise_corrected_variance,
    simulated,
    variance_noise,
)
from equity_pipeline.statistics.inequality.spread import (
    between_group_deviation,
    between_group_variance,
    coefficient_of_variation,
)
from equity_pipeline.statistics.inequality.who import PUBLISHED_TIMES, WhoMeasures, who_measures

__all__ = [
    "PUBLISHED_TIMES",
    "Attributable",
    "Limits",
    "NoiseBand",
    "Split",
    "Weights",
    "WhoMeasures",
    "Zeros",
    "attributable_fraction",
    "attributable_risk",
    "best",
    "between_group_deviation",
    "between_group_sd",
    "between_group_variance",
    "cochran_armitage",
    "coefficient_of_variation",
    "difference_from_best",
    "difference_from_mean",
    "difference_from_reference",
    "excess_cases",
    "gini",
    "group_difference",
    "group_ratio",
    "heterogeneity_chi2",
    "index_of_disparity",
    "mean_difference_from_best",
    "mean_log",
    "mean_log_deviation",
    "noise_band",
    "noise_corrected_variance",
    "population_attributable",
    "simulated",
    "split_gini",
    "split_mld",
    "split_sums",
    "split_theil",
    "theil",
    "theil_index",
    "variance_noise",
    "who_measures",
]
