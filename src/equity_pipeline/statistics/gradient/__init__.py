"""Inequality over ordered groups: slope and relative index, concentration index, shape."""

from equity_pipeline.statistics.gradient.grouped import (
    SlopeIndex,
    concentration_index,
    erreygers_index,
    normalised,
    ridits,
    slope_index,
)
from equity_pipeline.statistics.gradient.shape import Shape, shape

__all__ = [
    "Shape",
    "SlopeIndex",
    "concentration_index",
    "erreygers_index",
    "normalised",
    "ridits",
    "shape",
    "slope_index",
]
