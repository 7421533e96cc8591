"""The card of a unit's ages beside the region's."""

from __future__ import annotations

from markupsafe import Markup

from equity_pipeline.report.figures.pyramid import Band, pyramid
from equity_pipeline.report.figures.svg import Told
from equity_pipeline.report.indicator.card import Card, grid
from equity_pipeline.report.reading import Row
from equity_pipeline.report.speech import Speech
from equity_pipeline.report.unit.held import SHOWN, Unit

AGES = ("AD_AGE_0_17", "AD_AGE_18_44", "AD_AGE_45_64", "AD_AGE_65_79", "AD_AGE_80")
WOMEN, SHARE = "AD_WOMEN", "percent"
VALUES = ("value", "value_region", "value_peer_group")


def ages_card(unit: Unit, speech: Speech) -> Card | None:
    """Return the ages of those listed beside the region's; None where no age is shown.

    How many are women stands beneath: no ages by sex are published of a unit.
    """
    held = {row["item_id"]: row for row in unit.items}
    rows = _rows(unit)
    title = _title(rows, speech) or speech.say("ages.plain")
    figure = pyramid(
        [_band(one, row, speech) for one, row in rows],
        told=Told("ages", title, speech.say("ages.description")),
        names=(speech.say("unit.unit"), speech.say("unit.whole")),
    )
    if not figure:
        return None
    women = [(WOMEN, held[WOMEN])] if WOMEN in held else []
    head = ("item", "unit_value", "region", "peers")
    return Card(
        name="ages",
        title=title,
        sub=speech.say("ages.sub"),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [speech.say(f"unit.{one}") for one in head],
            [_line(one, row, speech) for one, row in [*rows, *women]],
        ),
        notes=tuple(_women(row, speech) for _, row in women),
    )


def ages_title(unit: Unit, speech: Speech) -> str:
    """Return the finding of a unit's ages; nothing where no age is shown beside the region's."""
    return _title(_rows(unit), speech)


def _rows(unit: Unit) -> list[tuple[str, Row]]:
    held = {row["item_id"]: row for row in unit.items}
    return [(one, held[one]) for one in AGES if one in held]


def _title(rows: list[tuple[str, Row]], speech: Speech) -> str:
    """Return the finding: the age whose share lies farthest from the region's."""
    apart = {
        one: here - there
        for one, row in rows
        if (here := told(row, "value")) is not None
        and (there := told(row, "value_region")) is not None
    }
    if not apart:
        return ""
    one = max(apart, key=lambda band: abs(apart[band]))
    key = "more" if apart[one] > 0 else "fewer"
    size = speech.number(abs(apart[one]), SHARE, is_gap=True)
    return speech.say(f"ages.{key}", band=speech.say(f"ages.{one}"), size=size)


def told(row: Row, name: str) -> float | None:
    """Return a number of a row that is shown, else None.

    Examples
    --------
    >>> told({"value_status": "suppressed", "value": 0.2}, "value") is None
    True
    """
    value = row.get(name)
    return None if value is None or row["value_status"] != SHOWN else float(value)


def _band(one: str, row: Row, speech: Speech) -> Band:
    here, there = told(row, "value"), told(row, "value_region")
    return Band(
        speech.say(f"ages.{one}"),
        here,
        there,
        speech.number(here, SHARE),
        speech.number(there, SHARE),
    )


def _line(one: str, row: Row, speech: Speech) -> list[str]:
    return [
        speech.say(f"ages.{one}"),
        *(speech.number(told(row, name), SHARE) for name in VALUES),
    ]


def _women(row: Row, speech: Speech) -> str:
    here, there, _ = (speech.number(told(row, name), SHARE) for name in VALUES)
    return speech.say("ages.women", here=here, there=there)
