"""What a form is made from, out of cells written by hand: a few groups in some units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.estimates import estimate
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.gap import gap
from equity_pipeline.tables.stratified import stratified

KEYS = ["indicator_id", "period_code", "dimension", "level", "strat2_level"]
Row = dict[str, Any]


def cell(level: str, unit: str, n: float, s: float, **more: Any) -> Row:
    """Return one cell: ``n`` people of whom ``s`` have the event, unless sums are given."""
    sums = {"n": n, "d": float(n), "s": float(s), "ss": float(s), "sd": float(s), "dd": float(n)}
    return {
        "indicator_id": "VT01",
        "period_code": "r12-2024-12",
        "dimension": "income_quintile",
        "level": level,
        "sex": "female",
        "age_group": "30-34",
        "morbidity": "none",
        "cluster_key": unit,
        **sums,
        **more,
    }


def spread(level: str, n: float, s: float, *, units: int = 10, **more: Any) -> list[Row]:
    """Return people of one cell in equal parts over some units, the event one more here and there.

    A pair of units has one event more and one less, so that units vary, each level in its own
    way; the sum is exact.
    """
    pairs = [1.0, -1.0] if level < "q3" else [1.0, 1.0, -1.0, -1.0]
    shift = (pairs * units)[: units - units % len(pairs)] + [0.0] * (units % len(pairs))
    shift = [one * min(1.0, s / units / 2, (n - s) / units / 2) for one in shift]
    return [
        cell(level, f"U{unit}", n / units, s / units + shift[unit], **more) for unit in range(units)
    ]


@dataclass
class Held:
    """Cells by table; what is not given has no rows."""

    tables: Mapping[str, Sequence[Row]]
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)

    def of(self, table: str, indicator_id: str, *, period_code: str | None = None) -> pa.Table:
        """Return the rows of one indicator, of one period if it is named."""
        self.asked.append((table, indicator_id, period_code))
        rows = [
            one
            for one in self.tables.get(table, ())
            if one["indicator_id"] == indicator_id and period_code in {None, one.get("period_code")}
        ]
        empty = {name: pa.array([], pa.string()) for name in KEYS}
        return pa.Table.from_pylist(rows) if rows else pa.table(empty)


def years(codes: Iterable[str]) -> pd.DataFrame:
    """Return the rolling years of codes such as ``r12-2024-12``, areas of 2018."""
    last = [int(code[4:8]) for code in codes]
    return pd.DataFrame(
        {
            "period_code": list(codes),
            "period_kind": "rolling_12_months",
            "period_start": [date(year, 1, 1) for year in last],
            "period_end": [date(year + 1, 1, 1) for year in last],
            "data_status": "final",
            "area_vintage": "DESO_2018",
        }
    )


def given_of(
    rows: Sequence[Row],
    *,
    options: FormSettings | None = None,
    units: Mapping[str, Mapping[str, str]] | None = None,
    indicators: Sequence[str] | None = None,
    forms: bool = False,
    **tables: Sequence[Row],
) -> Given:
    """Return what a form is made from: estimates of these cells, and the cells.

    Parameters
    ----------
    rows
        Cells of ``one_way``.
    units
        Traits of units, by their id.
    indicators
        Which are declared; those of the cells if not told.
    forms
        Whether T1 and T2 are made too: their counts are whole.
    tables
        Other tables of cells, by name.
    """
    everything = [*rows, *(row for held in tables.values() for row in held)]
    named = indicators or sorted({row["indicator_id"] for row in everything})
    codes = sorted({row["period_code"] for row in everything})
    catalogue = load_catalogue()
    declared = {one: catalogue[one] for one in named}
    cells = Held({"one_way": rows, **tables})
    counted = [one for one in declared.values() if any(r["indicator_id"] == one.id for r in rows)]
    made = estimate(lambda one: cells.of("one_way", one), counted, standard_period=codes[-1])
    context = FormContext(
        run_id="a",
        region_code="12",
        region_name="R",
        periods=years(codes),
        declared=declared,
        persons=pd.DataFrame(columns=[*KEYS, "n_persons"]),
        missing=pd.DataFrame(columns=[*KEYS[:3], "n_missing", "n_all"]),
        base_period=codes[-1],
    )
    known = pd.DataFrame([{"unit_hsa_id": one, **traits} for one, traits in (units or {}).items()])
    before = {"stratified": stratified(made, context), "gap": gap(made, context)} if forms else {}
    return Given(
        context,
        made,
        cells,
        {"units": pa.Table.from_pandas(known)} if units else {},
        before,
        options=options or FormSettings(),
    )


def stratum(levels: Mapping[str, str], n: int, s: float, **more: Any) -> Row:
    """Return one row of ``cells.strata``: levels of some dimensions, the others not crossed."""
    keys = ("sex", "age_three", "education", "income_three", "birth_three", "area_class")
    whole = round(s)
    return {
        "indicator_id": "VT01",
        "period_code": "r12-2024-12",
        **{key: levels.get(key, "all") for key in keys},
        "n": n,
        "d": float(n),
        "s": float(s),
        "ss": float(s),
        "sd": float(s),
        "dd": float(n),
        "n_persons": n,
        "n_persons_with": whole,
        "n_persons_without": n - whole,
        **more,
    }
