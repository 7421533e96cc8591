"""The access log: a line for each opening of internal data, appended, numbered, never rewritten.

The number of the last line and the size of the log stand in a second file, in another folder, so
that a log that was cut off or cut out of is told. Who can write both can hide both: copy the lines
to a collector of the region's own if that is to be out of reach.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.counted_log import CountedLog

NIGHTLY = "nightly run"
EVERYBODY = "everybody in the database"
NOBODY_SAID = 4294967295  # what the kernel answers where nobody has logged in


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why internal data are opened: the purpose, and of which run, statement and persons.

    ``statement`` is a query without its values, ``sha256`` the hash of the whole of it.
    """

    purpose: str = "code of the pipeline"
    command: str = ""
    run: str = ""
    run_id: str = ""
    tables: tuple[str, ...] = ()
    statement: str = ""
    sha256: str = ""
    persons: tuple[int, ...] = ()


_OCCASION: ContextVar[Occasion | None] = ContextVar("occasion", default=None)


@contextmanager
def occasion(**facts: Any) -> Iterator[None]:
    """Let every opening inside be told with these facts of an :class:`Occasion`.

    Examples
    --------
    >>> with occasion(purpose="nightly run"), occasion(run_id="abc"):
    ...     said().purpose, said().run_id
    ('nightly run', 'abc')
    """
    before = _OCCASION.set(replace(said(), **facts))
    try:
        yield
    finally:
        _OCCASION.reset(before)


def said() -> Occasion:
    """Return the occasion that the next opening is told with."""
    return _OCCASION.get() or Occasion()


def log_of(settings: Settings) -> CountedLog:
    """Return the access log of a home."""
    return CountedLog(settings.access_log, settings.access_count, group=settings.access.group)


def write_opening(settings: Settings, *, database: str, read_only: bool) -> int:
    """Write that a database is being opened, and return the number of the line.

    Raises
    ------
    ConfigurationError
        If the line cannot be written: then nothing may be opened.
    """
    facts = {"database": database, "mode": "read" if read_only else "write"}
    return write(settings, "open", facts | _told(said()))


def write(settings: Settings, action: str, facts: Mapping[str, Any]) -> int:
    """Write a line of any action with who does it and when, and return its number.

    Raises
    ------
    ConfigurationError
        If the line cannot be written.
    """
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "action": action}
    line |= who() | {"unit": settings.access.unit or settings.region.name} | dict(facts)
    try:
        return log_of(settings).append(line)
    except OSError as error:
        raise ConfigurationError(
            f"The access log cannot be written ({error.strerror}); nothing was opened.",
            where=str(settings.access_log),
            mend="make room or mend the permissions; only the owner of the home and the group in "
            "access.group may write it",
        ) from None


def who() -> dict[str, Any]:
    """Return who runs this process: its user, who logged in, and who asked for it by sudo.

    Examples
    --------
    >>> sorted(who())
    ['host', 'login_user', 'pid', 'sudo_user', 'user']
    """
    return {
        "user": _name(os.getuid()),
        "login_user": _login(),
        "sudo_user": os.environ.get("SUDO_USER") if "SUDO_UID" in os.environ else None,
        "host": socket.gethostname(),
        "pid": os.getpid(),
    }


def _told(why: Occasion) -> dict[str, Any]:
    facts = {name: value for name, value in asdict(why).items() if value and name != "persons"}
    return facts | {"whose": {"person_keys": why.persons} if why.persons else EVERYBODY}


def _login() -> str | None:
    try:
        number = int(Path("/proc/self/loginuid").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if number == NOBODY_SAID else _name(number)


def _name(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
