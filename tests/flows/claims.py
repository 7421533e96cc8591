"""What the tables must say of each planted truth, by plant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

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


@dataclass(frozen=True, slots=True)
class FormClaim:
    """What a row of another form than T2 must say of a truth.

    ``key`` finds the row: of the region and the last year where the form has these. Its ``column``
    with its interval is held against the truth; less that of the same row at ``less_level``, where
    it is a difference of two rows; without an interval where it ``is_exact``. Of several rows with
    a ``weight``, the mean of ``column`` less ``less``. ``words`` are what other columns must say in
    every region (in one of the rows where ``any_of`` is set), ``words_of_large`` where chance may
    say otherwise in a small one. Where ``over`` is set the mean of the truth's periods counts.
    """

    truth: str
    form: str
    key: Mapping[str, object]
    column: str | None = None
    less_level: str | None = None
    less: str | None = None
    weight: str | None = None
    words: Mapping[str, object] = field(default_factory=dict)
    words_of_large: Mapping[str, object] = field(default_factory=dict)
    is_exact: bool = False
    any_of: bool = False
    over: bool = False

    def at(self, level: str) -> FormClaim:
        """Return the claim on the same row of another level."""
        return replace(self, key={**self.key, "level": level})


def _chain(
    pathway: str, dimension: str, focus: str, steps: Mapping[int, str], bottleneck: int
) -> tuple[FormClaim, ...]:
    """A row of T12 for each step: its rate less that of the reference group."""
    number, reference = {"copd": ("2", "post_secondary"), "diabetes": ("13b", "sweden")}[pathway]
    return tuple(
        FormClaim(
            f"P{number}-{pathway}-{step}-crude",
            "care_chain",
            {"pathway": pathway, "dimension": dimension, "level": focus, "step_no": step_no},
            column="conditional_rate",
            less_level=reference,
            words_of_large={"bottleneck_flag": step_no == bottleneck},
        )
        for step_no, step in steps.items()
    )


def _parts(indicator: str) -> tuple[FormClaim, ...]:
    """The two parts of T6 that units divide a gap into."""
    return tuple(
        FormClaim(
            f"P8-{indicator}-{part}-crude",
            "decomposition",
            {
                "indicator_id": indicator,
                "dimension": "income_quintile",
                "component": f"{part}_units",
                "is_headline": True,
            },
            column="contribution",
        )
        for part in ("between", "within")
    )


def _programme(truth: str, column: str = "did", *, over: bool = False, **key: object) -> FormClaim:
    """A row of T8 of the outcome strand."""
    row = {
        "indicator_id": "VT01",
        "strand": "outcome",
        "programme_population": "all",
        "approach_code": "all",
        **key,
    }
    return FormClaim(f"P10-VT01-{truth}-crude", "programme_effect", row, column=column, over=over)


def _cost(programme: str, **key: object) -> FormClaim:
    """A row of T8's health-economic strand: what the programme cost stands in the register."""
    made = _programme(f"{programme}-cost", "programme_cost_sek", **key, strand="health_economics")
    return replace(made, is_exact=True)


A, B = ({"programme_id": one, "estimand": "per_protocol"} for one in "AB")
ALL_OF_A = {**A, "estimand": "itt"}
FOCUS = {"programme_population": "focus_group"}
INCOME = {"dimension": "income_quintile"}

FORM_CLAIMS: Mapping[str, tuple[FormClaim, ...]] = {
    "copd_spirometry": _chain(
        "copd",
        "education",
        "pre_secondary",
        {
            1: "smoking_recorded",
            2: "support_offered",  # 3, diagnosed against expected, follows the disease
            4: "spirometry",
            5: "maintenance_drug",
            6: "revisit",
            7: "exacerbation_free",
            8: "no_admission",
        },
        4,
    ),
    "hba1c_not_measured": _chain(
        "diabetes",
        "country_of_birth",
        "outside_europe",
        {1: "hba1c_measured", 2: "blood_pressure_measured", 3: "statin", 4: "hba1c_at_most_70"},
        1,
    ),
    "cost_by_need": (
        FormClaim(
            "P6-KO02-crude",
            "gap",
            {"indicator_id": "KO02", **INCOME, "focus_level": "q1", "reference_level": "q5"},
            column="gap_abs",
        ),
        FormClaim(
            "P6-KO02-focus-crude",
            "stratified",
            {"indicator_id": "KO02", **INCOME, "level": "q1", "strat2_level": "all"},
            column="value_crude",
        ),
    ),
    "vaccination_between_units": _parts("FP01"),
    "income_waiting": _parts("VT01"),
    "blood_pressure_levelling_down": (
        FormClaim(
            "P9-BR11-slope-crude",
            "trend",
            {"indicator_id": "BR11", "dimension": "education"},
            column="slope_abs_per_year",
            words_of_large={"driver": "reference_worsens", "gap_direction": "narrowing"},
        ),
    ),
    "programme_effect": (
        _programme("A", **A),
        _programme("A-focus", **A, **FOCUS),
        _programme("A-itt", over=True, **ALL_OF_A),
        _programme("A-itt-focus", over=True, **ALL_OF_A, **FOCUS),
        _programme("A-equity", "equity_did", over=True, **ALL_OF_A),
        _cost("A", **ALL_OF_A),
        _programme("B", **B),
        _programme("B-focus", **B, **FOCUS),
        _cost("B", **{**B, "estimand": "itt"}),
    ),
    "missed_interaction": (
        FormClaim(
            "P11-TG05-strata-crude",
            "maihda_strata",
            {
                "indicator_id": "TG05",
                "sex": "female",
                "income_three": "q1",
                "birth_three": "outside_europe",
            },
            column="raw_rate",
            less="pred_main_only",
            weight="n",
            words_of_large={"interaction_flag": "positive"},
            any_of=True,  # of every age and level of education
        ),
    ),
    "area_figures": (
        FormClaim(
            "P14-areas-BAS_2020-crude",
            "trend",
            {
                "indicator_id": "VT01",
                "dimension": "area_employment_quintile",
                "period_end": date(2022, 1, 1),
            },
            words={"series_break": "BAS_2020"},
        ),
        FormClaim(
            "P14-areas-DESO_2025-crude",
            "trend",
            {"dimension": "area_income_quintile"},
            words={"series_break": None},  # the division of 2025 is in no period of these years
        ),
    ),
}

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
