"""The command on the keys of pseudonyms."""

from __future__ import annotations

from typing import Annotated

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import AsOf, Config, Home, Json, settings_of
from equity_pipeline.errors import ConfigurationError


def rotate_key(
    config: Config = None,
    layout: Annotated[
        str | None, typer.Option(help="The layout whose key is meant, when several have one.")
    ] = None,
    rekey: Annotated[
        bool, typer.Option("--rekey", help="Read the identities in the delivery folder again.")
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Destroy the old key when nobody needs it.")
    ] = False,
    forget: Annotated[
        int, typer.Option(min=0, help="With --finish: how many persons are given up.")
    ] = 0,
    status: Annotated[
        bool, typer.Option("--status", help="Say key ids, ages and persons; change nothing.")
    ] = False,
    as_of: AsOf = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Replace the key of pseudonyms by a new one; both serve until --finish. No key is printed."""
    from equity_pipeline.pipeline import rotating

    if rekey + finish + status > 1 or (forget and not finish):
        raise ConfigurationError(
            "Only one of --rekey, --finish and --status goes at a time, and --forget with --finish."
        )
    settings, day = settings_of(config, out), None if as_of is None else as_of.date()
    if status:
        told = rotating.status(settings, layout, day)
        if json:
            console.as_json(told)
        else:
            console.table("Keys", ["what", "value"], list(told.items()))
        return
    if finish:
        words = rotating.finish(settings, layout, day, forget=forget)
    else:
        words = (rotating.rekey if rekey else rotating.begin)(settings, layout, day)
    if json:
        console.as_json({"done": words})
    else:
        console.say(words)
