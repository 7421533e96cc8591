"""What the tables must say of each planted truth, by plant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

IMPORTANT, UNCLEAR, SMALL, EQUIVALENT, UNCERTAIN, NO_VERDICT = (
    frozenset({state})
    for state in (
        "established_important",
        "established_size_unclear",
        "established_small",
        "equivalent",
        "uncertain",
        "not_applicable",
    )
)
ESTABLISHED = IMPORTANT | UNCLEAR
OPEN = ESTABLISHED | UNCERTAIN  # a gap beyond the limit may be missed, never called small or none
NOTHING = EQUIVALENT | UNCERTAIN
ANYTHING = OPEN | NOTHING | SMALL  # a gap within the limit that is not nought


@dataclass(frozen=True, slots=True)
class Claim:
    """What the tables must say of a truth, in a region of 20 000 and in one of 100 000 or more.

    Where ``mostly`` is set a state outside it may come as often as an interval may miss.
    """

    truth: str
    small: frozenset[str]
    large: frozenset[str]
    mostly: bool = False


CLAIMS: Mapping[str, tuple[Claim, ...]] = {
    "income_waiting": (
        Claim("P1-VT01-crude", IMPORTANT, IMPORTANT),
        Claim("P1-VT03-crude", ESTABLISHED, IMPORTANT),  # 0.75 days with a limit of 0.5
    ),
    "copd_spirometry": (
        Claim("P2-BR02-crude", OPEN, ESTABLISHED),
        Claim("P2-BR02-need_a", OPEN, ESTABLISHED),
    ),
    "named_physician_equal": (Claim("P3-TG07-crude", EQUIVALENT, EQUIVALENT, mostly=True),),
    "interpreter_few": (Claim("P4-TG03-crude", UNCERTAIN, UNCERTAIN, mostly=True),),
    "antibiotics_reversal": tuple(
        Claim(f"P5-BR14-{kind}-{adjustment}", IMPORTANT, IMPORTANT)
        for kind in ("income", "area")
        for adjustment in ("crude", "need_a")
    ),
    "cost_by_need": (
        Claim("P6-KO01-crude", NO_VERDICT, NO_VERDICT),  # a cost has no good side
        Claim("P6-KO01-need_b", NO_VERDICT, NO_VERDICT),
    ),
    "no_contact_by_age": (
        Claim("P7a-TG02-crude", ESTABLISHED, IMPORTANT),
        Claim("P7a-TG02-need_a", NOTHING, NOTHING, mostly=True),
    ),
    "avoidable_by_need": (
        Claim("P7b-BR19-income-crude", OPEN, IMPORTANT),
        Claim("P7b-BR19-income-need_b", NOTHING, NOTHING, mostly=True),
    ),
    "vaccination_between_units": (Claim("P8-FP01-crude", ESTABLISHED, IMPORTANT),),
    "provider_casemix": (
        Claim("P12a-BR19-provider-crude", OPEN, ESTABLISHED),
        Claim("P12a-BR19-provider-need_b", NOTHING, NOTHING, mostly=True),
    ),
    "provider_antibiotics": (
        Claim("P12b-BR14-provider-crude", OPEN, ESTABLISHED),
        Claim("P12b-BR14-provider-need_a", OPEN, ESTABLISHED),
    ),
    "blood_pressure_levelling_down": (
        Claim("P9-BR11-crude", ANYTHING, ANYTHING),  # 2 points are left, with a limit of 3
        Claim("P9-BR11-need_a", ANYTHING, ANYTHING),
    ),
    "hba1c_not_measured": (
        Claim("P13b-BR08-crude", OPEN, ESTABLISHED),
        Claim("P13b-BR08-need_a", OPEN, ESTABLISHED),
    ),
    "hba1c_high": (
        Claim("P13c-BR07-crude", OPEN, OPEN),
        Claim("P13c-BR07-need_a", OPEN, OPEN),
    ),
    "survey_opposite": (Claim("P16-UP07-crude", OPEN, ESTABLISHED),),
}
