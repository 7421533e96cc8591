"""What must always hold of random intercepts and strata, on seeded regions."""

from __future__ import annotations

import numpy as np
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.maihda import (
    auc,
    maihda,
    random_intercept_counts,
    random_intercept_linear,
)
from equity_pipeline.statistics.need import Family

DIMS = np.stack(np.meshgrid([0, 1], [0, 1, 2], [0, 1, 2, 3], indexing="ij"), -1).reshape(-1, 3)
SEEDS = range(8)


def region(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    people = random.integers(5, 250, 24)
    spread = random.choice([0.0, 0.1, 0.6])
    eta = random.normal(0, 1) + DIMS @ random.normal(0, 0.3, 3) + random.normal(0, spread, 24)
    return random.binomial(people, 1 / (1 + np.exp(-eta))), people


def outcomes(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    group = random.integers(0, 12, 150)
    y = random.normal(0, 1, 150) + random.normal(0, random.choice([0.0, 0.7]), 12)[group]
    return y, random.normal(size=(150, 2)), group


@pytest.mark.parametrize("seed", SEEDS)
def test_intervals_contain_their_values_and_bounds_are_kept(seed: int) -> None:
    result = maihda(*region(seed), DIMS)
    told = [
        result.null.variance, result.additive.variance, result.vpc_null, result.vpc_additive,
        result.mor_null, result.mor_additive, result.auc_null, result.auc_additive,
        result.auc_fixed, result.predicted, result.predicted_fixed, result.interactions,
        result.interactions_response, result.null.fixed, result.additive.fixed,
    ]  # fmt: skip
    for estimate in told:
        assert (estimate.lower <= estimate.value).all() and (estimate.value <= estimate.upper).all()
        assert np.isfinite([estimate.lower, estimate.upper]).all()
        assert (estimate.lower < estimate.upper).all()
    known = np.isfinite(result.pcv.value)
    assert (not known) or result.pcv.value <= result.pcv.upper <= 1
    assert result.vpc_null.lower >= 0 and result.vpc_null.upper < 1 <= result.mor_null.lower


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    events, people = region(seed)
    order = np.random.default_rng(seed).permutation(24)
    one, other = maihda(events, people, DIMS), maihda(events[order], people[order], DIMS[order])
    assert one.null.loglik == pytest.approx(other.null.loglik, abs=1e-9)
    assert one.predicted.value == pytest.approx(other.predicted.value, abs=1e-9)
    shuffled = random_intercept_counts(events[order], people[order], None, order)
    assert shuffled.fitted.value[np.argsort(order)] == pytest.approx(
        one.null.fitted.value, abs=1e-9
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_counting_those_without_the_event_turns_signs_and_nothing_else(seed: int) -> None:
    events, people = region(seed)
    one, other = maihda(events, people, DIMS), maihda(people - events, people, DIMS)
    for name in ("null", "additive"):
        a, b = getattr(one, name), getattr(other, name)
        assert b.fixed.value == pytest.approx(-a.fixed.value, abs=1e-5)
        assert b.effects.value == pytest.approx(-a.effects.value, abs=1e-5)
        assert b.variance.value == pytest.approx(float(a.variance.value), abs=1e-6)
    assert other.auc_null.value == pytest.approx(float(one.auc_null.value), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_level_that_others_are_compared_with_does_not_matter(seed: int) -> None:
    events, people = region(seed)
    one, other = maihda(events, people, DIMS), maihda(events, people, -DIMS)
    assert other.additive.variance.value == pytest.approx(
        float(one.additive.variance.value), abs=1e-6
    )
    assert other.predicted.value[::-1] == pytest.approx(one.predicted.value, abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_time_in_days_or_years_only_moves_the_intercept_of_rates(seed: int) -> None:
    events, people = region(seed)
    years, days = (
        random_intercept_counts(events, t, None, np.arange(24), family=Family.POISSON)
        for t in (people, people * 365.0)
    )
    assert days.variance.value == pytest.approx(float(years.variance.value), abs=1e-7)
    assert days.fixed.value[0] == pytest.approx(years.fixed.value[0] - np.log(365), abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("reml", [False, True])
def test_units_of_an_outcome_scale_its_variances(seed: int, reml: bool) -> None:
    y, X, group = outcomes(seed)
    one, other = (
        random_intercept_linear(a, a**2, np.ones(150), X, group, reml=reml) for a in (y, 60 * y + 7)
    )
    assert other.variance.value == pytest.approx(3600 * float(one.variance.value), abs=1e-3)
    assert other.residual_variance.value == pytest.approx(3600 * float(one.residual_variance.value))
    assert other.vpc.upper == pytest.approx(float(one.vpc.upper), rel=1e-4)
    assert other.fixed.value[1:] == pytest.approx(60 * one.fixed.value[1:], abs=1e-6)
    assert one.variance.lower <= one.variance.value < one.variance.upper


@pytest.mark.parametrize("seed", SEEDS)
def test_the_auc_only_heeds_the_order_of_scores(seed: int) -> None:
    events, people = region(seed)
    score = np.random.default_rng(seed).integers(0, 6, 24) / 5
    one = auc(score, events, people)
    assert auc(np.exp(3 * score), events, people).value == one.value
    assert auc(-score, events, people).value == pytest.approx(1 - float(one.value))


@pytest.mark.parametrize("seed", SEEDS)
def test_effects_are_shrunk_towards_nothing_and_more_so_in_small_groups(seed: int) -> None:
    events, people = region(seed)
    fit = random_intercept_counts(events, people, None, np.arange(24))
    raw = np.log((events + 0.5) / (people - events + 0.5)) - fit.fixed.value[0]
    assert (np.abs(fit.effects.value) <= np.abs(raw) + 0.35).all()
    spread = fit.effects.standard_error
    assert (spread <= np.sqrt(fit.variance.value) + 1e-12).all()


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("family", [Family.BINOMIAL, Family.POISSON])
def test_rare_events_small_and_huge_groups_end_in_numbers_or_in_a_reason(
    seed: int, family: Family
) -> None:
    random = np.random.default_rng(seed)
    size = int(random.integers(3, 60))
    people = random.integers(1, int(random.choice([3, 20, 500, 200_000])), size)
    eta = random.choice([-6, -3, 0, 3]) + random.normal(0, random.choice([0, 0.5, 4]), size)
    events = random.binomial(people, 1 / (1 + np.exp(-eta)))
    try:
        fit = random_intercept_counts(events, people, None, np.arange(size), family=family)
    except MethodError as reason:
        assert any(word in reason.what for word in ("Nobody", "too small", "no finite value"))
        return
    assert fit.variance.lower <= fit.variance.value
    assert not fit.variance.upper < fit.variance.value  # NaN where there is no upper limit
    assert fit.vpc.lower <= fit.vpc.value <= fit.vpc.upper <= 1
    assert np.isfinite([fit.fixed.standard_error[0], fit.loglik]).all()
    assert np.isfinite([fit.fitted.value, fit.fitted.lower, fit.fitted.upper]).all()
