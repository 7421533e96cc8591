"""Generalised linear models of rows or cells by reweighted least squares, with robust errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import labels, numbers, one_of
from equity_pipeline.statistics.reweighted import independent, information, reweighted

SmallSample = Literal["none", "hc1", "hc2", "hc3", "groups"]


@dataclass(frozen=True, slots=True)
class GlmFit:
    """A fitted model; its numbers are NaN where the fit did not settle.

    Attributes
    ----------
    family, design, offset, weight
        The model and what it was fitted to: (m, k), (m,), (m,).
    coefficients
        (k,); NaN for columns that depend on those before them, which are left out.
    covariance
        (k, k), as the model has it: the inverse information times the dispersion.
    information
        (k, k), expected, of dispersion 1.
    mean, residual
        (m,): fitted means, and ``weight * (y - mean) * slope / variance``, so that the score
        is ``design.T @ residual``.
    dispersion
        1 for BINOMIAL and POISSON; else Pearson's over rows.
    converged
        Whether a finite fit was found.
    """

    family: Family
    design: FloatArray
    offset: FloatArray
    weight: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    information: FloatArray
    mean: FloatArray
    residual: FloatArray
    dispersion: float
    converged: bool

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which columns have a coefficient, (k,)."""
        return np.isfinite(self.coefficients)

    def predict(self, design: ArrayLike, offset: ArrayLike = 0.0) -> FloatArray:
        """Return the means that the model gives other rows of the design."""
        rows = numbers(design, where="GlmFit.predict")
        if not self.converged:
            return np.full(rows.shape[:-1], np.nan)
        eta = rows[..., self.kept] @ self.coefficients[self.kept] + np.asarray(offset)
        return self.family.mean(eta)


def fit_glm(
    y: ArrayLike,
    design: ArrayLike,
    *,
    family: Family,
    weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> GlmFit:
    """Return the maximum-likelihood fit of a generalised linear model.

    Parameters
    ----------
    y
        Outcomes (m,): shares of 0 to 1 for BINOMIAL (logit link), not negative for POISSON
        (log), above 0 for GAMMA (log), any for GAUSSIAN (identity).
    design
        Columns (m, k), with the intercept among them.
    weight
        How many people the row is the mean of, or any weight that is not negative (m,).
    offset
        Added on the link scale (m,), such as the log of person-time.

    Returns
    -------
    GlmFit
        ``converged`` is False, and the numbers NaN, where no finite fit exists: columns that
        separate the outcomes, or nobody (or everybody) with the outcome.

    Raises
    ------
    MethodError
        If the arrays do not go together or hold numbers that the family cannot have.

    References
    ----------
    McCullagh P, Nelder JA (1989), Generalized Linear Models, 2nd ed., ch. 2.

    Examples
    --------
    >>> made = fit_glm([0.2, 0.5], [[1, 0], [1, 1]], family=Family.BINOMIAL, weight=[10, 10])
    >>> made.coefficients.round(3), bool(made.converged)
    (array([-1.386,  1.386]), True)
    """
    family = one_of(family, Family, where="fit_glm, family")
    Y, X, w, fixed = _read(y, design, weight, offset, family)
    kept = independent(X * np.sqrt(w)[:, np.newaxis])
    beta = reweighted(Y, X[:, kept], w, fixed, family)
    rows, columns = X.shape
    if beta is None:
        nothing, square = np.full(rows, np.nan), np.full((columns, columns), np.nan)
        empty = np.full(columns, np.nan)
        return GlmFit(family, X, fixed, w, empty, square, square, nothing, nothing, np.nan, False)
    mean = family.mean(X[:, kept] @ beta + fixed)
    expected = information(X[:, kept], w * family.slope(mean) * family.factor(mean))
    dispersion = _dispersion(Y, w, mean, len(beta), family)
    return GlmFit(
        family=family,
        design=X,
        offset=fixed,
        weight=w,
        coefficients=_spread(beta, kept),
        covariance=_spread(np.asarray(np.linalg.inv(expected)) * dispersion, kept),
        information=_spread(expected, kept),
        mean=mean,
        residual=w * (Y - mean) * family.factor(mean),
        dispersion=dispersion,
        converged=True,
    )


def sandwich(
    fit: GlmFit,
    *,
    cluster: ArrayLike | None = None,
    small_sample: SmallSample = "hc1",
    within: ArrayLike | None = None,
) -> FloatArray:
    """Return the coefficients' covariance (k, k) without trust in the model's variance.

    Parameters
    ----------
    fit
        From :func:`fit_glm`.
    cluster
        Codes or names (m,); the scores of a cluster's rows are summed before they are squared.
    small_sample
        ``none`` (HC0); ``hc1``: n / (n - k), with clusters G / (G - 1) (n - 1) / (n - k) as
        Stata; ``hc2``, ``hc3``: residuals over the root of, or over, 1 - leverage, for rows that
        are observations; ``groups``: G / (G - 1), or n / (n - 1) without clusters.
    within
        For rows that are cells of ``weight`` people: the sum of squares about the cell's own mean
        (m,), so that each person is an observation; for shares n y (1 - y).

    Raises
    ------
    MethodError
        If the arrays do not go together.

    References
    ----------
    White H (1980), doi:10.2307/1912934.
    Liang KY, Zeger SL (1986), doi:10.1093/biomet/73.1.13.

    Examples
    --------
    >>> made = fit_glm([1, 2, 4], [[1, 0], [1, 0], [1, 1]], family=Family.GAUSSIAN)
    >>> sandwich(made, small_sample="none").round(3)
    array([[ 0.125, -0.125],
           [-0.125,  0.125]])
    """
    inner = numbers(0.0 if within is None else within, where="sandwich, within")
    require(
        all(np.shape(a) == fit.mean.shape for a in (within, cluster) if a is not None)
        and bool((inner >= 0).all()),
        "Clusters or sums of squares do not go with the rows, or are missing or negative.",
        where="sandwich",
        mend="give one of each for each row of the fit",
    )
    if not fit.converged:
        return np.full(fit.covariance.shape, np.nan)
    kept = fit.kept
    X = fit.design[:, kept]
    used = fit.weight > 0
    bread = np.asarray(np.linalg.inv(fit.information[np.ix_(kept, kept)]), dtype=np.float64)
    n = float(fit.weight.sum()) if within is not None else float(used.sum())
    if cluster is not None:
        code = labels(cluster, where="sandwich, cluster")[1]
        sums = np.stack([np.bincount(code, fit.residual * c) for c in X.T], axis=1)
        meat = np.asarray(sums.T @ sums, dtype=np.float64)
        groups = float(len(np.unique(code[used])))
    else:
        weight = np.where(used, fit.weight, 1)
        people = inner * fit.family.factor(fit.mean) ** 2
        square = fit.residual**2 if within is None else fit.residual**2 / weight + people
        if small_sample in ("hc2", "hc3"):
            square = square * _own(fit, X, bread) ** (-1.0 if small_sample == "hc2" else -2.0)
        meat, groups = information(X, square), n
    clustered = cluster is not None
    factor = _small_sample(
        n,
        groups,
        X.shape[1],
        small_sample,
        clustered=clustered,
        summed=clustered or within is not None,
    )
    return _spread(bread @ meat @ bread * factor, kept)


def _own(fit: GlmFit, X: FloatArray, bread: FloatArray) -> FloatArray:
    """Return 1 - leverage of each row, NaN for a row that the fit goes through."""
    steep = fit.weight * fit.family.slope(fit.mean) * fit.family.factor(fit.mean)
    left = 1 - steep * ((X @ bread) * X).sum(axis=1)
    return np.where(left > 1e-12, left, np.nan)


def _small_sample(
    n: float, groups: float, columns: int, rule: SmallSample, *, clustered: bool, summed: bool
) -> float:
    require(
        rule in ("none", "hc1", "groups") or (rule in ("hc2", "hc3") and not summed),
        f"{rule} is no small-sample rule for these rows.",
        where="sandwich",
        mend="give none, hc1 or groups; hc2 or hc3 only for rows that are observations",
    )
    by_group = groups / (groups - 1) if groups > 1 else float("nan")
    freedom = n - columns
    if rule in ("none", "hc2", "hc3"):
        return 1.0
    if rule == "groups":
        return by_group
    if freedom <= 0:
        return float("nan")
    return by_group * (n - 1) / freedom if clustered else n / freedom


def _read(
    y: ArrayLike,
    design: ArrayLike,
    weight: ArrayLike | None,
    offset: ArrayLike | None,
    family: Family,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    Y, X = numbers(y, where="fit_glm"), numbers(design, where="fit_glm")
    w = np.ones(Y.shape) if weight is None else numbers(weight, where="fit_glm")
    fixed = np.zeros(Y.shape) if offset is None else numbers(offset, where="fit_glm")
    require(
        Y.ndim == 1 and X.ndim == 2 and {Y.shape, X.shape[:1], w.shape, fixed.shape} == {Y.shape},
        "The rows of the model's arrays do not go together.",
        where="fit_glm",
        mend="give outcomes, weights and offsets of shape (m,) and a design of shape (m, k)",
    )
    finite = all(bool(np.isfinite(a).all()) for a in (Y, X, w, fixed))
    require(
        finite and bool((w >= 0).all()) and bool((w > 0).any()),
        "The model's arrays hold missing numbers, or weights that are negative or all 0.",
        where="fit_glm",
        mend="leave out rows without a number, and give weights that are not negative",
    )
    require(
        _possible(Y[w > 0], family),
        f"Some outcomes cannot be of the family {family}.",
        where="fit_glm",
        mend="shares lie in 0 to 1, counts are not negative, amounts of GAMMA are above 0",
    )
    return Y, X, w, fixed


def _possible(y: FloatArray, family: Family) -> bool:
    if family is Family.GAMMA:
        return bool((y > 0).all())
    least = y.min() >= 0 or not family.is_count
    return bool(least and (y.max() <= 1 + 1e-9 or not family.is_share))


def _dispersion(
    y: FloatArray, w: FloatArray, mean: FloatArray, columns: int, family: Family
) -> float:
    if family.is_count:
        return 1.0
    freedom = int((w > 0).sum()) - columns
    chi2 = float((w * (y - mean) ** 2 / family.variance(mean)).sum())
    return chi2 / freedom if freedom > 0 else float("nan")


def _spread(numbers: FloatArray, kept: NDArray[np.bool_]) -> FloatArray:
    """Return numbers of the kept columns among NaN for the others."""
    made = np.full((len(kept),) * numbers.ndim, np.nan)
    made[np.ix_(*[kept] * numbers.ndim)] = numbers
    return made
