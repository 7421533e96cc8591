"""T12 by hand: two income groups in ten units, who differ at one step of the chain."""

from datetime import date
from math import log

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.care_chain import care_chain, shown_dimensions
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.form import Given

PERIOD = "r12-2024-12"
COLUMNS = ["indicator_id", "period_code", "dimension", "level", "sex", "age_group", "morbidity",
           "cluster_key", "n", "d", "s", "ss", "sd", "dd"]  # fmt: skip
UNITS = [f"U{number}" for number in range(10)]
# those through each step of every 100 expected: the groups part at spirometry alone
EQUAL = {"CC03": 80, "CC04": 60, "CC05": 48, "CC06": 36, "CC07": 27, "CC08": 18}
LOW = {"CC03": 80, "CC04": 40, "CC05": 32, "CC06": 24, "CC07": 18, "CC08": 12}


class Held:
    """One-way cells of measures by hand."""

    def __init__(self, rows):
        self.rows = pd.DataFrame(rows, columns=COLUMNS)

    def of(self, table, indicator_id, *, period_code=None):
        assert (table, period_code) == ("one_way", PERIOD)
        chosen = self.rows[self.rows["indicator_id"] == indicator_id]
        return pa.Table.from_pandas(chosen, preserve_index=False)


def chain(level, through, *, dimension="income_quintile", first=100):
    """Return cells of each step; units lie a little above and below, the level exactly at it."""
    rows, came = [], np.full(len(UNITS), float(first))
    for step, (measure, count) in enumerate(through.items()):
        noise = np.random.default_rng(step).permutation([-2, -1, 0, 0, 0, 0, 0, 0, 1, 2])
        out = np.minimum(count + noise, came)
        for unit, d, s in zip(UNITS, came, out, strict=True):
            rows.append((measure, PERIOD, dimension, level, "female", "60-64", "one", unit,
                         round(d), d, s, s, s, d))  # fmt: skip
        came = out
    return rows


def given(*rows):
    periods = pd.DataFrame(
        {
            "period_code": [PERIOD],
            "period_kind": ["rolling_12_months"],
            "period_start": [date(2024, 1, 1)],
            "period_end": [date(2025, 1, 1)],
            "data_status": ["final"],
            "area_vintage": ["DESO_2018"],
        }
    )
    declared, nothing = {"BR02": load_catalogue()["BR02"]}, pd.DataFrame()
    context = FormContext("a", "12", "R", periods, declared, nothing, nothing, PERIOD)
    held = Held([one for part in rows for one in part])
    return Given(context, nothing, held, {}, {})


def table(*rows):
    return care_chain(given(*rows)).tables["care_chain"].data.to_pylist()


def steps(rows, level, dimension="income_quintile"):
    return [one for one in rows if (one["dimension"], one["level"]) == (dimension, level)
            and one["pathway"] == "copd"]  # fmt: skip


@pytest.fixture(name="rows")
def _rows():
    return table(chain("q1", LOW), chain("q5", EQUAL))


def test_the_gap_arises_at_one_step_and_is_flagged_there_alone(rows):
    flagged = [one["step_no"] for one in steps(rows, "q1") if one["bottleneck_flag"]]
    assert flagged == [4]


def test_each_step_begins_with_those_through_the_step_before(rows):
    told = [one for one in steps(rows, "q1") if one["n_in"] is not None]
    assert [one["n_in"] for one in told] == [1000, 800, 400, 320, 240, 180]
    assert [one["n_out"] for one in told] == [800, 400, 320, 240, 180, 120]
    assert [one["starts_anew"] for one in told] == [True, False, False, False, False, False]
    assert told[1]["conditional_rate"] == 0.5
    assert told[1]["ref_conditional_rate"] == 0.75
    assert told[-1]["cumulative_rate"] == pytest.approx(0.12)


def test_contributions_add_up_to_the_log_ratio_of_all_who_came_through(rows):
    told = [one for one in steps(rows, "q1") if one["n_in"] is not None]
    total = sum(one["step_contribution_to_gap"] for one in told)
    assert total == pytest.approx(log(0.18 / 0.12), abs=1e-9)
    assert told[1]["step_contribution_to_gap"] == pytest.approx(log(0.75 / 0.5), abs=1e-9)
    assert told[1]["step_contribution_to_gap_lower"] > 0


def test_groups_alike_have_no_bottleneck():
    rows = table(chain("q1", EQUAL), chain("q5", EQUAL))
    assert not any(one["bottleneck_flag"] for one in rows)


def test_a_group_ahead_of_the_reference_has_no_bottleneck(rows):
    ahead = table(chain("q1", EQUAL), chain("q5", LOW))
    assert not any(one["bottleneck_flag"] for one in steps(ahead, "q1"))
    women = table(
        chain("female", EQUAL, dimension="sex"), chain("male", LOW, dimension="sex")
    )  # nobody said beforehand which sex would be the worse off
    assert [one["step_no"] for one in steps(women, "female", "sex") if one["bottleneck_flag"]] == [
        4
    ]


def test_the_reference_and_those_of_unknown_level_have_rates_but_no_contribution():
    rows = table(chain("q5", EQUAL), chain("missing", LOW))
    for level in ("q5", "missing"):
        told = steps(rows, level)[3]
        assert told["conditional_rate"] is not None
        assert (told["step_contribution_to_gap"], told["bottleneck_flag"]) == (None, None)


def test_the_total_has_rates_and_no_contrast():
    told = steps(table(chain("all", EQUAL, dimension="total")), "all", "total")[3]
    assert (told["conditional_rate"], told["reference_level"]) == (0.75, None)


def test_a_step_nobody_delivered_has_its_row_and_says_so(rows):
    smoking = steps(rows, "q1")[0]
    assert (smoking["step_no"], smoking["value_status"], smoking["n_in"]) == (
        1,
        "not_reported",
        None,
    )
    assert {one["pathway"] for one in rows} == {"copd"}


def test_a_level_that_nobody_is_left_in_has_no_population():
    rows = table(chain("q1", {"CC03": 80, "CC04": 40}), chain("q5", EQUAL))
    assert [one["value_status"] for one in steps(rows, "q1")[2:]] == ["shown"] * 2 + [
        "no_population"
    ] * 4


@pytest.mark.filterwarnings("error")
def test_a_level_of_which_nobody_came_through_has_a_rate_of_0_and_no_contribution():
    came = chain("q1", {"CC03": 80, "CC04": 40})
    none = [(*one[:10], 0, 0, 0, one[13]) if one[0] == "CC04" else one for one in came]
    told = steps(table(none, chain("q5", EQUAL)), "q1")[3]
    assert (told["value_status"], told["conditional_rate"]) == ("shown", 0)
    assert told["step_contribution_to_gap"] is None


def test_steps_counted_on_other_people_are_refused():
    with pytest.raises(MethodError, match="CC05"):
        table(chain("q1", {"CC03": 80, "CC04": 60}), chain("q1", {"CC05": 48}, first=70))


def test_an_expected_number_need_not_be_whole():
    rows = table(chain("q5", {"CC03": 80}, first=100.04))
    told = steps(rows, "q5")[2]
    assert (told["n_in"], told["conditional_rate"]) == (1000, pytest.approx(800 / 1000.4))


def test_without_any_cells_the_table_is_empty():
    assert table() == []


def test_only_dimensions_with_a_contrast_declared_beforehand_are_told():
    assert "age_band" not in shown_dimensions()
    assert {"total", "income_quintile", "provider_type"} <= set(shown_dimensions())


def test_the_step_before_is_named_for_the_door(rows):
    told = steps(rows, "q1")
    assert [one["indicator_id_before"] for one in told[2:5]] == ["CC03", "CC03", "CC04"]
    assert care_chain(given()).kinds == {"CC03": "rate"}
