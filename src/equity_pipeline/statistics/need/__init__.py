"""Need adjustment: what groups would have at everybody's need, fitted on counted cells."""

from equity_pipeline.statistics.need.adjusters import NeedSet, need_set, refuse_adjusters
from equity_pipeline.statistics.need.contrasts import (
    Contrast,
    Omnibus,
    Scale,
    WaldTest,
    contrast,
    wald_equal,
)
from equity_pipeline.statistics.need.design import NeedVariable
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.options import (
    Covariates,
    Dispersion,
    Information,
    SmallSample,
    Variance,
)
from equity_pipeline.statistics.need.spline import age_spline
from equity_pipeline.statistics.need.standardisation import Standardised, marginal_standardisation

__all__ = [
    "Contrast",
    "Covariates",
    "Dispersion",
    "Family",
    "Information",
    "NeedSet",
    "NeedVariable",
    "Omnibus",
    "Scale",
    "SmallSample",
    "Standardised",
    "Variance",
    "WaldTest",
    "age_spline",
    "contrast",
    "marginal_standardisation",
    "need_set",
    "refuse_adjusters",
    "wald_equal",
]
