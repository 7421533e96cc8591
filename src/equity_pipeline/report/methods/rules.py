"""What is hidden and why: the limits as the region has set them, with the reason of each."""

from __future__ import annotations

from dataclasses import dataclass

from equity_pipeline.report.speech import SWEDISH, Speech
from equity_pipeline.settings import DisclosureSettings
from equity_pipeline.settings.disclosure import LIMITS, REASONS
from equity_pipeline.vocabulary import in_sentence, vocabulary

SHARES = ("dominance_one", "dominance_two", "dominance_rest")
OWN_TO_UNITS = "named_unit"  # hidden by what it tells, however many stand behind it
COUNTED_TO = "smallest_count"  # 1-4 where the smallest shown is 5


@dataclass(frozen=True, slots=True)
class HiddenBy:
    """One rule: the limits that it goes by, and its reason."""

    limit: str
    reason: str


def hidden_rules(disclosure: DisclosureSettings, spoken: Speech) -> list[HiddenBy]:
    """Return the rules in a language; a reason that the region wrote itself is in Swedish only.

    Examples
    --------
    >>> from equity_pipeline.report.speech import speech
    >>> hidden_rules(DisclosureSettings(smallest_denominator=30), speech("en"))[0].limit
    'fewer than 30 persons'
    """
    return [
        HiddenBy(
            limit=_limits(rule, disclosure, spoken),
            reason=_reason(rule, disclosure, spoken),
        )
        for rule in REASONS
    ]


def _reason(rule: str, disclosure: DisclosureSettings, spoken: Speech) -> str:
    if spoken.code == SWEDISH.code:
        return disclosure.reasons[rule]
    return spoken.label("hidden_reason", rule)


def _limits(rule: str, disclosure: DisclosureSettings, spoken: Speech) -> str:
    if rule == OWN_TO_UNITS:
        return spoken.say("methods.whatever")
    told = [_limit(key, getattr(disclosure, key), spoken) for key in LIMITS.get(rule, ())]
    known = [one for one in told if one]
    return "; ".join(known) if known else spoken.say("methods.follows")


def _limit(key: str, held: object, spoken: Speech) -> str:
    if held is False or held == ():
        return ""
    return spoken.say(f"methods.limit_{key}", value=_value(key, held, spoken))


def _value(key: str, held: object, spoken: Speech) -> str:
    if isinstance(held, tuple):
        names = vocabulary().dimensions
        return ", ".join(in_sentence(spoken.word(names[one].label)) for one in held)
    number = float(str(held)) if not isinstance(held, bool) else 0.0
    if key in SHARES:
        return spoken.plain(100 * number)
    return spoken.plain(number - 1 if key == COUNTED_TO else number)
