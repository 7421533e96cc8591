"""The sums over those who still wait that a Cox model needs, for rows or for counted cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.waits.counts import IntArray


@dataclass(frozen=True, slots=True)
class RiskSets:
    """Rows of a Cox model, and on which of its days (T) each enters, leaves and is seen.

    A row is in the risk set of days ``first <= t < last``; ``ended`` is its day if it was seen,
    else T. ``tie_day`` and ``tie_share`` (E,) hold for each of the seen their day and which part
    of that day's seen is taken out of the risk set before them.
    """

    design: FloatArray
    count: FloatArray
    first: IntArray
    last: IntArray
    ended: IntArray
    tie_day: IntArray
    tie_share: FloatArray
    days: int

    def at(self, beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return log-likelihood, score and information at some coefficients."""
        eta = self.design @ beta
        hazard = self.count * np.exp(eta - eta.max())
        everybody, seen = self._over_sets(hazard), self._over_seen(hazard)
        rest = everybody[self.tie_day] - self.tie_share * seen[self.tie_day]
        a, b, aa, ab, bb = self._tie_sums(rest)
        weighed = hazard[:, np.newaxis] * self.design
        all_x, seen_x = self._over_sets(weighed), self._over_seen(weighed)
        died = np.where(self.ended < self.days, self.count, 0)
        likelihood = float(died @ (eta - eta.max()) - np.log(rest).sum())
        score = died @ self.design - a @ all_x + b @ seen_x
        # how often each row's own square is counted: over its days, less its share of its own
        often = np.concatenate([[0.0], np.cumsum(a)])
        own = np.concatenate([b, [0.0]])[self.ended]
        times = hazard * (often[self.last] - often[self.first] - own)
        square = (times[:, np.newaxis] * self.design).T @ self.design
        cross = (ab[:, np.newaxis] * all_x).T @ seen_x
        outer = (aa[:, np.newaxis] * all_x).T @ all_x + (bb[:, np.newaxis] * seen_x).T @ seen_x
        return likelihood, np.asarray(score), square - (outer - cross - cross.T)

    def _over_sets(self, values: FloatArray) -> FloatArray:
        """Return sums over the rows in each day's risk set (T, ...)."""
        leave = _summed(self.last, values, self.days + 1)
        enter = _summed(self.first, values, self.days + 1)
        # from the last day back: late sets are small, and must not be what a large sum leaves
        after = np.cumsum((leave - enter)[::-1], axis=0)[::-1]
        return np.asarray(after[1:], dtype=np.float64)

    def _over_seen(self, values: FloatArray) -> FloatArray:
        """Return sums over those seen on each day (T, ...)."""
        return _summed(self.ended, values, self.days + 1)[:-1]

    def _tie_sums(self, rest: FloatArray) -> tuple[FloatArray, ...]:
        """Return sums per day of 1, f, 1, f, f^2 over the seen; the last three by the square."""
        one, f = 1 / rest, self.tie_share / rest
        parts = (one, f, one * one, one * f, f * f)
        return tuple(_summed(self.tie_day, part, self.days) for part in parts)


def _summed(place: IntArray, values: FloatArray, size: int) -> FloatArray:
    if values.ndim == 1:
        return np.bincount(place, values, size).astype(np.float64)
    columns = [np.bincount(place, column, size) for column in values.T]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float64)


def risk_sets(
    days: FloatArray,
    seen: FloatArray,
    count: FloatArray,
    design: FloatArray,
    entry: FloatArray,
    stratum: IntArray,
    *,
    efron: bool,
) -> RiskSets:
    """Return the rows' places among the days on which anybody of their stratum was seen.

    Parameters
    ----------
    days, seen, count, entry, stratum
        Checked rows (m,); a NaN entry is none.
    design
        Columns (m, q), centred and scaled.
    efron
        Whether ties are taken Efron's way, else Breslow's.
    """
    # one line of time for all strata: each starts after the last day of the one before
    length = days.max() + 1
    start = stratum * length
    events = np.unique((start + days)[seen == 1])
    last = np.searchsorted(events, start + days, side="right")
    first = np.searchsorted(events, start, side="left")
    late = ~np.isnan(entry)
    began = np.searchsorted(events, start + np.where(late, entry, 0), side="right")
    first = np.where(late, began, first)
    ended = np.where(seen == 1, last - 1, events.size)
    tied = np.bincount(ended, count, events.size + 1)[:-1].astype(np.int64)
    tie_day = np.repeat(np.arange(events.size), tied)
    order = np.arange(tie_day.size) - np.repeat(np.cumsum(tied) - tied, tied)
    share = order / tied[tie_day] if efron else np.zeros(order.size)
    return RiskSets(design, count, first, last, ended, tie_day, share, events.size)
