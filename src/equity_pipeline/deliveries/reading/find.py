"""Finds delivered files: regular files below the folder, zip archives opened, links refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from equity_pipeline.deliveries.identity.guard import holds_personal_number
from equity_pipeline.deliveries.layouts.layout import Layout
from equity_pipeline.deliveries.reading import archive, spool
from equity_pipeline.deliveries.reading.manifest import NAME, Manifest, end_of_period, read_manifest
from equity_pipeline.deliveries.verdict import Refusal

BESIDE = (NAME, "truth.json", "README", "README.*")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivered file, or one member of an archive.

    ``path`` is the file on disk and ``on_disk`` its hash; ``content`` is where the bytes are read
    from: the file itself, or a private copy of the member. ``listed`` is its name in the manifest.
    """

    name: str
    path: Path
    content: Path
    sha256: str
    on_disk: str
    manifest: Manifest | None = None
    listed: str = ""

    @property
    def period(self) -> str | None:
        """The month (YYYYMM) of the manifest, else of the folder's name; None without one."""
        held = self.manifest.period if self.manifest else None
        return held or (self.path.parent.name if end_of_period(self.path.parent.name) else None)

    def check_rows(self, rows: int) -> None:
        """Refuse another number of rows than the manifest counts."""
        if self.manifest is not None and self.listed:
            self.manifest.check_rows(self.listed, rows)

    def check_unchanged(self) -> None:
        """Refuse a file that has other bytes now than when it was found."""
        if spool.digest_of(self.path) != self.on_disk:
            raise Refusal("changed_while_read")


@dataclass(frozen=True, slots=True)
class Reading:
    """How delivered files are opened: where members are kept, how long a file must be quiet."""

    staging: Path
    settle_seconds: float = 0.0
    largest_bytes: int = 2**40


def find_paths(folder: Path, layouts: Iterable[Layout]) -> list[Path]:
    """Return what is delivered below a folder, in sorted order, without what is left aside."""
    declared = tuple(layouts)
    found = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    return sorted(path for path in found if not is_left_aside(path.name, declared))


def is_left_aside(name: str, layouts: Iterable[Layout]) -> bool:
    """Return whether a file is none that is delivered: it describes others, or a layout says so."""
    bare = PurePosixPath(name).name
    described = any(fnmatchcase(bare, one) for one in BESIDE)
    return described or any(one.ignores(bare) for one in layouts)


def open_delivery(path: Path, folder: Path, reading: Reading) -> Iterator[Delivered]:
    """Yield a file, or the members of an archive, checked against the manifest beside it.

    A member can be read until the next one is asked for.

    Raises
    ------
    Refusal
        ``not_a_file`` for links and devices, ``still_written`` for a file that grows, and what
        archives and manifests refuse.
    """
    spool.wait_until_written(path, reading.settle_seconds, largest=reading.largest_bytes)
    digest = spool.digest_of(path)
    manifest = read_manifest(path.parent)
    if manifest is not None:
        manifest.check(path.name, sha256=digest)
    name = shown_name(path, folder)
    if path.suffix.lower() != ".zip":
        yield Delivered(name, path, path, digest, digest, manifest, path.name)
        return
    with spool.opened(path) as held:
        members = archive.members(held)
        listed = path.name if len(members) == 1 else ""
        for member, parts in members:
            shown = withheld(f"{name}/{member}")
            with spool.staged(reading.staging, parts) as (content, found):
                yield Delivered(shown, path, content, found, digest, manifest, listed)


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
    # A hash of the number is found by trying them all; in one of the shape is nothing to find.
    shape = "".join("x" if one.isalnum() else one for one in plain)
    return f"withheld-{_hash(shape.encode())[:12]}"


def series_of(name: str) -> str:
    """Return what a correction shares with the file that it corrects: all but the folder's date.

    Examples
    --------
    >>> series_of("pas/202501/contact_2024.parquet")
    'pas/contact_2024.parquet'
    """
    parts = PurePosixPath(name).parts
    return "/".join([*(part for part in parts[:-1] if not part.isdigit()), parts[-1]])


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
