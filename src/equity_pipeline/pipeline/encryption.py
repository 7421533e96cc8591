"""Looks for encryption beneath a folder: dm-crypt (LUKS) between the file system and the disk.

DuckDB cannot write an encrypted database without a part that its wheel lacks, so rows rest as
safely as the volume that they lie on. What the disk or the platform encrypts by itself cannot be
seen from here, and is then not claimed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}
IN_MEMORY = ("tmpfs", "ramfs")


class Seal(StrEnum):
    """Whether encryption is seen."""

    ENCRYPTED = "encrypted"
    NONE_SEEN = "none seen"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Volume:
    """What a folder lies on: whether encryption is seen beneath it, in words."""

    seal: Seal
    words: str


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of mountinfo: the device's number, where it is mounted, its kind and its source."""

    number: str
    point: str
    kind: str
    source: str


def volume_of(path: Path, *, root: Path = Path("/")) -> Volume:
    """Return what a path lies on; one that is not there yet lies where its folder does.

    Parameters
    ----------
    root
        Where ``proc`` and ``sys`` are found.
    """
    there = next(one for one in (path, *path.absolute().parents) if one.exists()).resolve()
    mount = _mount_of(there, root)
    if mount is None:
        return Volume(Seal.UNKNOWN, "the system does not tell what it lies on")
    if mount.kind in IN_MEMORY:
        return Volume(Seal.UNKNOWN, f"{mount.kind}: in memory, and in swap when that is short")
    number = _number(mount)
    if number is None:
        return Volume(Seal.UNKNOWN, f"{mount.kind} from elsewhere: ask those who run it")
    return _sealed(number, mount, root)


def swap(*, root: Path = Path("/")) -> Volume:
    """Return whether what the system swaps out to disk is seen to be encrypted."""
    try:
        lines = (root / "proc" / "swaps").read_text("utf-8").splitlines()[1:]
    except OSError:
        return Volume(Seal.UNKNOWN, "the system does not tell")
    places = [line.split()[0] for line in lines if not line.startswith("/dev/zram")]
    if not places:
        return Volume(Seal.ENCRYPTED, "nothing is swapped to disk")
    found = [_of_swap(place, root) for place in places]
    worst = max(found, key=(Seal.ENCRYPTED, Seal.UNKNOWN, Seal.NONE_SEEN).index)
    return Volume(worst, f"{', '.join(places)}: {worst}")


def _of_swap(place: str, root: Path) -> Seal:
    if not place.startswith("/dev/"):
        return volume_of(Path(place), root=root).seal
    number = _block_number(place)
    if number is None:
        return Seal.UNKNOWN
    return _sealed(number, Mount(number, "", "swap", place), root).seal


def _mount_of(path: Path, root: Path) -> Mount | None:
    try:
        text = (root / "proc" / "self" / "mountinfo").read_text("utf-8")
    except OSError:
        return None
    over = [one for line in text.splitlines() if _is_over(one := _mount(line), path)]
    # of two on one place the later hides the earlier
    return max(enumerate(over), key=lambda one: (len(one[1].point), one[0]), default=(0, None))[1]


def _mount(line: str) -> Mount:
    before, _, after = line.partition(" - ")
    point, (kind, source) = before.split()[4], after.split()[:2]
    for written, sign in ESCAPES.items():
        point = point.replace(written, sign)
    return Mount(before.split()[2], point, kind, source)


def _is_over(mount: Mount, path: Path) -> bool:
    return path.is_relative_to(mount.point)


def _number(mount: Mount) -> str | None:
    """Return the number of the block device of a mount; some file systems hide it."""
    if not mount.number.startswith("0:"):
        return mount.number
    return _block_number(mount.source)


def _block_number(source: str) -> str | None:
    if not source.startswith("/dev/"):
        return None
    try:
        number = os.stat(source).st_rdev  # noqa: PTH116 - a device, not a file
    except OSError:
        return None
    return f"{os.major(number)}:{os.minor(number)}"


def _sealed(number: str, mount: Mount, root: Path) -> Volume:
    device = root / "sys" / "dev" / "block" / number
    if not device.exists():
        return Volume(Seal.UNKNOWN, f"{mount.source}: the system does not show the device")
    crypts = _crypts(device)
    if crypts:
        return Volume(Seal.ENCRYPTED, f"{mount.source}: {', '.join(sorted(set(crypts)))}")
    return Volume(
        Seal.NONE_SEEN,
        f"{mount.source}: no dm-crypt beneath; a disk or platform that encrypts by itself is not "
        "seen from here",
    )


def _crypts(device: Path) -> list[str]:
    """Return the kinds of encryption beneath a device; none if any part of it has none."""
    uuid = _text(device / "dm" / "uuid")
    if uuid.startswith("CRYPT-"):
        return [uuid.split("-")[1]]
    parts = sorted((device / "slaves").glob("*")) if (device / "slaves").is_dir() else []
    found = [_crypts(part) for part in parts]
    return [kind for one in found for kind in one] if found and all(found) else []


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
