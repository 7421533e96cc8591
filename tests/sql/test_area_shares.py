"""Shares of larger areas from their parts, sums that need not agree, and ill health by age."""

from __future__ import annotations

import random

import pytest

from equity_pipeline.areas.aggregate import agrees, tolerance, weighted_share
from equity_pipeline.areas.ill_health import age_standardised
from equity_pipeline.areas.resource_weak import fifth, middles

PERIODS = {"count": 1, "quarters": 0}
SHARES = ("share_low_education", "share_low_income", "share_employed_20_64", "share_foreign_born")
OWN = {"share_low_education": "population_25_64", "share_employed_20_64": "population_20_64"}
MEASURES = {"education": "share_low_education", "income": "share_low_income",
            "employment": "share_employed_20_64", "foreign_born": "share_foreign_born"}  # fmt: skip


def deso(code, population, regso="1280R001", **more):
    return {"area_code": code, "area_kind": "deso", "vintage": "DESO_2018", "year": 2022,
            "regso_code": regso, "municipality_code": "1280", "population": population,
            **more}  # fmt: skip


def random_areas(chance, count=40):
    return [
        deso(
            f"1280C{n:04}",
            chance.randint(0, 3000),
            f"1280R00{n % 7}",
            population_20_64=chance.randint(1, 1500),
            population_25_64=chance.randint(1, 1400),
            **{name: chance.choice([None, 0.25, *(chance.random() for _ in range(8))])
               for name in SHARES},
        )
        for n in range(1000, 1000 + count)
    ]  # fmt: skip


def put_health(warehouse, counts, year=2022):
    warehouse.put("area_health", *[
        {"area_code": code, "year": year, "age_group": age, "n_ill": ill, "population": people}
        for code, ages in counts.items() for age, (ill, people) in ages.items()
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("has_denominators", [True, False])
def test_shares_of_larger_areas_are_those_of_the_plain_rule(warehouse, seed, has_denominators):
    areas = random_areas(random.Random(seed))
    if not has_denominators:
        areas[0]["population_25_64"] = None
    warehouse.put("area", *areas)
    warehouse.build(periods=PERIODS)
    rows = warehouse.ask("select * from intermediate.int_area__made where area_kind <> 'deso'")
    assert len(rows) == 8
    for row in rows:
        level = "regso_code" if row["area_kind"] == "regso" else "municipality_code"
        parts = [one for one in areas if one[level] == row["area_code"]]
        whole = all(p["population_20_64"] and p["population_25_64"] for p in parts)
        assert row["population"] == sum(part["population"] for part in parts)
        assert row["share_source"] == ("own_denominators" if whole else "population")
        for name in SHARES:
            weight = OWN.get(name, "population") if whole else "population"
            share = weighted_share([p[name] for p in parts], [p[weight] for p in parts])
            assert row[name] == (share if share is None else pytest.approx(share)), name


@pytest.mark.parametrize("seed", range(2))
def test_fifths_stand_at_every_kind_at_once_and_are_those_of_the_plain_rule(warehouse, seed):
    areas = random_areas(random.Random(seed), 60)
    warehouse.put("area", *areas)
    warehouse.build(periods=PERIODS)
    rows = warehouse.ask("select * from mart.dim_area order by area_code")
    assert {row["area_kind"] for row in rows} == {"deso", "regso", "municipality"}
    for kind in ("deso", "regso", "municipality"):
        here = [row for row in rows if row["area_kind"] == kind]
        for name, share in MEASURES.items():
            sign = -1 if name == "employment" else 1
            worse = [None if row[share] is None else sign * row[share] for row in here]
            places = middles(worse, [row["population"] for row in here])
            plain = [None if place is None else fifth(place) for place in places]
            found = [row[f"area_{name}_quintile"] for row in here]
            assert [None if one == "missing" else one for one in found] == plain


def test_the_delivered_municipality_is_taken_as_it_is_and_a_difference_is_told(warehouse):
    warehouse.put("area", deso("1280C1000", 500), deso("1280C1001", 479))
    warehouse.put("area", {"area_code": "1280", "area_kind": "municipality", "vintage": "KOMMUN",
                           "year": 2022, "population": 1000, "share_low_income": 0.3})  # fmt: skip
    warehouse.build(periods=PERIODS)
    rows = warehouse.ask("select * from mart.dim_area where area_kind = 'municipality'")
    assert [(row["population"], row["share_low_income"]) for row in rows] == [(1000, 0.3)]
    told = warehouse.one(
        "mart.area_additivity",
        ("population_difference", "population_tolerance", "is_within_tolerance"),
        area_kind="municipality",
    )
    assert told == {"population_difference": -21, "population_tolerance": tolerance(1000),
                    "is_within_tolerance": agrees([500, 479], 1000)}  # fmt: skip
    assert told["is_within_tolerance"] is False


@pytest.mark.parametrize(("parts", "total"), [((500, 480), 1000), ((99_500,), 100_000)])
def test_noise_within_the_tolerance_is_no_warning(warehouse, parts, total):
    warehouse.put("area", *[deso(f"1280C100{n}", people) for n, people in enumerate(parts)])
    warehouse.put("area", {"area_code": "1280", "area_kind": "municipality", "vintage": "KOMMUN",
                           "year": 2022, "population": total})  # fmt: skip
    warehouse.build(periods=PERIODS)
    flag = warehouse.values("mart.area_additivity", "is_within_tolerance", by="area_kind")
    assert flag["municipality"] is agrees(parts, total) is True


def test_a_larger_area_is_made_only_of_all_its_parts(warehouse):
    warehouse.put("area_key", *[{"vintage": "DESO_2018", "deso_code": f"1280C100{n}",
                                 "regso_code": f"1280R00{n // 2}", "municipality_code": "1280"}
                                for n in range(4)])  # fmt: skip
    warehouse.put("area", *[deso(f"1280C100{n}", 1000, None, share_low_income=0.1)
                            for n in range(3)])  # fmt: skip
    warehouse.build(periods=PERIODS)
    made = warehouse.values("mart.dim_area", "population", "area_code", "area_kind <> 'deso'")
    assert made == {"1280R000": 2000}


def test_a_municipality_is_made_of_regso_where_there_is_no_deso(warehouse):
    warehouse.put("area", *[{"area_code": f"1280R00{n}", "area_kind": "regso", "year": 2022,
                             "vintage": "REGSO_2020", "population": 1000 * n,
                             "share_low_income": n / 10} for n in (1, 2)])  # fmt: skip
    warehouse.build(periods=PERIODS)
    row = warehouse.one("mart.dim_area", ("population", "share_low_income"), area_code="1280")
    assert row == {"population": 3000, "share_low_income": pytest.approx(5 / 30)}


@pytest.mark.parametrize("seed", range(3))
def test_ill_health_at_common_ages_is_that_of_the_plain_rule(warehouse, seed):
    chance = random.Random(seed)
    ages = [f"{n}-{n + 9}" for n in range(20, 70, 10)]
    people = [[chance.choice([0, chance.randint(1, 400)]) for _ in ages] for _ in range(12)]
    ill = [[chance.choice([None] + [round(p * chance.random())] * 40) for p in row]
           for row in people]  # fmt: skip
    codes = [f"1280C{n:04}" for n in range(1000, 1012)]
    warehouse.put("area", *[deso(code, 1000, None) | {"municipality_code": None}
                            for code in codes])  # fmt: skip
    put_health(warehouse, {
        code: dict(zip(ages, zip(ill[n], people[n], strict=True), strict=True))
        for n, code in enumerate(codes)
    })  # fmt: skip
    warehouse.build(periods=PERIODS)
    found = warehouse.values(
        "mart.dim_area", "ill_health_age_standardised", "area_code", "area_kind = 'deso'"
    )
    for code, plain in zip(codes, age_standardised(ill, people), strict=True):
        assert found[code] == (plain if plain is None else pytest.approx(plain, abs=2e-12))


def test_the_same_rates_at_each_age_give_the_same_flag_whatever_the_ages(warehouse):
    # 2 in 10 of the young and 6 in 10 of the old are ill in both; elsewhere half as many
    counts = {
        "YOUNG": {"20-44": (180, 900), "45-64": (60, 100)},
        "OLD": {"20-44": (20, 100), "45-64": (540, 900)},
    } | {f"B{n}": {"20-44": (50, 500), "45-64": (150, 500)} for n in range(18)}
    crude = {name: sum(ill for ill, _ in ages.values()) for name, ages in counts.items()}
    assert crude["OLD"] > 2 * crude["YOUNG"] > 2 * crude["B0"]
    warehouse.put("area", *[{"area_code": name, "area_kind": "regso", "vintage": "REGSO_2020",
                             "year": 2022, "population": 1000,
                             "ill_health_age_standardised": 99.0} for name in counts])  # fmt: skip
    put_health(warehouse, counts)
    warehouse.build(periods=PERIODS)
    where = "mart.area_classification"
    flags = warehouse.values(where, "is_high_ill_health", by="area_code")
    values = warehouse.values(where, "ill_health_age_standardised", by="area_code")
    assert {name for name, flag in flags.items() if flag} == {"YOUNG", "OLD"}
    assert values["YOUNG"] == values["OLD"] == pytest.approx(0.4)
    assert warehouse.values(where, "ill_health_source", by="area_code")["OLD"] == "area_health"


def test_counts_by_age_of_deso_make_the_ill_health_of_regso(warehouse):
    warehouse.put("area", *[deso(f"1280C100{n}", 1000, f"1280R00{n // 2}") for n in range(4)])
    put_health(warehouse, {f"1280C100{n}": {"20-64": (n * 10, 100)} for n in range(4)})
    warehouse.build(periods=PERIODS)
    found = warehouse.values(
        "mart.dim_area", "ill_health_age_standardised", "area_code", "area_kind = 'regso'"
    )
    assert found == {"1280R000": 0.05, "1280R001": 0.25}
