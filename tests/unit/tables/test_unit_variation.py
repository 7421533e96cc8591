"""T4: units beside a funnel, the gap inside them, ownership and financing; nobody is ranked."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.structure_variation import structure_variation
from equity_pipeline.tables.unit_variation import unit_variation
from equity_pipeline.vocabulary import vocabulary

SUMS = ("n", "d", "s", "ss", "sd", "dd")


class Held:
    """Cells by table and indicator; what is not given is empty."""

    def __init__(self, **tables):
        self.tables = tables

    def of(self, table, indicator_id, *, period_code=None):
        del period_code
        rows = [one for one in self.tables.get(table, ()) if one["indicator_id"] == indicator_id]
        return (
            pa.Table.from_pylist(rows)
            if rows
            else pa.table({"indicator_id": pa.array([], pa.string())})
        )


def cell(unit, n, s, *, indicator="VT01", dimension="total", level="all", age="30-34", **more):
    return {
        "indicator_id": indicator, "period_code": "r12-2024-12", "dimension": dimension,
        "level": level, "sex": "female", "age_group": age, "morbidity": "none",
        "cluster_key": unit, "n": n, "d": float(n), "s": float(s), "ss": float(s),
        "sd": float(s), "dd": float(n), **more,
    }  # fmt: skip


def by_place(kind, code, n, s, **more):
    row = cell(code, n, s, **more)
    return row | {"geography_level": kind, "geography_code": code}


@pytest.fixture(name="given")
def _given(tabled, cells):
    def make(*rows, indicators=("VT01",), places=(), profile=(), **tables):
        _, context = tabled(
            *(cells(one, "sex", {"female": 0.5, "male": 0.5}) for one in indicators)
        )
        units = sorted({row["cluster_key"] for row in rows})
        told = pd.DataFrame({"unit_hsa_id": units, "unit_name": [f"Name {u}" for u in units]})
        told = told.assign(
            provider_type="region", financing_type="choice_system", cni=1.5, acg_mean=1
        )
        beside = {"units": pa.Table.from_pandas(told)}
        if profile:
            beside["unit_profile"] = pa.Table.from_pylist(list(profile))
        empty = pd.DataFrame(columns=["period_code", "dimension"])
        held = Held(one_way=rows, by_place=places, **tables)
        return Given(context, empty, held, beside, {}, options=FormSettings())

    return make


def rows_of(given):
    made = unit_variation(given).tables["unit_variation"].data.to_pandas()
    return made.set_index("geography_code")


def test_no_form_of_units_has_a_rank():
    for form in ("unit_variation", "structure_variation", "run_chart", "programme_effect"):
        held = vocabulary().forms.get(form)
        words = [] if held is None else list(held.columns)
        assert not [name for name in words if "rank" in name or "percentile" in name]


def test_a_unit_has_its_value_beside_the_region_s_and_is_named(given):
    made = rows_of(given(cell("A", 100, 80), cell("B", 300, 180)))
    row = made.loc["A"]
    assert (row["value_crude"], row["value_region"]) == (0.8, 0.65)
    assert (row["n_denominator"], row["n_numerator"]) == (100, 80)
    assert (row["geography_level"], row["geography_name"]) == ("unit", "Name A")
    assert row["adjustment"] == "crude"  # a right for everyone


def test_case_mix_is_what_the_region_s_rates_would_give_the_unit_s_own_people(given):
    young, old = ({"age": age, "indicator": "BR19"} for age in ("30-34", "70-74"))
    made = rows_of(
        given(
            cell("A", 100, 40, **old), cell("A", 100, 5, **young),
            cell("B", 100, 20, **old), cell("B", 300, 15, **young),
            indicators=("BR19",),
        )
    )  # fmt: skip
    # the region: 60 of 200 old, 20 of 400 young; A would have 30 + 5, and had 45
    row = made.loc["A"]
    assert row["value_expected"] == pytest.approx(1000 * 35 / 200)
    assert row["value_std"] == pytest.approx(1000 * 80 / 600 * 45 / 35)
    assert (row["adjustment"], row["need_model"]) == ("need_a", "age")


def test_units_that_differ_as_chance_lets_them_are_within_and_phi_is_small(given):
    rng = np.random.default_rng(1)
    made = rows_of(given(*(cell(f"U{i:02d}", 400, rng.binomial(400, 0.6)) for i in range(40))))
    assert made["overdispersion_phi"].iloc[0] < 1.5
    assert (made["funnel_class"] == "within").sum() >= 36


def test_limits_are_wider_where_all_units_differ_more_than_chance(given):
    rng = np.random.default_rng(2)
    shares = rng.normal(0.6, 0.08, 40)
    made = rows_of(given(*(cell(f"U{i:02d}", 400, round(400 * p)) for i, p in enumerate(shares))))
    assert made["overdispersion_phi"].iloc[0] > 5
    assert (made["funnel_low95"] < made["chance_low95"]).all()
    assert (made["chance_class"] != "within").sum() > 2 * (made["funnel_class"] != "within").sum()


def test_small_units_are_drawn_more_towards_the_mean(given):
    rest = [cell(f"U{i}", 500, s) for i, s in enumerate((300, 330, 270, 310, 260, 340))]
    made = rows_of(given(cell("small", 20, 18), cell("large", 2000, 1800), *rest))
    small, large = made.loc["small"], made.loc["large"]
    assert small["value_crude"] == large["value_crude"] == 0.9
    assert small["shrunken_value"] < large["shrunken_value"] < 0.9
    assert small["shrunken_value_lower"] < small["shrunken_value"] < small["shrunken_value_upper"]


def inside(unit, low, high, n=400):
    quintile = {"dimension": "income_quintile"}
    return [
        cell(unit, n, low, level="q1", **quintile), cell(unit, n, high, level="q5", **quintile),
        cell(unit, 2 * n, low + high),
    ]  # fmt: skip


def test_the_gap_inside_a_unit_is_to_the_harm_of_the_focus_group(given):
    made = rows_of(given(*inside("A", 240, 320), *inside("B", 320, 320)))
    assert made.loc["A", "within_gap_harm"] == pytest.approx(0.2)
    assert made.loc["A", "within_gap_harm_lower"] > 0.1
    assert made.loc["B", "within_gap_harm"] == 0
    assert made.loc["A", ["within_dimension", "within_focus_level"]].tolist() == [
        "income_quintile",
        "q1",
    ]


def test_a_unit_without_one_of_the_groups_has_no_gap_and_where_income_is_unknown_areas_stand_in(
    given,
):
    area = {"dimension": "area_income_quintile"}
    made = rows_of(
        given(
            cell("A", 50, 30, level="q1", **area), cell("A", 50, 40, level="q5", **area),
            cell("A", 100, 70), cell("B", 40, 20, level="q1", **area), cell("B", 40, 20),
        )
    )  # fmt: skip
    assert made.loc["A", "within_dimension"] == "area_income_quintile"
    assert made.loc["A", "within_gap_harm"] == pytest.approx(0.2)
    assert np.isnan(made.loc["B", "within_gap_harm"])


def test_a_positive_deviant_is_good_and_equal_beyond_chance(given):
    many = {"n": 20_000}
    made = rows_of(
        given(
            *inside("good_and_equal", 18_000, 18_000, **many),
            *inside("good_and_unequal", 17_000, 19_000, **many),
            *inside("equal_and_worse", 14_000, 14_000, **many),
            *inside("good_and_equal_but_few", 9, 9, n=10),
        )
    )
    assert made["positive_deviant_flag"].to_dict() == {
        "good_and_equal": True, "good_and_unequal": False, "equal_and_worse": False,
        "good_and_equal_but_few": False,
    }  # fmt: skip


def test_neither_half_of_a_positive_deviant_rests_on_a_point(given):
    made = rows_of(
        given(
            *inside("good", 18_000, 18_000, n=20_000),
            *inside("worse", 14_000, 14_000, n=20_000),
            *inside("at_the_region_s_value", 1603, 1603, n=2000),
            *inside("equal_by_the_point_alone", 270, 270, n=300),
        )
    )
    assert made.loc["at_the_region_s_value", "value_crude"] > made["value_region"].iloc[0]
    assert made.loc["equal_by_the_point_alone", "within_gap_harm"] == 0
    assert made.index[made["positive_deviant_flag"].astype(bool)].tolist() == ["good"]


def test_an_indicator_without_a_good_side_has_no_positive_deviant(given):
    flags = [
        one | {"indicator_id": "KO01"} for one in (*inside("A", 300, 300), *inside("B", 200, 200))
    ]
    assert rows_of(given(*flags, indicators=("KO01",)))["positive_deviant_flag"].isna().all()


def test_a_unit_that_an_indicator_has_nobody_in_says_so(given):
    rows = (cell("A", 100, 50), cell("B", 100, 60), cell("A", 30, 10, indicator="TG03"))
    made = unit_variation(given(*rows, indicators=("VT01", "TG03"))).tables["unit_variation"]
    told = made.data.to_pandas().set_index(["indicator_id", "geography_code"])
    assert told.loc[("TG03", "B"), "value_status"] == "no_population"
    assert np.isnan(told.loc[("TG03", "B"), "value_crude"])
    assert told.loc[("TG03", "A"), "value_status"] == "shown"


@pytest.mark.parametrize("events", [0, 100])
def test_where_nobody_or_everybody_had_the_event_there_is_no_funnel(given, events):
    made = rows_of(given(cell("A", 100, events), cell("B", 100, events)))
    assert made["funnel_class"].isna().all()
    assert (made["value_status"] == "shown").all()


def test_a_unit_with_three_persons_stands_alone(given):
    made = rows_of(given(cell("A", 3, 2)))
    assert made.loc["A", "value_crude"] == pytest.approx(2 / 3)
    assert np.isnan(made.loc["A", "overdispersion_phi"])


def test_rows_without_a_unit_are_no_unit(given):
    nowhere = [cell(code, 100, 50) for code in ("none", "missing", "all")]
    found = rows_of(given(cell("U1", 200, 150), cell("U2", 200, 160), *nowhere))
    assert sorted(found.index) == ["U1", "U2"]


def test_places_carry_no_age_and_are_judged_by_their_crude_value(given):
    places = [
        by_place("municipality", code, 200, s, indicator="BR19")
        for code, s in (("1280", 20), ("1281", 8))
    ]
    made = rows_of(given(cell("A", 400, 28, indicator="BR19"), indicators=("BR19",), places=places))
    row = made.loc["1280"]
    assert (row["geography_level"], row["adjustment"]) == ("municipality", "crude")
    assert row["value_crude"] == 100
    assert np.isnan(row["value_expected"]) and np.isnan(row["value_std"])


def test_places_of_a_region_without_units_have_case_mix(given):
    rows = [cell("M1", 100, 50), cell("M2", 100, 70, age="70-74")]
    held = given(*rows, places=[by_place("area", "M1", 100, 50)])
    held = replace(held, context=replace(held.context, cluster_unit="area_code"))
    made = rows_of(held)
    assert set(made["geography_level"]) == {"area"} and len(made) == 2
    assert made["value_expected"].notna().all()


def test_peers_are_alike_in_area_and_size_whatever_their_results(given):
    def profile(i):
        return {
            "unit_hsa_id": f"U{i}", "unit_size": "small", "area_class": "other", "n_listed": 500,
            "n_listed_resource_weak": 100, "n_listed_area_class_known": 400,
        }  # fmt: skip

    rows = [cell(f"U{i}", 100, 10 * i) for i in range(6)]
    made = rows_of(given(*rows, profile=[profile(i) for i in range(6)]))
    assert set(made["peer_group_id"]) == {"other:small"}
    assert made["area_class_of_listed_share"].tolist() == [0.25] * 6
    assert made["listed_n"].tolist() == [500] * 6


def test_the_persons_of_places_are_handed_over_once(given):
    count = {"dimension": "total", "level": "all", "strat2_level": "all", "n_persons": 9}
    persons = [
        {"indicator_id": "VT01", "period_code": "r12-2024-12", "geography_level": "unit",
         "geography_code": "A", "n_persons_with": 5, "n_persons_without": 4, **count}
    ]  # fmt: skip
    held = given(cell("A", 100, 50), cell("B", 100, 60), place_persons=persons)
    made = unit_variation(held).persons
    assert made is not None and made.data["n_persons"].to_pylist() == [9]


@pytest.fixture(name="structured")
def _structured(tabled):
    """Units of two kinds of ownership: case-mix is all that differs."""

    def make(n_private=6):
        rows = []
        for kind, n, old in (("region", 8, 0.6), ("private_corporate", n_private, 0.2)):
            for i in range(n):
                for age, share in (("70-74", old), ("30-34", 1 - old)):
                    people = round(400 * share) + i % 3
                    events = round(people * (0.3 if age == "70-74" else 0.1)) + (i + len(age)) % 2
                    unit = f"{kind}{i}"
                    of = {"indicator": "BR19", "age": age}
                    rows += [cell(unit, people, events, **of)]
                    rows += [
                        cell(unit, people, events, dimension="provider_type", level=kind, **of)
                    ]
        made, context = tabled(pa.Table.from_pylist(rows))
        units = sorted({row["cluster_key"] for row in rows})
        told = pd.DataFrame({"unit_hsa_id": units})
        told["provider_type"] = told["unit_hsa_id"].str.rstrip("0123456789")
        told["financing_type"] = "choice_system"
        given = Given(context, made, Held(one_way=rows), {"units": pa.Table.from_pandas(told)}, {})
        given = replace(given, made=unit_variation(given).tables)
        return (
            structure_variation(given)
            .tables["structure_variation"]
            .data.to_pandas()
            .set_index("level")
        )

    return make


def test_a_difference_of_case_mix_vanishes_with_case_mix(structured):
    row = structured().loc["private_corporate"]
    assert row["diff_to_reference_upper"] < 0
    assert row["diff_after_casemix_lower"] < 0 < row["diff_after_casemix_upper"]
    assert row["need_model"] == "age"
    assert (row["n_units"], row["value_status"], row["reference_level"]) == (6, "shown", "region")
    assert row["share_between_unit_variance_explained"] > 0.8
    assert row["selection_note_id"] == "SEL1"


def test_fewer_than_five_units_of_a_kind_have_a_row_without_numbers(structured):
    made = structured(n_private=4)
    row = made.loc["private_corporate"]
    assert (row["n_units"], row["value_status"]) == (4, "not_estimated")
    assert row[["mean_value", "diff_to_reference", "diff_after_casemix", "unit_icc"]].isna().all()
    assert made.loc["region", "value_status"] == "shown"


def test_an_empty_region_gives_empty_forms(given):
    held = given()
    assert unit_variation(held).tables["unit_variation"].data.num_rows == 0
    assert structure_variation(held).tables["structure_variation"].data.num_rows == 0
