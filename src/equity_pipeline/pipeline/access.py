"""Looking into internal data: one statement that only reads, for a purpose, told in the log."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from equity_pipeline.deliveries.identity.guard import holds_personal_number
from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.access_log import log_of, occasion, said
from equity_pipeline.warehouse.database import Lock, open_to_look, stop_unless_allowed
from equity_pipeline.warehouse.models import tables_read

Database = Literal["person", "cells"]
SHORTEST, LONGEST = 10, 500  # characters of a purpose
LONGEST_STATEMENT = 20_000
TABLES = (
    "select schema_name || '.' || table_name as table_name, estimated_size as n_rows, "
    "column_count as n_columns from duckdb_tables() where not internal order by 1"
)
CONSTANTS = (duckdb.token_type.numeric_const, duckdb.token_type.string_const)
# faults of these kinds tell of the statement; the words of others may hold a value of a row
ABOUT_THE_STATEMENT = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.PermissionException,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a statement gave: columns, the first rows, whether there are more."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    has_more: bool


def inspect(
    settings: Settings,
    database: Database,
    *,
    purpose: str,
    sql: str | None = None,
    person: int | None = None,
    limit: int = 50,
) -> Seen:
    """Return the first rows of one select statement on an internal database; the tables without.

    The opening stands in the access log before anything is read: who, when, the purpose, the
    tables, the statement without its values and the hash of the whole of it.

    Parameters
    ----------
    purpose
        Why, in words that a reviewer understands; no personal number.
    person
        The key of the one person whose rows are asked for: ``$person`` in the statement. The log
        says whose they were.
    limit
        Most rows to return.

    Raises
    ------
    ConfigurationError
        Without a purpose, with another statement than one select, or one that cannot be run.
    WarehouseError
        If the database is not there or cannot be opened.
    LockHeld
        If a run is at work with the rows of persons.
    """
    _check_purpose(purpose)
    asked = TABLES if sql is None else _one_select(sql)
    if (person is not None) != ("$person" in asked):
        raise ConfigurationError(
            "The statement and --person do not fit.",
            mend="write `where person_key = $person` in the statement and give --person KEY",
        )
    facts: dict[str, Any] = {"purpose": purpose.strip()}
    if sql is not None:
        facts |= {
            "statement": without_values(asked),
            "sha256": hashlib.sha256(asked.encode()).hexdigest(),
            "tables": tuple(sorted(_tables(asked))),
            "persons": () if person is None else (person,),
        }
    stop_unless_allowed(settings, database)
    with occasion(**facts):
        if database == "cells":
            return _look(settings, database, asked, person, limit)
        with Lock(settings.run.home):  # a reader would stop the night's writing
            return _look(settings, database, asked, person, limit)


def listed(settings: Settings, *, last: int | None = None) -> list[dict[str, Any]]:
    """Return the lines of the access log, oldest first; only the last so many if asked."""
    lines = list(log_of(settings).lines())
    return lines if last is None else lines[-last:]


def check(settings: Settings) -> int:
    """Return how many lines the access log has, after holding it against its count.

    Raises
    ------
    WarehouseError
        Names every line that is missing, torn or cut off.
    """
    log = log_of(settings)
    if told := log.faults():
        raise WarehouseError(
            "The access log is not whole:\n  " + "\n  ".join(told),
            where=str(log.path),
            mend="find out who could write it; restore it from the backup or the collector",
        )
    return sum(1 for _ in log.lines())


def without_values(sql: str) -> str:
    """Return a statement with ``?`` for every text and number, without comments, on one line.

    Examples
    --------
    >>> without_values("select n -- 19\\nfrom mart.a where b = 'c' and d > 1.5")
    'select n from mart.a where b = ? and d > ?'
    """
    text = sql.encode()
    tokens = duckdb.tokenize(sql)
    ends = [place for place, _ in tokens[1:]] + [len(text)]
    parts = []
    for (start, kind), end in zip(tokens, ends, strict=True):
        held = text[start:end].decode()
        if kind in CONSTANTS and held.strip() != ".":  # the dot of a name counts as a number
            held = "?" + " " * held[-1].isspace()
        parts.append("" if kind == duckdb.token_type.comment else held)
    return " ".join(re.sub(r"\?[\w.]+", "?", "".join(parts)).split())  # 0x1F is three tokens


def _look(
    settings: Settings, database: Database, asked: str, person: int | None, limit: int
) -> Seen:
    bound = {} if person is None else {"person": person}
    with open_to_look(settings, database) as connection:
        try:
            done = connection.execute(f"select * from (\n{asked}\n) limit {limit + 1}", bound)
            columns = tuple(one[0] for one in done.description or ())
            rows = done.fetchall()
        except duckdb.Error as error:
            words = str(error).splitlines()[0] if isinstance(error, ABOUT_THE_STATEMENT) else ""
            raise _refused(words or f"It ended with {type(error).__name__}.") from None
    return Seen(columns, tuple(rows[:limit]), len(rows) > limit)


def _one_select(sql: str) -> str:
    if len(sql) > LONGEST_STATEMENT:
        raise _refused(f"It is longer than {LONGEST_STATEMENT} characters.")
    try:
        found = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise _refused(str(error).splitlines()[0]) from None
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        raise _refused("It must be one select statement.")
    return found[0].query.strip().rstrip(";")


def _tables(asked: str) -> frozenset[str]:
    return tables_read(asked, "--sql")


def _check_purpose(purpose: str) -> None:
    words = purpose.strip()
    if not SHORTEST <= len(words) <= LONGEST:
        raise ConfigurationError(
            f"A purpose of {SHORTEST} to {LONGEST} characters is needed.",
            where="--purpose",
            mend="say in words that a reviewer understands why the data are opened",
        )
    if holds_personal_number(words):
        raise ConfigurationError(
            "The purpose holds a personal number.",
            where="--purpose",
            mend="name the case by its own number; the log must not hold personal numbers",
        )


def _refused(words: str) -> ConfigurationError:
    return ConfigurationError(
        f"The statement cannot be run. {words}",
        where=f"{said().command or 'inspect'} --sql",
        mend="write one select statement; nothing else is run on internal data",
    )
