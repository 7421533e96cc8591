"""The model behind need adjustment: level effects and need columns, by reweighted least squares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.need.cells import Patterns
from equity_pipeline.statistics.need.columns import Columns, Term, by_level_basis, placed
from equity_pipeline.statistics.need.design import IntArray
from equity_pipeline.statistics.need.family import Family

ITERATIONS = 100
SETTLED = 1e-10  # largest move of a prediction on the link scale, relative for the identity link
SETTLED_BY_NEWTON = 1e-6  # of a Newton step: what is left then is the square of it
DEPENDENT = 1e-6  # a need column with less of its own than this adds nothing


@dataclass(frozen=True, slots=True)
class Fit:
    """A settled fit of K kept levels and the need columns in use, centred and scaled.

    ``kept`` says for each term which of the variable's columns are in use; ``centre`` and
    ``spread`` are theirs. ``observed`` and ``expected`` are the two information matrices.
    """

    family: Family
    position: IntArray
    terms: tuple[Term, ...]
    kept: tuple[IntArray, ...]
    centre: FloatArray
    spread: FloatArray
    coefficients: FloatArray
    observed: FloatArray
    expected: FloatArray

    @property
    def levels(self) -> int:
        """How many levels have an effect, K."""
        return int((self.position >= 0).sum())

    def predict(self, patterns: Patterns) -> FloatArray:
        """Return the mean outcome of each pattern at each kept level (P, K)."""
        k, beta = self.levels, self.coefficients
        eta = np.zeros((patterns.size, 1))
        for term in self.terms:
            added = term.basis @ beta[term.where]
            table = added.reshape(k, -1).T if term.by_level else added[:, np.newaxis]
            eta = eta + table[patterns.codes[term.variable]]
        return self.family.mean(eta + beta[:k])


def fit(patterns: Patterns, family: Family, by_level: Collection[str] = frozenset()) -> Fit | None:
    """Return the fit, or None when no finite one exists or it does not settle.

    Variables named in ``by_level`` have an effect of their own at each level; the patterns are
    compressed with them apart.
    """
    _check_names(patterns, by_level)
    levels = _estimable(patterns, family)
    if not levels.any():
        return None
    position = np.where(levels, np.cumsum(levels) - 1, -1).astype(np.int64)
    rows = (patterns.d > 0) & levels[patterns.row_level]
    s, d = patterns.s[rows], patterns.d[rows]
    place = (patterns.row_pattern[rows], position[patterns.row_level[rows]])
    k = int(levels.sum())
    terms, centre, spread = scaled_terms(terms_of(patterns, by_level, k), patterns, place, d, k)
    columns = Columns(*place, patterns.codes, terms, k, patterns.size)
    gram = columns.information(d / d.sum())
    used = independent(gram, k)
    if not used.all():
        terms = _reduced(terms, used, k)
        columns = Columns(*place, patterns.codes, terms, k, patterns.size)
        every = np.r_[np.ones(k, dtype=bool), used]
        gram = gram[np.ix_(every, every)]
    settled = _reweighted(columns, s, d, family, gram)
    if settled is None:
        return None
    kept = tuple(np.flatnonzero(x) for x in _split(used, terms_of(patterns, by_level, k)))
    return Fit(family, position, terms, kept, centre[used], spread[used], *settled)


def _check_names(patterns: Patterns, by_level: Collection[str]) -> None:
    known = {variable.name for variable in patterns.cells.variables}
    require(
        set(by_level) <= known,
        "A variable with an effect by level is not in the need design.",
        where="by_level",
        mend=f"name some of {', '.join(sorted(known)) or 'none'}",
    )


def _estimable(patterns: Patterns, family: Family) -> NDArray[np.bool_]:
    """Return the levels that have a finite coefficient of their own."""
    s, d = patterns.level_sums()
    if family is Family.GAUSSIAN:
        return np.asarray(d > 0)
    some = (d > 0) & (s > 0)
    return np.asarray(some & (s < d * (1 - 1e-12)) if family.is_share else some)


def terms_of(patterns: Patterns, by_level: Collection[str], levels: int) -> tuple[Term, ...]:
    """Return the columns of the need variables, not yet scaled."""
    made = []
    for number, variable in enumerate(patterns.variables):
        made.append(Term(number, variable.basis, slice(0)))
        names = {patterns.cells.variables[member].name for member in variable.members}
        if names & set(by_level) and levels > 1:
            made.append(Term(number, by_level_basis(variable.basis, levels), slice(0), True))
    return placed(made, levels)


def scaled_terms(
    terms: tuple[Term, ...],
    patterns: Patterns,
    place: tuple[IntArray, IntArray],
    d: FloatArray,
    levels: int,
) -> tuple[tuple[Term, ...], FloatArray, FloatArray]:
    """Return the terms with columns of mean 0 and spread 1; those that do not vary become 0."""
    pattern, level = place
    made, centres, spreads = [], [np.zeros(0)], [np.zeros(0)]
    share = d / d.sum()
    on_pattern = np.bincount(pattern, share, patterns.size)
    for term in terms:
        own = patterns.codes[term.variable]
        code = term.code(own[pattern], level, levels) if term.by_level else own
        mass = np.bincount(code, share if term.by_level else on_pattern, len(term.basis))
        centre = mass @ term.basis
        spread = np.sqrt(mass @ (term.basis - centre) ** 2)
        spread = np.where(spread > DEPENDENT * (1 + np.abs(centre)), spread, np.inf)
        made.append(replace(term, basis=(term.basis - centre) / spread))
        centres.append(centre)
        spreads.append(spread)
    return tuple(made), np.concatenate(centres), np.concatenate(spreads)


def independent(gram: FloatArray, first: int) -> NDArray[np.bool_]:
    """Return which columns but the first vary beyond those and each other.

    The first ones, which have an information of their own, are never left out.
    """
    head = gram[:first, :first]
    across = gram[:first, first:]
    own = gram[first:, first:]
    if first:
        own = own - across.T @ np.linalg.solve(head, across)
    used = np.zeros(len(own), dtype=bool)
    if len(own):
        _, order, rank, _ = lapack.dpstrf(own, tol=DEPENDENT**2)
        used[order[:rank] - 1] = True
    return used


def _split(used: NDArray[np.bool_], terms: tuple[Term, ...]) -> list[NDArray[np.bool_]]:
    ends = np.cumsum([term.basis.shape[1] for term in terms])
    return list(np.split(used, ends[:-1])) if terms else []


def _reduced(terms: tuple[Term, ...], used: NDArray[np.bool_], levels: int) -> tuple[Term, ...]:
    parts = _split(used, terms)
    return placed(
        [replace(t, basis=t.basis[:, u]) for t, u in zip(terms, parts, strict=True)], levels
    )


def _reweighted(
    columns: Columns, s: FloatArray, d: FloatArray, family: Family, gram: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Return coefficients, observed and expected information, or None if they run away.

    ``gram`` is the information where every row weighs its share of the denominator.
    """
    home = float(family.link(s.sum(keepdims=True) / d.sum())[0])
    beta = np.zeros(columns.size)
    beta[: columns.levels] = home
    steady = gram * d.sum() if family.is_steady else None
    fitted, eta = np.full(s.shape, home), start(s, d, family, home)
    longest_step, settled = np.inf, SETTLED_BY_NEWTON if family.is_canonical else SETTLED
    for _ in range(ITERATIONS):
        mean = family.mean(eta)
        weight = family.weight(mean)
        working = (s - d * mean) * family.factor(mean) + d * weight * (eta - fitted)
        information = steady if steady is not None else columns.information(d * weight)
        step = _solved(information, columns.score(working))
        if step is None:
            return None
        move = columns.predict(step)
        longest = np.abs(move).max()
        part = min(1.0, longest_step / max(longest, SETTLED))
        beta, fitted = beta + part * step, fitted + part * move
        eta, longest_step = fitted, family.longest_step
        if np.abs(eta - home).max() > family.farthest:
            return None
        if longest < settled * max(1.0, np.abs(eta).max()):
            return _settled(columns, s, d, family, beta)
    return None


def start(s: FloatArray, d: FloatArray, family: Family, home: float) -> FloatArray:
    """Return where a fit begins on the link scale: between each row's outcome and all rows'."""
    if family is Family.GAUSSIAN:
        return np.full(s.shape, home)
    return family.link((np.maximum(s / d, 0) + s.sum() / d.sum()) / 2)


def _settled(
    columns: Columns, s: FloatArray, d: FloatArray, family: Family, beta: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    mean = family.mean(columns.predict(beta))
    expected = columns.information(d * family.weight(mean))
    observed = expected if family.is_canonical else columns.information(s / mean)
    if _solved(observed, beta) is None:  # the covariance would not exist
        return None
    return beta, observed, expected


def _solved(information: FloatArray, score: FloatArray) -> FloatArray | None:
    try:
        step = np.asarray(np.linalg.solve(information, score), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None
