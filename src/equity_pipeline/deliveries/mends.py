"""How each reason is mended by whoever sent the file: one sentence for every code."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

OF_FILES = {
    "already_loaded": "nothing: these bytes are in the warehouse",
    "beside_ambiguous": "deliver one file of each table in a folder or archive",
    "archive_broken": "pack the file again",
    "archive_encrypted": "pack without a password; the transfer itself is what is encrypted",
    "archive_path": "pack plain files, without folders above, links or absolute paths",
    "archive_ratio": "pack the file again; it unpacks to more than 100 times its size",
    "changed_while_read": "deliver again when the file is completely written",
    "column_empty": "fill the column, or take it from another column in the layout",
    "column_missing": "deliver the column, or correct the layout",
    "column_type": "deliver text, numbers, dates or true and false in every column",
    "column_undeclared": "take the column out, map it in the layout, or name it there as ignored "
    "with a reason",
    "empty_file": "deliver the file again",
    "encoding": "deliver in the encoding that the layout declares",
    "format_unknown": "deliver csv, parquet or xlsx, as the layout's pattern says",
    "formula_without_value": "open the workbook and save it, so that its formulas are calculated, "
    "or deliver the values",
    "header_duplicate": "give every column a name of its own",
    "header_unrecognised": "begin with the row of column names, with the delimiter that the layout "
    "declares and nothing above it (no 'sep=' line); check that the layout is the right one",
    "manifest_file_absent": "deliver the file that the manifest lists, or a manifest without it",
    "manifest_invalid": "deliver a manifest.json with a list of files, each named once",
    "manifest_rows": "deliver the file again with a manifest that counts its rows",
    "manifest_sha256": "deliver the file again with its own manifest",
    "manifest_unlisted": "list the file in its manifest.json, or take it out of the delivery",
    "mojibake": "the text was decoded wrongly before it was sent; make the extract again",
    "no_layout_matches": "add a [[file]] to a layout, or name the file as ignored with a reason",
    "no_rows": "deliver the file with its rows, or leave it out of the delivery",
    "not_a_file": "deliver plain files, no links or folders in their place",
    "not_csv": "deliver the format that the file's name says",
    "not_parquet": "deliver the format that the file's name says",
    "not_xlsx": "deliver the format that the file's name says",
    "nothing_delivered": "put the tables in; what only describes them, as README, is not read",
    "nul_byte": "make the extract again; the file was cut off or is no text",
    "personal_number": "deliver pseudonyms; personal numbers belong in a declared identity column",
    "quarantine_share": "see the counted reasons; most often a code list or a format has changed",
    "quote_malformed": "double every quote inside a quoted field, and end the field after the last",
    "quote_unclosed": "close the quotes, or double those inside a field",
    "archive_nested": "pack plain files; an archive inside an archive is not opened",
    "line_ends": "write line ends as LF or CRLF; one inside a field belongs in quotes",
    "record_too_long": "check the line ends and the quotes; no row is longer than a megabyte",
    "still_written": "deliver under another name and rename the file when it is complete",
    "too_large": "deliver the file in parts",
    "truncated": "deliver the file again; it ends in the middle of a row",
    "volume_drop": "deliver the whole extract; it has less than half of the rows of those before",
}
OF_ROWS = {
    "left_aside": "nothing: the layout says that these rows are not ours, and why",
    "area_municipality_mismatch": "correct the area or the municipality: the area's code begins "
    "with that of its municipality",
    "boolean_invalid": "write true or false, or map the delivered codes in the layout",
    "code_unknown": "use a code of the agreed list, or map the new code in the layout",
    "control_character": "take invisible and control characters out of the text",
    "date_after_latest": "correct the date; the layout declares the latest that is possible",
    "date_before_earliest": "correct the date; the layout declares the earliest that is possible",
    "date_format": "write dates as the layout declares, with four-digit years: 2026-10-01",
    "date_future": "correct the date; it is after the day of the delivery",
    "date_has_time": "deliver the calendar date alone, as it was at the place of care",
    "date_invalid": "correct the date; there is no such day",
    "date_order": "correct the dates; one is before the other that it must follow",
    "duplicate_key": "deliver one row for each key; which of the two rows is right cannot be known",
    "duplicate_row": "deliver every row once",
    "formula": "take = + - @ and tabs away from the beginning of the text",
    "header_row": "deliver one file with one header; files were put one after the other",
    "identity_invalid": "deliver personal numbers with a real date and the right check digit",
    "markup": "deliver plain text, without tags, scripts, character references and templates",
    "number_format": "write numbers with the decimal sign that the layout declares, and no others",
    "out_of_range": "correct the number; the layout declares its limits",
    "pattern": "write the code as agreed, with leading zeros; spreadsheets change codes",
    "ragged": "deliver as many fields in each row as the header has; quote fields with delimiters",
    "replacement_char": "make the extract again from the source; letters were lost on the way",
    "required_missing": "fill the column in every row",
    "superseded": "nothing: newer rows of the same key stand",
    "text_too_long": "deliver names only; longer notes are not taken in",
}
OF_WARNINGS = {
    "conflict": "one code has several values; the one of the latest date is used",
}
MEND = MappingProxyType(OF_FILES | OF_ROWS)
BY_LAYOUT = "a rule of the layout by this name does not hold; correct the row at its source"


def mend_of(reason: str) -> str:
    """Return how a reason, with or without the name of a column, is mended.

    Examples
    --------
    >>> mend_of("date_invalid:contact_date")
    'correct the date; there is no such day'
    >>> mend_of("unit_name_conflict")
    'one code has several values; the one of the latest date is used'
    """
    base = reason.partition(":")[0]
    if base.endswith("_conflict"):
        return OF_WARNINGS["conflict"]
    return MEND.get(base, BY_LAYOUT)


def mends_of(reasons: Iterable[str]) -> list[str]:
    """Return the mends of several reasons, each once, in order."""
    return list(dict.fromkeys(mend_of(reason) for reason in reasons))
