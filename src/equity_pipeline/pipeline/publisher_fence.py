"""A fence around a process: no network, no other process, no way into the protected folder.

What Python opens is refused by an audit hook, which cannot be taken off again; what the libraries
beneath it open (DuckDB, Arrow) is refused by the kernel, where it is a Linux with Landlock.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from equity_pipeline.extracts.failpoint import NIGHT, VARIABLE

REACHING_OUT = (
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
)
PASSED_ON = frozenset({"PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", VARIABLE})
PASSED_ON_PREFIXES = ("PYTHON", "OPENBLAS_", "OMP_")
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # system calls, the same on every machine
WRITE_FILE, READ_FILE = 1 << 1, 1 << 2
PATH_BENEATH = 1
NO_NEW_PRIVILEGES = 38
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux
FURTHER_DOWN = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC if sys.platform == "linux" else 0


def close_the_way(protected: Path) -> None:
    """Refuse this process, for good, the network, new processes and a folder with all in it.

    Call it before a library has started threads: the kernel fences the thread that asks, and
    those that it starts later. What lies beside the folder and above is open as it stands now.

    Raises
    ------
    PermissionError
        Later, from what tries.
    """
    closed = Path(os.path.realpath(protected))
    if sys.platform == "linux":
        _close_in_kernel(closed)
    within = str(closed) + os.sep

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event in REACHING_OUT:
            raise PermissionError(f"The publisher does not reach out: {event}.")
        if event == "open" and _place(arguments[0]).startswith(within):
            raise PermissionError("The publisher does not open what is protected.")

    sys.addaudithook(refuse)


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return the short list of variables that a process without the key is given."""
    kept = {
        name: value
        for name, value in ours.items()
        if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)
    }
    return kept | {NIGHT: str(os.getpid())}


def die_with_the_night() -> None:
    """Let this process live no longer than the one that started it, which the environment names."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != int(os.environ[NIGHT]):
        sys.exit(1)  # it died before it could be told


def _place(opened: object) -> str:
    """Return where a name leads; nowhere for what is open already."""
    if not isinstance(opened, str | bytes):
        return ""
    return os.path.realpath(os.fsdecode(opened)) + os.sep


def _close_in_kernel(closed: Path) -> None:
    """Allow reading and writing everywhere but there; nothing happens on an older kernel."""
    kernel = ctypes.CDLL(None, use_errno=True)
    handled = struct.pack("=Q", READ_FILE | WRITE_FILE)
    rules = kernel.syscall(CREATE_RULESET, handled, len(handled), 0)
    if rules < 0:
        return
    for path in _beside(closed):
        with suppress(OSError):  # what has gone, or may not be looked at, needs no rule
            _allow(kernel, rules, path)
    kernel.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    kernel.syscall(RESTRICT_SELF, rules, 0)
    os.close(rules)


def _allow(kernel: ctypes.CDLL, rules: int, path: Path) -> None:
    place = os.open(path, FURTHER_DOWN)
    rule = struct.pack("=Qi", READ_FILE | WRITE_FILE, place)
    kernel.syscall(ADD_RULE, rules, PATH_BENEATH, rule, 0)  # a link or socket cannot have one
    os.close(place)


def _beside(closed: Path) -> Iterator[Path]:
    """Yield what stands beside a folder, and beside each folder above it."""
    for folder in (closed, *closed.parents):
        if folder != folder.parent and os.access(folder.parent, os.R_OK):
            yield from (path for path in folder.parent.iterdir() if path != folder)
