"""Cards of a unit: each group of items, and its indicators by domain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from markupsafe import Markup

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.figures.spine import SpineWords, Vertebra, spine
from equity_pipeline.report.figures.svg import Told
from equity_pipeline.report.indicator.card import Card, grid
from equity_pipeline.report.reading import Row
from equity_pipeline.report.speech import Speech
from equity_pipeline.report.unit.held import SHOWN, Unit, Units, judged_value
from equity_pipeline.vocabulary import vocabulary

SHAPES = {"above_998": "up", "below_998": "down"}
WORDS = ("unit", "whole", "peers", "half", "every")
WORD, YEAR = "word", "year"


def item_cards(
    unit: Unit, units: Units, speech: Speech, *, without: Collection[str] = ()
) -> list[Card]:
    """Return a card for every group of items of which any number is shown.

    Items ``without`` stand elsewhere on the page.
    """
    groups: dict[str, list[Row]] = {}
    for row in unit.items:
        if row["unit_of_measure"] != WORD and row["item_id"] not in without:
            groups.setdefault(row["item_group"], []).append(row)
    shown = {
        name: rows
        for name, rows in groups.items()
        if any(_told(row, "value") is not None for row in rows)
    }
    return [_items(name, rows, units, speech) for name, rows in shown.items()]


def indicator_cards(
    unit: Unit, units: Units, declared: Mapping[str, Declaration], speech: Speech
) -> list[Card]:
    """Return a card for every domain: the unit's indicators beside all units and the region."""
    domains: dict[str, list[Row]] = {}
    for row in unit.indicators:
        if row["indicator_id"] in declared and judged_value(row) is not None:
            domains.setdefault(declared[row["indicator_id"]].domain, []).append(row)
    return [_indicators(name, rows, units, declared, speech) for name, rows in domains.items()]


def number(value: float | None, unit: str, speech: Speech) -> str:
    """Return a number of a unit; a year is a name and has no thousands.

    Examples
    --------
    >>> from equity_pipeline.report.speech import speech
    >>> number(1993.0, "year", speech("sv")), number(None, "persons", speech("sv"))
    ('1993', '..')
    """
    if unit == YEAR and value is not None:
        return f"{value:.0f}"
    return speech.number(value, unit)


def _items(name: str, rows: Sequence[Row], units: Units, speech: Speech) -> Card:
    title = speech.of(rows[0], "item_group_label")
    drawn = [_item(row, units, speech) for row in rows]
    return _card(
        f"items-{name}",
        title,
        speech.say("unit.items_sub"),
        drawn,
        [
            [
                speech.of(row, "item_label"),
                *(
                    number(_told(row, one), row["unit_of_measure"], speech)
                    for one in ("value", "value_region", "value_peer_group")
                ),
            ]
            for row in rows
        ],
        speech,
    )


def _indicators(
    name: str,
    rows: Sequence[Row],
    units: Units,
    declared: Mapping[str, Declaration],
    speech: Speech,
) -> Card:
    label = vocabulary().domains[name][1]
    drawn = [_indicator(row, units, declared, speech) for row in rows]
    return _card(
        f"indicators-{name}",
        label.sv if speech.code == "sv" else label.en,
        speech.say("unit.indicators_sub"),
        drawn,
        [[one.label, one.said, _region(row, speech), _side(row, speech)] for one, row in
         zip(drawn, rows, strict=True)],
        speech,
    )  # fmt: skip


def _card(
    name: str,
    title: str,
    sub: str,
    drawn: Sequence[Vertebra],
    rows: Sequence[Sequence[str]],
    speech: Speech,
) -> Card:
    is_item = name.startswith("items")
    words = SpineWords(*(speech.say(f"unit.{one}") for one in WORDS))
    told = Told(name, title, speech.say("unit.description"))
    head = ("item", "unit_value", "region", "peers" if is_item else "side")
    return Card(
        name=name,
        title=title,
        sub=sub,
        figure=Markup(spine(drawn, told=told, words=words)),  # noqa: S704 - our own markup
        grid=grid([speech.say(f"unit.{one}") for one in head], rows),
    )


def _item(row: Row, units: Units, speech: Speech) -> Vertebra:
    unit = row["unit_of_measure"]
    value, whole, peers = (_told(row, one) for one in ("value", "value_region", "value_peer_group"))
    beside = [
        speech.say(f"unit.{key}", value=number(held, unit, speech))
        for key, held in (("beside_whole", whole), ("beside_peers", peers))
        if held is not None
    ]
    return Vertebra(
        label=speech.of(row, "item_label"),
        said=number(value, unit, speech),
        beside=" · ".join(beside),
        value=value,
        whole=whole,
        peers=peers,
        spread=units.spreads.get(row["item_id"]),
    )


def _indicator(
    row: Row, units: Units, declared: Mapping[str, Declaration], speech: Speech
) -> Vertebra:
    one = declared[row["indicator_id"]]
    value = judged_value(row)
    beside = [
        speech.say("unit.beside_whole", value=_region(row, speech)),
        _side(row, speech),
    ]
    return Vertebra(
        label=one.sv if speech.code == "sv" else one.en,
        said=speech.number(value, row["unit_of_measure"]),
        beside=" · ".join(part for part in beside if part),
        value=value,
        whole=row.get("value_region"),
        peers=None,
        spread=units.spreads.get(row["indicator_id"]),
        shape=SHAPES.get(row.get("funnel_class") or "", "circle"),
    )


def _region(row: Row, speech: Speech) -> str:
    return speech.number(row.get("value_region"), row["unit_of_measure"])


def _side(row: Row, speech: Speech) -> str:
    if not row.get("funnel_class"):
        return ""
    side = vocabulary().label("funnel_class", row["funnel_class"])
    return side.sv if speech.code == "sv" else side.en


def _told(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or row["value_status"] != SHOWN else float(value)
