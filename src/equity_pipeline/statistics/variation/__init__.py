"""Variation between units: funnels, systematic variation, shrinkage, clustering; never ranks."""

from equity_pipeline.statistics.variation.axis import (
    axis_ends,
    funnel_axis,
)
from equity_pipeline.statistics.variation.clustering import (
    design_effect,
    latent_vpc,
    median_mean_ratio,
    median_odds_ratio,
    median_rate_ratio,
)
from equity_pipeline.statistics.variation.funnel import (
    Funnel,
    beside,
    funnel,
    outside,
)
from equity_pipeline.statistics.variation.intraclass import (
    intraclass_correlation,
    intraclass_correlation_binary,
)
from equity_pipeline.statistics.variation.limits import (
    FunnelCurve,
    exact_curve,
    funnel_limits,
)
from equity_pipeline.statistics.variation.overdispersed import (
    OverdispersedFunnel,
    overdispersed_funnel,
    spread_limits,
)
from equity_pipeline.statistics.variation.overdispersion import (
    Overdispersion,
    overdispersion,
)
from equity_pipeline.statistics.variation.random_effects import (
    RandomEffects,
    random_effects,
    spread_interval,
)
from equity_pipeline.statistics.variation.scores import (
    Scores,
    count_ratio_scores,
    scale_error,
    scores,
)

__all__ = [
    "Funnel",
    "FunnelCurve",
    "OverdispersedFunnel",
    "Overdispersion",
    "RandomEffects",
    "Scores",
    "axis_ends",
    "beside",
    "count_ratio_scores",
    "design_effect",
    "exact_curve",
    "funnel",
    "funnel_axis",
    "funnel_limits",
    "intraclass_correlation",
    "intraclass_correlation_binary",
    "latent_vpc",
    "median_mean_ratio",
    "median_odds_ratio",
    "median_rate_ratio",
    "outside",
    "overdispersed_funnel",
    "overdispersion",
    "random_effects",
    "scale_error",
    "scores",
    "spread_interval",
    "spread_limits",
]
