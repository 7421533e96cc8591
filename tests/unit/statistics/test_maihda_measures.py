"""Shares of variance, their change between models, and accuracy by people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution, Estimate
from equity_pipeline.statistics.maihda import (
    auc,
    pcv,
    random_intercept_counts,
    random_intercept_linear,
    vpc_count,
    vpc_linear,
)

EVENTS = np.array([12, 30, 9, 41, 20, 25, 18, 33])
SEX = np.tile([[0.0], [1.0]], (4, 1))


def fits(events: np.ndarray = EVENTS):  # type: ignore[no-untyped-def]
    return [random_intercept_counts(events, np.full(8, 100), X, np.arange(8)) for X in (None, SEX)]


def test_the_count_vpc_is_worked_by_hand() -> None:
    # m = 3: between 9 (e^0.1 - 1) = 0.946538, within 3
    assert vpc_count(0.1, 3.0) == pytest.approx(0.946538 / 3.946538, rel=1e-5)
    # overdispersion 0.5: within 3 + 0.5 * 9 * e^0.1
    assert vpc_count(0.1, 3.0, 0.5) == pytest.approx(0.946538 / (3.946538 + 4.973269), rel=1e-5)


def test_the_count_vpc_is_the_correlation_of_two_people_of_a_stratum() -> None:
    random = np.random.default_rng(11)
    mean = np.exp(0.5 + random.normal(0, 0.6, 400_000))
    one, other = random.poisson(mean), random.poisson(mean)
    expected = vpc_count(0.36, np.exp(0.5 + 0.18))
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(float(expected), abs=0.01)


def test_negative_variances_are_refused() -> None:
    for call in (lambda: vpc_count(-0.1, 3), lambda: vpc_linear(1, -1)):
        with pytest.raises(MethodError, match="negative"):
            call()
    assert np.isnan(vpc_linear(0.0, 0.0))


def test_the_pcv_is_the_fall_of_the_variance() -> None:
    null, additive = fits()
    share = pcv(null, additive)
    expected = 1 - float(additive.variance.value) / float(null.variance.value)
    assert share.value == pytest.approx(expected)
    assert share.lower < share.value < share.upper <= 1


def test_limits_of_the_pcv_are_worked_by_hand() -> None:
    before = Estimate(*np.array([0.2, 0.15, 0.3, np.nan]), "profile")
    after = Estimate(*np.array([0.05, 0.02, 0.12, np.nan]), "profile")
    null, additive = fits()
    share = pcv(replace(null, variance=before), replace(additive, variance=after))
    # (.01 - sqrt(.0001 - .02 * .3 * .08 * .1)) / (.3 * .1), and with the other ends
    assert 1 - share.upper == pytest.approx((0.01 - 5.2e-5**0.5) / 0.03)
    assert 1 - share.lower == pytest.approx((0.01 + 1.9e-4**0.5) / 0.0375)


def test_a_pcv_of_one_has_a_lower_limit_below_one_and_says_that_it_lies_at_the_edge() -> None:
    null, additive = fits(np.array([20, 35, 21, 34, 19, 36, 20, 35]))
    share = pcv(null, additive)
    assert additive.at_bound and share.value == 1 == share.upper
    assert 0 < share.lower < 0.99
    assert share.warnings[Caution.AT_BOUND]


def test_a_pcv_of_no_variance_at_all_is_not_a_number() -> None:
    null, additive = fits(np.array([20, 21, 20, 21, 20, 21, 20, 21]))
    share = pcv(null, additive)
    assert null.at_bound and np.isnan([share.value, share.lower, share.upper]).all()


def test_a_pcv_from_reml_is_refused() -> None:
    y = np.random.default_rng(3).normal(size=40) + np.repeat(np.arange(8) / 3, 5)
    X, group = SEX.repeat(5, axis=0), np.repeat(np.arange(8), 5)
    null, additive = (
        random_intercept_linear(y, y**2, np.ones(40), D, group, reml=True) for D in (None, X)
    )
    with pytest.raises(MethodError, match="REML"):
        pcv(null, additive)
    ml = random_intercept_linear(y, y**2, np.ones(40), X, group)
    with pytest.raises(MethodError, match="REML"):
        pcv(null, ml)
    with pytest.raises(MethodError, match="not fitted alike"):
        pcv(fits()[0], ml)


def test_the_auc_counts_pairs_of_people() -> None:
    score, events, people = np.array([0.3, 0.1, 0.3, 0.7]), [3, 1, 2, 4], np.array([5, 6, 4, 5])
    with_event = np.repeat(score, events)
    without = np.repeat(score, people - events)
    pairs = (with_event[:, None] > without) + 0.5 * (with_event[:, None] == without)
    assert auc(score, events, people).value == pytest.approx(pairs.mean())
    # DeLong from the placements of people
    own = pairs.mean(axis=1).var(ddof=1) / 10 + pairs.mean(axis=0).var(ddof=1) / 10
    assert auc(score, events, people).standard_error == pytest.approx(np.sqrt(own))


def test_a_perfect_auc_has_a_limit_of_its_own() -> None:
    best, worst = auc([0.1, 0.9], [0, 4], [50, 4]), auc([0.9, 0.1], [0, 4], [50, 4])
    assert (best.value, best.upper) == (1, 1)
    assert best.lower == pytest.approx(0.025 ** (1 / 4))
    assert (worst.value, worst.lower) == (0, 0) and worst.upper == pytest.approx(1 - best.lower)
    assert best.warnings[Caution.AT_BOUND]


def test_one_score_for_all_tells_nobody_apart_and_no_events_have_no_auc() -> None:
    assert auc([0.2, 0.2], [3, 9], [10, 30]).value == 0.5
    assert np.isnan(auc([0.1, 0.2], [0, 0], [10, 30]).value)
    for events in ([-1, 2], [11, 2]):
        with pytest.raises(MethodError, match="impossible"):
            auc([0.1, 0.2], events, [10, 30])
