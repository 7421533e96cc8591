"""Finds delivered files: regular files below the folder, zip archives opened, links refused."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from equity_pipeline.deliveries import archive
from equity_pipeline.deliveries.guard import holds_personal_number
from equity_pipeline.deliveries.layout import Layout
from equity_pipeline.deliveries.manifest import NAME, Manifest, end_of_period, read_manifest
from equity_pipeline.deliveries.verdict import Refusal

BESIDE = (NAME, "truth.json", "README", "README.*")


@dataclass(frozen=True, slots=True)
class Delivered:
    """The bytes of one delivered file, or of one member of an archive.

    ``on_disk`` is the hash of the file on disk; ``listed`` is its name in the manifest.
    """

    name: str
    path: Path
    data: bytes
    sha256: str
    on_disk: str
    manifest: Manifest | None = None
    listed: str = ""

    def day(self, as_of: date) -> date:
        """Return the day that tells the older of two deliveries of the same thing.

        It is the day of the extract in the manifest, else ``as_of``; a delivery for a month that
        ended before (in the manifest, or in the folder's name) is as old as that month.
        """
        held = self.manifest
        extracted = (held.extracted_on if held else None) or as_of
        ended = end_of_period((held.period if held else None) or self.path.parent.name)
        return min(extracted, ended or extracted)

    def check_rows(self, rows: int) -> None:
        """Refuse another number of rows than the manifest counts."""
        if self.manifest is not None and self.listed:
            self.manifest.check_rows(self.listed, rows)

    def check_unchanged(self) -> None:
        """Refuse a file that has other bytes now than when it was read."""
        if _hash(_read(self.path)) != self.on_disk:
            raise Refusal("changed_while_read")


def find_paths(folder: Path, layouts: Iterable[Layout]) -> list[Path]:
    """Return what is delivered below a folder, in sorted order, without what is left aside."""
    ignored = [*BESIDE, *(one.name for layout in layouts for one in layout.ignored_files)]
    found = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    return sorted(path for path in found if not any(fnmatchcase(path.name, one) for one in ignored))


def open_delivery(path: Path, folder: Path) -> Iterator[Delivered]:
    """Yield a file, or the members of an archive, checked against the manifest beside it.

    Raises
    ------
    Refusal
        ``not_a_file`` for links and devices, and what archives and manifests refuse.
    """
    data = _read(path)
    digest = _hash(data)
    manifest = read_manifest(path.parent)
    if manifest is not None:
        manifest.check(path.name, sha256=digest)
    name = shown_name(path, folder)
    if path.suffix.lower() != ".zip":
        yield Delivered(name, path, data, digest, digest, manifest, path.name)
        return
    held = archive.members(data)
    listed = path.name if len(held) == 1 else ""
    for member, content in held:
        shown = withheld(f"{name}/{member}")
        yield Delivered(shown, path, content, _hash(content), digest, manifest, listed)


def absent_files(folder: Path) -> Iterator[str]:
    """Yield the names that a manifest below a folder lists and nobody delivered."""
    for one in sorted(path.parent for path in folder.rglob(NAME)):
        try:
            manifest = read_manifest(one)
        except Refusal:
            continue
        for name in sorted(manifest.files if manifest else ()):
            plain = PurePosixPath(name).name == name
            if not plain or not (one / name).is_file():
                yield shown_name(one / PurePosixPath(name).name, folder)


def shown_name(path: Path, folder: Path) -> str:
    """Return the path below the delivery folder, as it may stand in reports."""
    return withheld(path.relative_to(folder).as_posix())


def withheld(name: str) -> str:
    """Return a file name, or a hash in its place when it holds a personal number.

    Examples
    --------
    >>> withheld("person_2024.parquet")
    'person_2024.parquet'
    >>> withheld("19121212-1212.csv")[:9]
    'withheld-'
    """
    plain = name.encode("utf-8", "backslashreplace").decode()
    if plain.isprintable() and not holds_personal_number(plain):
        return plain
    return f"withheld-{_hash(plain.encode())[:12]}"


def series_of(name: str) -> str:
    """Return what a correction shares with the file that it corrects: all but the folder's date.

    Examples
    --------
    >>> series_of("pas/202501/contact_2024.parquet")
    'pas/contact_2024.parquet'
    """
    parts = PurePosixPath(name).parts
    return "/".join([*(part for part in parts[:-1] if not part.isdigit()), parts[-1]])


def _read(path: Path) -> bytes:
    fault = False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        fault = True
    if fault:
        raise Refusal("not_a_file")
    with os.fdopen(descriptor, "rb") as held:
        if not stat.S_ISREG(os.fstat(held.fileno()).st_mode):
            raise Refusal("not_a_file")
        return held.read()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
