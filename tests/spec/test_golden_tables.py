"""The worked examples once more, through the code that makes T1 and T2."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables import gap as t2
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.estimates import estimate
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.places import place_contrasts
from equity_pipeline.tables.stratified import stratified

PERIOD = "r12-2024-12"
LEVELS = ("q1", "q2", "q3", "q4", "q5")
PEOPLE = (4200, 4100, 4000, 3900, 3800)
ASSESSED = (3318, 3362, 3400, 3393, 3382)
CELL = ["indicator_id", "period_code", "dimension", "level", "strat2_level"]


def row(dimension: str, level: str, n: int, s: int, **other: object) -> dict[str, object]:
    counts = {"n": n, "d": float(n), "s": float(s), "ss": float(s), "sd": float(s), "dd": float(n)}
    about = {"indicator_id": "VT01", "period_code": PERIOD, "dimension": dimension, "level": level}
    need = {"sex": "female", "age_group": "50-54", "morbidity": "none", "cluster_key": "U1"}
    return about | need | counts | other


def halves(dimension: str, level: str, n: int, s: int, **other: object) -> list[dict[str, object]]:
    """The same people in two units, so that units can vary."""
    one, some = n // 2, s // 2 + 5
    return [
        row(dimension, level, one, some, cluster_key="U1", **other),
        row(dimension, level, n - one, s - some, cluster_key="U2", **other),
    ]


def context() -> FormContext:
    return FormContext(
        run_id="a",
        region_code="12",
        region_name="R",
        periods=pd.DataFrame(
            {
                "period_code": [PERIOD],
                "period_kind": ["rolling_12_months"],
                "period_start": [date(2024, 1, 1)],
                "period_end": [date(2025, 1, 1)],
                "data_status": ["final"],
                "area_vintage": ["DESO_2018"],
            }
        ),
        declared={"VT01": load_catalogue()["VT01"]},
        persons=pd.DataFrame(columns=[*CELL, "n_persons"]),
        missing=pd.DataFrame(columns=[*CELL[:3], "n_missing", "n_all"]),
        base_period=PERIOD,
    )


def long_table(rows: list[dict[str, object]]) -> pd.DataFrame:
    cells = pa.Table.from_pylist(rows)
    return estimate(lambda _: cells, context().declared.values(), standard_period=PERIOD)


@pytest.fixture(name="g1")
def _g1() -> pd.DataFrame:
    cells = [
        one
        for level, n, s in zip(LEVELS, PEOPLE, ASSESSED, strict=True)
        for one in halves("income_quintile", level, n, s)
    ]
    whole = halves("total", "all", sum(PEOPLE), sum(ASSESSED))
    return long_table([*cells, *whole])


def test_g1_values_and_wilson_limits_in_t1(g1: pd.DataFrame) -> None:
    made = stratified(g1, context()).data.to_pandas()
    whole = made[made["strat2_level"] == "all"].set_index(["dimension", "level"])
    fifths = whole.loc["income_quintile"]
    assert fifths["value_crude"].round(6).tolist() == [0.79, 0.82, 0.85, 0.87, 0.89]
    assert fifths["n_denominator"].tolist() == list(PEOPLE)
    limits = fifths[["value_crude_lower", "value_crude_upper"]].round(6)
    assert limits.loc["q1"].tolist() == [0.777420, 0.802050]
    assert limits.loc["q5"].tolist() == [0.879655, 0.899557]
    assert whole.loc[("total", "all"), "value_crude"] == pytest.approx(0.84275)


def test_g1_gap_ratios_and_gradients_in_t2(g1: pd.DataFrame) -> None:
    made = t2.gap(g1, context()).data.to_pandas()
    one = made[(made["focus_level"] == "q1") & (made["adjustment"] == "crude")].iloc[0]
    names = ["gap_abs", "gap_harm", "ratio", "ratio_unfavourable", "sii", "conc_index"]
    assert [round(one[name], 6) for name in [*names, "erreygers_index"]] == [
        -0.1, 0.1, 0.887640, 1.909091, 0.125481, 0.023819, 0.080295,
    ]  # fmt: skip


def test_g1_newcombe_and_katz_in_t2_of_a_unit() -> None:
    rows = [
        row("income_quintile", level, n, s, geography_level="unit", geography_code="U1")
        for level, n, s in zip(LEVELS, PEOPLE, ASSESSED, strict=True)
    ]
    cells = SimpleNamespace(of=lambda table, indicator: pa.Table.from_pylist(rows))
    given = Given(context(), pd.DataFrame(), cells, {}, {})
    [one] = t2.gap(long_table([row("total", "all", 9, 5)]), context(), place_contrasts(given)) \
        .data.to_pylist()  # fmt: skip
    assert (one["geography_level"], one["focus_level"], one["reference_level"]) == (
        "unit", "q1", "q5",
    )  # fmt: skip
    told = {name: [round(one[f"{name}{end}"], 6) for end in ("", "_lower", "_upper")]
            for name in ("gap_abs", "gap_harm", "ratio", "ratio_unfavourable")}  # fmt: skip
    assert told == {
        "gap_abs": [-0.1, -0.115799, -0.084118],
        "gap_harm": [0.1, 0.084118, 0.115799],
        "ratio": [0.887640, 0.870773, 0.904834],
        "ratio_unfavourable": [1.909091, 1.714003, 2.126384],
    }
    assert one["evidence_state"] == "established_important"  # G11, the first of its five


def test_g2_standardised_values_and_gap() -> None:
    ages = ("30-34", "50-54", "70-74")
    low = ((2400, 1200, 600), (1800, 960, 510))
    high = ((1300, 1400, 1100), (1066, 1190, 968))
    rows = [
        one
        for level, (people, events) in (("q1", low), ("q5", high))
        for age, n, s in zip(ages, people, events, strict=True)
        for one in halves("income_quintile", level, n, s, age_group=age)
    ]
    rows += [row("total", "all", n, n // 2, age_group=age)
             for age, n in zip(ages, (4200, 3200, 2600), strict=True)]  # fmt: skip
    made = long_table(rows)
    t1 = stratified(made, context()).data.to_pandas()
    own = t1[(t1["dimension"] == "income_quintile") & (t1["strat2_level"] == "all")]
    assert own["value_crude"].round(6).tolist() == [0.778571, 0.848421]
    assert own["value_std"].round(4).tolist() == [0.7920, 0.8452]
    gaps = t2.gap(made, context()).data.to_pandas().set_index("adjustment")["gap_abs"]
    assert round(gaps["crude"], 6) == -0.069850
    assert round(gaps["standardised"], 4) == -0.0532


def test_g3_false_discovery_rates_of_a_family_in_t2() -> None:
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    rows = pd.DataFrame({"p_value": p}).assign(
        domain="waiting", dimension="education", adjustment="crude", period_code=PERIOD,
        geography_level="region",
    )  # fmt: skip
    made = t2._with_multiplicity(rows)
    assert made["p_fdr"].round(6).tolist() == [
        0.010, 0.040, 0.084, 0.084, 0.084, 0.100, 0.105714, 0.216, 0.216, 0.216,
    ]  # fmt: skip
    assert set(made["n_in_family"]) == {10}


def test_g11_evidence_states_of_rows_in_t2() -> None:
    limits = [(0.0841, 0.1158), (0.01, 0.05), (0.005, 0.02), (-0.01, 0.02), (-0.02, 0.06)]
    lower, upper = np.array(limits).T
    rows = pd.DataFrame({"gap_harm_lower": lower, "gap_harm_upper": upper}).assign(
        mid=0.03, floor=np.nan, direction="higher", gap_abs=-0.1, focus_value=0.8,
        reference_value=0.9, indicator_id="VT01", period_code=PERIOD, dimension="education",
    )  # fmt: skip
    assert t2._with_evidence(rows, context())["evidence_state"].tolist() == [
        "established_important",
        "established_size_unclear",
        "established_small",
        "equivalent",
        "uncertain",
    ]
