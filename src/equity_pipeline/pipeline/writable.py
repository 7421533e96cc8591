"""Whether a night may write where it must, asked before it reads anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from equity_pipeline.machine import closed
from equity_pipeline.settings import Settings


def stop_unless_writable(settings: Settings) -> None:
    """Stop if a folder or database of the home is there and cannot be written.

    Raises
    ------
    ConfigurationError
        Names every such place.

    Examples
    --------
    >>> stop_unless_writable(Settings())
    """
    shut = [str(path) for path in _places(settings) if path.exists() and not _is_open(path)]
    if shut:
        raise closed(", ".join(shut))


def _places(settings: Settings) -> Iterator[Path]:
    yield settings.run.home
    yield from (settings.internal, settings.candidates, settings.releases, settings.logs)
    yield from (settings.person_database, settings.cells_database)


def _is_open(path: Path) -> bool:
    return os.access(path, os.W_OK | os.X_OK if path.is_dir() else os.R_OK | os.W_OK)
