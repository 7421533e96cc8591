"""Waits at equal need: closed forms, a second reference, levels without anybody, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.regression.quantile_regression import QuantReg

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics import waits
from equity_pipeline.statistics.estimate import Caution

NAN = float("nan")


def _region(rows: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    level, morbidity = rng.integers(0, 3, rows), rng.integers(0, 4, rows)
    days = rng.geometric(0.15 * np.exp(-0.3 * level + 0.1 * morbidity))
    return {
        "level": level,
        "need": np.column_stack([morbidity, rng.integers(18, 90, rows)]).astype(float),
        "days": days,
        "seen": (rng.random(rows) < 0.8).astype(float),
        "entry": np.where(
            rng.random(rows) < 0.3, np.maximum(days - 1 - rng.integers(0, 5, rows), 0), NAN
        ),
        "stratum": rng.integers(0, 2, rows),
    }


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: waits.cox_regression([1, 2], [1, 1], [[0], [1], [2]]),
        lambda: waits.cox_regression([1, 2], [1, 1], [[0], [NAN]]),
        lambda: waits.cox_regression([1, 2], [1, 1], np.empty((2, 0))),
        lambda: waits.cox_regression([1, 2], [0, 0], [[0], [1]]),
        lambda: waits.cox_regression([1, 2], [1, 3], [[0], [1]]),
        lambda: waits.cox_regression([1, 2], [1, 1], [[0], [1]], count=[1, 0.5]),
        lambda: waits.cox_regression([1, 2], [1, 1], [[0], [1]], entry=[1, 0]),
        lambda: waits.cox_regression([1, 2], [1, 1], [[0], [1]], ties="exact"),  # type: ignore[arg-type]
        lambda: waits.hazard_ratios([1, 2], [1, 1], [0, 1], n_levels=2, reference=2),
        lambda: waits.hazard_ratios([1, 2], [1, 0], [0, 1], n_levels=2, reference=1),
        lambda: waits.hazard_ratios([1, 2], [1, 1], [0, 1], [[1], [2], [3]], n_levels=2),
        lambda: waits.hazard_ratios([1, 2], [1, 1], [0, 0], n_levels=1),
        lambda: waits.quantile_regression([1, 2, 3], [[0], [1], [2]], tau=1),
        lambda: waits.quantile_regression([1, 2, 3], [[1], [1], [1]]),
        lambda: waits.quantile_regression([1, 2, 3], [[0], [1]]),
        lambda: waits.quantile_gaps([1, 2], [0, 0], n_levels=2, reference=1),
    ],
)
def test_impossible_models_are_refused(attempt: object) -> None:
    with pytest.raises(MethodError) as told:
        attempt()  # type: ignore[operator]
    assert told.value.mend


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_with_late_entry_and_strata_is_statsmodels(ties: str) -> None:
    given = _region()
    ours = waits.cox_regression(
        given["days"],
        given["seen"],
        given["need"],
        entry=given["entry"],
        stratum=given["stratum"],
        ties=ties,  # type: ignore[arg-type]
    )
    theirs = PHReg(
        given["days"],
        given["need"],
        status=given["seen"],
        # statsmodels counts those who enter on a day among those followed that day, R does not
        entry=np.nan_to_num(given["entry"] + 0.5, nan=0),
        strata=given["stratum"],
        ties=ties,
    ).fit()
    assert_allclose(ours.coefficients.value, theirs.params, rtol=1e-5)
    assert_allclose(ours.coefficients.standard_error, theirs.bse, rtol=1e-5)
    assert_allclose(ours.log_likelihood, theirs.llf, rtol=1e-9)


def test_three_waits_seen_one_after_another_solve_cox_s_score_by_hand() -> None:
    """Exposed, unexposed, exposed: the score is 1 - 2r / (2r + 1) - r / (r + 1) + 0."""
    fit = waits.cox_regression([1, 2, 3], [1, 1, 1], [[1], [0], [1]])
    r = float(np.exp(fit.coefficients.value[0]))
    assert_allclose(1 - 2 * r / (2 * r + 1) - r / (r + 1), 0, atol=1e-9)


def test_counted_cells_are_the_rows_they_stand_for() -> None:
    given = _region()
    table = np.column_stack([given["days"], given["seen"], given["level"], given["need"][:, 0]])
    cells, count = np.unique(table, axis=0, return_counts=True)
    rows = waits.hazard_ratios(
        given["days"], given["seen"], given["level"], given["need"][:, :1], n_levels=3
    )
    few = waits.hazard_ratios(
        cells[:, 0], cells[:, 1], cells[:, 2], cells[:, 3:], n_levels=3, count=count
    )
    assert_allclose(few.value, rows.value, rtol=1e-9)
    assert_allclose(few.standard_error[1:], rows.standard_error[1:], rtol=1e-9)


def test_turning_the_reference_round_turns_the_hazard_ratio_round() -> None:
    given = _region()
    one, other = (
        waits.hazard_ratios(
            given["days"], given["seen"], given["level"] > 0, n_levels=2, reference=r
        )
        for r in (0, 1)
    )
    assert_allclose(one.value[1], 1 / other.value[0], rtol=1e-8)
    assert_allclose(one.lower[1], 1 / other.upper[0], rtol=1e-8)


def test_a_level_of_whom_nobody_was_seen_is_told_and_changes_no_other() -> None:
    given = _region()
    seen = np.where(given["level"] == 2, 0, given["seen"])
    ours = waits.hazard_ratios(given["days"], seen, given["level"], given["need"], n_levels=4)
    kept = given["level"] < 2
    two = waits.hazard_ratios(
        given["days"][kept], seen[kept], given["level"][kept], given["need"][kept], n_levels=2
    )
    assert_allclose(ours.value[:2], two.value, rtol=1e-9)
    assert np.isnan(ours.value[2:]).all()
    assert_array_equal(ours.warnings[Caution.LEFT_OUT], [False, False, True, False])


def test_need_that_separates_the_seen_gives_no_coefficients() -> None:
    days, seen = np.arange(1, 41), np.repeat([1, 0], 20)
    fit = waits.cox_regression(days, seen, seen[:, np.newaxis])
    assert not fit.converged
    assert np.isnan(fit.coefficients.value).all()
    assert fit.coefficients.warnings[Caution.NOT_CONVERGED].all()


def test_a_repeated_column_gives_no_coefficients() -> None:
    given = _region()
    double = np.column_stack([given["need"][:, 0], given["need"][:, 0]])
    assert not waits.cox_regression(given["days"], given["seen"], double).converged


@pytest.mark.parametrize("tau", [0.2, 0.5, 0.9])
def test_no_line_loses_less_than_the_quantile_regression(tau: float) -> None:
    given = _region()
    ours = waits.quantile_regression(given["days"], given["need"], tau=tau)
    X = np.column_stack([np.ones(len(given["days"])), given["need"]])

    def loss(beta: np.ndarray) -> float:
        left = given["days"] - X @ beta
        return float(np.where(left > 0, tau * left, (tau - 1) * left).sum())

    assert_allclose(loss(ours.coefficients.value), ours.objective, rtol=1e-12)
    theirs = QuantReg(given["days"].astype(float), X).fit(q=tau)
    assert ours.objective <= loss(theirs.params) * (1 + 1e-9)
    nudges = np.random.default_rng(1).normal(0, 0.1, (200, 3))
    assert min(loss(ours.coefficients.value + nudge) for nudge in nudges) >= ours.objective * (
        1 - 1e-12
    )


def test_with_levels_alone_the_gap_is_the_difference_of_medians() -> None:
    days, level = [3, 5, 9, 4, 8, 20, 1], [0, 0, 0, 1, 1, 1, 2]
    gaps = waits.quantile_gaps(days, level, n_levels=4)
    assert_allclose(gaps.value, [0, 3, -4, NAN])
    assert_array_equal(gaps.n, [3, 3, 1, 0])


def test_a_median_that_could_be_any_of_some_days_is_not_unique() -> None:
    even = waits.quantile_regression([2, 4, 7, 9], np.empty((4, 0)))
    assert not even.unique
    assert 4 <= float(even.coefficients.value[0]) <= 7
    assert waits.quantile_regression([2, 4, 7], np.empty((3, 0))).unique


def test_powell_s_error_is_near_the_spread_over_samples() -> None:
    rng = np.random.default_rng(4)
    x = np.repeat([0.0, 1.0], 200)[:, np.newaxis]
    made = [
        waits.quantile_regression(10 + 3 * x[:, 0] + np.abs(rng.normal(0, 4, 400)), x)
        for _ in range(120)
    ]
    slopes = np.array([fit.coefficients.value[1] for fit in made])
    told = np.mean([fit.coefficients.standard_error[1] for fit in made])
    assert 0.8 < told / slopes.std() < 1.3


def test_clusters_that_wait_alike_widen_the_limits() -> None:
    rng = np.random.default_rng(6)
    unit = np.repeat(np.arange(20), 15)
    x = (unit % 2).astype(float)[:, np.newaxis]
    days = 20 + rng.normal(0, 5, 20)[unit] + rng.normal(0, 1, 300)
    plain = waits.quantile_regression(days, x)
    wide = waits.quantile_regression(days, x, cluster=unit)
    assert_array_equal(plain.coefficients.value, wide.coefficients.value)
    assert wide.coefficients.standard_error[1] > 2 * plain.coefficients.standard_error[1]
