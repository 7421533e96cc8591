"""Makes a release anew from its raw inputs, apart from everything, and compares the bytes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.extracts import history
from equity_pipeline.extracts.manifest import all_hashes, verify
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.pipeline.night import night
from equity_pipeline.pipeline.releasing import named
from equity_pipeline.pipeline.remembered import FOLDER as PATTERNS
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.access_log import occasion, write
from equity_pipeline.warehouse.database import FOLDER_MODE, Lock, open_to_look

PREFIX = ".tmp-replay-"
MANIFEST = "manifest.json"
# what was delivered by the day of the run, under each of its names
DELIVERED = """
select distinct named.file_name
from raw.delivery_name as named join raw.delivery as delivery using (sha256)
where delivery.layout <> 'open_data' and delivery.delivered_as_of <= $1
"""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay gave: the same bytes, or which files differ, are absent or are more."""

    release: str
    run_id: str
    replayed_run_id: str
    files: int
    differ: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether every file has the bytes that were published."""
        return not self.differ

    def told(self) -> dict[str, Any]:
        """Return it as a mapping."""
        return asdict(self) | {"is_same": self.is_same}


def replay(
    settings: Settings, name: str, *, progress: Callable[[str], None] | None = None
) -> Replayed:
    """Run the night of a release again in a home of its own, and compare every file's hash.

    The delivered files of that day, the stored answers of open sources, what people had decided and
    what had been released before are its inputs; nothing that was built or counted is. Nothing in
    the home changes, but for a line in the access log.

    Parameters
    ----------
    name
        The name of a release, or ``current``.

    Raises
    ------
    ConfigurationError
        If there is no such release, or other code or settings have made it: then the same bytes
        are not to be expected.
    WarehouseError
        If the release is not whole.
    """
    folder = named(settings, name)
    verify(folder)
    run = json.loads((folder / "datapackage.json").read_text("utf-8"))["run"]
    _stop_unless_comparable(settings, run)
    with Lock(settings.run.home), _apart(settings) as home:
        write(settings, "replay", {"release": folder.name, "run_id": run["run_id"]})
        apart = _set_up(settings, home, folder.name, date.fromisoformat(run["as_of"]))
        with occasion(command="replay"):
            made = night(apart, as_of=date.fromisoformat(run["as_of"]), progress=progress)
        found = all_hashes(apart.candidates / made.run_id)
    return Replayed(folder.name, run["run_id"], made.run_id, *_compared(all_hashes(folder), found))


def _compared(was: dict[str, str], now: dict[str, str]) -> tuple[int, tuple[str, ...]]:
    names = was.keys() | now.keys()
    return len(names), tuple(sorted(one for one in names if was.get(one) != now.get(one)))


def _stop_unless_comparable(settings: Settings, run: dict[str, Any]) -> None:
    asked = {"code": code_version(), "configuration": settings.digest()}
    wrong = [f"{key} {run[key]}, not {here}" for key, here in asked.items() if run[key] != here]
    if wrong:
        raise ConfigurationError(
            f"The release was made by other means: {'; '.join(wrong)}.",
            where="datapackage.json of the release",
            mend="install the version and take the configuration that made it, then replay",
        )


@contextmanager
def _apart(settings: Settings) -> Iterator[Path]:
    """Yield a protected folder that is gone afterwards, with what an earlier replay left."""
    for left in settings.internal.glob(f"{PREFIX}*"):
        shutil.rmtree(left)
    made = Path(mkdtemp(prefix=PREFIX, dir=settings.internal))
    made.chmod(FOLDER_MODE)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _set_up(settings: Settings, home: Path, name: str, day: date) -> Settings:
    """Lay the inputs of a release in a home, and return the settings that work in it."""
    apart = _settings(settings, home)
    for folder in (apart.internal, apart.releases):
        folder.mkdir(FOLDER_MODE)
    if settings.deliveries.folder is not None:
        _deliveries(settings, home / "incoming", day)
    for held, there in (
        (settings.snapshots, apart.snapshots),
        (settings.internal / PATTERNS, apart.internal / PATTERNS),
        (settings.decisions, apart.decisions),
    ):
        if held.is_dir():
            shutil.copytree(held, there, copy_function=_link)
    _releases(settings, apart, name)
    return apart


def _settings(settings: Settings, home: Path) -> Settings:
    told = settings.model_copy(
        update={
            "run": settings.run.model_copy(update={"home": home}),
            "release": settings.release.model_copy(update={"share": None}),
            "sources": settings.sources.model_copy(update={"replay": True}),
        }
    )
    if settings.deliveries.folder is None:
        return told
    incoming = settings.deliveries.model_copy(update={"folder": home / "incoming"})
    return told.model_copy(update={"deliveries": incoming})


def _deliveries(settings: Settings, incoming: Path, day: date) -> None:
    """Lay the files that had been delivered by a day, with the manifests of their folders."""
    folder = settings.deliveries.folder
    assert folder is not None
    with (
        occasion(command="replay", purpose="replay of a release"),
        open_to_look(settings, "person") as connection,
    ):
        names = {name for (name,) in connection.execute(DELIVERED, [day]).fetchall()}
    known = names | {above.as_posix() for name in names for above in Path(name).parents}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        is_wanted = place.as_posix() in known or (
            place.name == MANIFEST and place.parent.as_posix() in known
        )
        if is_wanted and path.is_file() and not path.is_symlink():
            (incoming / place).parent.mkdir(parents=True, exist_ok=True)
            _link(path, incoming / place)
    if not incoming.exists():
        raise WarehouseError(
            "None of the delivered files of the release is there.",
            where=str(folder),
            mend="lay them back: a release is made of nothing else",
        )


def _releases(settings: Settings, apart: Settings, name: str) -> None:
    """Lay the releases that stood before one, and let the last of them be current."""
    order = history.in_order(settings.releases)
    before = order[: order.index(name)] if name in order else order
    for one in before:
        if (settings.releases / one).is_dir():
            shutil.copytree(settings.releases / one, apart.releases / one, copy_function=_link)
            history.append(apart.releases, "promote", one)
            apart.current.unlink(missing_ok=True)
            apart.current.symlink_to(apart.releases / one)


def _link(held: str | Path, there: str | Path) -> None:
    """Give a file a second name, or a copy where the folders lie on different disks."""
    try:
        os.link(held, there)
    except OSError:
        shutil.copy2(held, there)
