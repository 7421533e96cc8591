"""Need adjustment: what groups would have at everybody's need, fitted on counted cells."""

from equity_pipeline.statistics.need.adjusters import NeedSet, need_set, refuse_adjusters
from equity_pipeline.statistics.need.calibration import Calibration, calibration
from equity_pipeline.statistics.need.contrasts import (
    Contrast,
    Omnibus,
    Scale,
    WaldTest,
    contrast,
    wald_equal,
    wald_zero,
)
from equity_pipeline.statistics.need.design import NeedVariable
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.interactions import (
    InteractionRule,
    Interactions,
    interactions,
)
from equity_pipeline.statistics.need.many import ManyStandardised, marginal_standardisations
from equity_pipeline.statistics.need.model import NeedModel, need_model
from equity_pipeline.statistics.need.options import (
    Covariates,
    Dispersion,
    Information,
    SmallSample,
    Variance,
)
from equity_pipeline.statistics.need.spline import age_spline
from equity_pipeline.statistics.need.standardisation import Standardised, marginal_standardisation
from equity_pipeline.statistics.need.within_units import WithinUnits, within_units

__all__ = [
    "Calibration",
    "Contrast",
    "Covariates",
    "Dispersion",
    "Family",
    "Information",
    "InteractionRule",
    "Interactions",
    "ManyStandardised",
    "NeedModel",
    "NeedSet",
    "NeedVariable",
    "Omnibus",
    "Scale",
    "SmallSample",
    "Standardised",
    "Variance",
    "WaldTest",
    "WithinUnits",
    "age_spline",
    "calibration",
    "contrast",
    "interactions",
    "marginal_standardisation",
    "marginal_standardisations",
    "need_model",
    "need_set",
    "refuse_adjusters",
    "wald_equal",
    "wald_zero",
    "within_units",
]
