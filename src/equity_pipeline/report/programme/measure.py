"""Cards of one measure of a programme: before and after, how alike units were, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from equity_pipeline.report.figures.change import Change, ChangeWords, change
from equity_pipeline.report.figures.run_chart import Month, RunWords, run_chart
from equity_pipeline.report.figures.svg import Told
from equity_pipeline.report.indicator.card import Card, Grid, grid
from equity_pipeline.report.programme.held import SHOWN, Member, Programme, told
from equity_pipeline.report.programme.overview import p_value, said, why
from equity_pipeline.report.reading import Row
from equity_pipeline.report.speech import Speech

POPULATIONS = ("all", "focus_group", "others")
CHANGE = ("here", "there", "before_mark", "after_mark")
LINES = ("group", "before", "after", "before_there", "after_there", "did", "interval", "p")
RUN = ("value", "centre", "limits", "shift", "trend", "outside", "tried")
MONTHS = ("month", "value", "n", "limits", "signal", "event")
BALANCE = ("covariate", "mean_here", "mean_there", "smd", "smd_before")
SIGNALS = ("shift", "trend", "outside")
YEAR = 12


def change_card(one: Programme, indicator: str, speech: Speech) -> Card:
    """Return before and after of all, the focus group and the others, beside comparison units."""
    rows = [(name, one.effect(indicator, name)) for name in POPULATIONS]
    held = [(name, row) for name, row in rows if row is not None]
    unit = str(held[0][1]["unit_of_measure"])
    title = speech.say("programme.change")
    figure = change(
        [_change(name, row, speech) for name, row in held],
        told=Told("change", title, speech.say("programme.change_description")),
        say=lambda x: speech.tick(x, unit),
        words=ChangeWords(*(speech.say(f"programme.{name}") for name in CHANGE)),
    )
    return Card(
        name="change",
        title=title,
        sub=speech.say("programme.change_sub"),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [speech.say(f"programme.{name}") for name in LINES],
            [_line(name, row, speech) for name, row in held],
        ),
        notes=tuple(_notes(held[0][1], speech)),
    )


def balance(one: Programme, indicator: str, speech: Speech) -> Grid | None:
    """Return how alike units and comparison units were before the start; None if nobody told."""
    rows = one.balance.get(indicator, [])
    if not rows:
        return None
    return grid(
        [speech.say(f"programme.{name}") for name in BALANCE],
        [_alike(row, speech) for row in rows],
    )


def run_cards(one: Programme, indicator: str, speech: Speech) -> list[Card]:
    """Return a card for each unit of the programme, by name: its months, signals and activities."""
    charts = one.charts.get(indicator, {})
    return [
        _run(member, charts[member.code], at, speech)
        for at, member in enumerate(one.members)
        if member.code in charts
    ]


def _change(name: str, row: Row, speech: Speech) -> Change:
    return Change(
        label=speech.label("programme_population", name),
        note=said(row, speech),
        here=(told(row, "pre_pilot"), told(row, "post_pilot")),
        there=(told(row, "pre_comp"), told(row, "post_comp")),
    )


def _line(name: str, row: Row, speech: Speech) -> list[str]:
    unit = row["unit_of_measure"]
    levels = [told(row, one) for one in ("pre_pilot", "post_pilot", "pre_comp", "post_comp")]
    value, p = told(row, "did"), told(row, "p_permutation")
    return [
        speech.label("programme_population", name),
        *(speech.number(level, unit) for level in levels),
        why(row, speech) if value is None else speech.number(value, unit, is_gap=True),
        speech.interval(told(row, "did_lower"), told(row, "did_upper"), unit),
        "" if p is None else p_value(p, speech),
    ]


def _notes(row: Row, speech: Speech) -> list[str]:
    """Return how the interval was found, whether trends were alike, and what became of the gap."""
    notes = []
    assignments, trend = told(row, "n_assignments"), told(row, "pre_trend_p")
    if assignments is not None:
        notes.append(speech.say("programme.permuted", n=speech.count(assignments)))
    if trend is not None:
        key = "trend_unlike" if trend < 0.05 else "trend_alike"
        notes.append(speech.say(f"programme.{key}", p=p_value(trend, speech)))
    gap = told(row, "equity_did")
    if gap is not None:
        unit = row["unit_of_measure"]
        limits = speech.interval(told(row, "equity_did_lower"), told(row, "equity_did_upper"), unit)
        words = speech.number(gap, unit, is_gap=True)
        notes.append(speech.say("programme.gap_change", gap=words, limits=limits))
    return notes


def _alike(row: Row, speech: Speech) -> list[str]:
    numbers = [told(row, one) for one in ("mean_treated", "mean_comparison")]
    apart = [told(row, one) for one in ("smd", "smd_before_matching")]
    return [
        speech.label("covariate", row["covariate"]),
        *("" if one is None else speech.plain(one, 3) for one in numbers),
        *("" if one is None else speech.plain(one, 2) for one in apart),
    ]


def _run(member: Member, rows: Sequence[Row], at: int, speech: Speech) -> Card:
    unit = str(rows[0]["unit_of_measure"])
    numbers = _numbers(member)
    events = _events(member, speech)
    months = [_month(row, numbers) for row in rows]
    name = f"unit-{at + 1}"
    figure = run_chart(
        months,
        told=Told(name, member.name, speech.say("programme.run_description")),
        say=lambda x: speech.tick(x, unit),
        words=RunWords(*(speech.say(f"programme.run_{one}") for one in RUN)),
        events=events,
    )
    return Card(
        name=name,
        title=member.name,
        sub=_signals(member, months, speech),
        figure=Markup(figure),  # noqa: S704 - our own markup, words escaped
        grid=grid(
            [speech.say(f"programme.run_{one}") for one in MONTHS],
            [_row(row, numbers, events, speech) for row in rows],
        ),
        notes=tuple(_unit_notes(member, rows, unit, speech)),
    )


def _month(row: Row, numbers: Mapping[str, str]) -> Month:
    label = f"{row['month']:%Y-%m}"
    signal = str(row.get("spc_signal") or "")
    return Month(
        label=label,
        value=told(row, "value"),
        centre=told(row, "centre_line"),
        lower=told(row, "lcl"),
        upper=told(row, "ucl"),
        signal=signal if signal in SIGNALS else "",
        tried=numbers.get(label, ""),
    )


def _numbers(member: Member) -> dict[str, str]:
    """Return the numbers of a unit's activities by the month in which each began."""
    made: dict[str, list[str]] = {}
    for at, row in enumerate(member.tried, start=1):
        made.setdefault(f"{row['event_date']:%Y-%m}", []).append(str(at))
    return {month: ", ".join(held) for month, held in made.items()}


def _events(member: Member, speech: Speech) -> dict[str, str]:
    found = {}
    if member.began is not None:
        found[f"{member.began:%Y-%m}"] = speech.say("programme.event_began")
    if member.left is not None:
        found[f"{member.left:%Y-%m}"] = speech.say("programme.event_left")
    return found


def _signals(member: Member, months: Sequence[Month], speech: Speech) -> str:
    """Return which rules signalled in the months since the unit began, or that none did."""
    if not any(one.value is not None for one in months):
        return speech.say("programme.run_hidden")
    if not any(one.centre is not None for one in months):
        return speech.say("programme.lines_hidden")
    start = "" if member.began is None else f"{member.began:%Y-%m}"
    since = [one for one in months if one.label >= start and one.value is not None]
    seen = [
        speech.say(f"programme.since_{rule}", first=held[0].label, n=len(held))
        for rule in SIGNALS
        if (held := [one for one in since if one.signal == rule])
    ]
    return "; ".join(seen) if seen else speech.say("programme.since_none")


def _row(
    row: Row, numbers: Mapping[str, str], events: Mapping[str, str], speech: Speech
) -> list[str]:
    unit = row["unit_of_measure"]
    label = f"{row['month']:%Y-%m}"
    signal = row.get("spc_signal")
    happened = [events.get(label, ""), numbers.get(label, "")]
    value = told(row, "value")
    return [
        label,
        why(row, speech) if value is None else speech.number(value, unit, words=False),
        speech.count(told(row, "n")),
        speech.interval(told(row, "lcl"), told(row, "ucl"), unit),
        speech.say(f"programme.rule_{signal}") if signal in SIGNALS else "",
        ", ".join(one for one in happened if one),
    ]


def _unit_notes(member: Member, rows: Sequence[Row], unit: str, speech: Speech) -> list[str]:
    centre = next((x for row in rows if (x := told(row, "centre_line")) is not None), None)
    lines = []
    if centre is not None:
        lines.append(speech.say("programme.centre_is", value=speech.number(centre, unit)))
    if any(row.get("window_months") == YEAR for row in rows):
        lines.append(speech.say("programme.rolled"))
    hidden = sum(row["value_status"] != SHOWN for row in rows)
    if hidden:
        lines.append(speech.say("programme.months_hidden", n=hidden))
    if member.left is not None and member.reason:
        lines.append(speech.say("programme.left_because", reason=member.reason))
    tried = [
        f"{at}: {row['event_words'] or row['event_id']} ({row['event_date']:%Y-%m})"
        for at, row in enumerate(member.tried, start=1)
    ]
    return [words for words in (" ".join(lines), "; ".join(tried)) if words]
