"""What time it is: one clock for all that runs, which a rehearsal can set from outside.

With ``EQUITY_CLOCK=2025-10-26T03:00:00+00:00`` it is that moment when a process first looks, and
goes on from it at the machine's own pace. What is held against the world outside keeps the
machine's clock: times of files, how long a server asks us to wait, and the access log, whose times
are evidence.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from functools import cache

from equity_pipeline.errors import ConfigurationError

VARIABLE = "EQUITY_CLOCK"


def now() -> datetime:
    """Return the present moment, in UTC.

    Raises
    ------
    ConfigurationError
        If the clock was set to something that is no moment with its zone.

    Examples
    --------
    >>> now().utcoffset()
    datetime.timedelta(0)
    """
    given = set_to()
    if given is None:
        return datetime.now(UTC)
    began = _first_seen(given)
    return given + timedelta(seconds=time.monotonic() - began)


def set_to() -> datetime | None:
    """Return the moment that the clock of this process was set to, None if nobody has set it.

    Raises
    ------
    ConfigurationError
        If that is no moment with its zone.
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"{given!r} is no moment with its zone.",
            where=VARIABLE,
            mend="unset it: only a rehearsal sets the clock, as 2025-10-26T03:00:00+00:00",
        )
    return moment.astimezone(UTC)


@cache
def _first_seen(_: datetime) -> float:
    return time.monotonic()
