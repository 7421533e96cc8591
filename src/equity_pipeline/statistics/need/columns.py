"""The columns of a need model, level effects first, and their sums over rows without a design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.need.design import IntArray

ROOM_OF_PAIR = 4  # a table of two codes may have this many places per row, and some thousands


@dataclass(frozen=True, slots=True)
class Term:
    """The columns of one variable: one effect for all levels, or one of its own for each.

    ``basis`` is (c, q), or by level (K * c, q), level after level; ``where`` is its columns'
    place among the coefficients.
    """

    variable: int
    basis: FloatArray
    where: slice
    by_level: bool = False

    def code(self, own: IntArray, level: IntArray, levels: int) -> IntArray:
        """Return the row of ``basis`` for codes of the variable and levels of the same places."""
        return level * (len(self.basis) // levels) + own if self.by_level else own

    def at_level(self, level: int, levels: int) -> FloatArray:
        """Return what each code puts into the model at one level (c, q)."""
        if not self.by_level:
            return self.basis
        codes = len(self.basis) // levels
        return self.basis[level * codes : (level + 1) * codes]


def placed(terms: Sequence[Term], levels: int) -> tuple[Term, ...]:
    """Return the terms with their columns one after the other, behind the levels'."""
    made, start = [], levels
    for term in terms:
        stop = start + term.basis.shape[1]
        made.append(replace(term, where=slice(start, stop)))
        start = stop
    return tuple(made)


def by_level_basis(basis: FloatArray, levels: int) -> FloatArray:
    """Return columns that give each level but the first an effect of its own, (K c, (K - 1) q)."""
    return np.asarray(np.kron(np.eye(levels)[:, 1:], basis))


class Columns:
    """Sums over rows of a model's columns, made from tables of codes and of pairs of codes.

    Parameters
    ----------
    pattern, level
        Pattern and level of each row (R,).
    codes
        The variables' codes of each pattern, each (P,).
    terms
        The columns beside the levels', in their places.
    levels
        How many levels have an effect, K.
    patterns
        How many patterns there are, P.
    """

    def __init__(
        self,
        pattern: IntArray,
        level: IntArray,
        codes: Sequence[IntArray],
        terms: Sequence[Term],
        levels: int,
        patterns: int,
    ) -> None:
        self.pattern, self.level, self.levels, self.patterns = pattern, level, levels, patterns
        self.terms = tuple(terms)
        self.size = levels + sum(term.basis.shape[1] for term in terms)
        self.codes = [
            term.code(codes[term.variable][pattern], level, levels)
            if term.by_level
            else codes[term.variable]
            for term in self.terms
        ]
        self.joint_with_level = [
            None if term.by_level else level * len(term.basis) + code[pattern]
            for term, code in zip(self.terms, self.codes, strict=True)
        ]
        self.pairs = [self._pair(i, j) for i in range(len(self.terms)) for j in range(i)]

    def _pair(self, i: int, j: int) -> tuple[int, int, IntArray, IntArray, IntArray | None]:
        """Return two terms' codes on one footing, and their joint code where its table is small."""
        a, b = self.terms[i], self.terms[j]
        one, two = self.codes[i], self.codes[j]
        if a.by_level != b.by_level:
            one = one if a.by_level else one[self.pattern]
            two = two if b.by_level else two[self.pattern]
        small = len(a.basis) * len(b.basis) <= ROOM_OF_PAIR * len(one) + 4096
        return i, j, one, two, one * len(b.basis) + two if small else None

    def _on_patterns(self, numbers: FloatArray) -> FloatArray:
        return np.bincount(self.pattern, numbers, self.patterns).astype(np.float64, copy=False)

    def information(self, weight: FloatArray) -> FloatArray:
        """Return the sum over rows (R,) of weight times the columns' products, (p, p)."""
        made = np.zeros((self.size, self.size))
        k, on_pattern = self.levels, self._on_patterns(weight)
        made[np.arange(k), np.arange(k)] = np.bincount(self.level, weight, k)
        for number, term in enumerate(self.terms):
            count = np.bincount(
                self.codes[number], weight if term.by_level else on_pattern, len(term.basis)
            )
            weighted = count[:, np.newaxis] * term.basis
            made[term.where, term.where] = term.basis.T @ weighted
            cross = self._levels_by(number, weighted, weight)
            made[:k, term.where], made[term.where, :k] = cross, cross.T
        for i, j, one, two, joint in self.pairs:
            a, b = self.terms[i], self.terms[j]
            own = weight if a.by_level or b.by_level else on_pattern
            block = _cross(a.basis, b.basis, one, two, joint, own)
            made[a.where, b.where], made[b.where, a.where] = block, block.T
        return made

    def _levels_by(self, number: int, weighted: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the levels' sums of a term's columns, (K, q)."""
        joint, basis = self.joint_with_level[number], self.terms[number].basis
        if joint is None:
            per_level = (self.levels, len(weighted) // self.levels, basis.shape[1])
            return np.asarray(weighted.reshape(per_level).sum(axis=1))
        table = np.bincount(joint, weight, self.levels * len(basis))
        return np.asarray(table.reshape(self.levels, -1) @ basis)

    def score(self, residual: FloatArray) -> FloatArray:
        """Return the sum over rows (R,) of residual times the columns, (p,)."""
        made = np.zeros(self.size)
        on_pattern = self._on_patterns(residual)
        made[: self.levels] = np.bincount(self.level, residual, self.levels)
        for term, code in zip(self.terms, self.codes, strict=True):
            own = residual if term.by_level else on_pattern
            made[term.where] = np.bincount(code, own, len(term.basis)) @ term.basis
        return made

    def predict(self, coefficients: FloatArray) -> FloatArray:
        """Return the columns times coefficients, per row (R,)."""
        on_pattern = np.zeros(self.patterns)
        on_row = coefficients[self.level]
        for term, code in zip(self.terms, self.codes, strict=True):
            table = term.basis @ coefficients[term.where]
            if term.by_level:
                on_row = on_row + table[code]
            else:
                on_pattern += table[code]
        return on_row + on_pattern[self.pattern]


def _cross(
    a: FloatArray,
    b: FloatArray,
    one: IntArray,
    two: IntArray,
    joint: IntArray | None,
    weight: FloatArray,
) -> FloatArray:
    if joint is None:
        return np.asarray(a[one].T @ (weight[:, np.newaxis] * b[two]))
    table = np.bincount(joint, weight, len(a) * len(b)).reshape(len(a), len(b))
    return np.asarray(a.T @ (table @ b))
