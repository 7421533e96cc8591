"""What makes an area resource-weak: random regions by the plain rules, years, and student towns."""

from __future__ import annotations

import csv
import random
from fractions import Fraction

import pytest

from equity_pipeline.areas.resource_weak import (
    Thresholds,
    agreement,
    classify,
    held,
    middles,
    student_area,
)
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.pipeline.counting import of_ill_health
from tests.beside import absent, beside

PERIODS = {"count": 1, "quarters": 0}
CALIBRATION = beside("calibration")
FLAGS = ("is_low_education", "is_low_income", "is_low_employment", "is_high_foreign_born",
         "is_high_ill_health")  # fmt: skip
VALUES = {"share_low_education": 1, "share_low_income": 1, "share_employed_20_64": -1,
          "share_foreign_born": 1, "ill_health_age_standardised": 1}  # fmt: skip
RANKS = ("education_rank", "income_rank", "employment_rank", "foreign_born_rank",
         "ill_health_rank")  # fmt: skip
CLASSES = ("area_class", "area_class_raw", "area_class_four_criteria", "n_criteria_met")


def area(code, year=2022, population=1000, **more):
    return {"area_code": code, "area_kind": "regso", "vintage": "REGSO_2020", "year": year,
            "population": population, **more}  # fmt: skip


def classes(warehouse, **where):
    return warehouse.one("mart.area_classification", CLASSES, **where)


@pytest.mark.parametrize("seed", range(4))
def test_flags_ranks_and_classes_of_a_random_region_are_those_of_the_plain_rules(warehouse, seed):
    chance = random.Random(seed)
    places = [chance.random() for _ in range(30)]  # areas that are bad in one are so in others
    here = [
        area(f"A{n:02}", population=chance.randint(1, 3000),
             area_type=str(chance.randint(1, 5)), **{
            name: chance.choice([None] + [round(place + chance.random() / 3, 1)] * 20)
            for name in VALUES
        })
        for n, place in enumerate(places)
    ]  # fmt: skip
    warehouse.put("area", *here)
    warehouse.build(periods=PERIODS)
    people = [one["population"] for one in here]
    ranks = [middles([None if one[name] is None else sign * one[name] for one in here], people)
             for name, sign in VALUES.items()]  # fmt: skip
    social = Thresholds(resource_weak=3)
    rows = warehouse.ask("select * from mart.area_classification order by area_code")
    for n, row in enumerate(rows):
        flags = [None if rank[n] is None else rank[n] < Fraction(1, 5) for rank in ranks]
        assert [row[name] for name in FLAGS] == flags
        assert [row[name] for name in RANKS] == [
            None if rank[n] is None else pytest.approx(float(rank[n])) for rank in ranks
        ]
        assert [row[name] for name in VALUES] == [here[n][name] for name in VALUES]
        assert row["n_criteria_met"] == sum(flag is True for flag in flags)
        assert row["area_class"] == row["area_class_raw"] == classify(flags)
        assert row["area_class_four_criteria"] == classify(flags[:4], social)
    judged = [row for row in rows if row["area_class"] != "missing"]
    plain = agreement([row["area_class"] == "resource_weak" for row in judged],
                      [row["area_type"] in {"1", "2"} for row in judged])  # fmt: skip
    told = warehouse.ask("select * from mart.area_agreement")[0]
    assert told["agreement_kappa"] == pytest.approx(plain.kappa)
    assert told["agreement_jaccard"] == pytest.approx(plain.jaccard)


def put_year(warehouse, year, wanted):
    """Describe A as of a class in a year, among nine areas alike."""
    met = {"resource_weak": 5, "partly": 2, "other": 0, "missing": 3}[wanted]
    worst = {name: 0.9 * sign for name, sign in VALUES.items()}
    best = {name: 0.1 * sign for name, sign in VALUES.items()}
    mine = {n: (worst if place < met else best)[n] for place, n in enumerate(VALUES)}
    if wanted == "missing":
        mine["ill_health_age_standardised"] = None
    others = {name: 0.2 * sign for name, sign in VALUES.items()}
    warehouse.put("area", area("A", year, **mine))
    warehouse.put("area", *[area(f"B{n}", year, **others) for n in range(9)])


@pytest.mark.parametrize("seed", range(4))
def test_the_class_that_holds_is_that_of_the_plain_rule_over_any_years(warehouse, seed):
    chance = random.Random(seed)
    years = sorted(chance.sample(range(2000, 2024), 17))
    kinds = ("resource_weak", "partly", "other", "missing")
    wanted = {year: chance.choice(kinds) for year in years}
    wanted[years[0]] = "missing"
    for year, kind in wanted.items():
        put_year(warehouse, year, kind)
    warehouse.build(periods=PERIODS)
    table, where = "mart.area_classification", "area_code = 'A'"
    assert warehouse.values(table, "area_class_raw", by="year", where=where) == wanted
    assert warehouse.values(table, "area_class", by="year", where=where) == held(wanted)


@pytest.mark.parametrize(
    ("years", "holding"),
    [
        ({2020: "resource_weak"}, {2020: "resource_weak"}),
        ({2020: "other", 2022: "resource_weak"}, {2020: "other", 2022: "other"}),
        ({2020: "other", 2022: "resource_weak", 2023: "resource_weak"},
         {2020: "other", 2022: "other", 2023: "resource_weak"}),
        ({2020: "missing", 2021: "other"}, {2020: "missing", 2021: "other"}),
        ({2020: "resource_weak", 2021: "missing", 2022: "resource_weak"},
         {2020: "resource_weak", 2021: "resource_weak", 2022: "resource_weak"}),
    ],
)  # fmt: skip
def test_years_between_first_years_and_unknown_years_move_no_class_alone(warehouse, years, holding):
    for year, kind in years.items():
        put_year(warehouse, year, kind)
    warehouse.build(periods=PERIODS)
    found = warehouse.values("mart.area_classification", "area_class", "year", "area_code = 'A'")
    assert found == holding == held(years)


def test_four_of_five_by_ill_health_is_three_of_the_four_without_it(warehouse):
    mine = {name: 0.9 * sign for name, sign in VALUES.items()} | {"share_foreign_born": 0.1}
    rest = {name: 0.2 * sign for name, sign in VALUES.items()}
    warehouse.put("area", area("A", **mine), *[area(f"B{n}", **rest) for n in range(9)])
    warehouse.build(periods=PERIODS)
    assert classes(warehouse, area_code="A") == {
        "area_class": "resource_weak", "area_class_raw": "resource_weak",
        "area_class_four_criteria": "resource_weak", "n_criteria_met": 4,
    }  # fmt: skip


def municipalities():
    path = CALIBRATION / "skane_2022.csv"
    if not path.exists():
        pytest.skip(absent("the published values", "calibration"))
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    return [row for row in rows if len(row["code"]) == 4]


def put_municipalities(warehouse, rows, **more):
    warehouse.put("area", *[
        {"area_code": row["code"], "area_kind": "municipality", "vintage": "KOMMUN", "year": 2022,
         "population": int(float(row["population"])),
         "share_low_education": float(row["pct_pre_secondary_25_64"]) / 100,
         "share_post_secondary": float(row["pct_post_secondary_25_64"]) / 100,
         "share_low_income": float(row["pct_low_economic_standard_20_64"]) / 100,
         "share_employed_20_64": float(row["pct_employed_20_64"]) / 100,
         "share_foreign_born": float(row["pct_foreign_born"]) / 100,
         "ill_health_age_standardised": float(row["sickness_days_ohalsotal"]),
         **more.get(row["code"], {})} for row in rows
    ])  # fmt: skip


def scored(values):
    mean = sum(values) / len(values)
    spread = (sum((one - mean) ** 2 for one in values) / len(values)) ** 0.5
    return [(one - mean) / spread for one in values]


def test_a_naive_score_takes_a_student_town_for_one_of_the_poorest_and_the_classes_do_not(
    warehouse,
):
    rows = municipalities()
    assert len(rows) == 33
    poor = scored([float(row["pct_low_economic_standard_20_64"]) for row in rows])
    idle = scored([100 - float(row["pct_employed_20_64"]) for row in rows])
    naive = sorted(zip([a + b for a, b in zip(poor, idle, strict=True)],
                       [row["name"] for row in rows], strict=True), reverse=True)  # fmt: skip
    assert {name for _, name in naive[:3]} == {"Lund", "Perstorp", "Malmö"}
    put_municipalities(warehouse, rows)
    warehouse.build(periods=PERIODS, areas={"kind": "municipality"})
    lund = classes(warehouse, area_code="1281")
    assert lund == {"area_class": "partly", "area_class_raw": "partly",
                    "area_class_four_criteria": "partly", "n_criteria_met": 2}  # fmt: skip
    found = warehouse.values("mart.area_classification", "area_class", by="area_code")
    weak = {row["name"] for row in rows if found[row["code"]] == "resource_weak"}
    assert "Perstorp" in weak
    assert "Lund" not in weak
    flagged = warehouse.values("mart.area_classification", "is_student_area", by="area_code")
    assert {code for code, flag in flagged.items() if flag} == {"1281"}


def test_shares_of_those_aged_25_to_64_take_the_students_out_where_they_are_delivered(warehouse):
    rows = municipalities()
    employed = {row["code"]: {"share_employed_25_64": float(row["pct_employed_20_64"]) / 100,
                              "share_low_income_25_64":
                              float(row["pct_low_economic_standard_20_64"]) / 100}
                for row in rows}  # fmt: skip
    employed["1281"] = {"share_employed_25_64": 0.85, "share_low_income_25_64": 0.09}
    put_municipalities(warehouse, rows, **employed)
    warehouse.build(periods=PERIODS, areas={"kind": "municipality"})
    lund = warehouse.one("mart.area_classification", (*CLASSES, *FLAGS, "is_student_area"),
                         area_code="1281")  # fmt: skip
    assert (lund["area_class"], lund["n_criteria_met"]) == ("other", 0)
    assert lund["is_low_employment"] is lund["is_low_income"] is False
    assert lund["is_student_area"] is True


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("has_ages", [True, False])
def test_student_areas_are_those_of_the_plain_rule(warehouse, seed, has_ages):
    chance = random.Random(seed)
    here = []
    for n in range(40):
        place = chance.random()
        noise = [chance.random() / 5 for _ in range(3)]
        here.append(area(
            f"A{n:02}", population=chance.randint(1, 2000),
            share_post_secondary=chance.choice([None] + [place + noise[0]] * 20),
            share_employed_20_64=chance.choice([None] + [2 - place - noise[1]] * 20),
            share_aged_20_24=chance.choice([None] + [place + noise[2]] * 20) if has_ages else None,
        ))  # fmt: skip
    warehouse.put("area", *here)
    warehouse.build(periods=PERIODS)
    found = warehouse.values("mart.area_classification", "is_student_area", by="area_code")

    def place_of(name):
        lowest_first = [None if one[name] is None else -one[name] for one in here]
        return middles(lowest_first, [one["population"] for one in here])

    ages = place_of("share_aged_20_24") if has_ages else [Fraction(1)] * 40
    three = (place_of("share_post_secondary"), place_of("share_employed_20_64"), ages)
    plain = [student_area(*one) for one in zip(*three, strict=True)]
    assert [found[one["area_code"]] for one in here] == plain
    assert True in plain


def test_a_measure_that_is_the_ill_health_of_the_classes_is_divided_without_it(warehouse):
    # worst by education, income and foreign-born: three of five, and three of the four without it
    rest = {name: 0.2 * sign for name, sign in VALUES.items()} | {"share_employed_20_64": 0.5}
    mine = rest | dict.fromkeys(
        ("share_low_education", "share_low_income", "share_foreign_born"), 0.9
    )
    mine |= {"share_employed_20_64": 0.6, "ill_health_age_standardised": 0.1}
    where = {"area_kind": "municipality", "vintage": "KOMMUN", "ill_health_source": "Kolada N00957"}
    codes = [f"12{n}" for n in range(80, 90)]
    warehouse.put("area", area("1280", **mine | where))
    warehouse.put("area", *[area(code, **rest | where) for code in codes[1:]])
    warehouse.put("area_value", *[
        {"source": "kolada", "measure_code": measure, "area_code": code, "year": 2022,
         "area_kind": "municipality", "value": 1.0} for code in codes
        for measure in ("N00957", "N20402")
    ])  # fmt: skip
    warehouse.build(areas={"kind": "municipality"}, periods={"kind": "year"})
    found = warehouse.values(
        "mart.fct_area_value", "area_class", "measure_code", "area_code = '1280'"
    )
    assert found == {"N20402": "partly", "N00957": "resource_weak"}
    catalogue = load_catalogue().select(("OD01", "OD02"))
    assert of_ill_health(warehouse.connection, catalogue) == {("OD02", "y-2022")}
