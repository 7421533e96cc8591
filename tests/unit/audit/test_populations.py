"""What indicators tell of each other is found: the same people, some among others, whole shares."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from equity_pipeline.audit import small
from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.populations import attack
from equity_pipeline.audit.release import Limits, Release, read_release
from equity_pipeline.audit.source import Source
from tests.unit.audit.conftest import cell, table

LEVELS = ("q1", "q2", "q3", "q4", "q5")
PLACES = ("12", "1280", "1281", "1282")
SIZES = (12, 30, 60, 100, 200)


def of_people(indicator, hidden=(), sizes=SIZES, more=0):
    """Return the persons of a total and its fifths, at several places; some levels are hidden."""
    rows = []
    for number, place in enumerate(PLACES):
        held = [n + 7 * number for n in sizes] if place != "12" else list(sizes)
        named = {"indicator_id": indicator, "geography_code": place}
        named |= {"geography_level": "region" if place == "12" else "unit"}
        rows.append(cell("all", "all", sum(held) + more, None, **named))
        for level, n in zip(LEVELS, held, strict=True):
            is_hidden = place == "12" and level in hidden
            rows.append(cell(level, "all", n, None, hidden=is_hidden, **named))
    return rows


def found(rows):
    sources = (Source("stratified", "stratified.parquet", table(rows)),)
    release = Release(None, sources, Limits(), nested=frozenset({("VT03", "VT01")}))
    return {(o.attack, o.key.indicator, o.key.level, o.low, o.high)
            for o in attack(Attacker(release))}  # fmt: skip


@pytest.mark.parametrize(
    ("other", "leaks"),
    [
        (("q1", "q3"), True),  # beside q1 each hides another fifth: together they show all but q1
        (("q1", "q2"), False),
    ],
)
def test_indicators_of_the_same_people_that_hide_different_cells_leave_the_small_one(other, leaks):
    rows = [*of_people("TG07", ("q1", "q2")), *of_people("TG01", other)]
    told = {("same_population", "TG01+TG07", "q1", 12, 12)}
    assert (found(rows) & told == told) is leaks
    assert bool(found(rows)) is leaks


def test_indicators_of_other_people_do_not_tell_of_each_other():
    other = (12, 31, 61, 101, 201)
    rows = [*of_people("TG07", ("q1", "q2")), *of_people("BR02", ("q1", "q3"), other)]
    assert found(rows) == set()


@pytest.mark.parametrize(("still_waiting", "leaks"), [(0, False), (1, True), (4, True), (5, False)])
def test_a_larger_population_less_one_within_it_is_a_count_of_people(still_waiting, leaks):
    """VT03 is of those of VT01 who were assessed."""
    rows = [*of_people("VT01", more=still_waiting), *of_people("VT03")]
    some = {one for one in found(rows) if one[0] == "nested_population"}
    named = ("nested_population", "VT03", "all", still_waiting, still_waiting)
    assert (named in some) is leaks
    assert bool(some) is leaks


def test_what_is_declared_nested_and_is_seen_not_to_be_is_not_believed():
    rows = [*of_people("VT01", more=1), *of_people("VT03", sizes=(12, 30, 61, 100, 200), more=-1)]
    assert found(rows) == set()


AGES = ("0_17", "18_44", "45_64", "65_79", "80")


@pytest.mark.parametrize(
    ("shares", "leaks"),
    [
        ((None, 0.4012, 0.2988, 0.2, 0.09), True),  # 2 of 200
        ((None, 0.4012, 0.2988, 0.2, 0.05), False),  # 10 of 200
        ((None, 0.4012, 0.2988, None, 0.09), False),
    ],
)
def test_shares_that_make_a_whole_leave_the_one_that_is_hidden(shares, leaks):
    rows = [
        {
            "unit_hsa_id": "S1", "item_id": f"AD_AGE_{age}", "indicator_id": None,
            "period_start": "2024-01-01", "period_end": "2025-01-01", "unit_of_measure": "percent",
            "value": share, "n": None if share is None else 200,
            "value_status": "suppressed" if share is None else "shown",
        }
        for age, share in zip(AGES, shares, strict=True)
    ]  # fmt: skip
    made = table([{"n_persons": None, **row} for row in rows]).drop_columns(["n_persons"])
    source = Source("area_description", "area_description.parquet", made)
    told = attack(Attacker(Release(None, (source,), Limits())))
    assert [(one.attack, one.low, one.high) for one in told] == (
        [("share_of_whole", 2.0, 2.0)] if leaks else []
    )


def test_which_indicators_are_of_people_among_those_of_others_stands_in_the_database(tmp_path):
    with duckdb.connect(str(tmp_path / "equity.duckdb")) as connection:
        connection.execute("create schema ref; create schema mart")
        connection.execute("""create table ref.indicators as from (
            values ('VT03', 'VT01, VT02'), ('VT01', ''), ('BR08', null)
        ) t(indicator_id, people_among)""")
        connection.register("told", table(of_people("VT01")))
        connection.execute("create table mart.stratified as from told")
    assert read_release(tmp_path).nested == {("VT03", "VT01"), ("VT03", "VT02")}


@pytest.mark.parametrize(
    ("crossed", "left_out", "leaks"),
    [(350, 52, False), (346, 52, True), (340, 49, True), (None, None, False)],
)
def test_models_of_nested_populations_that_tell_of_a_few_more_are_found(crossed, left_out, leaks):
    """The strata's people are fewer than the total: its own difference is not theirs."""
    key = {"period_start": "2024-01-01", "period_end": "2025-01-01", "geography_code": "12",
           "geography_level": "region", "value_status": "shown"}  # fmt: skip
    counts = {"VT01": (350, 52), "VT03": (crossed, left_out)}
    rows = [key | {"indicator_id": name, "n_persons": n, "n_left_out": left}
            for name, (n, left) in counts.items()]  # fmt: skip
    source = Source("maihda_model", "maihda_model.parquet", pa.Table.from_pylist(rows))
    release = Release(None, (source,), Limits(), nested=frozenset({("VT03", "VT01")}))
    found = {(one.attack, one.key.dimension) for one in attack(Attacker(release))}
    assert found == ({("nested_population", "strata")} if leaks else set())


def test_few_who_are_left_out_of_a_model_are_found():
    sizes = (40, 50, 60, 100, 200)
    rows, total = of_people("VT01", sizes=sizes), sum(sizes)
    model = {"indicator_id": "VT01", "period_start": rows[0]["period_start"],
             "period_end": rows[0]["period_end"], "geography_code": "12",
             "geography_level": "region", "value_status": "shown"}  # fmt: skip
    told = [Source("stratified", "stratified.parquet", table(rows))]
    for n, leaks in ((total - 7, True), (total - 100, False)):
        made = pa.Table.from_pylist([model | {"n_persons": n, "n_left_out": total - n}])
        sources = (*told, Source("maihda_model", "maihda_model.parquet", made))
        found = small.attack(Attacker(Release(None, sources, Limits())))
        assert {one.key.level for one in found} == ({"missing"} if leaks else set())
