"""The sheets around the tables: what this is, what is in it, the dictionary, the codes, sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from equity_pipeline.extracts.workbook.cells import Formats, write_cell, write_text
from equity_pipeline.extracts.workbook.columns import SheetTable, codes_of
from equity_pipeline.vocabulary import vocabulary

COVER, DICTIONARY, CODES, SOURCES = "Läs mig", "Ordlista", "Kodlista", "Källor"
TITLE = "Jämlik vård: skillnader i primärvården"
SYNTHETIC = "Uppgifterna är syntetiska: de handlar inte om verkliga patienter eller enheter."
ABOUT = (
    "En tom cell är ett värde som saknas. Varför det saknas står i kolumnen "
    f"”{vocabulary().column('value_status').label.sv}” på samma rad; det är aldrig noll.",
    "En skillnad i en indikator som mäts i procent är i procentenheter.",
    "Ett positivt tal i kolumnen "
    f"”{vocabulary().column('gap_harm').label.sv}” betyder att gruppen har det sämre.",
    "Undre och övre gräns är ett 95 % konfidensintervall.",
    "Systemet beräknar och föreslår kandidater. Om en skillnad är omotiverad bedöms av människor.",
    "Grupper efter område beskriver de boende i områden, inte enskilda personer.",
)
WORKING = (
    "Arbetsfilen har varje indikators senaste hela period med indikatorns egen justering. "
    "Grupperna är regionens; kommuner, områden och enheter står som helhet. "
    "Alla perioder, justeringar och grupper finns i parquetfilerna och equity.duckdb.",
    "Siffrorna är desamma som i parquetfilerna, i databasen och på sidorna.",
)
PUBLISHED = (
    "Filen har regionens egna jämförelser i varje indikators senaste hela period: en tabell på "
    "varje blad, utan sammanslagna celler. Enheter och områden finns i arbetsfilen.",
    "Siffrorna är desamma som i parquetfilerna, i databasen och på sidorna.",
)
WIDE, NARROW = 90, 36
LINE, LINE_HEIGHT, A4 = 95, 16, 9
FACTS = (
    ("region_name", "Region"),
    ("unit_code", "Enhet"),
    ("as_of", "Uppgifter till och med"),
    ("run_id", "Körning"),
    ("code", "Programversion"),
    ("disclosure", "Sekretess"),
)


def cover(
    book: Workbook,
    formats: Formats,
    tables: Sequence[SheetTable],
    facts: Mapping[str, object],
    about: Iterable[str],
) -> None:
    """Add the first sheet: what the file is, of which run, and a link to each sheet."""
    sheet = book.add_worksheet(COVER)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, NARROW)
    sheet.set_column(1, 1, WIDE, formats.text("wrapped", text_wrap=True, valign="top"))
    write_text(sheet, 0, 0, TITLE, formats, formats.text("title", bold=True, font_size=16))
    row = 1
    if facts.get("synthetic"):
        write_text(sheet, row, 0, SYNTHETIC, formats, formats.text("marked", bold=True))
        row += 1
    row = _facts(sheet, formats, facts, row + 1)
    row = _paragraphs(sheet, formats, (*about, *ABOUT), row + 1)
    _contents(sheet, formats, tables, row + 1)


def _facts(sheet: Worksheet, formats: Formats, facts: Mapping[str, object], row: int) -> int:
    for name, words in FACTS:
        if facts.get(name):
            write_text(sheet, row, 0, words, formats)
            write_text(sheet, row, 1, str(facts[name]), formats, formats.text("wrapped"))
            row += 1
    return row


def _paragraphs(sheet: Worksheet, formats: Formats, about: Iterable[str], row: int) -> int:
    above = formats.text("marked above", bold=True, valign="top")
    write_text(sheet, row, 0, "Att läsa tabellerna", formats, above)
    for words in about:
        sheet.set_row(row, LINE_HEIGHT * ceil(len(words) / LINE))
        write_text(sheet, row, 1, words, formats, formats.text("wrapped"))
        row += 1
    return row


def _contents(sheet: Worksheet, formats: Formats, tables: Sequence[SheetTable], row: int) -> None:
    write_text(sheet, row, 0, "Innehåll", formats, formats.text("marked"))
    link = formats.text("link", font_color="#0B3C5D", underline=1)
    for name, words in (
        *((one.name, f"{one.form.label.sv}: {_rows(one.rows.num_rows)}") for one in tables),
        (DICTIONARY, "Vad kolumnerna betyder"),
        (CODES, "Vad orden i tabellerna heter i parquetfilerna"),
        (SOURCES, "Varifrån uppgifterna kommer"),
    ):
        row += 1
        sheet.write_url(row, 0, f"internal:'{name}'!A1", link, name)
        write_text(sheet, row, 1, words, formats, formats.text("wrapped"))


def _rows(number: int) -> str:
    return f"{number} {'rad' if number == 1 else 'rader'}"


def dictionary(book: Workbook, formats: Formats, tables: Sequence[SheetTable]) -> None:
    """Add the sheet that says what each column of each sheet is, and its name in the files."""
    rows = [
        (one.name, column.heading, column.column.name, column.column.type, column.column.unit,
         codes_of(column.column), column.column.name in one.form.key)
        for one in tables
        for column in one.columns
    ]  # fmt: skip
    headings = ("Blad", "Rubrik", "Kolumn i parquet", "Typ", "Enhet", "Kodlista", "Nyckel")
    _list(book.add_worksheet(DICTIONARY), formats, headings, rows, (34, 60, 30, 12, 18, 22, 10))


def codes(book: Workbook, formats: Formats, tables: Sequence[SheetTable]) -> None:
    """Add the sheet with the words for the codes that the sheets' columns hold."""
    used = sorted({name for one in tables for c in one.columns if (name := codes_of(c.column))})
    rows = [
        (name, label.sv, code, label.en)
        for name in used
        for code, label in vocabulary().codes[name].items()
    ]
    headings = ("Kodlista", "Ord", "Kod", "På engelska")
    _list(book.add_worksheet(CODES), formats, headings, rows, (26, 60, 30, 60))


def sources(book: Workbook, formats: Formats, held: Sequence[Mapping[str, str]]) -> None:
    """Add the sheet that says where the figures come from."""
    rows = [(one.get("title"), one.get("path"), one.get("licence")) for one in held]
    headings = ("Källa", "Plats", "Villkor")
    _list(book.add_worksheet(SOURCES), formats, headings, rows, (70, 70, 40))


def _list(
    sheet: Worksheet,
    formats: Formats,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    widths: Sequence[int],
) -> None:
    for place, (words, width) in enumerate(zip(headings, widths, strict=True)):
        sheet.set_column(place, place, width)
        write_text(sheet, 0, place, words, formats, formats.text("marked"))
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            write_cell(sheet, number, place, value, "0", formats)
