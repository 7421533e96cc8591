"""Gaps split by what groups have and what it yields: hand-worked numbers, refusals, edges."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from statsmodels.stats.oaxaca import OaxacaBlinder

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.decompose import (
    Reference,
    nonlinear_twofold,
    threefold,
    twofold,
)
from equity_pipeline.statistics.need import Family

Y = np.array([1.0, 2.0, 4.0, 2.0, 3.0, 7.0])
X = np.array([[0.0], [1.0], [2.0], [0.0], [1.0], [3.0]])
FOCUS = np.array([0, 0, 0, 1, 1, 1])


def drawn(seed: int, size: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People with two columns, a group, and residuals that spread more with the first column."""
    random = np.random.default_rng(seed)
    focus = random.random(size) < 0.4
    columns = np.column_stack([random.normal(1 + 0.5 * focus, 1), random.random(size) < 0.3])
    y = 1 + columns @ [0.8, -0.5] + 0.4 * focus * (1 + columns[:, 0])
    return y + random.normal(size=size) * (1 + 0.3 * np.abs(columns[:, 0])), columns, focus


def test_three_people_a_group_worked_by_hand() -> None:
    # reference: means 1 and 7/3, slope 3/2, intercept 5/6; focus: means 4/3 and 4, slope 12/7
    parts = threefold(Y, X, FOCUS)
    assert_allclose(parts.gap.value, 5 / 3)
    assert_allclose(parts.endowments.overall.value, 1 / 3 * 3 / 2)
    assert_allclose(parts.coefficients.overall.value, 4 - 12 / 7 / 3 - 7 / 3)
    assert_allclose(parts.interaction.overall.value, 1 / 3 * (12 / 7 - 3 / 2))
    assert_allclose(parts.endowments.by_column.value, [0, 1 / 2], atol=1e-15)


def test_the_parts_are_those_of_statsmodels() -> None:
    y, columns, focus = drawn(1)
    theirs = OaxacaBlinder(y, np.column_stack([columns, focus]), 2, hasconst=False)
    ours = threefold(y, columns, focus)
    parts = [ours.endowments, ours.coefficients, ours.interaction]
    expected = theirs.three_fold().params[:3]
    assert_allclose([part.overall.value for part in parts], expected, rtol=1e-9)


def test_the_size_weighted_reference_is_the_number_that_it_stands_for() -> None:
    y, columns, focus = drawn(2)
    one = twofold(y, columns, focus, reference=Reference.SIZE)
    other = twofold(y, columns, focus, reference=float(focus.mean()))
    assert_allclose(one.explained.by_column.value, other.explained.by_column.value)


def test_with_a_column_for_the_group_nothing_is_unexplained_at_the_focus_group() -> None:
    parts = twofold(*drawn(3), reference=Reference.POOLED_WITH_GROUP)
    assert_allclose(parts.unexplained_focus.overall.value, 0, atol=1e-12)
    assert_allclose(parts.unexplained_focus.overall.standard_error, 0, atol=1e-12)


@pytest.mark.parametrize("reference", [0.0, 0.3, Reference.POOLED])
def test_analytic_errors_are_those_of_drawing_people_again(reference: Reference | float) -> None:
    y, columns, focus = drawn(4, 600)
    random = np.random.default_rng(5)
    made = twofold(y, columns, focus, reference=reference)
    again = []
    for _ in range(400):
        rows = random.integers(0, len(y), len(y))
        one = twofold(y[rows], columns[rows], focus[rows], reference=reference)
        again.append([one.explained.overall.value, one.unexplained.overall.value])
    errors = [made.explained.overall.standard_error, made.unexplained.overall.standard_error]
    assert_allclose(errors, np.std(again, axis=0), rtol=0.1)


def test_the_error_of_an_interaction_between_groups_alike_is_that_of_drawing_again() -> None:
    # where both factors are near 0, the product of their variances is a third of the error
    random = np.random.default_rng(15)
    columns, focus = random.normal(size=(150, 3)), np.arange(150) % 2
    y = columns.sum(axis=1) + random.normal(size=150)
    again = []
    for _ in range(500):
        chosen = random.integers(0, 150, 150)
        one = threefold(y[chosen], columns[chosen], focus[chosen])
        again.append(one.interaction.by_column.value)
    errors = threefold(y, columns, focus).interaction.by_column.standard_error
    assert_allclose(errors, np.std(again, axis=0), rtol=0.2)


def test_errors_of_a_gap_of_shares_are_those_of_drawing_people_again() -> None:
    random = np.random.default_rng(16)
    size = 900
    focus = random.random(size) < 0.5
    columns = np.column_stack([random.normal(0.8 * focus, 1), random.random(size) < 0.3])
    y = (random.random(size) < 1 / (1 + np.exp(-columns @ [0.9, -0.8] - focus))).astype(float)

    def parts(chosen: np.ndarray) -> list[np.ndarray]:
        one = nonlinear_twofold(
            y[chosen], columns[chosen], focus[chosen], family=Family.BINOMIAL, reference=0.0
        )
        told = (one.explained.by_column, one.explained.overall, one.unexplained.overall, one.gap)
        return [np.hstack([t.value for t in told]), np.hstack([t.standard_error for t in told])]

    again = [parts(random.integers(0, size, size))[0] for _ in range(300)]
    errors = parts(np.arange(size))[1]
    assert_allclose(errors[1:], np.std(again, axis=0)[1:], rtol=0.12)


def test_cells_give_what_their_people_give() -> None:
    random = np.random.default_rng(6)
    focus, column = random.integers(0, 2, 300), random.integers(0, 3, 300)
    y = column + 0.5 * focus + random.normal(size=300)
    cell = focus * 3 + column
    n = np.bincount(cell, minlength=6)
    cells = {
        "y": np.bincount(cell, y) / n,
        "X": (np.arange(6) % 3)[:, np.newaxis],
        "focus": np.arange(6) // 3,
        "people": n,
        "square": np.bincount(cell, y**2),
    }
    by_cell = twofold(**cells, reference=Reference.POOLED)  # type: ignore[arg-type]
    by_person = twofold(y, column[:, np.newaxis], focus, reference=Reference.POOLED)
    for name in ("explained", "unexplained", "unexplained_focus"):
        one, other = getattr(by_cell, name), getattr(by_person, name)
        assert_allclose(one.by_column.value, other.by_column.value, rtol=1e-9, atol=1e-12)
        assert_allclose(one.overall.standard_error, other.overall.standard_error, rtol=1e-9)


def test_cells_of_shares_give_what_their_people_give() -> None:
    random = np.random.default_rng(17)
    focus, column = random.integers(0, 2, 400), random.integers(0, 3, 400)
    y = (random.random(400) < 0.2 + 0.15 * column + 0.1 * focus).astype(float)
    cell = focus * 3 + column
    n = np.bincount(cell, minlength=6)
    shares, kind = np.bincount(cell, y) / n, (np.arange(6) % 3)[:, np.newaxis]
    options = {"family": Family.BINOMIAL, "reference": Reference.POOLED}
    one = nonlinear_twofold(shares, kind, np.arange(6) // 3, people=n, **options)
    other = nonlinear_twofold(y, column[:, np.newaxis], focus, **options)
    for name in ("explained", "unexplained"):
        first, second = getattr(one, name).overall, getattr(other, name).overall
        assert_allclose(first.value, second.value, rtol=1e-6)
        assert_allclose(first.standard_error, second.standard_error, rtol=1e-6)


def test_people_who_are_clusters_of_one_have_nearly_their_own_errors() -> None:
    y, columns, focus = drawn(7)
    alone = threefold(y, columns, focus)
    clustered = threefold(y, columns, focus, cluster=np.arange(len(y)))
    both = [p.endowments.overall.standard_error for p in (alone, clustered)]
    assert_allclose(both[1], both[0], rtol=0.01)
    assert clustered.gap.method == "oaxaca_jann_cluster"


@pytest.mark.parametrize("base", [0, 1, 2])
def test_normalised_parts_do_not_depend_on_the_base_level(base: int) -> None:
    random = np.random.default_rng(8)
    level, focus = random.integers(0, 3, 500), random.random(500) < 0.5
    y = level + focus * level + random.normal(size=500)
    kept = [one for one in range(3) if one != base]
    dummies = np.column_stack([level == one for one in kept])
    made = threefold(y, dummies, focus, normalised=[[0, 1]])
    by_level = np.empty(3)
    by_level[[*kept, base]] = made.coefficients.by_column.value[1:]
    expected = threefold(
        y, np.column_stack([level == 1, level == 2]), focus, normalised=[[0, 1]]
    ).coefficients.by_column.value
    assert_allclose(by_level, expected[[3, 1, 2]], atol=1e-12)
    plain = threefold(y, dummies, focus)
    assert_allclose(made.coefficients.overall.value, plain.coefficients.overall.value)
    assert_allclose(made.endowments.overall.value, plain.endowments.overall.value)


def test_a_linear_gap_of_shares_is_found_on_the_logit_as_well() -> None:
    parts = nonlinear_twofold(
        [0.2, 0.5, 0.3, 0.7],
        [[0], [1], [0], [1]],
        [0, 0, 1, 1],
        family=Family.BINOMIAL,
        reference=0.0,
        people=[50, 50, 20, 80],
    )
    # shares 0.2 and 0.5 of the reference group, for 20 and 80 of 100 people: 0.44 - 0.35
    assert_allclose(parts.explained.overall.value, 0.09, atol=1e-9)
    assert_allclose(parts.gap.value, 0.62 - 0.35)


def test_counts_are_taken_apart_on_the_log() -> None:
    random = np.random.default_rng(9)
    focus, column = random.random(800) < 0.5, random.normal(size=800)
    y = random.poisson(np.exp(0.2 + 0.5 * column + 0.3 * focus)).astype(float)
    parts = nonlinear_twofold(
        y, column[:, np.newaxis], focus, family=Family.POISSON, reference=Reference.POOLED
    )
    assert_allclose(parts.gap.value, y[focus].mean() - y[~focus].mean(), atol=1e-9)
    assert parts.unexplained.overall.lower > 0


@pytest.mark.parametrize(
    "changed",
    [
        {"y": [1, 2, 4, 2, 3]},
        {"y": [1, 2, 4, 2, 3, np.nan]},
        {"X": [0, 1, 2, 0, 1, 3]},
        {"X": [[1], [1], [1], [0], [1], [3]]},
        {"X": [[0, 0], [1, 2], [2, 4], [0, 0], [1, 2], [3, 6]]},
        {"focus": [0, 0, 0, 0, 0, 0]},
        {"focus": [0, 0, 2, 1, 1, 1]},
        {"focus": [0, 0, 0, 0, 0, 1]},
        {"people": [1, 1, 1, 1, 1, 0]},
        {"people": [1, 1, 1, 1, 1, -2]},
        {"weight": [1, 1, 1, 1, 1, np.inf]},
        {"square": [0.5, 4, 16, 4, 9, 49]},
        {"cluster": [1, 1, 1, 1, 1, 1]},
        {"cluster": [1, 2]},
        {"normalised": [[0]]},
        {"normalised": [[3]]},
        {"confidence": 95},
    ],
)
def test_impossible_rows_are_refused(changed: dict[str, object]) -> None:
    rows: dict[str, object] = {"y": Y, "X": X, "focus": FOCUS}
    with pytest.raises(MethodError):
        threefold(**(rows | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("reference", [-0.1, 1.1, float("nan")])
def test_a_reference_that_is_no_weight_is_refused(reference: float) -> None:
    with pytest.raises(MethodError):
        twofold(Y, X, FOCUS, reference=reference)


def test_an_unknown_reference_is_refused() -> None:
    with pytest.raises(MethodError):
        twofold(Y, X, FOCUS, reference="pooled_anyhow")  # type: ignore[arg-type]


def test_a_family_or_separated_outcomes_that_cannot_be_taken_apart_are_refused() -> None:
    shares = (Y > 2).astype(float)
    with pytest.raises(MethodError):
        nonlinear_twofold(Y, X, FOCUS, family=Family.GAUSSIAN, reference=0.0)
    with pytest.raises(MethodError):
        nonlinear_twofold(shares, X, FOCUS, family=Family.BINOMIAL, reference=0.0)
