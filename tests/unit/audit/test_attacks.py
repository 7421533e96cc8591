"""A leak of each kind is planted in a good release, and found."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from equity_pipeline.audit.audit import audit
from equity_pipeline.audit.finding import CouldNotJudge
from equity_pipeline.audit.release import read_release
from equity_pipeline.vocabulary import vocabulary
from tests.unit.audit.conftest import RECTANGLE, TRUTH, Row, cell, rows_of, table

SMALL = ("pre_secondary", "male")
NUMBER = "19121212-1212"  # the authority's own example


def found(verdict):
    return {(one.attack, one.key.level, one.key.sex, one.column) for one in verdict.findings}


def attacks(folder):
    return {(one.attack, one.column) for one in audit(read_release(folder)).findings}


def with_value(value, lower=None, upper=None, method=None, n=None, **more):
    """Return a good release in which one hidden cell shows a value, and its denominator if told."""
    rows = rows_of()
    shown = {"value_crude": value, "value_crude_lower": lower, "value_crude_upper": upper}
    place = next(i for i, row in enumerate(rows) if (row["level"], row["strat2_level"]) == SMALL)
    rows[place] = rows[place] | shown | {"ci_method": method, "n_denominator": n, **more}
    return rows


def test_a_number_in_a_row_that_is_marked_as_hidden_is_found(judged):
    assert ("under_flag", *SMALL, "value_crude") in found(judged(stratified=with_value(0.06)))


@pytest.mark.parametrize(
    ("counts", "what"),
    [
        ((19, 9), "denominator"),
        ((100, 4), "numerator"),
        ((100, 96), "complement"),
    ],
)
def test_a_count_that_is_too_small_is_found_though_nothing_is_hidden(judged, counts, what):
    assert ("small", "all", "all", what) in found(judged(stratified=[cell("all", "all", *counts)]))


@pytest.mark.parametrize(("counts", "what"), [((50, 0), "numerator"), ((50, 50), "complement")])
def test_nobody_and_everybody_are_found_in_a_sensitive_dimension_only(judged, counts, what):
    row = cell("outside_europe", "all", *counts)
    sensitive = [row | {"dimension": "country_of_birth"}]
    key = ("none_or_all", "outside_europe", "all", what)
    assert key in found(judged(stratified=sensitive))
    assert found(judged(stratified=[row])) == set()


@pytest.mark.parametrize(("linked", "leaks"), [(3, True), (0, False), (5, False)])
def test_a_count_of_few_rows_is_found(released, linked, leaks):
    source = {"indicator_id": "VT01", "dimension": "income", "source_file": "contacts"}
    told = attacks(released(readiness=[source | {"n_source": 900, "n_linked": linked}]))
    assert told == ({("few_rows", "n_linked")} if leaks else set())


def test_a_rate_and_its_population_give_the_count(judged):
    rows = with_value(0.06, n=50)
    assert ("rate_by_population", *SMALL, "numerator") in found(judged(stratified=rows))


@pytest.mark.parametrize(
    ("method", "lower", "upper"),
    [
        ("wilson", 0.021, 0.162),
        ("wald", 0.0, 0.126),
        ("clopper_pearson", 0.013, 0.165),
    ],
)
def test_the_interval_of_a_share_gives_numerator_and_denominator(judged, method, lower, upper):
    verdict = judged(stratified=with_value(0.06, lower, upper, method))
    (one,) = [
        one for one in verdict.findings if one.attack == "interval" and one.column == "numerator"
    ]
    assert one.low <= 3 <= one.high


@pytest.mark.parametrize(
    ("method", "lower", "upper"),
    [("poisson_exact", 12.37, 175.35), ("byar_exact", 12.37, 175.35), ("byar", 12.06, 175.31)],
)
def test_the_interval_of_a_rate_gives_the_count(judged, method, lower, upper):
    rows = with_value(60.0, lower, upper, method, n=50, unit_of_measure="per_1000")
    assert ("interval", *SMALL, "numerator") in found(judged(stratified=rows))


def test_the_interval_of_a_mean_gives_no_count(judged):
    rows = with_value(2.5, 1.0, 4.0, "student_t", unit_of_measure="days")
    assert {one.attack for one in judged(stratified=rows).findings} == {"under_flag"}


def test_an_interval_method_that_nobody_has_turned_round_cannot_be_judged(judged):
    verdict = judged(stratified=with_value(0.06, 0.01, 0.2, "a_new_method"))
    assert list(verdict.unjudged) == ["values"]


def test_a_value_with_all_its_decimals_gives_numerator_and_denominator(judged):
    verdict = judged(stratified=with_value(3 / 19))
    assert ("full_precision", *SMALL, "numerator") in found(verdict)
    assert ("full_precision", *SMALL, "denominator") in found(verdict)


def test_a_sum_by_its_mean_gives_the_persons(judged):
    burden = cell("pre_secondary", "all", None, None, hidden=True) | {
        "n": None, "excess_cases": 1.4, "excess_per_1000": 100.0,
    }  # fmt: skip
    verdict = judged(stratified=rows_of(), excess_burden=[burden])
    assert ("under_flag", "pre_secondary", "all", "excess_cases") in found(verdict)
    hidden = frozenset({("pre_secondary", "all"), ("upper_secondary", "all"), *RECTANGLE})
    assert ("sum_by_mean", "pre_secondary", "all", "denominator") in found(
        judged(stratified=rows_of(hidden), excess_burden=[burden])
    )


def test_an_extreme_is_never_shown_and_a_median_of_enough_persons_is(judged):
    rows = [row | {"wait_days_max": 412} for row in rows_of()]
    assert ("order_statistic", "wait_days_max") in {
        (one.attack, one.column) for one in judged(stratified=rows).findings
    }
    reach = cell("all", "all", None, None) | {"last_contact_median_months": 3.0, "n_need": 40}
    columns = vocabulary().forms["reach"].columns
    reach = {name: value for name, value in reach.items() if name in columns}
    reach["indicator_id"] = "TG02"
    assert found(judged(stratified=rows_of(), reach=[reach])) == set()
    few = reach | {"n_need": None}
    assert ("order_statistic", "all", "all", "last_contact_median_months") in found(
        judged(stratified=rows_of(), reach=[few])
    )


def test_a_column_that_the_form_does_not_have_is_found(released):
    folder = released(stratified=[row | {"true_n": 3} for row in rows_of()])
    assert ("extra_column", "true_n") in attacks(folder)


def test_metadata_of_another_tool_is_found(released):
    folder = released(stratified=rows_of())
    path = folder / "stratified.parquet"
    kept = pq.read_table(path)
    pq.write_table(kept.replace_schema_metadata({"pandas": "{}"}), path)
    assert ("metadata", "pandas") in attacks(folder)


def test_statistics_of_rows_that_were_emptied_are_found(released):
    path = released(stratified=rows_of()) / "stratified.parquet"
    told = pq.read_metadata(path).row_group(0)
    numerator = told.column(pq.read_schema(path).get_field_index("n_numerator")).statistics
    assert attacks(path.parent) == set()
    raw = path.read_bytes()
    least, small = (one.to_bytes(8, "little") for one in (numerator.min, 3))
    path.write_bytes(raw[: len(raw) // 2] + raw[len(raw) // 2 :].replace(least, small))
    assert ("column_statistics", "n_numerator") in attacks(path.parent)


def test_bytes_that_no_column_refers_to_are_found(released):
    folder = released(stratified=rows_of())
    path = folder / "stratified.parquet"
    raw = path.read_bytes()
    footer = int.from_bytes(raw[-8:-4], "little") + 8
    path.write_bytes(raw[:-footer] + b"left behind" * 100 + raw[-footer:])
    assert ("unreferenced_bytes", "") in attacks(folder)


def test_a_number_behind_the_sign_for_hidden_and_a_hidden_part_of_a_page_are_found(released):
    folder = released(stratified=rows_of())
    page = folder / "index.html"
    page.write_text("<p>14 of 60</p><svg><path d='M1 2'/></svg><table><td class='n1'>..</td>")
    assert attacks(folder) == set()
    page.write_text("<svg><text x='12' y='3' fill='#5a6472'>..</text></svg><p fill='3'>..</p>")
    assert attacks(folder) == {("page", "fill")}
    page.write_text("<svg><text data-n='3'>..</text></svg>")
    assert attacks(folder) == {("page", "data-n")}
    page.write_text("<td data-value='3'>..</td><div hidden>3</div><!-- n = 3 -->")
    assert {("page", "data-value"), ("page", "div"), ("page", "comment")} == attacks(folder)


def test_what_a_workbook_does_not_show_is_found(released):
    folder = released(stratified=rows_of())
    book = Workbook()
    book.active["A1"] = "14"
    book.save(folder / "decisions.xlsx")
    assert attacks(folder) == set()
    sheet = book.create_sheet("raw")
    sheet.sheet_state = "hidden"
    book.active["A1"].comment = Comment("n = 3", "x")
    book.active["A2"] = "=raw!A1"
    book.active.row_dimensions[7].hidden = True
    book.defined_names["small"] = DefinedName("small", attr_text="raw!$A$1")
    book.save(folder / "decisions.xlsx")
    told = {one.found for one in audit(read_release(folder)).findings}
    assert len(told) == 5
    assert {"a sheet that is not shown", "a comment", "a defined name"} < told


def test_a_personal_number_is_found_in_every_kind_of_file_and_never_told(released):
    folder = released(stratified=[row | {"geography_name": NUMBER} for row in rows_of()])
    (folder / "index.html").write_text(f"<p>{NUMBER}</p>")
    (folder / "CHANGES.md").write_text("912121-1212 1912121213")
    verdict = audit(read_release(folder))
    files = {one.file for one in verdict.findings if one.attack == "personal_number"}
    assert files == {"stratified.parquet", "index.html"}
    assert NUMBER[2:] not in json.dumps(verdict.told())


def test_a_database_that_shows_what_the_files_hide_is_found(released):
    folder = released(stratified=rows_of())
    with duckdb.connect(str(folder / "equity.duckdb")) as connection:
        connection.execute("create schema mart; create schema scratch")
        connection.execute("create table scratch.raw as select 3 as n")
        connection.register("told", table(rows_of(RECTANGLE - {SMALL})))
        connection.execute("create table mart.stratified as select * from told")
    told = attacks(folder)
    assert {("small", "numerator"), ("extra_column", "raw")} <= told


def test_one_new_person_between_two_nights_is_found(released):
    before = released("before", stratified=rows_of())
    more = {key: (n + 1, m + 1) if "all" in key else (n, m) for key, (n, m) in TRUTH.items()}
    verdict = audit(read_release(released("now", stratified=rows_of(truth=more)), before))
    assert ("differencing", "all", "all", "denominator") in found(verdict)
    same = audit(read_release(released("again", stratified=rows_of()), before))
    assert same.findings == ()


def test_two_patterns_of_the_same_data_give_the_hidden_count(released):
    other = frozenset(
        (level, sex) for level in ("pre_secondary", "post_secondary") for sex in ("female", "male")
    )
    before = released("before", stratified=rows_of(other))
    verdict = audit(read_release(released("now", stratified=rows_of()), before))
    assert ("earlier_release", *SMALL, "numerator") in found(verdict)


@pytest.mark.parametrize("broken", ["not parquet", "of no form", "absent", "no folder", "manifest"])
def test_a_release_that_cannot_be_read_whole_is_not_judged(released, broken):
    folder = released(stratified=rows_of())
    if broken == "not parquet":
        (folder / "gap.parquet").write_bytes(b"PAR1")
    if broken == "of no form":
        raw = (folder / "stratified.parquet").read_bytes()
        (folder / "more.parquet").write_bytes(raw)
    if broken == "absent":
        (folder / "SHA256SUMS").write_text("00  gap.parquet\n")
    if broken == "no folder":
        folder = folder / "nowhere"
    if broken == "manifest":
        (folder / "datapackage.json").write_text("{")
    with pytest.raises(CouldNotJudge):
        read_release(folder)


def test_the_limits_stand_in_the_manifest(released):
    folder = released(stratified=[cell("all", "all", 30, 12)])
    assert attacks(folder) == set()
    run = {"smallest_count": 15, "smallest_denominator": 40}
    (folder / "datapackage.json").write_text(json.dumps({"run": run}))
    assert attacks(folder) == {
        ("small", "numerator"),
        ("small", "denominator"),
        ("small", "persons"),
    }


QUARTERS = [date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1), date(2024, 10, 1),
            date(2025, 1, 1), date(2025, 4, 1)]  # fmt: skip
MISSED = {"all": (103, 121, 140, 155, 160), "female": (3, 21, 40, 55, 60)}


def window(first: int, hidden: Collection[int]) -> list[Row]:
    """Return a year and its quarters of all and of women, some quarters of these hidden."""
    ends = QUARTERS[first : first + 5]
    told = []
    for sex, missed in MISSED.items():
        n = 1_800 if sex == "all" else 900
        in_year = 4 * n, sum(missed[first : first + 4])
        told.append(cell("all", sex, *in_year, period_start=ends[0], period_end=ends[-1]))
        for number in range(first, first + 4):
            span = {"period_start": QUARTERS[number], "period_end": QUARTERS[number + 1]}
            none = sex == "female" and number in hidden
            told.append(cell("all", sex, n, missed[number], hidden=none, **span))
    return told


@pytest.mark.parametrize("beside", [(), (4,)])
def test_a_quarter_that_two_windows_share_is_found_where_the_second_gives_it(released, beside):
    """It protects a small one in the year before, which only the earlier release tells of."""
    before = released("before", stratified=window(0, (0, 1)))
    now = released("now", stratified=window(1, (1, *beside)))
    assert audit(read_release(before)).findings == audit(read_release(now)).findings == ()
    together = audit(read_release(now, before)).findings
    assert {(one.attack, one.key.period_start[:10]) for one in together} == (
        set() if beside else {("earlier_release", "2024-01-01")}
    )
