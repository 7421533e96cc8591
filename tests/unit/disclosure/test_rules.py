"""Each rule at its border."""

from __future__ import annotations

import numpy as np
import pytest

from equity_pipeline.disclosure.rounding import decimals
from equity_pipeline.disclosure.rules import DisclosurePolicy, Persons, check_kind, too_small
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.settings import DisclosureSettings


def judged(n, n_with, *, kind="proportion", sensitive=False, policy=None):
    one = [np.array([value]) for value in (n, n_with, n - n_with)]
    flags = [np.array([kind != "mean"]), np.array([kind == "proportion"]), np.array([sensitive])]
    return str(too_small(Persons(*one, *flags), policy or DisclosurePolicy())[0])


@pytest.mark.parametrize(
    ("n", "n_with", "why"),
    [
        (19, 9, "small_denominator"), (20, 10, ""), (0, 0, ""),
        (100, 0, ""), (100, 1, "small_count"), (100, 4, "small_count"), (100, 5, ""),
        (100, 95, ""), (100, 96, "small_count"), (100, 99, "small_count"), (100, 100, ""),
    ],
)  # fmt: skip
def test_a_share_needs_twenty_persons_and_five_with_and_without(n, n_with, why):
    assert judged(n, n_with) == why


@pytest.mark.parametrize(("n_with", "why"), [(0, ""), (4, "small_count"), (5, ""), (98, "")])
def test_a_rate_counts_those_with_events_only(n_with, why):
    assert judged(100, n_with, kind="rate") == why


@pytest.mark.parametrize(("n", "why"), [(19, "small_denominator"), (20, "")])
def test_a_mean_counts_its_denominator_only(n, why):
    assert judged(n, 3, kind="mean") == why


@pytest.mark.parametrize(("n", "n_with"), [(100, 0), (100, 100), (0, 0)])
def test_nobody_and_everybody_of_a_sensitive_group_are_hidden(n, n_with):
    assert judged(n, n_with, sensitive=True) != ""


def test_the_limits_come_from_the_settings():
    policy = DisclosurePolicy.of(DisclosureSettings(smallest_denominator=30, smallest_count=3))
    assert judged(25, 10, policy=policy) == "small_denominator"
    assert judged(100, 3, policy=policy) == ""


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(DisclosureStop, match="'median'"):
        check_kind("median")


def test_a_rate_keeps_four_figures_and_five_from_4000():
    size, n = np.array([0.01234, 12.34, 14532.0]), np.array([3999.0, 4000.0, 4000.0])
    assert decimals(["rate"] * 3, size, n).tolist() == [5, 3, 0]
    assert decimals(["rate"] * 3, size, n, "open").tolist() == [4, 2, -1]
