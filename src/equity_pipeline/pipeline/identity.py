"""Who a run is: the same inputs, code, configuration and date give the same id and bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import equity_pipeline
from equity_pipeline.settings import Settings

SOURCE_SUFFIXES = (".py", ".toml", ".sql", ".j2", ".css", ".json")


@cache
def code_version() -> str:
    """Return the version with a hash of the code and SQL that is running."""
    package = Path(equity_pipeline.__file__).parent
    digest = hashlib.sha256()
    for folder in (package, package.parents[1] / "sql", package.parents[1] / "expectations"):
        if not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*")):
            if path.suffix in SOURCE_SUFFIXES and path.is_file():
                digest.update(path.relative_to(folder).as_posix().encode())
                digest.update(path.read_bytes())
    return f"{equity_pipeline.__version__}+{digest.hexdigest()[:12]}"


def run_identity(inputs: Iterable[str], settings: Settings, as_of: date) -> str:
    """Return the run id: twelve hex of everything that can change a result.

    Parameters
    ----------
    inputs
        The sha256 of every delivery and raw answer that the run rests on, in any order.
    settings
        The run's settings; where it works and how fast do not count.
    as_of
        The date that the run is for.
    """
    told = [*sorted(set(inputs)), code_version(), settings.digest(), as_of.isoformat()]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]
