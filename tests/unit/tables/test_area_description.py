"""T9 by hand: six units, of which one has nobody listed."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.area_description import area_description
from equity_pipeline.tables.area_items import area_items
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given
from equity_pipeline.vocabulary import vocabulary

PERIOD = "r12-2024-12"
UNITS = ["A", "B", "C", "D", "E", "EMPTY"]
WITH = {"A": 60, "B": 20, "C": 20, "D": 20, "E": 20}


class Held:
    """Cells of one indicator by hand."""

    def __init__(self, rows=()):
        self.rows = pd.DataFrame(rows)

    def of(self, table, indicator_id, *, period_code=None):
        assert (table, period_code) == ("one_way", PERIOD)
        return pa.Table.from_pandas(self.rows, preserve_index=False)


COST = [
    {"dimension": "total", "cluster_key": unit, "sex": "female", "age_group": age,
     "morbidity": "none", "n": n, "d": float(n), "s": float(s)}
    for unit, age, n, s in (
        ("A", "30-34", 50, 100), ("A", "70-74", 50, 300),
        ("B", "30-34", 50, 100), ("B", "70-74", 150, 300),
    )
]  # fmt: skip


def context(*indicators):
    catalogue = load_catalogue()
    return FormContext(
        run_id="a",
        region_code="12",
        region_name="R",
        periods=pd.DataFrame(
            {
                "period_code": [PERIOD],
                "period_kind": ["rolling_12_months"],
                "period_start": [date(2024, 1, 1)],
                "period_end": [date(2025, 1, 1)],
                "data_status": ["final"],
                "area_vintage": ["DESO_2018"],
            }
        ),
        declared={one: catalogue[one] for one in indicators},
        persons=pd.DataFrame(),
        missing=pd.DataFrame(),
        base_period=PERIOD,
    )


def counted(item, rows):
    return [
        {"period_code": PERIOD, "unit_hsa_id": unit, "item_id": item, "n_persons": n,
         "n_persons_with": yes, "n_persons_without": n - yes}
        for unit, (yes, n) in rows.items()
    ]  # fmt: skip


@pytest.fixture
def given():
    profile = [
        {"period_code": PERIOD, "unit_hsa_id": one, "unit_size": "small", "area_class": "other",
         "local_area_code": None, "n_listed": 0 if one == "EMPTY" else 100,
         "n_listed_resource_weak": 0, "n_listed_area_class_known": 100}
        for one in UNITS
    ]  # fmt: skip
    units = [
        {"unit_hsa_id": one, "unit_name": f"Unit {one}", "provider_type": "region",
         "physician_fte": 0.5 if one == "A" else 0.25, "reimbursement_sek": 1000.0,
         "reimbursement_cni_sek": 150.0}
        for one in UNITS
    ]  # fmt: skip
    traits = counted("AD_FOREIGN_BORN", {one: (yes, 100) for one, yes in WITH.items()})
    traits += counted("AD_MOVED_IN", {"A": (1, 3)})
    area = [
        {**row, "value": None, "value_region": None}
        for row in counted("AA_LISTED_HERE", {"A": (30, 90)})
    ]
    area.append({"period_code": PERIOD, "unit_hsa_id": "A", "item_id": "AA_FOREIGN_BORN",
                 "value": 0.5, "value_region": 0.2})  # fmt: skip
    scores = [{"unit_hsa_id": "A", "success_factor": "f1", "success_score": 4}]
    beside = {
        "unit_profile": profile, "units": units, "unit_traits": traits, "unit_areas": area,
        "success_factors": scores,
    }  # fmt: skip
    held = {name: pa.Table.from_pandas(pd.DataFrame(rows)) for name, rows in beside.items()}
    return Given(context(), pd.DataFrame(), Held(), held, {})


def row(made, item, unit="A"):
    rows = made.tables["area_description"].data.to_pylist()
    return next(one for one in rows if (one["item_id"], one["unit_hsa_id"]) == (item, unit))


def test_every_unit_has_every_item(given):
    made = area_description(given).tables["area_description"].data
    assert made.num_rows == len(UNITS) * len(area_items())


def test_a_share_stands_beside_the_region_and_comparable_units(given):
    told = row(area_description(given), "AD_FOREIGN_BORN")
    assert told["value"] == 0.6
    assert told["value_region"] == pytest.approx(140 / 500)
    assert told["value_peer_group"] == pytest.approx(140 / 500)
    assert told["percentile_in_region"] == 90.0  # four of five below, itself half
    assert (told["n"], told["year"], told["peer_group_id"]) == (100, 2024, "other:small")


def test_the_region_s_value_of_an_indicator_holds_those_seen_at_no_unit(given):
    """Less the units that are shown, it would else be the one that is hidden."""
    nowhere = COST[0] | {"cluster_key": "none", "n": 100, "d": 100.0, "s": 1300.0}
    held = replace(given, context=context("KO01"), cells=Held([*COST, nowhere]))
    told = row(area_description(held), "AE_COST")
    assert (told["value"], told["value_region"]) == (4.0, pytest.approx(2100 / 400))


def test_of_areas_that_overlap_no_region_is_told(given):
    told = row(area_description(given), "AA_LISTED_HERE")
    assert (told["value"], told["value_region"]) == (pytest.approx(1 / 3), None)


def test_units_of_equal_value_share_their_place(given):
    assert row(area_description(given), "AD_FOREIGN_BORN", "B")["percentile_in_region"] == 40.0


def test_the_listed_and_the_area_around_are_two_groups_with_their_overlap(given):
    made = area_description(given)
    assert row(made, "AD_FOREIGN_BORN")["item_group"] == "demography_listed"
    around = row(made, "AA_FOREIGN_BORN")
    assert (around["item_group"], around["value"], around["value_region"]) == (
        "demography_area", 0.5, 0.2,
    )  # fmt: skip
    assert around["ses_measurement_level"] == "area"
    assert row(made, "AA_LISTED_HERE")["value"] == pytest.approx(1 / 3)


def test_what_nobody_delivered_is_not_reported_and_what_nobody_is_behind_has_no_population(given):
    made = area_description(given)
    assert row(made, "AO_OPENING_HOURS")["value_status"] == "not_reported"
    assert row(made, "AN_CNI")["value_status"] == "not_reported"
    assert row(made, "AD_WOMEN")["value_status"] == "not_reported"
    assert row(made, "AD_FOREIGN_BORN", "EMPTY")["value_status"] == "no_population"
    assert row(made, "AD_WOMEN", "EMPTY")["value_status"] == "no_population"


def test_staff_and_payment_are_told_for_each_listed(given):
    made = area_description(given)
    told = row(made, "AO_PHYSICIANS")
    assert (told["value"], told["value_region"]) == (5.0, pytest.approx(3.0))
    assert row(made, "AE_PAYMENT")["value"] == 10.0
    assert row(made, "AE_PAYMENT_CNI")["value"] == 0.15
    assert row(made, "AE_PAYMENT", "EMPTY")["value_status"] == "not_reported"


def test_ownership_is_a_word(given):
    told = row(area_description(given), "AO_OWNERSHIP")
    word = vocabulary().codes["provider_type"]["region"]
    assert (told["value"], told["value_word_sv"], told["value_word_en"]) == (None, word.sv, word.en)
    assert told["value_status"] == "shown"


def test_without_own_scores_the_description_stands(given):
    empty = pa.table({"unit_hsa_id": pa.array([], pa.string()),
                      "success_factor": pa.array([], pa.string()),
                      "success_score": pa.array([], pa.int16())})  # fmt: skip
    without = replace(given, beside={**given.beside, "success_factors": empty})
    assert row(area_description(without), "AS_F1")["value_status"] == "not_reported"
    assert row(area_description(given), "AS_F1")["value"] == 4.0


def test_the_persons_behind_each_share_are_told_for_the_door(given):
    made = area_description(given)
    rows = made.persons.data.to_pylist()
    behind = {
        (one["indicator_id"], one["geography_code"]): (one["n_persons"], one["n_persons_with"])
        for one in rows
    }
    assert behind["AD_MOVED_IN", "A"] == (3, 1)
    assert behind["AD_FOREIGN_BORN", "12"] == (500, 140)
    assert behind["AA_LISTED_HERE", "A"] == (90, 30)
    assert ("AA_LISTED_HERE", "12") not in behind
    assert {one["dimension"] for one in rows} == {"total"}


def test_each_item_has_a_kind_and_those_of_units_have_no_person_behind(given):
    kinds = area_description(given).kinds
    assert kinds["AD_FOREIGN_BORN"] == "proportion"
    assert kinds["AN_CNI"] == "published"


def test_an_indicator_of_the_run_is_judged_as_itself_and_one_left_out_holds_nobody(given):
    held = replace(given, context=context("TG03"), cells=Held(COST))
    kinds = area_description(held).kinds
    assert "TG03" not in kinds
    assert kinds["KO01"] == "published"


def test_visits_are_held_beside_what_age_sex_and_morbidity_would_give(given):
    held = replace(given, context=context("KO01"), cells=Held(COST))
    made = area_description(held)
    # the region: 2 each at 30-34, 3 each at 70-74; A's people would have 50 x 2 + 50 x 3 = 250
    assert row(made, "AE_COST")["value"] == 4.0
    assert row(made, "AN_COST_EXPECTED")["value"] == 2.5
    ratio = row(made, "AC_COST_RATIO")
    assert (ratio["value"], ratio["value_region"]) == (pytest.approx(1.6), pytest.approx(1.0))
    assert ratio["indicator_id"] == "KO01"


def test_a_unit_with_three_listed_persons_is_hidden_and_the_others_are_not(given):
    made = area_description(given)
    told = disclose(made.tables, made.persons, DisclosurePolicy(), kinds=made.kinds)
    rows = told.tables["area_description"].data.to_pylist()
    status = {(one["item_id"], one["unit_hsa_id"]): one["value_status"] for one in rows}
    assert status["AD_MOVED_IN", "A"] == "suppressed"
    assert status["AD_FOREIGN_BORN", "A"] == "shown"
    assert status["AA_FOREIGN_BORN", "A"] == "shown"  # what is published of an area hides nobody
