"""What the settings point at and a night needs: deliveries, layouts, keys, share, group, memory."""

from __future__ import annotations

import grp
import os
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path

import duckdb

from equity_pipeline.deliveries.declared import check_declared
from equity_pipeline.deliveries.identity.keys import read_keys
from equity_pipeline.deliveries.layouts.layout import Layout, read_layout
from equity_pipeline.errors import EquityError
from equity_pipeline.pipeline.protection import DOUBTFUL, FINE, WRONG, Finding
from equity_pipeline.settings import Settings


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield whether what the settings point at is there and can be used; nothing is changed."""
    yield _deliveries(settings.deliveries.folder)
    yield from _layouts(settings)
    yield from _share(settings.release.share)
    yield from _group(settings.access.group)
    yield _engine(settings)


def _deliveries(folder: Path | None) -> Finding:
    if folder is None:
        return Finding("deliveries", FINE, "no delivery folder; open sources only")
    if not folder.is_dir():
        mend = "mount or make the folder, or correct deliveries.folder"
        return Finding("deliveries", WRONG, f"{folder} does not exist", mend)
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    if count:
        return Finding("deliveries", FINE, f"{count} files in {folder}")
    mend = "is the share mounted? a night stops while the folder is empty"
    return Finding("deliveries", DOUBTFUL, f"{folder} is empty", mend)


def _layouts(settings: Settings) -> Iterator[Finding]:
    read: list[Layout] = []
    for path in settings.deliveries.layouts:
        try:
            read.append(read_layout(path))
        except EquityError as error:
            yield _fault("layouts", error, f"correct the layout, or deliveries.layouts: {path}")
    if read:
        yield _declared(settings, read)
    for layout in read:
        yield from _key(settings, layout)


def _declared(settings: Settings, layouts: list[Layout]) -> Finding:
    names = [one.name for one in layouts]
    try:
        check_declared(settings, names)
    except EquityError as error:
        return _fault("purpose", error, "say it in [deliveries]")
    return Finding("purpose", FINE, f"declared for {', '.join(names)}")


def _key(settings: Settings, layout: Layout) -> Iterator[Finding]:
    if layout.key_file is None:
        return
    near = (settings.deliveries.folder, settings.release.share)
    outside = (settings.releases, settings.candidates, *(one for one in near if one))
    name = f"key of {layout.name}"
    try:
        keys = read_keys(layout.key_file, outside=outside)
    except EquityError as error:
        yield _fault(name, error, "put the key back from its safe, or correct key_file")
        return
    if keys.previous is None:
        yield Finding(name, FINE, f"{layout.key_file}, closed to others")
    else:
        mend = "equity rotate-key --status, and --finish when nobody is left under the old key"
        yield Finding(name, DOUBTFUL, "a rotation has begun and not ended", mend)


def _share(share: Path | None) -> Iterator[Finding]:
    if share is None:
        return
    if share.is_dir() and os.access(share, os.W_OK | os.X_OK):
        yield Finding("share", FINE, str(share))
    else:
        words = f"{share} is not there or cannot be written"
        yield Finding("share", WRONG, words, "mount it with write access, or unset release.share")


def _group(name: str) -> Iterator[Finding]:
    if not name:
        return
    try:
        group = grp.getgrnam(name)
    except KeyError:
        words = f"there is no group {name}"
        yield Finding("group", WRONG, words, f"groupadd {name}, or correct access.group")
        return
    if os.getuid() == 0 or group.gr_gid in (os.getgid(), *os.getgroups()):
        yield Finding("group", FINE, name)
    else:
        words = f"{getuser()} is not in {name}"
        yield Finding("group", WRONG, words, f"usermod -aG {name} {getuser()}, and log in again")


def _engine(settings: Settings) -> Finding:
    """Return whether the database takes the limits, and the machine has what they allow."""
    asked = {"memory_limit": settings.run.memory_limit, "threads": settings.run.threads}
    try:
        with duckdb.connect(config=asked) as connection:  # type: ignore[arg-type]
            [(limit,)] = connection.execute("select current_setting('memory_limit')").fetchall()
    except duckdb.Error:
        words = f"{settings.run.memory_limit!r} is no amount of memory"
        return Finding("memory", WRONG, words, "write run.memory_limit as 4GB or 4GiB")
    held = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    words = f"{limit} of {held / 2**30:.1f} GiB may be taken"
    if _bytes(limit) > held:
        return Finding("memory", WRONG, words, "set run.memory_limit to half of the machine's")
    return Finding("memory", FINE, words)


def _bytes(told: str) -> float:
    number, unit = told.split()
    power = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB").index(unit)
    return float(number) * float(1024**power)


def _fault(name: str, error: EquityError, otherwise: str) -> Finding:
    where = f" ({error.where})" if error.where else ""
    return Finding(name, WRONG, f"{error.what}{where}", error.mend or otherwise)
