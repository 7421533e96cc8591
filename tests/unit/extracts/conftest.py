"""A few disclosed tables, made through the door as any other."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import Disclosure, disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.tables.table import PersonCounts, StratifiedTable

PERIOD = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}
LEVELS = (("total", "all", 500), ("sex", "female", 260), ("sex", "male", 240))


def rows(run_id: str, share: float) -> list[dict[str, object]]:
    return [
        {
            **PERIOD, "run_id": run_id, "indicator_id": "VT01", "indicator_version": "VT01@1.0.0",
            "definition_hash": "abc", "geography_code": "12", "dimension": dimension,
            "level": level, "level_label_sv": "Kvinnor", "strat2_dimension": "total",
            "strat2_level": "all", "value_status": "shown", "n_denominator": n,
            "n_numerator": int(n * share), "value_crude": share, "value_crude_lower": share - 0.1,
            "value_crude_upper": share + 0.1, "headline_adjustment": "crude",
        }
        for dimension, level, n in LEVELS
    ]  # fmt: skip


@pytest.fixture
def disclosed():
    """Make the tables of one run."""

    def make(run_id: str = "run-1", share: float = 0.5) -> Disclosure:
        held = rows(run_id, share)
        counts = pa.Table.from_pylist(
            [
                {**row, "n_persons": row["n_denominator"], "n_persons_with": 100,
                 "n_persons_without": 100}
                for row in held
            ]
        )  # fmt: skip
        gap = {
            **PERIOD, "run_id": run_id, "indicator_id": "VT01", "geography_code": "12",
            "dimension": "sex", "focus_level": "female", "reference_level": "male",
            "adjustment": "crude", "is_headline": True, "is_declared_contrast": True,
            "value_status": "shown", "gap_harm": 0.1,
        }  # fmt: skip
        ready = {"run_id": run_id, "indicator_id": "VT01", "dimension": "sex", "source_file": "a",
                 "value_status": "shown", "readiness": "green", "n_source": 500}  # fmt: skip
        tables = {
            "stratified": StratifiedTable.of("stratified", pa.Table.from_pylist(held)),
            "gap": StratifiedTable.of("gap", pa.Table.from_pylist([gap])),
            "readiness": StratifiedTable.of("readiness", pa.Table.from_pylist([ready])),
        }
        kinds = {"VT01": "proportion"}
        return disclose(tables, PersonCounts.of(counts), DisclosurePolicy(), kinds=kinds)

    return make
