"""Two groups side by side: shares and rates, by score, exact and Wald limits."""

from equity_pipeline.statistics.two_groups.rates import (
    ExactRatio,
    exact_rate_ratio,
    score_rate_difference,
    score_rate_ratio,
)
from equity_pipeline.statistics.two_groups.shares import (
    score_difference,
    score_odds_ratio,
    score_risk_ratio,
)
from equity_pipeline.statistics.two_groups.table import (
    TwoByTwo,
    wald_two_by_two,
)

__all__ = [
    "ExactRatio",
    "TwoByTwo",
    "exact_rate_ratio",
    "score_difference",
    "score_odds_ratio",
    "score_rate_difference",
    "score_rate_ratio",
    "score_risk_ratio",
    "wald_two_by_two",
]
