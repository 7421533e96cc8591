"""Where things lie in a release, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

CSV, HISTORY, OPEN, UNITS = "csv", "history", "open", "units"
DICTIONARY, CODES = "ordlista.csv", "kodlista.csv"


def parts_of(folder: Path) -> Iterator[Path]:
    """Yield the folders of a release that are handed out by themselves, in order."""
    if (folder / OPEN).is_dir():
        yield folder / OPEN
    if (folder / UNITS).is_dir():
        yield from sorted(path for path in (folder / UNITS).iterdir() if path.is_dir())


def is_of_units(path: Path, folder: Path) -> bool:
    """Return whether a file of a release is in a unit's own folder.

    Examples
    --------
    >>> is_of_units(Path("r/units/a/gap.parquet"), Path("r"))
    True
    """
    return path.relative_to(folder).parts[:1] == (UNITS,)
