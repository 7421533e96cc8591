"""Key files of pseudonyms: who may read them, where they may lie, and how one follows another.

A rotation is a few steps on disk, each of which leaves a key in place, so that whatever is cut
off is finished by the next command::

    pseudonym.key                      one key
    pseudonym.key  pseudonym.key.next  a new one is written beside
    pseudonym.key  .next  .previous    the old one has a second name (the same file)
    pseudonym.key  .previous           the new one has taken the place: the window is open
    pseudonym.key                      the old one is destroyed
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from equity_pipeline.errors import ConfigurationError

SMALLEST_KEY = 32  # bytes; shorter than the hash gives away part of its strength
PLACE = "keep it in a folder of the service user alone, or where its credentials are handed over"
# Pseudonyms are the same function of twelve digits, so no label of letters can ever be one; and
# 48 bits of an HMAC say nothing that helps to find a key of 256.
_ID_LABEL = b"equity_pipeline: id of this key"


@dataclass(frozen=True, slots=True)
class Key:
    """A secret and the id that may be told: neither a log nor a repr shows the secret."""

    secret: bytes = field(repr=False)
    key_id: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The key that makes pseudonyms and, while a rotation lasts, the one before."""

    current: Key
    previous: Key | None = None


def key_of(secret: bytes) -> Key:
    """Return a key with its id: twelve hex that cannot be turned back into it.

    Examples
    --------
    >>> key_of(b"a" * 32).key_id == key_of(b"a" * 32).key_id != key_of(b"b" * 32).key_id
    True
    >>> key_of(b"a" * 32)
    Key(key_id='0fcfede8286b')
    """
    return Key(secret, hmac.new(secret, _ID_LABEL, hashlib.sha256).hexdigest()[:12])


def read_key(path: Path, *, outside: Iterable[Path] = ()) -> bytes:
    """Return the key of a file that only its owner may read.

    Parameters
    ----------
    path
        The key file.
    outside
        Folders that others write to or read from; the key may lie in none of them.

    Raises
    ------
    ConfigurationError
        If the file is not there, is open to others, is another user's, lies in a version-controlled
        work tree or in one of the folders, or is shorter than 32 bytes.
    """
    _check_place(path, outside)
    opened: tuple[os.stat_result, bytes] | None = None
    try:
        with path.open("rb") as held:
            opened = os.fstat(held.fileno()), held.read(2**16).strip()
    except OSError:
        opened = None
    if opened is None:
        raise ConfigurationError("The key file cannot be read.", where=str(path))
    _check_owner(path, opened[0])
    if len(opened[1]) < SMALLEST_KEY:
        raise ConfigurationError(
            f"The key is shorter than {SMALLEST_KEY} bytes.",
            where=str(path),
            mend="make one with `openssl rand -hex 32`",
        )
    return opened[1]


def read_keys(path: Path, *, outside: Iterable[Path] = ()) -> Keys:
    """Return the key of a file and, while a rotation lasts, the one before it.

    Raises
    ------
    ConfigurationError
        As :func:`read_key`, for either file.
    """
    folders = tuple(outside)
    current = key_of(read_key(path, outside=folders))
    before = previous_path(path.resolve())
    if not before.exists():
        return Keys(current)
    previous = key_of(read_key(before, outside=folders))
    # The old key has two names until the new one has taken its place.
    return Keys(current, None if previous.key_id == current.key_id else previous)


def previous_path(path: Path) -> Path:
    """Return where the key before lies while a rotation lasts.

    Examples
    --------
    >>> previous_path(Path("pseudonym.key")).name
    'pseudonym.key.previous'
    """
    return path.with_name(f"{path.name}.previous")


def next_path(path: Path) -> Path:
    """Return where a new key is written before it takes the place of the old one.

    Examples
    --------
    >>> next_path(Path("pseudonym.key")).name
    'pseudonym.key.next'
    """
    return path.with_name(f"{path.name}.next")


def replace_key(path: Path) -> Keys:
    """Put a new key in the place of the old one and keep both; a cut-off attempt is finished.

    Returns
    -------
    Keys
        The new key as current, the old one as previous.

    Raises
    ------
    ConfigurationError
        If a window is already open, or the key cannot be used.
    """
    path = path.resolve()
    if read_keys(path).previous is not None:
        raise ConfigurationError(
            "A rotation of this key has begun and not ended.",
            where=str(path),
            mend="load or `equity rotate-key --rekey`, then `equity rotate-key --finish`",
        )
    fresh = next_path(path)
    if not _is_whole(fresh):
        fresh.unlink(missing_ok=True)
        _write(fresh, secrets.token_hex(32).encode("ascii") + b"\n")
    if not previous_path(path).exists():
        _second_name(path)
    fresh.replace(path)
    _sync_folder(path.parent)
    return read_keys(path)


def destroy_previous(path: Path) -> bool:
    """Overwrite the key before and remove it; return whether there was anything to remove.

    On file systems that copy when they write and on worn flash the old bytes may remain; what
    protects them there is the encryption of the volume.
    """
    path = path.resolve()
    old, doomed = previous_path(path), path.with_name(f"{path.name}.destroyed")
    if old.exists() and old.samefile(path):
        old.unlink()  # a second name of the key in use, from an attempt that was cut off
    if old.exists():
        old.replace(doomed)  # half overwritten it must not be taken for a key
        _sync_folder(path.parent)
    if not doomed.exists():
        return False
    _overwrite(doomed)
    doomed.unlink()
    _sync_folder(path.parent)
    return True


def _overwrite(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b", buffering=0) as held:
        for filling in (secrets.token_bytes(size), b"\0" * size):
            held.seek(0)
            held.write(filling)
            os.fsync(held.fileno())


def _check_place(path: Path, outside: Iterable[Path]) -> None:
    real = path.resolve()
    if any((folder / ".git").exists() for folder in real.parents):
        raise ConfigurationError(
            "The key file lies in a version-controlled work tree.", where=str(path), mend=PLACE
        )
    if any(real.is_relative_to(folder.resolve()) for folder in outside):
        raise ConfigurationError(
            "The key file lies where files are delivered to or results are written.",
            where=str(path),
            mend=PLACE,
        )


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigurationError("The key file is no plain file.", where=str(path), mend=PLACE)
    if status.st_mode & 0o077:
        raise ConfigurationError(
            "The key file is open to others.", where=str(path), mend=f"chmod 600 {path}"
        )
    if status.st_uid != os.geteuid():
        raise ConfigurationError(
            "The key file belongs to another user.",
            where=str(path),
            mend="let the user that runs the pipeline own it",
        )


def _second_name(path: Path) -> None:
    try:
        os.link(path, previous_path(path))
    except OSError:  # a share that knows no second names: a copy does
        _write(previous_path(path), path.read_bytes())
    _sync_folder(path.parent)


def _is_whole(path: Path) -> bool:
    try:
        return len(read_key(path)) >= 2 * SMALLEST_KEY
    except ConfigurationError:
        return False


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as held:
        os.fchmod(held.fileno(), 0o600)
        held.write(content)
        held.flush()
        os.fsync(held.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
