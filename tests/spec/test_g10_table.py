"""G10 through T5: five gaps that widen by three quarters of a point a year."""

from __future__ import annotations

import pytest

from equity_pipeline.tables.trend import trend
from tests.formed import given_of, spread

GAPS = {2019: 7.0, 2020: 7.6, 2021: 8.4, 2022: 9.1, 2023: 10.0}


def test_g10_three_quarters_of_a_point_a_year() -> None:
    rows = [
        row
        for year, gap in GAPS.items()
        for level, share in (("q1", 0.85 - gap / 100), ("q5", 0.85))
        for row in spread(level, 400_000, 400_000 * share, period_code=f"r12-{year}-12")
    ]
    given = given_of(rows, forms=True)
    made = trend(given.made["gap"], given.made["stratified"], given.context).data.to_pandas()
    assert (100 * made["gap_harm"]).round(6).tolist() == list(GAPS.values())
    # years are counted in days: 2020 has one more
    assert 100 * made["slope_abs_per_year"].iloc[-1] == pytest.approx(0.75, abs=0.0005)
    assert set(made["gap_direction"]) == {"widening"}
    assert set(made["driver"]) == {"focus_worsens"}
    assert set(made["n_periods"]) == {5}
