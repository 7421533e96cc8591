"""T6: parts that add up, what is a reason and what is not, and an answer where parts cannot be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.tables.decomposition import add_up
from equity_pipeline.tables.newest import newest
from tests.formed import cell, given_of, spread

UNITS = [f"U{number}" for number in range(12)]


def need_and_units(indicator, *, seed=1, dimension="income_quintile", levels=("q1", "q5")):
    """Two groups of other ages, sexes and morbidity, in other units, that fare otherwise."""
    random = np.random.default_rng(seed)
    rows = []
    for at, level in enumerate(levels):
        for place, unit in enumerate(UNITS):
            for age in ("20-24", "50-54", "70-74"):
                for sex in (level,) if dimension == "sex" else ("female", "male"):
                    for need in ("none", "one"):
                        n = int(random.integers(20, 60)) + 4 * (place if at else 11 - place)
                        s = int(random.binomial(n, 0.7 + 0.1 * at - 0.01 * place))
                        rows.append(
                            cell(
                                level, unit, n, s, indicator_id=indicator, dimension=dimension,
                                sex=sex, age_group=age, morbidity=need,
                            )
                        )  # fmt: skip
    return rows


def made(rows, **given):
    return newest(given_of(rows, **given)).tables["decomposition"].data.to_pandas()


def wide(frame):
    return frame.pivot(index="adjustment", columns="component", values="contribution")


@pytest.mark.parametrize("indicator", ["VT01", "TG07", "TG05", "KO01"])
def test_the_parts_add_up_under_every_need_model(indicator):
    found = wide(made(need_and_units(indicator)))
    assert len(found) == (3 if indicator == "VT01" else 2)
    gap = found["total_crude"] - found["demography"] - found["need"] - found["remaining"]
    rest = found["remaining"] - found["between_units"] - found["within_units"]
    assert gap.abs().max() <= 1e-9
    assert rest.abs().max() <= 1e-9
    assert found["need"].abs().max() > 0
    assert found["between_units"].abs().min() > 0


def test_parts_that_do_not_add_up_are_refused():
    frame = made(need_and_units("TG07")).assign(period_code="y")
    add_up(frame)
    wrong = frame.assign(
        contribution=frame["contribution"] + 1e-6 * (frame["component"] == "within_units")
    )
    with pytest.raises(MethodError, match="2 gaps do not add up"):
        add_up(wrong)


def test_the_interval_of_the_crude_gap_is_near_that_of_the_gap_table():
    given = given_of(need_and_units("TG07"), forms=True)
    one = newest(given).tables["decomposition"].data.to_pandas()
    [row] = one[(one["component"] == "total_crude") & (one["adjustment"] == "need_a")].to_dict(
        "records"
    )
    gaps = given.made["gap"].data.to_pandas()
    [other] = gaps[gaps["adjustment"] == "crude"].to_dict("records")
    assert row["contribution"] == pytest.approx(other["gap_abs"], abs=1e-12)
    width = row["contribution_upper"] - row["contribution_lower"]
    assert width == pytest.approx(other["gap_abs_upper"] - other["gap_abs_lower"], rel=0.1)
    assert row["n_clusters"] == len(UNITS)


def test_a_right_for_everyone_has_the_crude_gap_as_its_headline_and_no_legitimate_need():
    found = made(need_and_units("VT01"))
    headline = found[found["is_headline"]].set_index("component")
    assert set(headline["adjustment"]) == {"crude"}
    assert headline.loc["demography", "contribution"] == 0
    assert headline.loc["need", "contribution"] == 0
    assert headline.loc["remaining", "share_of_crude"] == 1
    assert set(found.loc[found["component"].isin(["demography", "need"]), "legitimate"]) == {"no"}
    assert set(found["adjustment"]) == {"crude", "need_a", "need_b"}


@pytest.mark.parametrize(
    ("indicator", "headline", "need"), [("TG05", "need_a", "question"), ("TG07", "need_b", "yes")]
)
def test_need_is_a_reason_only_where_the_indicator_declares_it(indicator, headline, need):
    found = made(need_and_units(indicator))
    assert set(found.loc[found["is_headline"], "adjustment"]) == {headline}
    reasons = found.set_index("component")["legitimate"].groupby(level=0).agg(set).to_dict()
    assert reasons["demography"] == {"yes"}
    assert reasons["need"] == {need}
    assert reasons["between_units"] == {"no"}
    assert reasons["remaining"] == reasons["within_units"] == {"question"}


def test_sex_is_no_stratum_of_itself():
    found = made(need_and_units("TG07", dimension="sex", levels=("female", "male")))
    rows = found[found["adjustment"] == "need_b"].set_index("component")
    assert rows.loc["remaining", "need_model"] == "age+morbidity"
    assert rows.loc["remaining", "value_status"] == "shown"


def test_a_difference_between_units_alone_lies_between_them():
    shares = {unit: 0.5 + 0.04 * place for place, unit in enumerate(UNITS)}
    rows = [
        cell(level, unit, 10 * people, 10 * people * shares[unit])
        for level, order in (("q1", UNITS[::-1]), ("q5", UNITS))
        for people, unit in enumerate(order, 10)
    ]
    found = wide(made(rows)).loc["crude"]
    assert found["within_units"] == pytest.approx(0, abs=1e-12)
    assert found["between_units"] == pytest.approx(found["total_crude"])
    assert found["total_crude"] < 0


def test_units_that_one_group_alone_attends_are_told_apart():
    rows = [*spread("q1", 600, 360, units=6), *spread("q5", 1000, 800, units=10)]
    found = made(rows)
    one = found[found["is_headline"]].set_index("component")
    assert one.loc["units_of_one_group", "parent_component"] == "between_units"
    assert one.loc["units_of_one_group", "value_status"] == "shown"


def test_the_kind_of_units_is_shown_and_not_subtracted():
    traits = {
        unit: {"provider_type": "region" if place < 6 else "private_corporate"}
        for place, unit in enumerate(UNITS)
    }
    found = made(need_and_units("TG07"), units=traits)
    one = found[found["component"] == "mediator_provider_type"]
    assert set(one["parent_component"]) == {"between_units"}
    assert one["contribution"].notna().all()
    without = wide(made(need_and_units("TG07")))
    assert wide(found)["between_units"].tolist() == without["between_units"].tolist()
    assert "mediator_financing_type" not in set(found["component"])


def test_groups_that_are_units_themselves_share_none():
    rows = [
        *spread("region", 800, 600, dimension="provider_type"),
        *(
            row | {"cluster_key": f"P{row['cluster_key']}"}
            for row in spread("private_corporate", 900, 700, dimension="provider_type")
        ),
    ]
    found = made(rows).set_index("component")
    of_units = ["between_units", "units_of_one_group", "within_units"]
    assert set(found.loc[of_units, "value_status"]) == {"not_applicable"}
    assert found.loc[of_units, "contribution"].isna().all()
    assert set(found.loc["remaining", "value_status"]) == {"shown"}


def test_where_only_areas_are_known_nothing_is_told_of_units():
    given = given_of(need_and_units("TG07"))
    given = replace(given, context=replace(given.context, cluster_unit="area_code"))
    found = newest(given).tables["decomposition"].data.to_pandas().set_index("component")
    assert set(found.loc["between_units", "value_status"]) == {"not_reported"}
    assert set(found.loc["remaining", "value_status"]) == {"shown"}


def test_a_group_without_people_has_its_row_and_no_number():
    [row] = made([*spread("q2", 400, 300), *spread("q5", 400, 300)]).to_dict("records")
    assert row["value_status"] == "no_population"
    assert pd.isna(row["contribution"])


def test_groups_whose_need_does_not_meet_have_a_crude_gap_only():
    rows = [
        *spread("q1", 400, 300, age_group="20-24", indicator_id="TG07"),
        *spread("q5", 400, 320, age_group="70-74", indicator_id="TG07"),
    ]
    found = made(rows).set_index("component")
    assert found.loc["total_crude", "contribution"] == pytest.approx(-0.05)
    assert found.loc["remaining", "value_status"] == "not_estimated"
    assert found.loc["within_units", "value_status"] == "not_estimated"


def test_nothing_is_certain_of_four_events():
    found = made([*spread("q1", 400, 4), *spread("q5", 400, 300)])
    one = found[found["is_headline"]]
    assert one["contribution_lower"].isna().all()
    assert one["share_of_crude"].isna().all()


def test_no_part_is_a_share_of_a_gap_that_may_be_nothing():
    found = made([*spread("q1", 400, 300), *spread("q5", 400, 301)])
    assert found["share_of_crude"].isna().all()
    assert found["contribution"].notna().any()


def test_one_unit_gives_parts_without_limits():
    found = made([cell("q1", "U1", 400, 300), cell("q5", "U1", 400, 200)])
    one = found[found["is_headline"]].set_index("component")
    assert one.loc["within_units", "contribution"] == pytest.approx(0.25)
    assert one["contribution_lower"].isna().all()


def test_only_the_newest_long_period_is_read_and_told():
    rows = [
        row
        for year in (2023, 2024)
        for row in [
            *spread("q1", 400, 300, period_code=f"r12-{year}-12"),
            *spread("q5", 400, 200, period_code=f"r12-{year}-12"),
        ]
    ]
    given = given_of(rows)
    given.cells.asked.clear()
    found = newest(given).tables["decomposition"].data.to_pandas()
    assert {day.year for day in found["period_end"]} == {2025}
    assert given.cells.asked == [("one_way", "VT01", "r12-2024-12")]
