"""Areas to turn to by their results: worse than the reference, or uneven within themselves.

The second rule beside the social one (:mod:`.resource_weak`): each flag stands with its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.proportions import proportion

_Floats = NDArray[np.float64]
# A part of fewer people says more of chance than of care, and is not shown either.
SMALLEST_PART = 20


@dataclass(frozen=True, slots=True)
class AreaPriority:
    """One area by one result.

    ``shortfall`` is how much worse than the reference its value is (below 0: better);
    ``spread`` is the standard deviation between its parts with chance taken off, None with fewer
    than two parts large enough, and ``spread_p`` how often chance alone spreads parts as widely.
    """

    area_code: str
    n: int
    value: float | None
    shortfall: float | None
    low_result_flag: bool | None
    spread: float | None
    spread_p: float | None
    high_variation_flag: bool | None


def area_priority(
    area_code: Sequence[str],
    events: Sequence[float],
    at_risk: Sequence[float],
    *,
    better: Literal["higher", "lower"],
    reference: float | None = None,
    mid: float = 0.0,
    confidence: float = 0.95,
) -> tuple[AreaPriority, ...]:
    """Return each area's result beside the reference and how uneven its parts are, by code.

    An area's result is low when its whole interval lies on the worse side of the reference; its
    variation is high when chance alone would seldom spread the parts so and the spread is at
    least ``mid``. With many areas some are flagged by chance: one in forty at 0.95.

    Parameters
    ----------
    area_code, events, at_risk
        One entry for each part of an area (a unit or a smaller area): counts, and the area.
    better
        Which way is good.
    reference
        The share to be held beside; None takes all areas together.
    mid
        The minimum important difference, in the share's own unit.

    Raises
    ------
    MethodError
        If lengths differ, counts cannot be shares, or nobody is at risk.

    References
    ----------
    Wilson EB (1927), doi:10.1080/01621459.1927.10502953.
    Cochran WG (1954), Biometrics 10:417-451, on tests of shares that are alike.

    Examples
    --------
    >>> rows = area_priority(["A", "A", "B", "B"], [300, 100, 400, 400], [500] * 4, better="higher")
    >>> [(row.area_code, row.low_result_flag, row.high_variation_flag) for row in rows]
    [('A', True, True), ('B', False, False)]
    >>> round(rows[0].shortfall, 2), round(rows[0].spread, 2)
    (0.2, 0.28)
    """
    x, n = np.asarray(events, dtype=float), np.asarray(at_risk, dtype=float)
    if not len(area_code) == x.size == n.size or not n.sum() > 0:
        raise MethodError("Each part needs an area, events and people.", where="area_priority")
    common = float(x.sum() / n.sum()) if reference is None else reference
    codes, place = np.unique(np.asarray(area_code, dtype=str), return_inverse=True)
    whole_x, whole_n = np.bincount(place, x), np.bincount(place, n)
    share = proportion(whole_x, whole_n, confidence=confidence)
    sign = 1.0 if better == "higher" else -1.0
    worst_case = share.upper if better == "higher" else share.lower
    shortfall, low = sign * (common - share.value), sign * (common - worst_case) > 0
    spread, chance = _spread(place, x, n, codes.size)
    uneven = (chance < 1 - confidence) & (spread >= mid)
    columns = zip(codes, whole_n, share.value, shortfall, low, spread, chance, uneven, strict=True)
    return tuple(_row(*column) for column in columns)


def _row(
    code: str,
    n: float,
    value: float,
    shortfall: float,
    low: bool,
    spread: float,
    chance: float,
    uneven: bool,
) -> AreaPriority:
    return AreaPriority(
        area_code=str(code),
        n=int(n),
        value=_known(value),
        shortfall=_known(shortfall),
        low_result_flag=bool(low) if n > 0 else None,
        spread=_known(spread),
        spread_p=_known(chance),
        high_variation_flag=None if np.isnan(spread) else bool(uneven),
    )


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _spread(place: NDArray[np.intp], x: _Floats, n: _Floats, areas: int) -> tuple[_Floats, _Floats]:
    """Return the spread between the parts of each area, chance taken off, and its p-value."""
    large = n >= SMALLEST_PART
    place, x, n = place[large], x[large], n[large]
    parts, people = np.bincount(place, minlength=areas), np.bincount(place, n, areas)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(place, x, areas) / people
        chance = (mean * (1 - mean))[place] / n
        squares = np.bincount(place, (x / n - mean[place]) ** 2 / chance, areas)
        room = people - np.bincount(place, n**2, areas) / people
        excess = (squares - (parts - 1)) * mean * (1 - mean) / room
    alike = (mean == 0) | (mean == 1)
    spread = np.where(alike, 0.0, np.sqrt(np.maximum(excess, 0)))
    p = np.where(alike, 1.0, chi2.sf(squares, np.maximum(parts - 1, 1)))
    return np.where(parts < 2, np.nan, spread), np.where(parts < 2, np.nan, p)
