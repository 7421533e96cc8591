"""Need-adjusted values of many groupings at once: the models of a table are fitted side by side.

The models of one indicator differ in how people are grouped and in the period, never in their
need. Ages, sexes and classes of morbidity make one small grid of patterns; all models are
reweighted on it together, each until it settles by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import (
    BoolArray,
    FloatArray,
    log_estimate,
    logit_estimate,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.need.adjusters import refuse_adjusters
from equity_pipeline.statistics.need.cells import Cells, read_cells
from equity_pipeline.statistics.need.design import IntArray, NeedVariable
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.grid import Fits, Grid, fit_grids
from equity_pipeline.statistics.need.standardisation import marginal_standardisation
from equity_pipeline.statistics.reading import codes, one_of

LARGEST_TABLE = 2_000_000  # places in a table of models by clusters by patterns
_LIMITS = {
    Family.BINOMIAL: logit_estimate,
    Family.POISSON: log_estimate,
    Family.GAMMA: log_estimate,
    Family.GAUSSIAN: normal_estimate,
}


@dataclass(frozen=True, slots=True)
class ManyStandardised:
    """Values (M, L) of the levels of M models at everybody's need, as in ``Standardised``.

    ``covariance`` is (M, L, L), ``method`` and ``converged`` are (M,).
    """

    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    covariance: FloatArray
    method: NDArray[np.object_]
    converged: BoolArray


def marginal_standardisations(
    s: ArrayLike,
    d: ArrayLike,
    model: ArrayLike,
    level: ArrayLike,
    design: Sequence[NeedVariable],
    cluster: ArrayLike,
    *,
    n_levels: int,
    family: Family,
    strata: Sequence[str],
) -> ManyStandardised:
    """Return what ``marginal_standardisation`` gives for each of many models.

    Parameters
    ----------
    s, d, level, cluster, family
        As in :func:`marginal_standardisation`; cells of all models one after another (m,).
    model
        Model number of the cell (m,), 0 to ``len(strata) - 1``.
    design
        Need variables with few codes; columns that do not vary in a model are left out of it.
    n_levels
        How many levels the model with most levels has, L.
    strata
        What the levels of each model are of: a need variable is never of its own strata.

    Raises
    ------
    MethodError
        If the arrays do not go together or hold impossible counts, or if a need variable is one
        that is never adjusted for.

    References
    ----------
    Lane PW, Nelder JA (1982), Biometrics 38:613-621.

    Examples
    --------
    >>> age = NeedVariable.categorical("age", [0, 1, 0, 1] * 2, n_codes=2)
    >>> both = marginal_standardisations(
    ...     s=[8, 18, 4, 9, 4, 9, 8, 18], d=[10, 30, 10, 30] * 2, model=[0] * 4 + [1] * 4,
    ...     level=[0, 0, 1, 1] * 2, design=[age], cluster=[0, 1] * 4, n_levels=2,
    ...     family=Family.GAUSSIAN, strata=["income_quintile", "education"],
    ... )
    >>> both.value.round(3).tolist()
    [[0.65, 0.325], [0.325, 0.65]]
    """
    family = one_of(family, Family, where="marginal_standardisations, family")
    for stratum in dict.fromkeys(strata):
        refuse_adjusters([variable.name for variable in design], stratum=stratum)
    number, place = codes(model, where="model"), codes(level, where="level")
    require(
        len(number) == len(place),
        "The models and the levels are not of the same cells.",
        where="marginal_standardisations",
        mend="give each cell a model and a level",
    )
    require(
        bool(((place >= 0) & (place < n_levels)).all()),
        "A level does not exist.",
        where="marginal_standardisations",
        mend="give levels from 0 to n_levels - 1",
    )
    joint = number * n_levels + place
    cells = read_cells(s, d, joint, tuple(design), cluster, len(strata) * n_levels, None, family)
    made = _Models(_sorted(cells), len(strata), n_levels, family)
    return made.standardised(strata)


def _sorted(cells: Cells) -> Cells:
    """Return the cells in the order of their models."""
    if not (np.diff(cells.level) < 0).any():
        return cells
    order = np.argsort(cells.level, kind="stable")
    variables = tuple(NeedVariable(v.name, v.code[order], v.basis) for v in cells.variables)
    s, d, level = cells.s[order], cells.d[order], cells.level[order]
    cluster, weight = cells.cluster[order], cells.weight[order]
    return Cells(s, d, level, variables, cluster, weight, cells.n_levels, cells.n_clusters)


class _Models:
    """The cells of M models in order, on their grid of need patterns."""

    def __init__(self, cells: Cells, models: int, levels: int, family: Family) -> None:
        self.cells, self.models, self.levels, self.family = cells, models, levels, family
        self.model, self.level = np.divmod(cells.level, levels)
        self.start = np.searchsorted(self.model, np.arange(models + 1))
        self.grid, self.pattern = Grid.of(cells, models, levels)

    def standardised(self, strata: Sequence[str]) -> ManyStandardised:
        """Return every model's values; a model in one cluster alone is made by itself."""
        fits = fit_grids(self.grid, self.family)
        share = self.grid.share
        prediction = fits.predict()
        value = np.where(fits.held, (share[:, np.newaxis] @ prediction)[:, 0], np.nan)
        clusters = self._clusters()
        covariance = self._covariance(fits, prediction, value, clusters)
        made = self._made(value, covariance, fits.settled)
        for number in np.flatnonzero(fits.settled & (clusters < 2)).tolist():
            self._by_itself(made, number, strata[number])
        return made

    def _made(
        self, value: FloatArray, covariance: FloatArray, settled: BoolArray
    ) -> ManyStandardised:
        own = np.diagonal(covariance, axis1=1, axis2=2)
        # a level that only one cluster has is fitted exactly: nothing but rounding is left
        error = np.sqrt(np.where(own > 1e-24 * value**2, own, np.nan))
        limits = _LIMITS[self.family](value, error, confidence=0.95, method="")
        told = np.where(settled, f"marginal_{self.family}_cluster", "not_converged")
        return ManyStandardised(
            value, limits.lower, limits.upper, covariance, told.astype(object), settled
        )

    def _clusters(self) -> IntArray:
        """Return how many clusters each model has (M,)."""
        pairs = self.model * self.cells.n_clusters + self.cells.cluster
        seen = np.bincount(pairs, minlength=self.models * self.cells.n_clusters) > 0
        return np.asarray(seen.reshape(self.models, -1).sum(axis=1), dtype=np.int64)

    def _covariance(
        self, fits: Fits, prediction: FloatArray, value: FloatArray, clusters: IntArray
    ) -> FloatArray:
        """Return the covariance of the values (M, L, L) from each cluster's pull on them."""
        through_fit = fits.through_fit(self.grid.share, prediction)
        distance = np.where(fits.held[:, np.newaxis], prediction - value[:, np.newaxis], 0.0)
        score = self._scores(fits, prediction)
        made = np.full((self.models, self.levels, self.levels), np.nan)
        step = max(1, LARGEST_TABLE // max(1, self.cells.n_clusters * self.grid.patterns))
        for first in range(0, self.models, step):
            some = slice(first, min(first + step, self.models))
            pull = self._pull(some, score, fits, through_fit[some], distance[some])
            made[some] = pull.transpose(0, 2, 1) @ pull
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(clusters > 1, clusters / (clusters - 1), np.nan)
        known = fits.held & fits.settled[:, np.newaxis]
        both = known[:, :, np.newaxis] & known[:, np.newaxis]
        return np.where(both, made * factor[:, np.newaxis, np.newaxis], np.nan)

    def _scores(self, fits: Fits, prediction: FloatArray) -> FloatArray:
        """Return the cells' score residuals; 0 where the level has no effect."""
        mean = prediction[self.model, self.pattern, self.level]
        used = fits.held[self.model, self.level]
        left = (self.cells.s - self.cells.d * mean) * self.family.factor(mean)
        return np.where(used, left, 0.0)

    def _pull(
        self,
        some: slice,
        score: FloatArray,
        fits: Fits,
        through_fit: FloatArray,
        distance: FloatArray,
    ) -> FloatArray:
        """Return how each cluster moves the values of some models, (some, G, L)."""
        rows = slice(self.start[some.start], self.start[some.stop])
        groups, patterns = self.cells.n_clusters, self.grid.patterns
        group = (self.model[rows] - some.start) * groups + self.cells.cluster[rows]
        size = (some.stop - some.start) * groups

        def table(code: IntArray, width: int, numbers: FloatArray) -> FloatArray:
            made = np.bincount(group * width + code[rows], numbers[rows], size * width)
            return made.astype(np.float64).reshape(-1, groups, width)

        share = self.cells.weight / self.grid.total[self.model]
        return np.asarray(
            table(self.level, self.levels, score) @ through_fit[:, : self.levels]
            + table(self.pattern, patterns, score)
            @ (fits.basis[some] @ through_fit[:, self.levels :])
            + table(self.pattern, patterns, share) @ distance
        )

    def _by_itself(self, made: ManyStandardised, number: int, stratum: str) -> None:
        rows = slice(self.start[number], self.start[number + 1])
        cells = self.cells
        one = marginal_standardisation(
            cells.s[rows],
            cells.d[rows],
            self.level[rows],
            [NeedVariable(v.name, v.code[rows], v.basis) for v in cells.variables],
            cells.cluster[rows],
            n_levels=self.levels,
            family=self.family,
            stratum=stratum,
        )
        made.value[number], made.lower[number], made.upper[number] = one.value, one.lower, one.upper
        made.covariance[number], made.method[number] = one.covariance, one.method
