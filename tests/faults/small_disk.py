"""A folder that is a small or closed disk while a command runs: real file systems of the kernel.

The disk is mounted in a name space of the command alone, so that nothing is left mounted, and what
the command left on it is back in the folder afterwards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ALONE = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]
SMALL = """
set -e
mount -t tmpfs -o size="$1",mode=755 none "$2"
cp -a "$3/." "$2/"
folder="$2" after="$4"
shift 4
set +e
"$@"
code=$?
cp -a "$folder/." "$after/"
exit $code
"""
CLOSED = """
set -e
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
shift
exec "$@"
"""
PAGE = 4096


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = [*ALONE, "sh", "-c", "mount -t tmpfs none /tmp"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


mounted = pytest.mark.skipif(
    not _can_mount(),
    reason="no small disk can be mounted: run as root, or allow name spaces (unshare -rm)",
)


def on_small_disk(
    folder: Path, room: int, words: list[str], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command while a folder is a disk with some bytes of room beside what it holds."""
    before, after = (folder.with_name(f"{folder.name}-{one}") for one in ("before", "after"))
    folder.mkdir(exist_ok=True)
    folder.rename(before)
    for place in (folder, after):
        place.mkdir()
    size = str(_used(before) + room)
    try:
        return _told(["sh", "-c", SMALL, "sh", size, *map(str, (folder, before, after))], words,
                     environment)  # fmt: skip
    finally:
        shutil.copystat(before, after)
        for gone in (folder, before):
            shutil.rmtree(gone)
        after.rename(folder)


def on_closed_disk(
    folder: Path, words: list[str], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command while a folder is a disk that can only be read."""
    return _told(["sh", "-c", CLOSED, "sh", str(folder)], words, environment)


def _told(
    way: list[str], words: list[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ALONE, *way, *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "200"} | environment,
    )


def _used(folder: Path) -> int:
    """Return the bytes that the files of a folder take, in whole pages."""
    sizes = [path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()]
    return sum(-(-size // PAGE) * PAGE for size in sizes)
