"""What the page about queries tells people to paste works on a published database."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from .notebook_release import write_release

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "query.md").read_text("utf-8")
FENCED = re.compile(r"```(\w+)\n(.*?)```", re.S)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


def blocks(language: str) -> list[str]:
    return [text for said, text in FENCED.findall(PAGE) if said == language]


def test_every_query_of_the_page_gives_rows(release: Path) -> None:
    with duckdb.connect(release / "equity.duckdb", read_only=True) as con:
        queries = blocks("sql")
        assert len(queries) == 4
        assert all(len(con.execute(query).fetchall()) > 0 for query in queries)


def test_the_lines_for_python_give_a_table(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = blocks("python")
    setup, _, last = block.strip().replace("VT01", "BR02").rpartition("\n")
    monkeypatch.chdir(release)
    names: dict[str, object] = {}
    exec(setup, names)
    table = eval(last, names)
    assert list(table["gap_harm"]) == [0.129]


def test_the_command_line_and_r_ask_for_what_is_there(release: Path) -> None:
    asked = re.findall(r'"(from mart[^"]*)"', "\n".join([*blocks("sh"), *blocks("r")]))
    assert len(asked) == 2
    with duckdb.connect(release / "equity.duckdb", read_only=True) as con:
        for query in asked:
            con.execute(query).fetchall()


def test_every_macro_of_the_page_is_in_the_database_or_needs_a_table_that_is_not(
    release: Path,
) -> None:
    told = set(re.findall(r"`mart\.(\w+)\(", PAGE))
    with duckdb.connect(release / "equity.duckdb", read_only=True) as con:
        listed = "select distinct function_name from duckdb_functions() where schema_name = 'mart'"
        made = {name for (name,) in con.execute(listed).fetchall()}
    assert told - made == {"trend", "units"}
