"""What each run showed and hid, kept beside the internal databases for the next release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.pattern import PATTERN
from equity_pipeline.extracts import history
from equity_pipeline.pipeline.counting import put_beside
from equity_pipeline.pipeline.standing import run_of
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary

FOLDER = "patterns"
HIDDEN = "hidden"  # the table beside T1 that tells which rule hides a cell
PRIVATE, PRIVATE_FOLDER = 0o600, 0o700


def keep(settings: Settings, run_id: str, pattern: pa.Table) -> None:
    """Keep what a run shows and hides; it counts from the day that the run is released."""
    folder = settings.internal / FOLDER
    folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    made = folder / f".tmp-{run_id}"
    made.touch(PRIVATE)
    pq.write_table(pattern, made, compression="zstd")
    made.replace(folder / f"{run_id}.parquet")
    if settings.cells_database.exists():
        put_beside(settings, {HIDDEN: why_hidden(pattern, settings.disclosure.reasons)})


def why_hidden(pattern: pa.Table, reasons: Mapping[str, str]) -> pa.Table:
    """Return a row each hidden cell with the rule that hides it, in words; internal.

    Parameters
    ----------
    pattern
        What a run shows and hides, and why.
    reasons
        The region's words for each rule.
    """
    english = {rule: label.en for rule, label in vocabulary().codes["hidden_reason"].items()}
    hidden = pattern.filter(pattern["is_hidden"])
    rules = hidden["hidden_reason"].to_pylist()
    told = hidden.select([*Cell._fields, "hidden_reason"])
    for language, words in (("sv", reasons), ("en", english)):
        column = pa.array([words.get(rule) for rule in rules], pa.string())
        told = told.append_column(f"hidden_reason_{language}", column)
    return told


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
        run_id = run_of(settings.releases / name)
        if run_id is not None:
            yield run_id
