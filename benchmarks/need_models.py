"""Need models on the covariate patterns of a region's persons, beside statsmodels on the same.

Three baselines: a naive user fits persons, an expert fits patterns, and who wants errors by unit
fits cells of pattern and unit. Both sides get the same numbers, and the coefficients must agree to
1e-6 before any time is taken.

    python benchmarks/need_models.py [--persons 1000000] [--rows 1000000] [--repeats 5]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import statsmodels.api as sm
from timing import paired, seconds

from equity_pipeline.statistics.need import (
    Covariates,
    Family,
    NeedVariable,
    SmallSample,
    Variance,
    age_spline,
    marginal_standardisation,
    need_model,
)
from equity_pipeline.statistics.need.cells import compress, read_cells
from equity_pipeline.statistics.need.fit import fit

SEED = 2013
LEVELS, UNITS = 5, 150
AGES = np.arange(18) * 5 + 2.5
KNOTS = (10.0, 30.0, 50.0, 65.0, 80.0)
# codes of the need variables beside age: sex, morbidity, pregnancy, disability, mental, frailty ...
CATEGORIES = {"sex": 2, "morbidity": 4, "chronic": 5, "disability": 2, "mental": 2, "frail": 3}
NEED = ("age", *CATEGORIES)
AGREEMENT = 1e-6


@dataclass(frozen=True)
class Rows:
    """Persons, patterns or cells: codes, events, people."""

    level: np.ndarray
    codes: np.ndarray
    unit: np.ndarray
    s: np.ndarray
    d: np.ndarray

    def summed(self, *, by_unit: bool) -> Rows:
        """Return the rows summed over persons of the same codes (and unit)."""
        unit = self.unit if by_unit else np.zeros_like(self.unit)
        keys = np.column_stack([self.level, unit, self.codes])
        sizes = (LEVELS, UNITS, len(AGES), *CATEGORIES.values())
        key = np.ravel_multi_index(tuple(keys.T), sizes)
        _, first, number = np.unique(key, return_index=True, return_inverse=True)
        s, d = (np.bincount(number, x) for x in (self.s, self.d))
        return Rows(self.level[first], self.codes[first], unit[first], s, d)

    def need(self) -> list[NeedVariable]:
        """Return the need variables as the product takes them."""
        age = NeedVariable("age", self.codes[:, 0], age_spline(AGES, KNOTS))
        return [age] + [
            NeedVariable.categorical(name, self.codes[:, i], n_codes=size)
            for i, (name, size) in enumerate(CATEGORIES.items(), start=1)
        ]

    def design(self) -> np.ndarray:
        """Return levels and need as columns, as a formula would make them."""
        parts = [np.eye(LEVELS)[self.level], age_spline(AGES, KNOTS)[self.codes[:, 0]]]
        for i, size in enumerate(CATEGORIES.values(), start=1):
            parts.append(np.eye(size)[self.codes[:, i]][:, 1:])
        return np.hstack(parts)


def region(persons: int) -> Rows:
    """Return persons whose need hangs together with age and level, and their outcome."""
    draw = np.random.default_rng(SEED)
    level, unit = draw.integers(0, LEVELS, persons), draw.integers(0, UNITS, persons)
    age = draw.integers(0, len(AGES), persons)
    sick = (age / 17 + 0.3 * (LEVELS - level) / LEVELS) / 1.3
    codes = [age, draw.integers(0, 2, persons)]
    codes += [draw.binomial(n - 1, 0.1 + 0.4 * sick) for n in list(CATEGORIES.values())[1:]]
    eta = -1.0 + 0.1 * level + 0.02 * age + 0.15 * np.column_stack(codes[1:]).sum(axis=1)
    eta += draw.normal(0, 0.2, UNITS)[unit]
    outcome = (draw.random(persons) < 1 / (1 + np.exp(-eta))).astype(float)
    return Rows(level, np.column_stack(codes), unit, outcome, np.ones(persons))


def ours(rows: Rows, *, by_unit: bool) -> object:
    """Return the need-adjusted levels with their covariance."""
    variance = Variance.CLUSTER if by_unit else Variance.MODEL
    return marginal_standardisation(
        rows.s, rows.d, rows.level, rows.need(), rows.unit, n_levels=LEVELS,
        family=Family.BINOMIAL, variance=variance, covariates=Covariates.FIXED,
    )  # fmt: skip


def peer_fit(rows: Rows, design: np.ndarray, *, by_unit: bool) -> Any:
    """Return statsmodels' fit of shares weighted by people."""
    both = np.column_stack([rows.s, rows.d - rows.s])
    how: dict[str, Any] = {}
    if by_unit:
        how = {"cov_type": "cluster", "cov_kwds": {"groups": rows.unit, "use_correction": False}}
    return sm.GLM(both, design, sm.families.Binomial()).fit(**how)


def peer(rows: Rows, *, by_unit: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the same levels and covariance from statsmodels: design, fit, prediction, delta."""
    design = rows.design()
    made = peer_fit(rows, design, by_unit=by_unit)
    share, beta = rows.d / rows.d.sum(), np.asarray(made.params)
    need = design[:, LEVELS:] @ beta[LEVELS:]
    values, slopes = [], []
    for level in range(LEVELS):
        mean = 1 / (1 + np.exp(-(need + beta[level])))
        slope = share * mean * (1 - mean)
        values.append(share @ mean)
        slopes.append(np.r_[np.eye(LEVELS)[level] * slope.sum(), slope @ design[:, LEVELS:]])
    gradient = np.array(slopes)
    return np.array(values), gradient @ made.cov_params() @ gradient.T


def differs(rows: Rows, *, by_unit: bool) -> tuple[float, float]:
    """Return the largest difference of coefficients, and of standard errors in parts of them."""
    variance = Variance.CLUSTER if by_unit else Variance.MODEL
    mine = need_model(
        rows.s, rows.d, rows.level, rows.need(), rows.unit, n_levels=LEVELS,
        family=Family.BINOMIAL, variance=variance, small_sample=SmallSample.NONE,
    )  # fmt: skip
    theirs = peer_fit(rows, rows.design(), by_unit=by_unit)
    coefficients = np.r_[mine.levels.value, mine.columns.value]
    errors = np.sqrt(np.diag(mine.covariance))
    return (
        float(np.abs(coefficients - theirs.params).max()),
        float(np.abs(errors / theirs.bse - 1).max()),
    )


def fit_only(rows: Rows) -> Callable[[], object]:
    """Return the fit alone, from prepared patterns, as the peer's is from a prepared design."""
    cells = read_cells(
        rows.s, rows.d, rows.level, rows.need(), rows.unit, LEVELS, None, Family.BINOMIAL
    )
    patterns = compress(cells)
    return lambda: fit(patterns, Family.BINOMIAL)


def compare(name: str, rows: Rows, *, by_unit: bool, repeats: int) -> None:
    """Print one line: sizes, differences, seconds and ratios; differences are judged first."""
    apart, errors = differs(rows, by_unit=by_unit)
    if apart > AGREEMENT or errors > AGREEMENT:
        raise SystemExit(f"{name}: the fits differ by {apart:.1e}, errors by {errors:.1e}")
    design = rows.design()
    fits = paired(fit_only(rows), lambda: peer_fit(rows, design, by_unit=by_unit), repeats)
    whole = paired(
        lambda: ours(rows, by_unit=by_unit), lambda: peer(rows, by_unit=by_unit), repeats
    )
    print(
        f"{name:28} {len(rows.s):9} {int(rows.d.sum()):9} {apart:8.0e} {errors:8.0e} "
        f"{fits[0]:9.4f} {fits[1]:9.4f} {fits[2]:6.3f} "
        f"{whole[0]:9.4f} {whole[1]:9.4f} {whole[2]:6.3f}"
    )


def main() -> None:
    """Print the comparison on patterns, on patterns by unit and on persons."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--persons", type=int, default=1_000_000)
    asked.add_argument("--rows", type=int, default=None, help="persons fitted row by row")
    asked.add_argument("--repeats", type=int, default=5)
    given = asked.parse_args()
    persons = region(given.persons)
    print(
        f"{'':28} {'rows':>9} {'persons':>9} {'coef.':>8} {'errors':>8} "
        f"{'fit s':>9} {'peer s':>9} {'ratio':>6} {'all s':>9} {'peer s':>9} {'ratio':>6}"
    )
    patterns, cells = persons.summed(by_unit=False), persons.summed(by_unit=True)
    compare("patterns, model errors", patterns, by_unit=False, repeats=given.repeats)
    compare("patterns x unit, by unit", cells, by_unit=True, repeats=max(given.repeats // 2, 1))
    few = given.persons if given.rows is None else given.rows
    sample = replace(
        persons,
        **{n: getattr(persons, n)[:few] for n in ("level", "codes", "unit", "s", "d")},
    )
    (naive,) = seconds(lambda: peer(sample, by_unit=False), 1)
    expert = sorted(seconds(lambda: ours(sample.summed(by_unit=False), by_unit=False), 3))[1]
    print(f"{'persons (ours sums first)':28} {few:9} {few:9} {'':52} ", end="")
    print(f"{expert:9.4f} {naive:9.4f} {expert / naive:6.3f}")


if __name__ == "__main__":
    main()
