"""Inference for eight to fifteen treated units: what chance alone would have given."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Estimate,
    FloatArray,
    critical,
    require,
)
from equity_pipeline.statistics.reading import flags, labels, numbers

ALL_BELOW = 50_000  # so many assignments are all looked at; of more, a seeded sample is


@dataclass(frozen=True, slots=True)
class Permuted:
    """The effect with limits from turning the permutation test, and the p value of no effect.

    ``assignments`` counts the assignments that were looked at; the method of ``effect`` says
    whether these were all. With few of them limits can be infinite: no effect can then be
    refused at that confidence, and the smallest p that is possible is 1 / ``assignments``.
    """

    effect: Estimate
    p_value: float
    assignments: int


def permutation_test(
    change: ArrayLike,
    treated: ArrayLike,
    *,
    block: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
    confidence: float = 0.95,
) -> Permuted:
    """Return the mean change of the treated less that of the others, judged by permutation.

    Which units are treated is drawn again in every way (within blocks, if units were matched),
    and the observed difference is compared with these. An effect lies within the limits if the
    test does not refuse it once it has been taken off the treated. Exact for the hypothesis
    that no unit was moved, whatever the distribution of changes.

    Parameters
    ----------
    change
        Change of each unit from before to after (U,), finite.
    treated
        True for the units with the programme (U,); some of each kind.
    block
        Matched sets: names (U,); assignments are only permuted inside them. One block if None.
    weight
        Weights of units in the two means (U,), above 0; equal if None.
    draws, seed
        How many assignments to draw, and from which seed, where there are over 50 000.
    confidence
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    Permuted
        A limit is infinite where the test refuses no effect, however large: so few assignments
        cannot tell.

    Raises
    ------
    MethodError
        If there are no treated, no others, a missing change, or only one assignment.

    References
    ----------
    Fisher RA (1935), The design of experiments.
    Rosenbaum PR (2002), Statistical Science 17:286-327.

    Examples
    --------
    >>> found = permutation_test(
    ...     [0.06, 0.05, 0.07, 0.06, 0.01, 0.00, 0.02, 0.01], [True] * 4 + [False] * 4
    ... )
    >>> float(found.effect.value.round(3)), round(found.p_value, 4), found.assignments
    (0.05, 0.0286, 70)
    """
    moved, has, mass, blocks = _read(change, treated, block, weight)
    critical(confidence)  # refuses what is no coverage
    drawn, exact = _assignments(has, blocks, draws, seed)
    observed = _difference(moved, has[np.newaxis], mass)[0]
    # the difference of an assignment after an effect t is taken off the treated is a - t b
    a = _difference(moved, drawn, mass)
    b = _difference(has.astype(np.float64), drawn, mass)
    lower, upper = _limits(a, b, observed, 1 - confidence)
    kind = "permutation_all" if exact else f"permutation_{draws}_seed_{seed}"
    error = np.sqrt(np.mean((a - observed * b) ** 2))
    return Permuted(
        effect=Estimate(observed, lower, upper, error, kind, n=np.array(len(moved))),
        p_value=float(_as_far(a, np.abs(observed)).mean()),
        assignments=len(drawn),
    )


def _read(
    change: ArrayLike, treated: ArrayLike, block: ArrayLike | None, weight: ArrayLike | None
) -> tuple[FloatArray, BoolArray, FloatArray, NDArray[np.int64]]:
    moved, has = numbers(change, where="permutation_test"), flags(treated, where="permutation_test")
    mass = np.ones(moved.shape) if weight is None else numbers(weight, where="permutation_test")
    blocks = labels(np.zeros(moved.shape) if block is None else block, where="permutation_test")[1]
    require(
        moved.ndim == 1 and has.shape == moved.shape == mass.shape == blocks.shape,
        "Changes, treatment, weights and blocks do not go together.",
        where="permutation_test",
        mend="give one of each to every unit",
    )
    require(
        bool(np.isfinite(moved).all()) and bool((mass > 0).all()) and bool(np.isfinite(mass).all()),
        "A change is missing, or a weight is not above 0.",
        where="permutation_test",
        mend="leave units without a change out and say how many",
    )
    mixed = [bool(has[blocks == k].any() and not has[blocks == k].all()) for k in np.unique(blocks)]
    require(
        any(mixed),
        "No block has both treated units and others: there is only one assignment.",
        where="permutation_test",
        mend="give units of both kinds, in blocks that hold both",
    )
    return moved, has, mass, blocks


def _assignments(
    has: BoolArray, blocks: NDArray[np.int64], draws: int, seed: int
) -> tuple[BoolArray, bool]:
    """Return all assignments, or the observed one and a seeded sample of the others."""
    parts = [np.flatnonzero(blocks == k) for k in np.unique(blocks)]
    ways = [comb(len(part), int(has[part].sum())) for part in parts]
    if np.prod(np.array(ways, dtype=np.float64)) <= ALL_BELOW:
        return _all(has, parts), True
    rng = np.random.default_rng(seed)
    drawn = np.zeros((draws, len(has)), dtype=bool)
    for part in parts:
        order = rng.random((draws, len(part))).argsort(axis=1)
        drawn[:, part] = order < has[part].sum()
    return np.vstack([has[np.newaxis], drawn]), False


def _all(has: BoolArray, parts: list[NDArray[np.int64]]) -> BoolArray:
    made = np.zeros((1, len(has)), dtype=bool)
    for part in parts:
        chosen = list(combinations(part, int(has[part].sum())))
        one = np.zeros((len(chosen), len(has)), dtype=bool)
        for row, places in enumerate(chosen):
            one[row, list(places)] = True
        made = (made[:, np.newaxis] | one[np.newaxis]).reshape(-1, len(has))
    return made


def _difference(values: FloatArray, treated: BoolArray, weight: FloatArray) -> FloatArray:
    """Return the difference of weighted means for each assignment (A, U)."""
    chosen, weighed = treated.astype(np.float64), weight * values
    inside, mass = chosen @ weighed, chosen @ weight
    return np.asarray(inside / mass - (weighed.sum() - inside) / (weight.sum() - mass))


def _as_far(distance: FloatArray, observed: FloatArray) -> BoolArray:
    # ties that differ in the last digits are ties
    return np.asarray(np.abs(distance) >= observed - 1e-12 * (1 + observed))


def _limits(
    a: FloatArray, b: FloatArray, observed: float, alpha: float
) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest effect that the test does not refuse.

    An assignment is as far from 0 as the observed one at effect t if ``|a - t b| >= |o - t|``:
    since ``|b| <= 1`` these t are one interval about the observed effect, or all.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (observed - a) / (1 - b), (observed + a) / (1 + b)
    # at b = 1 (or -1) the assignment is the observed one (or its mirror) at every effect
    same, mirror = np.abs(b - 1) < 1e-12, np.abs(b + 1) < 1e-12
    one = np.where(same, np.nan, one)
    other = np.where(mirror, np.nan, other)
    low, high = np.fmin(one, other), np.fmax(one, other)
    low, high = np.where(same | mirror, -np.inf, low), np.where(same | mirror, np.inf, high)
    # the t of an assignment are [low, high]; p(t) is the share of intervals that hold t
    below, above = np.sort(low), np.sort(high)[::-1]
    refused = int(np.floor(alpha * len(a) + 1e-9))
    return below[refused], above[refused]
