"""A test aid: the process dies, as in a power cut, at a place named from outside.

``EQUITY_FAILPOINT=publish:before_switch`` kills this process with SIGKILL when it gets there, and
the night that started it; ``publish:before_switch:alone`` leaves that night alive. No other code
reads the variable, and nothing happens without it.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "EQUITY_FAILPOINT"
NIGHT = "EQUITY_NIGHT"  # set by a night for the process that it starts: its own number
ALONE = ":alone"
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
    wanted = os.environ.get(VARIABLE, "")
    if wanted.removesuffix(ALONE) != name:
        return
    if not wanted.endswith(ALONE) and os.environ.get(NIGHT) == str(os.getppid()):
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
