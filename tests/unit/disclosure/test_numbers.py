"""What a reader reckons of shares and rates is a published number too."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from equity_pipeline.disclosure.numbers import published
from equity_pipeline.tables.table import StratifiedTable, conform

ROW = {
    "indicator_id": "TG05",
    "period_start": date(2024, 1, 1),
    "period_end": date(2024, 2, 1),
    "unit_hsa_id": "U1",
    "n": 105,
    "value": 0.0380952,
    "unit_of_measure": "percent",
}


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [("percent", 4 / 105, 4.0), ("per_100", 400 / 105, 4.0), ("days", 3.5, np.nan)],
)
def test_a_share_beside_its_denominator_shows_its_numerator(unit, value, expected):
    row = ROW | {"unit_of_measure": unit, "value": value}
    data = conform("run_chart", pd.DataFrame([row]))
    ((n, with_it),) = published({"run_chart": StratifiedTable("run_chart", data)}, ()).values()
    assert n == 105
    np.testing.assert_equal(with_it, expected)
