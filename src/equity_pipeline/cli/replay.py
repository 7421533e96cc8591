"""The command that makes a release anew and says whether it is the same."""

from __future__ import annotations

from typing import Annotated

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Home, Json, settings_of
from equity_pipeline.errors import WarehouseError


def replay(
    release: Annotated[str, typer.Argument(help="Its name, as 2024-12, or current.")] = "current",
    config: Config = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Make a release anew from its raw inputs, and end with 12 if any byte differs."""
    from equity_pipeline.pipeline.replaying import replay as make

    with console.working("replay") as detail:
        made = make(settings_of(config, out), release, progress=detail)
    if json:
        console.as_json(made.told())
    elif made.is_same:
        console.say(f"{made.release}: {made.files} files, each with the bytes that were published")
    if not made.is_same:
        raise WarehouseError(
            f"{len(made.differ)} of {made.files} files differ: {', '.join(made.differ[:10])}.",
            where=f"{made.release}, run {made.run_id}, replayed as {made.replayed_run_id}",
            mend="where the runs differ the inputs do: is a delivery or an answer gone?",
        )
