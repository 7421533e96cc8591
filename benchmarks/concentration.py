"""Concentration index with its error on a million cells, beside a regression on rows.

Run: ``python benchmarks/concentration.py``. The two are checked to be the same before they are
timed; the row regression is the convenient regression of the field's packages with HC1 errors,
by statsmodels.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import statsmodels.api as sm
from numpy.testing import assert_allclose

from equity_pipeline.statistics.gradient import (
    RankError,
    Robust,
    concentration,
    ranked_cells,
    ranked_people,
)

CELLS = 1_000_000
PEOPLE = 3_000_000
UNITS = 500
REPEATS = 3


def population() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the visits of people, the cell of each, and the income of each cell."""
    draw = np.random.default_rng(2024)
    cell = np.concatenate([np.arange(CELLS), draw.integers(0, CELLS, PEOPLE - CELLS)])
    income = np.round(draw.lognormal(12.5, 0.5, CELLS), -2)
    return draw.poisson(2.0, PEOPLE).astype(float), cell, income


def row_regression(y: np.ndarray, income: np.ndarray) -> tuple[float, float]:
    """Return index and HC1 error as the packages make them: a regression on every row."""
    order = np.argsort(income, kind="stable")
    _, first, count = np.unique(income[order], return_index=True, return_counts=True)
    middle = np.repeat(first + count / 2, count) / len(y)
    rank = np.empty(len(y))
    rank[order] = middle
    left = 2 * np.mean((rank - 0.5) ** 2) * y / y.mean()
    fitted = sm.OLS(left, sm.add_constant(rank)).fit(cov_type="HC1")
    return float(fitted.params[1]), float(fitted.bse[1])


def best_of(made: Callable[[], object]) -> float:
    """Return the shortest of some runs, in seconds."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        made()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Check that both ways agree, time them, print the ratios."""
    visits, cell, income = population()
    of_people = income[cell]
    n, total, squares = (np.bincount(cell, w, CELLS) for w in (None, visits, visits**2))
    unit = np.random.default_rng(7).integers(0, UNITS, CELLS)

    def from_cells() -> tuple[float, float]:
        made = concentration(
            ranked_cells(n, total, squares, income), error=RankError.CONVENIENT, robust=Robust.HC1
        )
        return float(made.value[0]), float(made.standard_error[0])

    def from_rows() -> tuple[float, float]:
        made = concentration(
            ranked_people(visits, of_people), error=RankError.CONVENIENT, robust=Robust.HC1
        )
        return float(made.value[0]), float(made.standard_error[0])

    theirs = row_regression(visits, of_people)
    assert_allclose(from_cells(), theirs, rtol=1e-7)
    assert_allclose(from_rows(), theirs, rtol=1e-7)
    slow = best_of(lambda: row_regression(visits, of_people))
    print(f"regression on {PEOPLE:,} rows (statsmodels)      {slow:.3f} s")
    ways: dict[str, Callable[[], object]] = {
        f"ours on {PEOPLE:,} rows, the same error": from_rows,
        f"ours on {CELLS:,} cells, the same error": from_cells,
        f"ours on {CELLS:,} cells, ranks in the error": lambda: concentration(
            ranked_cells(n, total, squares, income)
        ),
        f"ours on {CELLS:,} cells, {UNITS} clusters": lambda: concentration(
            ranked_cells(n, total, squares, income, cluster=unit)
        ),
    }
    for name, made in ways.items():
        took = best_of(made)
        print(f"{name:<46} {took:.3f} s   ratio {slow / took:.1f}")


if __name__ == "__main__":
    main()
