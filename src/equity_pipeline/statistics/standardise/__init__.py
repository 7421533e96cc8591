"""Standardisation: direct to a standard population, indirect to a region's own rates."""

from equity_pipeline.statistics.standardise.directly import (
    ESP2013,
    direct,
    direct_mean,
    direct_proportion,
    direct_rate,
)
from equity_pipeline.statistics.standardise.indirect import (
    expected_events,
    indirect_rate,
    indirect_ratio,
    reference_rates,
)
from equity_pipeline.statistics.standardise.repeats import (
    RepeatEvents,
    direct_repeat_rate,
    from_frequencies,
    repeat_rate,
)
from equity_pipeline.statistics.standardise.weighted_poisson import (
    RateLimits,
)
from equity_pipeline.statistics.standardise.weights import (
    esp2013,
    own_region,
)

__all__ = [
    "ESP2013",
    "RateLimits",
    "RepeatEvents",
    "direct",
    "direct_mean",
    "direct_proportion",
    "direct_rate",
    "direct_repeat_rate",
    "esp2013",
    "expected_events",
    "from_frequencies",
    "indirect_rate",
    "indirect_ratio",
    "own_region",
    "reference_rates",
    "repeat_rate",
]
