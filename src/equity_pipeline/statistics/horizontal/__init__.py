"""Horizontal inequity: whether use follows income at equal need."""

from equity_pipeline.statistics.horizontal.index import (
    HorizontalInequity,
    horizontal_inequity,
    horizontal_inequity_need_fixed,
)
from equity_pipeline.statistics.refits import Model

__all__ = [
    "HorizontalInequity",
    "Model",
    "horizontal_inequity",
    "horizontal_inequity_need_fixed",
]
