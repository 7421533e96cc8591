"""Inequality between people: worked values, errors, cells as people, the exact split."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics import inequality as ineq
from equity_pipeline.statistics.estimate import Caution, Estimate

INDICES: dict[str, Callable[..., Estimate]] = {
    "theil": lambda y, w=None, **told: ineq.theil(y, w, zeros="refuse", **told),
    "mld": lambda y, w=None, **told: ineq.mean_log(y, w, zeros="refuse", **told),
    "gini": ineq.gini,
}
SPLITS: dict[str, Callable[..., ineq.Split]] = {
    "theil": lambda y, g, w=None: ineq.split_theil(y, g, w, zeros="refuse"),
    "mld": lambda y, g, w=None: ineq.split_mld(y, g, w, zeros="refuse"),
    "gini": ineq.split_gini,
}
EVERY = pytest.mark.parametrize("name", sorted(INDICES))


def test_worked_by_hand() -> None:
    """Of 1 and 3 the mean is 2."""
    theil = (0.5 * np.log(0.5) + 1.5 * np.log(1.5)) / 2
    assert_allclose(INDICES["theil"]([1, 3]).value, theil)
    assert_allclose(INDICES["mld"]([1, 3]).value, (np.log(2) + np.log(2 / 3)) / 2)
    assert_allclose(ineq.gini([1, 3]).value, 0.25)


def test_gini_is_the_mean_difference_between_two_people_over_twice_the_mean() -> None:
    y = np.random.default_rng(1).lognormal(0, 1, 60).round(1)
    expected = np.abs(y[:, None] - y).mean() / (2 * y.mean())
    assert_allclose(ineq.gini(y).value, expected, rtol=1e-12)


def test_one_who_has_all_makes_gini_nearly_one() -> None:
    assert_allclose(ineq.gini([0] * 99 + [1]).value, 0.99)


@EVERY
def test_the_error_is_the_spread_of_the_index(name: str) -> None:
    drawn = np.random.default_rng(3).lognormal(0, 0.5, (600, 800))
    made = [INDICES[name](row) for row in drawn]
    spread = np.std([float(one.value) for one in made])
    assert_allclose(np.mean([float(one.standard_error) for one in made]), spread, rtol=0.08)


@EVERY
def test_cells_that_stand_for_people_are_these_people(name: str) -> None:
    y, n = [3.0, 1.0, 3.0, 7.0], [2, 5, 1, 4]
    cells, rows = INDICES[name](y, n), INDICES[name](np.repeat(y, n))
    for field in ("value", "lower", "upper", "standard_error", "n"):
        assert_allclose(getattr(cells, field), getattr(rows, field), rtol=1e-12)


@EVERY
def test_sampling_weights_change_the_error_and_not_the_value(name: str) -> None:
    y, w = [3.0, 1.0, 2.0, 7.0], [2, 5, 1, 4]
    people, sampling = INDICES[name](y, w), INDICES[name](y, w, weights_are="sampling")
    assert people.value == sampling.value
    assert sampling.standard_error > people.standard_error
    assert (people.n, sampling.n) == (12, 4)
    thrice = INDICES[name](y, 3 * np.array(w), weights_are="sampling")
    assert_allclose(thrice.standard_error, sampling.standard_error)


@EVERY
def test_the_same_for_all_is_no_inequality(name: str) -> None:
    made = INDICES[name]([5.0, 5.0, 5.0])
    assert_allclose(made.value, 0, atol=1e-15)
    assert not made.upper <= 0


@pytest.mark.parametrize("name", ["theil", "mean_log"])
def test_zeros_are_refused_or_dropped_as_told(name: str) -> None:
    index = getattr(ineq, name)
    with pytest.raises(MethodError, match="values of 0"):
        index([0, 1, 3], zeros="refuse")
    made = index([0, 1, 3], zeros="drop")
    assert_allclose(made.value, index([1, 3], zeros="refuse").value)
    assert made.warnings[Caution.LEFT_OUT].all()
    assert made.n == 2


def test_dropped_zeros_are_counted_in_a_split() -> None:
    split = ineq.split_mld([0, 1, 3, 0, 2], ["a", "a", "a", "b", "b"], zeros="drop")
    assert split.left_out == 2
    assert split.rows.tolist() == [2, 1]
    assert ineq.split_gini([0, 1, 3], ["a", "a", "b"]).left_out == 0


class TestSplit:
    rng = np.random.default_rng(11)
    y, g = rng.lognormal(8, 1, 400), rng.integers(0, 5, 400)
    w = rng.random(400) + 0.1

    @EVERY
    @pytest.mark.parametrize("weighted", [False, True])
    def test_the_parts_add_up_to_the_index(self, name: str, weighted: bool) -> None:
        w = self.w if weighted else None
        split = SPLITS[name](self.y, self.g, w)
        assert_allclose(split.within + split.between + split.overlap, split.total, rtol=1e-12)
        assert_allclose(split.total, INDICES[name](self.y, w).value, rtol=1e-12)
        assert_allclose(split.contribution.sum(), split.within, rtol=1e-12)

    @EVERY
    def test_each_group_has_its_own_index(self, name: str) -> None:
        split = SPLITS[name](self.y, self.g, self.w)
        for place, group in enumerate(split.groups):
            mine = self.g == group
            own = INDICES[name](self.y[mine], self.w[mine])
            assert_allclose(split.index[place], own.value, rtol=1e-10)

    @EVERY
    def test_groups_of_equals_have_only_differences_between_them(self, name: str) -> None:
        split = SPLITS[name]([2, 2, 6, 6, 6], ["a", "a", "b", "b", "b"])
        assert_allclose([split.within, split.overlap], 0, atol=1e-15)
        assert_allclose(split.between, split.total, rtol=1e-12)

    @EVERY
    def test_equal_groups_have_no_differences_between_them(self, name: str) -> None:
        split = SPLITS[name]([1, 3, 1, 3], ["a", "a", "b", "b"])
        assert_allclose(split.between, 0, atol=1e-15)

    def test_groups_that_do_not_reach_each_other_do_not_overlap(self) -> None:
        assert_allclose(ineq.split_gini([1, 2, 5, 9], ["a", "a", "b", "b"]).overlap, 0, atol=1e-15)
        # 27/68 of all, 11/68 within and 10/68 between
        reach = ineq.split_gini([1, 5, 2, 9], ["a", "a", "b", "b"])
        assert_allclose(reach.overlap, 6 / 68)

    def test_the_sums_of_cells_give_the_same_split(self) -> None:
        parts = (np.ones(400), self.y, np.log(self.y), self.y * np.log(self.y))
        sums = [np.bincount(self.g, part) for part in parts]
        theil, mld = ineq.split_sums(*sums)
        for made, name in ((theil, "theil"), (mld, "mld")):
            rows = SPLITS[name](self.y, self.g)
            assert_allclose(made.within, rows.within, rtol=1e-10)
            assert_allclose(made.between, rows.between, rtol=1e-10)

    def test_the_sums_of_many_strata_are_split_at_once(self) -> None:
        n = np.array([[2.0, 3.0], [1.0, 4.0]])
        many = ineq.split_sums(n, 2 * n, np.log(2) * n, 2 * np.log(2) * n)[0]
        assert many.total.shape == (2,)
        assert_allclose(many.total, 0, atol=1e-15)


@EVERY
@pytest.mark.parametrize(
    ("y", "w"),
    [
        ([], None),
        ([1, -1], None),
        ([1, np.nan], None),
        ([[1, 2]], None),
        ([0, 0], None),
        ([1, 2], [1, -1]),
        ([1, 2], [0, 0]),
        ([1, 2], [1, np.nan]),
        ([1, 2], [1, 2, 3]),
    ],
)
def test_what_cannot_be_people_is_refused(name: str, y: object, w: object) -> None:
    with pytest.raises(MethodError):
        INDICES[name](y, w)


@EVERY
@pytest.mark.parametrize("g", [["a"], ["a", None], [1.0, np.nan], np.array(["a", 2], dtype=object)])
def test_a_missing_group_is_refused(name: str, g: object) -> None:
    with pytest.raises(MethodError):
        SPLITS[name]([1, 2], g)


@pytest.mark.parametrize("sums", [([1, 0], [1, 1]), ([1, 2], [1, 0]), ([1, 2], [1, np.nan])])
def test_sums_of_nobody_are_refused(sums: tuple[list[float], list[float]]) -> None:
    with pytest.raises(MethodError):
        ineq.split_sums(*sums, [0, 0], [0, 0])
