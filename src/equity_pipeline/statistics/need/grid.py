"""Need models of one kind on a common grid of patterns, all reweighted together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from equity_pipeline.statistics.estimate import BoolArray, FloatArray
from equity_pipeline.statistics.need.cells import Cells
from equity_pipeline.statistics.need.design import IntArray
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import (
    DEPENDENT,
    ITERATIONS,
    SETTLED,
    SETTLED_BY_NEWTON,
    independent,
)


@dataclass(frozen=True, slots=True)
class Grid:
    """Sums of M models by level and need pattern (M, L, P), and what patterns stand for (P, q).

    ``share`` is each pattern's share of the model's population (M, P), ``total`` its size (M,).
    """

    s: FloatArray
    d: FloatArray
    basis: FloatArray
    share: FloatArray
    total: FloatArray

    @property
    def patterns(self) -> int:
        """How many patterns there are, P."""
        return len(self.basis)

    @classmethod
    def of(cls, cells: Cells, models: int, levels: int) -> tuple[Grid, IntArray]:
        """Return the grid of cells whose level is ``model * levels + level``, and their pattern."""
        sizes = [len(variable.basis) for variable in cells.variables]
        pattern = np.zeros(len(cells.s), dtype=np.int64)
        for variable, size in zip(cells.variables, sizes, strict=True):
            pattern = pattern * size + variable.code
        patterns = int(np.prod(sizes, dtype=np.int64))
        each = np.indices(sizes).reshape(len(sizes), patterns)
        columns = [v.basis[code] for v, code in zip(cells.variables, each, strict=True)]
        shape = (models, levels, patterns)
        s, d = (
            np.bincount(cells.level * patterns + pattern, x, models * levels * patterns)
            .astype(np.float64)
            .reshape(shape)
            for x in (cells.s, cells.d)
        )
        mass = d.sum(axis=1)
        total = mass.sum(axis=1)
        share = mass / np.where(total > 0, total, 1)[:, np.newaxis]
        return cls(s, d, np.hstack([np.zeros((patterns, 0)), *columns]), share, total), pattern


@dataclass(frozen=True, slots=True)
class Fits:
    """Fits of M models: levels with an effect (M, L), scaled columns (M, P, q), coefficients.

    Columns that a model leaves out are 0. ``observed`` is the information (M, p, p), with 1 on
    the diagonal of what is left out; ``settled`` says which models have a finite fit (M,).
    """

    family: Family
    held: BoolArray
    basis: FloatArray
    coefficients: FloatArray
    observed: FloatArray
    settled: BoolArray

    def predict(self) -> FloatArray:
        """Return the mean outcome of each pattern at each level (M, P, L); NaN without a fit."""
        levels = self.held.shape[1]
        own = self.basis @ self.coefficients[:, levels:, np.newaxis]
        mean = self.family.mean(own + self.coefficients[:, np.newaxis, :levels])
        return np.where(self.settled[:, np.newaxis, np.newaxis], mean, np.nan)

    def through_fit(self, share: FloatArray, prediction: FloatArray) -> FloatArray:
        """Return how each score moves the population's values through the fit, (M, p, L)."""
        slope = share[:, :, np.newaxis] * self.family.slope(prediction)
        slope = np.where(self.held[:, np.newaxis], slope, 0.0)
        levels = self.held.shape[1]
        gradient = np.concatenate(
            [
                slope.sum(axis=1)[:, np.newaxis] * np.eye(levels),
                self.basis.transpose(0, 2, 1) @ slope,
            ],
            axis=1,
        )
        return _solved(self.observed, np.where(np.isnan(gradient), 0.0, gradient))


def fit_grids(grid: Grid, family: Family) -> Fits:
    """Return the fits of all models of a grid."""
    side = _Side.of(grid, family)
    coefficients, settled = side.reweighted()
    with np.errstate(all="ignore"):
        mean = family.mean(side.predict(coefficients))
        weight = side.d * family.weight(mean) if family.is_canonical else side.s / mean
    observed = side.information(np.where(side.d > 0, weight, 0.0))
    # without an inverse the covariance would not exist
    solved = _solved(observed, coefficients[..., np.newaxis])
    settled &= np.isfinite(solved).all(axis=(1, 2))
    observed[~settled] = np.eye(observed.shape[-1])
    return Fits(family, side.held, side.basis, coefficients, observed, settled)


def _estimable(grid: Grid, family: Family) -> BoolArray:
    """Return the levels that have a finite coefficient of their own (M, L)."""
    s, d = grid.s.sum(axis=2), grid.d.sum(axis=2)
    if family is Family.GAUSSIAN:
        return np.asarray(d > 0)
    some = (d > 0) & (s > 0)
    return np.asarray(some & (s < d * (1 - 1e-12)) if family.is_share else some)


@dataclass(frozen=True, slots=True)
class _Side:
    """Models side by side: their columns, each model's own scaled and independent ones."""

    family: Family
    held: BoolArray
    s: FloatArray
    d: FloatArray
    total: FloatArray
    basis: FloatArray
    free: BoolArray

    @classmethod
    def of(cls, grid: Grid, family: Family) -> _Side:
        """Return the models of a grid, their levels and columns without an effect left out."""
        held = _estimable(grid, family)
        used = (grid.d > 0) & held[:, :, np.newaxis]
        s, d = np.where(used, grid.s, 0.0), np.where(used, grid.d, 0.0)
        total = d.sum(axis=(1, 2))
        share = d / np.where(total > 0, total, 1)[:, np.newaxis, np.newaxis]
        basis = _scaled(grid.basis, share.sum(axis=1))
        columns = np.ones((len(d), basis.shape[2]), bool)
        every = cls(family, held, s, d, total, basis, np.concatenate([held, columns], axis=1))
        columns = every._independent(every.information(share))
        free = np.concatenate([held, columns], axis=1)
        return replace(every, basis=basis * columns[:, np.newaxis], free=free)

    @property
    def levels(self) -> int:
        """How many levels the largest model has, L."""
        return int(self.held.shape[1])

    def _independent(self, gram: FloatArray) -> BoolArray:
        """Return which columns of each model vary beyond its levels and each other, (M, q)."""
        k, made = self.levels, np.zeros((len(gram), gram.shape[1] - self.levels), bool)
        for number in np.flatnonzero(self.total > 0):
            at = np.r_[np.flatnonzero(self.held[number]), np.arange(k, gram.shape[1])]
            first = int(self.held[number].sum())
            made[number] = independent(gram[number][np.ix_(at, at)], first)
        return made

    def information(self, weight: FloatArray) -> FloatArray:
        """Return the sums of weight (M, L, P) times the columns' products, (M, p, p)."""
        k, columns = self.levels, self.basis.transpose(0, 2, 1)
        made = np.zeros((len(weight), k + columns.shape[1], k + columns.shape[1]))
        made[:, np.arange(k), np.arange(k)] = weight.sum(axis=2)
        made[:, :k, k:] = weight @ self.basis
        made[:, k:, :k] = made[:, :k, k:].transpose(0, 2, 1)
        made[:, k:, k:] = columns @ (weight.sum(axis=1)[:, :, np.newaxis] * self.basis)
        every = np.arange(made.shape[1])
        made[:, every, every] += ~self.free
        return made

    def predict(self, coefficients: FloatArray) -> FloatArray:
        """Return the columns times coefficients (M, L, P)."""
        own = (self.basis @ coefficients[:, self.levels :, np.newaxis])[..., 0]
        return coefficients[:, : self.levels, np.newaxis] + own[:, np.newaxis]

    def some(self, at: IntArray) -> _Side:
        """Return some of the models."""
        names = ("held", "s", "d", "total", "basis", "free")
        return _Side(self.family, *(getattr(self, name)[at] for name in names))

    def reweighted(self) -> tuple[FloatArray, BoolArray]:
        """Return coefficients (M, p), and which models settled (M,)."""
        settled = np.zeros(len(self.d), bool)
        beta = np.zeros(self.free.shape)
        at = np.flatnonzero(self.held.any(axis=1))
        state = _State.begin(self.some(at))
        for _ in range(ITERATIONS):
            if not len(at):
                break
            state.step()
            done, lost = state.done, state.lost
            beta[at[done]] = state.beta[done]
            settled[at[done]] = True
            going = np.flatnonzero(~done & ~lost)
            at, state = at[going], (state if len(going) == len(at) else state.only(going))
        return beta, settled


@dataclass(slots=True)
class _State:
    """Where the fits of some models stand between two steps."""

    side: _Side
    home: FloatArray
    beta: FloatArray
    fitted: FloatArray
    eta: FloatArray
    longest_step: float
    done: BoolArray
    lost: BoolArray

    @classmethod
    def begin(cls, side: _Side) -> _State:
        """Return the state before the first step: between each row's outcome and all rows'."""
        family, used = side.family, side.d > 0
        overall = side.s.sum(axis=(1, 2)) / side.total
        home = family.link(overall)[:, np.newaxis, np.newaxis]
        beta = np.where(side.free, home[..., 0], 0.0)
        beta[:, side.levels :] = 0.0
        fitted = np.broadcast_to(home, side.d.shape)
        eta = fitted
        if family is not Family.GAUSSIAN:
            rate = np.where(used, side.s / np.where(used, side.d, 1), 0.0)
            between = (np.maximum(rate, 0) + overall[:, np.newaxis, np.newaxis]) / 2
            eta = np.where(used, family.link(between), home)
        none = np.zeros(len(beta), bool)
        return cls(side, home, beta, fitted, eta, np.inf, none, none)

    def step(self) -> None:
        """Move every model one reweighted step, and say which are done or lost."""
        side, family, d = self.side, self.side.family, self.side.d
        with np.errstate(all="ignore"):
            mean = family.mean(self.eta)
            weight = d * family.weight(mean)
            working = (side.s - d * mean) * family.factor(mean) + weight * (self.eta - self.fitted)
        score = np.concatenate(
            [working.sum(axis=2), (working.sum(axis=1)[:, np.newaxis] @ side.basis)[:, 0]], axis=1
        )
        step = _solved(side.information(weight), score[..., np.newaxis])[..., 0]
        step = np.where(side.free, step, 0.0)
        move = np.where(d > 0, side.predict(step), 0.0)
        longest = np.abs(move).max(axis=(1, 2))
        part = np.minimum(1.0, self.longest_step / np.maximum(longest, SETTLED))
        self.beta = self.beta + part[:, np.newaxis] * step
        self.fitted = self.fitted + part[:, np.newaxis, np.newaxis] * move
        self.eta, self.longest_step = self.fitted, family.longest_step
        far = np.abs(self.fitted - self.home).max(axis=(1, 2))
        size = np.where(d > 0, np.abs(self.fitted), 0.0).max(axis=(1, 2))
        enough = SETTLED_BY_NEWTON if family.is_canonical else SETTLED
        self.lost = ~np.isfinite(longest) | (far > family.farthest)
        self.done = ~self.lost & (longest < enough * np.maximum(1.0, size))

    def only(self, at: IntArray) -> _State:
        """Return the state of some of the models."""
        return replace(
            self,
            side=self.side.some(at),
            home=self.home[at],
            beta=self.beta[at],
            fitted=self.fitted[at],
            eta=self.eta[at],
        )


def _scaled(basis: FloatArray, mass: FloatArray) -> FloatArray:
    """Return each model's columns with mean 0 and spread 1 (M, P, q); 0 if they do not vary."""
    centre = (mass @ basis)[:, np.newaxis]
    apart = basis - centre
    spread = np.sqrt(mass[:, np.newaxis] @ apart**2)
    return np.asarray(apart / np.where(spread > DEPENDENT * (1 + np.abs(centre)), spread, np.inf))


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solutions of systems (M, p, p) of right sides (M, p, t); NaN where singular."""
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError:
        made = np.full(right.shape, np.nan)
        for number, (one, side) in enumerate(zip(matrix, right, strict=True)):
            try:
                made[number] = np.linalg.solve(one, side)
            except np.linalg.LinAlgError:
                continue
        return made
