"""Prints the register of tables: who answers for each, who reads it, from what, how often."""

from __future__ import annotations

from equity_pipeline.pipeline.printing import NOTE, markdown_table
from equity_pipeline.vocabulary import Form, vocabulary

ABOUT = """Each table has one competence that answers for it. The same register stands in the \
published database as `ref.table_register`."""


def tables_page() -> str:
    """Return the page of the register, in order of the tables' codes.

    Examples
    --------
    >>> "| T2 | `gap` |" in tables_page()
    True
    """
    rows = [_row(one) for one in sorted(vocabulary().forms.values(), key=_place)]
    columns = [
        "Code", "Table", "Namn", "Name", "Owner competence", "Readers", "Source", "Rhythm", "Key",
    ]  # fmt: skip
    return "\n\n".join(["# Table register", NOTE, ABOUT, markdown_table(columns, rows)]) + "\n"


def _place(one: Form) -> tuple[int, str, str]:
    digits = "".join(sign for sign in one.code if sign.isdigit())
    return int(digits or 0), one.code, one.name


def _row(one: Form) -> list[str]:
    held = vocabulary()
    return [
        one.code,
        f"`{one.name}`",
        one.label.sv,
        one.label.en,
        held.label("competence", one.owner).en,
        one.readers.en,
        one.source.en,
        held.label("rhythm", one.rhythm).en,
        ", ".join(f"`{name}`" for name in one.key),
    ]
