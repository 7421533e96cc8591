"""Personal numbers at the door: refused, or in a declared identity column made pseudonyms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.deliveries.guard import any_personal_number, columns_with_personal_numbers
from equity_pipeline.deliveries.layout import FileLayout, Layout
from equity_pipeline.deliveries.pseudonymise import pseudonym, read_key
from equity_pipeline.deliveries.quarantine import RAGGED
from equity_pipeline.deliveries.read import Parsed
from equity_pipeline.deliveries.verdict import Refusal


def without_identities(
    parsed: Parsed, declared: tuple[Layout, FileLayout], *, as_of: date
) -> Parsed:
    """Return the rows with every identity turned into its pseudonym.

    Raises
    ------
    Refusal
        ``personal_number`` when a column that is not declared as identity holds one.
    """
    layout, file = declared
    roles = file.roles()
    found = columns_with_personal_numbers(parsed.table, roles, file.patterns())
    identities = [name for name, role in roles.items() if role == "identity"]
    if not identities and any_personal_number(" ".join(row) for _, row in parsed.ragged):
        found.append(RAGGED)
    if found:
        rows = parsed.rows_in
        reasons = {f"personal_number:{name}": rows for name in found}
        raise Refusal("personal_number", rows=rows, reasons=reasons)
    if not identities or layout.key_file is None:
        return parsed
    key = read_key(layout.key_file)
    table = parsed.table
    for name in identities:
        table = _pseudonymised(table, name, key, as_of)
    # A ragged row may hold an identity in any place, so nothing of it is kept.
    return replace(parsed, table=table, ragged=tuple((n, ()) for n, _ in parsed.ragged))


def _pseudonymised(table: pa.Table, name: str, key: bytes, as_of: date) -> pa.Table:
    coded = pc.dictionary_encode(table.column(name)).combine_chunks()
    numbers = coded.dictionary.to_pylist()
    made = pa.array([pseudonym(one, key, as_of=as_of) if one.strip() else None for one in numbers])
    place = table.column_names.index(name)
    return table.set_column(place, name, made.take(coded.indices))
