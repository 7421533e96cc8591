"""Cards of groups: the gradient of one dimension, and all dimensions under each other."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from equity_pipeline.report.figures.equiplot import Strip, equiplot
from equity_pipeline.report.figures.gradient import Level, Slope, gradient
from equity_pipeline.report.figures.scales import known, padded
from equity_pipeline.report.figures.svg import Told
from equity_pipeline.report.indicator.card import Card, grid
from equity_pipeline.report.indicator.held import Held, value_of
from equity_pipeline.report.indicator.short import short
from equity_pipeline.report.reading import Row
from equity_pipeline.report.speech import HIDDEN, Speech
from equity_pipeline.vocabulary import in_sentence

ABOUT_PERSONS = frozenset(
    {"sex", "age_band", "education", "income_quintile", "economic_standard", "employment",
     "country_of_birth", "disability_proxy"}
)  # fmt: skip
UNKNOWN = "missing"
NEARLY_ALL = 0.9


def gradient_card(held: Held, speech: Speech) -> Card | None:
    """Return the card of the dimension that was chosen beforehand; None where none was."""
    if held.asked is None or held.asked not in held.levels:
        return None
    rows = _told(held.levels[held.asked])
    gap = held.gaps[held.asked]
    unit = gap["unit_of_measure"]
    title = _slope_title(gap, rows, speech)
    dimension = speech.of(gap, "dimension_label")
    whole = _whole(held, speech, "gradient.whole", unit) if _are_all(held, rows) else None
    figure = gradient(
        [_level(row, unit, speech) for row in rows],
        told=Told("gradient", title, speech.say("gradient.description", dimension=dimension)),
        say=lambda x: speech.tick(x, unit),
        whole=whole,
        slope=_slope(gap, rows, speech),
        limits=speech.say("gradient.limits"),
    )
    return Card(
        name="gradient",
        title=title,
        sub=speech.say(
            "gradient.sub",
            dimension=dimension,
            measured=speech.measured(unit, speech.of(gap, "adjustment_label")),
        ),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [speech.say(f"table.{one}") for one in ("group", "value", "interval", "denominator")],
            [_line(row, unit, speech) for row in rows],
        ),
    )


def equiplot_cards(held: Held, speech: Speech) -> list[Card]:
    """Return two cards on one axis: groups of persons, and residence and units."""
    shown = [value_of(row)[0] for rows in held.levels.values() for row in _told(rows)]
    if not known(shown):
        return []
    span = padded(shown)
    parts = {
        "persons": [one for one in held.levels if one in ABOUT_PERSONS],
        "places": [one for one in held.levels if one not in ABOUT_PERSONS],
    }
    return [_equiplot(held, speech, name, names, span) for name, names in parts.items() if names]


def _equiplot(
    held: Held, speech: Speech, name: str, names: Sequence[str], span: tuple[float, float]
) -> Card:
    unit = _any(held)["unit_of_measure"]
    title = speech.say(f"equiplot.{name}")
    held_rows = {one: _told(held.levels[one]) for one in names}
    figure = equiplot(
        [_strip(rows, _pair(held, name), unit, speech) for name, rows in held_rows.items()],
        told=Told(f"equiplot-{name}", title, speech.say("equiplot.description")),
        say=lambda x: speech.tick(x, unit),
        whole=_whole(held, speech, "equiplot.whole", unit),
        shapes=tuple(speech.say(f"equiplot.{one}") for one in ("first", "last", "others")),  # type: ignore[arg-type]
        span=span,
    )
    rows: list[list[str]] = []
    for one in held_rows.values():
        rows.append([speech.of(one[0], "dimension_label")])
        rows += [_line(row, unit, speech)[:3] for row in one]
    return Card(
        name=f"equiplot-{name}",
        title=title,
        sub=speech.say("equiplot.sub"),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid([speech.say(f"table.{one}") for one in ("group", "value", "interval")], rows),
        notes=(speech.say("equiplot.places_note"),) if name == "places" else (),
    )


def _pair(held: Held, dimension: str) -> tuple[str, str] | None:
    """Return the levels that are compared in a dimension, None where none were declared."""
    gap = held.gaps.get(dimension)
    return None if gap is None else (gap["focus_level"], gap["reference_level"])


def _are_all(held: Held, rows: Sequence[Row]) -> bool:
    """Return whether the groups are nearly all who are counted: else no common line is drawn."""
    sizes = known(row["n_denominator"] for row in rows)
    everybody = held.whole and held.whole["n_denominator"]
    return not everybody or len(sizes) < len(rows) or sum(sizes) > NEARLY_ALL * everybody


def _strip(rows: Sequence[Row], pair: tuple[str, str] | None, unit: str, speech: Speech) -> Strip:
    values = known(value_of(row)[0] for row in rows)
    far = speech.number(max(values) - min(values), unit, is_gap=True, words=False) if values else ""
    return Strip(
        title=speech.of(rows[0], "dimension_label"),
        note=speech.say("equiplot.note", gap=far),
        groups=tuple((short(row, speech), value_of(row)[0]) for row in rows),
        named=_named(rows, pair, speech),
    )


def _named(rows: Sequence[Row], pair: tuple[str, str] | None, speech: Speech) -> tuple[str, str]:
    words = {row["level"]: short(row, speech) for row in rows}
    first, last = pair or (rows[0]["level"], rows[-1]["level"])
    return words.get(first, ""), words.get(last, "")


def _told(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["level"] != UNKNOWN]


def _any(held: Held) -> Row:
    return next(row for rows in held.levels.values() for row in rows)


def _level(row: Row, unit: str, speech: Speech) -> Level:
    value, low, high = value_of(row)
    return Level(short(row, speech), value, low, high, speech.number(value, unit))


def _line(row: Row, unit: str, speech: Speech) -> list[str]:
    value, low, high = value_of(row)
    return [
        speech.of(row, "level_label"),
        speech.number(value, unit),
        speech.interval(low, high, unit) or (HIDDEN if value is None else ""),
        speech.count(row["n_denominator"] if row["value_status"] == "shown" else None),
    ]


def _whole(held: Held, speech: Speech, key: str, unit: str) -> tuple[float, str] | None:
    value = None if held.whole is None else value_of(held.whole)[0]
    return None if value is None else (value, speech.say(key, value=speech.number(value, unit)))


def _slope(gap: Row, rows: Sequence[Row], speech: Speech) -> Slope | None:
    """Return the fitted line: through the weighted mean, where half of the population lies."""
    values = [value_of(row)[0] for row in rows]
    sizes = [row["n_denominator"] for row in rows]
    if gap.get("sii") is None or len(known(values)) < len(rows) or len(known(sizes)) < len(rows):
        return None
    mean = sum(v * n for v, n in zip(values, sizes, strict=True)) / sum(sizes)
    half = gap["sii"] / 2
    return Slope(mean - half, mean + half, speech.say("gradient.slope"))


def _slope_title(gap: Row, rows: Sequence[Row], speech: Speech) -> str:
    low, high = gap.get("sii_lower"), gap.get("sii_upper")
    if low is None or high is None or len(rows) < 3:
        return speech.say("gradient.plain")
    key = "rising" if low > 0 else "falling" if high < 0 else "unclear"
    ends = [in_sentence(short(row, speech)) for row in (rows[0], rows[-1])]
    return speech.say(f"gradient.{key}", first=ends[0], last=ends[1])
