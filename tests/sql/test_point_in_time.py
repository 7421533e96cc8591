"""Who is listed where, how old, and in which area on a day; and what mergers do to units."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from .conftest import PERIODS, YEAR, contact, person

START = date(2024, 1, 1)  # of the period that every test counts


def listing(person_key, unit, begins, ends=None, **more):
    return {"person_key": person_key, "unit_hsa_id": unit, "from_date": begins, "to_date": ends,
            **more}  # fmt: skip


def unit(code, begins=date(2019, 1, 1), ends=None, **more):
    return {"unit_hsa_id": code, "from_date": begins, "to_date": ends, **more}


def persons(warehouse, *born):
    for key, year in enumerate(born, start=1):
        warehouse.put("person", {"person_key": key, "year": 2020, "sex": "female",
                                 "birth_year": year})  # fmt: skip


def listed(warehouse, column="unit_hsa_id"):
    warehouse.build(periods=PERIODS)
    return warehouse.values("mart.fct_person", column, by="person_key")


def test_a_listing_that_ends_the_day_another_begins_gives_that_day_to_the_new_one(warehouse):
    persons(warehouse, 1960)
    warehouse.put("listing", listing(1, "SE-A", date(2020, 1, 1), START))
    warehouse.put("listing", listing(1, "SE-B", START))
    assert listed(warehouse) == {1: "SE-B"}
    spans = warehouse.ask("select * from intermediate.int_listing__valid order by valid_from")
    assert [(one["unit_hsa_id"], one["valid_from"]) for one in spans] == [
        ("SE-A", date(2020, 1, 1)),
        ("SE-B", START),
    ]


def test_a_listing_that_ends_the_day_it_begins_never_held(warehouse):
    persons(warehouse, 1960)
    warehouse.put("listing", listing(1, "SE-A", date(2020, 1, 1)))
    warehouse.put("listing", listing(1, "SE-B", date(2023, 12, 31), date(2023, 12, 31)))
    assert listed(warehouse) == {1: "SE-A"}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_overlapping_listings_the_one_begun_last_holds_and_then_the_one_before(warehouse, order):
    rows = [
        listing(1, "SE-A", date(2020, 1, 1)),
        listing(1, "SE-B", date(2023, 6, 1), date(2024, 3, 1), named_physician=True),
        listing(1, "SE-C", date(2024, 2, 1), date(2024, 2, 15)),
    ]
    persons(warehouse, 1960)
    warehouse.put("listing", *(rows[place] for place in order))
    warehouse.put("contact", *(contact(f"{day:%m-%d}", 1, day) for day in DAYS))
    assert listed(warehouse) == {1: "SE-B"}
    assert warehouse.values("mart.fct_contact", "listed_unit_hsa_id", by="contact_id") == {
        "01-31": "SE-B", "02-01": "SE-C", "02-14": "SE-C", "02-15": "SE-B", "02-29": "SE-B",
        "03-01": "SE-A",
    }  # fmt: skip


DAYS = (date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 14), date(2024, 2, 15),
        date(2024, 2, 29), date(2024, 3, 1))  # fmt: skip


def test_whoever_moves_away_dies_or_comes_back_is_followed_while_listed_and_alive(warehouse):
    persons(warehouse, 1960, 1960, 1960, 1960, 1960)
    warehouse.put("person", {"person_key": 3, "year": 2024, "sex": "female", "birth_year": 1960,
                             "death_date": date(2024, 2, 1)})  # fmt: skip
    warehouse.put(
        "listing",
        listing(1, "SE-A", date(2020, 1, 1)),
        listing(2, "SE-A", date(2020, 1, 1), date(2024, 3, 1)),  # moves away
        listing(3, "SE-A", date(2020, 1, 1), date(2024, 6, 1)),  # dies, the listing goes on
        listing(4, "SE-A", date(2020, 1, 1), date(2024, 3, 1)),  # away for ten days
        listing(4, "SE-B", date(2024, 3, 11)),
        listing(5, "SE-A", date(2020, 1, 1), date(2024, 3, 1)),  # changes unit
        listing(5, "SE-B", date(2024, 3, 1)),
    )
    assert listed(warehouse, "person_years") == {
        1: Decimal("1.000000"),
        2: Decimal("0.163934"),  # 60 of 366 days
        3: Decimal("0.084699"),  # 31 of 366
        4: Decimal("0.972678"),  # 356 of 366
        5: Decimal("1.000000"),
    }
    assert listed(warehouse) == dict.fromkeys(range(1, 6), "SE-A")


def test_an_age_is_that_of_31_december_also_for_the_leap_day_born(warehouse):
    warehouse.people(2024, 2023, 2006, 2005, 2004, 1960)
    ages = listed(warehouse, "age")
    assert ages == {1: 0, 2: 0, 3: 17, 4: 18, 5: 19, 6: 63}
    assert listed(warehouse, "age_band")[3] == "0-17"
    assert listed(warehouse, "age_band")[4] == "18-44"


def test_an_area_is_that_of_31_december_before_however_often_a_person_moves(region):
    for year, area in ((2023, "BEFORE"), (2024, "AFTER")):
        region.put("person", {"person_key": 1, "year": year, "sex": "female", "birth_year": 1960,
                              "area_code": area})  # fmt: skip
    region.build(periods=PERIODS)
    assert region.values("intermediate.int_person__by_period", "area_code", by="person_key") == {
        1: "BEFORE"
    }


def test_a_deso_or_a_municipality_stands_in_for_the_area_that_is_not_delivered(warehouse):
    told = {"year": 2023, "sex": "female", "birth_year": 1960, "municipality_code": "1280"}
    warehouse.put("person", {**told, "person_key": 1, "deso_code": "1280C1010"},
                  {**told, "person_key": 2})  # fmt: skip
    warehouse.build(periods=PERIODS, areas={"kind": "municipality"})
    assert warehouse.values("intermediate.int_person__by_period", "area_code", "person_key") == {
        1: "1280C1010",
        2: "1280",
    }


def test_the_year_of_the_socioeconomics_stands_beside_them(region):
    region.put(
        "individual_ses",
        {"person_key": 1, "year": 2023, "ses_year": 2021, "education": "post_secondary"},
        {"person_key": 1, "year": 2024, "ses_year": 2022, "education": "pre_secondary"},
    )
    region.build(periods=PERIODS)
    assert person(region, "education", "ses_year") == {
        "education": "post_secondary",
        "ses_year": 2021,
    }


def of_each(warehouse, entity, column, delivered, found):
    """Give each value a person of its own, and return what each is found to have."""
    warehouse.people(*[1960] * len(delivered))
    more = {"sex": "female", "birth_year": 1960} if entity == "person" else {}
    for key, value in enumerate(delivered, start=1):
        warehouse.put(entity, {"person_key": key, "year": 2023, column: value, **more})
    told = listed(warehouse, found)
    return {value: told[key] for key, value in enumerate(delivered, start=1)}


def test_a_level_of_sun_2020_is_one_of_our_three(warehouse):
    three = {"0": "pre_secondary", "2": "pre_secondary", "3": "upper_secondary",
             "4": "post_secondary", "6": "post_secondary", "9": "missing",
             None: "missing"}  # fmt: skip
    assert of_each(warehouse, "individual_ses", "sun2020_level1", three, "education") == three


def test_low_economic_standard_as_yes_or_no_is_one_of_our_codes(warehouse):
    codes = {True: "low", False: "not_low", None: "missing"}
    column = "low_economic_standard"
    found = of_each(warehouse, "individual_ses", column, codes, "economic_standard")
    assert found == codes


def test_eleven_groups_of_countries_are_one_of_our_four(warehouse):
    four = {"sweden": "sweden", "nordic": "nordic_eu_eea", "eu": "nordic_eu_eea",
            "other_europe": "other_europe", "middle_east": "outside_europe",
            "oceania": "outside_europe", "missing": "missing"}  # fmt: skip
    assert of_each(warehouse, "person", "country_of_birth_11", four, "country_of_birth") == four


def test_a_unit_that_nobody_described_is_kept_and_its_groups_are_missing(region):
    region.put("contact", contact("c", 1, date(2024, 2, 1), unit_hsa_id="SE-X"))
    region.put("listing", listing(1, "SE-X", date(2023, 5, 1)))
    columns = ("unit_hsa_id", "present_unit_hsa_id", "provider_type", "cluster_key")
    region.build(periods=PERIODS)
    told = dict(zip(columns, ("SE-X", "SE-X", "missing", "SE-X"), strict=True))
    assert region.one("mart.fct_contact", columns, contact_id="c", period_code=YEAR) == told
    assert person(region, *columns) == told


MERGER = date(2024, 4, 1)


@pytest.fixture
def merged(warehouse):
    """A merged into B on 1 April 2024, B into C on 1 September; D stands alone."""
    persons(warehouse, 1960, 1960)
    warehouse.put(
        "unit",
        unit("SE-A", ends=MERGER, successor_unit_hsa_id="SE-B", provider_type="region"),
        unit("SE-B", ends=date(2024, 9, 1), successor_unit_hsa_id="SE-C"),
        unit("SE-C", date(2024, 9, 1), provider_type="non_profit"),
        unit("SE-D"),
    )
    for key, code in ((1, "SE-A"), (2, "SE-D")):
        warehouse.put("listing", listing(key, code, date(2020, 1, 1)))
    days = (date(2024, 3, 31), MERGER, date(2024, 8, 31), date(2024, 9, 1))
    for day in days:
        warehouse.put("contact", contact(f"A {day:%m-%d}", 1, day, unit_hsa_id="SE-A"))
        warehouse.put("contact", contact(f"D {day:%m-%d}", 2, day, unit_hsa_id="SE-D"))
    return warehouse


def test_a_contact_of_a_closed_unit_counts_for_its_successor_from_the_merger(merged):
    merged.build(periods=PERIODS)
    assert merged.values("mart.fct_contact", "present_unit_hsa_id", by="contact_id") == {
        "A 03-31": "SE-A", "A 04-01": "SE-B", "A 08-31": "SE-B", "A 09-01": "SE-C",
        "D 03-31": "SE-D", "D 04-01": "SE-D", "D 08-31": "SE-D", "D 09-01": "SE-D",
    }  # fmt: skip
    kept = merged.values("mart.fct_contact", "unit_hsa_id", by="contact_id")
    assert {code for key, code in kept.items() if key.startswith("A")} == {"SE-A"}
    assert set(merged.values("mart.fct_contact", "provider_type", by="contact_id").values()) == {
        "region",
        "missing",
    }


def test_a_listing_at_a_closed_unit_counts_for_its_successor_when_the_period_begins_later(merged):
    merged.build(as_of=date(2025, 10, 15), periods={"count": 2, "quarters": 0})
    rows = merged.ask(
        "select period_code, unit_hsa_id, present_unit_hsa_id as present from mart.fct_person "
        "where person_key = 1 order by period_code"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("r12-2024-09", "SE-A", "SE-A"),
        ("r12-2025-09", "SE-A", "SE-C"),
    ]


def test_mergers_lose_and_double_no_contact_and_no_person(merged):
    merged.build(periods=PERIODS)
    counts = (
        "select (select count(*) from mart.fct_contact) as contacts, "
        "(select count(distinct contact_id) from mart.fct_contact) as different, "
        "(select count(*) from mart.fct_person) as persons"
    )
    after = merged.ask(counts)
    merged.connection.execute("update raw.unit set successor_unit_hsa_id = null")
    merged.build(periods=PERIODS)
    assert after == merged.ask(counts) == [{"contacts": 8, "different": 8, "persons": 2}]


def test_mergers_in_a_circle_leave_every_unit_what_it_is(merged):
    merged.put("unit", unit("SE-C", date(2024, 10, 1), date(2024, 11, 1),
                            successor_unit_hsa_id="SE-A"))  # fmt: skip
    merged.build(periods=PERIODS)
    found = merged.values("mart.fct_contact", "present_unit_hsa_id", by="contact_id")
    assert set(found.values()) == {"SE-A", "SE-D"}


def test_a_unit_that_opens_again_after_a_merger_is_itself(merged):
    merged.put("unit", unit("SE-A", date(2024, 8, 1)))
    merged.build(periods=PERIODS)
    found = merged.values("mart.fct_contact", "present_unit_hsa_id", by="contact_id")
    assert {code for key, code in found.items() if key.startswith("A")} == {"SE-A"}


def test_a_unit_that_merges_into_one_already_merged_goes_all_the_way(merged):
    merged.connection.execute(
        "update raw.unit set to_date = '2024-02-01' where unit_hsa_id = 'SE-B'"
    )
    merged.build(periods=PERIODS)
    found = merged.values("mart.fct_contact", "present_unit_hsa_id", by="contact_id")
    assert [found[f"A {day}"] for day in ("03-31", "04-01")] == ["SE-A", "SE-C"]
