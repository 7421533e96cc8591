"""Whether one need model serves every group: observed beside predicted, level by level."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    divide,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.need.adjusters import refuse_adjusters
from equity_pipeline.statistics.need.cells import compress, read_cells
from equity_pipeline.statistics.need.design import Design, IntArray
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import fit
from equity_pipeline.statistics.need.influence import (
    cluster_scores,
    dispersion,
    sums_by_group,
)
from equity_pipeline.statistics.need.options import Dispersion
from equity_pipeline.statistics.need.population import Population, every_level, population
from equity_pipeline.statistics.need.slopes import calibration_slopes
from equity_pipeline.statistics.reading import numbers, one_of


@dataclass(frozen=True, slots=True)
class Calibration:
    """How well a need model fits each level, overall and by band of need.

    Attributes
    ----------
    band
        Band of need of each cell that was given (m,), 0 the least; -1 for cells left out.
    n
        Denominators of level and band (L, B).
    observed, predicted
        Outcome per denominator (L, B); NaN where there is nobody.
    gap
        Observed minus predicted (L, B), with errors that know that the model was fitted.
    in_the_large
        The same for each level as a whole (L,): 0 by construction for canonical links.
    slope
        Of each level's outcomes on its own predictions on the link scale (L,): 1 where need
        matters as much in this level as in all; errors by cluster take predictions as given.
    chi2, df, p
        Hosmer and Lemeshow's sum over bands for each level (L,), its freedom (bands less one)
        and p value; it takes people as independent.
    converged
        Whether the model settled; if not, all numbers are NaN.
    """

    band: IntArray
    n: FloatArray
    observed: FloatArray
    predicted: FloatArray
    gap: Estimate
    in_the_large: Estimate
    slope: Estimate
    chi2: FloatArray
    df: FloatArray
    p: FloatArray
    converged: bool


def calibration(
    s: ArrayLike,
    d: ArrayLike,
    level: ArrayLike,
    design: Design,
    cluster: ArrayLike,
    *,
    n_levels: int,
    family: Family,
    bands: int = 5,
    names: Sequence[str] | None = None,
    stratum: str = "",
    by_level: Collection[str] = (),
    confidence: float = 0.95,
) -> Calibration:
    """Return observed beside predicted outcomes of each level in bands of need.

    Parameters
    ----------
    s, d, level, design, cluster, n_levels, family, names, stratum, by_level
        As in :func:`marginal_standardisation`.
    bands
        How many bands of equal population the need patterns are cut into, by the outcome that
        is predicted for them at the population's mix of levels.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    MethodError
        If the arrays do not go together or hold impossible counts, or there are no bands.

    References
    ----------
    Cox DR (1958), Biometrika 45:562-565 (slope).
    Hosmer DW, Lemeshow S (1980), doi:10.1080/03610928008827941.

    Examples
    --------
    >>> made = calibration(
    ...     s=[2, 6, 4, 5], d=[10, 10, 10, 10], level=[0, 0, 1, 1], design=[[0], [1], [0], [1]],
    ...     cluster=[0, 1, 0, 1], n_levels=2, family=Family.BINOMIAL, bands=2,
    ... )
    >>> (made.observed - made.predicted).round(3)
    array([[-0.077,  0.077],
           [ 0.077, -0.077]])
    """
    require(
        bands >= 1,
        f"{bands} is no number of bands.",
        where="calibration",
        mend="give one band or more",
    )
    family = one_of(family, Family, where="calibration, family")
    cells = read_cells(s, d, level, design, cluster, n_levels, None, family, names)
    refuse_adjusters([v.name for v in cells.variables], stratum=stratum)
    patterns = compress(cells, by_level)
    fitted = fit(patterns, family, by_level)
    used = numbers(d, where="calibration") > 0
    if fitted is None:
        return _nothing(len(used), n_levels, bands)
    of = population(patterns, fitted)
    band = _bands(of, bands)[patterns.of_cell]
    every = np.full(len(used), -1, dtype=np.int64)
    every[used] = band
    n, observed, predicted, gap = _table(of, band, bands, confidence)
    whole = _table(of, np.zeros_like(band), 1, confidence)[3]
    chi2, df = _hosmer_lemeshow(of, n, observed, predicted)
    return Calibration(
        band=every,
        n=n,
        observed=observed,
        predicted=predicted,
        gap=gap,
        in_the_large=_first(whole),
        slope=calibration_slopes(of, confidence=confidence),
        chi2=chi2,
        df=df,
        p=np.asarray(chdtrc(df, chi2)),
        converged=True,
    )


def _first(table: Estimate) -> Estimate:
    at = np.s_[:, 0]
    value, lower, upper = table.value[at], table.lower[at], table.upper[at]
    return Estimate(value, lower, upper, table.standard_error[at], table.method)


def _bands(of: Population, bands: int) -> IntArray:
    """Return the band of each need pattern: equal shares of the population by predicted outcome."""
    patterns, fitted = of.patterns, of.fitted
    sizes = patterns.level_sums()[1][fitted.position >= 0]
    risk = of.prediction @ (sizes / sizes.sum())
    order = np.argsort(risk, kind="stable")
    _, first, tied = np.unique(risk[order].round(12), return_index=True, return_inverse=True)
    mass = np.add.reduceat(patterns.share[order], first)
    middle = np.cumsum(mass) - mass / 2
    made = np.empty(len(risk), dtype=np.int64)
    made[order] = np.clip(np.floor(middle * bands), 0, bands - 1).astype(np.int64)[tied]
    return made


def _table(
    of: Population, band: IntArray, bands: int, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray, Estimate]:
    """Return denominators, observed, predicted and their gap (L, B)."""
    patterns, fitted, cells = of.patterns, of.fitted, of.patterns.cells
    k = fitted.levels
    fits = fitted.position[cells.level] >= 0
    place = of.left.level * bands + band
    size = k * bands
    own = cells.d * fits
    n = np.bincount(place, own, size).astype(np.float64)
    top = np.bincount(place, cells.s * fits, size)
    mean = of.prediction.ravel()[patterns.of_cell * k + of.left.level]
    under = np.bincount(place, own * mean, size)
    error = _gap_error(of, place, size, n, own, mean)
    shape = (k, bands)
    observed, predicted = divide(top, n).reshape(shape), divide(under, n).reshape(shape)
    value, spread = _all(of, observed - predicted), _all(of, error.reshape(shape))
    gap = normal_estimate(value, spread, confidence=confidence, method="observed_less_predicted")
    return _all(of, n.reshape(shape)), _all(of, observed), _all(of, predicted), gap


def _gap_error(
    of: Population, place: IntArray, size: int, n: FloatArray, own: FloatArray, mean: FloatArray
) -> FloatArray:
    """Return the gaps' standard errors by cluster, the model's own error in them."""
    patterns, fitted, cells = of.patterns, of.fitted, of.patterns.cells
    groups = cells.n_clusters
    if groups < 2:
        return np.full(size, np.nan)
    left = np.where(own > 0, cells.s - cells.d * mean, 0.0)
    direct = np.bincount(cells.cluster * size + place, left, groups * size).reshape(groups, size)
    slope = sums_by_group(
        patterns, fitted, of.left.level, own * fitted.family.slope(mean), place, size
    )
    scores = cluster_scores(patterns, fitted, of.left)
    pull = direct - scores @ np.linalg.solve(fitted.observed, slope.T)
    error = np.sqrt((pull**2).sum(axis=0) * groups / (groups - 1))
    # what is 0 by construction leaves nothing but rounding
    return divide(np.where(error > 1e-9 * np.sqrt((direct**2).sum(axis=0)), error, 0.0), n)


def _hosmer_lemeshow(
    of: Population, n: FloatArray, observed: FloatArray, predicted: FloatArray
) -> tuple[FloatArray, FloatArray]:
    family = of.fitted.family
    size = dispersion(family, of.left, len(of.fitted.coefficients), Dispersion.FAMILY)
    parts = n * (observed - predicted) ** 2 / (family.variance(predicted) * size)
    filled = n > 0
    df = np.where(np.isfinite(n).all(axis=1), filled.sum(axis=1) - 1.0, np.nan)
    df = np.where(df > 0, df, np.nan)
    return np.where(np.isnan(df), np.nan, np.nansum(parts, axis=1)), df


def _all(of: Population, table: FloatArray) -> FloatArray:
    """Return a table of kept levels (K, B) as one of all levels (L, B), NaN for the others."""
    columns = [every_level(of.fitted, c, of.patterns.cells.n_levels) for c in table.T]
    return np.stack(columns, axis=1)


def _nothing(cells: int, n_levels: int, bands: int) -> Calibration:
    table, one = np.full((n_levels, bands), np.nan), np.full(n_levels, np.nan)
    nothing = [Estimate(x, x, x, x, "not_converged") for x in (table, one)]
    none = np.full(cells, -1, dtype=np.int64)
    return Calibration(
        none, table, table, table, nothing[0], nothing[1], nothing[1], one, one, one, False
    )
