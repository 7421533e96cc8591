"""SCB's key files: which RegSO and municipality each DeSO lies in, and what changed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import SourceError
from equity_pipeline.settings.workbooks import ScbKeysSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.workbooks.accounts import Account, Ledger
from equity_pipeline.sources.workbooks.figures import Unreadable
from equity_pipeline.sources.workbooks.files import Workbooks, workbooks
from equity_pipeline.sources.workbooks.headings import Found, Headings, find_table, plain
from equity_pipeline.sources.workbooks.reasons import refusals_told, with_rows
from equity_pipeline.sources.workbooks.workbook import Cell, Sheet
from equity_pipeline.vocabulary import vocabulary

SOURCE = "scb_keys"
TITLE = "SCB:s nycklar för DeSO och RegSO"
DESO = re.compile(r"\d{4}[ABC]\d{4}")
REGSO = re.compile(r"\d{4}R\d{3}")
CHANGE = Headings(
    {
        "from": ("Tidigare DeSO",),
        "to": ("DeSO",),
        "type": ("Förändringstyp",),
        "date": ("Datum för förändring",),
        "municipality": ("Kommun",),
        "name": ("Kommunnamn",),
    },
    frozenset({"from", "to", "type", "date"}),
)
Row = Mapping[str, Any]
Rows = tuple[list[Row], list[Row]]


def pull(answers: Answers, settings: ScbKeysSettings, region: str) -> Part:
    """Return the keys of a region's areas as ``area_key``, and their changes as ``area_change``.

    Raises
    ------
    SourceError
        A workbook cannot be fetched or read, or one DeSO lies in two RegSO.
    """
    return read(workbooks(answers, settings, settings.urls), settings, region)


def read(books: Workbooks, settings: ScbKeysSettings, region: str) -> Part:
    """Return the tables of workbooks that are read already."""
    keys: list[Row] = []
    changes: list[Row] = []
    accounts: list[Account] = []
    for name, sheets in books:
        found, account = _read_book(name, sheets, settings, region)
        (changes if found and "change_type" in found[0] else keys).extend(found)
        accounts.append(account)
    tables = {
        "area_key": _table("area_key", keys),
        "area_change": _table("area_change", changes),
    }
    told = tuple(refusals_told(SOURCE, TITLE, accounts))
    return Part(with_rows(SOURCE, tables, accounts), told)


def vintage_headings(vintage: str, of_regso: str) -> Headings:
    """Return the headings of the key file of a vintage.

    Examples
    --------
    >>> vintage_headings("2018", "2020").words["regso"]
    ('RegSOkod_2020', 'RegSOkod')
    """
    return Headings(
        {
            "deso": (f"DeSO_{vintage}",),
            "regso": (f"RegSOkod_{of_regso}", "RegSOkod"),
            "municipality": ("Kommun", "Kommunkod"),
            "name": ("Kommunnamn",),
            "regso_name": (f"RegSO_{of_regso}", "RegSO"),
        },
        frozenset({"deso", "regso", "municipality"}),
    )


def _read_book(
    name: str, sheets: Sequence[Sheet], settings: ScbKeysSettings, region: str
) -> tuple[list[Row], Account]:
    ledger: Ledger[tuple[tuple[str, Any], ...]] = Ledger(name)
    readers = list(_readers(settings))
    for sheet in sheets:
        for headings, read_row in readers:
            found = None if sheet.is_hidden else find_table(sheet, headings)
            if found is not None:
                _read_rows(found, read_row, region, ledger)
                break
        else:
            ledger.unread.append(sheet.name)
    if len(ledger.unread) == len(sheets):
        raise SourceError(
            "The workbook is none of SCB's key files by its headings.",
            where=name,
            mend="it must have DeSO_2018 and RegSOkod_2020, DeSO_2025 and RegSOkod_2025, or "
            "Tidigare DeSO, DeSO and Förändringstyp",
        )
    rows, account = ledger.close(_key)
    _refuse_contradictions(account, name)
    return [dict(row) for row in rows], account


def _readers(settings: ScbKeysSettings) -> Iterator[tuple[Headings, Any]]:
    for vintage, of_regso in settings.vintages.items():
        yield vintage_headings(vintage, of_regso), _key_row(vintage)
    yield CHANGE, _change_row(settings.changed)


def _read_rows(found: Found, read_row: Any, region: str, ledger: Ledger[Any]) -> None:
    for number, row in found.body:
        if not any(cell.text for cell in row):
            continue
        try:
            code = found.cell(row, "deso" if "deso" in found.columns else "from").text
            if DESO.fullmatch(code) and not code.startswith(region):
                raise Unreadable("outside_region")
            ledger.take(tuple(read_row(found, row).items()), found.sheet, number)
        except Unreadable as fault:
            ledger.refuse(fault.reason, found.sheet, number)


def _key_row(vintage: str) -> Any:
    def read_row(found: Found, row: Sequence[Cell]) -> Row:
        deso, regso, town = (
            found.cell(row, name).text for name in ("deso", "regso", "municipality")
        )
        if sum(bool(one.text) for one in row) == 1:
            raise Unreadable("note")
        town = town.zfill(4) if town.isdecimal() else town
        if not DESO.fullmatch(deso) or not REGSO.fullmatch(regso) or not deso.startswith(town):
            raise Unreadable("code_malformed")
        return {
            "vintage": f"DESO_{vintage}",
            "deso_code": deso,
            "regso_code": regso,
            "municipality_code": town,
        }

    return read_row


def _change_row(changed: Mapping[str, str]) -> Any:
    kinds = {plain(label.sv): code for code, label in vocabulary().codes["change_type"].items()}

    def read_row(found: Found, row: Sequence[Cell]) -> Row:
        old, new, kind = (found.cell(row, name).text for name in ("from", "to", "type"))
        if sum(bool(one.text) for one in row) == 1:
            raise Unreadable("note")
        if not DESO.fullmatch(old) or not DESO.fullmatch(new):
            raise Unreadable("code_malformed")
        vintages = changed.get(_day(found, row), "").split()
        if len(vintages) != 2:
            raise Unreadable("date_unknown")
        if plain(kind) not in kinds:
            raise Unreadable("change_unknown")
        return {
            "vintage_from": f"DESO_{vintages[0]}",
            "vintage_to": f"DESO_{vintages[1]}",
            "area_code_from": old,
            "area_code_to": new,
            "change_type": kinds[plain(kind)],
        }

    return read_row


def _day(found: Found, row: Sequence[Cell]) -> str:
    """Return a day as ISO text; SCB writes the days of its log as serial numbers or dates."""
    value = found.cell(row, "date").value
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (found.first_day + dt.timedelta(days=int(value))).isoformat()
    return str(value or "").strip()


def _key(row: tuple[tuple[str, Any], ...]) -> tuple[Any, ...]:
    held = dict(row)
    if "deso_code" in held:
        return held["vintage"], held["deso_code"]
    return tuple(held.values())


def _refuse_contradictions(account: Account, name: str) -> None:
    if "contradictory" in account.reasons:
        raise SourceError(
            f"{account.reasons['contradictory']} rows place one DeSO in two RegSO.",
            where=name,
            mend="fetch the file anew; if SCB has it so, ask SCB",
        )


def _table(entity: str, rows: list[Row]) -> pa.Table:
    schema = entity_schema(entity)
    table = pa.Table.from_pylist([dict(row) for row in rows], schema)
    return table.sort_by([(name, "ascending") for name in vocabulary().entities[entity].key])
