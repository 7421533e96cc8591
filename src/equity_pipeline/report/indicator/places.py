"""Cards of places: care units beside a funnel, and the municipalities on a map of tiles."""

from __future__ import annotations

from markupsafe import Markup

from equity_pipeline.report.figures.borders import Borders
from equity_pipeline.report.figures.choropleth import choropleth
from equity_pipeline.report.figures.funnel import FunnelWords, Unit, funnel
from equity_pipeline.report.figures.svg import Told
from equity_pipeline.report.figures.tiles import layout, tile_map
from equity_pipeline.report.indicator.card import Card, grid
from equity_pipeline.report.indicator.held import SHOWN, Held, value_of
from equity_pipeline.report.reading import Row
from equity_pipeline.report.speech import HIDDEN, Speech
from equity_pipeline.vocabulary import vocabulary

FEWEST = 3
SIDES = {"above_998": 1, "below_998": -1}
WORDS = ("above", "below", "within", "outer", "inner", "whole", "sizes")


def funnel_card(held: Held, speech: Speech) -> Card | None:
    """Return the card of the care units; None with fewer than three that are shown."""
    rows = sorted((row for row in held.units if _is_judged(row)), key=lambda r: r["n_denominator"])
    if len(rows) < FEWEST:
        return None
    unit = rows[0]["unit_of_measure"]
    outside = sum(row["funnel_class"] in SIDES for row in rows)
    key = "none" if outside == 0 else "one" if outside == 1 else "some"
    title = speech.say(f"funnel.{key}", n=outside, all=len(rows))
    figure = funnel(
        [_unit(row) for row in rows],
        told=Told("funnel", title, speech.say("funnel.description")),
        say=lambda x: speech.tick(x, unit),
        say_size=speech.plain,
        whole=rows[0].get("value_region"),
        words=FunnelWords(*(speech.say(f"funnel.{one}") for one in WORDS)),
    )
    return Card(
        name="funnel",
        title=title,
        sub=speech.say("funnel.sub"),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [speech.say(f"table.{one}") for one in ("denominator", "value", "limits", "side")],
            [_line(row, unit, speech) for row in rows],
        ),
        notes=tuple(_funnel_notes(held, speech)),
    )


def map_card(
    held: Held, speech: Speech, region: str, borders: Borders | None = None
) -> Card | None:
    """Return the map of the municipalities; None where none is laid out or shown.

    Parameters
    ----------
    borders
        Their borders, if any were fetched: all or none of the map. Else they are tiles.
    """
    values = {row["geography_code"]: value_of(row)[0] for row in held.places}
    if not values:
        return None
    unit = held.places[0]["unit_of_measure"]
    adjustment = vocabulary().label("adjustment", held.places[0]["headline_adjustment"])
    names = _names(held, region)
    told = Told("map", speech.say("map.title"), speech.say("map.description"))
    hidden = speech.say("map.hidden")
    is_laid = borders is not None and values.keys() <= borders.shapes.keys()
    laid = borders if is_laid else None
    figure = (
        tile_map(region, values, told=told, say=lambda x: speech.number(x, unit, words=False),
                 hidden=hidden)
        if laid is None
        else choropleth(laid, values, names, told=told, say=lambda x: speech.tick(x, unit),
                        hidden=hidden)
    )  # fmt: skip
    if not figure:
        return None
    words = adjustment.sv if speech.code == "sv" else adjustment.en
    sub = "map.sub" if laid is None else "map.sub_borders"
    return Card(
        name="map",
        title=told.title,
        sub=speech.say(sub, measured=speech.measured(unit, words)),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [speech.say("table.municipality"), speech.say("table.value")],
            [[names[code], speech.number(values.get(code), unit)] for code in sorted(names)],
        ),
        notes=() if laid is None else (speech.say("map.source", source=laid.source),),
    )


def _names(held: Held, region: str) -> dict[str, str]:
    """Return the names of the municipalities by code: laid out, else as the rows have them."""
    laid = {one.code: one.name for one in layout(region)}
    told = {row["geography_code"]: str(row.get("geography_name") or row["geography_code"])
            for row in held.places}  # fmt: skip
    return laid or told


def _is_judged(row: Row) -> bool:
    told = (_value(row), row.get("n_denominator"), row.get("funnel_class"))
    return row["value_status"] == SHOWN and all(one is not None for one in told)


def _value(row: Row) -> float | None:
    return row.get("value_crude" if row["adjustment"] == "crude" else "value_std")


def _unit(row: Row) -> Unit:
    return Unit(
        size=row["n_denominator"],
        value=_value(row) or 0.0,
        inner=(row.get("funnel_low95"), row.get("funnel_high95")),
        outer=(row.get("funnel_low998"), row.get("funnel_high998")),
        side=SIDES.get(row["funnel_class"], 0),
    )


def _line(row: Row, unit: str, speech: Speech) -> list[str]:
    side = vocabulary().label("funnel_class", row["funnel_class"])
    return [
        speech.count(row["n_denominator"]),
        speech.number(_value(row), unit),
        speech.interval(row.get("funnel_low95"), row.get("funnel_high95"), unit) or HIDDEN,
        side.sv if speech.code == "sv" else side.en,
    ]


def _funnel_notes(held: Held, speech: Speech) -> list[str]:
    hidden = sum(row["value_status"] == "suppressed" for row in held.units)
    notes = [speech.say("funnel.no_names")]
    if hidden:
        notes.append(speech.say("funnel.hidden_one" if hidden == 1 else "funnel.hidden", n=hidden))
    return notes
