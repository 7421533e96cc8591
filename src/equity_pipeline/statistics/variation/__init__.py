"""Variation between units: funnels, systematic variation, shrinkage, clustering; never ranks."""

from equity_pipeline.statistics.variation.clustering import (
    design_effect,
    latent_vpc,
    median_mean_ratio,
    median_odds_ratio,
    median_rate_ratio,
)
from equity_pipeline.statistics.variation.intraclass import (
    intraclass_correlation,
    intraclass_correlation_binary,
)

__all__ = [
    "design_effect",
    "intraclass_correlation",
    "intraclass_correlation_binary",
    "latent_vpc",
    "median_mean_ratio",
    "median_odds_ratio",
    "median_rate_ratio",
]
