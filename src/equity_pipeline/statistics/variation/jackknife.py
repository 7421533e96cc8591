"""The error of shrunken ratios with the fitting of the prior counted in, by the jackknife."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, divide
from equity_pipeline.statistics.variation.gamma_prior import prior_spread
from equity_pipeline.statistics.variation.systematic import counted


@dataclass(frozen=True, slots=True)
class JackknifeError:
    """Mean squared errors of shrunken ratios about the true ones.

    Attributes
    ----------
    mse
        Of each unit: what the posterior says, plus what not knowing the prior adds.
    posterior_variance
        Of each unit, as if the fitted prior were known.
    spread_without
        The prior's variance when each unit in turn is left out: which unit makes the spread.
    """

    mse: FloatArray
    posterior_variance: FloatArray
    spread_without: FloatArray


def poisson_gamma_error(observed: ArrayLike, expected: ArrayLike) -> JackknifeError:
    """Return the mean squared error of each ratio shrunken by ``poisson_gamma`` with mean 1.

    Parameters
    ----------
    observed, expected
        As :func:`~equity_pipeline.statistics.variation.shrinkage.poisson_gamma`. Memory goes with
        the square of the units.

    Returns
    -------
    JackknifeError
        Arrays of the units' shape. For each unit the change in its posterior variance and mean is
        summed over all the units left out; a posterior variance that this makes negative counts
        as 0. NaN where leaving a unit out leaves no event.

    Raises
    ------
    MethodError
        If counts are impossible.

    References
    ----------
    Jiang J, Lahiri P, Wan S-M (2002), doi:10.1214/aos/1043351257. Rao JNK (2003), Small area
    estimation, section 9.2.

    Examples
    --------
    >>> made = poisson_gamma_error([30, 18, 12, 24, 4, 33], [20, 20, 20, 20, 5, 25])
    >>> made.mse.round(3)
    array([0.044, 0.027, 0.028, 0.032, 0.042, 0.033])
    >>> made.posterior_variance.round(3)
    array([0.032, 0.024, 0.02 , 0.028, 0.039, 0.026])
    """
    o, e = counted(observed, expected, where="poisson_gamma_error")
    count = (~np.isnan(o)).sum(axis=-1, keepdims=True)
    without = _without_each(o, e)
    value, variance = _posterior(o, e, np.expand_dims(prior_spread(o, e), -1))
    values, variances = _posterior(
        np.expand_dims(o, -2), np.expand_dims(e, -2), np.expand_dims(without, -1)
    )
    held = ~np.isnan(np.expand_dims(o, -1))  # the units left out, on the axis before the last
    share = divide(count - 1, count)
    shift = np.where(held, variances - np.expand_dims(variance, -2), 0.0).sum(axis=-2)
    moved = np.where(held, (values - np.expand_dims(value, -2)) ** 2, 0.0).sum(axis=-2)
    mse = np.maximum(variance - share * shift, 0) + share * moved
    return JackknifeError(mse, variance, without)


def _without_each(o: FloatArray, e: FloatArray) -> FloatArray:
    """Return the prior's variance with each unit left out, NaN at units that do not count."""
    left_out = np.eye(o.shape[-1], dtype=bool)
    others = (np.where(left_out, np.nan, np.expand_dims(part, -2)) for part in (o, e))
    return np.where(np.isnan(o), np.nan, prior_spread(*others))


def _posterior(o: FloatArray, e: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of a ratio under a prior of mean 1 and this variance."""
    weight = 1 + e * spread
    mean = (1 + o * spread) / weight
    return mean, spread * mean / weight
