"""People or cells with an outcome, a rank and columns that go with the outcome: read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import (
    ENOUGH_CLUSTERS,
    Caution,
    Estimate,
    FloatArray,
    require,
    student_estimate,
)
from equity_pipeline.statistics.gradient.ranked import Ranked, ranked_people
from equity_pipeline.statistics.reading import labels, numbers

BLOCK = 2_000_000  # numbers held at once while resampling


@dataclass(frozen=True, slots=True)
class Determinants:
    """Checked rows: ``people`` with one outcome, rank and row of columns, of sampling weight.

    ``back`` puts results into the order that the rows were given in.
    """

    y: FloatArray
    rank: FloatArray
    columns: FloatArray
    people: FloatArray
    weight: FloatArray
    cluster: NDArray[np.int64] | None
    back: NDArray[np.int64]

    @property
    def mass(self) -> FloatArray:
        """What each row weighs in sums."""
        return self.people * self.weight

    @property
    def groups(self) -> int:
        """How many clusters there are; 0 without any."""
        return 0 if self.cluster is None else int(self.cluster.max()) + 1

    def ranked(self, value: FloatArray) -> Ranked:
        """Return some number of each row ranked, ready for the rank indices."""
        made = ranked_people(value, self.rank, weight=self.mass, cluster=self.cluster)
        return replace(made, square=self.people * self.weight**2, people=self.people)

    def limited(
        self, value: ArrayLike, error: ArrayLike, method: str, confidence: float
    ) -> Estimate:
        """Return an estimate with symmetric limits, Student's where clusters are few."""
        few = 0 < self.groups < ENOUGH_CLUSTERS
        made = student_estimate(
            value, error, self.groups - 1 if few else np.inf, confidence=confidence, method=method
        )
        counted = replace(made, n=np.full(made.value.shape, self.people.sum()))
        return counted.warned(Caution.FEW_CLUSTERS, few)

    def drawn(self, draws: int, seed: int) -> Iterator[FloatArray]:
        """Return blocks of weights (b, m) of people or whole clusters drawn again."""
        generator = np.random.default_rng(seed)
        block = max(1, BLOCK // len(self.y))
        for start in range(0, draws, block):
            size = min(block, draws - start)
            if self.cluster is None:
                times = generator.poisson(self.people, (size, len(self.y))).astype(np.float64)
            else:
                even = np.full(self.groups, 1 / self.groups)
                chosen = generator.multinomial(self.groups, even, size)
                times = chosen[:, self.cluster] * self.people
            yield times[times.sum(axis=1) > 0] * self.weight


def read_determinants(
    y: ArrayLike,
    rank: ArrayLike,
    columns: ArrayLike,
    people: ArrayLike | None,
    weight: ArrayLike | None,
    cluster: ArrayLike | None,
    *,
    where: str,
) -> Determinants:
    """Return checked rows, in an order of their own so that draws do not depend on the file's."""
    outcome, ranks = numbers(y, where=where), numbers(rank, where=where)
    X = numbers(columns, where=where)
    counts, masses = (or_ones(a, outcome, where=where) for a in (people, weight))
    require(
        outcome.ndim == 1
        and X.ndim == 2
        and {ranks.shape, X.shape[:1], counts.shape, masses.shape} == {outcome.shape},
        "The rows' arrays do not go together.",
        where=where,
        mend="give outcome, rank, people and weight of shape (m,), and columns of shape (m, q)",
    )
    require(
        all(np.isfinite(a).all() for a in (outcome, ranks, X, counts, masses))
        and bool((counts > 0).all())
        and bool((masses > 0).all()),
        "Rows hold missing numbers, no people, or no weight.",
        where=where,
        mend="leave out rows without people or without a number",
    )
    require(
        len(outcome) > 1 and ranks.min() < ranks.max(),
        "Everybody has the same rank.",
        where=where,
        mend="give people of at least two ranks",
    )
    order = np.lexsort([*X.T, masses, counts, outcome, ranks])
    codes = numbered(cluster, len(outcome), where=where)
    return Determinants(
        y=outcome[order],
        rank=ranks[order],
        columns=X[order],
        people=counts[order],
        weight=masses[order],
        cluster=None if codes is None else codes[order],
        back=np.argsort(order),
    )


def only(one: Estimate) -> Estimate:
    """Return the estimate of the only stratum without its axis."""
    names = ("value", "lower", "upper", "standard_error", "n")
    warnings = {caution: np.asarray(told[0]) for caution, told in one.warnings.items()}
    return replace(one, **{name: getattr(one, name)[0] for name in names}, warnings=warnings)


def or_ones(given: ArrayLike | None, like: FloatArray, *, where: str) -> FloatArray:
    """Return the numbers as float64, or ones."""
    return np.ones(like.shape) if given is None else numbers(given, where=where)


def numbered(cluster: ArrayLike | None, size: int, *, where: str) -> NDArray[np.int64] | None:
    """Return clusters numbered from 0, or None."""
    if cluster is None:
        return None
    names, places = labels(cluster, where=where)
    require(
        places.shape == (size,) and len(names) > 1,
        "The clusters are fewer than two, or not one for each row.",
        where=where,
        mend="give each row its cluster, or no clusters at all",
    )
    return places
