"""The gap inside each unit or area: the declared contrast of one dimension among its own people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics import gaps
from equity_pipeline.statistics.estimate import Estimate, normal_estimate
from equity_pipeline.tables.cells import SUMS, FloatArray
from equity_pipeline.tables.effects import interval_of
from equity_pipeline.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class WithinGaps:
    """The gaps inside P places: to harm above 0, with limits; and what was contrasted."""

    dimension: str
    focus_level: str
    reference_level: str
    harm: Estimate
    has_both: FloatArray


def within_gaps(
    cells: pa.Table, place: str, places: tuple[str, ...], dimension: str, declared: Declaration
) -> WithinGaps | None:
    """Return the declared contrast inside each place, None where the dimension declares none.

    Parameters
    ----------
    cells
        Cells of one indicator, period and dimension.
    place
        The column that names the place: ``cluster_key`` or ``geography_code``.
    places
        The places, in order; one without both groups has no gap.

    References
    ----------
    Newcombe RG (1998), Statistics in Medicine 17:873-890, method 10 (shares); elsewhere the
    variances of two groups of different people are added.
    """
    known = vocabulary().dimensions[dimension]
    if known.focus is None or known.reference is None or cells.num_rows == 0:
        return None
    focus, reference = (
        _level_sums(cells, place, places, one) for one in (known.focus, known.reference)
    )
    has_both = (focus[1] > 0) & (reference[1] > 0)
    if not has_both.any():
        return None
    return WithinGaps(
        dimension,
        known.focus,
        known.reference,
        between_groups(focus, reference, declared),
        has_both.astype(np.float64),
    )


def between_groups(focus: FloatArray, reference: FloatArray, declared: Declaration) -> Estimate:
    """Return the gap to the harm of the focus group from the six sums of both, (6, P) each."""
    one, zero = interval_of(focus, declared), interval_of(reference, declared)
    if declared.is_proportion:
        gap = gaps.newcombe(focus[2], focus[1], reference[2], reference[1])
    else:
        error = np.hypot(one.standard_error, zero.standard_error)
        gap = normal_estimate(one.value - zero.value, error, confidence=0.95, method="difference")
    return gaps.harm(gap, declared.direction, focus=one, reference=zero)


def _level_sums(cells: pa.Table, place: str, places: tuple[str, ...], level: str) -> FloatArray:
    chosen = cells.filter(pc.equal(cells["level"], level))
    at = pc.index_in(chosen[place], pa.array(places, pa.string()))
    kept = chosen.filter(pc.is_valid(at))
    code = np.asarray(pc.drop_null(at).to_numpy(), np.int64)
    return np.stack(
        [
            np.bincount(code, np.asarray(kept[name].to_numpy(), np.float64), len(places))
            for name in SUMS
        ]
    )
