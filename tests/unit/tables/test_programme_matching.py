"""Comparison units: the nearest, each once; differences in standard deviations of who was there."""

import numpy as np
import pandas as pd
import pytest

from equity_pipeline.tables.programme_matching import balance, matched


def test_a_difference_is_told_in_pooled_standard_deviations():
    level = pd.DataFrame({"pre_level": [0.70, 0.74, 0.72, 0.80, 0.88]})
    treated, pool = np.array([0, 1]), np.array([2, 3, 4])
    [row] = balance(level, treated, np.array([2]), pool).to_dict("records")
    spread = np.sqrt((0.0008 + 0.0064) / 2)  # of 0.70 and 0.74; of 0.72, 0.80 and 0.88
    assert row["smd"] == pytest.approx(0.0)
    assert row["smd_before_matching"] == pytest.approx((0.72 - 0.80) / spread)


def test_each_unit_gets_the_nearest_and_none_is_used_twice():
    level = pd.DataFrame({"pre_level": [0.70, 0.80, 0.71, 0.79, 0.95, 0.60]})
    made = matched(level, np.array([0, 1]), np.array([2, 3, 4]))
    assert dict(zip(made.others_set.tolist(), made.others.tolist(), strict=True)) == {0: 2, 1: 3}


def test_too_few_comparison_units_are_one_set():
    level = pd.DataFrame({"pre_level": [0.70, 0.80, 0.90, 0.71]})
    made = matched(level, np.array([0, 1, 2]), np.array([3]))
    assert (made.treated_set.tolist(), made.others_set.tolist()) == ([0, 0, 0], [0])
