"""What need alone would give each person: a model of need and the rest, the rest at its mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.horizontal.determinants import Determinants, read_determinants
from equity_pipeline.statistics.horizontal.redrawn import Ranking, concentration_of
from equity_pipeline.statistics.reading import numbers, one_of
from equity_pipeline.statistics.refits import Model, Refits, refit
from equity_pipeline.statistics.reweighted import independent


@dataclass(frozen=True, slots=True)
class NeedModel:
    """The rows with their design - intercept, ``needs`` columns, others - and their order."""

    rows: Determinants
    X: FloatArray
    needs: int
    model: Model
    ranking: Ranking

    def fitted(self, weight: FloatArray, start: Refits | None = None) -> Refits:
        """Return the fits with weights (B, m)."""
        return refit(self.X, self.rows.y, weight, self.model, start)


def indices(known: NeedModel, fits: Refits, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the four indices (B, 4) and the expectations (B, m) of fits with weights (B, m)."""
    y, cut = known.rows.y, 1 + known.needs
    total = weight.sum(axis=1, keepdims=True)
    at_mean = ((weight @ known.X[:, cut:] / total) * fits.beta[:, cut:]).sum(axis=1)
    eta = fits.beta[:, :cut] @ known.X[:, :cut].T
    expected = known.model.mean(eta + at_mean[:, np.newaxis])
    level = (weight * expected).sum(axis=1, keepdims=True) / total
    ranks = known.ranking.mid(weight)
    index = concentration_of(y, ranks, weight)
    of_need = concentration_of(expected, ranks, weight)
    standardised = concentration_of(y - expected + level, ranks, weight)
    return np.column_stack([index, of_need, index - of_need, standardised]), expected


def read_need_model(
    y: ArrayLike,
    rank: ArrayLike,
    need: ArrayLike,
    non_need: ArrayLike,
    people: ArrayLike | None,
    weight: ArrayLike | None,
    cluster: ArrayLike | None,
    model: Model,
) -> NeedModel:
    """Return the checked rows; columns that repeat those before them are left out."""
    where = "horizontal_inequity"
    model = one_of(model, Model, where=f"{where}, model")
    needs, others = numbers(need, where=where), numbers(non_need, where=where)
    require(
        needs.ndim == others.ndim == 2 and len(needs) == len(others),
        "Need and non-need are not columns of the same rows.",
        where=where,
        mend="give need of shape (m, p) and non_need of (m, q); p or q may be 0",
    )
    columns = np.hstack([needs, others])
    rows = read_determinants(y, rank, columns, people, weight, cluster, where=where)
    require(
        _possible(rows.y, model),
        f"Some outcomes cannot be of the model {model}.",
        where=where,
        mend="shares lie between 0 and 1, counts are not negative, GAMMA amounts are above 0",
    )
    X = _scaled(rows.columns, rows.mass)
    kept = independent(X * np.sqrt(rows.mass)[:, np.newaxis])
    cut = 1 + needs.shape[1]
    return NeedModel(rows, X[:, kept], int(kept[1:cut].sum()), model, Ranking.of(rows.rank))


def _possible(y: FloatArray, model: Model) -> bool:
    if model is Model.LINEAR:
        return True
    if model is Model.GAMMA:
        return bool(y.min() > 0)
    return bool(y.min() >= 0 and (not model.is_share or y.max() <= 1))


def _scaled(columns: FloatArray, mass: FloatArray) -> FloatArray:
    """Return an intercept and the columns about their means in units of their spread."""
    apart = columns - mass @ columns / mass.sum()
    spread = np.sqrt(mass @ apart**2 / mass.sum())
    return np.hstack([np.ones((len(columns), 1)), apart / np.where(spread > 0, spread, 1)])
