"""Cards of one difference: how it has developed, and what remains of it step by step."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from equity_pipeline.report.figures.scales import known
from equity_pipeline.report.figures.steps import Step, steps
from equity_pipeline.report.figures.svg import Told
from equity_pipeline.report.figures.trend import Moment, trend
from equity_pipeline.report.indicator.card import Card, grid
from equity_pipeline.report.indicator.headline import change_since
from equity_pipeline.report.indicator.held import SHOWN, Held
from equity_pipeline.report.reading import Row
from equity_pipeline.report.speech import HIDDEN, Speech
from equity_pipeline.vocabulary import in_sentence

NEED_A, NEED_B = "need_a", "need_b"
STEPS = (
    ("total_crude", "total_note", None, "total_crude"),
    ("need_a", "need_a_note", NEED_A, "remaining"),
    ("need_b", "need_b_note", NEED_B, "remaining"),
    ("within_units", "within_note", None, "within_units"),
)
Limits = tuple[float | None, float | None, float | None]


def trend_card(held: Held, speech: Speech) -> Card | None:
    """Return the card of the difference through the years; None with fewer than two periods."""
    rows = held.trend.get(held.asked or "", [])
    if len(rows) < 2 or held.asked is None:
        return None
    gap = held.gaps[held.asked]
    unit = rows[0]["unit_of_measure"]
    title = _trend_title(rows, speech)
    word = speech.unit(unit, is_gap=True)
    name = speech.say("trend.gap", unit=word) if word else speech.say("trend.gap_bare")
    figure = trend(
        [_moment(row) for row in rows],
        told=Told("trend", title, speech.say("trend.description")),
        say=lambda x: speech.tick(x, unit),
        say_gap=lambda x: speech.tick(x, unit, is_gap=True),
        names=(speech.of(gap, "focus_label"), speech.of(gap, "reference_label")),
        gap_name=name,
    )
    return Card(
        name="trend",
        title=title,
        sub=speech.say("trend.sub", dimension=speech.of(gap, "dimension_label")),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [
                speech.say("table.period"),
                speech.of(gap, "focus_label"),
                speech.of(gap, "reference_label"),
                name,
                speech.say("table.interval"),
            ],
            [_trend_line(row, speech) for row in rows],
        ),
    )


def steps_card(held: Held, speech: Speech, *, is_right: bool) -> Card | None:
    """Return the card of what remains of the difference after need, and within units.

    None where no step is shown. ``is_right`` says that the care is a right for everyone.
    """
    parts = held.parts.get(held.asked or "", [])
    if held.asked is None or not parts:
        return None
    gap = held.gaps[held.asked]
    unit = gap["unit_of_measure"]
    side = _side(gap)
    found = [_step(one, parts, side, unit, speech) for one in STEPS]
    told = [one for one in found if one is not None]
    if not known(one.value for one in told):
        return None
    title = _steps_title(found, unit, speech)
    return Card(
        name="steps",
        title=title,
        sub=_steps_sub(gap, unit, speech),
        figure=Markup(  # noqa: S704 - our own markup, words escaped
            steps(
                told,
                told=Told("steps", title, speech.say("steps.description")),
                say=lambda x: speech.tick(x, unit, is_gap=True),
            )
        ),
        grid=grid(
            [speech.say(f"table.{one}") for one in ("step", "gap", "interval")],
            [[one.label, one.said, _limits(one, unit, speech)] for one in told],
        ),
        notes=(speech.say("steps.right"),) if is_right else (),
    )


def _trend_title(rows: Sequence[Row], speech: Speech) -> str:
    change = change_since(rows)
    if change is None:
        return speech.say("trend.plain")
    year, value, low, high, _ = change
    key = "unclear" if low <= 0 <= high else "wider" if value > 0 else "narrower"
    return speech.say(f"trend.{key}", year=year)


def period_name(row: Row) -> str:
    """Return a period as its year, or as the months it begins and ends with.

    Examples
    --------
    >>> from datetime import date
    >>> period_name({"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)})
    '2024'
    """
    start = pd.Timestamp(row["period_start"])
    end = pd.Timestamp(row["period_end"]) - pd.Timedelta(days=1)
    if (start.month, start.day, end.month) == (1, 1, 12) and start.year == end.year:
        return str(start.year)
    return f"{start:%Y-%m}–{end:%Y-%m}"


def _moment(row: Row) -> Moment:
    value, low, high = _gap_of(row)
    is_shown = row["value_status"] == SHOWN
    focus, reference = (row[one] if is_shown else None for one in ("level_focus", "level_ref"))
    return Moment(period_name(row), focus, reference, value, low, high)


def _gap_of(row: Row) -> Limits:
    if row["value_status"] != SHOWN:
        return None, None, None
    name = "gap_harm" if row.get("gap_harm") is not None else "gap_abs"
    value, low, high = (row.get(f"{name}{end}") for end in ("", "_lower", "_upper"))
    return value, low, high


def _trend_line(row: Row, speech: Speech) -> list[str]:
    unit = row["unit_of_measure"]
    one = _moment(row)
    return [
        one.label,
        speech.number(one.focus, unit),
        speech.number(one.reference, unit),
        speech.number(one.gap, unit, words=False),
        speech.interval(one.lower, one.upper, unit) or (HIDDEN if one.gap is None else ""),
    ]


def _side(gap: Row) -> int:
    """Return -1 where a lower value is to harm, so that positive steps are to disadvantage."""
    harm, plain = gap.get("gap_harm"), gap.get("gap_abs")
    return -1 if harm is not None and plain is not None and abs(harm + plain) < 1e-9 else 1


def _step(
    one: tuple[str, str, str | None, str],
    parts: Sequence[Row],
    side: int,
    unit: str,
    speech: Speech,
) -> Step | None:
    key, note, adjustment, component = one
    deepest = NEED_B if any(row["adjustment"] == NEED_B for row in parts) else NEED_A
    chosen = adjustment or deepest
    rows = [r for r in parts if r["adjustment"] == chosen and r["component"] == component]
    if not rows:
        return None
    value, low, high = _contribution(rows[0], side)
    said = speech.number(value, unit, words=False)
    return Step(speech.say(f"steps.{key}"), speech.say(f"steps.{note}"), value, low, high, said)


def _limits(one: Step, unit: str, speech: Speech) -> str:
    return speech.interval(one.lower, one.upper, unit) or (HIDDEN if one.value is None else "")


def _contribution(row: Row, side: int) -> Limits:
    if row["value_status"] != SHOWN or row["contribution"] is None:
        return None, None, None
    low, high = row.get("contribution_lower"), row.get("contribution_upper")
    if low is None or high is None:
        return side * row["contribution"], None, None
    return side * row["contribution"], *sorted((side * low, side * high))


def _steps_title(found: Sequence[Step | None], unit: str, speech: Speech) -> str:
    crude, rest = found[0], found[2]
    if crude is None or rest is None or crude.value is None or rest.value is None:
        return speech.say("steps.plain")
    is_established = crude.lower is not None and crude.lower > 0
    if not is_established or rest.value < 0:
        return speech.say("steps.plain")
    key = "title" if rest.value <= crude.value else "grows"
    bare = key == "title"
    return speech.say(
        f"steps.{key}",
        rest=speech.number(rest.value, unit, is_gap=True, words=not bare),
        crude=speech.number(crude.value, unit, is_gap=True),
    )


def _steps_sub(gap: Row, unit: str, speech: Speech) -> str:
    key = "sub" if gap.get("gap_harm") is not None else "sub_plain"
    word = speech.unit(unit, is_gap=True)
    said = speech.say(
        f"steps.{key}",
        focus=speech.of(gap, "focus_label"),
        reference=in_sentence(speech.of(gap, "reference_label")),
        unit=word,
    )
    return said.replace(", .", ".")
