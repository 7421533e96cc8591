"""The command that lets data go when their time is over."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import AsOf, Config, Home, Json, settings_of

WORDS = {
    "deliveries": "deliveries past their time",
    "rows": "delivered rows",
    "persons": "pseudonyms of persons of whom no row is left",
    "set_aside": "notes on rows that were set aside",
    "quarantine_files": "files of rows that were set aside",
    "delivered_files": "delivered files",
    "old_databases": "older copies of the internal databases, and spilled files",
    "backups": "files in the folders of backups",
    "log_lines": "lines of the access log past their time",
}


def purge(
    config: Config = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go; change nothing.")
    ] = False,
    as_of: AsOf = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Remove deliveries older than [retention] lets their source be kept, from every file.

    The databases are written anew; cells and tables come back with the next night.
    """
    from equity_pipeline.pipeline import retention

    day = None if as_of is None else as_of.date()
    told = asdict(retention.purge(settings_of(config, out), as_of=day, dry_run=dry_run))
    if json:
        console.as_json(told)
        return
    rows = [
        (words, "known when it is done" if told[key] is None else told[key])
        for key, words in WORDS.items()
    ]
    console.table("Would go" if dry_run else "Gone", ["what", "count"], rows)
