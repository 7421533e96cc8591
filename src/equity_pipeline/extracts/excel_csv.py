"""Tables for Excel with Swedish settings: semicolon, decimal comma, and a mark that it is UTF-8."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it Excel reads å as two letters
SEPARATOR, DECIMAL = ";", ","
FORMULA = r"^[=+\-@\t\r]"  # a text that begins so is reckoned by a spreadsheet
SAME_DAY = (1980, 1, 1, 0, 0, 0)  # the same rows give the same bytes
SUFFIX, ZIPPED = ".csv", ".csv.zip"


def write_csv(data: pa.Table, path: Path, *, zipped: bool = False) -> Path:
    """Write rows for Excel and return the file: ``path``, or it with ``.zip`` added.

    Empty is what is not known or not shown; ``value_status`` beside it says which.

    Parameters
    ----------
    data
        Rows of a disclosed table, or of the dictionary.
    path
        Ends in ``.csv``.
    zipped
        Packed, for tables of many rows: Windows opens the packed file as a folder.

    Examples
    --------
    >>> import tempfile
    >>> rows = pa.table({"level": ["=1", "å"], "value": [0.5, None], "n": [-3, 7]})
    >>> made = write_csv(rows, Path(tempfile.mkdtemp()) / "a.csv")
    >>> made.read_text("utf-8-sig").splitlines()
    ['"level";"value";"n"', '"\\'=1";"0,5";-3', '"å";;7']
    """
    text = as_bytes(swedish(data))
    if not zipped:
        path.write_bytes(text)
        return path
    packed = path.with_name(f"{path.name}.zip")
    about = zipfile.ZipInfo(path.name, SAME_DAY)
    about.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(about, text)
    return packed


def as_bytes(rows: pa.Table) -> bytes:
    """Return rows that `swedish` made as the bytes of a file."""
    text = io.BytesIO()
    text.write(BYTE_ORDER_MARK)
    csv.write_csv(rows, text, csv.WriteOptions(delimiter=SEPARATOR))
    return text.getvalue()


def swedish(data: pa.Table) -> pa.Table:
    """Return rows whose fractions have a decimal comma, and whose texts are no formulas."""
    made = [_column(data[name]) for name in data.column_names]
    return pa.table(made, names=data.column_names)


def _column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_floating(column.type):
        return pc.replace_substring(column.cast(pa.string()), ".", DECIMAL)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        words = column.cast(pa.string())
        harmless = pc.binary_join_element_wise("'", words, "")
        return pc.if_else(pc.match_substring_regex(words, FORMULA), harmless, words)
    return column
