"""A test aid: the process dies, as in a power cut, at a place named from outside.

``EQUITY_FAILPOINT=publish:before_switch`` kills this process with SIGKILL when it gets there. No
other code reads the variable, and nothing happens without it.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "EQUITY_FAILPOINT"
FAILPOINTS = (
    "publish:before_build",
    "publish:between_files",
    "publish:before_database",
    "publish:before_verify",
    "publish:before_candidate",
    "release:before_copy",
    "release:before_rename",
    "release:before_history",
    "publish:before_switch",
    "publish:during_switch",
    "publish:after_switch",
    "share:before_rename",
    "share:before_latest",
)


def failpoint(name: str) -> None:
    """Die here if the environment says so.

    Examples
    --------
    >>> failpoint("publish:before_switch")
    """
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
