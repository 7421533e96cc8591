"""The commands that only look: doctor, status, explain, catalogue, config show, open."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Home, Json, settings_of
from equity_pipeline.errors import ConfigurationError


def doctor(
    config: Config = None,
    out: Home = None,
    sources: Annotated[
        bool,
        typer.Option("--sources", help="Also ask each enabled open source whether it answers."),
    ] = False,
    json: Json = False,
) -> None:
    """Look at versions, disk, permissions, clock, deliveries and the last release."""
    from equity_pipeline.pipeline import condition

    found = condition.examine(settings_of(config, out), ask=sources)
    if json:
        console.as_json(
            [{"name": one.name, "state": one.state, "words": one.words} for one in found]
        )
    else:
        console.table(
            "Condition",
            ["what", "state", "words"],
            [(one.name, one.state, one.words) for one in found],
        )
    if any(one.state == "wrong" for one in found):
        raise ConfigurationError(
            "Something above is wrong.", mend="mend what is marked wrong, then run doctor again"
        )


def status(config: Config = None, out: Home = None, json: Json = False) -> None:
    """Say which release stands, how old it is, what was delivered, and its main values."""
    from equity_pipeline.pipeline import standing

    told = standing.standing(settings_of(config, out))
    if json:
        console.as_json(told)
        return
    for name in ("release", "run_id", "as_of", "age_days", "candidate", "last_run"):
        console.say(f"{name:12} {told[name]}")
    console.say(f"deliveries   {standing.rows_in_words(told['deliveries'])}")
    console.say(f"replaced     {len(told['replaced'])} files by newer ones; --json names them")
    console.table(
        "Values of the newest period",
        ["indicator", "name", "value", "lower", "upper", "denominator"],
        [
            (v["indicator_id"], v["name"], v["value"], v["lower"], v["upper"], v["n_denominator"])
            for v in told["values"]
        ],
    )
    console.table(
        "Declared gaps of the newest period",
        ["indicator", "dimension", "gap to the focus group's disadvantage", "interval", "state"],
        [
            (
                g["indicator_id"],
                g["dimension"],
                g["gap_harm"],
                f"{g['gap_harm_lower']} to {g['gap_harm_upper']}",
                g["evidence_state"],
            )
            for g in told["gaps"]
        ],
    )


def explain(
    indicator: Annotated[str, typer.Argument(help="For example VT01.")],
    config: Config = None,
    out: Home = None,
    json: Json = False,
) -> None:
    """Print an indicator's definition, the SQL that counts it, and the first rows."""
    from equity_pipeline.pipeline import explaining

    told = explaining.explain(indicator, settings_of(config, out))
    if json:
        console.as_json(told)
        return
    for name, value in told["definition"].items():
        console.say(f"{name:20} {value}")
    console.say("")
    console.say("[bold]SQL[/bold]")
    console.out.print(told["sql"], markup=False, highlight=False)
    console.say("")
    if told["rows"]:
        console.table(
            "First rows", list(told["rows"][0]), [list(row.values()) for row in told["rows"]]
        )
    else:
        console.say(told["note"])


def catalogue(config: Config = None, json: Json = False) -> None:
    """List the declared indicators."""
    from equity_pipeline.indicators.catalogue import load_catalogue

    settings = settings_of(config)
    rows = [
        {
            "id": one.id,
            "name": one.en,
            "namn": one.sv,
            "domain": one.domain,
            "kind": one.kind,
            "direction": one.direction,
            "adjusters": one.adjusters,
            "version": one.indicator_version,
            "hash": one.definition_hash,
        }
        for one in load_catalogue(settings.run.declared).select()
    ]
    if json:
        console.as_json(rows)
    else:
        console.table("Indicators", list(rows[0]), [list(row.values()) for row in rows])


def config_show(
    config: Config = None,
    origin: Annotated[
        bool, typer.Option("--origin", help="Say where each value came from.")
    ] = False,
    json: Json = False,
) -> None:
    """Print every setting, and with --origin where its value came from."""
    from equity_pipeline.settings import leaves, load_settings

    held = load_settings(config)
    values = dict(leaves(held.settings))
    if json:
        console.as_json(
            {key: {"value": value, "origin": held.origins[key]} for key, value in values.items()}
            if origin
            else values
        )
        return
    columns = ["key", "value", "origin"] if origin else ["key", "value"]
    rows = [
        (key, value, held.origins[key]) if origin else (key, value) for key, value in values.items()
    ]
    console.table("Settings", columns, rows)


def open_(config: Config = None, out: Home = None) -> None:
    """Open the report of the current release."""
    page = settings_of(config, out).current / "index.html"
    if not page.exists():
        raise ConfigurationError(
            "There is no release to open.",
            where=str(page),
            mend="run `equity demo`, or `equity run` and `equity release`",
        )
    console.say(str(page))
    webbrowser.open(page.resolve().as_uri())
