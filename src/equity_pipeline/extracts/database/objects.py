"""Views and macros of the published database, read from ``sql/published``.

A table macro may bear the name of a table: ``mart.gap`` is the table and ``mart.gap('VT01')`` the
macro, in 1.2, 1.4, 1.5 and 2.0 alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts.database.comments import comment, comment_columns
from equity_pipeline.vocabulary import Label, vocabulary
from equity_pipeline.warehouse.models import sql_folder

QUALITY_FORMS = ("readiness", "checks", "deliveries")
STATUS_VIEW = "quality.value_status"
STATUS_WORDS = Label(
    "Hur många rader av varje tabell som redovisas, och varför övriga inte gör det",
    "How many rows of each table are shown, and why the others are not",
)
NEEDED = ("about", "about_sv", "grain", "of")
HEADER = re.compile(r"-- (\w+): (.+)")


@dataclass(frozen=True, slots=True)
class Published:
    """One view or macro: its name, words, the form that it reads, its parameters and its query."""

    name: str
    label: Label
    form: str
    takes: str
    sql: str
    path: Path


def make_objects(con: duckdb.DuckDBPyConnection, forms: list[str]) -> None:
    """Make the views and macros whose tables are there, with their comments.

    Raises
    ------
    WarehouseError
        If a file lacks a line of its head, or is no select over the tables of ``mart``.
    """
    for form in QUALITY_FORMS:
        if form in forms:
            con.execute(f"create view quality.{form} as select * from mart.{form}")
            comment(con, f"view quality.{form}", vocabulary().forms[form].label)
            comment_columns(con, f"quality.{form}")
    if forms:
        _status(con, forms)
    for one in published("views"):
        if one.form in forms:
            _make(con, one, f"create view mart.{one.name} as")
            comment(con, f"view mart.{one.name}", one.label)
            comment_columns(con, f"mart.{one.name}")
    for one in published("macros"):
        if one.form in forms:
            _make(con, one, f"create macro mart.{one.name}({one.takes}) as table")
            comment(con, f"macro table mart.{one.name}", one.label)


def published(folder: str) -> list[Published]:
    """Return what a folder of ``sql/published`` holds, in order of name; views read tables first.

    Examples
    --------
    >>> [one.name for one in published("views")][:2]
    ['gap_headline', 'gap_latest']
    """
    return [_read(path) for path in sorted((sql_folder() / "published" / folder).glob("*.sql"))]


def _read(path: Path) -> Published:
    text = path.read_text("utf-8")
    head = dict(HEADER.findall(text))
    lacking = [name for name in NEEDED if name not in head]
    if lacking:
        raise WarehouseError(
            f"The file has no line '-- {lacking[0]}: ...' in its head.",
            where=str(path),
            mend="begin the file with about, about_sv, grain and of, the form that it reads",
        )
    label = Label(head["about_sv"], head["about"])
    return Published(path.stem, label, head["of"], head.get("takes", ""), text, path)


def _make(con: duckdb.DuckDBPyConnection, one: Published, head: str) -> None:
    try:
        con.execute(f"{head} {one.sql}")
    except duckdb.Error as error:
        raise WarehouseError(
            f"The published object cannot be made: {error}",
            where=str(one.path),
            mend="a file of sql/published is one select over the tables of mart",
        ) from None


def _status(con: duckdb.DuckDBPyConnection, forms: list[str]) -> None:
    parts = " union all ".join(
        f"select '{name}' as table_name, value_status, count(*) as n_table_rows "  # names of forms
        f"from mart.{name} group by value_status"
        for name in forms
    )
    con.execute(f"create view {STATUS_VIEW} as select * from ({parts}) order by all")
    comment(con, f"view {STATUS_VIEW}", STATUS_WORDS)
    comment_columns(con, STATUS_VIEW)
