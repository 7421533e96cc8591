"""Parts that add up to a difference: need, units, coefficients, determinants."""

from equity_pipeline.statistics.decompose.das_gupta import DasGupta, das_gupta
from equity_pipeline.statistics.decompose.kitagawa import Kitagawa, kitagawa
from equity_pipeline.statistics.decompose.need import (
    NeedParts,
    sequential_standardisation,
    shapley_standardisation,
)
from equity_pipeline.statistics.decompose.nonlinear import nonlinear_twofold
from equity_pipeline.statistics.decompose.oaxaca import (
    Part,
    Reference,
    Threefold,
    Twofold,
    threefold,
    twofold,
)
from equity_pipeline.statistics.decompose.units import UnitParts, between_within_units
from equity_pipeline.statistics.decompose.wagstaff import Wagstaff, wagstaff

__all__ = [
    "DasGupta",
    "Kitagawa",
    "NeedParts",
    "Part",
    "Reference",
    "Threefold",
    "Twofold",
    "UnitParts",
    "Wagstaff",
    "between_within_units",
    "das_gupta",
    "kitagawa",
    "nonlinear_twofold",
    "sequential_standardisation",
    "shapley_standardisation",
    "threefold",
    "twofold",
    "wagstaff",
]
