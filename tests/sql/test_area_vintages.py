"""Areas over a break: links, translations, codes of the wrong vintage, persons known by a key."""

from __future__ import annotations

import csv
import random
from datetime import date

import pytest

from equity_pipeline.areas.aggregate import carried
from equity_pipeline.areas.mapping import Change, backwards, change_type_of, mapped
from equity_pipeline.areas.vintages import FIRST_YEAR_DESCRIBED
from equity_pipeline.pipeline.counting import facts
from equity_pipeline.settings import Settings
from tests.beside import absent, beside

PERIODS = {"count": 1, "quarters": 0}
OLD, NEW = "DESO_2018", "DESO_2025"
FIXTURES = beside("fixtures")
LINK = "area_code_from, area_code_to, mapping_quality, round(map_weight, 9) as w, weight_source"


def area(code, vintage, year, population, **more):
    return {"area_code": code, "area_kind": "deso", "vintage": vintage, "year": year,
            "population": population, **more}  # fmt: skip


def key(vintage, code, **more):
    return {"vintage": vintage, "deso_code": code, "municipality_code": code[:4], **more}


def put_log(warehouse, old, new, log):
    warehouse.put("area_key", *[key(OLD, code) for code in sorted(old)])
    warehouse.put("area_key", *[key(NEW, code) for code in sorted(new)])
    warehouse.put("area_change", *[
        {"vintage_from": OLD, "vintage_to": NEW, "area_code_from": one.area_code_from,
         "area_code_to": one.area_code_to, "change_type": one.change_type,
         "population_share": one.population_share} for one in log
    ])  # fmt: skip


def found(warehouse, vintage_from):
    rows = warehouse.ask(
        f"select {LINK} from intermediate.int_area__link where vintage_from = '{vintage_from}' "
        "order by area_code_from, area_code_to"
    )
    return [tuple(row.values()) for row in rows]


def told(links):
    return [
        (one.area_code_from, one.area_code_to, one.mapping_quality, round(one.map_weight, 9),
         one.weight_source) for one in links
    ]  # fmt: skip


def world(seed):
    """Return old and new codes, the log between them, and both populations, at random."""
    chance = random.Random(seed)
    old = [f"1280C{n:04}" for n in range(1000, 1040)]
    new, log = set(old), []
    for place, code in enumerate(old):
        kind = chance.choice(["kept"] * 3 + ["border", "split", "merge", "part", "leak", "given"])
        parts = [f"{code[:-1]}{n}" for n in range(5, 5 + chance.randint(2, 4))]
        other = old[place - 1]
        if kind == "border":
            log.append(Change(code, code, chance.choice(["extended", "extended_to_sea"])))
        if kind == "leak":
            log.append(Change(code, code, "reduced"))
        if kind in ("split", "given"):
            parts = [f"1280C{place:03}{n}" for n in range(len(parts))]
            new |= {*parts}
            new -= {code}
            shares = [round(1 / len(parts), 6)] * (len(parts) - 1)
            shares.append(1 - sum(shares))
            log += [Change(code, part, "ceased_to_new", share if kind == "given" else None)
                    for part, share in zip(parts, shares, strict=True)]  # fmt: skip
        if kind == "merge" and place and other in new:
            new -= {code}
            log.append(Change(code, other, "ceased_to_existing"))
        if kind == "part" and place and other in new:
            log += [Change(code, code, "reduced"), Change(code, other, "part_to_existing")]
    # a change into a code that itself ceased later is no change of these two vintages
    log = [one for one in log if one.area_code_to in new]
    lost = set(old) - new - {one.area_code_from for one in log}
    return [code for code in old if code not in lost], new, log, chance


@pytest.mark.parametrize("seed", range(5))
def test_links_and_translations_are_those_of_the_plain_rules(warehouse, seed):
    old, new, log, chance = world(seed)
    before = {code: chance.randint(0, 3000) for code in old}
    after = {code: chance.randint(0, 3000) for code in new if chance.random() < 0.9}
    shares = {code: chance.choice([None, chance.random(), 0.25, 0.5]) for code in before}
    put_log(warehouse, old, new, log)
    warehouse.put("area", *[area(c, OLD, 2023, before[c], share_low_income=shares[c])
                            for c in old if chance.random() < 0.95])  # fmt: skip
    warehouse.put("area", *[area(c, NEW, 2024, people, share_low_income=0.5)
                            for c, people in sorted(after.items())])  # fmt: skip
    warehouse.build(periods=PERIODS)
    delivered = warehouse.values("mart.dim_area", "population", "area_code", f"vintage = '{OLD}'")
    links = mapped(old, new, log, population_to=after)
    back = backwards(links, population_from=delivered)
    assert found(warehouse, OLD) == told(links)
    assert found(warehouse, NEW) == told(back)
    for vintage, ties, people, share in (
        (NEW, links, delivered, shares), (OLD, back, after, dict.fromkeys(after, 0.5))
    ):  # fmt: skip
        expected = carried(ties, people, share)
        rows = warehouse.ask(f"select * from mart.area_mapped where vintage = '{vintage}'")
        assert {row["area_code"] for row in rows} == set(expected)
        for row in rows:
            plain = expected[row["area_code"]]
            assert (row["population"], row["mapping_quality"], row["weight_source"]) == (
                plain.population, plain.mapping_quality, plain.weight_source,
            )  # fmt: skip
            share = plain.share
            assert row["share_low_income"] == (share if share is None else pytest.approx(share))
    kinds = {(one.mapping_quality, one.weight_source) for one in (*links, *back)}
    assert kinds >= {("exact", "whole"), ("border_only", "whole"), ("merged", "whole"),
                     ("split", "population"), ("split", "delivered"),
                     ("partial", "assumed")}  # fmt: skip


def test_the_region_s_own_log_of_changes_gives_the_links_of_the_plain_rules(warehouse):
    folder = FIXTURES / "geo_codes"
    if not folder.is_dir():
        pytest.skip(absent("the codes of Statistics Sweden", "fixtures"))

    def rows(name):
        return list(csv.DictReader((folder / name).read_text("utf-8").splitlines()))

    old = {row["deso"] for row in rows("skane_deso.csv")}
    new = {row["deso_2025"] for row in rows("skane_deso_2025_codes_derived.csv")}
    log = [Change(row["deso_2018"], row["deso_2025"], change_type_of(row["forandringstyp"]))
           for row in rows("skane_deso2018_to_deso2025_changes.csv")]  # fmt: skip
    put_log(warehouse, old, new, log)
    warehouse.build(periods=PERIODS)
    assert found(warehouse, OLD) == told(mapped(old, new, log))
    weights = warehouse.ask(
        "select count(*) as n, sum(map_weight) as people from intermediate.int_area__link "
        f"where vintage_from = '{OLD}'"
    )
    assert weights[0]["people"] == pytest.approx(789)
    assert warehouse.ask("select count(*) as n from mart.area_unmapped") == [{"n": 0}]


def test_counts_before_a_split_are_not_told_of_its_parts_but_those_after_it_sum_back(warehouse):
    log = [Change("1280C1000", "1280C1001", "ceased_to_new"),
           Change("1280C1000", "1280C1002", "ceased_to_new")]  # fmt: skip
    put_log(warehouse, ["1280C1000"], ["1280C1001", "1280C1002"], log)
    warehouse.put("area", area("1280C1000", OLD, 2023, 1000, share_low_income=0.2))
    warehouse.put("area", area("1280C1001", NEW, 2024, 700, share_low_income=0.1),
                  area("1280C1002", NEW, 2024, 310, share_low_income=0.4))  # fmt: skip
    warehouse.build(periods=PERIODS)
    columns = ("population", "share_low_income", "mapping_quality", "is_summable", "n_sources")
    back = warehouse.one("mart.area_mapped", columns, area_code="1280C1000", year=2024)
    assert back == {"population": 1010, "share_low_income": pytest.approx(194 / 1010),
                    "mapping_quality": "merged", "is_summable": True, "n_sources": 2}  # fmt: skip
    onto = warehouse.one("mart.area_mapped", columns, area_code="1280C1001", year=2023)
    assert onto["is_summable"] is False
    assert onto["mapping_quality"] == "split"


def test_a_part_of_unknown_size_gives_no_figure_and_is_called_partly_the_same(warehouse):
    log = [Change("1280C1000", "1280C1000", "reduced"),
           Change("1280C1000", "1280C1001", "part_to_existing")]  # fmt: skip
    both = ["1280C1000", "1280C1001"]
    put_log(warehouse, both, both, log)
    warehouse.put("area", *[area(code, OLD, 2023, 1000, share_low_income=0.2) for code in both])
    warehouse.build(periods=PERIODS)
    rows = warehouse.ask("select * from mart.area_mapped order by area_code")
    assert [(row["mapping_quality"], row["population"], row["share_low_income"])
            for row in rows] == [("partial", None, None)] * 2  # fmt: skip


def test_a_code_in_one_vintage_only_and_in_no_change_is_named(warehouse):
    put_log(warehouse, ["1280C1000", "1280C1003"], ["1280C1000"],
            [Change("1280C1000", "1280C1000", "extended")])  # fmt: skip
    warehouse.build(periods=PERIODS)
    assert warehouse.ask("select vintage, area_code from mart.area_unmapped") == [
        {"vintage": OLD, "area_code": "1280C1003"}
    ]


def test_codes_of_the_wrong_vintage_for_their_year_are_counted(warehouse):
    put_log(warehouse, ["1280C1000", "1280C2000"], ["1280C1001", "1280C2000"], [])
    codes = {2023: ["1280C1000", "1280C1001", "1280C2000", None],
             2024: ["1280C1000", "1280C1001", "1280C2000", "1280C9999"]}  # fmt: skip
    for year, here in codes.items():
        warehouse.put("person", *[{"person_key": n, "year": year, "sex": "male",
                                   "birth_year": 1980, "area_code": code}
                                  for n, code in enumerate(here)])  # fmt: skip
    warehouse.build(periods=PERIODS)
    rows = warehouse.ask("select year, code_state, n_code_rows from mart.area_code_check "
                         "where entity = 'person' order by year, code_state")  # fmt: skip
    assert [tuple(row.values()) for row in rows] == [
        (2023, "known", 2), (2023, "missing", 1), (2023, "other_vintage", 1),
        (2024, "known", 2), (2024, "other_vintage", 1), (2024, "unknown", 1),
    ]  # fmt: skip


def test_a_code_that_names_its_vintage_is_the_code_itself_in_every_delivery(warehouse):
    told = "{}_DeSO2025".format
    warehouse.put("area_key", key(NEW, told("1280C1000"), regso_code="1280R001_RegSO2025"))
    warehouse.put("area_change", {"vintage_from": OLD, "vintage_to": NEW,
                                  "area_code_from": "1280C1000_DeSO2018",
                                  "area_code_to": told("1280C1000"),
                                  "change_type": "extended"})  # fmt: skip
    warehouse.put("area", area("1280C1000", NEW, 2024, 90),
                  area(told("1280C1000"), NEW, 2024, 100, share_low_income=0.4),
                  area(told("1280A1001"), NEW, 2024, 400, share_low_income=0.1,
                       regso_code="1280R002_REGSO2025"))  # fmt: skip
    for person, code in ((1, told("1280C1000")), (2, "1280A1001"), (3, "1280C1000_other")):
        warehouse.put("person", {"person_key": person, "year": 2024, "sex": "male",
                                 "birth_year": 1980, "area_code": code})  # fmt: skip
        warehouse.put("listing", {"person_key": person, "unit_hsa_id": "SE-A",
                                  "from_date": date(2019, 1, 1)})  # fmt: skip
    warehouse.put("unit", {"unit_hsa_id": "SE-A", "from_date": date(2024, 1, 1),
                           "area_code": told("1280C1000")})  # fmt: skip
    warehouse.put("area_health", {"area_code": told("1280C1000"), "year": 2024, "n_ill": 10,
                                  "age_group": "45-49", "population": 100})  # fmt: skip
    warehouse.put("contact", {"contact_id": "first", "person_key": 1,
                              "contact_date": date(2025, 3, 3),
                              "area_code": told("1280C1000")})  # fmt: skip
    warehouse.build(periods=PERIODS, as_of=date(2026, 1, 15), areas={"kind": "deso"})
    described = warehouse.ask("select area_code, population, regso_code from mart.dim_area "
                              "where area_kind = 'deso' order by area_code")  # fmt: skip
    assert [tuple(row.values()) for row in described] == [
        ("1280A1001", 400, "1280R002"), ("1280C1000", 100, "1280R001")
    ]  # fmt: skip
    assert found(warehouse, OLD) == [("1280C1000", "1280C1000", "border_only", 1.0, "whole")]
    quintiles = warehouse.values("mart.fct_person", "area_income_quintile", by="person_key")
    assert quintiles == {1: "q1", 2: "q4", 3: "missing"}
    states = warehouse.ask("select entity, code_state, n_code_rows from mart.area_code_check "
                           "order by all")  # fmt: skip
    assert [tuple(row.values()) for row in states] == [
        ("person", "known", 2), ("person", "unknown", 1), ("unit", "known", 1)
    ]  # fmt: skip
    dated = warehouse.values("staging.stg_delivered__contact", "area_code", by="contact_id")
    assert dated == {"first": "1280C1000"}
    assert warehouse.values("intermediate.int_area__health", "area_kind", by="area_code")[
        "1280C1000"
    ] == "deso"  # fmt: skip


def test_with_the_codes_of_one_vintage_only_the_other_years_are_not_called_wrong(warehouse):
    warehouse.put("area_key", key(OLD, "1280C1000"))
    warehouse.put("person", *[{"person_key": 1, "year": year, "sex": "male", "birth_year": 1980,
                               "area_code": "1280C1000"} for year in (2023, 2024)])  # fmt: skip
    warehouse.build(periods=PERIODS)
    states = warehouse.values("mart.area_code_check", "code_state", by="year")
    assert states == {2023: "known", 2024: "known"}


def test_the_years_of_the_vintages_are_those_of_the_plain_rule(warehouse):
    warehouse.build(periods=PERIODS)
    first = warehouse.values("intermediate.int_area__vintage", "valid_from_year", by="vintage")
    assert first == {name: year for kind in FIRST_YEAR_DESCRIBED.values()
                     for name, year in kind.items()}  # fmt: skip


def test_persons_known_by_deso_take_regso_and_municipality_from_the_key_of_their_year(warehouse):
    for person, code in ((1, "1280C1000"), (2, "1280A1001")):
        warehouse.put("person", {"person_key": person, "year": 2022, "sex": "male",
                                 "birth_year": 1980, "area_code": code})  # fmt: skip
        warehouse.put("listing", {"person_key": person, "unit_hsa_id": "SE-A",
                                  "from_date": date(2019, 1, 1)})  # fmt: skip
    warehouse.put("area_key", key(OLD, "1280C1000", regso_code="1280R001"),
                  key(NEW, "1280C1000", regso_code="1280R004"),
                  key(OLD, "1280A1001", regso_code="1280R002"))  # fmt: skip
    for number in range(5):
        warehouse.put("area", {"area_code": f"1280R00{number}", "area_kind": "regso",
                               "vintage": "REGSO_2020", "year": 2022, "population": 1000,
                               "share_low_income": 0.5 - number / 10})  # fmt: skip
    warehouse.build(periods=PERIODS, as_of=date(2024, 1, 15))
    columns = ("area_income_quintile", "municipality_code", "urban_rural")
    first, second = (warehouse.one("mart.fct_person", columns, person_key=n) for n in (1, 2))
    assert tuple(first.values()) == ("q2", "1280", "central_town")
    assert tuple(second.values()) == ("q3", "1280", "rural")


def test_the_vintage_of_a_period_is_that_of_the_areas_that_people_are_divided_by(warehouse):
    years = {"DESO_2018": 2022, "DESO_2025": 2024}
    warehouse.put("area", *[area("1280C1000", name, year, 100) for name, year in years.items()])
    warehouse.put("area", *[
        {"area_code": "1280R001", "area_kind": "regso", "vintage": name, "year": year,
         "population": 100} for name, year in {"REGSO_2020": 2022, "REGSO_2025": 2024}.items()
    ])  # fmt: skip
    whole = {"area_code": "1280", "area_kind": "municipality", "vintage": "KOMMUN"}
    warehouse.put("area", *[whole | {"year": y, "population": 100} for y in range(2015, 2025)])
    kinds = {
        "deso": ["DESO_2018", "DESO_2025"],
        "regso": ["REGSO_2020", "REGSO_2025"],
        "municipality": ["KOMMUN", "KOMMUN"],
    }
    for kind, vintages in kinds.items():
        settings = {"areas": {"kind": kind}, "periods": {"count": 2, "quarters": 0}}
        warehouse.build(as_of=date(2026, 1, 15), **settings)
        told = facts(warehouse.connection, Settings.model_validate(settings))
        assert list(told.periods["area_vintage"]) == vintages, kind
