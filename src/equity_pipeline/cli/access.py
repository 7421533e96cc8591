"""The commands on internal data: inspect, and the log of who opened them."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Home, Json, settings_of

access_log_app = typer.Typer(
    help="The log of who opened internal data, when and why.", no_args_is_help=True
)
SHOWN = ("number", "time", "user", "login_user", "action", "database", "purpose", "run_id")


class Database(StrEnum):
    """What can be opened."""

    person = "person"
    cells = "cells"


def inspect(
    database: Annotated[
        Database, typer.Argument(help="Pseudonymised rows, or unsuppressed counts.")
    ],
    purpose: Annotated[
        str | None, typer.Option(help="Why, in words; it stands in the access log.")
    ] = None,
    sql: Annotated[
        str | None, typer.Option(help="One select statement; the tables are listed without.")
    ] = None,
    person: Annotated[
        int | None, typer.Option(help="The person_key that $person in the statement stands for.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most rows to show.")] = 50,
    config: Config = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Look into internal data. Read-only; who looked, when and why is written down first."""
    from equity_pipeline.pipeline import access

    if purpose is None:
        purpose = typer.prompt("Purpose", err=True) if sys.stdin.isatty() else ""
    seen = access.inspect(
        settings_of(config, out),
        database.value,
        purpose=purpose,
        sql=sql,
        person=person,
        limit=limit,
    )
    if json:
        console.as_json([dict(zip(seen.columns, row, strict=True)) for row in seen.rows])
        return
    console.table(f"{database.value}: {purpose}", seen.columns, seen.rows)
    if seen.has_more:
        console.say(f"There are more than {limit} rows; --limit shows more.")


@access_log_app.command("list")
def list_lines(
    last: Annotated[int, typer.Option(min=1, help="The newest so many lines.")] = 50,
    config: Config = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """List who opened internal data; --json gives everything that was written."""
    from equity_pipeline.pipeline import access

    lines: list[dict[str, Any]] = access.listed(settings_of(config, out), last=last)
    if json:
        console.as_json(lines)
    elif not lines:
        console.say("Nobody has opened internal data yet.")
    else:
        console.table("Openings", SHOWN, [[line.get(name) for name in SHOWN] for line in lines])


@access_log_app.command("check")
def check_log(config: Config = None, out: Home = None, json: Json = False) -> None:
    """Hold the log against its count: exit code 12 if lines are missing, torn or cut off."""
    from equity_pipeline.pipeline import access

    count = access.check(settings_of(config, out))
    if json:
        console.as_json({"lines": count, "whole": True})
    else:
        console.say(f"{count} lines, none missing")
