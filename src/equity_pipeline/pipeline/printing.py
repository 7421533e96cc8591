"""Prints the manual's tables from the declarations and the dictionary; nothing is written twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from equity_pipeline.errors import DeclarationError
from equity_pipeline.extracts.readers import HOW_TO
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.not_computed import not_computed
from equity_pipeline.vocabulary import Column, Dimension, Entity, Form, Label, vocabulary

NOTE = "<!-- Printed by `make docs` from the declarations and the dictionary; change those. -->"
# how each tool is called in the manual, its colouring, and the line that must stand before
TOOLS = {
    "python": ("Python", "python", "import duckdb\n"),
    "r": ("R", "r", "library(DBI)\n"),
    "cli": ("DuckDB's command line", "sh", ""),
    "dbeaver": ("DBeaver", "text", ""),
    "parquet": ("The extracts, without the database", "sh", ""),
}


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table.

    Examples
    --------
    >>> print(markdown_table(["a", "b"], [(1, "x|y")]))
    | a | b |
    |---|---|
    | 1 | x\\|y |
    """
    told = [_row(columns), "|" + "---|" * len(columns), *(_row(row) for row in rows)]
    return "\n".join(told)


def indicator_table() -> str:
    """Return the short table of indicators, as it stands in the README."""
    return markdown_table(
        ["Id", "Namn", "Name", "Unit", "Better when", "Version"],
        (
            (one.id, one.sv, one.en, _unit(one), one.direction, one.version)
            for one in load_catalogue().select()
        ),
    )


def exit_code_table() -> str:
    """Return the exit codes with what each means."""
    held = vocabulary().exit_codes
    return markdown_table(
        ["Code", "Betydelse", "Meaning"],
        ((code, held[code].sv, held[code].en) for code in sorted(held)),
    )


def how_to_read() -> str:
    """Return the first lines to paste, as the published database carries them itself."""
    blocks = []
    for tool, line in HOW_TO:
        name, language, before = TOOLS[tool]
        blocks.append(f"{name}:\n\n```{language}\n{before}{line}\n```")
    return "\n\n".join(blocks)


def indicators_page(extra: Sequence[Path] = ()) -> str:
    """Return every indicator with its definition in both languages, version and hash.

    ``extra`` are declarations that a region adds.
    """
    parts = [
        "# Indicators",
        NOTE,
        "Comparable across units and years while version and hash stand.",
    ]
    held = load_catalogue(extra).select()
    for domain, (prefix, label) in vocabulary().domains.items():
        chosen = [one for one in held if one.domain == domain]
        if chosen:
            parts.append(f"## {prefix} {label.sv} | {label.en}")
            parts.extend(_indicator(one) for one in chosen)
    parts += ["## Ännu inte beräknade | Not computed yet", _not_computed()]
    return "\n\n".join(parts) + "\n"


def indicators_csv(extra: Sequence[Path] = ()) -> str:
    """Return the catalogue as CSV: one row an indicator, with version and hash.

    ``extra`` are declarations that a region adds.
    """
    rows = load_catalogue(extra).table()
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _flat(value) for name, value in row.items()})
    return made.getvalue()


def dictionary_page() -> str:
    """Return the data dictionary: forms, dimensions, delivered entities, columns and codes."""
    held = vocabulary()
    parts = [
        "# Data dictionary",
        NOTE,
        "A column has one meaning everywhere. `x_lower` and `x_upper` are the limits of the 95 % "
        "interval of `x`. Values in per cent are shares between 0 and 1.",
        "## Published tables",
        *(_form(one) for one in held.forms.values()),
        "## Dimensions",
        _dimensions(held.dimensions.values()),
        "## Delivered entities",
        "Columns in **bold** must be delivered and filled.",
        *(_entity(one) for one in held.entities.values()),
        "## Columns",
        _columns(held.columns.values()),
        "## Codes",
        *(_codes(name, labels) for name, labels in held.codes.items()),
    ]
    return "\n\n".join(parts) + "\n"


def embedded(text: str, parts: Mapping[str, str]) -> str:
    """Return a text with each part put between its marks ``<!-- name:begin -->`` and ``:end``.

    Raises
    ------
    DeclarationError
        If the text lacks a mark.

    Examples
    --------
    >>> embedded("<!-- a:begin --> old <!-- a:end -->", {"a": "new"})
    '<!-- a:begin -->\\nnew\\n<!-- a:end -->'
    """
    for name, part in parts.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise DeclarationError(
                f"The text has no place for {name!r}.", mend=f"add {begin} and {end}"
            )
        text = f"{before}{begin}\n{part}\n{end}{after}"
    return text


def readme_parts() -> dict[str, str]:
    """Return what stands between marks in the README, by the name of its mark."""
    return {
        "indicators": indicator_table(),
        "exit-codes": exit_code_table(),
        "how-to": how_to_read(),
    }


def _indicator(one: Declaration) -> str:
    limit = one.mid if one.mid is not None else f"{one.mid_relative} of the reference's value"
    facts = [
        ("Kind", f"{one.kind}, {_unit(one)}"),
        ("Better when", one.direction),
        ("Minimum important difference", limit),
        ("Adjustment", f"{one.adjusters}: the headline is `{one.headline_adjustment}`"),
        ("Never adjusted for", ", ".join(one.never_adjust)),
        ("Source", one.evidence_ref),
        ("Version and hash", f"`{one.indicator_version}` `{one.definition_hash}`"),
    ]
    return "\n\n".join(
        [
            f"### {one.id} {one.sv} | {one.en}",
            one.definition_sv,
            one.definition_en,
            "\n".join(f"- {name}: {value}" for name, value in facts if value),
        ]
    )


def _not_computed() -> str:
    rows = [
        (one.id, one.label.sv, one.label.en, one.needs.sv, one.needs.en) for one in not_computed()
    ]
    return markdown_table(["Id", "Namn", "Name", "Vad som saknas", "What is missing"], rows)


def _unit(one: Declaration) -> str:
    return vocabulary().label("unit_of_measure", one.unit).en


def _form(one: Form) -> str:
    return "\n\n".join(
        [
            f"### {one.code} `{one.name}`: {one.label.sv} | {one.label.en}",
            f"Key: {_names(one.key)}",
            f"Columns: {_names(one.columns)}",
        ]
    )


def _entity(one: Entity) -> str:
    columns = ", ".join(
        f"**`{name}`**" if name in one.required else f"`{name}`" for name in one.columns
    )
    heading = f"### `{one.name}`: {one.label.sv} | {one.label.en}"
    return "\n\n".join([heading, f"Key: {_names(one.key)}", f"Columns: {columns}"])


def _dimensions(held: Iterable[Dimension]) -> str:
    return markdown_table(
        ["Dimension", "Svenska", "English", "Measured on", "Declared contrast", "Rule", "Codes"],
        (
            (
                f"`{one.name}`",
                one.label.sv,
                one.label.en,
                one.level,
                f"{one.focus} - {one.reference}" if one.focus else "",
                one.focus_rule,
                f"`{one.codes}`",
            )
            for one in held
        ),
    )


def _columns(held: Iterable[Column]) -> str:
    return markdown_table(
        ["Column", "Type", "Unit", "Svenska", "English", "Codes"],
        (
            (
                f"`{one.name}`",
                one.type,
                one.unit,
                one.label.sv,
                one.label.en,
                f"`{one.codes}`" if one.codes else "",
            )
            for one in held
        ),
    )


def _codes(name: str, labels: Mapping[str, Label]) -> str:
    rows = ((f"`{code}`", words.sv, words.en) for code, words in labels.items())
    return f"### `{name}`\n\n{markdown_table(['Code', 'Svenska', 'English'], rows)}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(values: Iterable[object]) -> str:
    cells = (str(value).replace("|", "\\|").replace("\n", " ").strip() for value in values)
    return f"| {' | '.join(cells)} |"


def _flat(value: object) -> object:
    return ";".join(map(str, value)) if isinstance(value, list | tuple) else value
