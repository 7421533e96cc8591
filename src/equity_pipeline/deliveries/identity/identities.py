"""Personal numbers at the door: refused, or in a declared identity column made pseudonyms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from equity_pipeline.deliveries.identity.guard import Guard, any_personal_number
from equity_pipeline.deliveries.identity.keys import read_keys
from equity_pipeline.deliveries.identity.pseudonymise import Pseudonymiser
from equity_pipeline.deliveries.layouts.layout import FileLayout, Layout
from equity_pipeline.deliveries.reading.batch import RAGGED, Batch, trimmed
from equity_pipeline.deliveries.verdict import Refusal


class Identities:
    """Lets the batches of one file through, every identity turned into its pseudonym.

    Parameters
    ----------
    declared
        The layout, and the file in it.
    as_of
        The date of the run, which tells the century of ten digits.
    outside
        Folders in which the key may not lie.
    """

    def __init__(
        self, declared: tuple[Layout, FileLayout], *, as_of: date, outside: Iterable[Path] = ()
    ) -> None:
        layout, file = declared
        roles = file.roles()
        self._words = file.free_texts
        self._guard = Guard(roles, file.patterns(), file.timestamps)
        self._names = [name for name, role in roles.items() if role == "identity"]
        self._is_ragged_bad = False
        self._maker: Pseudonymiser | None = None
        self._moved: list[pa.Table] = []
        if self._names and layout.key_file is not None:
            keys = read_keys(layout.key_file, outside=outside)
            self._maker = Pseudonymiser(keys, as_of=as_of)

    def moved(self) -> pa.Table | None:
        """Return which pseudonyms follow those of an earlier key; None outside of a rotation."""
        return pa.concat_tables(self._moved) if self._moved else None

    def _remember(self, moved: pa.Table) -> None:
        # Most persons come back in every batch.
        if moved.num_rows:
            together = pa.concat_tables([*self._moved, moved])
            self._moved = [together.group_by(together.column_names).aggregate([])]

    @property
    def key_id(self) -> str | None:
        """The id of the key that pseudonyms are made with; None if the file holds no identities."""
        return self._maker.key_id if self._maker else None

    def look(self, batch: Batch) -> Batch:
        """Look for personal numbers in a batch, and return it as :meth:`hide` does."""
        self._guard.look(batch.table)
        if not self._names and any_personal_number(" ".join(row) for _, row in batch.ragged):
            self._is_ragged_bad = True
        return self.hide(batch)

    def hide(self, batch: Batch) -> Batch:
        """Return a batch with pseudonyms in the place of identities, and no blanks around values.

        A ragged row may hold an identity in any place, so nothing of it is kept.
        """
        if self._maker is None:
            return replace(batch, table=trimmed(batch.table, self._words))
        table = batch.table
        for name in self._names:
            if name in table.column_names:
                made = self._maker.column(table.column(name))
                table = table.set_column(table.column_names.index(name), name, made)
        self._remember(self._maker.moved())
        return replace(
            batch,
            table=trimmed(table, self._words),
            ragged=tuple((n, ()) for n, _ in batch.ragged),
        )

    def refuse_found(self, rows: int) -> None:
        """Refuse the file if a column that is not declared as identity holds personal numbers."""
        found = list(self._guard.found())
        found += [f"personal_number:{RAGGED}"] if self._is_ragged_bad else []
        if found:
            raise Refusal("personal_number", rows=rows, reasons=dict.fromkeys(found, rows))
