"""Did a programme change anything: difference-in-differences, time series, run charts, costs."""

from equity_pipeline.statistics.evaluate.cost_effect import (
    CostEffect,
    Quadrant,
    cost_per_effect,
    equity_weighted_effect,
)
from equity_pipeline.statistics.evaluate.difference import (
    Difference,
    difference_in_differences,
    difference_of_changes,
    two_way_effects,
)
from equity_pipeline.statistics.evaluate.memory import remembering_series
from equity_pipeline.statistics.evaluate.permutation import Permuted, permutation_test
from equity_pipeline.statistics.evaluate.run_chart import RunChart, run_chart
from equity_pipeline.statistics.evaluate.series import (
    Series,
    count_series,
    harmonics,
    segments,
    value_series,
)
from equity_pipeline.statistics.evaluate.wild import Wild, wild_cluster_bootstrap

__all__ = [
    "CostEffect",
    "Difference",
    "Permuted",
    "Quadrant",
    "RunChart",
    "Series",
    "Wild",
    "cost_per_effect",
    "count_series",
    "difference_in_differences",
    "difference_of_changes",
    "equity_weighted_effect",
    "harmonics",
    "permutation_test",
    "remembering_series",
    "run_chart",
    "segments",
    "two_way_effects",
    "value_series",
    "wild_cluster_bootstrap",
]
