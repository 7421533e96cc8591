"""The open tier rests on rounded counts alone, and the audit finds whatever tells more."""

from __future__ import annotations

import subprocess
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.audit.audit import audit
from equity_pipeline.audit.release import read_release
from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.extracts.manifest import seal, verify, write_datapackage
from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.extracts.tiers import write_beside
from equity_pipeline.tables.table import PersonCounts, StratifiedTable

PERIOD = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}
FACTS = {"run_id": "run-1"}
# persons, and with the outcome, by level of education and sex; the pre-secondary are few
TRUTH = {
    ("pre_secondary", "female"): (17, 8),
    ("pre_secondary", "male"): (23, 11),
    ("upper_secondary", "female"): (203, 101),
    ("upper_secondary", "male"): (198, 97),
    ("post_secondary", "female"): (151, 83),
    ("post_secondary", "male"): (147, 68),
}


def cells():
    """Yield every cell of the table: levels by sex, and both margins."""
    for levels in ("all", *sorted({level for level, _ in TRUTH})):
        for sex in ("all", "female", "male"):
            held = [
                pair
                for (level, other), pair in TRUTH.items()
                if levels in ("all", level) and sex in ("all", other)
            ]
            n, with_ = (sum(column) for column in zip(*held, strict=True))
            yield levels, sex, n, with_


def through():
    """Return what the door lets through of the table."""
    keys = [
        PERIOD | {"run_id": "run-1", "indicator_id": "VT01", "geography_level": "region",
                  "geography_code": "12", "dimension": "total" if level == "all" else "education",
                  "level": level, "strat2_dimension": "sex" if sex != "all" else "total",
                  "strat2_level": sex, "value_status": "shown", "unit_of_measure": "percent",
                  "n_persons": n, "n_denominator": n, "n_numerator": with_,
                  "value_crude": with_ / n, "value_crude_lower": with_ / n - 0.1,
                  "value_crude_upper": with_ / n + 0.1, "ci_method": "cluster_jackknife_t",
                  "value_std": 0.5, "n_persons_with": with_, "n_persons_without": n - with_}
        for level, sex, n, with_ in cells()
    ]  # fmt: skip
    rows = pa.Table.from_pylist(keys)
    table = StratifiedTable.of("stratified", rows.drop(["n_persons_with", "n_persons_without"]))
    counts = PersonCounts.of(rows)
    kinds = {"VT01": "proportion"}
    return disclose({"stratified": table}, counts, DisclosurePolicy(), kinds=kinds)


@pytest.fixture
def release(tmp_path):
    """A release with its open tier."""
    made = through()
    write_parquet(made.tables["stratified"], tmp_path)
    write_beside(made, tmp_path, FACTS, tiers=("open",))
    write_datapackage(tmp_path, FACTS)
    seal(tmp_path)
    return tmp_path


def shown(folder):
    rows = pq.read_table(folder / "stratified.parquet").to_pylist()
    names = ("n_denominator", "n_numerator", "value_crude", "value_crude_lower", "ci_method")
    return {(row["level"], row["strat2_level"]): tuple(row[name] for name in names) for row in rows}


def test_counts_are_fives_and_shares_are_those_of_the_rounded_counts(release):
    told = shown(release / "open")
    # 83 of 151 and 151 of 298: 0.55 and 0.507 in the release
    assert told["post_secondary", "female"] == (150, 85, 0.57, 0.49, "wilson")
    assert told["post_secondary", "all"] == (300, 150, 0.5, 0.44, "wilson")
    counts = [number for row in told.values() for number in row[:2] if number is not None]
    assert {number % 5 for number in counts} == {0}
    hidden = {key for key, row in told.items() if row[0] is None}
    assert hidden == {key for key, row in shown(release).items() if row[0] is None} != set()


def test_the_open_tier_stands_by_itself(release):
    there = release / "open"
    names = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert names == {
        "stratified.parquet", "csv/stratified.csv", "ordlista.csv", "kodlista.csv",
        "datapackage.json", "CHANGES.md", "SHA256SUMS",
    }  # fmt: skip
    command = ["sha256sum", "-c", "--quiet", "SHA256SUMS"]
    subprocess.run(command, cwd=there, check=True)
    subprocess.run(command, cwd=release, check=True)
    verify(release)
    tiers = pq.read_table(there / "stratified.parquet")["disclosure_tier"].to_pylist()
    assert set(tiers) == {"open"}


def test_the_audit_finds_nothing_in_the_open_tier_nor_in_the_release_around_it(release):
    assert audit(read_release(release / "open")).told()["verdict"] == "clean"
    whole = audit(read_release(release)).told()
    assert (whole["verdict"], whole["findings"]) == ("clean", [])


def planted(release, **columns):
    """Put the values of the release, which are not rounded, into the open tier."""
    path = release / "open" / "stratified.parquet"
    rows = pq.read_table(path)
    true = {key: row for *key, n, with_ in cells() for row in [(n, with_)] for key in [tuple(key)]}
    keys = zip(rows["level"].to_pylist(), rows["strat2_level"].to_pylist(), strict=True)
    told = [true[key] for key in keys]
    for name, value in columns.items():
        place, field = rows.schema.get_field_index(name), rows.schema.field(name)
        is_shown = [n is not None for n in rows["n_denominator"].to_pylist()]
        values = [value(*pair) if held else None for pair, held in zip(told, is_shown, strict=True)]
        rows = rows.set_column(place, field, pa.array(values, field.type))
    pq.write_table(rows, path)
    seal(release)
    return {(one.attack, one.column) for one in audit(read_release(release)).findings}


@pytest.mark.parametrize(
    ("found", "columns"),
    [
        ("unrounded_share", {"value_crude": lambda n, with_: with_ / n}),
        ("unrounded_share", {"value_crude": lambda n, with_: round(with_ / n, 3)}),
        ("unrounded_share", {"value_crude_upper": lambda n, with_: round(with_ / n + 0.1, 2)}),
        ("not_rounded", {"n_numerator": lambda n, with_: with_}),
        ("not_rounded", {"n_persons": lambda n, with_: n}),
        ("number_of_another_tier", {"value_std": lambda n, with_: 0.5}),
    ],
)
def test_what_tells_more_than_the_rounded_counts_is_found(found, columns, release):
    assert (found, next(iter(columns))) in planted(release, **columns)


def test_a_leak_in_the_open_tier_is_told_with_its_file_in_the_release(release):
    planted(release, value_crude=lambda n, with_: with_ / n)
    findings = audit(read_release(release)).findings
    assert {one.file for one in findings} == {"open/stratified.parquet"}


def test_a_row_in_the_history_that_no_table_tells_of_is_read(release):
    path = release / "history" / "period=2024" / "stratified.parquet"
    assert [one.file for one in read_release(release).sources] == ["stratified.parquet"]
    rows = pq.read_table(path)
    place = rows.schema.get_field_index("n_denominator")
    few = pa.array([3] * rows.num_rows, pa.int64())
    pq.write_table(rows.set_column(place, rows.schema.field(place), few), path)
    found = audit(read_release(release)).findings
    assert ("under_flag", "history/period=2024/stratified.parquet") in {
        (one.attack, one.file) for one in found
    }
