"""Inequality over ordered groups: slope and relative index, concentration index, shape."""

from equity_pipeline.statistics.gradient.concentration import Normalisation, concentration
from equity_pipeline.statistics.gradient.equality import (
    Equality,
    PooledTest,
    equal_indices,
    equal_slopes,
)
from equity_pipeline.statistics.gradient.grouped import (
    SlopeIndex,
    concentration_index,
    erreygers_index,
    normalised,
    ridits,
    slope_index,
)
from equity_pipeline.statistics.gradient.model import ModelIndex, model_index
from equity_pipeline.statistics.gradient.rank_error import RankError, Robust
from equity_pipeline.statistics.gradient.ranked import Ranked, ranked_cells, ranked_people
from equity_pipeline.statistics.gradient.ranks import fractional_ranks
from equity_pipeline.statistics.gradient.scatter import (
    scatter_concentration,
    scatter_slope_index,
)
from equity_pipeline.statistics.gradient.sensitivity import (
    extended_concentration,
    symmetric_concentration,
)
from equity_pipeline.statistics.gradient.shape import Shape, shape, shapes
from equity_pipeline.statistics.gradient.straightness import LackOfFit, lack_of_fit
from equity_pipeline.statistics.gradient.transformed import (
    FittedEnds,
    Scale,
    error_from_limits,
    fitted_ends,
)

__all__ = [
    "Equality",
    "FittedEnds",
    "LackOfFit",
    "ModelIndex",
    "Normalisation",
    "PooledTest",
    "RankError",
    "Ranked",
    "Robust",
    "Scale",
    "Shape",
    "SlopeIndex",
    "concentration",
    "concentration_index",
    "equal_indices",
    "equal_slopes",
    "erreygers_index",
    "error_from_limits",
    "extended_concentration",
    "fitted_ends",
    "fractional_ranks",
    "lack_of_fit",
    "model_index",
    "normalised",
    "ranked_cells",
    "ranked_people",
    "ridits",
    "scatter_concentration",
    "scatter_slope_index",
    "shape",
    "shapes",
    "slope_index",
    "symmetric_concentration",
]
