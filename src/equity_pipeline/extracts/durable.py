"""Files that survive a power cut: written, flushed to the disk, then named."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o640, 0o750
OWN_FILE_MODE, OWN_FOLDER_MODE = 0o600, 0o700
TEMPORARY = ".tmp-"


def write_text(path: Path, text: str) -> Path:
    """Write a file as a whole and flush it to the disk.

    Examples
    --------
    >>> import tempfile
    >>> write_text(Path(tempfile.mkdtemp()) / "a", "å").read_bytes()
    b'\\xc3\\xa5'
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return path


def replace_text(path: Path, text: str) -> Path:
    """Replace a file in one step: readers see the old text or the new, never between."""
    beside = path.with_name(f"{TEMPORARY}{path.name}")
    write_text(beside, text).replace(path)
    flush_folder(path.parent)
    return path


def flush_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_tree(folder: Path) -> None:
    """Flush every file and folder below a folder, and the folder itself."""
    for path in files_of(folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    for below in sorted(path for path in folder.rglob("*") if path.is_dir()):
        flush_folder(below)
    flush_folder(folder)


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, sorted by their path."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def restrict(folder: Path, *, alone: Path | None = None) -> None:
    """Let the owner write, the group read and others nothing; below ``alone`` the owner alone."""
    for path in [folder, *folder.rglob("*")]:
        if alone is not None and path.is_relative_to(alone):
            path.chmod(OWN_FOLDER_MODE if path.is_dir() else OWN_FILE_MODE)
        else:
            path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes.

    Examples
    --------
    >>> import tempfile
    >>> sha256_of(write_text(Path(tempfile.mkdtemp()) / "a", ""))[:8]
    'e3b0c442'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rename_into_place(made: Path, place: Path) -> Path:
    """Name a finished folder; one that stands there is set aside first and removed after."""
    aside = place.with_name(f"{TEMPORARY}old-{place.name}")
    shutil.rmtree(aside, ignore_errors=True)
    if place.exists():
        place.rename(aside)
    made.rename(place)
    flush_folder(place.parent)
    shutil.rmtree(aside, ignore_errors=True)
    return place


@contextmanager
def none_left(made: Path) -> Iterator[None]:
    """Remove a folder that is being made when a fault stops it: a full disk needs the room.

    Examples
    --------
    >>> import tempfile
    >>> made = Path(tempfile.mkdtemp())
    >>> try:
    ...     with none_left(made):
    ...         raise OSError(28, "No space left on device")
    ... except OSError:
    ...     made.exists()
    False
    """
    try:
        yield
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def sweep(folder: Path) -> None:
    """Remove what an interrupted run left behind in a folder."""
    for left in folder.glob(f"{TEMPORARY}*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
