"""Indicators of the same people hide the same small cells; a larger population tells no few."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.populations import Populations
from equity_pipeline.disclosure.uncounted import without_counts
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.nested import nested
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.tables.waits import KINDS as KINDS_OF_WAITS
from equity_pipeline.vocabulary import vocabulary

YEAR = (date(2024, 1, 1), date(2025, 1, 1))
LEVELS = ("q1", "q2", "q3", "q4", "q5")


def through(made, cells, kinds, pairs=()):
    one = made(cells)
    return disclose(
        {"stratified": one.table}, one.counts, DisclosurePolicy(), kinds=kinds, nested=pairs
    )


def shown(out):
    rows = out.tables["stratified"].data.to_pylist()
    return {(one["indicator_id"], one["level"]): one["n_denominator"] for one in rows}


def of_people(given, indicator, sizes, with_it):
    """Return a total and its fifths for one indicator."""
    cells = [given("total", "all", sum(sizes), sum(with_it), indicator=indicator)]
    return cells + [
        given("income_quintile", level, n, w, indicator=indicator)
        for level, n, w in zip(LEVELS, sizes, with_it, strict=True)
    ]


# q1 is small for both; of TG07 q3 is hidden for its few without, so that beside q1 nothing more is
SIZES = (12, 30, 60, 100, 200)
OUTCOMES = {"TG07": (6, 15, 58, 50, 100), "TG01": (6, 15, 30, 50, 100)}
KINDS = dict.fromkeys(OUTCOMES, "proportion")


def test_a_small_cell_is_not_the_total_less_what_two_indicators_of_the_same_people_show(
    made, given
):
    cells = [
        cell for id_, outcome in OUTCOMES.items() for cell in of_people(given, id_, SIZES, outcome)
    ]
    alone = {id_: shown(through(made, of_people(given, id_, SIZES, outcome), KINDS))
             for id_, outcome in OUTCOMES.items()}  # fmt: skip
    hidden_alone = [{level for (_, level), n in one.items() if n is None} for one in alone.values()]
    assert hidden_alone[0] & hidden_alone[1] == {"q1"}  # each would tell what the other hides
    together = shown(through(made, cells, KINDS))
    known = {level for (_, level), n in together.items() if n is not None} - {"all"}
    assert len(set(LEVELS) - known) > 1
    left = sum(SIZES) - sum(SIZES[LEVELS.index(level)] for level in known)
    assert left >= 20


@pytest.mark.parametrize(("other", "group"), [(1, [0, 0]), (5, [0, 1])])
def test_people_that_differ_in_a_cell_of_forty_are_the_same_to_a_reader(other, group):
    """And so they are in one year though in another they are others."""
    cells = [
        Cell(id_, date(year, 1, 1), date(year + 1, 1, 1), str(place), "total", "all", "all")
        for id_ in ("VT01", "VT03")
        for year in (2023, 2024)
        for place in range(1240, 1280)
    ]
    n = np.arange(160) % 40 + 100
    n[80:120] += 7
    n[120 : 120 + other] += 1
    assert Populations(cells, n).groups().T.tolist() == [[0, 1], group]


def test_indicators_of_other_people_hide_as_they_would_alone(made, given):
    other = (12, 31, 61, 101, 201)
    cells = [*of_people(given, "TG07", SIZES, OUTCOMES["TG07"]),
             *of_people(given, "BR02", other, OUTCOMES["TG01"])]  # fmt: skip
    out = shown(through(made, cells, {"TG07": "proportion", "BR02": "proportion"}))
    assert {level for (id_, level), n in out.items() if id_ == "TG07" and n is None} == {"q1", "q3"}
    assert {level for (id_, level), n in out.items() if id_ == "BR02" and n is None} == {"q1", "q2"}


PAIR = {("VT03", "VT01")}
BEGAN, SEEN = (50, 100, 60, 70, 80), (40, 96, 50, 60, 70)


def waits_of(given, seen=SEEN):
    return [*of_people(given, "VT01", BEGAN, (25, 50, 30, 35, 40)),
            *of_people(given, "VT03", seen, (20, 40, 25, 30, 35))]  # fmt: skip


def test_four_who_still_wait_are_not_all_who_began_less_those_assessed(made, given):
    """Of 100 in q2 four have no days to count; their mean is told, and not of how many it is."""
    kinds = {"VT01": "proportion", "VT03": "mean"}
    plain = shown(through(made, waits_of(given), kinds))
    assert plain["VT01", "q2"] - plain["VT03", "q2"] == 4
    out = through(made, waits_of(given), kinds, PAIR)
    told = shown(out)
    assert told["VT01", "q2"] == 100 and told["VT03", "q2"] is None
    assert sum(told["VT03", level] is None for level in (*LEVELS, "all")) >= 2
    rows = out.tables["stratified"].data.to_pylist()
    assert {one["value_status"] for one in rows} == {"shown"}
    assert None not in {one["value_crude"] for one in rows}
    assert out.hidden.num_rows == 0


def test_a_share_would_tell_of_how_many_it_is_and_is_hidden_itself(made, given):
    """Blood pressure is known of 96 of 100: an interval of their share would tell the 96."""
    cells = [cell._replace(indicator={"VT01": "BR08", "VT03": "BR09"}[cell.indicator])
             for cell in waits_of(given)]  # fmt: skip
    kinds = dict.fromkeys(("BR08", "BR09"), "proportion")
    out = through(made, cells, kinds, {("BR09", "BR08")})
    rows = out.tables["stratified"].data.to_pylist()
    told = {(one["indicator_id"], one["level"]): one["value_crude"] for one in rows}
    assert told["BR08", "q2"] == 0.5 and told["BR09", "q2"] is None
    assert sum(told["BR09", level] is None for level in LEVELS) >= 2
    reasons = {(one["indicator_id"], one["level"]): one["reason"] for one in out.hidden.to_pylist()}
    assert reasons["BR09", "q2"] == "nested"


def test_what_tells_of_how_many_a_mean_is_goes_with_its_count(made, given):
    """Limits by size, sums and medians of the same people would tell the count as well."""
    one = made(waits_of(given))
    total = {
        "indicator_id": "VT03", "period_start": YEAR[0], "period_end": YEAR[1],
        "geography_code": "12", "dimension": "income_quintile", "value_status": "shown",
    }  # fmt: skip
    waits = [total | {"geography_level": "region", "level": level, "n_finished": n,
                      "mean_finished": 2.0, "median_days": 1.0, "median_status": "shown"}
             for level, n in zip(LEVELS, SEEN, strict=True)]  # fmt: skip
    burden = [total | {"level": level, "adjustment": "crude", "n": n, "level_value": 2.0,
                       "reference_scenario": "best_group", "excess_waiting_days": 40.0}
              for level, n in zip((*LEVELS, "all"), (*SEEN, sum(SEEN)), strict=True)]  # fmt: skip
    gap = [total | {"focus_level": level, "reference_level": "q5", "adjustment": "crude",
                    "n_focus": n, "n_reference": 70, "gap_abs": 0.5}
           for level, n in zip(LEVELS[:4], SEEN, strict=False)]  # fmt: skip
    forms = {"waits": waits, "excess_burden": burden, "gap": gap}
    tables = {form: StratifiedTable.of(form, pa.Table.from_pylist(rows))
              for form, rows in forms.items()}  # fmt: skip
    out = disclose({"stratified": one.table, **tables}, one.counts, DisclosurePolicy(),
                   kinds={"VT01": "proportion", "VT03": "mean"}, nested=PAIR).tables  # fmt: skip

    def of_q2(form, level="level"):
        [row] = [one for one in out[form].data.to_pylist() if one[level] == "q2"]
        return row

    row = of_q2("waits")
    assert (row["n_finished"], row["median_days"], row["median_status"]) == (
        None, None, "suppressed",
    )  # fmt: skip
    assert row["mean_finished"] == 2.0
    row = of_q2("excess_burden")
    assert (row["n"], row["excess_waiting_days"], row["level_value"]) == (None, None, 2.0)
    row = of_q2("gap", "focus_level")
    assert (row["n_focus"], row["n_reference"], row["gap_abs"]) == (None, None, 0.5)
    told = {one["level"]: one["n"] for one in out["excess_burden"].data.to_pylist()}
    assert set(told.values()) - {None}  # not all of them go
    assert told["all"] is None  # all who began less all assessed are the same few


@pytest.mark.parametrize("left", [0, 5, 30])
def test_nobody_or_five_between_two_populations_are_told(made, given, left):
    seen = (40, 100 - left, 50, 60, 70)
    told = shown(through(made, waits_of(given, seen), {"VT01": "proportion", "VT03": "mean"}, PAIR))
    assert None not in told.values()


def test_what_is_declared_nested_and_is_not_is_not_believed(made, given):
    seen = (55, 97, 60, 70, 80)
    told = shown(through(made, waits_of(given, seen), {"VT01": "proportion", "VT03": "mean"}, PAIR))
    assert None not in told.values()


def test_what_hidden_cells_alone_refute_is_believed_by_a_reader(made, given):
    """Of nine who are listed eleven were measured; of 100, whom both tell of, 97 were."""
    of_all = of_people(given, "BR08", (9, 100, 300, 200, 200), (5, 50, 200, 150, 150))
    measured = of_people(given, "BR07", (11, 97, 200, 150, 150), (5, 40, 60, 50, 50))
    kinds = {"BR08": "proportion", "BR07": "proportion"}
    hidden = through(made, [*of_all, *measured], kinds, {("BR07", "BR08")}).hidden.to_pylist()
    assert ("BR07", "q2", "nested") in {
        (one["indicator_id"], one["level"], one["reason"]) for one in hidden
    }


def test_what_another_dimension_refutes_is_believed_of_this_one(made, given):
    """The people of a programme are chosen for each indicator by itself."""
    chosen = [given("programme_population", "focus_group", n, n // 2, indicator=one)
              for one, n in (("BR08", 96), ("BR07", 98))]  # fmt: skip
    of_all = of_people(given, "BR08", (90, 100, 300, 200, 200), (50, 50, 200, 150, 150))
    measured = of_people(given, "BR07", (80, 97, 200, 150, 150), (40, 40, 60, 50, 50))
    kinds = {"BR08": "proportion", "BR07": "proportion"}
    told = shown(through(made, [*chosen, *of_all, *measured], kinds, {("BR07", "BR08")}))
    assert told["BR07", "q2"] is None and told["BR07", "focus_group"] == 98


def test_beside_a_hidden_larger_population_the_smaller_tells_nothing_and_is_shown(made, given):
    """Of 100 diabetics 97 were measured: the row of all is hidden, that of the measured is not."""
    of_all = of_people(given, "BR08", (200, 100, 300, 200, 200), (150, 97, 200, 150, 150))
    measured = of_people(given, "BR07", (150, 97, 200, 150, 150), (50, 40, 60, 50, 50))
    kinds = {"BR08": "proportion", "BR07": "proportion"}
    told = shown(through(made, [*of_all, *measured], kinds, {("BR07", "BR08")}))
    assert told["BR08", "q2"] is None and told["BR07", "q2"] == 97


def test_declarations_tell_which_people_are_among_which():
    catalogue = load_catalogue()
    pairs = nested([*catalogue.select(), *catalogue.measures()])
    inside = {("VT03", "VT01"), ("VT01", "VT03"), ("BR07", "BR08"), ("BR09", "BR08"),
              ("BR06", "TG10"), ("CC05", "BR02"), ("CD03", "CD02")}  # fmt: skip
    assert inside <= pairs
    # the measured are not all; a contact is no person; other visits, other ages
    outside = {("BR08", "BR07"), ("VT01", "TG01"), ("VT02", "VT04"), ("TG10", "BR06")}
    assert not outside & pairs


def test_a_chain_lies_within_what_it_begins_with_and_not_the_other_way():
    catalogue = load_catalogue()
    chain = [one for one in catalogue.measures() if one.id.startswith("CD")]
    pairs = nested(chain)
    for before, after in pairwise(sorted(one.id for one in chain)):
        assert (after, before) in pairs and (before, after) not in pairs


def test_a_cell_without_numbers_is_near_nothing(made, given):
    one = made(of_people(given, "VT01", (50, 100, 60, 70, 80), (25, 50, 30, 35, 40)))
    out = disclose(
        {"stratified": StratifiedTable.of("stratified", one.table.data)},
        PersonCounts.of(pa.Table.from_pylist(one.counts.data.to_pylist())),
        DisclosurePolicy(), kinds={"VT01": "proportion"}, nested=PAIR,
    )  # fmt: skip
    assert None not in shown(out).values()


@pytest.mark.parametrize(("begun", "told"), [(98, True), (97, False), (94, False), (93, True)])
def test_all_who_began_to_wait_less_those_seen_are_not_a_few(made, given, begun, told):
    """Of T1b the counts go, and with them those of a level or a place that would give them."""
    seen = {"all": 293, "q1": 93, "q2": 200}
    cells = []
    for level, n in seen.items():
        key = ("total" if level == "all" else "income_quintile", level)
        cells.append(given(*key, n, n, indicator="VT03"))
        more = {"all": begun + 300, "q1": begun, "q2": 300}[level]
        cells += [given(*key, more, more // 2, sex="VT03", indicator=cut) for cut in KINDS_OF_WAITS]
    one = made([cell for cell in cells if cell.indicator == "VT03"])
    row = {
        "indicator_id": "VT03", "period_start": YEAR[0], "period_end": YEAR[1],
        "geography_code": "12", "geography_level": "region", "value_status": "shown",
        "mean_finished": 2.0,
    }  # fmt: skip
    rows = [row | {"dimension": cell.dimension, "level": cell.level, "n_persons": cell.n,
                   "n_waits": cell.n, "n_finished": seen[cell.level]}
            for cell in cells if cell.indicator == "wait_begun"]  # fmt: skip
    out = disclose(
        {"stratified": one.table,
         "waits": StratifiedTable.of("waits", pa.Table.from_pylist(rows))},
        PersonCounts.of(made(cells).counts.data),
        DisclosurePolicy(), kinds={"VT03": "mean", **KINDS_OF_WAITS},
    )  # fmt: skip
    shown_of = {r["level"]: r["n_persons"] for r in out.tables["waits"].data.to_pylist()}
    assert (shown_of["q1"] is not None) == told
    assert (list(shown_of.values()).count(None) > 1) != told


AGES = ("AD_AGE_0_17", "AD_AGE_18_44", "AD_AGE_45_64", "AD_AGE_65_79", "AD_AGE_80")


def ages(made, given, counts, n=400):
    """Return which shares of five ages a unit's description shows."""
    cells = [given("total", "all", n, w, indicator=one, place="U1")
             for one, w in zip(AGES, counts, strict=True)]  # fmt: skip
    told = through(made, cells, dict.fromkeys(AGES, "proportion")).tables["stratified"].data
    return {one["indicator_id"] for one in told.to_pylist() if one["value_crude"] is not None}


def test_an_age_of_four_persons_is_not_everybody_less_the_other_ages(made, given):
    assert ages(made, given, (100, 150, 90, 56, 4)) == {*AGES[:3]}
    assert ages(made, given, (100, 150, 90, 55, 5)) == set(AGES)


def test_two_ages_of_few_protect_each_other(made, given):
    assert ages(made, given, (100, 150, 143, 3, 4)) == {*AGES[:3]}


def test_the_ages_of_the_area_description_are_one_whole():
    wholes = [one for form in vocabulary().forms.values() for one in form.door.wholes]
    assert wholes == [AGES]


def crossed(given, indicator, sizes, left_out, children=0):
    """Return the total, and two strata of its grown-ups in which some are not."""
    held = {"female|65+": sizes[0], "male|65+": sizes[1], "all": sum(sizes), "missing": left_out}
    n = sum((*sizes, left_out, children))
    total = given("total", "all", n, n // 2, indicator=indicator)
    return [total, *(given("strata", one, n, n // 2, indicator=indicator)
                     for one, n in held.items())]  # fmt: skip


def model(made, given, cells):
    """Return what a model of each indicator says beside the table, through the door."""
    one = made(cells)
    key = {"period_start": YEAR[0], "period_end": YEAR[1], "geography_code": "12"}
    told = {(cell.indicator, cell.level): cell.n for cell in cells if cell.dimension == "strata"}
    rows = [key | {"indicator_id": name, "strata_definition": "sex+age_three",
                   "value_status": "shown", "vpc_null": 0.1, "n_persons": told[name, "all"],
                   "n_left_out": told[name, "missing"]} for name in ("VT01", "VT03")]  # fmt: skip
    of_total = one.table.data.filter(pc.not_equal(one.table.data["dimension"], "strata"))
    models = StratifiedTable.of("maihda_model", pa.Table.from_pylist(rows))
    tables = {"stratified": StratifiedTable.of("stratified", of_total), "maihda_model": models}
    kinds = {"VT01": "proportion", "VT03": "mean"}
    out = disclose(tables, one.counts, DisclosurePolicy(), kinds=kinds, nested=PAIR)
    rows = out.tables["maihda_model"].data.to_pylist()
    return {one["indicator_id"]: (one["vpc_null"], one["n_persons"], one["n_left_out"])
            for one in rows}  # fmt: skip


@pytest.mark.parametrize(
    ("inner", "left_out", "told"),
    [
        ((390, 400), 30, True),
        ((398, 398), 100, False),  # four of the crossed are not in it
        ((390, 398), 98, False),  # two of those who are left out
    ],
)
def test_a_model_does_not_tell_how_few_more_are_crossed_in_a_larger_population(
    made, given, inner, left_out, told
):
    """Their totals are fifty apart and more: of them nothing has to be hidden."""
    cells = [*crossed(given, "VT01", (400, 400), 100, children=150),
             *crossed(given, "VT03", inner, left_out, children=100)]  # fmt: skip
    out = model(made, given, cells)
    assert out["VT01"] == (0.1, 800, 100)
    assert out["VT03"] == (0.1, sum(inner), left_out) if told else (0.1, None, None)


def test_few_who_are_left_out_of_a_model_are_not_told_nor_left_by_the_total(made, given):
    cells = [*crossed(given, "VT01", (400, 400), 7), *crossed(given, "VT03", (300, 300), 100)]
    out = model(made, given, cells)
    assert out == {"VT01": (0.1, None, None), "VT03": (0.1, 600, 100)}


def test_a_model_of_nobody_knows_how_many_keeps_what_it_says_and_who_is_left_out():
    row = {"indicator_id": "VT03", "period_start": YEAR[0], "period_end": YEAR[1],
           "geography_code": "12", "strata_definition": "sex+age_three", "vpc_null": 0.1,
           "value_status": "shown", "n_persons": 796, "n_left_out": 98}  # fmt: skip
    data = StratifiedTable.of("maihda_model", pa.Table.from_pylist([row])).data
    crossed = Cell("VT03", *YEAR, "12", "strata", "all", "all")
    [told] = without_counts("maihda_model", data, {crossed}).to_pylist()
    assert (told["n_persons"], told["n_left_out"], told["vpc_null"]) == (None, 98, 0.1)
