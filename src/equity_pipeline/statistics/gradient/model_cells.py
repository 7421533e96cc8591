"""Cells of a model on rank and need, and the variance of what is computed from its fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.glm import GlmFit
from equity_pipeline.statistics.gradient.rank_error import Robust
from equity_pipeline.statistics.gradient.ranks import IntArray
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import labels, numbers

_WHERE = "model_index"


@dataclass(frozen=True, slots=True)
class ModelCells:
    """Cells with a denominator: means, weights, design (intercept, rank, need), clusters.

    ``within`` is the sum of squares of a cell's people about the cell's mean, or None where
    each cell is one observation.
    """

    mean: FloatArray
    weight: FloatArray
    design: FloatArray
    within: FloatArray | None
    cluster: IntArray | None
    n_clusters: int | None

    @property
    def n(self) -> float:
        """How many observations there are."""
        return float(len(self.weight) if self.within is None else self.weight.sum())

    def at(self, rank: float) -> FloatArray:
        """Return the design with everybody at one rank."""
        made = self.design.copy()
        made[:, 1] = rank
        return made

    def variance(
        self, fit: GlmFit, gradient: FloatArray, moved: FloatArray | None, error: Robust
    ) -> float:
        """Return the variance of a number computed from the fit.

        Parameters
        ----------
        fit, gradient
            The fit, and the number's derivatives by its coefficients (k,).
        moved
            How far each cell's people are from the mean that the number is (m,), where the
            population's need is a sample; else None.
        error
            How residuals are squared.
        """
        kept = fit.kept
        bread = np.linalg.inv(fit.information[np.ix_(kept, kept)])
        turned = bread @ gradient[kept]
        own = np.zeros_like(self.mean) if moved is None else moved / self.weight.sum()
        if error is Robust.MODEL:
            model = float(gradient[kept] @ turned) * self._dispersion(fit)
            return model + float((self._people() * (own * self._size()) ** 2).sum())
        factor = fit.family.factor(fit.mean) * (fit.design[:, kept] @ turned)
        away = self.mean - fit.mean
        total = self.weight * (own + factor * away)
        if self.cluster is not None:
            square = float((np.bincount(self.cluster, total) ** 2).sum())
        elif self.within is None:
            square = float((total**2).sum())
        else:
            # about each person: what the cell's people share, and their own distance from it
            square = float((self.weight * (own + factor * away) ** 2).sum())
            square += float((factor**2 * self.within).sum())
        return square * self._small_sample(int(kept.sum()), error)

    def _people(self) -> FloatArray:
        return np.ones_like(self.weight) if self.within is None else self.weight

    def _size(self) -> FloatArray:
        return self.weight if self.within is None else np.ones_like(self.weight)

    def _dispersion(self, fit: GlmFit) -> float:
        if self.within is None or fit.family.is_count:
            return fit.dispersion
        freedom = self.n - int(fit.kept.sum())
        square = self.within + self.weight * (self.mean - fit.mean) ** 2
        chi2 = float((square / fit.family.variance(fit.mean)).sum())
        return chi2 / freedom if freedom > 0 else float("nan")

    def _small_sample(self, columns: int, error: Robust) -> float:
        if error is Robust.HC0:
            return 1.0
        freedom = self.n - columns
        if self.n_clusters is None:
            return self.n / freedom if freedom > 0 else float("nan")
        if self.n_clusters < 2 or freedom <= 0:
            return float("nan")
        return self.n_clusters / (self.n_clusters - 1) * (self.n - 1) / freedom


def read_model_cells(
    s: ArrayLike,
    d: ArrayLike,
    rank: ArrayLike,
    need: ArrayLike | None,
    squares: ArrayLike | None,
    cluster: ArrayLike | None,
    family: Family,
    error: Robust,
) -> ModelCells:
    """Return checked cells; those without a denominator are left out.

    Examples
    --------
    >>> read_model_cells(
    ...     [1, 2], [4, 4], [0.25, 0.75], None, None, None, Family.BINOMIAL, Robust.HC1
    ... ).mean
    array([0.25, 0.5 ])
    """
    top, bottom, place = (numbers(a, where=_WHERE) for a in (s, d, rank))
    columns = np.zeros((len(top), 0)) if need is None else numbers(need, where=_WHERE)
    _check_shapes(top, bottom, place, columns)
    _check_numbers(top, bottom, place, columns, family)
    _check_error(error, clustered=cluster is not None)
    used = bottom > 0
    weight, sums = bottom[used], top[used]
    mean = sums / weight
    design = np.column_stack([np.ones(len(mean)), place[used], columns[used]])
    within = _within(squares, sums, mean, used, family)
    if cluster is None:
        return ModelCells(mean, weight, design, within, None, None)
    code = labels(cluster, where=_WHERE)[1]
    require(
        code.shape == top.shape,
        "The clusters do not go with the cells.",
        where=_WHERE,
        mend="give one code or name for each cell",
    )
    unique, code = labels(code[used], where=_WHERE)
    return ModelCells(mean, weight, design, within, code, len(unique))


def _within(
    squares: ArrayLike | None,
    sums: FloatArray,
    mean: FloatArray,
    used: NDArray[np.bool_],
    family: Family,
) -> FloatArray | None:
    if family.is_share:
        return np.asarray(sums * (1 - mean))
    if squares is None:
        return None
    every = numbers(squares, where=_WHERE)
    require(
        every.shape == used.shape and bool(np.isfinite(every).all()),
        "The sums of squares do not go with the cells, or some are missing.",
        where=_WHERE,
        mend="give one for each cell",
    )
    within = every[used] - sums * mean
    require(
        within >= -1e-9 * np.abs(every[used]),
        "A cell's sum of squares is too small for its sum.",
        where=_WHERE,
        mend="give the sum of the people's squared outcomes, at least s ** 2 / d",
    )
    return np.asarray(np.maximum(within, 0), dtype=np.float64)


def _check_shapes(s: FloatArray, d: FloatArray, rank: FloatArray, need: FloatArray) -> None:
    require(
        s.ndim == 1 and s.shape == d.shape == rank.shape == need.shape[:1] and need.ndim == 2,
        "The cells' arrays have different lengths.",
        where=_WHERE,
        mend="give 1-d arrays of one length m, and need columns of shape (m, q)",
    )


def _check_numbers(
    s: FloatArray, d: FloatArray, rank: FloatArray, need: FloatArray, family: Family
) -> None:
    finite = all(bool(np.isfinite(a).all()) for a in (s, d, rank, need))
    sound = finite and bool(((d >= 0) & ((d > 0) | (s == 0))).all()) and bool((d > 0).any())
    if family.is_count:
        sound = sound and bool((s >= 0).all())
    if family.is_share:
        sound = sound and bool((s <= d * (1 + 1e-9)).all())
    require(
        sound,
        "Cells hold missing or impossible numbers.",
        where=_WHERE,
        mend="give finite sums, d >= 0 and not all 0, s = 0 where d = 0, s <= d for shares",
    )
    require(
        bool(((rank >= 0) & (rank <= 1)).all()) and np.ptp(rank[d > 0]) > 0,
        "Ranks lie outside 0 to 1, or all are the same.",
        where=_WHERE,
        mend="give mid-ranks of the whole population, of at least two levels",
    )


def _check_error(error: Robust, *, clustered: bool) -> None:
    fits = error in (Robust.HC0, Robust.HC1) or (error is Robust.MODEL and not clustered)
    require(
        fits,
        f"The error {error} is not made {'for clusters' if clustered else 'here'}.",
        where=_WHERE,
        mend="give hc0 or hc1, or model without clusters",
    )
