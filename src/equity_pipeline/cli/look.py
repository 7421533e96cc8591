"""The commands that only look: doctor, status, explain, catalogue, config show, open."""

from __future__ import annotations

import dataclasses
import webbrowser
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equity_pipeline.cli import console
from equity_pipeline.cli.runs import Config, Home, Json, settings_of
from equity_pipeline.errors import ConfigurationError, EquityError

if TYPE_CHECKING:
    from equity_pipeline.settings import Settings

HIDDEN = ".."
IMPORTANT = "established_important"
AT_A_GLANCE = (
    *("release", "run_id", "as_of", "age_days", "candidate"),
    *("last_good_run", "last_run", "next_run", "is_late"),
)


def doctor(
    config: Config = None,
    out: Home = None,
    sources: Annotated[
        bool,
        typer.Option("--sources", help="Also ask each enabled open source whether it answers."),
    ] = False,
    json: Json = False,
) -> None:
    """Look at what a night rests on, and say of what is wrong how to mend it."""
    from equity_pipeline.pipeline import condition

    found = condition.examine(settings_of(config, out), ask=sources)
    if json:
        console.as_json([dataclasses.asdict(one) for one in found])
    else:
        console.table(
            "Condition",
            ["what", "state", "words", "to mend"],
            [(one.name, one.state, one.words, one.mend) for one in found],
        )
    wrong = [one for one in found if one.state == "wrong"]
    if wrong:
        raise ConfigurationError(
            "\n".join(f"{one.name}: {one.words}" for one in wrong),
            mend="\n".join(dict.fromkeys(one.mend for one in wrong)),
        )


def status(
    config: Config = None,
    out: Home = None,
    alarm: Annotated[
        bool,
        typer.Option("--alarm", help="End with 1 if no night has ended well by operation.late."),
    ] = False,
    every: Annotated[
        bool,
        typer.Option("--all", help="Every indicator's value and every declared comparison."),
    ] = False,
    json: Json = False,
) -> None:
    """Say which release stands, how old it is, how the nights go, and its main values."""
    from equity_pipeline.pipeline import standing, watching

    settings = settings_of(config, out)
    if alarm:
        _alarm(settings)
        return
    told = watching.status(settings)
    if json:
        console.as_json(told)
        return
    for name in AT_A_GLANCE:
        console.say(f"{name:14} {told[name]}")
    stale = [f"{name} since {since}" for name, since in told["stale_sources"].items()]
    console.say(f"stale sources  {', '.join(stale) or 'none'}")
    console.say(f"deliveries     {standing.rows_in_words(told['deliveries'])}")
    console.say(f"replaced       {len(told['replaced'])} files by newer ones; --json names them")
    if every:
        _values(told["values"])
    _gaps(told["gaps"], every=every)


def _values(values: Sequence[Mapping[str, Any]]) -> None:
    """Print the region's value of each indicator."""
    console.table(
        "Values of the newest period",
        ["indicator", "name", "value", "interval", "denominator"],
        [
            (one["indicator_id"], one["name"], _number(one["value"]),
             _interval(one["lower"], one["upper"]), _number(one["n_denominator"]))
            for one in values
        ],
    )  # fmt: skip


def _gaps(gaps: Sequence[Mapping[str, Any]], *, every: bool) -> None:
    """Print the declared comparisons, unless all are asked for those that are established."""
    told = [one for one in gaps if every or one["evidence_state"] == IMPORTANT]
    shown = sum(one["value_status"] == "shown" for one in gaps)
    console.table(
        "Declared comparisons of the newest period"
        if every
        else f"Established and larger than the limit: {len(told)} of {shown} comparisons shown"
        f" and {len(gaps)} declared; --all has every one",
        ["indicator", "dimension", "to harm", "interval", *(["state"] if every else [])],
        [
            (one["indicator_id"], one["dimension"], _number(one["gap_harm"]),
             _interval(one["gap_harm_lower"], one["gap_harm_upper"]),
             *([one["evidence_state"] or HIDDEN] if every else []))
            for one in told
        ],
    )  # fmt: skip


def _interval(lower: float | None, upper: float | None) -> str:
    return HIDDEN if lower is None or upper is None else f"{_number(lower)} to {_number(upper)}"


def _number(value: float | None) -> str:
    """Return a number with as many decimals as its size bears, ``..`` where it is not shown."""
    if value is None:
        return HIDDEN
    return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 100 else f"{value:,.0f}"


def _alarm(settings: Settings) -> None:
    """Say how the nights go in a few words, and raise if one is late."""
    from equity_pipeline.pipeline import watching

    seen = watching.watch(settings)
    console.say(seen.subject)
    console.say(seen.body)
    if seen.is_late:
        raise EquityError(
            seen.subject,
            where=str(settings.logs),
            mend="see the newest file there, and `equity doctor`",
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
