"""The command that runs the nights of past months."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Home, Json, settings_of


def backfill(
    first: Annotated[str, typer.Option("--first", help="The first month, as 2023-01.")],
    last: Annotated[str, typer.Option("--last", help="The last month, as 2024-12.")],
    day: Annotated[
        int, typer.Option("--day", help="The day of the month after that each is reported on.")
    ] = 10,
    config: Config = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Run the night of each of some past months; the same command goes on where it was cut off."""
    from equity_pipeline.pipeline import backfilling

    settings = settings_of(config, out)
    with console.working("backfill") as detail:
        made = backfilling.backfill(
            settings, first, last, day=day, progress=console.progress, detail=detail
        )
    if json:
        console.as_json([dataclasses.asdict(one) for one in made])
        return
    console.table(
        "Months",
        ["month", "as of", "status", "release"],
        [(one.month, one.as_of, one.status, one.release) for one in made],
    )
