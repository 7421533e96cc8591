"""What the published database tells a reader about itself: words from the vocabulary, first lines.

The words are in Swedish and English; nothing here is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from equity_pipeline.vocabulary import ALL, Label, vocabulary

SCHEMAS = (
    ("mart", "Tabellerna T0-T12, vyer och makron", "The tables T0-T12, views and macros"),
    ("ref", "Indikatorer, dimensioner, koder, områden", "Indicators, dimensions, codes, areas"),
    ("quality", "Datakvalitet och täckning", "Readiness of the data"),
    ("meta", "Körningen, ordlistan, hur man läser", "The run, the dictionary, how to read"),
)
LATEST = "from mart.gap_latest where indicator_id = 'VT01'"
HOW_TO = (
    ("python", f"duckdb.connect('equity.duckdb', read_only=True).sql(\"{LATEST}\").df()"),
    (
        "r",
        "con <- dbConnect(duckdb::duckdb(), 'equity.duckdb', read_only = TRUE); "
        f'dbGetQuery(con, "{LATEST}")',
    ),
    ("cli", f'duckdb -readonly equity.duckdb "{LATEST}"'),
    ("dbeaver", f"access_mode = READ_ONLY; driver 1.2 or later; select * {LATEST}"),
    ("parquet", "duckdb -c \"from 'gap.parquet' where indicator_id = 'VT01'\""),
)


def both(label: Label) -> str:
    """Return both languages in one comment.

    Examples
    --------
    >>> both(Label("Kön", "Sex"))
    'Kön | Sex'
    """
    return f"{label.sv} | {label.en}"


def dimensions() -> pa.Table:
    """Return each dimension with its family, declared contrast and names."""
    rows = [
        {
            "dimension": one.name,
            "family": one.family,
            "ses_measurement_level": one.level,
            "focus_level": one.focus,
            "reference_level": one.reference,
            "focus_rule": one.focus_rule,
            "is_ordered": one.ordered,
            "label_sv": one.label.sv,
            "label_en": one.label.en,
            "dimension_order": one.label.order,
        }
        for one in vocabulary().dimensions.values()
    ]
    return pa.Table.from_pylist(rows)


def levels() -> pa.Table:
    """Return each level of each dimension with its names and place."""
    words = vocabulary()
    rows = [
        {"dimension": name, "level": code, **_words(words.level_label(name, code))}
        for name in words.dimensions
        for code in words.levels(name)
        if code != ALL or name == "total"
    ]
    return pa.Table.from_pylist(rows)


def codes() -> pa.Table:
    """Return every code list with its codes and their names."""
    rows = [
        {"code_list": name, "code": code, **_words(label)}
        for name, labels in vocabulary().codes.items()
        for code, label in labels.items()
    ]
    return pa.Table.from_pylist(rows)


def code_list() -> pa.Table:
    """Return every code with its names: those of columns, then the levels of each dimension.

    Examples
    --------
    >>> held = code_list().to_pylist()
    >>> [one["label_sv"] for one in held if (one["code_list"], one["code"]) == ("sex", "female")]
    ['Kvinnor']
    """
    of_columns = codes()
    known = set(of_columns["code_list"].to_pylist())
    rows = [
        {"code_list": row["dimension"], "code": row["level"]}
        | {name: row[name] for name in ("label_sv", "label_en", "label_order")}
        for row in levels().to_pylist()
        if row["dimension"] not in known
    ]
    return pa.concat_tables([of_columns, pa.Table.from_pylist(rows, of_columns.schema)])


def table_register() -> pa.Table:
    """Return each table form with owner competence, readers, source, rhythm and key.

    Examples
    --------
    >>> {row["table_name"]: row["owner_competence"] for row in table_register().to_pylist()}["gap"]
    'epidemiology'
    """
    held = vocabulary()
    rows = [
        {
            "table_name": one.name,
            "form_code": one.code,
            "label_sv": one.label.sv,
            "label_en": one.label.en,
            "owner_competence": one.owner,
            "owner_sv": held.label("competence", one.owner).sv,
            "owner_en": held.label("competence", one.owner).en,
            "readers_sv": one.readers.sv,
            "readers_en": one.readers.en,
            "source_sv": one.source.sv,
            "source_en": one.source.en,
            "rhythm_sv": held.label("rhythm", one.rhythm).sv,
            "rhythm_en": held.label("rhythm", one.rhythm).en,
            "key_columns": ", ".join(one.key),
        }
        for one in held.forms.values()
    ]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["table_name"]))


def _words(label: Label) -> dict[str, object]:
    return {"label_sv": label.sv, "label_en": label.en, "label_order": label.order}


def schemas() -> pa.Table:
    """Return what each schema holds (DuckDB has no comments on schemas)."""
    return pa.Table.from_pylist(
        [{"schema_name": name, "label_sv": sv, "label_en": en} for name, sv, en in SCHEMAS]
    )


def run_facts(facts: Mapping[str, object]) -> pa.Table:
    """Return the run's facts, one a row.

    Examples
    --------
    >>> run_facts({"run_id": "abc"}).to_pylist()
    [{'fact': 'run_id', 'value': 'abc'}]
    """
    names = sorted(facts)
    values = ["" if facts[name] is None else str(facts[name]) for name in names]
    return pa.table({"fact": pa.array(names, pa.string()), "value": pa.array(values, pa.string())})


def dictionary(forms: Iterable[str]) -> pa.Table:
    """Return every column of the published forms with type, unit, names and codes."""
    words = vocabulary()
    rows = []
    for form in forms:
        for place, name in enumerate(words.forms[form].columns, start=1):
            column = words.column(name)
            rows.append(
                {
                    "table_name": form,
                    "column_name": name,
                    "column_order": place,
                    "column_type": column.type,
                    "column_unit": column.unit,
                    "label_sv": column.label.sv,
                    "label_en": column.label.en,
                    "code_list": column.codes,
                    "is_key": name in words.forms[form].key,
                }
            )
    return pa.Table.from_pylist(rows)
