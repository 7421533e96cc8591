"""Intersectional strata: random-intercept models on counts, and what they say of strata."""

from equity_pipeline.statistics.maihda.amounts import (
    TwoPart,
    log_normal_two_part,
    random_intercept_gamma,
)
from equity_pipeline.statistics.maihda.bootstrap import pcv_bootstrap
from equity_pipeline.statistics.maihda.counts import random_intercept_counts
from equity_pipeline.statistics.maihda.linear import random_intercept_linear
from equity_pipeline.statistics.maihda.measures import auc, pcv, vpc_count, vpc_linear
from equity_pipeline.statistics.maihda.model import Maihda, maihda
from equity_pipeline.statistics.maihda.result import FitMethod, RandomIntercept, Reading

__all__ = [
    "FitMethod",
    "Maihda",
    "RandomIntercept",
    "Reading",
    "TwoPart",
    "auc",
    "log_normal_two_part",
    "maihda",
    "pcv",
    "pcv_bootstrap",
    "random_intercept_counts",
    "random_intercept_gamma",
    "random_intercept_linear",
    "vpc_count",
    "vpc_linear",
]
