"""The published database describes itself in both languages and opens in older clients."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import duckdb
import pyarrow as pa
import pytest

from equity_pipeline.extracts.database import build_database
from equity_pipeline.vocabulary import vocabulary

CATALOGUE = pa.table({"indicator_id": ["VT01"], "indicator_name_sv": ["Bedömning inom 3 dagar"]})
READ = """
import duckdb, sys
c = duckdb.connect(sys.argv[1], read_only=True)
print(duckdb.__version__, len(c.execute("select * from mart.gap('VT01')").fetchall()),
      c.execute("select count(*) from mart.stratified_headline where value > 0").fetchone()[0],
      c.execute("select count(*) from duckdb_columns() where comment like '% | %'").fetchone()[0],
      len(c.execute("select * from mart.strata('VT01', dim := 'sex')").fetchall()))
"""

# a table of what is packed in ways that leave gaps: names, fractions, counts, empty fields
BUILD = """
import hashlib, sys
from pathlib import Path
import duckdb
from equity_pipeline.extracts.database import build
rows = duckdb.sql(
    "select i, 'unit ' || (i % 500) as name, case when i % 3 > 0 then i * 0.37 end as value, "
    "case when i % 7 > 0 then i % 1000 end as n from range(150000) t(i)"
).to_arrow_table()
build._fill = lambda con, tables, references: build._table(con, "rows", rows)
made = build.build_database({"gap": None}, rows, {"run_id": "run-1"}, Path(sys.argv[1]))
print(hashlib.sha256(made.read_bytes()).hexdigest())
"""


@pytest.fixture
def path(disclosed, tmp_path):
    """A published database under another name than it was built with."""
    made = build_database(disclosed().tables, CATALOGUE, {"run_id": "run-1"}, tmp_path)
    return made.rename(tmp_path / "equity_2024.duckdb")


@pytest.fixture
def ask(path):
    """Ask it."""
    with duckdb.connect(path, read_only=True) as con:
        yield lambda query: con.execute(query).fetchall()


def test_tables_views_and_macros_answer_under_any_file_name(ask):
    assert ask("select level, value from mart.stratified_headline order by level") == [
        ("all", 0.5), ("female", 0.5), ("male", 0.5),
    ]  # fmt: skip
    assert ask("select gap_harm from mart.gap('VT01')") == [(0.1,)]
    assert ask("select gap_harm from mart.gap_headline") == [(0.1,)]
    assert ask("select count(*) from mart.gap('VT03')") == [(0,)]
    assert ask("select readiness from quality.readiness") == [("green",)]
    assert ask("select value from meta.run where fact = 'run_id'") == [("run-1",)]
    assert ask("select label_sv from ref.levels where level = 'female'") == [("Kvinnor",)]


def test_a_macro_takes_one_dimension_where_it_is_named(ask):
    assert ask("select level, value from mart.strata('VT01', dim := 'total')") == [("all", 0.5)]
    assert ask("select count(*) from mart.strata('VT01')") == [(3,)]
    assert ask("select count(*) from mart.gap('VT01', dim := 'education')") == [(0,)]


def test_the_catalogue_joins_by_the_same_name_and_holds_no_lists(disclosed, tmp_path):
    rows = pa.table({"id": ["VT01"], "sv": ["Bedömning"], "target_area": [["M1", "M2"]]})
    made = build_database(disclosed().tables, rows, {"run_id": "run-1"}, tmp_path)
    with duckdb.connect(made, read_only=True) as con:
        joined = "select target_area, gap_harm from mart.gap join ref.indicators using"
        assert con.execute(f"{joined} (indicator_id)").fetchall() == [("M1, M2", 0.1)]


def test_how_much_is_shown_is_counted_by_table(ask):
    assert ask("select n_table_rows from quality.value_status where table_name = 'gap'") == [(1,)]


def test_every_published_column_is_commented_in_swedish_and_english(ask):
    bare = "select table_name, column_name from duckdb_columns() where not internal"
    assert ask(f"{bare} and (comment is null or comment not like '% | %')") == []
    got = ask("select comment from duckdb_columns() where table_name = 'gap' "
              "and column_name = 'gap_harm'")  # fmt: skip
    label = vocabulary().columns["gap_harm"].label
    assert got[0][0].startswith(f"{label.sv} | {label.en}")


def test_every_table_view_and_macro_is_commented(ask):
    for kind in ("tables", "views"):
        bare = f"select {kind[:-1]}_name from duckdb_{kind}() where not internal"
        assert ask(f"{bare} and (comment is null or comment not like '% | %')") == []
    macros = "select function_name from duckdb_functions() where schema_name = 'mart'"
    assert ask(f"{macros} and comment like '% | %' order by 1") == [
        ("gap",), ("strata",), ("stratified",),
    ]  # fmt: skip


def test_the_dictionary_holds_every_published_column(ask):
    lacking = """
        select column_name from duckdb_columns()
        where schema_name = 'mart' and table_name in ('gap', 'stratified', 'readiness')
        except select column_name from meta.dictionary"""
    assert ask(lacking) == []


def test_how_to_lines_name_each_tool(ask):
    assert {tool for (tool,) in ask("select tool from meta.how_to")} >= {
        "python", "r", "cli", "dbeaver",
    }  # fmt: skip


def test_the_lines_of_sql_in_the_database_answer(path, tmp_path):
    with duckdb.connect(path, read_only=True) as con:
        lines = con.execute("select line from meta.how_to where tool = 'sql'").fetchall()
        here = [line for (line,) in lines if not re.search(r"mart\.(trend|steps|units)|copy", line)]
        assert len(here) == 4
        for line in here:
            con.execute(line).fetchall()


def test_the_same_tables_give_the_same_bytes_in_every_process(disclosed, tmp_path):
    hashes = set()
    for number, seed in enumerate(("1", "2", "3")):
        folder = tmp_path / f"made{number}"
        folder.mkdir()
        told = subprocess.run(
            [sys.executable, "-c", BUILD, str(folder)],
            env=os.environ | {"PYTHONHASHSEED": seed, "MALLOC_PERTURB_": str(17 * number + 1)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        hashes.add(told.stdout.split()[-1])
    assert len(hashes) == 1


def test_the_file_has_the_storage_format_of_1_2_and_no_open_log(ask, path):
    tags = ask("select tags from duckdb_databases() where not internal")[0][0]
    assert tags["storage_version"].startswith("v1.2.0")
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name]


@pytest.mark.long
def test_clients_of_1_2_and_1_4_and_1_5_read_it(path):
    clients = [p for p in os.environ.get("EQUITY_OLD_DUCKDB_PYTHONS", "").split(os.pathsep) if p]
    if not clients:
        pytest.skip("EQUITY_OLD_DUCKDB_PYTHONS is not set: `make test-long` installs older clients")
    told = []
    for python in clients:
        command = [python, "-c", READ, str(path)]
        told.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert sorted(one.split()[0].rsplit(".", 1)[0] for one in told) == ["1.2", "1.4", "1.5"]
    assert {tuple(one.split()[1:3]) for one in told} == {("1", "3")}
    assert {one.split()[4] for one in told} == {"2"}
    assert all(int(one.split()[3]) > 100 for one in told)
