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
from equity_pipeline.statistics.gradient.rank_error import RankError, Robust
from equity_pipeline.statistics.gradient.ranked import Ranked, ranked_cells, ranked_people
from equity_pipeline.statistics.gradient.ranks import fractional_ranks
from equity_pipeline.statistics.gradient.sensitivity import (
    extended_concentration,
    symmetric_concentration,
)
from equity_pipeline.statistics.gradient.shape import Shape, shape

__all__ = [
    "Equality",
    "Normalisation",
    "PooledTest",
    "RankError",
    "Ranked",
    "Robust",
    "Shape",
    "SlopeIndex",
    "concentration",
    "concentration_index",
    "equal_indices",
    "equal_slopes",
    "erreygers_index",
    "extended_concentration",
    "fractional_ranks",
    "normalised",
    "ranked_cells",
    "ranked_people",
    "ridits",
    "shape",
    "slope_index",
    "symmetric_concentration",
]
