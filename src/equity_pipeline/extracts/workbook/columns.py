"""Which columns and rows of a form stand in a sheet, and the Swedish words for what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.errors import DeclarationError
from equity_pipeline.vocabulary import LONG_PERIODS, TOTAL, Column, Form, vocabulary

#: what is for those who compute further, or is the same in every row: it stands in the files
TECHNICAL = frozenset(
    {
        *("run_id", "definition_hash", "indicator_version", "disclosure_tier", "area_vintage"),
        *("period_kind", "definition_status", "standard_population", "cluster_unit"),
        *("test_family", "bounds_from", "bounds_indicator_id", "bounds_level"),
        "structure_dimension",
    }
)
#: tables that are about time keep all their periods
OF_TIME = frozenset({"trend", "run_chart", "programme_effect"})
#: what is of units, areas or files, and not of the region
NOT_OF_REGION = frozenset(
    {
        *("unit_variation", "run_chart", "programme_balance", "area_description"),
        *("area_priority", "area_classification", "checks", "deliveries"),
    }
)
#: levels of a dimension, which stand in words, with the column that names the dimension
LEVELS = {
    **dict.fromkeys(
        ("level", "focus_level", "reference_level", "bounds_level", "scenario_level",
         "worse_off_level"),
        "dimension",
    ),
    "strat2_level": "strat2_dimension",
    "population_level": "population_dimension",
    "within_focus_level": "within_dimension",
    "within_reference_level": "within_dimension",
}  # fmt: skip
DIMENSIONS = frozenset(("dimension", "structure_dimension", *LEVELS.values()))
#: codes that stand in words although the files may hold others than the list knows
IN_WORDS = frozenset({"geography_level", "unit_of_measure", "need_model", "approach_code"})
#: what a row is about stands before its period, and stays in sight
NAMED_FIRST = ("indicator_id", "indicator_name_sv")
SEEN = timedelta(days=731)  # two years of months: a chart needs twenty to say anything
LONGEST_NAME = 31
LETTERS = "abcdefghij"  # after the number of a form's code
NOT_IN_NAMES = str.maketrans("", "", "[]:*?/\\'")


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column of a sheet: the column that it shows, and its Swedish heading."""

    column: Column
    heading: str


@dataclass(frozen=True, slots=True)
class SheetTable:
    """One table as it stands in a sheet.

    Attributes
    ----------
    form
        The form that it is taken from.
    name
        The sheet's name, at most 31 characters.
    columns
        Its columns in order.
    rows
        The chosen rows of the disclosed table, with all their columns.
    """

    form: Form
    name: str
    columns: tuple[SheetColumn, ...]
    rows: pa.Table

    def values(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as they stand in the sheet: codes as Swedish words."""
        return zip(*(_shown(one.column, self.rows) for one in self.columns), strict=True)

    def units(self) -> list[str | None]:
        """Return the unit of measure of each row; None where the table has none."""
        if "unit_of_measure" not in self.rows.column_names:
            return [None] * self.rows.num_rows
        return list(self.rows["unit_of_measure"].to_pylist())


def working(table: DisclosedTable, *, of_unit: bool = False) -> SheetTable:
    """Return a form as it stands in the working file.

    Each indicator's newest whole period with its own adjustment; tables about time keep their
    periods, charts by month the last two years. The region's file has the groups of the region and
    each place as a whole; a unit's own has its groups. What else there is stands in the parquet
    files and the database.
    """
    rows = _newest(table.form, _headline(table.data))
    if table.form == "stratified" and not of_unit:
        of_region = pc.equal(rows["geography_level"], "region")
        rows = rows.filter(pc.or_(of_region, pc.equal(rows["dimension"], TOTAL)))
    if table.form == "run_chart" and rows.num_rows:
        rows = rows.filter(
            pc.greater(rows["period_end"], pc.max(rows["period_end"]).as_py() - SEEN)
        )
    return _sheet(table, rows)


def published(table: DisclosedTable) -> SheetTable:
    """Return a form as it stands in the published file: the region, the declared contrasts."""
    rows = _newest(table.form, _headline(table.data))
    if "geography_level" in rows.column_names:
        rows = rows.filter(pc.equal(rows["geography_level"], "region"))
    if "is_declared_contrast" in rows.column_names:
        rows = rows.filter(pc.fill_null(rows["is_declared_contrast"], False))
    return _sheet(table, rows)


def _headline(rows: pa.Table) -> pa.Table:
    if "is_headline" not in rows.column_names:
        return rows
    return rows.filter(pc.fill_null(rows["is_headline"], False))


def _newest(form: str, rows: pa.Table) -> pa.Table:
    names = rows.column_names
    if "period_kind" in names:
        whole = pc.is_in(rows["period_kind"], value_set=pa.array(LONG_PERIODS))
        rows = rows.filter(pc.or_(whole, pc.is_null(rows["period_kind"])))
    if form in OF_TIME or not {"period_end", "indicator_id"} <= {*names}:
        return rows
    newest: dict[Any, Any] = {}
    held = list(zip(rows["indicator_id"].to_pylist(), rows["period_end"].to_pylist(), strict=True))
    for one, end in held:
        if end is not None and (one not in newest or end > newest[one]):
            newest[one] = end
    return rows.filter(pa.array([end == newest.get(one) for one, end in held], pa.bool_()))


def _sheet(table: DisclosedTable, rows: pa.Table) -> SheetTable:
    form = vocabulary().forms[table.form]
    return SheetTable(form, sheet_name(form), _columns(form), rows)


def sheet_name(form: Form) -> str:
    """Return what the sheet of a form is called: its code and as much of its name as Excel takes.

    Examples
    --------
    >>> sheet_name(vocabulary().forms["gap"]), sheet_name(vocabulary().forms["area_priority"])
    ('T2 Skillnadssammanställning', 'T9b Områden med lågt resultat…')
    """
    name = f"{form.code} {form.label.sv}".translate(NOT_IN_NAMES)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 1].rstrip(' ,')}…"


def _columns(form: Form) -> tuple[SheetColumn, ...]:
    names = [name for name in form.columns if _stands(name, form.columns)]
    names.sort(key=lambda name: name not in NAMED_FIRST)
    chosen = [vocabulary().column(name) for name in names]
    said = [one.label.sv for one in chosen]
    return tuple(
        SheetColumn(
            one,
            one.label.sv if said.count(one.label.sv) == 1 else f"{one.label.sv} ({one.name})",
        )
        for one in chosen
    )


def _stands(name: str, names: tuple[str, ...]) -> bool:
    """Return whether a column stands in a sheet: no English words, no code beside its words."""
    in_words = {f"{name}_label_sv", f"{name.removesuffix('_level')}_label_sv", f"{name}_name_sv"}
    return not (name in TECHNICAL or name.endswith("_en") or in_words & {*names})


def codes_of(column: Column) -> str | None:
    """Return the code list whose words stand for a column's codes, None where they stay codes.

    Examples
    --------
    >>> codes_of(vocabulary().column("geography_level")), codes_of(vocabulary().column("run_id"))
    ('geography_level', None)
    """
    return column.codes or (column.name if column.name in IN_WORDS else None)


def _shown(column: Column, rows: pa.Table) -> list[Any]:
    held, of = rows[column.name].to_pylist(), LEVELS.get(column.name)
    if of == "dimension" and of not in rows.column_names:
        of = "structure_dimension"
    if column.name in DIMENSIONS:
        named = vocabulary().dimensions
        return [named[one].label.sv if one in named else one for one in held]
    if of in rows.column_names:
        known: dict[tuple[Any, Any], Any] = {}
        return [_level(known, pair) for pair in zip(rows[of].to_pylist(), held, strict=True)]
    codes = codes_of(column)
    if codes is not None:
        words = vocabulary().codes[codes]
        return [words[one].sv if one in words else one for one in held]
    return list(held)


def _level(known: dict[tuple[Any, Any], Any], pair: tuple[Any, Any]) -> Any:
    """Return the words of a level of a dimension; the code where the dictionary has none."""
    if pair not in known:
        dimension, level = pair
        try:
            known[pair] = vocabulary().level_label(dimension, level).sv
        except (KeyError, DeclarationError):
            known[pair] = level
    return known[pair]


def sheets(
    tables: Mapping[str, DisclosedTable], *, to_publish: bool = False, of_unit: bool = False
) -> tuple[SheetTable, ...]:
    """Return the sheets of a workbook in order of the forms' codes.

    Parameters
    ----------
    tables
        The disclosed tables by form.
    to_publish
        Whether they are those of the published file: then tables without a row are left out.
    of_unit
        Whether they are one unit's own.
    """
    codes = {name: form.code.removeprefix("T") for name, form in vocabulary().forms.items()}
    order = {name: (int(one.rstrip(LETTERS)), one) for name, one in codes.items()}
    made = [
        published(tables[form]) if to_publish else working(tables[form], of_unit=of_unit)
        for form in sorted(tables, key=lambda form: (order[form], form))
        if not (to_publish and form in NOT_OF_REGION)
    ]
    return tuple(one for one in made if one.rows.num_rows or not to_publish)
