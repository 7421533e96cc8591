"""T1 and T2 of municipalities, areas and units, from cells made by hand."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.tables.form import Given
from equity_pipeline.tables.gap import gap_form
from equity_pipeline.tables.stratified import stratified_form

PERIOD = "r12-2024-12"
COUNTS = ["n_persons", "n_persons_with", "n_persons_without"]
NAMES = {
    "geography_level": ["unit", "unit", "municipality", "regso"],
    "geography_code": ["U1", "U2", "1280", "R001"],
    "geography_name": ["Alba", "Björka", "Malmö", "Ekbacken"],
    "parent_code": ["12", "12", "12", "1280"],
}


def cell(level, code, dimension, group, sex, n, s, indicator="VT01"):
    counts = {"n": n, "d": float(n), "s": float(s), "ss": float(s), "sd": float(s), "dd": float(n)}
    return {
        "indicator_id": indicator, "period_code": PERIOD, "geography_level": level,
        "geography_code": code, "dimension": dimension, "level": group, "sex": sex, **counts,
    }  # fmt: skip


UNIT = [
    cell("unit", "U1", "total", "all", "female", 60, 45),
    cell("unit", "U1", "total", "all", "male", 40, 20),
    cell("unit", "U1", "education", "pre_secondary", "female", 30, 15),
    cell("unit", "U1", "education", "pre_secondary", "male", 10, 3),
    cell("unit", "U1", "education", "post_secondary", "female", 30, 30),
    cell("unit", "U1", "education", "post_secondary", "male", 30, 17),
    cell("unit", "U1", "education", "missing", "male", 9, 0),
    cell("unit", "U2", "total", "all", "female", 3, 3),
    cell("municipality", "1280", "total", "all", "female", 63, 48),
    cell("regso", "R001", "total", "all", "male", 40, 20),
    cell("regso", "R001", "education", "pre_secondary", "male", 10, 3),
]


@pytest.fixture(name="given_of")
def _given_of(tabled, cells):
    def make(rows, indicator="VT01"):
        shares = {"female": 0.6, "male": 0.5}
        made, context = tabled(
            cells(indicator, "sex", shares), cells(indicator, "total", {"all": 0.6})
        )
        table = pa.Table.from_pylist(rows or UNIT).slice(0, len(rows))
        keys = [*table.column_names[:6], "strat2_level"]
        persons = pd.DataFrame(rows or UNIT)[table.column_names[:6]].assign(
            strat2_level="all", n_persons=50, n_persons_with=30, n_persons_without=20
        )
        counted = pa.Table.from_pandas(
            persons.drop_duplicates(keys).head(len(rows)), preserve_index=False
        )
        held = {"by_place": table, "place_persons": counted}
        return Given(
            context,
            made,
            SimpleNamespace(of=lambda name, _: held[name]),
            {"places": pa.table(NAMES)},
            {},
        )

    return make


def t1(given):
    made = stratified_form(given)
    rows = made.tables["stratified"].data.to_pandas()
    return rows[rows["geography_level"] != "region"], made.persons


def t2(given):
    rows = gap_form(given).tables["gap"].data.to_pandas()
    return rows[rows["geography_level"] != "region"]


def test_a_place_has_its_name_its_value_and_the_interval_of_its_kind(given_of):
    made, _ = t1(given_of(UNIT))
    whole = made[(made["dimension"] == "total") & (made["strat2_level"] == "all")]
    told = whole.set_index("geography_name")[["n_denominator", "n_numerator", "value_crude"]]
    assert told.T.to_dict("list") == {
        "Alba": [100, 65, 0.65],
        "Björka": [3, 3, 1.0],
        "Malmö": [63, 48, pytest.approx(48 / 63)],
        "Ekbacken": [40, 20, 0.5],
    }
    alba = whole[whole["geography_name"] == "Alba"].iloc[0]
    assert (alba["value_crude_lower"], alba["value_crude_upper"]) == (
        pytest.approx(0.5525, abs=5e-5),
        pytest.approx(0.7364, abs=5e-5),
    )
    assert alba["ci_method"] == "wilson" and alba["n_persons"] == 50


def test_a_place_is_shown_by_sex_as_a_whole_only(given_of):
    made, _ = t1(given_of(UNIT))
    parted = made[made["strat2_level"] != "all"]
    assert set(parted["dimension"]) == {"total"}
    alba = parted[parted["geography_code"] == "U1"].set_index("strat2_level")["value_crude"]
    assert alba.to_dict() == {"female": 0.75, "male": 0.5}


def test_a_place_is_standardised_to_the_sexes_of_the_region(given_of):
    made, _ = t1(given_of(UNIT))
    alba = made[
        (made["geography_code"] == "U1")
        & (made["dimension"] == "total")
        & (made["strat2_level"] == "all")
    ].iloc[0]
    assert alba["value_std"] == pytest.approx((0.75 + 0.5) / 2)  # as many women as men
    assert alba["standard_population"] == "region_12_r12-2024-12_sex"
    assert made[["value_need_a", "value_need_b"]].isna().all(axis=None)


def test_a_unit_of_three_women_has_no_standardised_value(given_of):
    made, _ = t1(given_of(UNIT))
    three = made[(made["geography_code"] == "U2") & (made["strat2_level"] == "all")].iloc[0]
    assert pd.isna(three["value_std"]) and pd.isna(three["standard_population"])
    assert three["value_status"] == "shown"  # the door decides what of it is


def test_the_persons_behind_a_place_are_handed_over(given_of):
    _, persons = t1(given_of(UNIT))
    told = persons.data.to_pandas()
    assert set(told["geography_code"]) == {"U1", "U2", "1280", "R001"}
    assert set(told["n_persons_without"]) == {20}


def test_units_and_municipalities_have_their_declared_contrast_and_areas_have_none(given_of):
    [one] = t2(given_of(UNIT)).to_dict("records")
    assert (one["geography_code"], one["dimension"]) == ("U1", "education")
    assert (one["focus_level"], one["reference_level"]) == ("pre_secondary", "post_secondary")
    assert one["gap_abs"] == pytest.approx(18 / 40 - 47 / 60)
    assert one["gap_harm"] == pytest.approx(47 / 60 - 18 / 40)
    assert (one["n_focus"], one["n_reference"], one["ci_method"]) == (40, 60, "newcombe")
    assert one["is_declared_contrast"] and not one["is_headline"]
    assert one["test_family"] == "waiting/education/crude/unit"
    assert pd.isna(one["cluster_unit"]) and pd.isna(one["n_clusters"])


def test_a_unit_without_one_of_the_two_groups_has_no_contrast(given_of):
    assert t2(given_of([row for row in UNIT if row["level"] != "post_secondary"])).empty


def test_without_cells_of_places_the_region_stands_alone(given_of):
    given = given_of([])
    made, persons = t1(given)
    assert made.empty and persons is None
    assert t2(given).empty


def test_a_place_without_a_name_is_called_by_its_code(given_of):
    given = replace(given_of(UNIT), beside={})
    made, _ = t1(given)
    assert set(made["geography_name"]) == {"U1", "U2", "1280", "R001"}


def test_means_of_places_have_gaps_with_normal_limits(given_of):
    rows = [
        cell("unit", "U1", "education", group, "female", 40, s, "VT03") | {"ss": 4.0 * s * s / 40}
        for group, s in (("pre_secondary", 200.0), ("post_secondary", 120.0))
    ]
    [one] = t2(given_of(rows, "VT03")).to_dict("records")
    assert one["gap_abs"] == pytest.approx(2.0)
    assert one["gap_harm_lower"] < 2.0 < one["gap_harm_upper"]
    assert one["ratio_unfavourable"] == pytest.approx(5 / 3)
