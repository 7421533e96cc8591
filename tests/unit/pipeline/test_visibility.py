"""A night says how much of what it publishes stays visible, and which rule hides the rest."""

from __future__ import annotations

import pyarrow as pa

from equity_pipeline.disclosure.disclose import Disclosure, disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.pipeline import visibility
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from tests.disclosed import YEAR

LEVELS = {"pre_secondary": (12, 6), "upper_secondary": (120, 3), "post_secondary": (300, 150)}


def through_the_door() -> Disclosure:
    """Return one level of too few persons, one of too few with the outcome, and two to spare."""
    counts = LEVELS | {"missing": (90, 40)}
    whole = tuple(sum(one) for one in zip(*counts.values(), strict=True))
    cells = [("total", "all", *whole), *(("education", level, *n) for level, n in counts.items())]
    rows = [
        {
            **{name: YEAR[name] for name in ("period_start", "period_end")},
            "indicator_id": "VT01",
            "geography_code": "12",
            "dimension": dimension,
            "level": level,
            "strat2_dimension": "total",
            "strat2_level": "all",
            "value_status": "shown",
            "n_persons": n,
            "n_denominator": n,
            "n_numerator": n_with,
            "value_crude": n_with / n,
            "headline_adjustment": "need_a",
            "n_persons_with": n_with,
            "n_persons_without": n - n_with,
        }
        for dimension, level, n, n_with in cells
    ]
    table = pa.Table.from_pylist(rows)
    return disclose(
        {"stratified": StratifiedTable.of("stratified", _of(table, "stratified"))},
        PersonCounts.of(_of(table, "counts")),
        DisclosurePolicy(),
        kinds={"VT01": "proportion"},
    )


def _of(table: pa.Table, what: str) -> pa.Table:
    behind = ["n_persons_with", "n_persons_without"]
    shown = ["strat2_dimension", "value_status", "n_denominator", "n_numerator", "value_crude"]
    return table.drop_columns(behind if what == "stratified" else [*shown, "headline_adjustment"])


def test_cells_are_counted_by_the_rule_that_hides_them_and_rows_by_form() -> None:
    told = visibility.counted(through_the_door())
    assert told == {
        "primary": 2,
        "secondary": 0,
        "withheld": 0,
        "hidden.small_count": 1,
        "hidden.small_denominator": 1,
        "shown.stratified": 3,
        "suppressed.stratified": 2,
    }


def test_the_lines_of_a_night_tell_the_share_that_stays_visible() -> None:
    assert list(visibility.in_words(visibility.counted(through_the_door()))) == [
        "hidden      small_count 1, small_denominator 1 cells",
        "visible     3 of 5 rows that could be hidden, 60 %: stratified 60 %",
    ]


def test_a_night_that_hides_nothing_says_that_all_is_visible() -> None:
    told = {"primary": 0, "secondary": 0, "shown.gap": 4, "suppressed.gap": 0}
    assert list(visibility.in_words(told)) == [
        "visible     4 of 4 rows that could be hidden, 100 %: gap 100 %"
    ]
