"""What must always hold of decompositions: parts add up, groups swap signs, order is nothing."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from equity_pipeline.statistics.decompose import (
    Part,
    Reference,
    between_within_units,
    das_gupta,
    kitagawa,
    nonlinear_twofold,
    sequential_standardisation,
    shapley_standardisation,
    threefold,
    twofold,
    wagstaff,
)
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.horizontal.index import (
    horizontal_inequity,
    horizontal_inequity_need_fixed,
)
from equity_pipeline.statistics.need import Family
from equity_pipeline.statistics.refits import Model

some = settings(derandomize=True, deadline=None, max_examples=40)
few = settings(derandomize=True, deadline=None, max_examples=12)
seeds = st.integers(0, 10_000)
references = st.one_of(st.floats(0, 1), st.sampled_from(list(Reference)))


def cells(seed: int, levels: tuple[int, ...] = (2, 3), least: int = 1) -> tuple[np.ndarray, ...]:
    """Return people and shares of two groups by crossed levels, for three gaps."""
    random = np.random.default_rng(seed)
    shape = (3, 2, *levels)
    return random.integers(least, 80, shape), random.random(shape).round(2)


def people(seed: int, size: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcomes, columns and a group."""
    random = np.random.default_rng(seed)
    focus = np.arange(size) % 3 == 0
    columns = np.column_stack([random.normal(size=size), random.random(size) < 0.4])
    y = columns @ random.normal(size=2) + focus * random.normal() + random.normal(size=size)
    return y, columns, focus


def contains_its_value(*estimates: Estimate) -> bool:
    for one in estimates:
        known = ~np.isnan(one.lower)
        slack = 1e-12 * (1 + np.abs(one.value))
        inside = (one.lower <= one.value + slack) & (one.value <= one.upper + slack)
        if not inside[known].all():
            return False
    return True


@some
@given(seeds, st.integers(0, 5))
def test_the_parts_of_need_and_what_remains_are_the_crude_gap(seed: int, which: int) -> None:
    n, p = cells(seed, (2, 2, 3))
    order = list(permutations(range(3)))[which]
    for made in (
        sequential_standardisation(n, p, order=order),
        shapley_standardisation(n, p, factors=3),
    ):
        whole = made.parts.value.sum(axis=-1) + made.remaining.value
        assert_allclose(whole, made.gap.value, atol=1e-12)
        assert_allclose(made.after.value[..., -1], made.remaining.value, atol=1e-12)
        assert contains_its_value(made.gap, made.parts, made.after, made.remaining)
    crude = (n * p).sum(axis=(-1, -2, -3)) / n.sum(axis=(-1, -2, -3))
    assert_allclose(made.gap.value, crude[:, 0] - crude[:, 1], atol=1e-12)


@some
@given(seeds)
def test_shapley_s_parts_are_the_mean_over_all_orders(seed: int) -> None:
    n, p = cells(seed, (2, 3))
    both = [sequential_standardisation(n, p, order=o).parts.value for o in ((0, 1), (1, 0))]
    expected = (both[0] + both[1][..., ::-1]) / 2
    assert_allclose(shapley_standardisation(n, p, factors=2).parts.value, expected, atol=1e-12)


@some
@given(seeds)
def test_swapped_groups_swap_the_sign_of_every_part_of_need(seed: int) -> None:
    n, p = cells(seed)
    one, other = (
        shapley_standardisation(n[:, side], p[:, side], factors=2) for side in ([0, 1], [1, 0])
    )
    for name in ("gap", "parts", "after", "remaining"):
        first, second = getattr(one, name), getattr(other, name)
        assert_allclose(first.value, -second.value, atol=1e-12)
        assert_allclose(first.standard_error, second.standard_error, atol=1e-12)


@some
@given(seeds)
def test_groups_alike_in_a_factor_owe_it_nothing(seed: int) -> None:
    n, p = cells(seed, (2, 3))
    n[:, 1] = 2 * n[:, 0]
    made = sequential_standardisation(n, p, order=(0, 1))
    assert_allclose(made.parts.value, 0, atol=1e-12)
    assert_allclose(das_gupta(n, p, factors=2).composition.value, 0, atol=1e-12)
    assert_allclose(
        kitagawa(n.reshape(3, 2, 6), p.reshape(3, 2, 6)).composition.value, 0, atol=1e-12
    )


@some
@given(seeds)
def test_equal_values_in_all_cells_leave_no_gap(seed: int) -> None:
    n, _ = cells(seed)
    made = shapley_standardisation(n, np.full(n.shape, 0.3), factors=2)
    for one in (made.gap, made.parts, made.remaining):
        assert_allclose(one.value, 0, atol=1e-12)


@some
@given(seeds)
def test_the_parts_of_units_are_the_gap_even_where_a_group_is_absent(seed: int) -> None:
    n, p = cells(seed, (6,), least=0)
    n[:, :, 0] += 1
    n[np.random.default_rng(seed).random(n.shape) < 0.2] = 0
    n[:, :, 0] += 1
    made = between_within_units(n, p)
    parts = (made.between, made.within, made.only_focus, made.only_reference)
    assert_allclose(sum(one.value for one in parts), made.gap.value, atol=1e-12)
    assert contains_its_value(made.gap, *parts)
    swapped = between_within_units(n[:, ::-1], p[:, ::-1])
    assert_allclose(made.within.value, -swapped.within.value, atol=1e-12)
    assert_allclose(made.only_focus.value, -swapped.only_reference.value, atol=1e-12)
    order = np.random.default_rng(seed).permutation(6)
    turned = between_within_units(n[..., order], p[..., order])
    assert_allclose(made.between.value, turned.between.value, atol=1e-12)
    assert_allclose(made.between.standard_error, turned.between.standard_error, atol=1e-12)


@few
@given(seeds)
def test_das_gupta_s_parts_are_the_gap_even_where_a_group_is_absent(seed: int) -> None:
    n, p = cells(seed, (2, 3), least=0)
    n[:, :, 0, 0] += 1
    made = das_gupta(n, p, factors=2)
    whole = made.composition.value.sum(axis=-1) + made.rate.value
    whole = whole + made.only_focus.value + made.only_reference.value
    assert_allclose(whole, made.gap.value, atol=1e-12)
    flipped = das_gupta(n.swapaxes(-1, -2), p.swapaxes(-1, -2), factors=2)
    assert_allclose(made.composition.value, flipped.composition.value[..., ::-1], atol=1e-12)


def add_up(gap: Estimate, *parts: Part) -> None:
    assert_allclose(sum(part.overall.value for part in parts), gap.value, atol=1e-10)
    for part in parts:
        assert_allclose(part.by_column.value.sum(), part.overall.value, atol=1e-10)
        assert contains_its_value(part.overall, part.by_column)


@some
@given(seeds)
def test_the_three_parts_of_oaxaca_add_up(seed: int) -> None:
    made = threefold(*people(seed))
    add_up(made.gap, made.endowments, made.coefficients, made.interaction)


@some
@given(seeds, references)
def test_the_two_parts_of_oaxaca_add_up(seed: int, reference: Reference | float) -> None:
    made = twofold(*people(seed), reference=reference)
    add_up(made.gap, made.explained, made.unexplained)
    add_up(made.unexplained.overall, made.unexplained_focus, made.unexplained_reference)


@some
@given(seeds, st.floats(0, 1))
def test_swapped_groups_swap_the_sign_of_oaxaca_s_parts(seed: int, share: float) -> None:
    y, columns, focus = people(seed)
    one = twofold(y, columns, focus, reference=share)
    other = twofold(y, columns, ~focus, reference=1 - share)
    assert_allclose(one.explained.by_column.value, -other.explained.by_column.value, atol=1e-10)
    assert_allclose(
        one.unexplained_focus.overall.value,
        -other.unexplained_reference.overall.value,
        atol=1e-10,
    )
    assert_allclose(
        one.unexplained.overall.standard_error,
        other.unexplained.overall.standard_error,
        atol=1e-10,
    )


@some
@given(seeds)
def test_the_order_and_unit_of_rows_and_columns_are_nothing_to_oaxaca(seed: int) -> None:
    y, columns, focus = people(seed)
    order = np.random.default_rng(seed).permutation(len(y))
    one = threefold(y, columns, focus)
    turned = threefold(7 * y[order], 3 * columns[order][:, ::-1], focus[order])
    for name in ("endowments", "coefficients", "interaction"):
        first, second = getattr(one, name), getattr(turned, name)
        assert_allclose(7 * first.overall.value, second.overall.value, atol=1e-9)
        assert_allclose(7 * first.by_column.value[[0, 2, 1]], second.by_column.value, atol=1e-9)
        assert_allclose(7 * first.overall.standard_error, second.overall.standard_error, atol=1e-9)


@few
@given(seeds, references)
def test_the_parts_of_a_gap_of_shares_add_up(seed: int, reference: Reference | float) -> None:
    y, columns, focus = people(seed, 300)
    had = y > np.median(y) * 0.5 + np.where(focus, y[focus].mean(), y[~focus].mean()) * 0.5
    made = nonlinear_twofold(
        had.astype(float), columns, focus, family=Family.BINOMIAL, reference=reference
    )
    add_up(made.gap, made.explained, made.unexplained)
    assert_allclose(made.gap.value, had[focus].mean() - had[~focus].mean(), atol=1e-9)


@some
@given(seeds)
def test_contributions_and_residual_are_the_overall_index(seed: int) -> None:
    y, columns, _ = people(seed)
    rank = np.random.default_rng(seed).integers(0, 9, len(y))
    made = wagstaff(y + 5, rank, columns)
    whole = made.contribution.value.sum() + made.residual.value
    assert_allclose(whole, made.overall.value, atol=1e-12)
    assert_allclose(made.elasticity.value * made.index.value, made.contribution.value, atol=1e-12)
    assert contains_its_value(made.overall, made.residual, made.contribution, made.elasticity)
    order = np.random.default_rng(seed).permutation(len(y))
    turned = wagstaff(3 * (y[order] + 5), 10.0 * rank[order], 2 * columns[order])
    assert_allclose(made.contribution.value, turned.contribution.value, atol=1e-11)
    assert_allclose(
        made.contribution.standard_error, turned.contribution.standard_error, atol=1e-11
    )
    reversed_rank = wagstaff(y + 5, -rank, columns)
    assert_allclose(made.contribution.value, -reversed_rank.contribution.value, atol=1e-11)


@few
@given(seeds, st.sampled_from([Model.LINEAR, Model.POISSON, Model.NEGATIVE_BINOMIAL]))
def test_horizontal_inequity_is_the_index_less_that_of_need(seed: int, model: Model) -> None:
    y, columns, focus = people(seed)
    visits, rank = np.floor(np.exp(y / 2)), np.random.default_rng(seed).integers(0, 30, len(y))
    rows = (visits, rank, columns, focus[:, np.newaxis].astype(float))
    made = horizontal_inequity(*rows, model=model, draws=20, seed=seed)
    assert_allclose(made.difference.value, made.index.value - made.need.value, atol=1e-12)
    assert contains_its_value(made.index, made.need, made.difference, made.standardised)
    fixed = horizontal_inequity_need_fixed(*rows, model=model)
    for name in ("index", "need", "difference", "standardised"):
        assert_allclose(getattr(made, name).value, getattr(fixed, name).value, atol=1e-9)
    turned = horizontal_inequity_need_fixed(visits, -rank, *rows[2:], model=model)
    assert_allclose(made.difference.value, -turned.difference.value, atol=1e-9)


@few
@given(seeds)
def test_use_that_is_the_same_for_all_has_no_horizontal_inequity(seed: int) -> None:
    y, columns, focus = people(seed)
    made = horizontal_inequity_need_fixed(
        np.full(len(y), 4.0), y, columns, focus[:, np.newaxis], model=Model.LINEAR
    )
    for one in (made.index, made.need, made.difference, made.standardised):
        assert_allclose(one.value, 0, atol=1e-12)
