"""What looks like a leak and is none is not told, and the leak beside it still is."""

from __future__ import annotations

from datetime import date

import pytest

from equity_pipeline.audit.audit import audit
from equity_pipeline.audit.release import MANIFEST, read_release
from equity_pipeline.vocabulary import vocabulary
from tests.unit.audit.conftest import TRUTH, cell, rows_of


def found(verdict):
    return {(one.attack, one.key.level, one.key.sex, one.column) for one in verdict.findings}


def row_of(form, level="all", **told):
    """Return a row of another form than T1, with the columns that it has."""
    columns = vocabulary().forms[form].columns
    row = {name: value for name, value in cell(level, "all", None, None).items() if name in columns}
    return row | told


def of_both(rows):
    return [row for row in rows if row["strat2_level"] == "all"]


def step(level, came, through):
    return row_of("care_chain", level, indicator_id="CC03", n_in=came, n_out=through)


@pytest.mark.parametrize(
    ("through", "expected"),
    [(15, set()), (3, {("small", "missing", "all", "numerator")})],
)
def test_an_expected_number_is_nobody_and_those_who_came_through_are(judged, through, expected):
    chain = [step("pre_secondary", 227, 310), step("missing", 10, through)]
    assert found(judged(stratified=rows_of(), care_chain=chain)) == expected


def test_a_denominator_that_is_no_expected_number_is_told_when_it_is_small(judged):
    chain = [step("pre_secondary", 227, 210), step("missing", 10, 5)]
    assert ("small", "missing", "all", "denominator") in found(
        judged(stratified=rows_of(), care_chain=chain)
    )


def wait(**told):
    return row_of("waits", indicator_id="VT03", unit_of_measure="days", **told)


def waited(persons, seen):
    return cell("all", "all", persons, None) | {
        "indicator_id": "VT03", "unit_of_measure": "days", "n_denominator": seen,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("gave_up", "expected"), [(14, set()), (3, {("small", "all", "all", "numerator")})]
)
def test_who_began_to_wait_is_not_who_was_seen(judged, gave_up, expected):
    row = wait(n_persons=161, n_waits=330, n_finished=304, n_waiting=12, n_gave_up=gave_up)
    verdict = judged(stratified=[waited(146, 304)], waits=[row])
    assert found(verdict) == expected


@pytest.mark.parametrize(("persons", "leaks"), [(146, False), (148, True), (151, False)])
def test_the_few_who_began_to_wait_and_were_never_seen_are_found(judged, persons, leaks):
    row = wait(n_persons=persons, n_waits=330, n_finished=304, n_waiting=12, n_gave_up=14)
    told = found(judged(stratified=[waited(146, 304)], waits=[row]))
    assert (("nested_population", "all", "all", "persons") in told) is leaks


def test_a_median_of_many_waits_of_few_persons_is_found(judged):
    rows = [waited(146, 304), waited(12, 80) | {"geography_code": "1276"}]
    told = judged(stratified=rows, waits=[wait(geography_code="1276", median_days=4.0)])
    assert ("order_statistic", "all", "all", "median_days") in found(told)


# with as many again who have no level, being too young
YOUNG = {key: (n + 70, m + 30) if key[0] == "all" else (n, m) for key, (n, m) in TRUTH.items()}


@pytest.mark.parametrize(("elsewhere", "leaks"), [(YOUNG, False), (TRUTH, True)])
def test_a_sum_that_leaves_a_rest_in_other_indicators_does_so_where_none_is_told(
    judged, elsewhere, leaks
):
    few = {**TRUTH, ("pre_secondary", "all"): (19, 4), ("all", "all"): (509, 251)}
    mine = of_both(rows_of(frozenset({("pre_secondary", "all")}), few))
    others = of_both(rows_of(frozenset(), elsewhere, indicator_id="BR09"))
    told = {one.key.level for one in judged(stratified=[*mine, *others]).findings}
    assert ("pre_secondary" in told) is leaks


def test_persons_of_all_known_levels_give_the_level_that_is_hidden(judged):
    rows = of_both(rows_of(frozenset({("pre_secondary", "all")}), YOUNG))
    counts = {"all": 509, "upper_secondary": 240, "post_secondary": 250}
    burden = [row_of("excess_burden", level, n=n) | {"dimension": "education"}
              for level, n in counts.items()]  # fmt: skip
    verdict = judged(stratified=rows, excess_burden=burden)
    one = next(one for one in verdict.findings if one.column == "denominator")
    assert (one.key.level, one.low, one.high) == ("pre_secondary", 19, 19)


@pytest.mark.parametrize(("unknown", "leaks"), [(True, False), (False, True)])
def test_places_that_lack_a_level_which_the_region_has_leave_a_rest(judged, unknown, leaks):
    levels = frozenset({("pre_secondary", "all")})
    few = {**TRUTH, ("pre_secondary", "all"): (19, 4), ("all", "all"): (509, 251)}
    town = {"geography_level": "municipality", "geography_code": "1280"}
    rows = of_both(rows_of(levels, few, **town))
    region = of_both(rows_of(frozenset(TRUTH)))
    region += [cell("missing", "all", 40, 20, hidden=True)] if unknown else []
    told = {one.key.level for one in judged(stratified=[*rows, *region]).findings}
    assert ("pre_secondary" in told) is leaks


@pytest.mark.parametrize(("outside", "leaks"), [(70, False), (0, True)])
def test_those_in_no_level_may_have_the_outcome_though_none_had_it_before(judged, outside, leaks):
    """A year is told whole: nobody outside a level had it. Of the next a level is hidden."""
    whole = {**TRUTH, ("all", "all"): (600 + outside, 300)}
    few = {**whole, ("pre_secondary", "all"): (110, 4), ("all", "all"): (600 + outside, 251)}
    before = {"period_start": date(2023, 1, 1), "period_end": date(2024, 1, 1)}
    rows = of_both(rows_of(frozenset(), whole, **before))
    rows += of_both(rows_of(frozenset({("pre_secondary", "all")}), few))
    told = {one.key.level for one in judged(stratified=rows).findings if one.column == "numerator"}
    assert ("pre_secondary" in told) is leaks


@pytest.mark.parametrize(("men", "leaks"), [((0, 0), False), ((40, 20), True)])
def test_that_nobody_of_nobody_was_born_abroad_tells_of_no_group(judged, men, leaks):
    """Where only women are asked no man of any group is; where men are, those of none are told."""
    born = {"dimension": "country_of_birth"}
    n, m = men
    rows = [
        cell("all", "all", 310 + n, 160 + m),
        cell("all", "female", 310, 160),
        cell("all", "male", n, m, hidden=not n),
        cell("sweden", "all", 200 + n, 100 + m, **born),
        cell("sweden", "female", 200, 100, **born),
        cell("sweden", "male", None, None, hidden=True, **born),
        cell("outside_europe", "all", 110, 60, **born),
        cell("outside_europe", "female", 110, 60, **born),
        cell("outside_europe", "male", None, None, hidden=True, **born),
    ]
    told = {(one.key.level, one.key.sex) for one in judged(stratified=rows).findings}
    assert (("outside_europe", "male") in told) is leaks


@pytest.mark.parametrize(("not_employed", "leaks"), [(100, False), (400, True)])
def test_those_who_left_are_not_all_told_where_some_of_who_began_are_in_no_level(
    judged, not_employed, leaks
):
    """Of 1 000 who began 300 are in no level of employment: some of them may have left."""
    levels = {
        ("employment", "employed"): (600, 30),
        ("employment", "not_employed"): (not_employed, 8),
        ("education", "pre_secondary"): (100, None),
        ("education", "upper_secondary"): (400, 20),
        ("education", "post_secondary"): (500, 16),
    }
    rows = [wait(n_waits=1000, n_gave_up=None, dimension="total")]
    rows += [
        wait(dimension=dimension, level=level, n_waits=n, n_gave_up=left)
        for (dimension, level), (n, left) in levels.items()
    ]
    told = found(judged(stratified=rows_of(), waits=rows))
    assert (("margins", "pre_secondary", "all", "numerator") in told) == leaks


def test_a_rest_that_may_be_nobody_is_no_count_of_few(judged):
    """In the region 30 are of no sex; in the town all may be of one: of 158 are 60 and 96 to 98."""
    region = [cell("all", "all", 610, None), cell("all", "female", 310, None)]
    town = [
        cell("all", "male", 240, None),
        cell("pre_secondary", "all", 158, None),
        cell("pre_secondary", "female", 60, None),
        cell("pre_secondary", "male", 98, None, hidden=True),
        cell("upper_secondary", "all", 46, None),
        cell("upper_secondary", "female", 0, None),
        cell("upper_secondary", "male", 44, None, hidden=True),
        cell("post_secondary", "male", 98, None),
    ]
    town = [row | {"geography_level": "municipality", "geography_code": "1280"} for row in town]
    rows = [*region, cell("all", "male", 270, None), *town]
    assert found(judged(stratified=rows)) == set()


def steps(n_upper, with_upper, **more):
    """Return three levels of education of which two are hidden."""
    told = [cell("all", "all", 600, 6, **more), cell("upper_secondary", "all", n_upper, with_upper)]
    told[1] |= more
    return told + [
        cell(level, "all", None, None, hidden=True, **more)
        for level in ("pre_secondary", "post_secondary")
    ]


@pytest.mark.parametrize("with_upper", [6, 5])
def test_a_rounded_total_that_leaves_few_is_none_where_exact_counts_leave_nobody(
    released, with_upper
):
    """Where they leave one the release tells it itself, and both are found."""
    folder = released(stratified=steps(500, with_upper))
    near = [
        row | {name: row[name] and 5 * round(row[name] / 5) for name in ("n_numerator",)}
        for row in steps(500, with_upper, disclosure_tier="open")
    ]
    part = released("release/open", stratified=near)
    alone = found(audit(read_release(part)))
    hidden = {
        ("margins", level, "all", "numerator") for level in ("pre_secondary", "post_secondary")
    }
    assert hidden <= alone
    (part / MANIFEST).write_text("{}", "utf-8")
    told = found(audit(read_release(folder)))
    assert told & hidden == (hidden if with_upper == 5 else set())
