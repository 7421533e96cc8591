"""Areas by DeSO, RegSO and municipality, out of invented tables in the shape of the documented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import (
    AreaCells,
    HttpSettings,
    ScbAreaSettings,
    Settings,
    SourceSettings,
)
from equity_pipeline.sources import fetch
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.snapshot import SnapshotStore
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.pxweb.scb_areas import pull
from tests.agencies import Agency, Axis, Table

NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)
OLD = ["1280A0010", "1280C1230", "1281B2010"]
NEW = ["1280A0010_DeSO2025", "1280C1231_DeSO2025", "1281B2010_DeSO2025"]
OTHERS = ["00", "12", "1280", "0180A0010", "1280R001", "1280R001_RegSO2025"]
SEXES = {"1": "män", "2": "kvinnor", "1+2": "totalt"}


def number(key: Mapping[str, str], low: int, high: int) -> float:
    told = ":".join(key[name] for name in ("Region", "Tid"))
    return float(low + crc32(told.encode()) % (high - low))


def belongs(key: Mapping[str, str]) -> bool:
    """Whether codes and year belong together; otherwise the source answers with nulls."""
    code = key["Region"]
    if len(code) <= 4:
        return True
    return code.endswith("2025") == (key["Tid"] >= "2024")


def paired(value: Callable[[Mapping[str, str]], float]) -> Callable[[Mapping[str, str]], Any]:
    return lambda key: value(key) if belongs(key) else None


def area_axis() -> Axis:
    codes = [*OTHERS, *OLD, *NEW, "1281R009"]
    return Axis("Region", {code: code.split("_")[0] for code in codes}, elimination=True)


def years(*some: int) -> Axis:
    return Axis("Tid", {str(year): str(year) for year in some}, role="time")


def contents(**labels: str) -> Axis:
    return Axis("ContentsCode", {code.removeprefix("c"): label for code, label in labels.items()})


def population() -> Table:
    ages = {"totalt": "totalt ålder", "-4": "0-4 år", "80-": "80+ år"}

    def value(key: Mapping[str, str]) -> float:
        people = number(key, 700, 2700)
        if (key["Alder"], key["Kon"]) == ("totalt", "1+2"):
            return people
        return people / 2 + 3  # a noise of the source's: parts do not sum to their total

    axes = [area_axis(), Axis("Alder", ages), Axis("Kon", SEXES), contents(c000007Y7="Folkmängd")]
    return Table("TAB6574", "Folkmängd", [*axes, years(2022, 2023, 2024, 2025)], paired(value))


def education(name: str, *some: int) -> Table:
    levels = {
        "21": "förgymnasial utbildning",
        "3+4": "gymnasial utbildning",
        "5": "eftergymnasial utbildning, mindre än 3 år",
        "6": "eftergymnasial utbildning, 3 år eller mer",
        "US": "uppgift om utbildningsnivå saknas",
    }
    shares = {"21": 0.1, "3+4": 0.4, "5": 0.2, "6": 0.25, "US": 0.05}
    axes = [Axis("UtbildningsNiva", levels), area_axis(), contents(c000007Z6="Befolkning")]
    value = paired(lambda key: 1000 * shares[key["UtbildningsNiva"]])
    return Table(name, "Utbildning", [*axes, years(*some)], value)


def employment(**labels: str) -> Table:
    told = labels or {"c0000089X": "antal sysselsatta", "c0000089Y": "antal totalt"}
    ages = {"15-74": "15-74 år", "20-64": "20-64 år", "20-65": "20-65 år"}

    def value(key: Mapping[str, str]) -> float:
        scale = {"15-74": 3, "20-64": 1, "20-65": 2}[key["Alder"]]
        is_employed = "sysselsatta" in (told | {})[f"c{key['ContentsCode']}"]
        return 600.0 if is_employed else 800.0 * scale

    axes = [area_axis(), Axis("Alder", ages), Axis("Kon", SEXES, True, "1+2"), contents(**told)]
    return Table("TAB6680", "Sysselsatta", [*axes, years(2022, 2023, 2024)], paired(value))


def low_income() -> Table:
    ages = {"totalt": "totalt", "0-19": "0-19 år", "20-64": "20-64 år"}
    axes = [area_axis(), Axis("Alder", ages), contents(c000008AC="Andel personer, procent")]
    value = paired(lambda key: 12.5 if key["Alder"] == "totalt" else 99.0)
    return Table("TAB6685", "Låg ekonomisk standard", [*axes, years(2022, 2023, 2024)], value)


def birth() -> Table:
    regions = {"SE": "Sverige", "NO": "Norden utom Sverige", "OV": "Övriga världen", "T": "totalt"}
    axes = [area_axis(), Axis("Fodelseregion", regions), Axis("Kon", SEXES)]
    count = {"SE": 700.0, "NO": 103.0, "OV": 199.0, "T": 1000.0}
    value = paired(lambda key: count[key["Fodelseregion"]])
    tail = [contents(c000007Y5="Antal"), years(2022, 2023, 2024)]
    return Table("TAB6572", "Födelseregion", [*axes, *tail], value)


def tables(**changes: Table) -> list[Table]:
    made = {
        "population": population(),
        "old": education("TAB5956", 2022, 2023),
        "new": education("TAB6534", 2024),
        "employment": employment(),
        "income": low_income(),
        "birth": birth(),
    }
    return list((made | changes).values())


def settings(agency: Agency, **changes: Any) -> ScbAreaSettings:
    return ScbAreaSettings(
        **{"enabled": True, "base_url": agency.v2, "first_year": 2022, "last_year": 2024} | changes
    )


def pulled(agency: Agency, folder: Path, **changes: Any) -> Part:
    client = PoliteClient(HttpSettings(attempts=1), sleep=lambda _: None)
    answers = Answers(client, SnapshotStore(folder), "scb_areas", 400, NIGHT)
    return pull(answers, settings(agency, **changes), "12")


@pytest.fixture(params=[1, 2])
def agency(request: pytest.FixtureRequest) -> Any:
    with Agency(tables(), seed=request.param, max_cells=40) as made:
        yield made


def row(part: Part, code: str, year: int) -> dict[str, Any]:
    rows = part.tables["area"].to_pylist()
    [found] = [one for one in rows if (one["area_code"], one["year"]) == (code, year)]
    return found


def test_every_area_of_the_region_has_a_row_for_each_year_under_its_own_vintage(
    agency: Agency, tmp_path: Path
) -> None:
    area = pulled(agency, tmp_path).tables["area"]
    assert area.schema == entity_schema("area")
    keys = {(one["area_code"], one["vintage"], one["year"]) for one in area.to_pylist()}
    old = {(code, "DESO_2018", year) for code in OLD for year in (2022, 2023)}
    new = {(code.removesuffix("_DeSO2025"), "DESO_2025", 2024) for code in NEW}
    regso = {(code, "REGSO_2020", y) for code in ("1280R001", "1281R009") for y in (2022, 2023)}
    assert keys == old | new | regso | {("1280R001", "REGSO_2025", 2024)}


def test_population_is_the_total_cell_and_not_the_sum_of_its_parts(
    agency: Agency, tmp_path: Path
) -> None:
    people = row(pulled(agency, tmp_path), "1280C1230", 2023)["population"]
    assert people == number({"Region": "1280C1230", "Tid": "2023"}, 700, 2700)


@pytest.mark.parametrize(("code", "year"), [("1280C1230", 2022), ("1280C1231", 2024)])
def test_shares_are_part_over_whole_at_the_declared_ages(
    agency: Agency, tmp_path: Path, code: str, year: int
) -> None:
    found = row(pulled(agency, tmp_path), code, year)
    assert found["share_low_education"] == pytest.approx(0.10)
    assert found["share_post_secondary"] == pytest.approx(0.45)
    assert found["share_employed_20_64"] == pytest.approx(0.75)
    assert found["share_low_income"] == pytest.approx(0.125)
    # 302 abroad by the parts and 300 by the total: the total cell counts, whatever the noise
    assert found["share_foreign_born"] == pytest.approx(0.30)
    assert found["municipality_code"] == "1280"
    assert found["urban_rural"] == "central_town"


def test_codes_and_years_that_do_not_belong_together_are_never_asked_for(
    agency: Agency, tmp_path: Path
) -> None:
    pulled(agency, tmp_path)
    for body in agency.posts():
        chosen = {one["variableCode"]: one["valueCodes"] for one in body["selection"]}
        assert {code.endswith("2025") for code in chosen["Region"]} == {
            year >= "2024" for year in chosen["Tid"]
        }
        assert not {"00", "12", "0180A0010"} & set(chosen["Region"])


def test_a_year_with_empty_values_only_is_told_and_left_null(tmp_path: Path) -> None:
    empty = low_income()
    value = empty.value
    empty.value = lambda key: None if key["Tid"] == "2024" else value(key)
    with Agency(tables(income=empty)) as agency:
        part = pulled(agency, tmp_path)
    assert row(part, "1280C1231", 2024)["share_low_income"] is None
    told = [one for one in part.missing if one.what == "pairing"]
    assert {one.kpi for one in told} == {"share_low_income"}
    assert "bara tomma värden för DeSO 2024" in told[0].sv
    assert "only empty values for DeSO in 2024" in told[0].en


def test_a_table_of_2025_under_old_codes_alone_is_told_as_missing(tmp_path: Path) -> None:
    old_codes = education("TAB6534", 2024)
    old_codes.axes[1].labels = {code: code for code in [*OLD, "1280R001"]}
    with Agency(tables(new=old_codes)) as agency:
        part = pulled(agency, tmp_path)
    assert row(part, "1280C1231", 2024)["share_low_education"] is None
    told = [one.sv for one in part.missing if one.what == "years"]
    assert "SCB har inga värden för share_low_education, DeSO 2024." in told


def test_another_age_or_series_in_a_later_table_is_said(agency: Agency, tmp_path: Path) -> None:
    part = pulled(agency, tmp_path)
    told = [
        one.sv for one in part.missing if (one.kpi, one.what) == ("share_low_education", "series")
    ]
    assert len(told) == 2  # DeSO and RegSO
    assert "byter serie 2024: 25–64 före, 25–65 från och med 2024 (SCB TAB6534)" in told[0]


def rams() -> Table:
    labels = {"c00000569": "antal förvärvsarbetande", "c00000570": "antal totalt"}
    axes = [area_axis(), contents(**labels), years(2021, 2022)]
    value = paired(lambda key: 560.0 if key["ContentsCode"] == "00000569" else 800.0)
    return Table("TAB5880", "Förvärvsarbetande", axes, value)


def test_two_series_of_employment_are_kept_apart_and_never_joined_in_silence(
    tmp_path: Path,
) -> None:
    bas = ScbAreaSettings().columns["share_employed_20_64"]
    older = AreaCells(
        table="TAB5880", contents=("00000569",), whole_contents=("00000570",), series="RAMS"
    )
    columns = dict(ScbAreaSettings().columns) | {"share_employed_20_64": (*bas, older)}
    people = population()
    people.axes[-1] = years(2021, 2022, 2023, 2024)
    with Agency([*tables(population=people), rams()]) as agency:
        part = pulled(agency, tmp_path, columns=columns, first_year=2021)
    assert row(part, "1280C1230", 2021)["share_employed_20_64"] == pytest.approx(0.70)
    assert row(part, "1280C1230", 2022)["share_employed_20_64"] == pytest.approx(0.75)
    assert part.tables["area_series"].schema == entity_schema("area_series")
    series = {
        one["year"]: one["source_series"]
        for one in part.tables["area_series"].to_pylist()
        if (one["area_column"], one["area_kind"]) == ("share_employed_20_64", "deso")
    }
    assert series == {2021: "RAMS", 2022: "BAS", 2023: "BAS", 2024: "BAS"}
    assert any("byter serie 2022: RAMS före, BAS från" in one.sv for one in part.missing)


def test_a_year_that_the_first_table_has_for_one_kind_is_not_overwritten_by_the_second(
    tmp_path: Path,
) -> None:
    first, second = low_income(), low_income()
    first.axes[0].labels = dict.fromkeys([*OLD, *NEW], "")  # no RegSO here
    second.id, second.value = "TAB0002", paired(lambda _: 40.0)
    told = ScbAreaSettings().columns["share_low_income"][0]
    columns = dict(ScbAreaSettings().columns)
    columns["share_low_income"] = (told, told.model_copy(update={"table": "TAB0002"}))
    with Agency([*tables(income=first), second]) as agency:
        part = pulled(agency, tmp_path, columns=columns)
    assert row(part, "1280C1230", 2022)["share_low_income"] == pytest.approx(0.125)
    assert row(part, "1281R009", 2022)["share_low_income"] == pytest.approx(0.40)


def test_renamed_codes_are_found_by_the_words_of_their_labels(tmp_path: Path) -> None:
    renamed = employment(cN1="Antal sysselsatta", cN2="Antal totalt", cN3="Antal arbetslösa")
    with Agency(tables(employment=renamed)) as agency:
        part = pulled(agency, tmp_path)
    assert row(part, "1280C1230", 2022)["share_employed_20_64"] == pytest.approx(0.75)


def test_a_measure_that_is_not_met_is_named_with_what_there_is(tmp_path: Path) -> None:
    renamed = employment(cNYTT1="Förvärvsarbetande", cNYTT2="Alla")
    told = "In ContentsCode of table TAB6680"
    with Agency(tables(employment=renamed)) as agency, pytest.raises(SourceError, match=told) as e:
        pulled(agency, tmp_path)
    assert "NYTT1 (Förvärvsarbetande)" in e.value.mend


def test_a_table_that_has_been_replaced_is_named(tmp_path: Path) -> None:
    left = [one for one in tables() if one.id != "TAB6534"]
    with Agency(left) as agency, pytest.raises(SourceError, match="no table TAB6534"):
        pulled(agency, tmp_path)


def test_a_share_far_outside_0_and_1_is_not_believed(tmp_path: Path) -> None:
    columns = dict(ScbAreaSettings().columns)
    columns["share_employed_20_64"] = (
        AreaCells(
            table="TAB6680",
            contents=("0000089Y",),
            whole_contents=("0000089X",),
            choose={"Alder": "20-64"},
        ),
    )
    with Agency(tables()) as agency, pytest.raises(SourceError, match="not between 0 and 1"):
        pulled(agency, tmp_path, columns=columns)


@pytest.mark.parametrize(
    ("swedes", "share"),
    [(1002.0, -0.002), (-3.0, 1.003)],
    ids=["a little under 0", "a little over 1"],
)
def test_a_share_that_noise_takes_a_little_past_its_ends_is_kept_as_it_came_out(
    tmp_path: Path, swedes: float, share: float
) -> None:
    noisy = birth()
    counts = {"SE": swedes, "NO": 0.0, "OV": 0.0, "T": 1000.0}
    noisy.value = paired(lambda key: counts[key["Fodelseregion"]])
    with Agency(tables(birth=noisy)) as agency:
        part = pulled(agency, tmp_path)
    assert row(part, "1280C1230", 2022)["share_foreign_born"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"happiness": (AreaCells(table="T"),)}, "happiness"),
        ({"share_low_income": (AreaCells(table="T"),)}, "Population has no table"),
    ],
)
def test_columns_that_areas_do_not_have_are_told_before_anything_is_asked(
    agency: Agency, tmp_path: Path, columns: Any, told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        pulled(agency, tmp_path, columns=columns)
    assert agency.requests == []


def area_types() -> Table:
    """Area type and index by RegSO, as only the first generation has them."""
    regso = Axis("Region", {"00": "Riket", "1280R001": "Malmö 1", "1281R009": "Lund 9"})
    axes = [regso, contents(cA1="Socioekonomiskt index", cA2="Områdestyp"), years(2022, 2023)]
    kinds = {"1280R001": 1.0, "1281R009": 4.0}
    value = paired(lambda key: kinds[key["Region"]] if key["ContentsCode"] == "A2" else 33.3)
    return Table("IntGr5Socio", "Områdestyper", axes, value)


def test_area_types_are_codes_from_a_table_that_only_the_first_generation_has(
    tmp_path: Path,
) -> None:
    told = AreaCells(table="mapp/IntGr5Socio", generation=1, unit="code", contents=("områdestyp",))
    columns = dict(ScbAreaSettings().columns) | {"area_type": (told,)}
    with Agency([*tables(), area_types()]) as agency:
        part = pulled(agency, tmp_path, columns=columns, base_url_v1=agency.v1)
    assert row(part, "1280R001", 2023)["area_type"] == "1"
    assert row(part, "1281R009", 2022)["area_type"] == "4"
    assert row(part, "1280C1230", 2022)["area_type"] is None


def test_municipalities_are_read_from_the_same_tables(agency: Agency, tmp_path: Path) -> None:
    part = pulled(agency, tmp_path, kinds=("municipality",))
    rows = part.tables["area"].to_pylist()
    assert {(one["area_code"], one["vintage"]) for one in rows} == {("1280", "KOMMUN")}
    assert [one["year"] for one in rows] == [2022, 2023, 2024]


def test_the_same_areas_come_from_the_stored_answers_and_from_a_folder_of_them(
    agency: Agency, tmp_path: Path
) -> None:
    chosen = settings(agency)
    quick = SourceSettings(http=HttpSettings(attempts=1), scb_areas=chosen)
    first = fetch(quick, tmp_path, NIGHT)
    asked = len(agency.requests)
    agency.__exit__()
    down = fetch(quick, tmp_path, NIGHT)
    fed = chosen.model_copy(update={"folder": tmp_path})
    folder = fetch(SourceSettings(scb_areas=fed), tmp_path / "elsewhere", NIGHT)
    assert first.area.num_rows == 14
    assert down.area.equals(first.area)
    assert folder.area.equals(first.area)
    assert len(agency.requests) == asked
    assert {one.source for one in down.stale} == {"scb_areas"}


def test_where_tables_are_asked_for_does_not_change_what_the_settings_stand_for() -> None:
    elsewhere = ScbAreaSettings(base_url="http://a/v2", base_url_v1="http://a/v1")
    moved = Settings(sources=SourceSettings(scb_areas=elsewhere))
    other_years = Settings(sources=SourceSettings(scb_areas=ScbAreaSettings(first_year=2020)))
    assert moved.digest() == Settings().digest()
    assert other_years.digest() != Settings().digest()
