"""G6 through T8: pilots from 75.6 to 81.2 per cent, comparison from 81.4 to 82.6, 185 SEK each."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.programme_effect import programme_effect

N_PILOTS, N_OTHERS, PEOPLE, MONTHS = 8, 16, 500, 24


class Held:
    def __init__(self, cells: pa.Table) -> None:
        self.cells = cells

    def of(self, table: str, indicator_id: str, *, period_code: str | None = None) -> pa.Table:
        del indicator_id, period_code
        return self.cells if table == "monthly" else self.cells[:0]


def cells() -> pa.Table:
    rows = []
    for unit in range(N_PILOTS + N_OTHERS):
        before, after = (0.756, 0.812) if unit < N_PILOTS else (0.814, 0.826)
        for m in range(MONTHS):
            s = round(PEOPLE * (after if m >= MONTHS // 2 else before))
            rows.append(
                {
                    "indicator_id": "VT01", "month": date(2022 + m // 12, m % 12 + 1, 1),
                    "unit_hsa_id": f"U{unit:02d}", "population": "others", "n": PEOPLE,
                    "d": float(PEOPLE), "s": float(s), "ss": float(s), "sd": float(s),
                    "dd": float(PEOPLE), "n_persons": PEOPLE, "n_persons_with": s,
                    "n_persons_without": PEOPLE - s,
                }
            )  # fmt: skip
    return pa.Table.from_pylist(rows)


def test_g6_a_programme_s_effect_and_what_one_more_costs() -> None:
    served = PEOPLE * MONTHS // 2
    programme = pd.DataFrame(
        {
            "programme_id": "A", "unit_hsa_id": [f"U{one:02d}" for one in range(N_PILOTS)],
            "from_date": date(2023, 1, 1), "to_date": None, "stop_reason": None,
            "approach_code": "telephone", "target_area": "M1", "cost_sek": 185.0 * served,
        }
    )  # fmt: skip
    periods = pd.DataFrame(
        {
            "period_code": ["y"], "period_kind": ["rolling_12_months"], "data_status": ["final"],
            "period_start": [date(2023, 1, 1)], "period_end": [date(2024, 1, 1)],
            "area_vintage": ["D"],
        }
    )  # fmt: skip
    context = FormContext(
        run_id="a", region_code="12", region_name="R", periods=periods,
        declared={"VT01": load_catalogue()["VT01"]}, persons=pd.DataFrame(),
        missing=pd.DataFrame(), base_period="y",
    )  # fmt: skip
    beside = {"programmes": pa.Table.from_pandas(programme)}
    given = Given(context, pd.DataFrame(), Held(cells()), beside, {})
    rows = programme_effect(given).tables["programme_effect"].data.to_pandas()
    rows = rows[(rows["estimand"] == "itt") & (rows["programme_population"] == "all")]
    [outcome] = rows[rows["strand"] == "outcome"].to_dict("records")
    [cost] = rows[rows["strand"] == "health_economics"].to_dict("records")
    means = [outcome[name] for name in ("pre_pilot", "post_pilot", "pre_comp", "post_comp")]
    assert means == pytest.approx([0.756, 0.812, 0.814, 0.826])
    assert round(outcome["did"], 6) == 0.044
    assert cost["delta_cost_per_person"] == pytest.approx(185)
    assert round(cost["icer"], 2) == 4204.55
    assert cost["icer_quadrant"] == "better_dearer"
