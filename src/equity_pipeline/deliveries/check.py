"""What would become of files before anyone sends them: the same door, an empty warehouse."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from equity_pipeline.deliveries.land import take
from equity_pipeline.deliveries.layouts.layout import Layout, read_layout
from equity_pipeline.deliveries.layouts.shipped import shipped, shipped_names
from equity_pipeline.deliveries.mends import mend_of
from equity_pipeline.deliveries.verdict import FileReport
from equity_pipeline.errors import ConfigurationError, DeliveryRefused
from equity_pipeline.settings import Settings
from equity_pipeline.stopping import stopping_in_good_order

SHOWN = ("accept", "quarantine", "reject_file")  # from best to worst
COUNTED = ("rows_in", "rows_loaded", "rows_quarantined", "rows_refused")
LOADED = "already_loaded"
FOLDER = "equity-check-"


@dataclass(frozen=True, slots=True)
class Checked:
    """What would become of one file; ``None`` where rows cannot be counted."""

    file: str
    verdict: str
    rows_in: int | None
    rows_loaded: int
    rows_quarantined: int
    rows_refused: int | None
    reasons: dict[str, int]
    warnings: dict[str, int]

    @property
    def is_refused(self) -> bool:
        """Whether the sender must do something; a file that is already loaded is no fault."""
        return self.verdict == SHOWN[-1] and LOADED not in self.reasons

    @property
    def mends(self) -> dict[str, str]:
        """How each reason and warning is mended."""
        return {reason: mend_of(reason) for reason in (*self.reasons, *self.warnings)}

    def told(self) -> dict[str, Any]:
        """Return the verdict as plain values; no value of a row is among them."""
        counted = {name: getattr(self, name) for name in COUNTED}
        words = {"reasons": self.reasons, "warnings": self.warnings, "mends": self.mends}
        return {"file": self.file, "verdict": self.verdict, **counted, **words}


def layout_named(name: str, settings: Settings) -> Layout:
    """Return a layout by the path of its file, its name in the configuration, or as shipped.

    Raises
    ------
    ConfigurationError
        If there is no such layout.
    DeclarationError
        If there is, but it contradicts itself or the vocabulary.
    """
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return read_layout(path)
    configured = {one.name: one for one in map(read_layout, settings.deliveries.layouts)}
    if name in configured:
        return configured[name]
    if name not in shipped_names():
        known = sorted({*configured, *shipped_names()})
        raise ConfigurationError(
            f"There is no layout {name!r}.",
            where="--layout",
            mend=f"give one of {', '.join(known)}, or the path of a layout's TOML file",
        )
    return shipped(name)


def check(
    paths: Sequence[Path],
    layout: Layout,
    *,
    as_of: date,
    settings: Settings,
    progress: Callable[[str], None] | None = None,
) -> list[Checked]:
    """Return what would become of files, judged in this order as successive deliveries.

    They go through the door of every night, into a warehouse in memory; what has no room there
    lies in a private folder that is removed whatever happens. Identities get the pseudonyms of a
    key that is thrown away with it.

    Raises
    ------
    ConfigurationError
        If a file is not there.
    """
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise ConfigurationError(
            "The file does not exist.", where=str(missing[0]), mend="give the paths of plain files"
        )
    with private_folder() as folder:
        chosen = _inside(settings, folder)
        with duckdb.connect(":memory:", config=_limits(settings, folder)) as held:
            held.execute("set enable_progress_bar = false")  # it would stand in the JSON
            report = take(
                chosen,
                held,
                paths,
                layouts=[_with_key(layout, folder)],
                as_of=as_of,
                any_name=True,
                progress=progress,
            )
    return [_checked(file) for file in report.files]


def summary(files: Sequence[Checked]) -> dict[str, Any]:
    """Return the totals with the worst verdict, the exit code, and each file in order."""
    worst = max(files, key=lambda one: SHOWN.index(one.verdict))
    totals = {name: _sum([getattr(one, name) for one in files]) for name in COUNTED}
    return {
        "verdict": worst.verdict,
        **totals,
        "reasons": _added(one.reasons for one in files),
        "warnings": _added(one.warnings for one in files),
        "mends": {reason: mend for one in files for reason, mend in one.mends.items()},
        "exit_code": exit_code(files),
        "files": [one.told() for one in files],
    }


def exit_code(files: Sequence[Checked]) -> int:
    """Return 16 when a file would be refused, else 0."""
    return DeliveryRefused.exit_code if any(one.is_refused for one in files) else 0


@contextmanager
def private_folder() -> Iterator[Path]:
    """Give a folder that only its owner may enter, and remove it also when told to stop."""
    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    folder.chmod(0o700)
    with stopping_in_good_order():
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _inside(settings: Settings, folder: Path) -> Settings:
    run = settings.run.model_copy(update={"home": folder / "home"})
    deliveries = settings.deliveries.model_copy(update={"folder": None})
    return settings.model_copy(update={"run": run, "deliveries": deliveries})


def _limits(settings: Settings, folder: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": settings.run.threads,
        "memory_limit": settings.run.memory_limit,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _with_key(layout: Layout, folder: Path) -> Layout:
    if layout.key_file is None:
        return layout
    path = folder / "keys" / "pseudonym.key"
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(32), "ascii")
    return replace(layout, key_file=path)


def _checked(file: FileReport) -> Checked:
    reasons, warnings = dict(file.reasons), dict(file.warnings)
    if file.verdict == LOADED:
        n = file.rows_before
        return Checked(file.name, SHOWN[-1], n, 0, 0, n, {LOADED: n} | reasons, warnings)
    known = file.rows_in if file.is_counted else None
    refused = file.rows_refused if file.is_counted else None
    counted = (known, file.rows_loaded, file.rows_quarantined, refused)
    return Checked(file.name, file.verdict, *counted, reasons, warnings)


def _sum(values: Sequence[int | None]) -> int | None:
    known = [one for one in values if one is not None]
    return sum(known) if len(known) == len(values) else None


def _added(counted: Iterator[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counted:
        for name, n in one.items():
            total[name] = total.get(name, 0) + n
    return dict(sorted(total.items()))
