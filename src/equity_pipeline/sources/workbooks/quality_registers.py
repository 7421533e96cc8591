"""Coverage of quality registers by place, year and group, from their workbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings.workbooks import QualityRegisterSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.workbooks.accounts import Account, Ledger
from equity_pipeline.sources.workbooks.figures import (
    Figure,
    Unreadable,
    Writing,
    count_of,
    share_of,
)
from equity_pipeline.sources.workbooks.files import Workbooks, workbooks
from equity_pipeline.sources.workbooks.headings import Found, Headings, find_table, plain
from equity_pipeline.sources.workbooks.periods import year_of
from equity_pipeline.sources.workbooks.places import Gazetteer, Place
from equity_pipeline.sources.workbooks.reasons import columns_told, refusals_told, with_rows
from equity_pipeline.sources.workbooks.unit_tables import gazetteer_of, writing_of
from equity_pipeline.sources.workbooks.workbook import Cell, Sheet
from equity_pipeline.vocabulary import ALL, TOTAL, vocabulary

SOURCE = "quality_registers"
TITLE = "Kvalitetsregistrens täckning"
ROUNDED = 0.0051  # a coverage printed in whole per cent may differ so much from its counts
Entry = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """Words for groups: of each dimension, and of each of its levels; and those for everybody."""

    dimensions: Mapping[str, str]
    levels: Mapping[str, Mapping[str, str]]
    whole: frozenset[str]

    @classmethod
    def of(cls, settings: QualityRegisterSettings) -> Groups:
        """Return the declared words beside the labels and codes of the vocabulary."""
        dimensions = {
            plain(word): name for name, said in settings.dimensions.items() for word in said
        }
        return cls(
            dimensions | {name: name for name in settings.dimensions},
            {name: _levels(name, settings.levels.get(name, {})) for name in settings.dimensions},
            frozenset(plain(word) for word in (*settings.whole, "")),
        )

    def level(self, dimension: str, text: str) -> str:
        """Return the code of a level by its words.

        Raises
        ------
        Unreadable
            No level of the dimension is called so.
        """
        found = self.levels.get(dimension, {}).get(plain(text))
        if found is None:
            raise Unreadable("level_unknown")
        return found


def pull(answers: Answers, settings: QualityRegisterSettings, region: str) -> Part:
    """Return the coverage of registers in a region as ``register_coverage``.

    Rows of the region, its municipalities and units stand as they are told; those of the country
    and of other regions are left out. Coverage is 0-1, told by the register or made of its
    counts; where both are there they must agree.

    Raises
    ------
    ConfigurationError
        A file's register or the scale of coverage is not declared.
    SourceError
        A workbook cannot be fetched or read.
    """
    gazetteer = gazetteer_of(settings, answers)
    return read(workbooks(answers, settings, settings.urls), settings, gazetteer, region)


def read(
    books: Workbooks, settings: QualityRegisterSettings, gazetteer: Gazetteer, region: str
) -> Part:
    """Return the tables of workbooks that are read already."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    accounts: list[Account] = []
    for name, sheets in books:
        held, account = _read_book(name, sheets, _Reader(settings, gazetteer, region, name))
        rows.update({_key(one): dict(one) for one in held})
        accounts.append(account)
    schema = entity_schema("register_coverage")
    table = pa.Table.from_pylist(list(rows.values()), schema)
    keys = vocabulary().entities["register_coverage"].key
    told = (*refusals_told(SOURCE, TITLE, accounts), *columns_told(SOURCE, TITLE, accounts))
    tables = {"register_coverage": table.sort_by([(key, "ascending") for key in keys])}
    return Part(with_rows(SOURCE, tables, accounts), told)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the rows of one workbook."""

    settings: QualityRegisterSettings
    gazetteer: Gazetteer
    region: str
    file: str

    @property
    def headings(self) -> Headings:
        own = {f"by:{name}": said for name, said in self.settings.dimensions.items()}
        return Headings(
            {**own, **self.settings.words},
            frozenset({"place", "period"}),
            frozenset({"coverage", "n_registered"}),
        )

    @property
    def writing(self) -> Writing:
        return writing_of(self.settings)

    def row(self, found: Found, row: Sequence[Cell]) -> Entry:
        """Return one row of the entity."""
        if sum(bool(cell.text) for cell in row if not cell.is_spread) <= 1:
            raise Unreadable("note")
        year = year_of(found.cell(row, "period").value)
        if year is None:
            raise Unreadable("period_unreadable")
        place = self._place(found, row)
        dimension, level = self._group(found, row)
        made = {
            "register_code": self._register(found, row),
            "year": year,
            "geography_level": place.kind,
            "geography_code": place.unit_hsa_id or place.unit_code
            if place.kind == "unit"
            else place.code,
            "dimension": dimension,
            "level": level,
        }
        return tuple((made | self._counts(found, row)).items())

    def _place(self, found: Found, row: Sequence[Cell]) -> Place:
        place = self.gazetteer.place(
            found.cell(row, "place").text,
            code=found.cell(row, "unit_code").text,
            municipality=found.cell(row, "municipality").text,
        )
        where = place.municipality_code if place.kind == "unit" else place.code
        if where and not where.startswith(self.region):
            raise Unreadable("outside_region")
        return place

    def _register(self, found: Found, row: Sequence[Cell]) -> str:
        if "register" not in found.columns:
            if self.file not in self.settings.files:
                raise ConfigurationError(
                    "Neither a column nor the settings tell which register the file is of.",
                    where=self.file,
                    mend="add the file's name and the register to sources.quality_registers.files",
                )
            return str(self.settings.files[self.file])
        text = plain(found.cell(row, "register").text)
        for code, said in self.settings.registers.items():
            if text in {plain(word) for word in (code, *said)}:
                return code
        raise Unreadable("register_unknown")

    def _group(self, found: Found, row: Sequence[Cell]) -> tuple[str, str]:
        groups = Groups.of(self.settings)
        told = [
            (name.removeprefix("by:"), found.cell(row, name).text)
            for name in found.columns
            if name.startswith("by:") and plain(found.cell(row, name).text) not in groups.whole
        ]
        dimension = plain(found.cell(row, "dimension").text)
        if dimension not in groups.whole:
            told.append(
                (groups.dimensions.get(dimension, dimension), found.cell(row, "level").text)
            )
        if len(told) > 1:
            raise Unreadable("two_dimensions")
        if not told:
            return TOTAL, ALL
        return told[0][0], groups.level(*told[0])

    def _counts(self, found: Found, row: Sequence[Cell]) -> dict[str, Any]:
        registered = count_of(found.cell(row, "n_registered"), self.writing)
        expected = count_of(found.cell(row, "n_expected"), self.writing)
        told = self._told(found, row)
        share = registered / expected if registered is not None and expected else None
        if share is not None and share > 1:
            raise Unreadable("more_than_expected")
        if share is not None and told.value is not None and abs(share - told.value) > ROUNDED:
            raise Unreadable("coverage_contradicted")
        if share is None and told.value is None and told.status == "shown":
            raise Unreadable("nothing_told")
        return {
            "n_registered": registered,
            "n_expected": expected,
            "coverage": told.value if share is None else share,
            "value_status": told.status if share is None else "shown",
        }

    def _told(self, found: Found, row: Sequence[Cell]) -> Figure:
        if "coverage" not in found.columns:
            return Figure(None)
        if self.settings.scale is None:
            raise ConfigurationError(
                "Whether coverage is 0-1, 0-100 or text with a sign of per cent is not declared.",
                where="sources.quality_registers.scale",
                mend="open the workbook, look, and set it to share, percent or percent_text",
            )
        return share_of(found.cell(row, "coverage"), self.settings.scale, self.writing)


def _read_book(
    name: str, sheets: Sequence[Sheet], reader: _Reader
) -> tuple[tuple[Entry, ...], Account]:
    ledger: Ledger[Entry] = Ledger(name)
    for sheet in sheets:
        if sheet.is_hidden:
            ledger.hidden.append(sheet.name)
            continue
        found = find_table(sheet, reader.headings)
        if found is None:
            ledger.unread.append(sheet.name)
            continue
        ledger.unknown.extend(found.unknown)
        _read_rows(found, reader, ledger)
    if len(ledger.unread) + len(ledger.hidden) == len(sheets):
        raise SourceError(
            "No sheet has a table by the declared words.",
            where=name,
            mend="compare its headings with sources.quality_registers.words",
        )
    return ledger.close(_key)


def _read_rows(found: Found, reader: _Reader, ledger: Ledger[Entry]) -> None:
    for number, row in found.body:
        if any(one.text or one.is_unfinished for one in row):
            try:
                ledger.take(reader.row(found, row), found.sheet, number)
            except Unreadable as fault:
                ledger.refuse(fault.reason, found.sheet, number)


def _key(one: Entry) -> tuple[Any, ...]:
    held = dict(one)
    return tuple(held[name] for name in vocabulary().entities["register_coverage"].key)


def _levels(dimension: str, declared: Mapping[str, Sequence[str]]) -> dict[str, str]:
    known = {plain(label.sv): code for code, label in vocabulary().levels(dimension).items()}
    known |= {plain(code): code for code in vocabulary().levels(dimension)}
    return known | {plain(word): code for code, said in declared.items() for word in said}
