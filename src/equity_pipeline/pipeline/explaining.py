"""Explains an indicator: definition, the SQL that counts it, and its first rows."""

from __future__ import annotations

from typing import Any

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.explain import explain as first_rows
from equity_pipeline.indicators.explain import indicator_sql
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.database import open_person

FIRST = 5
NO_ROWS = "No rows yet: run `equity demo`, or `equity run`, and explain again with --out."


def explain(indicator_id: str, settings: Settings) -> dict[str, Any]:
    """Return the definition, SQL and first counted rows of an indicator; counts, never persons.

    Raises
    ------
    DeclarationError
        If no such indicator is declared.
    """
    one = load_catalogue(settings.run.declared)[indicator_id]
    definition = {
        "id": one.id,
        "namn": one.sv,
        "name": one.en,
        "definition": one.definition_en,
        "definition (sv)": one.definition_sv,
        "kind": f"{one.kind}, {one.unit}, better when {one.direction}",
        "limit": one.mid if one.mid is not None else f"{one.mid_relative} of the reference",
        "adjusters": f"{one.adjusters}: headline is {one.headline_adjustment}",
        "never adjusted for": ", ".join(one.never_adjust) or "the list that holds for all",
        "evidence": one.evidence_ref,
        "version": f"{one.indicator_version}, {one.definition_hash}",
    }
    rows: list[dict[str, Any]] = []
    if settings.person_database.exists():
        with open_person(settings, read_only=True) as connection:
            [(built,)] = connection.execute(
                "select count(*) from duckdb_tables() "
                "where schema_name = 'mart' and table_name = $1",
                [one.fact],
            ).fetchall()
            if built:
                rows = [dict(row) for row in first_rows(connection, one, FIRST)]
    return {
        "definition": definition,
        "sql": indicator_sql(one),
        "rows": rows,
        "note": "" if rows else NO_ROWS,
    }
