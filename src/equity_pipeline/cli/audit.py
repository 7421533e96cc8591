"""The command that attacks a release before anyone else does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from equity_pipeline.cli import console

SHOWN = 40  # findings printed for people; the JSON has all
# what to do then, by exit code
NEXT = (
    "That no attack of these worked is no proof that there is none.",
    "Do not hand it out. Run again with a protected table, or leave the table out; never lower a "
    "limit to get past.",
    "Do not hand it out before all is judged: give more time with --time-limit, or mend what is "
    "named.",
)


def audit(
    release: Annotated[Path, typer.Argument(help="The folder of a release or candidate.")],
    previous: Annotated[
        list[Path] | None,
        typer.Option("--previous", help="An earlier release to hold it against; may be repeated."),
    ] = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0, help="Seconds that the solver may take.")
    ] = 600.0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Attack a release as a reader would: exit 0 clean, 1 a leak, 2 could not judge.

    Only the released files are read. Sums, linked tables, rates, intervals, indicators of the same
    people, earlier releases, metadata, pages and workbooks are tried; every leak is told with its
    attack and its cell.
    """
    from equity_pipeline.audit.audit import ATTACKS
    from equity_pipeline.audit.audit import audit as attacked
    from equity_pipeline.audit.release import read_release

    with console.working("audit") as detail:
        detail("reading every file of the release")
        read = read_release(release, *(previous or ()))
        verdict = attacked(read, time_limit=time_limit, progress=detail)
    if json:
        console.as_json(verdict.told())
        raise typer.Exit(verdict.exit_code)
    if verdict.findings:
        rows = [
            (one.attack, one.key.words(), one.column, _interval(one.low, one.high), one.file)
            for one in verdict.findings[:SHOWN]
        ]
        columns = ("attack", "cell", "found", "between", "file")
        console.table(f"{len(verdict.findings)} leaks", columns, rows)
        for attack, found in sorted({(one.attack, one.found) for one in verdict.findings}):
            console.say(f"{attack}: {found}.")
    for name, why in verdict.unjudged.items():
        console.say(f"Could not judge by {name}: {why}")
    if not verdict.findings:
        console.say("Tried, as a reader could who has nothing but these files:")
        for kind in ATTACKS.values():
            console.say(f"  - {kind.words}")
    words = ("Clean: no attack worked", "Leak", "Could not judge")[verdict.exit_code]
    console.say(f"{words}. {verdict.n_cells} cells, of which {verdict.n_hidden} hidden.")
    console.say(NEXT[verdict.exit_code])
    raise typer.Exit(verdict.exit_code)


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:g}-{high:g}"
