"""Variation between units: funnels, systematic variation, shrinkage, clustering; never ranks."""

from equity_pipeline.statistics.variation.axis import (
    axis_ends,
    funnel_axis,
)
from equity_pipeline.statistics.variation.chance import (
    chance_band,
    posterior_quotient,
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
from equity_pipeline.statistics.variation.jackknife import (
    JackknifeError,
    poisson_gamma_error,
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
from equity_pipeline.statistics.variation.shrinkage import (
    PoissonGamma,
    clayton_kaldor,
    marshall,
    poisson_gamma,
)
from equity_pipeline.statistics.variation.shrunken_means import (
    NormalNormal,
    normal_normal,
)
from equity_pipeline.statistics.variation.shrunken_shares import (
    BetaBinomial,
    beta_binomial,
)
from equity_pipeline.statistics.variation.systematic import (
    SystematicVariation,
    quotient,
    systematic_variation,
)

__all__ = [
    "BetaBinomial",
    "Funnel",
    "FunnelCurve",
    "JackknifeError",
    "NormalNormal",
    "OverdispersedFunnel",
    "Overdispersion",
    "PoissonGamma",
    "RandomEffects",
    "Scores",
    "SystematicVariation",
    "axis_ends",
    "beside",
    "beta_binomial",
    "chance_band",
    "clayton_kaldor",
    "count_ratio_scores",
    "design_effect",
    "exact_curve",
    "funnel",
    "funnel_axis",
    "funnel_limits",
    "intraclass_correlation",
    "intraclass_correlation_binary",
    "latent_vpc",
    "marshall",
    "median_mean_ratio",
    "median_odds_ratio",
    "median_rate_ratio",
    "normal_normal",
    "outside",
    "overdispersed_funnel",
    "overdispersion",
    "poisson_gamma",
    "poisson_gamma_error",
    "posterior_quotient",
    "quotient",
    "random_effects",
    "scale_error",
    "scores",
    "spread_interval",
    "spread_limits",
    "systematic_variation",
]
