"""G4 through T4: five units beside a funnel by the normal approximation."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.place_values import unit_values
from equity_pipeline.tables.unit_funnel import judged

PEOPLE = (1500, 3200, 600, 900, 2100)
EVENTS = (1290, 2592, 480, 810, 1617)


def five_units() -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "indicator_id": "VT01", "period_code": "y", "dimension": "total", "level": "all",
                "sex": "female", "age_group": "30-34", "morbidity": "none", "cluster_key": f"U{i}",
                "n": n, "d": float(n), "s": float(x), "ss": float(x), "sd": float(x),
                "dd": float(n),
            }
            for i, (n, x) in enumerate(zip(PEOPLE, EVENTS, strict=True), 1)
        ]
    )  # fmt: skip


def test_g4_the_limits_of_chance_and_what_overdispersion_makes_of_them() -> None:
    declared = load_catalogue()["VT01"]
    values = unit_values(five_units(), declared)
    assert values is not None
    held = judged(values, declared)
    assert round(values.target, 6) == 0.817952
    score = (values.crude.value - values.target) / held.chance_inner.standard_error
    assert np.round(score, 4).tolist() == [4.2202, -1.1657, -1.1395, 6.3787, -5.6945]
    assert round(held.phi, 4) == 18.7167
    first = [
        round(float(limit[0]), 4)
        for one in (held.chance_inner, held.chance_outer)
        for limit in (one.lower, one.upper)
    ]
    assert first == [0.7984, 0.8375, 0.7872, 0.8487]
    assert held.chance_side == ["above_998", "within", "within", "above_998", "below_998"]
    assert held.side == ["within"] * 5  # phi is 18.7: the units are all unlike each other
