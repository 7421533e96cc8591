"""The application and its entry point."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from equity_pipeline.cli import (
    access,
    audit,
    backfill,
    console,
    decisions,
    deliveries,
    diff,
    keys,
    look,
    records,
    replay,
    retention,
    runs,
)
from equity_pipeline.errors import EquityError, exit_code_of
from equity_pipeline.stopping import stopping_in_good_order

app = typer.Typer(
    name="equity",
    help="Differences in care between groups that measured need does not explain.\n\n"
    "Begin with `equity demo`. Exit codes: 0 done, 2 usage or configuration, 10 declaration, "
    "11 source, 12 warehouse, 13 quality stop, 14 method, 15 disclosure stop, 16 delivery "
    "refused, 75 another run holds the lock.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="Look at the settings.", no_args_is_help=True)

app.command()(runs.demo)
app.command()(runs.run)
app.command()(runs.release)
app.command()(runs.rollback)
app.command()(audit.audit)
app.command()(diff.diff)
app.command()(replay.replay)
app.command()(backfill.backfill)
app.command()(runs.synthesise)
app.command("rotate-key")(keys.rotate_key)
app.command()(deliveries.check_delivery)
app.command()(look.doctor)
app.command()(look.status)
app.command()(look.explain)
app.command()(look.catalogue)
app.command("open")(look.open_)
app.command()(access.inspect)
app.command()(retention.purge)
config_app.command("show")(look.config_show)
decisions.export_app.command("processing-record")(records.processing_record)
decisions.export_app.command("dpia-annex")(records.dpia_annex)
app.add_typer(decisions.decisions_app, name="decisions")
app.add_typer(decisions.export_app, name="export")
app.add_typer(access.access_log_app, name="access-log")
app.add_typer(config_app, name="config")


@app.callback()
def version_option(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Differences in care between groups that measured need does not explain."""
    if version:
        from equity_pipeline import __version__

        console.say(__version__)
        raise typer.Exit
    from equity_pipeline.warehouse.access_log import occasion

    name = context.invoked_subcommand or ""  # the purpose, until somebody says more
    context.with_resource(occasion(command=name, purpose=f"equity {name}"))


def _say_stopped() -> None:
    console.err.print("Stopped. What stood before the run still stands.")


def main() -> None:
    """Run the command line and end with the exit code of what happened."""
    os.umask(0o027)
    # fits on cells are small: a second thread of the linear algebra only waits for the first
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    json_wanted = "--json" in sys.argv
    try:
        with stopping_in_good_order(_say_stopped):
            app(standalone_mode=True)
    except (EquityError, ExceptionGroup) as error:
        try:
            console.fault(error, json_wanted=json_wanted)
        except (BrokenPipeError, SystemExit):  # nobody listens; the exit code tells it all the same
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.dup2(2, 1)
        sys.exit(exit_code_of(error))
    except Exception as error:
        if os.environ.get("EQUITY_TRACEBACK"):
            raise
        console.err.print(f"Unexpected {type(error).__name__}.", highlight=False)
        console.err.print(
            "To mend: set EQUITY_TRACEBACK=1, run again and send the traceback with the "
            "run log; neither holds values from a person's row."
        )
        console.notes(error)
        sys.exit(exit_code_of(error))
