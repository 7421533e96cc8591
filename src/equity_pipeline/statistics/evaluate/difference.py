"""Difference-in-differences: how much more the treated changed than the others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    ENOUGH_CLUSTERS,
    Caution,
    Estimate,
    FloatArray,
    normal_estimate,
    require,
    student_estimate,
)
from equity_pipeline.statistics.evaluate.panel import dummies, freedom, least_squares
from equity_pipeline.statistics.glm import GlmFit, sandwich
from equity_pipeline.statistics.reading import flags, labels, numbers, together


@dataclass(frozen=True, slots=True)
class Difference:
    """The effect with the errors of three assumptions; the clustered one is the one to use.

    ``clustered`` allows any dependence within units (Student's t with G - 1 degrees of freedom);
    ``robust`` and ``independent`` take every row as new information and are there to show how
    much that would claim.
    """

    clustered: Estimate
    robust: Estimate
    independent: Estimate


def difference_in_differences(
    y: ArrayLike,
    treated: ArrayLike,
    post: ArrayLike,
    cluster: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    small_sample: bool = True,
    confidence: float = 0.95,
) -> Difference:
    """Return the change among the treated less the change among the others.

    Parameters
    ----------
    y
        Outcome per row (n,): a unit in a period.
    treated, post
        0 or 1 per row: is it a unit with the programme; is it a period after its start.
    cluster
        Unit of the row.
    weight
        Weight of the row, such as its denominator; 1 if None.
    small_sample
        Whether errors carry the factor for fitted coefficients (HC1).
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    MethodError
        If one of the four groups is empty, or the arrays do not go together.

    References
    ----------
    Ashenfelter O, Card D (1985), Review of Economics and Statistics 67:648-660.
    Bertrand M, Duflo E, Mullainathan S (2004), Quarterly Journal of Economics 119:249-275.

    Examples
    --------
    >>> effect = difference_in_differences(
    ...     [0.75, 0.76, 0.81, 0.82, 0.81, 0.82, 0.82, 0.83], [1, 1, 1, 1, 0, 0, 0, 0],
    ...     [0, 0, 1, 1, 0, 0, 1, 1], ["a", "b", "a", "b", "c", "d", "c", "d"],
    ... )
    >>> round(float(effect.clustered.value), 3)
    0.05
    """
    has, after = _indicators(treated, post, where="difference_in_differences")
    design = np.column_stack([np.ones(len(has)), has, after, has * after])
    fitted = least_squares(y, design, weight=weight)
    return _difference(fitted, 3, cluster, small_sample, confidence, "did_2x2")


def two_way_effects(
    y: ArrayLike,
    exposed: ArrayLike,
    unit: ArrayLike,
    period: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    small_sample: bool = True,
    confidence: float = 0.95,
) -> Difference:
    """Return the effect of exposure with an effect of each unit and of each period taken away.

    Units that start at different times are compared with one another too; when effects grow or
    shrink with time since the start, that average can mislead.

    Parameters
    ----------
    y
        Outcome per row (n,): a unit in a period.
    exposed
        0 or 1 per row: had the unit the programme in that period.
    unit, period
        Names of the row's unit and period.
    cluster
        Clusters of the errors; the units if None.
    weight, small_sample, confidence
        As in :func:`difference_in_differences`.

    Raises
    ------
    MethodError
        If exposure never varies beside unit and period, or the arrays do not go together.

    References
    ----------
    Goodman-Bacon A (2021), Journal of Econometrics 225:254-277.

    Examples
    --------
    >>> effect = two_way_effects(
    ...     [1.0, 2.0, 3.0, 3.0, 1.0, 1.5], [0, 1, 0, 0, 0, 0], ["a", "a", "b", "b", "c", "c"],
    ...     [1, 2, 1, 2, 1, 2],
    ... )
    >>> float(effect.clustered.value.round(3))
    0.75
    """
    (has,) = _indicators(exposed, where="two_way_effects")
    require(
        np.shape(unit) == np.shape(period) == has.shape,
        "There is not one unit and one period to each row.",
        where="two_way_effects",
        mend="give arrays of names as long as the rows",
    )
    design = np.column_stack([np.ones(len(has)), has, dummies(unit), dummies(period)])
    fitted = least_squares(y, design, weight=weight)
    names = unit if cluster is None else cluster
    return _difference(fitted, 1, names, small_sample, confidence, "did_two_way")


def difference_of_changes(
    before1: ArrayLike,
    after1: ArrayLike,
    before0: ArrayLike,
    after0: ArrayLike,
    standard_errors: ArrayLike = np.nan,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return (after1 - before1) - (after0 - before0) for arrays of outcomes.

    Parameters
    ----------
    before1, after1, before0, after0
        Values of the treated (1) and the others (0), of one shape.
    standard_errors
        Of the four values along a last axis of length 4, if they are independent; without them
        the limits are NaN.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If the shapes do not go together.

    References
    ----------
    Ashenfelter O, Card D (1985), Review of Economics and Statistics 67:648-660.

    Examples
    --------
    >>> float(difference_of_changes(0.756, 0.812, 0.814, 0.826).value.round(6))
    0.044
    """
    b1, a1, b0, a0 = together(before1, after1, before0, after0, where="difference_of_changes")
    errors = numbers(standard_errors, where="difference_of_changes")
    require(
        errors.shape in ((), (4,), (*b1.shape, 4)) and not (errors < 0).any(),
        "Standard errors are negative, or not one to each of the four values.",
        where="difference_of_changes, standard_errors",
        mend="give them along a last axis of length 4, NaN where there is none",
    )
    spread = np.sqrt((np.broadcast_to(errors, (*b1.shape, 4)) ** 2).sum(axis=-1))
    return normal_estimate((a1 - b1) - (a0 - b0), spread, confidence=confidence, method="did_means")


def _indicators(*values: ArrayLike, where: str) -> list[FloatArray]:
    made = [flags(value, where=where) for value in values]
    require(
        all(one.shape == made[0].shape == (one.size,) for one in made),
        "Indicators have different lengths.",
        where=where,
        mend="give 1 for yes and 0 for no, one to each row",
    )
    return [one.astype(np.float64) for one in made]


def _difference(
    fitted: GlmFit,
    place: int,
    cluster: ArrayLike,
    small_sample: bool,
    confidence: float,
    method: str,
) -> Difference:
    value = fitted.coefficients[place]
    groups = len(labels(cluster, where=method)[0])
    rows = len(fitted.mean)

    require(
        groups > 1,
        "All rows are in one cluster.",
        where=method,
        mend="give the unit of each row as its cluster",
    )

    # rows that leave nothing but rounding say nothing about chance
    model = float(np.sqrt(np.maximum(fitted.covariance[place, place], 0)))
    least = max(1e-7 * model, 1e-12 * float(np.abs(fitted.mean).max()))

    def estimate(covariance: FloatArray, df: int, kind: str, n: int) -> Estimate:
        error = np.sqrt(np.maximum(covariance[place, place], 0))
        error = np.where(error > least, error, np.nan)
        name = f"{method}_{kind}"
        made = student_estimate(value, error, df, confidence=confidence, method=name)
        return replace(made, n=np.array(float(n)))

    clustered = sandwich(fitted, cluster=cluster, small_sample="hc1" if small_sample else "groups")
    robust = sandwich(fitted, small_sample="hc1" if small_sample else "none")
    return Difference(
        clustered=estimate(clustered, groups - 1, "cluster_t", groups).warned(
            Caution.FEW_CLUSTERS, groups < ENOUGH_CLUSTERS
        ),
        robust=estimate(robust, freedom(fitted), "robust_t", rows),
        independent=estimate(fitted.covariance, freedom(fitted), "model_t", rows),
    )
