"""The commands of those who judge - decisions export, import, list - and export of packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Home, Json, settings_of

decisions_app = typer.Typer(
    help="Write the workbook of cases, take it back judged, list what was decided.",
    no_args_is_help=True,
)
export_app = typer.Typer(
    help="Write packages of what was released, and records of personal data.", no_args_is_help=True
)


@export_app.command("research-package")
def research_package(
    to: Annotated[Path, typer.Option("--to", help="A folder that is not there yet.")],
    config: Config = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Write definitions, methods, code version and the released tables for researchers.

    Only what has been released is in it: no row about a person, no internal cells.
    """
    from equity_pipeline.cli.methods_page import methods_page
    from equity_pipeline.pipeline import research

    made = research.research_package(settings_of(config, out), to.resolve(), methods_page())
    if json:
        console.as_json(made)
    else:
        console.say(f"{len(made['tables'])} tables of {made['release']} in {made['folder']}")


@decisions_app.command("export")
def export_workbook(
    config: Config = None,
    out: Home = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="The workbook; decisions/ in the home if absent.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every case, not only candidates and watched ones.")
    ] = False,
    json: Json = False,
) -> None:
    """Write the workbook in which people judge the cases of the current release."""
    from equity_pipeline.pipeline import deciding

    made = deciding.export(settings_of(config, out), to, every=every)
    if json:
        console.as_json(made)
    else:
        console.say(f"{made['cases']} cases in {made['workbook']}")


@decisions_app.command("import")
def import_workbook(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The filled workbook.")],
    config: Config = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Take a filled workbook in: all faults are told at once, nothing is overwritten.

    Every changed row becomes a new version; the next night publishes it. Exit code 16 if anything
    in the workbook is wrong: nothing is then taken in.
    """
    from equity_pipeline.pipeline import deciding

    made = deciding.read_back(settings_of(config, out), file)
    rows = [{"case_id": c, "version": v, "status": s} for c, v, s in made.added]
    if json:
        console.as_json({"added": rows, "unchanged": made.unchanged})
        return
    console.say(f"{len(rows)} new versions, {made.unchanged} rows as before")
    for row in rows:
        console.say(f"  {row['case_id']} version {row['version']}: {row['status']}")


@decisions_app.command("list")
def list_decisions(
    config: Config = None,
    out: Home = None,
    history: Annotated[bool, typer.Option("--history", help="Every version of every case.")] = (
        False
    ),
    json: Json = False,
) -> None:
    """List what people have judged and decided."""
    from equity_pipeline.pipeline import deciding

    rows = deciding.listed(settings_of(config, out), history=history)
    if json:
        console.as_json(rows)
    elif not rows:
        console.say("Nothing has been judged yet. `equity decisions export` writes the workbook.")
    else:
        columns = ["case_id", "version", "status", "verdict", "grade", "decision_ref",
                   "report_back_by", "result"]  # fmt: skip
        console.table("Decisions", columns, [[row[name] for name in columns] for row in rows])
