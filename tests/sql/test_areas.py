"""Areas: fifths, classes, and where persons stand by the area they live in."""

from __future__ import annotations

from datetime import date

import pytest

from equity_pipeline.areas.resource_weak import agreement, classify, fifth, held, middles

PERIODS = {"count": 1, "quarters": 0}
GOOD = {"share_low_education": 0.1, "share_low_income": 0.1, "share_employed_20_64": 0.9,
        "share_foreign_born": 0.1, "ill_health_age_standardised": 10.0}  # fmt: skip
BAD = {"share_low_education": 0.5, "share_low_income": 0.5, "share_employed_20_64": 0.4,
       "share_foreign_born": 0.5, "ill_health_age_standardised": 40.0}  # fmt: skip


def area(code, year=2023, population=1000, kind="regso", **more):
    return {"area_code": code, "area_kind": kind, "vintage": "REGSO_2018", "year": year,
            "population": population, **more}  # fmt: skip


def put_classes(warehouse, criteria, year=2023):
    """Deliver the area A with so many criteria bad, the others the best, among nine alike."""
    names = list(BAD)
    chosen = {name: BAD[name] if names.index(name) < criteria else GOOD[name] for name in names}
    worse = {name: value * 1.01 for name, value in GOOD.items()} | {"share_employed_20_64": 0.85}
    warehouse.put("area", area("A", year, **chosen))
    warehouse.put("area", *[area(f"B{n}", year, **worse) for n in range(9)])


@pytest.fixture
def classed(warehouse):
    def make(criteria, **settings):
        put_classes(warehouse, criteria)
        warehouse.build(periods=PERIODS, areas=settings)
        return warehouse.one(
            "mart.area_classification",
            ("n_criteria_met", "area_class", "area_class_four_criteria"),
            area_code="A",
        )

    return make


@pytest.mark.parametrize(
    ("criteria", "area_class"), [(5, "resource_weak"), (4, "resource_weak"), (2, "partly")]
)
def test_four_criteria_of_five_make_an_area_resource_weak_and_two_do_not(
    classed, criteria, area_class
):
    assert classed(criteria)["area_class"] == area_class


def test_other_thresholds_give_another_class(classed):
    assert classed(4, resource_weak_criteria=5)["area_class"] == "partly"


def test_a_narrower_worst_share_takes_the_flags_away(classed):
    # A and nobody else is worst in all five, and its middle lies at 0.05 of the population
    assert classed(5, worst_share=0.05) == {
        "n_criteria_met": 0, "area_class": "other", "area_class_four_criteria": "other",
    }  # fmt: skip


def test_without_ill_health_there_is_no_class_but_the_one_of_four_criteria(warehouse):
    four = {name: value for name, value in BAD.items() if name != "ill_health_age_standardised"}
    good = {name: value for name, value in GOOD.items() if name != "ill_health_age_standardised"}
    warehouse.put("area", area("A", **four), *[area(f"B{n}", **good) for n in range(9)])
    warehouse.build(periods=PERIODS)
    columns = ("area_class", "area_class_four_criteria")
    assert warehouse.one("mart.area_classification", columns, area_code="A") == {
        "area_class": None, "area_class_four_criteria": "resource_weak",
    }  # fmt: skip


def test_an_unknown_criterion_is_passed_over_only_where_it_cannot_change_the_class(warehouse):
    unknown = {"ill_health_age_standardised": None}
    three = {**BAD, "share_foreign_born": 0.1, **unknown}
    warehouse.put("area", area("ALL", **{**BAD, **unknown}), area("THREE", **three))
    warehouse.put("area", *[area(f"B{n}", **GOOD) for n in range(18)])
    warehouse.build(periods=PERIODS)
    classes = warehouse.values("mart.area_classification", "area_class", by="area_code")
    assert (classes["ALL"], classes["THREE"], classes["B0"]) == (
        "resource_weak", "missing", "other",
    )  # fmt: skip


def test_ill_health_enters_as_delivered_age_standardised_not_as_people_fall_ill(warehouse):
    # two areas whose people of each age are equally ill; OLD has more old people
    ill_by_age = {"young": 10.0, "old": 60.0}
    shares = {"YOUNG": {"young": 0.9, "old": 0.1}, "OLD": {"young": 0.3, "old": 0.7}}
    crude = {name: sum(ill_by_age[age] * share for age, share in mix.items())
             for name, mix in shares.items()}  # fmt: skip
    standardised = 0.7 * ill_by_age["young"] + 0.3 * ill_by_age["old"]
    assert crude["OLD"] > 2 * crude["YOUNG"]
    for name in shares:
        warehouse.put("area", area(name, **{**GOOD, "ill_health_age_standardised": standardised}))
    warehouse.put("area", *[area(f"B{n}", **GOOD) for n in range(18)])
    warehouse.build(periods=PERIODS)
    flags = warehouse.values("mart.area_classification", "is_high_ill_health", by="area_code")
    ranks = warehouse.values("mart.area_classification", "ill_health_rank", by="area_code")
    assert flags["OLD"] == flags["YOUNG"] is True
    assert ranks["OLD"] == ranks["YOUNG"] == 0.05


def test_a_class_changes_only_after_two_consecutive_years(warehouse):
    for year, criteria in ((2020, 0), (2021, 5), (2022, 0), (2023, 5), (2024, 5)):
        put_classes(warehouse, criteria, year)
    warehouse.build(periods=PERIODS)
    where = "area_code = 'A'"
    raw = warehouse.values("mart.area_classification", "area_class_raw", by="year", where=where)
    holding = warehouse.values("mart.area_classification", "area_class", by="year", where=where)
    assert raw == {2020: "other", 2021: "resource_weak", 2022: "other", 2023: "resource_weak",
                   2024: "resource_weak"}  # fmt: skip
    assert holding == {2020: "other", 2021: "other", 2022: "other", 2023: "other",
                       2024: "resource_weak"}  # fmt: skip
    assert holding == held(raw)


def test_agreement_with_the_area_types_is_what_plain_python_says(warehouse):
    types = ["1", "2", "3", "5"]
    warehouse.put(
        "area", *[area(f"W{n}", population=50, **BAD, area_type=types[n]) for n in range(4)]
    )
    warehouse.put("area", *[area(f"B{n}", **GOOD, area_type=types[n % 4]) for n in range(8)])
    warehouse.build(periods=PERIODS)
    ours = [True] * 4 + [False] * 8
    theirs = [True, True, False, False] * 3
    expected = agreement(ours, theirs)
    row = warehouse.ask("select agreement_kappa, agreement_jaccard from mart.area_agreement")[0]
    assert row["agreement_kappa"] == pytest.approx(expected.kappa)
    assert row["agreement_jaccard"] == pytest.approx(expected.jaccard) == 0.25


def test_fifths_and_flags_are_those_of_the_plain_rule(warehouse):
    values = [0.30, 0.22, 0.22, 0.15, None, 0.15, 0.11, 0.09, 0.05, 0.05, 0.01]
    people = [900, 100, 1300, 700, 500, 2000, 10, 400, 1500, 300, 2600]
    warehouse.put(
        "area",
        *[area(f"A{n:02}", population=persons, share_low_income=value)
          for n, (value, persons) in enumerate(zip(values, people, strict=True))],
    )  # fmt: skip
    warehouse.build(periods=PERIODS)
    expected = [
        "missing" if middle is None else fifth(middle) for middle in middles(values, people)
    ]
    found = warehouse.values("mart.dim_area", "area_income_quintile", by="area_code")
    assert [found[f"A{n:02}"] for n in range(11)] == expected
    assert expected == ["q1", "q1", "q1", "q2", "missing", "q2", "q3", "q3", "q4", "q4", "q5"]


def test_a_city_larger_than_a_fifth_empties_a_fifth_only_under_the_other_border_rule(warehouse):
    # by low income: the city first; its middle is at 0.15, its end at 0.30
    for code, persons, share in (("CITY", 300, 0.4), ("B", 100, 0.3), ("C", 200, 0.2),
                                 ("D", 200, 0.1), ("E", 200, 0.05)):  # fmt: skip
        warehouse.put("area", area(code, population=persons, share_low_income=share))
    warehouse.build(periods=PERIODS)
    middle = warehouse.values("mart.dim_area", "area_income_quintile", by="area_code")
    upper = warehouse.values("mart.dim_area", "area_income_quintile_cumulative", by="area_code")
    assert middle == {"CITY": "q1", "B": "q2", "C": "q3", "D": "q4", "E": "q5"}
    assert upper == {"CITY": "q2", "B": "q2", "C": "q3", "D": "q4", "E": "q5"}


def test_low_median_income_is_the_disadvantage_where_no_share_is_delivered(warehouse):
    for number in range(5):
        warehouse.put("area", area(f"A{number}", median_income_sek=200000.0 + number))
    warehouse.build(periods=PERIODS)
    assert warehouse.values("mart.dim_area", "area_income_quintile", by="area_code") == {
        "A0": "q1", "A1": "q2", "A2": "q3", "A3": "q4", "A4": "q5",
    }  # fmt: skip


def test_persons_take_fifths_from_their_regso_and_town_or_country_from_their_deso(region):
    for number in range(5):
        region.put("area", area(f"1280R00{number}", share_low_income=0.5 - number / 10,
                                area_type=str(number + 1)))  # fmt: skip
    region.put("area", area("1280C1010", kind="deso", regso_code="1280R001",
                            municipality_code="1280", urban_rural="town"))  # fmt: skip
    region.put("person", {"person_key": 2, "year": 2022, "sex": "male", "birth_year": 1980,
                          "area_code": "1280C9999"})  # fmt: skip
    region.put("listing", {"person_key": 2, "unit_hsa_id": "SE-A", "from_date": date(2019, 1, 1)})
    region.build(periods=PERIODS)
    columns = ("area_income_quintile", "area_education_quintile", "area_type", "urban_rural")
    assert list(region.one("mart.fct_person", columns, person_key=1).values()) == [
        "q2", None, "2", "town",
    ]  # fmt: skip
    assert list(region.one("mart.fct_person", columns, person_key=2).values()) == [
        "missing", None, "missing", "missing",
    ]  # fmt: skip


def test_areas_are_described_by_the_year_before_the_period(region):
    for year, shares in ((2022, (0.1, 0.2)), (2023, (0.2, 0.1)), (2024, (0.1, 0.2))):
        for code, share in zip(("1280C1010", "1280C1011"), shares, strict=True):
            region.put("area", area(code, year, kind="deso", share_low_income=share))
    region.build(periods={"count": 2, "quarters": 0}, areas={"kind": "deso"})
    assert region.values("mart.fct_person", "area_income_quintile", by="period_code") == {
        "r12-2023-12": "q4", "r12-2024-12": "q2",
    }  # fmt: skip


def test_municipality_values_stand_by_that_years_fifths_and_benchmarks_apart(warehouse):
    for number in range(5):
        code = f"128{number}"
        warehouse.put("area", area(code, 2021, 100 + number, "municipality",
                                   share_foreign_born=number / 10))  # fmt: skip
        warehouse.put(
            "area_value",
            {
                "source": "kolada",
                "measure_code": "N20402",
                "area_code": code,
                "year": 2021,
                "area_kind": "municipality",
                "value": 10.0 * number,
            },
        )
    warehouse.put("area", area("12", 2021, 510, "region", share_foreign_born=0.2))
    for code, kind in (("12", "region"), ("0", "country")):
        warehouse.put("area_value", {"source": "kolada", "measure_code": "N20402",
                                     "area_code": code, "area_kind": kind,
                                     "year": 2021, "value": 21.0})  # fmt: skip
    warehouse.build(areas={"kind": "municipality"}, periods={"kind": "year"})
    assert warehouse.ask(
        "select period_code, area_code, area_foreign_born_quintile, area_employment_quintile, "
        "population, weighted_value, municipality_code, cluster_key "
        "from mart.fct_area_value order by area_code limit 1"
    ) == [
        {"period_code": "y-2021", "area_code": "1280", "area_foreign_born_quintile": "q5",
         "area_employment_quintile": None, "population": 100, "weighted_value": 0.0,
         "municipality_code": "1280", "cluster_key": "1280"}
    ]  # fmt: skip
    fifths = warehouse.values("mart.fct_area_value", "area_foreign_born_quintile", by="area_code")
    assert fifths == {"1280": "q5", "1281": "q4", "1282": "q3", "1283": "q2", "1284": "q1"}
    assert warehouse.values("mart.area_benchmark", "value", by="area_code") == {
        "12": 21.0,
        "0": 21.0,
    }


def test_flags_classify_alike_in_sql_and_in_plain_python(classed):
    assert classed(2)["area_class"] == classify([True, True, False, False, False])
