"""The register of what people have decided: a line a version, only ever added to.

Each line carries a hash over itself and the line before, so that a line that was changed, lost or
cut is seen. The file is replaced as a whole, by itself with more lines after: a crash leaves the
old one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts.durable import FILE_MODE, FOLDER_MODE, replace_text

FILE = "register.jsonl"
Entry = dict[str, Any]


def read_register(folder: Path) -> list[Entry]:
    """Return every version of every case, oldest first; empty before the first.

    Raises
    ------
    WarehouseError
        If a line was changed, lost or cut; the register is then not read at all.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> append_register(folder, [{"case_id": "a", "version": 1}])
    1
    >>> read_register(folder)
    [{'case_id': 'a', 'version': 1}]
    """
    return [entry for entry, _ in _lines(folder)]


def append_register(folder: Path, entries: Sequence[Mapping[str, Any]]) -> int:
    """Add versions to the register, flushed to the disk, and return how many it then holds.

    Parameters
    ----------
    folder
        Where the register is kept.
    entries
        New versions; each follows on the case's last.

    Raises
    ------
    WarehouseError
        If the register that is there is not whole, or a version does not follow on the last.
    """
    held = _lines(folder)
    last = {entry["case_id"]: entry["version"] for entry, _ in held}
    check = held[-1][1] if held else ""
    path = folder / FILE
    text = path.read_text("utf-8") if path.exists() else ""
    for entry in entries:
        if entry["version"] != last.get(entry["case_id"], 0) + 1:
            raise _broken(path, f"a version of {entry['case_id']} does not follow on the last")
        last[entry["case_id"]] = entry["version"]
        check = _check(check, dict(entry))
        text += json.dumps({"entry": dict(entry), "check": check}, ensure_ascii=False) + "\n"
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    replace_text(path, text).chmod(FILE_MODE)
    return len(held) + len(entries)


def register_hash(folder: Path) -> str | None:
    """Return the hash of the register's bytes; None before the first decision."""
    path = folder / FILE
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _lines(folder: Path) -> list[tuple[Entry, str]]:
    path = folder / FILE
    if not path.exists():
        return []
    made: list[tuple[Entry, str]] = []
    before = ""
    text = _text(path)
    for number, line in enumerate(text.splitlines(), start=1):
        entry, check = _one(path, number, line)
        if check != _check(before, entry):
            raise _broken(path, f"line {number} is not as it was written")
        before = check
        made.append((entry, check))
    if text and not text.endswith("\n"):
        raise _broken(path, "the last line is cut")
    return made


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise _broken(path, "it is not text") from None


def _one(path: Path, number: int, line: str) -> tuple[Entry, str]:
    try:
        held = json.loads(line)
        return held["entry"], held["check"]
    except (json.JSONDecodeError, KeyError, TypeError):
        raise _broken(path, f"line {number} cannot be read") from None


def _check(before: str, entry: Entry) -> str:
    said = json.dumps(entry, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{before}\n{said}".encode()).hexdigest()[:16]


def _broken(path: Path, what: str) -> WarehouseError:
    return WarehouseError(
        f"The register of decisions is not whole: {what}.",
        where=str(path),
        mend="restore the file from the backup; it is only ever added to, never edited by hand",
    )
