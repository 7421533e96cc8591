"""Cells by hand: a few groups in ten units, so that every number of a form can be reckoned."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.estimates import estimate

UNITS = [f"U{number}" for number in range(10)]
AGES = ("30-34", "70-74")


@pytest.fixture(name="cells")
def _cells():
    return make_cells


def make_cells(indicator, dimension, shares, *, n=40, period="r12-2024-12"):
    """Return cells: per level, unit, age and sex ``n`` people with ``shares[level]`` events.

    Cells lie one above or below, each level in its own way, so that there is variance; the
    level as a whole has exactly its share.
    """
    rows = []
    for index, (level, share) in enumerate(shares.items()):
        noise = iter(np.random.default_rng(index).permutation([-1, 1] * (len(UNITS) * 2)))
        for unit in UNITS:
            for age in AGES:
                for sex in ("female", "male"):
                    s = round(n * share) + next(noise)
                    rows.append(
                        {
                            "indicator_id": indicator,
                            "period_code": period,
                            "dimension": dimension,
                            "level": level,
                            "sex": sex,
                            "age_group": age,
                            "morbidity": "none",
                            "cluster_key": unit,
                            "n": n,
                            "d": float(n),
                            "s": float(s),
                            "ss": float(s),
                            "sd": float(s),
                            "dd": float(n),
                        }
                    )
    return pa.Table.from_pylist(rows)


@pytest.fixture
def tabled():
    """Return a function: cells by indicator -> (estimates, context)."""

    def make(*tables):
        held = {one["indicator_id"][0].as_py(): [] for one in tables}
        for one in tables:
            held[one["indicator_id"][0].as_py()].append(one)
        catalogue = load_catalogue()
        declared = {one: catalogue[one] for one in held}
        made = estimate(
            lambda one: pa.concat_tables(held[one]),
            declared.values(),
            standard_period="r12-2024-12",
        )
        keys = ["indicator_id", "period_code", "dimension", "level", "strat2_level"]
        context = FormContext(
            run_id="a",
            region_code="12",
            region_name="R",
            periods=pd.DataFrame(
                {
                    "period_code": ["r12-2024-12"],
                    "period_kind": ["rolling_12_months"],
                    "period_start": [date(2024, 1, 1)],
                    "period_end": [date(2025, 1, 1)],
                    "data_status": ["final"],
                    "area_vintage": ["DESO_2018"],
                }
            ),
            declared=declared,
            persons=pd.DataFrame(columns=[*keys, "n_persons"]),
            missing=pd.DataFrame(columns=[*keys[:3], "n_missing", "n_all"]),
            base_period="r12-2024-12",
        )
        return made, context

    return make
