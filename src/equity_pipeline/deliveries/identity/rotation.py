"""The replacing of a key: how far it has come, what it has moved, and when it may end.

Files and database cannot change in one step, so the files go first and the record is written by
whichever command comes next: nothing that is cut off needs a hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

import duckdb

from equity_pipeline.deliveries.identity.keys import Keys, destroy_previous, read_keys, replace_key
from equity_pipeline.deliveries.identity.surrogates import persons_by_key
from equity_pipeline.errors import ConfigurationError

BEGUN, REKEYED, FINISHED = "begun", "rekeyed", "finished"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands: its id, the one before, and how many persons each is known by."""

    key_id: str
    previous_key_id: str | None
    persons: Mapping[str, int]

    @property
    def left(self) -> int:
        """Persons who are known only by the key before."""
        return self.persons.get(self.previous_key_id or "", 0)


@dataclass(frozen=True, slots=True)
class Rotation:
    """The rotation of one key file, whose record stands in ``raw.key_rotation``.

    The connection is to a database with the tables of ``raw``, outside any transaction. Every
    method may be called again after whatever was cut off before.
    """

    connection: duckdb.DuckDBPyConnection
    key_file: Path
    as_of: date
    outside: tuple[Path, ...] = ()

    def standing(self) -> Standing:
        """Return the key ids and the persons of each."""
        keys = self.keys()
        before = keys.previous.key_id if keys.previous else None
        counted = MappingProxyType(persons_by_key(self.connection))
        return Standing(keys.current.key_id, before, counted)

    def keys(self) -> Keys:
        """Return the keys of the file."""
        return read_keys(self.key_file, outside=self.outside)

    def begin(self) -> Standing:
        """Put a new key in the place of the old one; both serve until :meth:`finish`.

        Raises
        ------
        ConfigurationError
            If a rotation has begun and not ended, or the key cannot be used.
        """
        self._catch_up(self.standing())
        replace_key(self.key_file)
        held = self.standing()
        self._catch_up(held)
        return held

    def moved(self, persons: int) -> None:
        """Write that so many persons are known by the new key now."""
        held = self.standing()
        self._catch_up(held)
        self._record(REKEYED, held, persons)

    def finish(self, *, forget: int = 0) -> Standing:
        """Destroy the key before, and return how it stood just before that.

        Parameters
        ----------
        forget
            Exactly how many persons may stay under the old key: their rows stay, but no later
            delivery finds them.

        Raises
        ------
        ConfigurationError
            If no rotation has begun, or another number of persons is left.
        """
        held = self.standing()
        if held.previous_key_id is None:
            if destroy_previous(self.key_file):  # what an earlier attempt was cut off from
                return held
            raise ConfigurationError(
                "No rotation of this key has begun.",
                where=str(self.key_file),
                mend="`equity rotate-key` begins one",
            )
        if held.left != forget:
            raise ConfigurationError(
                f"{held.left} persons are known only by the key before, not {forget}.",
                where=str(self.key_file),
                mend="deliver their rows again and load them, or `equity rotate-key --rekey`, or "
                f"give them up with --forget {held.left}: later deliveries then find new persons",
            )
        self._catch_up(held)
        self._record(FINISHED, held, held.persons.get(held.key_id, 0))
        destroy_previous(self.key_file)
        return held

    def _catch_up(self, held: Standing) -> None:
        if held.previous_key_id is not None:
            self._record(BEGUN, held, 0)

    def _record(self, event: str, held: Standing, persons: int) -> None:
        self.connection.execute(
            "create table if not exists raw.key_rotation (event varchar, as_of date, "
            "from_key_id varchar, to_key_id varchar, persons_moved bigint, persons_left bigint)"
        )
        once = (
            ""
            if event == REKEYED
            else (
                "where not exists (select 1 from raw.key_rotation "
                "where event = $1 and from_key_id = $3 and to_key_id = $4)"
            )
        )
        self.connection.execute(
            f"insert into raw.key_rotation select $1::varchar, $2::date, $3::varchar, "
            f"$4::varchar, $5::bigint, $6::bigint {once}",
            [event, self.as_of, held.previous_key_id, held.key_id, persons, held.left],
        )


def recorded(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """Return the record of rotations, oldest first."""
    found = connection.execute(
        "select count(*) from information_schema.tables "
        "where table_schema = 'raw' and table_name = 'key_rotation'"
    ).fetchall()
    if found == [(0,)]:
        return []
    names = ("event", "as_of", "from_key_id", "to_key_id", "persons_moved", "persons_left")
    rows = connection.execute(
        f"select {', '.join(names)} from raw.key_rotation order by rowid"
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
