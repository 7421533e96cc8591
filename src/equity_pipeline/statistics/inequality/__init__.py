"""Inequality over groups in any order: distances, what levelling would mean, tests."""

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

__all__ = [
    "Attributable",
    "best",
    "between_group_sd",
    "cochran_armitage",
    "excess_cases",
    "heterogeneity_chi2",
    "mean_difference_from_best",
    "population_attributable",
]
