"""Every share of persons is judged by how many have and lack it; 0 % and 100 % are told of none."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.propagate import CELL, CONTRAST, STATUS
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.tables.waits import KINDS as KINDS_OF_WAITS
from equity_pipeline.vocabulary import vocabulary

YEAR = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}
# shares of a row's own counts, and the one whose cell is the level of those without the dimension
OF_THE_ROW = {"reach": {"share"}, "care_chain": {"conditional_rate"},
              "stratified": {"missing_share"}}  # fmt: skip
# shares of a variance, of a gap, of an excess or of units: nobody has or lacks them
OF_NO_PERSONS = {"vpc_null", "vpc_main", "pcv", "unit_icc", "share_between_unit_variance_explained",
                 "share_of_crude", "paf", "retention"}  # fmt: skip


@pytest.mark.parametrize(
    "form", [one for one in vocabulary().forms.values() if one.door.by in (CELL, CONTRAST)],
    ids=lambda one: one.name,
)  # fmt: skip
def test_every_share_of_a_form_goes_by_a_cell_that_is_judged(form):
    """A new share fails here until its door names the cell that it is of."""
    known = vocabulary().columns
    shares = {
        name for name in form.columns if known[name].unit == "share" and STATUS in form.columns
    }
    shares -= {name for name in shares if name.endswith(("_lower", "_upper"))}
    judged = {name for columns, _ in form.door.also for name in columns}
    told = OF_THE_ROW.get(form.name, set()) | OF_NO_PERSONS
    assert shares - judged <= told
    assert OF_THE_ROW.get(form.name, set()) <= shares


def waits(within, *, n=100):
    """Return a unit of which so many were assessed within three days, with the persons behind."""
    cell = YEAR | {"geography_code": "U1", "dimension": "total", "level": "all"}
    row = cell | {
        "indicator_id": "VT03", "geography_level": "unit", "value_status": "shown",
        "share_within_0": 0.2, "share_within_3": within / n, "share_within_3_lower": 0.0,
        "mean_finished": 4.0,
    }  # fmt: skip
    t1 = cell | {"indicator_id": "VT03", "geography_level": "unit", "strat2_level": "all",
                 "strat2_dimension": "total", "value_status": "shown", "n_denominator": n,
                 "value_crude": 4.0}  # fmt: skip
    counts = {"wait_within_3": within, "wait_same_day": 20, "VT03": 50}
    behind = [
        cell | {"indicator_id": one, "n_persons": n, "n_persons_with": counts.get(one, 50),
                "n_persons_without": n - counts.get(one, 50),
                "strat2_level": "all" if one == "VT03" else "VT03"}
        for one in (*KINDS_OF_WAITS, "VT03")
    ]  # fmt: skip
    return told({"waits": row, "stratified": t1}, behind, {"VT03": "mean"})["waits"]


def told(rows, behind, kinds):
    """Return what the door tells of forms of one row each."""
    tables = {
        form: StratifiedTable.of(form, pa.Table.from_pylist([row])) for form, row in rows.items()
    }
    counts = PersonCounts.of(pa.Table.from_pylist(behind))
    out = disclose(tables, counts, DisclosurePolicy(), kinds=KINDS_OF_WAITS | kinds)
    return {form: table.data.to_pylist()[0] for form, table in out.tables.items()}


@pytest.mark.parametrize(
    ("within", "is_told"),
    [(0, False), (4, False), (5, True), (95, True), (97, False), (100, False)],
)
def test_a_unit_where_nobody_or_everybody_was_seen_in_three_days_is_not_told_of(within, is_told):
    row = waits(within)
    assert (row["share_within_3"] is not None) == is_told
    assert (row["share_within_3_lower"] is not None) == is_told
    assert (row["value_status"], row["mean_finished"]) == ("shown", 4.0)


@pytest.mark.parametrize(("weak", "expected"), [(0, None), (3, None), (40, 0.4), (100, None)])
def test_the_listed_of_weak_areas_are_told_where_the_area_description_tells_of_them(weak, expected):
    cell = YEAR | {"geography_code": "U1", "dimension": "total", "level": "all",
                   "strat2_level": "all"}  # fmt: skip
    row = YEAR | {"indicator_id": "VT01", "geography_level": "unit", "geography_code": "U1",
                  "value_status": "shown", "listed_n": 100, "n_denominator": 60,
                  "value_crude": 0.5, "area_class_of_listed_share": weak / 100}  # fmt: skip
    area = YEAR | {"indicator_id": "AD_RESOURCE_WEAK", "item_id": "AD_RESOURCE_WEAK", "year": 2024,
                   "unit_hsa_id": "U1", "value_status": "shown", "value": weak / 100,
                   "n": 100}  # fmt: skip
    counts = [
        cell | {"indicator_id": "VT01", "n_persons": 60, "n_persons_with": 30,
                "n_persons_without": 30},
        cell | {"indicator_id": "AD_RESOURCE_WEAK", "n_persons": 100, "n_persons_with": weak,
                "n_persons_without": 100 - weak},
    ]  # fmt: skip
    rows = {"unit_variation": row, "area_description": area}
    made = told(rows, counts, {"VT01": "proportion", "AD_RESOURCE_WEAK": "proportion"})
    assert made["unit_variation"]["area_class_of_listed_share"] == expected
    assert made["unit_variation"]["value_crude"] == 0.5
    assert made["area_description"]["value"] == expected
