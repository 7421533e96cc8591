"""Need adjustment: what groups would have at everybody's need, fitted on counted cells."""

from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.spline import age_spline
from equity_pipeline.statistics.need.standardisation import Standardised, marginal_standardisation

__all__ = ["Family", "Standardised", "age_spline", "marginal_standardisation"]
