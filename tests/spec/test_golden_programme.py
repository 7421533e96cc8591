"""Golden number of the methods: a programme's effect and its price, worked by hand."""

from __future__ import annotations

import pytest

from equity_pipeline.statistics.evaluate import cost_per_effect, difference_of_changes


def test_g6_a_programme_s_effect_and_what_one_more_costs() -> None:
    effect = difference_of_changes(0.756, 0.812, 0.814, 0.826)
    assert float(effect.value) == pytest.approx(0.044, abs=1e-12)
    price = cost_per_effect(185, effect.value, 40, 0.01).cost_per_effect
    assert round(float(price.value), 2) == 4204.55
