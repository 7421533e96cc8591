"""Which release came after which: append-only, written before `current` is switched."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

FILE = ".history.jsonl"


def append(releases: Path, action: str, name: str) -> None:
    """Add a line, flushed to the disk before anything else happens.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> append(folder, "promote", "2024"); append(folder, "promote", "2025")
    >>> in_order(folder)
    ['2024', '2025']
    """
    path = releases / FILE
    torn = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("a", encoding="utf-8") as file:
        line = json.dumps({"action": action, "release": name}, ensure_ascii=False)
        file.write(("\n" if torn else "") + line + "\n")
        file.flush()
        os.fsync(file.fileno())


def in_order(releases: Path) -> list[str]:
    """Return the releases that were promoted, each once, by their last promotion."""
    last: dict[str, None] = {}
    for action, name in _lines(releases):
        if action == "promote":
            last.pop(name, None)
            last[name] = None
    return list(last)


def before(releases: Path, current: str | None) -> str | None:
    """Return the release promoted before the current one, if it is still kept."""
    names = [name for name in in_order(releases) if (releases / name).is_dir()]
    if current not in names or names.index(current) == 0:
        return None
    return names[names.index(current) - 1]


def cut_short(releases: Path, current: str | None) -> str | None:
    """Return the release whose promotion is the last thing noted, and that `current` never reached.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> append(folder, "promote", "2024"); append(folder, "promote", "2025")
    >>> cut_short(folder, "2024"), cut_short(folder, "2025")
    ('2025', None)
    """
    last = next(reversed([*_lines(releases)]), None)
    if last is None or last[0] != "promote" or last[1] == current:
        return None
    return last[1]


def _lines(releases: Path) -> Iterator[tuple[str, str]]:
    path = releases / FILE
    if not path.exists():
        return
    for line in path.read_text("utf-8").splitlines():
        try:
            held = json.loads(line)
        except json.JSONDecodeError:
            continue  # a line torn by a power cut: the switch it announced did not happen
        yield held["action"], held["release"]
