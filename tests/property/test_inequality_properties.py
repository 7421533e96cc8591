"""What must always hold of indices over groups, between people, and of families."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from equity_pipeline.statistics import inequality as ineq
from equity_pipeline.statistics import multiplicity as many
from equity_pipeline.statistics.burden import burden_at_best, burden_at_group
from equity_pipeline.statistics.continuity import continuity_index

EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)
WHO = ("d", "r", "par", "paf", "bgv", "bgsd", "cov", "ti", "mld")
WHO += ("idisu", "idisw", "mdbu", "mdbw", "mdmu", "mdmw", "mdru", "mdrw")
ABSOLUTE = ("d", "par", "bgsd", "mdbu", "mdbw", "mdmu", "mdmw", "mdru", "mdrw")
RELATIVE = ("r", "paf", "cov", "ti", "mld", "idisu", "idisw")
SPLITS: dict[str, Callable[..., ineq.Split]] = {
    "theil": lambda y, g, w=None: ineq.split_theil(y, g, w, zeros="drop"),
    "mld": lambda y, g, w=None: ineq.split_mld(y, g, w, zeros="drop"),
    "gini": ineq.split_gini,
}


@st.composite
def groups(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, people and errors of two to eight groups."""
    count = draw(st.integers(2, 8))
    column = {"min_size": count, "max_size": count}
    y = draw(st.lists(st.floats(0.01, 0.99), **column))
    n = draw(st.lists(st.integers(1, 5000), **column))
    s = draw(st.lists(st.floats(1e-4, 0.1), **column))
    return np.array(y), np.array(n), np.array(s)


@st.composite
def people(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, groups and weights of two to thirty people."""
    count = draw(st.integers(2, 30))
    column = {"min_size": count, "max_size": count}
    y = draw(st.lists(st.floats(0.01, 1e4), **column))
    g = draw(st.lists(st.integers(0, 4), **column))
    w = draw(st.lists(st.floats(0.1, 10), **column))
    return np.array(y), np.array(g), np.array(w)


def _who(y: object, n: object, s: object, **told: object) -> ineq.WhoMeasures:
    given = {"direction": "higher", "ordered": False, "reference": 0, **told}
    return ineq.who_measures(y, n, s, **given)


@EXAMPLES
@given(groups())
def test_limits_hold_the_value_and_have_a_width(
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    made = _who(*found)
    for name in WHO:
        one = getattr(made, name)
        assert one.lower <= one.value <= one.upper, name
        assert one.upper > one.lower, name


@EXAMPLES
@given(groups(), st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(
    found: tuple[np.ndarray, np.ndarray, np.ndarray], seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(found[0].size)
    one = _who(*found)
    place = int(np.flatnonzero(order == 0)[0])
    other = _who(*(part[order] for part in found), reference=place)
    for name in WHO:
        for field in ("value", "lower", "upper"):
            mine, theirs = getattr(getattr(one, name), field), getattr(getattr(other, name), field)
            assert_allclose(theirs, mine, rtol=1e-8, atol=1e-10, err_msg=name)


@EXAMPLES
@given(groups(), st.floats(0.5, 1000))
def test_another_unit_scales_what_is_absolute_and_leaves_what_is_relative(
    found: tuple[np.ndarray, np.ndarray, np.ndarray], unit: float
) -> None:
    y, n, s = found
    one, other = _who(y, n, s), _who(unit * y, n, unit * s)
    for names, times in ((ABSOLUTE, unit), (RELATIVE, 1.0), (("bgv",), unit**2)):
        for name in names:
            for field in ("value", "upper"):
                mine = times * getattr(getattr(one, name), field)
                theirs = getattr(getattr(other, name), field)
                assert_allclose(theirs, mine, rtol=1e-7, atol=1e-9 * times, err_msg=name)


@EXAMPLES
@given(groups())
def test_more_people_in_the_same_shares_change_nothing(
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    y, n, s = found
    one, other = _who(y, n, s), _who(y, 7 * n, s)
    for name in WHO:
        assert_allclose(getattr(other, name).lower, getattr(one, name).lower, atol=1e-12)


@EXAMPLES
@given(groups())
def test_a_group_in_two_halves_is_the_same_to_what_is_weighted(
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    y, n, _ = found
    one = _who(y, 2 * n, None)
    other = _who(np.append(y, y[-1]), np.append(2 * n[:-1], [n[-1], n[-1]]), None)
    for name in ("d", "par", "bgv", "cov", "ti", "mld", "idisw", "mdbw", "mdmw", "mdrw"):
        mine, theirs = getattr(one, name).value, getattr(other, name).value
        assert_allclose(theirs, mine, rtol=1e-8, atol=1e-10)


@EXAMPLES
@given(groups())
def test_ordered_groups_turned_round_change_the_sign(
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    one = _who(*found, ordered=True)
    other = _who(*(part[::-1] for part in found), ordered=True)
    for name in ("d", "aci", "rci", "sii", "rii_mean"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert_allclose(theirs.value, -mine.value, rtol=1e-8, atol=1e-10)
        assert_allclose(theirs.lower, -mine.upper, rtol=1e-8, atol=1e-10)


@EXAMPLES
@given(groups())
def test_between_people_and_between_groups_are_one_theil(
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    y, n, _ = found
    over_groups = ineq.theil_index(y, n).value
    assert_allclose(over_groups, ineq.theil(y, n, zeros="refuse").value, rtol=1e-7, atol=1e-12)


@EXAMPLES
@pytest.mark.parametrize("name", sorted(SPLITS))
@given(found=people())
def test_the_parts_of_inequality_add_up(
    name: str, found: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    y, g, w = found
    split = SPLITS[name](y, g, w)
    assert_allclose(split.within + split.between + split.overlap, split.total, atol=1e-9)
    assert split.within >= -1e-12
    assert split.between >= -1e-12
    assert split.overlap >= -1e-9
    assert_allclose([split.share.sum(), split.value_share.sum()], 1)


@EXAMPLES
@pytest.mark.parametrize("name", sorted(SPLITS))
@given(found=people(), times=st.floats(0.1, 100))
def test_everybody_with_more_by_a_factor_is_as_unequal(
    name: str, found: tuple[np.ndarray, np.ndarray, np.ndarray], times: float
) -> None:
    y, g, w = found
    one, other = SPLITS[name](y, g, w), SPLITS[name](times * y, g, 3 * w)
    for field in ("total", "within", "between", "overlap", "share"):
        assert_allclose(getattr(other, field), getattr(one, field), rtol=1e-7, atol=1e-10)


@EXAMPLES
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_no_adjustment_lessens_a_p_value_or_changes_their_order(p: list[float]) -> None:
    raw = np.array(p)
    made = {
        "bh": many.benjamini_hochberg(raw),
        "by": many.benjamini_yekutieli(raw),
        "hommel": many.hommel(raw),
        "hochberg": many.hochberg(raw),
        "holm": many.holm(raw),
        "bonferroni": many.bonferroni(raw),
    }
    order = np.argsort(raw, kind="stable")
    for name, adjusted in made.items():
        assert (adjusted >= raw - 1e-15).all(), name
        assert (adjusted <= 1).all(), name
        assert (np.diff(adjusted[order]) >= -1e-15).all(), name
    rising = ("bh", "hommel", "hochberg", "holm", "bonferroni")
    for less, more in (("bh", "by"), *pairwise(rising)):
        assert (made[less] <= made[more] + 1e-12).all(), (less, more)


@EXAMPLES
@given(groups(), st.floats(0, 0.3))
def test_a_pick_among_more_is_never_easier(
    found: tuple[np.ndarray, np.ndarray, np.ndarray], limit: float
) -> None:
    y, _, s = found
    alone = many.select_beyond(y, s, limit)
    among = many.select_beyond(np.append(y, [0.0] * 20), np.append(s, [1.0] * 20), limit)
    assert not (among.selected[: y.size] & ~alone.selected).any()
    assert among.confidence >= alone.confidence - 1e-12


@EXAMPLES
@given(groups())
def test_a_burden_adds_up_and_turns_with_the_good_side(
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    y, n, s = found
    v = np.diag(s**2)
    higher = burden_at_group(y, n, 0, direction="higher", covariance=v)
    lower = burden_at_group(y, n, 0, direction="lower", covariance=v)
    assert_allclose(higher.total.value, higher.each.value.sum(), atol=1e-8)
    assert_allclose(lower.each.lower, -higher.each.upper, atol=1e-8)
    assert (burden_at_best(y, n, direction="lower").each.value >= 0).all()


@EXAMPLES
@given(st.lists(st.integers(0, 9), min_size=2, max_size=6).filter(lambda n: sum(n) > 1))
def test_continuity_lies_between_nobody_twice_and_always_the_same(visits: list[int]) -> None:
    index = continuity_index(visits)
    assert 0 <= index <= 1
    assert continuity_index([sum(visits), 0]) == 1
