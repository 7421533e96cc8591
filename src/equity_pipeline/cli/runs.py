"""The commands that make something: demo, run, release, rollback, synthesise."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equity_pipeline.cli import console

if TYPE_CHECKING:
    from equity_pipeline.pipeline import NightReport
    from equity_pipeline.settings import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="An equity.toml; see configs/ for examples."),
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The date the run is for; today if absent."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Home = Annotated[Path | None, typer.Option("--out", help="Where to work; overrides run.home.")]


def settings_of(config: Path | None, home: Path | None = None) -> Settings:
    """Return the settings of a file, working in another home when one is given."""
    from equity_pipeline.settings import load_settings

    settings = load_settings(config).settings
    if home is None:
        return settings
    return settings.model_copy(
        update={"run": settings.run.model_copy(update={"home": home.resolve()})}
    )


def _day(as_of: datetime | None) -> date | None:
    return None if as_of is None else as_of.date()


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to make.")] = Path("out"),
    break_: Annotated[
        str | None,
        typer.Option("--break", help="Deliver something broken and see the stop; 'list' lists."),
    ] = None,
    prefect: Annotated[
        bool, typer.Option(help="Run as the Prefect flow; without it no server is started.")
    ] = True,
    json: Json = False,
) -> None:
    """Run the whole night on the synthetic sample and say what was made."""
    from equity_pipeline.pipeline import demonstration

    if break_ == "list":
        for name, words in demonstration.broken_deliveries().items():
            console.say(f"{name:18} {words}")
        return
    console.err.print(
        "[bold]Synthetic data, not real patients.[/bold] Folder: " + str(out), highlight=False
    )
    if break_ is not None:
        became = demonstration.deliver_broken(out.resolve(), break_, progress=console.progress)
        _say_or_json(became, json, demonstration.in_words(became))
        return
    report = demonstration.run(out.resolve(), with_prefect=prefect, progress=console.progress)
    if json:
        console.as_json(_told(report))
        return
    _say_report(report)
    console.say(demonstration.planted_beside_found(report))
    _say_ways_in(out, report)


def run(
    config: Config = None,
    as_of: AsOf = None,
    out: Home = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read and written; change nothing.")
    ] = False,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Ask no open source: take its stored answers, however old."),
    ] = False,
    json: Json = False,
) -> None:
    """Run one night: pull, load, check, build, tabulate, protect, publish. No server is needed."""
    from equity_pipeline import pipeline

    settings = settings_of(config, out)
    if replay:
        sources = settings.sources.model_copy(update={"replay": True})
        settings = settings.model_copy(update={"sources": sources})
    if dry_run:
        planned = pipeline.plan(settings, as_of=_day(as_of))
        if json:
            console.as_json(planned)
        else:
            console.table("What the night would do", ["what", "value"], list(planned.items()))
        return
    with console.working("night") as detail:
        report = pipeline.night(
            settings, as_of=_day(as_of), progress=console.progress, detail=detail
        )
    if json:
        console.as_json(_told(report))
        return
    _say_report(report)
    _say_ways_in(settings.run.home, report)


def release(
    config: Config = None,
    period: Annotated[
        str | None, typer.Option(help="The period to release, as 2024-12; the newest if absent.")
    ] = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Publish the newest candidate of a period, if the audit finds nothing in it."""
    from equity_pipeline.pipeline import releasing

    with console.working("audit") as detail:
        made = releasing.release(settings_of(config, out), period=period, progress=detail)
    _say_or_json(made, json, f"Released {made['release']}")


def rollback(config: Config = None, out: Home = None, json: Json = False) -> None:
    """Point `current` back at the release before."""
    from equity_pipeline.pipeline import releasing

    made = releasing.rollback(settings_of(config, out))
    _say_or_json(made, json, f"Current is {made['release']} again")


def synthesise(
    out: Annotated[Path, typer.Option("--out", help="Folder for the deliveries.")],
    persons: Annotated[int, typer.Option(min=1, help="How many people, from 5 000.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2024,
    individual_ses: Annotated[
        bool, typer.Option(help="Deliver individual socioeconomics as well.")
    ] = True,
    json: Json = False,
) -> None:
    """Make a synthetic region with known differences, as deliveries and truth.json."""
    from equity_pipeline.synthetic import generate

    made = generate(persons, seed, out, individual_ses=individual_ses, progress=console.progress)
    facts = {"folder": str(made.folder), "rows": dict(made.rows), "synthetic": True}
    _say_or_json(facts, json, f"Synthetic region of {persons} people in {made.folder}")


def _say_or_json(value: Any, json: bool, words: str) -> None:
    if json:
        console.as_json(value)
    else:
        console.say(words)


def _told(report: NightReport) -> dict[str, Any]:
    return dataclasses.asdict(report)


def _say_report(report: NightReport) -> None:
    console.say("")
    console.say(f"[bold]{report.headline}[/bold]")
    for line in report.lines:
        console.say(f"  {line}")


def _say_ways_in(home: Path, report: NightReport) -> None:
    if report.release is None:
        console.say(f"Candidate: {report.candidate}. Publish it with `equity release`.")
        return
    current = home / "current"
    console.say(f"Report:    equity open --out {home}   ({current / 'index.html'})")
    console.say(
        f'Database:  python -c "import duckdb; '
        f"print(duckdb.connect('{current / 'equity.duckdb'}', read_only=True)"
        f".sql('from mart.gap_headline limit 10'))\""
    )
    console.say(
        f'Extracts:  python -c "import pandas as pd; '
        f"print(pd.read_parquet('{current / 'gap.parquet'}').head())\""
    )
