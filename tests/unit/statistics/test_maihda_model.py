"""The pair of models on strata: what it takes in, what it tells, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.maihda import FitMethod, Reading, maihda
from equity_pipeline.statistics.need import Family

DIMS = np.stack(np.meshgrid([0, 1], [0, 1, 2], [0, 1, 2], indexing="ij"), -1).reshape(-1, 3)
RANDOM = np.random.default_rng(5)
PEOPLE = RANDOM.integers(30, 300, 18)
RISK = 1 / (1 + np.exp(1 - DIMS @ [0.4, 0.3, -0.2] - RANDOM.normal(0, 0.35, 18)))
EVENTS = RANDOM.binomial(PEOPLE, RISK)


def test_people_cells_and_strata_give_the_same_analysis() -> None:
    strata = maihda(EVENTS, PEOPLE, DIMS)
    row = np.repeat(np.arange(18), PEOPLE)
    outcome = np.concatenate([np.arange(n) < k for n, k in zip(PEOPLE, EVENTS, strict=True)])
    order = np.random.default_rng(1).permutation(len(row))
    people = maihda(outcome[order], np.ones(len(row)), DIMS[row][order])
    assert people.pcv.value == pytest.approx(float(strata.pcv.value), abs=1e-6)
    assert people.interactions.value == pytest.approx(strata.interactions.value, abs=1e-6)
    assert (people.strata == strata.strata).all() and (people.n == PEOPLE).all()


def test_everything_is_told_for_every_stratum_in_one_order() -> None:
    result = maihda(EVENTS, PEOPLE, DIMS)
    assert (result.strata == DIMS).all() and result.fit_method is FitMethod.AGQ_COUNTS
    assert result.terms.tolist() == [[0, 1], [1, 1], [1, 2], [2, 1], [2, 2]]
    fixed = result.additive.fixed.value
    hand = fixed[0] + (DIMS[:, [0]] == 1) @ fixed[[1]]
    for dimension, level, place in ((1, 1, 2), (1, 2, 3), (2, 1, 4), (2, 2, 5)):
        hand = hand + fixed[place] * (DIMS[:, dimension] == level)
    u = result.interactions.value
    assert result.predicted_fixed.value == pytest.approx(1 / (1 + np.exp(-hand)))
    assert result.predicted.value == pytest.approx(1 / (1 + np.exp(-hand - u)))
    apart = result.predicted.value - result.predicted_fixed.value
    assert result.interactions_response.value == pytest.approx(apart)
    inside = (result.interactions.lower < u) & (u < result.interactions.upper)
    assert inside.all() and (result.q > result.p - 1e-12).all() and (result.p <= 1).all()
    assert result.auc_null.value > result.auc_fixed.value > 0.5
    assert result.reading is Reading.VARIANCE_LEFT


def test_no_variance_left_reads_as_nothing_shown_and_never_as_none() -> None:
    events = np.round(PEOPLE / (1 + np.exp(1 - DIMS @ [0.4, 0.3, -0.2])))
    result = maihda(events, PEOPLE, DIMS)
    assert result.reading is Reading.NO_INTERACTION
    assert result.reading.value == "no interaction shown beyond main effects"
    assert result.vpc_additive.value == 0 < result.vpc_additive.upper
    assert result.vpc_additive.warnings[Caution.AT_BOUND]
    assert (result.p == 1).all() and (result.interactions.upper > 0.05).all()
    assert (result.mor_additive.value, result.pcv.value) == (1, 1) and result.pcv.lower < 1


def test_the_bootstrap_is_named_with_its_seed_and_gives_the_same_twice() -> None:
    one, two = (maihda(EVENTS, PEOPLE, DIMS, draws=20, seed=2024).pcv for _ in range(2))
    assert one.method == "bootstrap_20_seed_2024" and one.warnings[Caution.SEEDED]
    assert (one.lower, one.upper) == (two.lower, two.upper)
    assert one.lower < one.value < one.upper <= 1
    assert maihda(EVENTS, PEOPLE, DIMS).pcv.value == one.value


def test_rates_take_person_time_and_their_vpc_that_of_counts() -> None:
    result = maihda(EVENTS, PEOPLE * 1.5, DIMS, family=Family.POISSON)
    assert 0 < result.vpc_null.value < 0.1  # one person-year tells little of its stratum
    assert np.isnan(result.auc_null.value) and np.isnan(result.mor_null.value)
    assert (result.predicted.value > 0).all()


@pytest.mark.parametrize("reml", [False, True])
def test_means_take_sums_and_squares_and_their_pcv_never_comes_from_reml(reml: bool) -> None:
    random = np.random.default_rng(8)
    mean = DIMS @ [1.0, 0.5, -0.5] + random.normal(0, 0.4, 18)
    y = [random.normal(m, 2, n) for m, n in zip(mean, PEOPLE, strict=True)]
    sums, squares = np.array([a.sum() for a in y]), np.array([(a**2).sum() for a in y])
    given = {"family": Family.GAUSSIAN, "squares": squares}
    result = maihda(sums, PEOPLE, DIMS, reml=reml, **given)
    ml = maihda(sums, PEOPLE, DIMS, **given)
    assert result.pcv.value == ml.pcv.value and "ml" in result.pcv.method.split("_")
    assert result.fit_method is (FitMethod.LMM_REML if reml else FitMethod.LMM_ML)
    assert (result.vpc_additive.value > ml.vpc_additive.value) == reml
    drawn = maihda(sums, PEOPLE, DIMS, reml=reml, draws=30, seed=1, **given).pcv
    assert drawn.lower < drawn.value < drawn.upper


def test_rows_without_people_and_levels_without_rows_are_left_out() -> None:
    whole = maihda(EVENTS, PEOPLE, DIMS)
    more = maihda([*EVENTS, 0], [*PEOPLE, 0], [*DIMS.tolist(), [0, 9, 0]])
    assert more.pcv.value == whole.pcv.value and len(more.n) == 18
    gaps = maihda(EVENTS, PEOPLE, DIMS * 7 - 3)
    assert gaps.pcv.value == whole.pcv.value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dims": np.where([[1, 0, 0]], 4, DIMS)}, "one level only"),
        ({"dims": np.arange(36).reshape(18, 2)}, "as many main effects"),
        ({"dims": DIMS + 0.5}, "whole-number codes"),
        ({"dims": DIMS[:, 0]}, "whole-number codes"),
        ({"dims": DIMS[:9]}, "different lengths"),
        ({"dims": DIMS[:, [0, 0, 1, 2]]}, "sum of others"),
        ({"events": -EVENTS}, "missing or impossible"),
        ({"events": PEOPLE + 1}, "missing or impossible"),
        ({"trials": np.where(EVENTS[0] == EVENTS, np.nan, PEOPLE)}, "missing or impossible"),
        ({"events": np.where(DIMS[:, 1] == 2, 0, EVENTS)}, "no events, or only events"),
        ({"squares": EVENTS}, "do not go together"),
        ({"family": Family.GAUSSIAN}, "do not go together"),
        ({"reml": True}, "REML"),
        ({"draws": 5}, "no percentiles"),
    ],
)
def test_what_has_no_answer_is_refused(change: dict, words: str) -> None:
    given = {"events": EVENTS, "trials": PEOPLE, "dims": DIMS} | change
    with pytest.raises(MethodError, match=words):
        maihda(given.pop("events"), given.pop("trials"), given.pop("dims"), **given)
