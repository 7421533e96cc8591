"""The cells are what a plain count over the rows gives."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from equity_pipeline.errors import WarehouseError
from equity_pipeline.indicators import coded
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.cells import count_cells
from equity_pipeline.vocabulary import vocabulary

Frames = dict[str, pd.DataFrame]
KEYS = ["period_code", "level", "sex", "age_group", "morbidity", "cluster_key"]
SIX = ["n", "d", "s", "ss", "sd", "dd"]


def rows_of(indicator: str, frames: Frames) -> pd.DataFrame:
    """Return the rows in the denominator with y and t, by pandas and by hand."""
    person, contact = frames["fct_person"], frames["fct_contact"]
    if indicator == "TG07":
        rows = person[person["has_named_physician"].notna()]
        return rows.assign(y=rows["has_named_physician"].astype(bool).astype(int), t=1)
    if indicator == "BR14":
        return person.assign(y=person["n_antibiotic_dispensings"], t=person["person_years"])
    if indicator == "KO01":
        return person.assign(y=person["primary_care_cost_sek"], t=person["person_years"])
    if indicator == "VT05":
        calls = frames["fct_telephony"].assign(sex="all", age_group="all", morbidity="all")
        return calls.assign(y=calls["calls_answered_same_day"], t=calls["calls_incoming"])
    first = contact[
        (contact["visit_type"] == "new")
        & contact["licensed"]
        & contact["guarantee_covered"]
        & contact["patient_chosen_wait"].ne(True)
        & ~contact["cancelled"]
    ]
    if indicator == "VT01":
        return first.assign(y=first["is_assessed_within_3_days"].astype(int), t=1)
    return first[first["wait_days"].notna()].assign(y=lambda f: f["wait_days"].astype(int), t=1)


def by_hand(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the six sums of each group."""
    made = rows.assign(
        n=1, d=rows["t"], s=rows["y"], ss=rows["y"] ** 2, sd=rows["y"] * rows["t"],
        dd=rows["t"] ** 2,
    )  # fmt: skip
    return made.groupby(keys)[SIX].sum().astype(float).sort_index()


@pytest.mark.parametrize("indicator", ["VT01", "VT03", "TG07", "BR14", "KO01", "VT05"])
@pytest.mark.parametrize("dimension", ["total", "provider_type"])
def test_one_way_cells_are_the_sums_over_the_rows(
    counted: Callable, frames: Frames, indicator: str, dimension: str
) -> None:
    rows = rows_of(indicator, frames)
    rows = rows.assign(level="all" if dimension == "total" else rows[dimension])
    found = counted(indicator, dimensions=(dimension,)).read(
        f"select * from cells.one_way where dimension = '{dimension}'"
    )
    expected = by_hand(rows[rows["level"].notna()], KEYS)
    pd.testing.assert_frame_equal(
        found.set_index(KEYS)[SIX].astype(float).sort_index(), expected, rtol=1e-12
    )


@pytest.mark.parametrize("dimension", ["education", "sex"])
def test_cells_leave_out_those_outside_a_dimension(
    counted: Callable, frames: Frames, dimension: str
) -> None:
    rows = rows_of("KO01", frames)
    rows = rows.assign(level=rows[dimension])
    found = counted("KO01", dimensions=(dimension,)).read(
        f"from cells.one_way where dimension = '{dimension}'"
    )
    expected = by_hand(rows[rows["level"].notna()], KEYS)
    pd.testing.assert_frame_equal(
        found.set_index(KEYS)[SIX].astype(float).sort_index(), expected, rtol=1e-12
    )


def test_cells_of_four_contacts_are_these(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema mart")
        connection.execute(
            "create table mart.fct_contact as select 'q-2024-1' as period_code, key as person_key,"
            " 'unit-a' as cluster_key, 'female' as sex, '60-64' as age_group, 'none' as morbidity,"
            " 'q1' as income_quintile, 'new' as visit_type, true as licensed,"
            " true as guarantee_covered, false as patient_chosen_wait, false as cancelled,"
            " days as wait_days from (values (1, 2), (1, 5), (2, 1), (3, null)) v(key, days)"
        )
        chosen = load_catalogue().select(["VT03"])
        count_cells(connection, tmp_path / "cells.duckdb", chosen)
    with duckdb.connect(str(tmp_path / "cells.duckdb")) as cells:
        found = cells.execute(
            f"select {', '.join(SIX)} from cells.one_way where dimension = 'income_quintile'"
        ).fetchall()
        assert found == [(3, 3.0, 8.0, 30.0, 8.0, 3.0)]
        assert cells.execute(
            "select n_persons, n_persons_with, n_persons_without from cells.persons"
            " where dimension = 'income_quintile' and strat2_level = 'all'"
        ).fetchall() == [(2, 2, 0)]


@pytest.mark.parametrize("dimension", ["total", "area_income_quintile"])
def test_an_area_mean_is_weighted_by_population(
    counted: Callable, frames: Frames, tmp_path: Path, dimension: str
) -> None:
    read = counted("OD91", extra=(area_mean(tmp_path),)).read
    rows = frames["fct_area_value"].query("measure_code == 'N00001'")
    rows = rows.assign(level="all" if dimension == "total" else rows[dimension])
    weighted = rows.groupby("level").apply(
        lambda one: (one["value"] * one["population"]).sum() / one["population"].sum()
    )
    found = read(
        "select level, sum(s) / sum(d) as value from cells.one_way"
        f" where dimension = '{dimension}' group by all order by all"
    )
    assert dict(zip(found["level"], found["value"], strict=True)) == pytest.approx(dict(weighted))


def area_mean(folder: Path) -> Path:
    path = folder / "open_data" / "od91_something.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        """
version = "1.0.0"
sv = "Något"
en = "Something"
kind = "area_mean"
fact = "fct_area_value"
population_base = "areas"
unit = "index"
direction = "lower"
mid = 1
adjusters = "A0"
exclude_dimensions = ["urban_rural"]
definition_sv = "Något"
definition_en = "Something"
[denominator]
where = [{ column = "measure_code", op = "=", value = "N00001" }]
sum = "population"
[numerator]
sum = "weighted_value"
""",
        "utf-8",
    )
    return path


def test_area_values_are_cut_by_area_dimensions_only(counted: Callable, tmp_path: Path) -> None:
    made = counted("OD91", extra=(area_mean(tmp_path),))
    found = set(made.read("select distinct dimension from cells.one_way")["dimension"])
    known = vocabulary().dimensions.items()
    area = {name for name, one in known if one.family == "area" and "_cum" not in name}
    cumulative = {"total", "area_income_quintile_cumulative"}
    assert found == (area | cumulative) - {"urban_rural", "area_type"}
    assert ("fct_area_value", "area_type") in made.report.absent


@pytest.mark.parametrize("dimension", ["total", "sex", "provider_type", "income_quintile"])
def test_persons_with_several_contacts_are_counted_once(
    counted: Callable, frames: Frames, dimension: str
) -> None:
    rows = rows_of("VT01", frames)
    rows = rows.assign(level="all" if dimension == "total" else rows[dimension])
    expected = {
        key: (
            group["person_key"].nunique(),
            group.loc[group["y"] > 0, "person_key"].nunique(),
            group.loc[group["y"] == 0, "person_key"].nunique(),
        )
        for key, group in rows.groupby(["period_code", "level"])
    }
    found = (
        counted("VT01", dimensions=(dimension,))
        .read(f"from cells.persons where dimension = '{dimension}' and strat2_level = 'all'")
        .set_index(["period_code", "level"])
    )
    columns = ["n_persons", "n_persons_with", "n_persons_without"]
    assert {key: tuple(row) for key, row in found[columns].iterrows()} == expected
    assert any(with_ + without > all_ for all_, with_, without in expected.values())


def test_persons_are_counted_by_sex_within_each_level(counted: Callable, frames: Frames) -> None:
    rows = rows_of("TG07", frames).query("period_code == 'r12-2024-12' and education.notna()")
    expected = rows.groupby(["education", "sex"])["y"].agg(["count", "sum"])
    found = (
        counted("TG07", dimensions=("education",))
        .read(
            "from cells.persons where dimension = 'education' and strat2_level <> 'all'"
            " and period_code = 'r12-2024-12'"
        )
        .set_index(["level", "strat2_level"])
    )
    assert found["n_persons"].to_dict() == expected["count"].to_dict()
    assert found["n_persons_with"].to_dict() == expected["sum"].to_dict()
    assert (found["n_persons_without"] == found["n_persons"] - found["n_persons_with"]).all()


def test_each_answer_of_the_survey_is_a_person(counted: Callable) -> None:
    found = counted("UP07").read(
        "from cells.persons where dimension = 'total' and strat2_level = 'all'"
    )
    assert found["n_persons"].to_list() == [40]


def test_calls_have_no_persons(counted: Callable) -> None:
    assert counted("VT05").read("from cells.persons")["n_persons"].isna().all()


def test_two_way_cells_are_the_sums_over_the_rows(counted: Callable, frames: Frames) -> None:
    chosen = ("education", "area_class")
    keys = ["period_code", "level", "level2", "sex", "age_group"]
    rows = rows_of("BR14", frames)
    rows = rows.assign(level=rows["education"], level2=rows["area_class"])
    found = counted("BR14", dimensions=chosen, two_way=True).read("from cells.two_way")
    pd.testing.assert_frame_equal(
        found.set_index(keys)[SIX].astype(float).sort_index(),
        by_hand(rows[rows["level"].notna()], keys),
        rtol=1e-12,
    )


def test_pairs_leave_out_sex_age_and_what_is_absent(counted: Callable) -> None:
    read = counted("TG07", two_way=True).read
    pairs = read("select distinct dimension, dimension2 from cells.two_way")
    named = set(pairs["dimension"]) | set(pairs["dimension2"])
    assert len(pairs) == 15 * 14 // 2
    assert not named & {"total", "sex", "age_band", "area_type"}


def test_no_pair_is_counted_unless_asked(counted: Callable) -> None:
    assert counted("TG07").report.rows["two_way"] == 0


def test_missing_is_a_level_and_outside_is_not(counted: Callable, frames: Frames) -> None:
    rows = rows_of("TG07", frames).query("period_code == 'r12-2023-12' and education.notna()")
    found = counted("TG07").read(
        "select n_missing, n_all from cells.missing"
        " where dimension = 'education' and period_code = 'r12-2023-12'"
    )
    expected = [[int((rows["education"] == "missing").sum()), len(rows)]]
    assert found.to_numpy().tolist() == expected


def test_a_minimum_age_keeps_younger_persons_out(counted: Callable, frames: Frames) -> None:
    read = counted("KO04", dimensions=("total",)).read
    adults = frames["fct_person"].query("age >= 18 and period_code == 'r12-2024-12'")
    found = read(
        "select sum(n)::bigint as n from cells.one_way"
        " where dimension = 'total' and period_code = 'r12-2024-12'"
    )
    assert found["n"].to_list() == [len(adults)]


def test_a_dimension_without_a_delivery_is_reported_absent(counted: Callable) -> None:
    made = counted("TG07", "VT05")
    assert ("fct_person", "area_type") in made.report.absent
    assert ("fct_telephony", "education") in made.report.absent
    assert made.read("from cells.one_way where dimension = 'area_type'").empty


def test_counting_period_by_period_gives_the_same_cells(
    counted: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "from cells.one_way order by all"
    chosen = ("education", "provider_type")
    at_once = counted("VT01", "TG07", dimensions=chosen).read(query)
    monkeypatch.setattr(coded, "ROWS_AT_ONCE", 1)
    again = counted("VT01", "TG07", dimensions=chosen).read(query)
    pd.testing.assert_frame_equal(again, at_once)


def test_counting_twice_gives_the_same_rows_in_the_same_order(
    counted: Callable, own_mart: duckdb.DuckDBPyConnection
) -> None:
    chosen = ("education", "provider_type", "area_class")
    queries = [f"from cells.{name}" for name in ("one_way", "persons", "two_way", "missing")]
    own_mart.execute("set threads = 1")
    read = counted("VT01", "KO01", dimensions=chosen, two_way=True, source=own_mart).read
    first = [read(query) for query in queries]
    own_mart.execute("set threads = 4")
    read = counted("VT01", "KO01", dimensions=chosen, two_way=True, source=own_mart).read
    for one, query in zip(first, queries, strict=True):
        pd.testing.assert_frame_equal(read(query), one, check_exact=True)


def test_the_file_of_cells_is_for_few_and_whole(counted: Callable, tmp_path: Path) -> None:
    counted("TG07", dimensions=("sex",))
    path = tmp_path / "cells.duckdb"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["cells.duckdb"]


def test_a_failed_count_leaves_the_old_cells(
    counted: Callable, own_mart: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    counted("TG07", dimensions=("sex",))
    before = (tmp_path / "cells.duckdb").read_bytes()
    own_mart.execute("alter table mart.fct_contact drop column wait_days")
    with pytest.raises(ExceptionGroup) as caught:
        counted("VT03", "TG07", source=own_mart)
    assert "wait_days" in str(caught.value.exceptions[0])
    assert (tmp_path / "cells.duckdb").read_bytes() == before


def test_a_fact_that_is_not_built_is_named(tmp_path: Path) -> None:
    with duckdb.connect() as connection, pytest.raises(ExceptionGroup) as caught:
        connection.execute("create schema mart")
        count_cells(connection, tmp_path / "c.duckdb", load_catalogue().select(["TG07"]))
    assert isinstance(caught.value.exceptions[0], WarehouseError)
    assert "mart.fct_person" in str(caught.value.exceptions[0])


def test_an_empty_fact_gives_no_cells_and_is_reported(
    counted: Callable, own_mart: duckdb.DuckDBPyConnection
) -> None:
    own_mart.execute("delete from mart.fct_survey")
    report = counted("UP07", source=own_mart).report
    assert report.empty == ("fct_survey",)
    assert report.rows["one_way"] == 0


def test_cells_are_counted_from_a_file_as_from_a_connection(
    counted: Callable, mart: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    chosen = load_catalogue().select(["TG07"])
    few = ("sex", "education")
    person = tmp_path / "person.duckdb"
    mart.execute(f"attach '{person}' as kept; create schema kept.mart")
    mart.execute("create table kept.mart.fct_person as from mart.fct_person; detach kept")
    count_cells(person, tmp_path / "from_file.duckdb", chosen, few, threads=2)
    read = counted("TG07", dimensions=few).read
    with duckdb.connect(str(tmp_path / "from_file.duckdb")) as found:
        pd.testing.assert_frame_equal(
            found.execute("from one_way").df(), read("from cells.one_way")
        )
