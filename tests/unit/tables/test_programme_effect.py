"""T8: a true effect is found, none is made of chance or of a bad year, and every part is told."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.settings.forms import FormSettings, ProgrammeSettings
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.programme_effect import programme_effect

START = 2023
EFFECT = 0.044


class Held:
    """Monthly cells of one indicator, and those placed on each side of a start."""

    def __init__(self, monthly, placed=None):
        self.tables = {"monthly": monthly, "programme_persons": placed or {}}

    def of(self, table, indicator_id, *, period_code=None):
        del period_code
        if indicator_id not in self.tables[table]:
            return pa.table({"indicator_id": pa.array([], pa.string())})
        return self.tables[table][indicator_id]


def months_of(rng, level, *, n=60, months=60, effect=None, gap=0.06):
    """Return cells of units by month: a focus group below the others by ``gap``."""
    rows = []
    for unit, share in enumerate(level):
        for population, apart, size in (("focus", -gap, n // 3), ("others", 0.0, n - n // 3)):
            true = np.full(months, share + apart)
            if effect is not None:
                true = true + effect[unit]
            s = rng.binomial(size, np.clip(true, 0, 1))
            rows.append(
                pd.DataFrame(
                    {
                        "month": [date(2020 + m // 12, m % 12 + 1, 1) for m in range(months)],
                        "unit_hsa_id": f"U{unit:02d}", "population": population, "n": size,
                        "d": float(size), "s": s.astype(float), "ss": s.astype(float),
                        "sd": s.astype(float), "dd": float(size), "n_persons": size,
                        "n_persons_with": s, "n_persons_without": size - s,
                    }
                )
            )  # fmt: skip
    return pa.Table.from_pandas(pd.concat(rows).assign(indicator_id="VT01"))


def enrolled(name, units, *, left=(), cost=185_000.0, approach="telephone", area="M1"):
    return pd.DataFrame(
        {
            "programme_id": name,
            "unit_hsa_id": [f"U{one:02d}" for one in units],
            "from_date": date(START, 1, 1),
            "to_date": [date(2023, 10, 1) if one in left else None for one in units],
            "stop_reason": ["Personalbrist" if one in left else None for one in units],
            "approach_code": approach if isinstance(approach, str) else list(approach),
            "target_area": area,
            "cost_sek": cost,
        }
    )


def given(
    cells, *programmes, options=None, activities=True, indicator="VT01", units=40, placed=None
):
    declared = {indicator: load_catalogue()[indicator]}
    log = pd.DataFrame(
        {"activity_id": ["ACT-1"], "programme_id": ["A"], "unit_hsa_id": ["U00"],
         "from_date": [date(2023, 2, 1)], "target_area": ["M1"]}
    )  # fmt: skip
    told = pd.DataFrame({"unit_hsa_id": [f"U{one:02d}" for one in range(units)]}).assign(
        provider_type=["region", "private_corporate"] * (units // 2), acg_mean=1.0
    )
    periods = pd.DataFrame(
        {"period_code": ["y"], "period_kind": ["rolling_12_months"], "data_status": ["final"],
         "period_start": [date(2024, 1, 1)], "period_end": [date(2025, 1, 1)], "area_vintage": "D"}
    )  # fmt: skip
    context = FormContext(
        run_id="a", region_code="12", region_name="R", periods=periods, declared=declared,
        persons=pd.DataFrame(), missing=pd.DataFrame(), base_period="y",
    )  # fmt: skip
    beside = {
        "units": pa.Table.from_pandas(told),
        "programmes": pa.Table.from_pandas(pd.concat(programmes)),
        "activities": pa.Table.from_pandas(log if activities else log[:0]),
    }
    held = Held({indicator: cells}, placed and {indicator: placed})
    return Given(context, pd.DataFrame(), held, beside, {}, options=options or FormSettings())


def table(held, form="programme_effect"):
    return programme_effect(held).tables[form].data.to_pandas()


def one_of(frame, **chosen):
    chosen = {"strand": "outcome", "estimand": "itt", "programme_population": "all"} | chosen
    for name, value in chosen.items():
        frame = frame[frame[name] == value]
    [row] = frame.to_dict("records")
    return row


def programme_a(seed, effect=EFFECT, n=60, units=9):
    rng = np.random.default_rng(seed)
    level = np.clip(rng.normal(0.8, 0.04, 40), 0.6, 0.93)
    moved = np.zeros((40, 60))
    moved[:units, 36:] = effect
    return months_of(rng, level, n=n, effect=moved)


@pytest.fixture(name="found", scope="module")
def _found():
    cells = programme_a(1)
    return programme_effect(given(cells, enrolled("A", range(9), left=(2, 7))))


@pytest.fixture(name="rows", scope="module")
def _rows(found):
    return found.tables["programme_effect"].data.to_pandas()


def test_a_true_effect_lies_within_its_interval_and_is_not_chance(rows):
    row = one_of(rows)
    assert row["did_lower"] < EFFECT < row["did_upper"]
    assert row["did_lower"] > 0 and row["p_permutation"] < 0.01
    assert row["did"] == pytest.approx(EFFECT, abs=0.015)


def test_all_three_strands_and_all_populations_are_there(rows):
    assert set(rows["strand"]) == {"outcome", "process", "health_economics"}
    outcome = rows[rows["strand"] == "outcome"]
    assert set(outcome["programme_population"]) == {"all", "focus_group", "others"}
    assert set(outcome["estimand"]) == {"itt", "per_protocol"}
    assert set(outcome["approach_code"]) == {"telephone"}


def test_seven_that_stayed_of_nine_are_under_eight(rows):
    row = one_of(rows)
    assert (row["n_units_enrolled"], row["n_units_active"]) == (9, 7)
    assert row["cohort_size_flag"] == "under_8"
    assert row["n_units_compared"] == 9
    assert one_of(rows, estimand="per_protocol")["n_units_compared"] == 7
    assert row["stop_reasons"] == "Personalbrist (2)"


def test_periods_before_and_after_are_told(rows):
    row = one_of(rows)
    assert (row["n_pre_periods"], row["n_post_periods"]) == (12, 8)
    assert (row["period_start"], row["period_end"]) == (date(2020, 1, 1), date(2025, 1, 1))


def test_the_four_means_stand_beside_the_effect(rows):
    row = one_of(rows)
    plain = row["post_pilot"] - row["pre_pilot"] - (row["post_comp"] - row["pre_comp"])
    assert row["did_unadjusted"] == pytest.approx(plain)


def test_an_effect_for_all_leaves_the_gap_where_it_was(rows):
    row = one_of(rows)
    assert row["equity_did_lower"] < 0 < row["equity_did_upper"]


def test_a_programme_that_reaches_the_focus_group_narrows_the_gap():
    rng = np.random.default_rng(5)
    level = np.full(40, 0.75)
    cells = months_of(rng, level, n=90, gap=0.10).to_pandas()
    reached = (
        (cells["population"] == "focus") & (cells["month"] >= date(2023, 1, 1))
        & cells["unit_hsa_id"].isin([f"U{one:02d}" for one in range(9)])
    )  # fmt: skip
    more = np.minimum(cells["s"] + np.where(reached, 3, 0), cells["d"])
    for name in ("s", "ss", "sd"):
        cells[name] = more
    row = one_of(table(given(pa.Table.from_pandas(cells), enrolled("A", range(9)))))
    assert row["equity_did_upper"] < -0.05


def test_a_bad_year_that_got_a_programme_chosen_is_no_effect():
    """Nine units with the lowest observed last year get a programme that does nothing."""
    states = []
    for seed in range(6):
        rng = np.random.default_rng(100 + seed)
        level = np.clip(rng.normal(0.8, 0.03, 40), 0.6, 0.95)
        cells = months_of(rng, level, n=12)
        held = cells.to_pandas()
        last = held[held["month"].between(date(2022, 1, 1), date(2022, 12, 31))]
        sums = last.groupby("unit_hsa_id")[["s", "d"]].sum()
        worst = (sums["s"] / sums["d"]).nsmallest(9).index
        units = sorted(int(one[1:]) for one in worst)
        states.append(one_of(table(given(cells, enrolled("B", units)))))
    plain = np.mean([row["did_unadjusted"] for row in states])
    adjusted = np.mean([row["did"] for row in states])
    assert plain > 0.008  # the year was bad by chance: units rise without any programme
    assert abs(adjusted) < plain / 2
    assert sum(row["did_lower"] > 0 for row in states) <= 1


def test_of_a_programme_without_effect_no_cost_per_effect_is_told():
    held = table(given(programme_a(3, effect=0.0), enrolled("A", range(9))))
    outcome, cost = one_of(held), one_of(held, strand="health_economics")
    assert outcome["did_lower"] < 0 < outcome["did_upper"]
    assert np.isnan(cost["icer"]) and cost["icer_quadrant"] == "undecided"
    assert cost["programme_cost_sek"] == 9 * 185_000
    assert cost["delta_effect"] == pytest.approx(outcome["did"])


def test_the_cost_of_one_more_is_cost_over_effect(rows):
    outcome, cost = one_of(rows), one_of(rows, strand="health_economics")
    assert cost["delta_cost_per_person"] == pytest.approx(9 * 185_000 / (9 * 24 * 60))
    assert cost["icer"] == pytest.approx(cost["delta_cost_per_person"] / outcome["did"])
    assert cost["icer_lower"] < cost["icer"] < cost["icer_upper"]
    assert (cost["icer_quadrant"], cost["icer_unit"]) == ("better_dearer", "sek_per_case")


def test_without_costs_the_economics_are_not_reported_and_not_silent():
    held = table(given(programme_a(1), enrolled("A", range(9), cost=None)))
    row = one_of(held, strand="health_economics")
    assert row["value_status"] == "not_reported"
    assert np.isnan(row["icer"])


def test_what_units_logged_is_the_process(rows):
    row = one_of(rows, strand="process")
    assert (row["n_activities"], row["n_units_with_activity"]) == (1, 1)
    assert row["retention"] == pytest.approx(7 / 9)
    nothing = table(given(programme_a(1), enrolled("A", range(9)), activities=False))
    assert one_of(nothing, strand="process")["value_status"] == "not_reported"


def test_five_units_have_an_exact_p_and_two_are_not_estimated():
    five = one_of(table(given(programme_a(1, units=5), enrolled("A", range(5)))))
    assert (five["cohort_size_flag"], five["n_assignments"]) == ("under_8", 4**5)
    assert five["ci_method"] == "permutation_all" and five["value_status"] == "shown"
    two = one_of(table(given(programme_a(1, units=2), enrolled("A", range(2)), units=4)))
    assert two["n_units_compared"] == 2
    one = one_of(table(given(programme_a(1, units=1), enrolled("A", [0]))))
    assert one["value_status"] == "shown" or np.isnan(one["did"])


def test_fewer_than_four_quarters_before_are_not_estimated():
    cells = programme_a(1)
    late = cells.filter(pa.compute.greater_equal(cells["month"], pa.scalar(date(2022, 4, 1))))
    row = one_of(table(given(late, enrolled("A", range(9)))))
    assert (row["value_status"], row["n_pre_periods"]) == ("not_estimated", 3)
    assert np.isnan(row["did"])


def test_units_of_another_programme_are_no_comparison_but_may_be_in_both():
    cells = programme_a(1)
    both = enrolled("B", [8, *range(9, 17)])
    held = table(given(cells, enrolled("A", range(9)), both))
    assert one_of(held, programme_id="A")["n_comparison_units"] == 18  # two each of 23 left
    assert one_of(held, programme_id="B")["n_units_enrolled"] == 9


def test_units_are_matched_and_what_stays_unlike_is_flagged(found):
    held = found.tables["programme_balance"].data.to_pandas().set_index("covariate")
    assert abs(held.loc["pre_level", "smd"]) < 0.25
    assert not held.loc["pre_level", "is_imbalanced"]
    assert held.loc["listed_n", "value_status"] == "not_reported"


def test_units_below_all_others_cannot_be_matched_and_that_is_said():
    rng = np.random.default_rng(4)
    level = np.r_[np.full(9, 0.6), rng.uniform(0.85, 0.9, 31)]
    held = given(months_of(rng, level), enrolled("A", range(9)))
    assert table(held, "programme_balance").set_index("covariate").loc["pre_level", "is_imbalanced"]
    row = one_of(table(held))
    assert row["matching_max_smd"] > 0.25 and not row["is_balanced"]


def test_a_target_that_is_not_met_asks_for_a_reason():
    def row(reason=""):
        asked = ProgrammeSettings(targets={"VT01": 0.99}, reason=reason, continuation="Fortsätter")
        options = FormSettings(programmes={"A": asked})
        return one_of(table(given(programme_a(1), enrolled("A", range(9)), options=options)))

    assert (row()["target_met"], row()["reason_status"]) == (False, "lacking")
    assert row("Sen start")["reason_status"] == "given"
    assert row()["continuation_assessment"] == "Fortsätter"


def test_a_target_that_is_met_asks_for_none(rows):
    assert one_of(rows)["reason_status"] == "no_target"
    options = FormSettings(programmes={"A": ProgrammeSettings(targets={"VT01": 0.5})})
    row = one_of(table(given(programme_a(1), enrolled("A", range(9)), options=options)))
    assert (row["target_met"], row["reason_status"]) == (True, "not_needed")


def test_several_approaches_stand_apart_and_together():
    approaches = ["telephone"] * 5 + ["visit"] * 5
    held = table(given(programme_a(1, units=5), enrolled("A", range(10), approach=approaches)))
    outcome = {one: one_of(held, approach_code=one) for one in ("all", "telephone", "visit")}
    assert outcome["telephone"]["did"] > 0.02 > outcome["visit"]["did"]
    assert outcome["all"]["effect_heterogeneity"] > outcome["telephone"]["effect_heterogeneity"]
    cost = one_of(held, strand="health_economics", approach_code="visit")
    assert cost["programme_cost_sek"] == 5 * 185_000


def test_a_programme_is_evaluated_on_its_target_area_or_on_what_is_named():
    elsewhere = given(programme_a(1), enrolled("B", range(9), area="M4"))
    assert set(table(elsewhere)["strand"]) == {"process"}
    named = FormSettings(programmes={"B": ProgrammeSettings(indicators=("VT01",))})
    held = given(programme_a(1), enrolled("B", range(9), area="M4"), options=named)
    assert "outcome" in set(table(held)["strand"])


def test_of_months_alone_the_largest_is_known_to_be_different_persons(found):
    held = found.persons.data.to_pandas().set_index(["geography_code", "level"])
    assert held.loc[("A/telephone/itt", "all"), "n_persons"] == 9 * 60
    assert held.loc[("A/telephone/itt", "focus_group"), "n_persons"] == 9 * 20
    assert found.kinds == {"programme_process": "published"}


def placed_in(units, *, start=date(START, 1, 1), **counts):
    """Return persons placed in every month of the focus group and the others, the same in each."""
    rows = [
        {"indicator_id": "VT01", "start_month": start, "month": date(2020 + m // 12, m % 12 + 1, 1),
         "unit_hsa_id": f"U{unit:02d}", "population": population,
         "n_persons": 2, "n_persons_with": 1, "n_persons_without": 1} | counts
        for unit in units for m in range(60) for population in ("focus", "others")
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def persons_behind(cells, placed):
    made = programme_effect(given(cells, enrolled("A", range(9)), placed=placed))
    rows = made.persons.data.to_pandas().set_index(["geography_code", "level"])
    return rows.loc["A/telephone/itt", ["n_persons", "n_persons_with", "n_persons_without"]]


def test_persons_of_many_small_months_add_up_on_the_side_that_has_fewest():
    """Nine units, two a month: 432 in the 24 months after, 648 in the 36 before."""
    held = persons_behind(programme_a(1, n=3), placed_in(range(40)))
    assert held.loc["focus_group"].tolist() == [432, 216, 216]
    assert held.loc["all"].tolist() == [864, 432, 432]


def test_persons_placed_for_another_programme_say_nothing_of_this_one():
    other = placed_in(range(40), start=date(2021, 5, 1))
    held = persons_behind(programme_a(1, n=3), other)
    assert held.loc["focus_group", "n_persons"] == 9


def test_few_with_the_outcome_on_one_side_are_told_though_another_side_has_none():
    """Before the start of the programme nobody has the outcome, after it three of nine units'."""
    cells = programme_a(1, n=60).to_pandas()
    late = cells["month"] == date(2024, 12, 1)
    begun = cells["unit_hsa_id"].isin(["U00", "U01", "U02"]) & (cells["population"] == "focus")
    with_outcome = np.where(late & begun, 1, 0)
    cells = cells.assign(s=with_outcome.astype(float), n_persons_with=with_outcome)
    held = persons_behind(pa.Table.from_pandas(cells), None)
    assert held.loc["focus_group", "n_persons_with"] == 3


def test_no_programme_gives_empty_forms():
    made = programme_effect(given(programme_a(1), enrolled("A", range(9))[:0]))
    assert made.tables["programme_effect"].data.num_rows == 0
    assert made.tables["programme_balance"].data.num_rows == 0 and made.persons is None


@pytest.mark.long
def test_chance_alone_is_seldom_called_an_effect():
    """Two hundred programmes without effect: at most 8 % have p below 0.05."""
    called = [
        one_of(table(given(programme_a(1_000 + seed, effect=0.0, n=30), enrolled("A", range(9)))))
        for seed in range(200)
    ]
    assert np.mean([row["p_permutation"] < 0.05 for row in called]) <= 0.08


@pytest.mark.long
def test_a_true_effect_is_held_by_its_interval_nine_times_in_ten():
    made = [
        one_of(table(given(programme_a(2_000 + seed, n=30), enrolled("A", range(9)))))
        for seed in range(100)
    ]
    held = [row["did_lower"] <= EFFECT <= row["did_upper"] for row in made]
    assert np.mean(held) >= 0.90
