"""What must always hold of slope and concentration indices, whatever the numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.gradient import (
    Normalisation,
    RankError,
    Robust,
    Scale,
    concentration,
    concentration_index,
    equal_indices,
    extended_concentration,
    fitted_ends,
    fractional_ranks,
    lack_of_fit,
    model_index,
    ranked_cells,
    ranked_people,
    scatter_concentration,
    scatter_slope_index,
    slope_index,
    symmetric_concentration,
)
from equity_pipeline.statistics.need import Family

always = settings(derandomize=True, deadline=None, max_examples=40)
Groups = tuple[np.ndarray, np.ndarray, np.ndarray]
People = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def groups(draw: st.DrawFn) -> Groups:
    """Shares strictly between 0 and 1, people and variances of some ordered groups."""
    size = draw(st.integers(3, 8))
    share = draw(st.lists(st.integers(20, 980), min_size=size, max_size=size))
    people = draw(st.lists(st.integers(1, 5000), min_size=size, max_size=size))
    p, n = np.array(share) / 1000, np.array(people, dtype=float)
    return p, n, np.diag(p * (1 - p) / (n + 50))


@st.composite
def ranked(draw: st.DrawFn) -> People:
    """Outcomes, ranks with ties, and weights of some people, not all of one rank or outcome."""
    size = draw(st.integers(5, 40))
    y = np.array(draw(st.lists(st.integers(0, 9), min_size=size, max_size=size)), dtype=float)
    rank = np.array(draw(st.lists(st.integers(0, 6), min_size=size, max_size=size)), dtype=float)
    weight = draw(st.lists(st.integers(1, 5), min_size=size, max_size=size))
    assume(np.ptp(rank) > 0 and np.ptp(y) > 0)
    return y, rank, np.array(weight, dtype=float)


def holds_its_value(made: Estimate) -> bool:
    known = ~np.isnan(made.lower)
    slack = 1e-9 * (1 + np.abs(made.value))
    inside = (made.lower <= made.value + slack) & (made.value <= made.upper + slack)
    return bool(known.any()) and bool(inside[known].all())


@always
@given(groups(), st.sampled_from(Scale))
def test_slope_indices_lie_within_their_limits(given_groups: Groups, scale: Scale) -> None:
    p, n, spread = given_groups
    made = fitted_ends(p, n, spread, scale=scale)
    for one in (made.sii, made.first, made.last):
        assert scale is Scale.IDENTITY or holds_its_value(one)
    assert holds_its_value(made.sii)
    assert np.isnan(made.rii.lower) or holds_its_value(made.rii)
    assert_allclose(made.sii.value, made.last.value - made.first.value, atol=1e-12)


@always
@given(groups(), st.sampled_from(Scale))
def test_the_other_way_round_the_slope_changes_sign_and_the_ratio_turns_over(
    given_groups: Groups, scale: Scale
) -> None:
    p, n, spread = given_groups
    one = fitted_ends(p, n, spread, scale=scale)
    other = fitted_ends(p[::-1], n[::-1], spread[::-1, ::-1], scale=scale)
    assert_allclose(one.sii.value, -other.sii.value, atol=1e-12)
    assert_allclose(one.sii.lower, -other.sii.upper, atol=1e-12)
    assert_allclose(one.rii.value, 1 / other.rii.value, rtol=1e-9)
    if np.isfinite(one.rii.lower) and np.isfinite(other.rii.upper):
        assert_allclose(one.rii.lower, 1 / other.rii.upper, rtol=1e-7)


@always
@given(groups())
def test_on_the_logit_scale_the_bad_side_has_the_same_gap_as_the_good_side(
    given_groups: Groups,
) -> None:
    p, n, spread = given_groups
    good = fitted_ends(p, n, spread, scale=Scale.LOGIT).sii
    bad = fitted_ends(1 - p, n, spread, scale=Scale.LOGIT).sii
    assert_allclose([good.value, good.lower], [-bad.value, -bad.upper], atol=1e-9)
    assert abs(float(good.value)) < 1


@always
@given(groups(), st.floats(0.001, 1000))
def test_the_unit_of_the_values_and_the_size_of_the_population_do_not_matter(
    given_groups: Groups, factor: float
) -> None:
    p, n, spread = given_groups
    for scale in (Scale.IDENTITY, Scale.LOG):
        one = fitted_ends(p, n, spread, scale=scale)
        other = fitted_ends(p * factor, n * 7, spread * factor**2, scale=scale)
        assert_allclose(one.sii.lower * factor, other.sii.lower, rtol=1e-7, atol=1e-9 * factor)
        assert_allclose(one.rii.value, other.rii.value, rtol=1e-9)
    scattered = scatter_slope_index(p, n), scatter_slope_index(p * factor, n * 7)
    errors = [made.sii.standard_error for made in scattered]
    assert_allclose(errors[0] * factor, errors[1], rtol=1e-7, atol=1e-9 * factor)


@always
@given(groups())
def test_the_plain_slope_index_is_the_one_with_ends(given_groups: Groups) -> None:
    p, n, spread = given_groups
    plain, ends = slope_index(p, n, spread), fitted_ends(p, n, spread)
    assert_allclose(plain.sii.value, ends.sii.value, atol=1e-12)
    assert_allclose(plain.sii.standard_error, ends.sii.standard_error, rtol=1e-9)
    assert_allclose(plain.rii.value, ends.rii.value, rtol=1e-9)
    assert_allclose(plain.sii.value, scatter_slope_index(p, n).sii.value, atol=1e-12)


@always
@given(groups())
def test_groups_that_are_all_the_same_have_no_gradient(given_groups: Groups) -> None:
    p, n, spread = given_groups
    flat = np.full(len(p), p[0])
    for scale in Scale:
        made = fitted_ends(flat, n, spread, scale=scale)
        assert_allclose([made.sii.value, made.rii.value - 1], 0, atol=1e-9)
    made = scatter_concentration(flat, n)
    assert_allclose([made.value, made.standard_error], 0, atol=1e-9)
    assert_allclose(lack_of_fit(flat, n, spread).statistic, 0, atol=1e-9)


@always
@given(ranked(), st.randoms(use_true_random=False))
def test_the_order_of_the_people_does_not_matter(people: People, shuffle: object) -> None:
    y, rank, weight = people
    order = np.array(shuffle.sample(range(len(y)), len(y)))  # type: ignore[attr-defined]
    for error in RankError:
        one = concentration(ranked_people(y, rank, weight=weight), error=error)
        other = concentration(
            ranked_people(y[order], rank[order], weight=weight[order]), error=error
        )
        assert_allclose(one.value, other.value, atol=1e-10)
        assert_allclose(one.standard_error, other.standard_error, rtol=1e-6, atol=1e-10)


@always
@given(ranked(), st.sampled_from(Normalisation), st.sampled_from(RankError))
def test_concentration_indices_lie_within_their_limits_and_turn_with_the_ranking(
    people: People, index: Normalisation, error: RankError
) -> None:
    y, rank, weight = people
    bounded = index not in (Normalisation.STANDARD, Normalisation.GENERALISED)
    bounds = (-1.0, 10.0) if bounded else None
    up = ranked_people(y, rank, weight=weight)
    down = ranked_people(y, -rank, weight=weight)
    one = concentration(up, index=index, bounds=bounds, error=error)
    other = concentration(down, index=index, bounds=bounds, error=error)
    assert holds_its_value(one)
    assert_allclose(one.value, -other.value, atol=1e-10)
    assert_allclose(one.standard_error, other.standard_error, rtol=1e-6, atol=1e-10)


@always
@given(ranked())
def test_erreygers_and_wagstaff_are_the_same_size_for_the_bad_side(people: People) -> None:
    y, rank, weight = people
    for index in (Normalisation.WAGSTAFF, Normalisation.ERREYGERS):
        good = concentration(
            ranked_people(y, rank, weight=weight), index=index, bounds=(-1.0, 10.0)
        )
        bad = concentration(
            ranked_people(9 - y, rank, weight=weight), index=index, bounds=(-1.0, 10.0)
        )
        assert_allclose(good.value, -bad.value, atol=1e-9)
        assert_allclose(good.standard_error, bad.standard_error, rtol=1e-6, atol=1e-10)


@always
@given(ranked(), st.floats(0.01, 100))
def test_only_the_order_of_the_ranking_and_the_ratios_of_the_outcome_matter(
    people: People, factor: float
) -> None:
    y, rank, weight = people
    assume(y.sum() > 0)
    one = concentration(ranked_people(y, rank, weight=weight))
    other = concentration(ranked_people(y * factor, np.exp(rank), weight=weight * factor))
    assert_allclose(one.value, other.value, atol=1e-10)
    assert_allclose(one.standard_error, other.standard_error, rtol=1e-6, atol=1e-10)
    assert -1 <= one.value[0] <= 1


@always
@given(ranked())
def test_people_counted_into_groups_have_the_grouped_index(people: People) -> None:
    y, rank, _ = people
    _, place = np.unique(rank, return_inverse=True)
    n, s, ss = (np.bincount(place, w) for w in (None, y, y**2))
    of_people = concentration(ranked_people(y, rank)).value[0]
    of_cells = concentration(ranked_cells(n, s, ss, np.unique(rank))).value[0]
    assert_allclose([of_cells, concentration_index(s / n, n).value], of_people, atol=1e-10)
    assert_allclose(scatter_concentration(s / n, n).value, of_people, atol=1e-10)


@always
@given(ranked())
def test_a_sensitivity_of_two_is_the_standard_index(people: People) -> None:
    y, rank, weight = people
    given_people = ranked_people(y, rank, weight=weight)
    plain = concentration(given_people)
    absolute = concentration(given_people, index=Normalisation.GENERALISED)
    for made in (
        extended_concentration(given_people, aversion=2),
        symmetric_concentration(given_people, sensitivity=2),
    ):
        assert_allclose(made.value, plain.value, atol=1e-10)
        assert_allclose(made.standard_error, plain.standard_error, rtol=1e-6, atol=1e-10)
    four = extended_concentration(given_people, aversion=2, generalised=True)
    assert_allclose(four.value, 4 * absolute.value, atol=1e-9)
    same = symmetric_concentration(given_people, sensitivity=2, generalised=True)
    assert_allclose(same.value, 4 * absolute.value, atol=1e-9)


@always
@given(ranked())
def test_ranks_have_the_middle_for_their_mean(people: People) -> None:
    _, rank, weight = people
    made = fractional_ranks(rank, weight)
    assert_allclose(np.average(made, weights=weight), 0.5)
    assert ((made > 0) & (made < 1)).all()


@always
@given(ranked())
def test_the_same_group_twice_is_told_to_be_equal(people: People) -> None:
    y, rank, weight = people
    made = concentration(ranked_people(y, rank, weight=weight))
    assume(made.standard_error[0] > 1e-6)
    test = equal_indices(np.repeat(made.value, 3), np.repeat(made.standard_error, 3))
    assert_allclose([test.statistic, 1 - test.p, test.difference.value.max()], 0, atol=1e-9)


@always
@given(groups(), st.sampled_from([Robust.MODEL, Robust.HC1]))
def test_a_model_s_index_turns_with_the_ranking(given_groups: Groups, error: Robust) -> None:
    p, n, _ = given_groups
    rank = fractional_ranks(np.arange(len(p)), n)
    for family in (Family.BINOMIAL, Family.POISSON, Family.GAUSSIAN):
        up = model_index(np.round(p * n), n, rank, family=family, error=error)
        down = model_index(np.round(p * n), n, 1 - rank, family=family, error=error)
        assume(up.converged)
        assert_allclose(up.sii.value, -down.sii.value, atol=1e-8)
        assert_allclose(up.sii.standard_error, down.sii.standard_error, rtol=1e-5, atol=1e-9)
        if up.rii.value > 0:
            assert_allclose(up.rii.value, 1 / down.rii.value, rtol=1e-7)
        assert holds_its_value(up.sii)
