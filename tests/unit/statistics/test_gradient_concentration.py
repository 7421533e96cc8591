"""Concentration indices: impossible input, edges, and numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.gradient import (
    Normalisation,
    Ranked,
    RankError,
    Robust,
    concentration,
    equal_indices,
    equal_slopes,
    extended_concentration,
    fractional_ranks,
    ranked_cells,
    ranked_people,
    scatter_concentration,
    symmetric_concentration,
)

NAN = float("nan")
PEOPLE = ranked_people([0.0, 1.0, 1.0], [1, 2, 3])


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: fractional_ranks([1, NAN]),
        lambda: fractional_ranks([]),
        lambda: fractional_ranks([1, 2], [1, -1]),
        lambda: fractional_ranks([1, 2], [0, 0]),
        lambda: fractional_ranks([1, 2], [1, 1, 1]),
        lambda: fractional_ranks([1, 2], stratum=[0, 1]),
        lambda: fractional_ranks([1, 2], stratum=[0, 0.5], n_strata=2),
        lambda: ranked_people([1, NAN], [1, 2]),
        lambda: ranked_people([1, np.inf], [1, 2]),
        lambda: ranked_people([1], [1, 2]),
        lambda: ranked_people([1, 2], [1, 2], cluster=["a"]),
        lambda: ranked_cells([2, 2], [2, 2], [1, 2], [1, 2]),
        lambda: ranked_cells([2, 0], [2, 1], [2, 1], [1, 2]),
        lambda: concentration(PEOPLE, index=Normalisation.WAGSTAFF),
        lambda: concentration(PEOPLE, bounds=(0, 1)),
        lambda: concentration(PEOPLE, index=Normalisation.ERREYGERS, bounds=(1, 0)),
        lambda: concentration(PEOPLE, index=Normalisation.ERREYGERS, bounds=(0, 0.5)),
        lambda: concentration(PEOPLE, index=Normalisation.ERREYGERS, bounds=(0, np.inf)),
        lambda: concentration(PEOPLE, index="theil"),  # type: ignore[arg-type]
        lambda: concentration(PEOPLE, error="none"),  # type: ignore[arg-type]
        lambda: concentration(PEOPLE, confidence=95),
        lambda: concentration(
            ranked_people([1, 2, 3], [1, 2, 3], cluster=[1, 1, 2]),
            error=RankError.DELTA,
            robust=Robust.HC3,
        ),
        lambda: extended_concentration(PEOPLE, aversion=1),
        lambda: symmetric_concentration(PEOPLE, sensitivity=0.5),
        lambda: scatter_concentration([1, 2], [1, 1], index=Normalisation.WAGSTAFF),
        lambda: equal_indices([0.1], [0.1]),
        lambda: equal_indices([0.1, 0.2], [0.1, 0.0]),
        lambda: equal_slopes(PEOPLE),
    ],
)
def test_impossible_input_is_refused_with_a_way_to_mend_it(attempt: Callable[[], object]) -> None:
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.where
    assert refused.value.mend


def test_ties_share_the_middle_of_their_part() -> None:
    # 1, 2, 2, 3: the two in the middle fill 0.25 to 0.75
    assert fractional_ranks([2, 1, 3, 2]).tolist() == [0.5, 0.125, 0.875, 0.5]
    # weights 1, 3, 1 of 5
    assert_allclose(fractional_ranks([1, 2, 3], [1, 3, 1]), [0.1, 0.5, 0.9])
    assert_allclose(
        fractional_ranks([1, 2, 1, 2], stratum=[0, 0, 1, 1], n_strata=2), [0.25, 0.75] * 2
    )


def test_all_normalisations_by_hand() -> None:
    # y = 0, 1, 1 at ranks 1/6, 1/2, 5/6: A = (0 * -2/3 + 0 + 2/3) / 3 = 2/9, mean 2/3
    hand = {
        Normalisation.STANDARD: (1 / 3, None),
        Normalisation.GENERALISED: (2 / 9, None),
        Normalisation.MODIFIED: (2 / 9 / (2 / 3 + 1), (-1.0, np.inf)),
        Normalisation.WAGSTAFF: (1.0, (0.0, 1.0)),
        Normalisation.ERREYGERS: (8 / 9, (0.0, 1.0)),
    }
    for index, (value, bounds) in hand.items():
        assert_allclose(concentration(PEOPLE, index=index, bounds=bounds).value, [value])


def test_the_absolute_extended_index_by_hand() -> None:
    # the curve r + (1 - r) ** 3 is 17/27 at 1/3 and 1 at the end, where both have y = 1
    made = extended_concentration(PEOPLE, aversion=3, generalised=True)
    assert_allclose(made.value, [10 / 27 * 3**1.5 / 2])
    relative = extended_concentration(PEOPLE, aversion=3)
    assert_allclose(relative.value, [10 / 27 / (2 / 3)])


def test_extreme_rankings_reach_the_ends() -> None:
    one_has_all = ranked_people([0, 0, 0, 8], [1, 2, 3, 4])
    assert_allclose(concentration(one_has_all).value, [0.75])  # (n - 1) / n
    equal = ranked_people([3, 3, 3], [1, 2, 3])
    made = concentration(equal)
    assert_allclose([made.value, made.standard_error], 0, atol=1e-12)
    all_tied = ranked_people([1, 2, 3], [5, 5, 5])
    assert_allclose(concentration(all_tied).value, 0, atol=1e-12)


def test_where_the_normalisation_divides_by_zero_there_is_no_index() -> None:
    nobody = ranked_people([0, 0, 0], [1, 2, 3])
    assert np.isnan(concentration(nobody).value).all()
    made = concentration(nobody, index=Normalisation.WAGSTAFF, bounds=(0, 1))
    assert np.isnan([made.value, made.lower, made.standard_error]).all()
    assert_allclose(concentration(nobody, index=Normalisation.GENERALISED).value, 0)


def _some(size: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(11)
    y = draw.gamma(1.0, 1.0, size)
    rank = np.round(draw.normal(size=size) + 0.5 * y, 1)
    return y, rank, draw.integers(1, 4, size).astype(float), draw.integers(0, 50, size)


INDICES: list[Callable[[Ranked], object]] = [
    concentration,
    lambda r: concentration(r, index=Normalisation.GENERALISED),
    lambda r: concentration(r, index=Normalisation.WAGSTAFF, bounds=(-1, 20)),
    lambda r: concentration(r, index=Normalisation.MODIFIED, bounds=(-1, np.inf)),
    lambda r: extended_concentration(r, aversion=3.5),
    lambda r: extended_concentration(r, aversion=1.5, generalised=True),
    lambda r: symmetric_concentration(r, sensitivity=3),
]


@pytest.mark.parametrize("index", INDICES)
def test_the_whole_influence_is_that_of_leaving_one_out(index: Callable[[Ranked], object]) -> None:
    y, rank, weight, _ = _some()
    error = index(ranked_people(y, rank, weight=weight)).standard_error[0]  # type: ignore[attr-defined]
    n = len(y)
    keep = [np.arange(n) != one for one in range(n)]
    left_out = np.array(
        [index(ranked_people(y[k], rank[k], weight=weight[k])).value[0] for k in keep]  # type: ignore[attr-defined]
    )
    jackknife = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    assert_allclose(error, jackknife, rtol=0.05)


def test_the_convenient_error_is_that_of_a_regression_in_statsmodels() -> None:
    y, rank, weight, unit = _some()
    ranks = fractional_ranks(rank, weight)
    spread = np.average((ranks - 0.5) ** 2, weights=weight)
    left = 2 * spread * y / np.average(y, weights=weight)
    model = sm.WLS(left, sm.add_constant(ranks), weights=weight)
    people = ranked_people(y, rank, weight=weight)
    for robust in Robust:
        cov = {} if robust is Robust.MODEL else {"cov_type": robust.upper()}
        ours = concentration(people, error=RankError.CONVENIENT, robust=robust)
        assert_allclose(ours.value[0], model.fit().params[1])
        assert_allclose(ours.standard_error[0], model.fit(**cov).bse[1])
    ours = concentration(
        ranked_people(y, rank, weight=weight, cluster=unit), error=RankError.CONVENIENT
    )
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": unit})
    assert_allclose(ours.standard_error[0], theirs.bse[1])


@pytest.mark.parametrize("robust", Robust)
@pytest.mark.parametrize("error", RankError)
def test_people_summed_into_cells_have_the_index_and_error_of_the_people(
    error: RankError, robust: Robust
) -> None:
    y, rank, _, unit = _some()
    _, cell = np.unique(rank * 1000 + unit, return_inverse=True)
    n, s, ss, r, u = (np.bincount(cell, w) for w in (None, y, y**2, rank, unit))
    people = concentration(ranked_people(y, rank), error=error, robust=robust)
    cells = concentration(ranked_cells(n, s, ss, np.round(r / n, 1)), error=error, robust=robust)
    assert_allclose(cells.value, people.value)
    assert_allclose(cells.standard_error, people.standard_error)
    if robust in (Robust.HC0, Robust.HC1):
        by_unit = ranked_cells(n, s, ss, np.round(r / n, 1), cluster=u / n)
        alike = ranked_people(y, rank, cluster=unit)
        assert_allclose(
            concentration(by_unit, error=error, robust=robust).standard_error,
            concentration(alike, error=error, robust=robust).standard_error,
        )


def test_strata_stand_side_by_side_as_alone_and_an_empty_one_has_nothing() -> None:
    y, rank, weight, unit = _some()
    stratum = np.array([0, 2, 3])[unit % 3]
    for make in INDICES:
        every = make(
            ranked_people(y, rank, weight=weight, cluster=unit, stratum=stratum, n_strata=4)
        )
        assert np.isnan(every.value[1])  # type: ignore[attr-defined]
        for one in (0, 2, 3):
            k = stratum == one
            alone = make(ranked_people(y[k], rank[k], weight=weight[k], cluster=unit[k]))
            for name in ("value", "standard_error", "n"):
                assert_allclose(getattr(every, name)[one], getattr(alone, name)[0], rtol=1e-9)


def test_a_record_without_weight_does_not_matter() -> None:
    y, rank, weight, unit = _some()
    weight[:20] = 0
    with_them = concentration(ranked_people(y, rank, weight=weight, cluster=unit))
    k = weight > 0
    without = concentration(ranked_people(y[k], rank[k], weight=weight[k], cluster=unit[k]))
    assert_allclose(with_them.value, without.value)
    assert_allclose(with_them.standard_error, without.standard_error)
    assert_allclose(with_them.n, without.n)


def test_few_clusters_widen_the_limits_and_are_told() -> None:
    y, rank, _, unit = _some()
    made = concentration(ranked_people(y, rank, cluster=unit % 4))
    assert made.warnings[Caution.FEW_CLUSTERS].all()
    assert_allclose((made.upper - made.value) / made.standard_error, [3.182446], rtol=1e-6)
    assert not concentration(ranked_people(y, rank, cluster=unit)).warnings


def test_two_groups_are_told_apart_by_z_and_by_chow() -> None:
    # z = (0.3 - 0.1) / 0.05
    apart = equal_indices([0.1, 0.3], [0.03, 0.04])
    assert_allclose([apart.statistic, apart.p], [16, 6.334248e-05], rtol=1e-5)
    assert_allclose(apart.difference.standard_error[1], 0.05)
    y, rank, _, unit = _some()
    group = unit % 3
    people = ranked_people(y, rank, stratum=group, n_strata=3)
    ranks = fractional_ranks(rank, stratum=group, n_strata=3)
    spread = np.array([np.mean((ranks[group == k] - 0.5) ** 2) for k in range(3)])
    left = 2 * spread[group] * y / people.average[group]
    dummies = (group[:, np.newaxis] == np.arange(3)).astype(float)
    own = sm.OLS(left, np.column_stack([dummies, dummies * ranks[:, np.newaxis]])).fit()
    one = sm.OLS(left, np.column_stack([dummies, ranks])).fit()
    statistic, p, _ = own.compare_f_test(one)
    test = equal_slopes(people)
    assert_allclose([test.statistic, test.p], [statistic, p], rtol=1e-7)


def test_the_scatter_of_groups_by_hand() -> None:
    # y = 1, 2, 3 + bump at equal ranks: slope 3, no scatter without the bump
    even = scatter_concentration([1, 2, 3], [1, 1, 1])
    assert_allclose([even.value, even.standard_error], [2 / 9, 0], atol=1e-12)
    bent = scatter_concentration([1, 2.3, 3], [1, 1, 1], index=Normalisation.GENERALISED)
    # residuals -0.1, 0.2, -0.1: variance 0.06; ranks' sum of squares 2/9; 2 * 2/27 * sqrt(0.27)
    assert_allclose(bent.standard_error, 4 / 27 * np.sqrt(0.27))
