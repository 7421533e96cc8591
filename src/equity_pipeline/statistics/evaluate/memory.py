"""A series of values whose errors remember the one before."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from equity_pipeline.statistics.estimate import FloatArray, require, student_estimate
from equity_pipeline.statistics.evaluate.panel import freedom, least_squares
from equity_pipeline.statistics.evaluate.series import Series, told_of
from equity_pipeline.statistics.reading import IntArray, numbers


def remembering_series(
    values: ArrayLike,
    design: ArrayLike,
    *,
    time: ArrayLike | None = None,
    restricted: bool = True,
    confidence: float = 0.95,
) -> Series:
    """Return the coefficients of a series of values whose errors remember the one before.

    Generalised least squares with first-order autoregressive errors; the memory is found by
    likelihood along its profile. Standard errors carry the factor n / (n - k).

    Parameters
    ----------
    values, design, confidence
        As in :func:`value_series`; with ``time`` in any order.
    time
        When each point was, in whole steps (n,): a point that is left out is a step of two.
        Without it the points follow each other evenly.
    restricted
        Whether the likelihood allows for the fitted coefficients (REML); plain maximum
        likelihood finds too little memory, and too narrow limits, in short series.

    Raises
    ------
    MethodError
        If a value is missing, columns depend on each other, two points have one time, or a step
        is not whole.

    References
    ----------
    Pinheiro JC, Bates DM (2000), Mixed-effects models in S and S-PLUS, chapter 5.

    Examples
    --------
    >>> from equity_pipeline.statistics.evaluate import segments
    >>> wave = [0.1, -0.1, 0.2, 0.1, -0.2, -0.1, 0.1, 0.2]
    >>> made = remembering_series([t + w for t, w in enumerate(wave)], segments(range(8), 4)[:, :2])
    >>> made.coefficients.value.round(2), -1 < made.memory < 1
    (array([0.02, 1.01]), True)
    """
    where = "remembering_series"
    y, columns = numbers(values, where=where), numbers(design, where=where)
    plain = least_squares(y, columns)  # refuses what cannot be fitted
    require(
        float((plain.residual**2).sum()) > 1e-24 * float((y**2).sum()),
        "The values lie on the columns exactly: there are no errors that could remember.",
        where=where,
        mend="give fewer columns, or values that vary about them",
    )
    n, k = columns.shape
    order, steps = _steps(n, time, where)
    y, columns = y[order], columns[order]

    def unlikely(memory: float) -> float:
        fitted = least_squares(*_whitened(y, columns, memory, steps))
        least = float((fitted.residual**2).sum())
        spent = k if restricted else 0
        lost = np.linalg.slogdet(fitted.information)[1] if restricted else 0.0
        new = float(np.log(1 - memory ** (2 * steps)).sum())
        return float((n - spent) * np.log(least) + new + lost)

    found = minimize_scalar(
        unlikely, bounds=(-0.999, 0.999), method="bounded", options={"xatol": 1e-9}
    )
    memory = float(found.x)
    fitted = least_squares(*_whitened(y, columns, memory, steps))
    covariance, method = fitted.covariance, "ar1_reml" if restricted else "ar1_ml"
    error = np.sqrt(np.diag(covariance))
    made = student_estimate(
        fitted.coefficients, error, freedom(fitted), confidence=confidence, method=method
    )
    return Series(told_of(made, n), covariance, fitted.dispersion, memory)


def _steps(n: int, time: ArrayLike | None, where: str) -> tuple[IntArray, FloatArray]:
    """Return the order of the points in time, and the steps between them (n - 1,)."""
    when = np.arange(n) if time is None else numbers(time, where=where)
    require(
        when.shape == (n,) and bool(np.isfinite(when).all()),
        "The points have no time each.",
        where=where,
        mend="give one time per point",
    )
    order = np.argsort(when, kind="stable")
    steps = np.diff(when[order])
    require(
        bool(((steps > 0) & (steps % 1 == 0)).all()),
        "Two points have one time, or a step between points is not whole.",
        where=where,
        mend="number months, or whatever the points are, by whole numbers",
    )
    return order, steps


def _whitened(
    y: FloatArray, design: FloatArray, memory: float, steps: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return outcome and design with the memory taken out, scaled to one error variance."""
    both = np.column_stack([y, design])
    kept = (memory**steps)[:, np.newaxis]
    made = both.copy()
    made[1:] = (both[1:] - kept * both[:-1]) / np.sqrt(1 - kept**2)
    return made[:, 0], made[:, 1:]
