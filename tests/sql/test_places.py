"""Places: the resident's area, the same groups by the other national division, names, months."""

from __future__ import annotations

from datetime import date

import pytest

PERIODS = {"count": 1, "quarters": 0}
DESO = {"kind": "deso", "regso_code": "1280R001", "municipality_code": "1280"}


def area(code, kind="regso", **more):
    return {"area_code": code, "area_kind": kind, "vintage": "DESO_2018", "year": 2023,
            "population": 1000, **more}  # fmt: skip


def put_both_divisions(region):
    """Deliver five RegSO, the first the poorest, and in it five DeSO; the person's is the best."""
    for number in range(5):
        share = 0.5 - number / 10
        region.put("area", area(f"1280R00{number + 1}", share_low_income=share))
        region.put("area", area(f"1280C101{number}", share_low_income=number / 100, **DESO))


@pytest.mark.parametrize(
    ("kind", "code", "own", "second"),
    [("regso", "1280R001", "q1", "q5"), ("deso", "1280C1010", "q5", "q1")],
)
def test_persons_stand_in_the_fifths_of_both_national_divisions(region, kind, code, own, second):
    put_both_divisions(region)
    region.build(periods=PERIODS, areas={"kind": kind})
    columns = ("area_code", "area_income_quintile", "area_income_quintile_second")
    found = region.one("mart.fct_person", columns, person_key=1)
    assert list(found.values()) == [code, own, second]


def test_contacts_calls_and_answers_stand_in_both_as_well(region):
    put_both_divisions(region)
    region.put("telephony", {"unit_hsa_id": "SE-A", "call_month": date(2024, 3, 1),
                             "calls_incoming": 10, "calls_answered_same_day": 9})  # fmt: skip
    region.put("survey", {"response_id": "r1", "survey_dimension": "accessibility",
                          "unit_hsa_id": "SE-A", "response_date": date(2024, 3, 1),
                          "is_positive": True})  # fmt: skip
    region.put("contact", {"contact_id": "c", "person_key": 1, "unit_hsa_id": "SE-A",
                           "contact_date": date(2024, 3, 1)})  # fmt: skip
    region.build(periods=PERIODS)
    for fact in ("fct_contact", "fct_telephony", "fct_survey"):
        rows = region.ask(
            f"select area_code, unit_hsa_id, area_income_quintile_second as second from mart.{fact}"
        )
        assert rows == [{"area_code": "1280R001", "unit_hsa_id": "SE-A", "second": "q5"}], fact


def test_an_area_outside_the_other_division_is_missing_in_it(region):
    put_both_divisions(region)
    region.put("person", {"person_key": 2, "year": 2022, "sex": "male", "birth_year": 1980,
                          "area_code": "1280R002"})  # fmt: skip
    region.put("listing", {"person_key": 2, "unit_hsa_id": "SE-A", "from_date": date(2019, 1, 1)})
    region.build(periods=PERIODS)
    columns = ("area_code", "area_income_quintile", "area_income_quintile_second")
    found = region.one("mart.fct_person", columns, person_key=2)
    assert list(found.values()) == ["1280R002", "q2", "missing"]


@pytest.mark.parametrize("lives_in", [None, "1280C9999"])
def test_where_areas_are_delivered_one_of_no_known_area_is_missing_and_stays(region, lives_in):
    put_both_divisions(region)
    day = date(2024, 3, 1)
    region.put("person", {"person_key": 2, "year": 2022, "sex": "male", "birth_year": 1980,
                          "area_code": lives_in})  # fmt: skip
    region.put("listing", {"person_key": 2, "unit_hsa_id": "SE-A", "from_date": date(2019, 1, 1)})
    region.put("unit", {"unit_hsa_id": "SE-B", "from_date": date(2019, 1, 1),
                        "area_code": lives_in})  # fmt: skip
    region.put("contact", {"contact_id": "c", "person_key": 2, "contact_date": day})
    region.put("telephony", {"unit_hsa_id": "SE-B", "call_month": day, "calls_incoming": 10,
                             "calls_answered_same_day": 9})  # fmt: skip
    region.put("survey", {"response_id": "r1", "survey_dimension": "accessibility",
                          "unit_hsa_id": "SE-UNKNOWN", "response_date": day,
                          "is_positive": True})  # fmt: skip
    region.build(periods=PERIODS)
    for fact in ("fct_person", "fct_contact", "fct_telephony", "fct_survey"):
        found = region.values(
            f"mart.{fact}", "area_income_quintile || '/' || coalesce(area_type, 'not delivered')",
            by="area_code", where="person_key = 2 or person_key is null",
        )  # fmt: skip
        assert found == {None: "missing/not delivered"}, fact


@pytest.mark.parametrize("kind", ["regso", "municipality", "neighbourhood"])
def test_with_one_division_there_is_no_other(region, kind):
    code = {"municipality": "1280", "neighbourhood": "1280C1010"}.get(kind, "1280R001")
    region.put("area", area(code, kind=kind, share_low_income=0.3))
    region.build(periods=PERIODS, areas={"kind": kind})
    assert region.values(
        "mart.fct_person", "area_income_quintile_second", by="person_key"
    ) == {1: None}  # fmt: skip


def test_a_neighbourhood_that_nobody_described_is_the_area_of_its_residents(region):
    region.build(periods=PERIODS, areas={"kind": "neighbourhood"})
    assert region.values("mart.fct_person", "area_code", by="person_key") == {1: "1280C1010"}


def test_places_have_names_and_lie_in_larger_ones(region):
    put_both_divisions(region)
    region.put("unit", {"unit_hsa_id": "SE-B", "from_date": date(2020, 1, 1),
                        "unit_name": "Exempel", "municipality_code": "1281"})  # fmt: skip
    region.put("area_key", {"vintage": "DESO_2018", "deso_code": "1281C1010",
                            "regso_code": "1281R009", "municipality_code": "1281"})  # fmt: skip
    region.build(periods=PERIODS, region={"code": "12", "name": "Regionen"})
    rows = region.ask("select * from mart.dim_place")
    found = {
        (row["geography_level"], row["geography_code"]): (row["geography_name"], row["parent_code"])
        for row in rows
    }
    assert found["region", "12"] == ("Regionen", None)
    assert found["municipality", "1281"] == ("1281", "12")
    assert found["regso", "1281R009"] == ("1281R009", "1281")
    assert found["regso", "1280R001"][1] == "1280"
    assert found["unit", "SE-B"] == ("Exempel", "1281")
    assert {level for level, _ in found} == {"region", "municipality", "regso", "unit"}


def test_a_unit_that_only_a_listing_tells_of_is_a_place(region):
    region.put("person", {"person_key": 2, "year": 2022, "sex": "male", "birth_year": 1980})
    region.put("listing", {"person_key": 2, "unit_hsa_id": "SE-X", "from_date": date(2019, 1, 1)})
    region.build(periods=PERIODS)
    assert region.one(
        "mart.dim_place", ("geography_level", "geography_name"), geography_code="SE-X"
    ) == {"geography_level": "unit", "geography_name": "SE-X"}


def test_calls_by_month_are_all_that_were_delivered(region):
    for month in (date(2018, 3, 1), date(2024, 3, 1)):
        region.put("telephony", {"unit_hsa_id": "SE-A", "call_month": month, "calls_incoming": 10,
                                 "calls_answered_same_day": 9, "calls_abandoned": 1})  # fmt: skip
    region.build(periods=PERIODS)
    assert region.values("mart.fct_telephony_month", "calls_incoming", by="call_month") == {
        date(2018, 3, 1): 10, date(2024, 3, 1): 10,
    }  # fmt: skip
