"""The cells are what a plain count over the rows gives."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.errors import WarehouseError
from equity_pipeline.indicators import coded
from equity_pipeline.indicators.asked import Asked
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.cells import count_cells
from equity_pipeline.indicators.layout import TABLES
from equity_pipeline.indicators.stored import read_cells
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
            " days as wait_days, coalesce(days, 9) as waited_days,"
            " case when days is null then 'waiting' else 'assessed' end as wait_status"
            " from (values (1, 2), (1, 5), (2, 1), (3, null)) v(key, days)"
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


# --- places, strata and months --------------------------------------------------------------------

STARTS = (date(2023, 11, 1), date(2024, 4, 1))
ASKED = Asked(long_periods=("r12-2023-12", "r12-2024-12"), programme_starts=STARTS)
BEYOND = (
    "by_place", "place_persons", "strata", "monthly", "rolled_persons", "programme_persons",
)  # fmt: skip
PERSONS = ["n_persons", "n_persons_with", "n_persons_without"]
OLDER = {"18-44": "18-44", "45-64": "45-64", "65-79": "65+", "80+": "65+"}
INCOMES = {"q1": "q1", "q2": "q2_q4", "q3": "q2_q4", "q4": "q2_q4", "q5": "q5"}
BIRTHS = {"sweden": "sweden", "nordic_eu_eea": "europe_other", "other_europe": "europe_other",
          "outside_europe": "outside_europe"}  # fmt: skip


def persons_by_hand(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the distinct persons of each group: all, with and without the outcome."""
    made = {
        key: (
            group["person_key"].nunique(),
            group.loc[group["y"] > 0, "person_key"].nunique(),
            group.loc[group["y"] == 0, "person_key"].nunique(),
        )
        for key, group in rows.groupby(keys)
    }
    index = pd.MultiIndex.from_tuples(made, names=keys)
    return pd.DataFrame(list(made.values()), index=index, columns=PERSONS).sort_index()


def same(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> None:
    """Hold cells against those made by hand, whatever the order of the rows."""
    held = found.set_index(keys)[list(expected.columns)].astype(float).sort_index()
    pd.testing.assert_frame_equal(held, expected.astype(float), rtol=1e-12)


def newest(indicator: str, frames: Frames) -> pd.DataFrame:
    return rows_of(indicator, frames).query("period_code == 'r12-2024-12'")


@pytest.mark.parametrize("indicator", ["VT01", "VT03", "TG07", "BR14", "KO01", "VT05"])
@pytest.mark.parametrize(
    ("kind", "column"),
    [("municipality", "municipality_code"), ("regso", "area_code"), ("unit", "unit_hsa_id")],
)
def test_cells_of_places_are_the_sums_over_the_rows_of_the_newest_year(
    counted: Callable, frames: Frames, indicator: str, kind: str, column: str
) -> None:
    keys = ["period_code", "geography_code", "dimension", "level", "sex"]
    rows = newest(indicator, frames).rename(columns={column: "geography_code"})
    parts = [by_hand(rows.assign(dimension="total", level="all"), keys)]
    if kind != "regso":
        cut = rows.assign(dimension="area_income_quintile", level=rows["area_income_quintile"])
        parts.append(by_hand(cut, keys))
    found = counted(indicator, asked=ASKED).read(
        f"from cells.by_place where geography_level = '{kind}'"
        " and dimension in ('total', 'area_income_quintile')"
    )
    same(found, pd.concat(parts).sort_index(), keys)


def test_places_are_cut_by_few_dimensions_and_areas_by_none(counted: Callable) -> None:
    found = counted("TG07", asked=ASKED).read(
        "select geography_level, string_agg(distinct dimension order by dimension) as cuts"
        " from cells.by_place group by all"
    )
    few = "area_income_quintile,country_of_birth,education,income_quintile,total"
    assert found.set_index("geography_level")["cuts"].to_dict() == {
        "municipality": few, "unit": few, "regso": "total",
    }  # fmt: skip


@pytest.mark.parametrize("indicator", ["VT01", "TG07"])
def test_persons_of_places_are_counted_once_in_each_and_by_sex(
    counted: Callable, frames: Frames, indicator: str
) -> None:
    rows = newest(indicator, frames).assign(strat2_level=lambda one: one["sex"])
    keys = ["unit_hsa_id", "strat2_level"]
    both = persons_by_hand(rows.assign(strat2_level="all"), keys)
    expected = pd.concat([both, persons_by_hand(rows, keys)]).sort_index()
    found = counted(indicator, asked=ASKED).read(
        "select * rename (geography_code as unit_hsa_id) from cells.place_persons"
        " where geography_level = 'unit' and dimension = 'total'"
    )
    same(found, expected, keys)


def test_one_who_is_seen_at_two_units_is_a_person_of_both(
    counted: Callable, frames: Frames
) -> None:
    read = counted("VT01", asked=ASKED).read
    where = "dimension = 'total' and strat2_level = 'all'"
    at_units = read(
        f"select sum(n_persons) as n from cells.place_persons where {where}"
        " and geography_level = 'unit'"
    )["n"][0]
    people = newest("VT01", frames)["person_key"].nunique()
    whole = read(f"from cells.persons where {where} and period_code = 'r12-2024-12'")
    assert whole["n_persons"][0] == people < at_units


def in_strata(rows: pd.DataFrame, *, own: bool) -> pd.DataFrame:
    """Return the adults with the strata that they belong to, put together by hand."""
    adults = rows[rows["age_band"].isin(OLDER)].copy()
    adults["age_three"] = adults["age_band"].map(OLDER)
    adults["birth_three"] = adults["country_of_birth"].map(BIRTHS).fillna("missing")
    adults["income_three"] = adults["income_quintile"].map(INCOMES).fillna("missing")
    adults["education"] = adults["education"].fillna("missing")
    if own:
        return adults.assign(area_class="all")
    return adults.assign(education="all", income_three="all")


STRATUM = ["sex", "age_three", "education", "income_three", "birth_three", "area_class"]


@pytest.mark.parametrize("indicator", ["VT01", "VT03", "TG07", "KO01"])
def test_strata_are_the_adults_of_the_newest_year_by_all_groups_at_once(
    counted: Callable, frames: Frames, indicator: str
) -> None:
    rows = in_strata(newest(indicator, frames), own=True)
    expected = by_hand(rows, STRATUM).join(persons_by_hand(rows, STRATUM))
    same(counted(indicator, asked=ASKED).read("from cells.strata"), expected, STRATUM)


def test_without_own_education_and_income_strata_go_by_the_class_of_the_area(
    counted: Callable, frames: Frames, own_mart: duckdb.DuckDBPyConnection
) -> None:
    own_mart.execute("update mart.fct_person set education = null, income_quintile = null")
    rows = in_strata(newest("TG07", frames), own=False)
    found = counted("TG07", asked=ASKED, source=own_mart).read("from cells.strata")
    same(found, by_hand(rows, STRATUM).join(persons_by_hand(rows, STRATUM)), STRATUM)


MONTH = ["month", "unit_hsa_id", "population"]


def in_months(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    month = pd.to_datetime(rows["counted_date"]).dt.to_period("M").dt.to_timestamp()
    words = {"q1": "focus", "missing": "unknown"}
    population = rows[column].map(lambda code: words.get(code, "others"))
    return rows.assign(month=month, population=population)


@pytest.mark.parametrize("indicator", ["VT01", "VT03"])
@pytest.mark.parametrize("column", ["income_quintile", "area_foreign_born_quintile"])
def test_months_are_those_of_the_contacts_by_unit_and_declared_focus(
    counted: Callable, frames: Frames, indicator: str, column: str
) -> None:
    asked = replace(ASKED, programme_dimension=column)
    rows = in_months(rows_of(indicator, frames), column)
    expected = by_hand(rows, MONTH).join(persons_by_hand(rows, MONTH))
    found = counted(indicator, asked=asked).read("from cells.monthly")
    assert set(found["population"]) == {"focus", "others", "unknown"}
    same(found.assign(month=pd.to_datetime(found["month"])), expected, MONTH)


ROLLED = ["month", "unit_hsa_id"]


@pytest.mark.parametrize("indicator", ["VT01", "VT03"])
def test_persons_of_twelve_months_are_counted_once_also_across_periods(
    counted: Callable, frames: Frames, indicator: str
) -> None:
    rows = in_months(rows_of(indicator, frames), "income_quintile")
    windows = [
        rows[rows["month"].between(end - pd.DateOffset(months=11), end)].assign(month=end)
        for end in pd.date_range(rows["month"].min(), rows["month"].max(), freq="MS")
    ]
    expected = persons_by_hand(pd.concat(windows), ROLLED)
    found = counted(indicator, asked=ASKED).read("from cells.rolled_persons")
    same(found.assign(month=pd.to_datetime(found["month"])), expected, ROLLED)
    months = rows.groupby(["unit_hsa_id"])["person_key"].nunique().max()
    assert found["n_persons"].max() > months / 3  # windows hold more than a month


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("what", ["n_persons", "n_persons_with", "n_persons_without"])
def test_persons_of_a_side_of_a_start_stand_in_the_month_nearest_to_it_and_add_up(
    counted: Callable, frames: Frames, start: date, what: str
) -> None:
    rows = in_months(rows_of("VT01", frames), "income_quintile")
    rows = rows[{"n_persons": rows["y"] >= 0}.get(what, rows["y"] == (what == "n_persons_with"))]
    found = counted("VT01", asked=ASKED).read(
        f"from cells.programme_persons where start_month = date '{start}'"
    )
    found = found.assign(month=pd.to_datetime(found["month"])).groupby("month")[what].sum()
    before, at = rows[rows["month"] < pd.Timestamp(start)], pd.Timestamp(start)
    nearest = before.groupby("person_key")["month"].max().value_counts()
    after = rows[rows["month"] >= at].groupby("person_key")["month"].min().value_counts()
    expected = pd.concat([nearest, after]).sort_index()
    assert found[found > 0].to_dict() == expected.to_dict()
    inside = rows[rows["month"].between(at, at + pd.DateOffset(months=2))]
    assert found[inside["month"].min() : inside["month"].max()].sum() == (
        inside["person_key"].nunique()
    )


def test_a_person_seen_at_two_units_on_a_side_stands_at_one(counted: Callable) -> None:
    read = counted("VT01", asked=ASKED).read
    placed = read("select sum(n_persons)::bigint as n from cells.programme_persons")["n"][0]
    rolled = read("select sum(n_persons)::bigint as n from cells.rolled_persons")["n"][0]
    assert 0 < placed < rolled
    keys = "start_month, unit_hsa_id, population"
    units = read(f"select {keys} from cells.programme_persons group by all")
    assert set(units["population"]) == {"focus", "others", "unknown"}


def test_without_units_nobody_is_counted_in_a_unit_over_months(
    counted: Callable, own_mart: duckdb.DuckDBPyConnection
) -> None:
    own_mart.execute("update mart.fct_contact set unit_hsa_id = null")
    rows = counted("VT01", asked=ASKED, source=own_mart).report.rows
    assert (rows["rolled_persons"], rows["programme_persons"]) == (0, 0)


def test_rows_of_nobody_known_are_persons_of_their_own_in_every_period(
    counted: Callable, own_mart: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_mart.execute("update mart.fct_contact set person_key = null")
    monkeypatch.setattr(coded, "ROWS_AT_ONCE", 1)
    read = counted("VT01", asked=ASKED, source=own_mart).read
    rows = read(
        "select sum(n)::bigint as n from cells.monthly where month >= date '2024-01-01'"
        " and unit_hsa_id <> 'none'"
    )["n"][0]
    last = read(
        "select sum(n_persons)::bigint as n from cells.rolled_persons"
        " where month = (select max(month) from cells.rolled_persons)"
    )["n"][0]
    assert last == rows


def test_without_own_income_the_focus_is_that_of_the_area(
    counted: Callable, frames: Frames, own_mart: duckdb.DuckDBPyConnection
) -> None:
    own_mart.execute("update mart.fct_contact set income_quintile = null")
    rows = in_months(rows_of("VT01", frames), "area_income_quintile")
    found = counted("VT01", asked=ASKED, source=own_mart).read("from cells.monthly")
    same(found.assign(month=pd.to_datetime(found["month"])), by_hand(rows, MONTH), MONTH)


def test_no_contact_is_counted_in_two_months_where_periods_overlap(
    counted: Callable, own_mart: duckdb.DuckDBPyConnection
) -> None:
    own_mart.execute(
        "insert into mart.fct_contact by name select * replace ('q-2024-1' as period_code)"
        " from mart.fct_contact where period_code = 'r12-2024-12'"
    )
    query = "select sum(n)::bigint as n from cells.monthly"
    doubled = counted("VT01", asked=ASKED, source=own_mart).read(query)
    assert doubled["n"][0] == counted("VT01", asked=ASKED).read(query)["n"][0]


def test_calls_are_counted_in_every_month_delivered_and_nobody_knows_who_called(
    counted: Callable,
) -> None:
    found = counted("VT05", asked=ASKED).read("from cells.monthly order by all")
    assert found["month"].dt.strftime("%Y-%m").to_list() == ["2023-12"] * 3 + ["2024-01"] * 3
    assert found["d"].to_list() == [100.0, 110.0, 120.0, 101.0, 111.0, 121.0]
    assert found["s"].to_list() == [90.0, 91.0, 92.0] * 2
    assert set(found["population"]) == {"unknown"}
    assert found["n_persons"].isna().all()


def test_without_a_long_period_there_are_no_places_strata_or_months(counted: Callable) -> None:
    rows = counted("TG07", "VT01").report.rows
    assert [rows[one] for one in BEYOND] == [0] * len(BEYOND)


def test_without_units_and_areas_only_the_region_is_counted(
    counted: Callable, own_mart: duckdb.DuckDBPyConnection
) -> None:
    for fact in ("fct_person", "fct_contact"):
        for column in ("unit_hsa_id", "area_code", "municipality_code"):
            own_mart.execute(f"update mart.{fact} set {column} = null")
    made = counted("TG07", "VT01", asked=ASKED, source=own_mart)
    assert made.report.rows["by_place"] == made.report.rows["place_persons"] == 0
    assert set(made.read("from cells.monthly")["unit_hsa_id"]) == {"none"}
    assert made.report.rows["one_way"] > 0


def test_the_other_division_is_counted_in_the_newest_year_and_crossed_with_nothing(
    counted: Callable, frames: Frames
) -> None:
    made = counted("TG07", asked=ASKED, two_way=True)
    read = made.read
    found = read("from cells.one_way where dimension = 'area_income_quintile_second'")
    rows = newest("TG07", frames)
    rows = rows.assign(level=rows["area_income_quintile_second"])
    same(found, by_hand(rows, KEYS), KEYS)
    assert read("from cells.two_way where dimension2 like '%_second'").empty
    places = read("from cells.persons where dimension = 'area_class_second'")
    assert set(places["period_code"]) == {"r12-2024-12"}


def test_pairs_can_be_asked_to_hold_a_dimension(counted: Callable) -> None:
    asked = Asked(crossed=("education",))
    found = counted("TG07", two_way=True, asked=asked).read("from cells.two_way")
    pairs = set(zip(found["dimension"], found["dimension2"], strict=True))
    assert len(pairs) == 14
    assert all("education" in pair for pair in pairs)


def test_counting_places_strata_and_months_period_by_period_gives_the_same_cells(
    counted: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = [f"from cells.{name} order by all" for name in (*BEYOND, "persons", "one_way")]
    read = counted("VT01", "TG07", asked=ASKED).read
    at_once = [read(query) for query in queries]
    monkeypatch.setattr(coded, "ROWS_AT_ONCE", 1)
    read = counted("VT01", "TG07", asked=ASKED).read
    for one, query in zip(at_once, queries, strict=True):
        pd.testing.assert_frame_equal(read(query), one)


def test_parts_that_are_left_out_are_empty_and_the_rest_is_as_it_was(counted: Callable) -> None:
    kept, left_out = ("one_way", "strata"), {*BEYOND, "persons"} - {"strata"}
    whole = counted("VT01", "TG07", asked=ASKED)
    rows = {name: whole.read(f"from cells.{name} order by all") for name in kept}
    assert min(whole.report.rows[name] for name in left_out) > 0
    made = counted("VT01", "TG07", asked=replace(ASKED, parts=frozenset({"strata"})))
    assert {made.report.rows[name] for name in left_out} == {0}
    for name in kept:
        pd.testing.assert_frame_equal(made.read(f"from cells.{name} order by all"), rows[name])


def test_places_strata_and_months_do_not_depend_on_the_number_of_threads(
    counted: Callable, own_mart: duckdb.DuckDBPyConnection
) -> None:
    queries = [f"from cells.{name}" for name in BEYOND]
    own_mart.execute("set threads = 1")
    read = counted("VT01", "KO01", asked=ASKED, source=own_mart).read
    first = [read(query) for query in queries]
    own_mart.execute("set threads = 4")
    read = counted("VT01", "KO01", asked=ASKED, source=own_mart).read
    for one, query in zip(first, queries, strict=True):
        pd.testing.assert_frame_equal(read(query), one, check_exact=True)


def test_no_key_is_held_twice(counted: Callable) -> None:
    read = counted("VT01", "VT05", "TG07", "UP07", asked=ASKED, two_way=True).read
    for name, table in TABLES.items():
        keys = ", ".join(["indicator_id", *table.keys])
        twice = read(f"select {keys} from cells.{name} group by all having count(*) > 1")
        assert (name, len(twice)) == (name, 0)
        assert not read(f"from cells.{name}").empty, name


# --- reading back ---------------------------------------------------------------------------------


def test_cells_read_back_are_those_of_the_table_with_words_as_codes(counted: Callable) -> None:
    made = counted("VT01", "BR14", asked=ASKED)
    with duckdb.connect(str(made.path), read_only=True) as cells:
        found = read_cells(cells, "one_way", "BR14")
        one_period = read_cells(cells, "one_way", "BR14", period_code="r12-2024-12")
        places = read_cells(cells, "by_place", "VT01")
        nothing = read_cells(cells, "one_way", "XX99")
    assert pa.types.is_dictionary(found.schema.field("cluster_key").type)
    whole = made.read("from cells.one_way where indicator_id = 'BR14'")
    words = dict.fromkeys(KEYS, str) | {"dimension": str, "indicator_id": str}
    order = [*words]
    pd.testing.assert_frame_equal(
        found.to_pandas().astype(words).sort_values(order, ignore_index=True),
        whole.astype(words).sort_values(order, ignore_index=True),
        check_dtype=False,
    )
    assert one_period.num_rows == (whole["period_code"] == "r12-2024-12").sum()
    assert places["geography_code"].type == pa.string()
    assert nothing.num_rows == 0
    assert nothing.column_names == found.column_names
