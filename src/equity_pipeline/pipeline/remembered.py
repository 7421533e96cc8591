"""What each run showed and hid, kept beside the internal databases for the next release."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.disclosure.pattern import PATTERN
from equity_pipeline.extracts import history
from equity_pipeline.settings import Settings

FOLDER = "patterns"
PRIVATE, PRIVATE_FOLDER = 0o600, 0o700


def keep(settings: Settings, run_id: str, pattern: pa.Table) -> None:
    """Keep what a run shows and hides; it counts from the day that the run is released."""
    folder = settings.internal / FOLDER
    folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    made = folder / f".tmp-{run_id}"
    made.touch(PRIVATE)
    pq.write_table(pattern, made, compression="zstd")
    made.replace(folder / f"{run_id}.parquet")


def released(settings: Settings, run_id: str) -> pa.Table:
    """Return the patterns of all that was released, one below the other.

    Parameters
    ----------
    settings
        Where the home is.
    run_id
        The run that asks: the same night once more is not held against itself.

    Returns
    -------
    pyarrow.Table
        Rows of `pattern`, each once; empty where nothing was released.
    """
    runs = sorted({*_runs(settings)} - {run_id})
    kept = [settings.internal / FOLDER / f"{one}.parquet" for one in runs]
    found = [pq.read_table(path, schema=PATTERN) for path in kept if path.exists()]
    rows = pa.concat_tables([PATTERN.empty_table(), *found])
    return rows.group_by(PATTERN.names, use_threads=False).aggregate([]).select(PATTERN.names)


def _runs(settings: Settings) -> Iterator[str]:
    for name in history.in_order(settings.releases):
        told = settings.releases / name / "datapackage.json"
        if told.is_file():
            yield str(json.loads(told.read_bytes()).get("run_id", ""))
