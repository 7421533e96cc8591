"""Cards of one programme: its effects side by side, who took part, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.figures.effects import Effect, EffectWords, effects, side
from equity_pipeline.report.figures.svg import Told
from equity_pipeline.report.indicator.card import Card, Grid, grid
from equity_pipeline.report.programme.held import SHOWN, Member, Programme, told
from equity_pipeline.report.reading import Row
from equity_pipeline.report.speech import HIDDEN, Speech

WORDS = ("worse", "better", "for_better", "for_worse", "unclear", "field")
EFFECT = ("measure", "before", "after", "before_there", "after_there", "did", "interval", "p")
COST = ("measure", "per_person", "improved", "interval", "per_effect", "state")
MEMBERS = ("unit", "approach", "began_head", "tried", "left_head", "reason")
DECLARED = Mapping[str, Declaration]


def effect_of(one: Programme, declared: Declaration, speech: Speech) -> Effect:
    """Return an indicator's effect turned so that better is above zero, in its own limit."""
    row, cost = one.effect(declared.id), one.cost(declared.id)
    name = declared.sv if speech.code == "sv" else declared.en
    values = tuple(told(cost, f"delta_effect{end}") for end in ("", "_lower", "_upper"))
    least = declared.minimum_difference(told(row, "pre_pilot") or 0.0)
    scaled = [None if x is None or not least else x / least for x in values]
    words = said(row, speech)
    if told(row, "did") is not None and scaled[0] is None:
        words = f"{words}: {speech.say('programme.not_judged')}"
    return Effect(f"{declared.id} {name}", words, scaled[0], scaled[1], scaled[2])


def said(row: Row | None, speech: Speech) -> str:
    """Return the change against comparison units in words, or why it is not told."""
    value = told(row, "did")
    if row is None or value is None:
        return why(row, speech)
    unit = row["unit_of_measure"]
    limits = speech.interval(row.get("did_lower"), row.get("did_upper"), unit)
    words = speech.number(value, unit, is_gap=True)
    return f"{words} ({limits})" if limits else words


def why(row: Row | None, speech: Speech) -> str:
    """Return why a row has no number: one sign for what is hidden, words for what is lacking."""
    status = "not_estimated" if row is None else row["value_status"]
    return speech.say(f"programme.why_{status}") if status in LACKING else HIDDEN


APPROACH = "approach_code"
LACKING = ("not_estimated", "not_reported", "not_applicable", "no_population")


def effects_card(one: Programme, declared: DECLARED, speech: Speech) -> Card:
    """Return the card of all effects, each beside its own limit, with all numbers as a table."""
    drawn = [effect_of(one, declared[name], speech) for name in one.effects if name in declared]
    title = effects_title(drawn, speech)
    words = EffectWords(*(speech.say(f"programme.{name}") for name in WORDS))
    description = speech.say("programme.effects_description")
    return Card(
        name="effects",
        title=title,
        sub=speech.say("programme.effects_sub"),
        figure=Markup(  # noqa: S704 - our own markup, words escaped
            effects(drawn, told=Told("effects", title, description), words=words)
        ),
        grid=grid(
            [speech.say(f"programme.{name}") for name in EFFECT],
            [_effect_line(row, speech) for row in _headline(one, declared)],
        ),
        notes=tuple(speech.say(f"programme.{name}") for name in _notes(one)),
    )


def _notes(one: Programme) -> list[str]:
    rows = [row for name in one.effects if (row := one.effect(name)) is not None]
    is_unlike = any(row.get("is_balanced") is False for row in rows)
    return ["effects_note", *(["unlike_note"] if is_unlike else []), "chance_note"]


def effects_title(drawn: list[Effect], speech: Speech) -> str:
    """Return the finding: of how many measures how many improved more than where compared."""
    known = [one for one in drawn if one.value is not None]
    if not known:
        return speech.say("programme.effects_none")
    better = sum(side(one) > 0 for one in known)
    worse = sum(side(one) < 0 for one in known)
    return speech.say(
        f"programme.effects_{'both' if worse else 'title'}",
        n=len(known),
        better=better,
        worse=worse,
    )


def costs(one: Programme, declared: DECLARED, speech: Speech) -> Grid | None:
    """Return cost and effect beside each other; None where the programme has no costs at all."""
    rows = [row for name in one.costs if name in declared and (row := one.cost(name))]
    if not any(told(row, "programme_cost_sek") is not None for row in rows):
        return None
    return grid(
        [speech.say(f"programme.{name}") for name in COST],
        [_cost_line(row, speech) for row in rows],
    )


def members(one: Programme, speech: Speech) -> Grid:
    """Return the units that took part: when they began, what they tried, when and why they left."""
    return grid(
        [speech.say(f"programme.{name}") for name in MEMBERS],
        [_member(member, speech) for member in one.members],
    )


def _headline(one: Programme, declared: DECLARED) -> list[Row]:
    return [row for name in one.effects if name in declared and (row := one.effect(name))]


def _effect_line(row: Row, speech: Speech) -> list[str]:
    unit = row["unit_of_measure"]
    levels = [told(row, name) for name in ("pre_pilot", "post_pilot", "pre_comp", "post_comp")]
    p = told(row, "p_permutation")
    return [
        f"{row['indicator_id']} {speech.of(row, 'indicator_name')}",
        *(speech.number(value, unit) for value in levels),
        _number(told(row, "did"), unit, row, speech),
        speech.interval(told(row, "did_lower"), told(row, "did_upper"), unit),
        "" if p is None else p_value(p, speech),
    ]


def p_value(p: float, speech: Speech) -> str:
    r"""Return a p-value with three decimals, or that it is smaller.

    Examples
    --------
    >>> from equity_pipeline.report.speech import speech
    >>> p_value(0.0002, speech("sv")), p_value(0.0312, speech("en"))
    ('< 0,001', '0.031')
    """
    return f"< {speech.plain(0.001, 3)}" if p < 0.001 else speech.plain(p, 3)


def _cost_line(row: Row, speech: Speech) -> list[str]:
    unit = row["unit_of_measure"]
    limits = speech.interval(told(row, "delta_effect_lower"), told(row, "delta_effect_upper"), unit)
    better = told(row, "delta_effect")
    icer = told(row, "icer")
    state = row.get("icer_quadrant")
    return [
        f"{row['indicator_id']} {speech.of(row, 'indicator_name')}",
        _number(told(row, "delta_cost_per_person"), "sek", row, speech),
        _number(better, unit, row, speech),
        limits,
        "" if icer is None else _price(row, speech),
        speech.label("icer_quadrant", state) if state else "",
    ]


def _price(row: Row, speech: Speech) -> str:
    limits = speech.interval(told(row, "icer_lower"), told(row, "icer_upper"), "sek")
    words = speech.number(told(row, "icer"), "sek")
    return f"{words} ({limits})" if limits else words


def _number(value: float | None, unit: str, row: Row, speech: Speech) -> str:
    if value is not None:
        return speech.number(value, unit, is_gap=True)
    is_shown = row["value_status"] == SHOWN  # a measure without a good side has no improvement
    return speech.say("programme.not_judged") if is_shown else why(row, speech)


def _member(member: Member, speech: Speech) -> list[str]:
    tried = [
        f"{row['event_date']:%Y-%m} {row['event_words'] or row['event_id']}" for row in member.tried
    ]
    return [
        member.name,
        speech.known(APPROACH, member.approach),
        day(member.began),
        "; ".join(tried) or speech.say("programme.nothing_logged"),
        day(member.left) or speech.say("programme.remains"),
        member.reason,
    ]


def day(value: object) -> str:
    """Return a day as it is written everywhere, nothing for none.

    Examples
    --------
    >>> from datetime import date
    >>> day(date(2023, 1, 1)), day(None)
    ('2023-01-01', '')
    """
    return "" if value is None else f"{value:%Y-%m-%d}"
