"""Horizontal inequity: does use follow income among people with equal need?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    arrays,
    require,
)
from equity_pipeline.statistics.gradient.concentration import (
    concentration,
    finished,
    over_people,
)
from equity_pipeline.statistics.gradient.rank_error import Influence, RankError, Robust, influence
from equity_pipeline.statistics.horizontal.determinants import Determinants, only
from equity_pipeline.statistics.horizontal.expected import indices, read_need_model
from equity_pipeline.statistics.refits import Model


@dataclass(frozen=True, slots=True)
class HorizontalInequity:
    """Concentration of use over rank, before and after need.

    Attributes
    ----------
    index, need
        Concentration index of the outcome, and of what is expected from need alone.
    difference
        ``index - need``: above 0, people of higher rank use more than their need would give.
    standardised
        Index of the need-standardised outcome ``y - expected + mean(expected)``; equals the
        difference exactly for linear models.
    expected
        (m,) what need alone gives each row, with all else at its mean.
    """

    index: Estimate
    need: Estimate
    difference: Estimate
    standardised: Estimate
    expected: FloatArray


def horizontal_inequity(
    y: ArrayLike,
    rank: ArrayLike,
    need: ArrayLike,
    non_need: ArrayLike,
    *,
    model: Model,
    draws: int,
    seed: int,
    people: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> HorizontalInequity:
    """Return the horizontal inequity index, with errors from refitting the model in every draw.

    Parameters
    ----------
    y
        Outcome of each row (m,); shares for LOGIT and PROBIT, not negative for counts.
    rank
        What people are ranked by, such as income (m,); equal values share their mid-rank.
    need
        Columns (m, p) that may justify more care: age, sex, morbidity. Never income, education,
        origin, area or unit. Columns that repeat those before them are left out.
    non_need
        Columns (m, q) that belong into the model, so that need does not take their part, but
        justify nothing; held at their means in the expectation.
    model
        How the outcome is modelled.
    draws, seed
        How many times people (clusters, if given) are drawn again, and the generator's seed.
    people
        How many people a row stands for, all with the same outcome (m,); 1 if None.
    weight
        Sampling weight of each row (m,).
    cluster
        Cluster of each row (m,), drawn as a whole.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    HorizontalInequity
        NaN throughout if the model does not settle. Draws that do not settle are left out and
        told. With fewer than forty clusters limits use Student's t.

    Raises
    ------
    MethodError
        If arrays do not go together, hold missing or impossible numbers, or have one rank only.

    References
    ----------
    Wagstaff A, van Doorslaer E (2000), doi:10.2307/146369.
    O'Donnell O, van Doorslaer E, Wagstaff A, Lindelow M (2008), Analyzing Health Equity Using
    Household Survey Data, ch. 15, doi:10.1596/978-0-8213-6933-3.

    Examples
    --------
    >>> made = horizontal_inequity(
    ...     [1, 2, 2, 4, 3, 5], [1, 2, 3, 4, 5, 6], [[0], [1], [0], [1], [0], [1]],
    ...     np.empty((6, 0)), model=Model.LINEAR, draws=200, seed=7,
    ... )
    >>> round(float(made.index.value), 4), round(float(made.difference.value), 4)
    (0.2451, 0.1961)
    >>> made.difference.method
    'bootstrap_200_seed_7'
    """
    require(
        draws >= 2,
        "Fewer than two draws show no spread.",
        where="horizontal_inequity",
        mend="give at least a few hundred draws",
    )
    known = read_need_model(y, rank, need, non_need, people, weight, cluster, model)
    mass = known.rows.mass[np.newaxis]
    first = known.fitted(mass)
    values, expected = indices(known, first, mass)
    made = [np.zeros((0, 4))]
    if first.settled[0]:
        again = known.rows.drawn(draws, seed)
        made += [indices(known, known.fitted(drawn, first), drawn)[0] for drawn in again]
    found = [
        _resampled(value, drawn, known.rows, f"bootstrap_{draws}_seed_{seed}", confidence)
        for value, drawn in zip(values[0], np.vstack(made).T, strict=True)
    ]
    return _told(found, expected[0][known.rows.back])


def horizontal_inequity_need_fixed(
    y: ArrayLike,
    rank: ArrayLike,
    need: ArrayLike,
    non_need: ArrayLike,
    *,
    model: Model,
    people: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    error: RankError = RankError.INFLUENCE,
    robust: Robust = Robust.HC1,
    confidence: float = 0.95,
) -> HorizontalInequity:
    """Return the horizontal inequity index with errors as if the need model were known.

    The fit's own uncertainty is left out, as is usual in the field: fast, and the same
    values as :func:`horizontal_inequity`, but the limits miss a part of what is uncertain.

    Parameters
    ----------
    y, rank, need, non_need, model, people, weight, cluster, confidence
        As in :func:`horizontal_inequity`.
    error, robust
        As in :func:`~equity_pipeline.statistics.gradient.concentration`, for the three indices;
        the error of their difference is always that of its whole influence.

    Raises
    ------
    MethodError
        As :func:`horizontal_inequity`.

    References
    ----------
    Wagstaff A, van Doorslaer E (2000), doi:10.2307/146369.

    Examples
    --------
    >>> made = horizontal_inequity_need_fixed(
    ...     [1, 2, 2, 4, 3, 5], [1, 2, 3, 4, 5, 6], [[0], [1], [0], [1], [0], [1]],
    ...     np.empty((6, 0)), model=Model.LINEAR,
    ... )
    >>> round(float(made.standardised.value), 4), made.standardised.method
    (0.1961, 'concentration_standard_influence')
    """
    known = read_need_model(y, rank, need, non_need, people, weight, cluster, model)
    rows, mass = known.rows, known.rows.mass[np.newaxis]
    expected = indices(known, known.fitted(mass), mass)[1][0]
    if not np.isfinite(expected).all():
        return _told([_nothing(rows)] * 4, expected)
    level = rows.mass @ expected / rows.mass.sum()
    index, of_need, standardised = (
        only(concentration(rows.ranked(v), error=error, robust=robust, confidence=confidence))
        for v in (rows.y, expected, rows.y - expected + level)
    )
    difference = _difference(rows, expected, index, of_need, confidence)
    return _told([index, of_need, difference, standardised], expected[rows.back])


def _told(found: list[Estimate], expected: FloatArray) -> HorizontalInequity:
    index, need, difference, standardised = found
    return HorizontalInequity(index, need, difference, standardised, expected)


def _nothing(rows: Determinants) -> Estimate:
    value, n = arrays(np.nan, rows.people.sum())
    made = Estimate(value, value, value, value, "not_converged", n)
    return made.warned(Caution.NOT_CONVERGED)


def _difference(
    rows: Determinants, expected: FloatArray, index: Estimate, need: Estimate, confidence: float
) -> Estimate:
    """Return the difference of two indices, with the error of its whole influence."""
    total = rows.mass.sum()
    mean, level = rows.mass @ rows.y / total, rows.mass @ expected / total
    if mean == 0 or level == 0:
        value, n = arrays(np.nan, rows.people.sum())
        return Estimate(value, value, value, value, "concentration_difference_influence", n)
    apart = rows.ranked(rows.y / mean - expected / level)
    ends = (2 * apart.groups.lower - 1, 2 * apart.groups.upper - 1)
    moved = influence(apart, 2 * apart.groups.middle - 1, ends)
    through_means = index.value * (rows.y / mean - 1) - need.value * (expected / level - 1)
    spread = over_people(
        apart,
        Influence(moved.base + moved.factor * apart.mean - through_means, np.zeros(len(expected))),
        Robust.HC1,
    )
    value = np.array([index.value - need.value])
    return only(finished(value, spread, "concentration_difference_influence", confidence))


def _resampled(
    value: float, drawn: FloatArray, rows: Determinants, method: str, confidence: float
) -> Estimate:
    """Return the value with limits from the spread of its draws."""
    usable = drawn[np.isfinite(drawn)]
    error = usable.std(ddof=1) if len(usable) > 1 else np.nan
    made = rows.limited(value, error, method, confidence).warned(Caution.SEEDED)
    lost = len(usable) < len(drawn) or not np.isfinite(value)
    return made.warned(Caution.NOT_CONVERGED, lost)
