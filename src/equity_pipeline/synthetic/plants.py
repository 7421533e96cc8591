"""The planted truths by name, and the sizes that are planted."""

from __future__ import annotations

from types import MappingProxyType

FIRST_YEAR, LAST_YEAR = 2020, 2024
YEARS = tuple(range(FIRST_YEAR, LAST_YEAR + 1))
STATUS_YEARS = tuple(range(FIRST_YEAR - 1, LAST_YEAR + 1))
MIDDLE_YEAR = 2022  # fixed traits (conditions, education) are drawn at the age of this year

#: name -> number in the data model's list; taking a name out gives data without that truth.
PLANTS = MappingProxyType(
    {
        "income_waiting": "1",
        "copd_spirometry": "2",
        "named_physician_equal": "3",
        "interpreter_few": "4",
        "antibiotics_reversal": "5",
        "cost_by_need": "6",
        "no_contact_by_age": "7a",
        "avoidable_by_need": "7b",
        "vaccination_between_units": "8",
        "blood_pressure_levelling_down": "9",
        "programme_effect": "10",
        "missed_interaction": "11",
        "provider_casemix": "12a",
        "provider_antibiotics": "12b",
        "education_missing": "13a",
        "hba1c_not_measured": "13b",
        "hba1c_high": "13c",
        "register_coverage": "13d",
        "area_figures": "14",
        "bad_deliveries": "15",
        "survey_opposite": "16",
    }
)
ALL_PLANTS = frozenset(PLANTS)

# Index 0-4 = income fifth q1-q5.
WAITING_BY_INCOME = (-0.05, -0.025, 0.0, 0.025, 0.05)
WAITING_LEVEL = 0.84
INTERPRETER_BY_INCOME = (-0.025, -0.0125, 0.0, 0.0125, 0.025)
HBA1C_HIGH_BY_INCOME = (0.02, 0.01, 0.0, -0.01, -0.02)
NAMED_BY_INCOME_IF_UNEQUAL = (-0.05, -0.025, 0.0, 0.025, 0.05)
# Index 0-2 = pre_secondary, upper_secondary, post_secondary.
SPIROMETRY_BY_EDUCATION = (-0.06, 0.0, 0.06)
LUNG_REGISTER_BY_EDUCATION = (-0.07, 0.0, 0.08)
ACCESS_ANSWER_BY_EDUCATION = (0.025, 0.0, -0.025)
PRESSURE_FIRST = (0.62, 0.67, 0.72)
PRESSURE_LAST = (0.62, 0.63, 0.64)
ANTIBIOTICS_LEVEL = 0.300  # per person-year
ANTIBIOTICS_INCOME_SLOPE = 0.38  # log rate, q1 = +slope, q5 = -slope
ANTIBIOTICS_AREA_SLOPE = 0.95  # log rate from the poorest area (rank 0) to the richest (rank 1)
ANTIBIOTICS_CORPORATE = 1.25
COST_FACTOR_Q1 = 0.90
PROGRAMME_EFFECT = 0.044
INTERACTION = 0.06
EDUCATION_MISSING = 0.25
HBA1C_MEASURED, HBA1C_MEASURED_OUTSIDE = 0.90, 0.80
BAS_BREAK = 0.015
