"""What areas' figures come from: series that change are told, published bounds stand beside."""

from __future__ import annotations

from equity_pipeline.quality.areas_built import AreasBuilt, Change, Codes, read_areas_built

PERIODS = {"count": 1, "quarters": 0}
SHARES = {"share_low_education": 0.1, "share_employed_20_64": 0.9}


def area(code, year, kind="regso", **more):
    return {"area_code": code, "area_kind": kind, "vintage": f"{kind.upper()}_2020", "year": year,
            "population": 1000, **SHARES, **more}  # fmt: skip


def series(column, year, name, ages=None, kind="regso"):
    return {"area_column": column, "area_kind": kind, "year": year, "source": "scb_areas",
            "source_table": "TAB0001", "source_series": name, "source_ages": ages}  # fmt: skip


def told(warehouse, *columns, where="area_kind <> 'municipality'"):
    rows = warehouse.ask(
        f"select year, {', '.join(columns)} from mart.area_classification where {where} "
        "order by year"
    )
    return {row.pop("year"): tuple(row.values()) for row in rows}


def test_the_series_of_each_criterion_stands_by_the_class_and_a_change_of_it_is_flagged(warehouse):
    for year, employed in ((2019, "RAMS"), (2020, "BAS"), (2021, "BAS")):
        warehouse.put("area", area("1280R001", year))
        warehouse.put("area_series", series("share_employed_20_64", year, employed, "20–64"),
                      series("share_low_education", year, "TAB5956",
                             "25–65" if year == 2021 else "25–64"),
                      series("population", year, f"of {year}"))  # fmt: skip
    warehouse.build(periods=PERIODS)
    assert told(warehouse, "is_new_series", "series_changed") == {
        2019: (False, None),
        2020: (True, "share_employed_20_64: RAMS 20–64 -> BAS 20–64"),
        2021: (True, "share_low_education: TAB5956 25–64 -> TAB5956 25–65"),
    }
    assert told(warehouse, "series_of_criteria")[2019] == (
        "share_employed_20_64: RAMS 20–64; share_low_education: TAB5956 25–64",
    )


def test_where_nobody_tells_of_series_nothing_is_said_of_them(warehouse):
    warehouse.put("area", area("1280R001", 2020), area("1280R001", 2021))
    warehouse.put("area_series", series("share_employed_20_64", 2021, "BAS"))
    warehouse.build(periods=PERIODS)
    assert told(warehouse, "is_new_series", "series_of_criteria") == {
        2020: (None, None),
        2021: (False, "share_employed_20_64: BAS"),
    }


def test_a_municipality_made_of_its_deso_rests_on_their_series(warehouse):
    for year, employed in ((2019, "RAMS"), (2020, "BAS")):
        warehouse.put("area", area("1280C1000", year, "deso", municipality_code="1280"))
        warehouse.put("area_series", series("share_employed_20_64", year, employed, kind="deso"))
    warehouse.build(periods=PERIODS)
    where = "area_kind = 'municipality'"
    assert told(warehouse, "series_changed", where=where) == {
        2019: (None,),
        2020: ("share_employed_20_64: RAMS -> BAS",),
    }


def test_the_bounds_that_a_source_gives_stand_by_its_value(warehouse):
    common = {"source": "folkhalsomyndigheten", "measure_code": "GOOD", "year": 2021}
    warehouse.put("area", area("1280", 2021, "municipality"), area("1281", 2021, "municipality"))
    for code, kind in (("1280", "municipality"), ("1281", "municipality"), ("12", "region")):
        warehouse.put("area_value", {**common, "area_code": code, "area_kind": kind, "value": 0.6})
    for code in ("1280", "12"):
        warehouse.put("area_interval", {**common, "area_code": code, "value_lower": 0.55,
                                        "value_upper": 0.65})  # fmt: skip
    warehouse.build(areas={"kind": "municipality"}, periods={"kind": "year"})
    assert warehouse.values("mart.fct_area_value", "(value_lower, value_upper)", "area_code") == {
        "1280": (0.55, 0.65),
        "1281": (None, None),
    }
    assert warehouse.values("mart.area_benchmark", "value_upper", by="area_code") == {"12": 0.65}


def test_codes_sums_and_series_are_read_from_the_built_areas_as_they_are(warehouse):
    warehouse.put("area", *[area(code, 2023, "deso", municipality_code="1280", population=n)
                            for code, n in (("1280C1000", 1000), ("1280C1010", 3000))],
                  area("1280", 2023, "municipality", population=4100))  # fmt: skip
    warehouse.put("area_series", series("share_employed_20_64", 2019, "RAMS", kind="deso"),
                  series("share_employed_20_64", 2020, "BAS", kind="deso"))  # fmt: skip
    for key, code in enumerate(("1280C1000", "1280C9999", None)):
        warehouse.put("person", {"person_key": key, "year": 2023, "sex": "male",
                                 "birth_year": 1980, "area_code": code})  # fmt: skip
    warehouse.build(periods=PERIODS)
    assert read_areas_built(warehouse.connection) == AreasBuilt(
        codes={"person": Codes(3, 1, 0, (2023,))},
        n_sums=1,
        n_sums_outside=1,
        n_series=2,
        changes=(Change("share_employed_20_64", "employment", 2020, "RAMS", "BAS"),),
    )


def test_a_warehouse_without_areas_has_nothing_to_say_of_them(warehouse):
    warehouse.build(periods=PERIODS)
    assert read_areas_built(warehouse.connection) == AreasBuilt()
