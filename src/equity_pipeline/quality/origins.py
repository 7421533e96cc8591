"""Where facts and dimensions come from: the entities behind each, and their load totals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from equity_pipeline.quality.standing import standing
from equity_pipeline.vocabulary import vocabulary

if TYPE_CHECKING:
    import duckdb

# The first entity is the one whose files the readiness table names.
FACT_ENTITIES = MappingProxyType(
    {
        "fct_person": ("person", "listing"),
        "fct_contact": ("contact", "person"),
        "fct_survey": ("survey",),
        "fct_telephony": ("telephony",),
        "fct_area_value": ("area_value", "area"),
    }
)
# Measures of fct_person whose rows are counted from an entity of their own.
COLUMN_ENTITIES = MappingProxyType(
    {
        "has_need": ("diagnosis",),
        "no_contact_18_months": ("contact",),
        "has_copd": ("diagnosis",),
        "has_spirometry": ("procedure",),
        "has_diabetes": ("diagnosis",),
        "hba1c_measured": ("measurement",),
        "hba1c_above_70": ("measurement",),
        "has_hypertension": ("diagnosis",),
        "bp_below_140_90": ("measurement",),
        "is_vaccinated_influenza": ("vaccination",),
        "any_contact": ("contact",),
        "n_contacts": ("contact",),
        "n_physician_visits": ("contact",),
        "n_antibiotic_dispensings": ("dispensing",),
        "n_avoidable_admissions": ("inpatient",),
        "avoidable_admission_cost_sek": ("inpatient",),
        "primary_care_cost_sek": ("cost",),
        "has_contact_12_months": ("contact",),
        "n_emergency_visits": ("emergency_visit",),
        "continuity_index": ("contact",),
        "has_copd_revisit": ("contact", "diagnosis"),
        "n_drugs": ("dispensing",),
        "n_maintenance_drugs": ("dispensing",),
        "has_statin": ("dispensing",),
        "drug_cost_sek": ("dispensing",),
        "n_copd_admissions": ("inpatient",),
        "care_cost_sek": ("cost", "inpatient"),
        "expected_cost_sek": ("cost",),
        "expected_copd": ("measurement",),
        "has_new_depression": ("diagnosis",),
        "has_psychological_treatment": ("procedure",),
        "has_new_copd_or_diabetes": ("diagnosis",),
        "is_first_diagnosed_in_hospital": ("diagnosis",),
        "is_smoker": ("measurement",),
        "has_unhealthy_habit": ("measurement",),
        "has_lifestyle_measure": ("procedure",),
        "has_tobacco_measure": ("procedure",),
        "is_register_smoker": ("quality_register_value",),
        "is_offered_smoking_support": ("quality_register_value",),
        "is_invited_cervical": ("screening",),
        "is_sampled_cervical": ("screening",),
        "bp_measured": ("measurement",),
        "bp_at_most_140_85": ("measurement",),
        "stroke_risk_points": ("diagnosis",),
        "has_anticoagulant": ("dispensing",),
    }
)
DIMENSION_ENTITIES = MappingProxyType(
    {
        "education": ("individual_ses",),
        "income_quintile": ("individual_ses",),
        "employment": ("individual_ses",),
        "economic_standard": ("individual_ses", "person"),
        "disability_proxy": ("individual_ses", "person"),
        "unit_size": ("unit", "listing"),
    }
)
FAMILY_ENTITIES = MappingProxyType({"area": ("area",), "structural": ("unit",)})
AREA_COUNTERPART = MappingProxyType(
    {
        "education": "area_education_quintile",
        "income_quintile": "area_income_quintile",
        "economic_standard": "area_income_quintile",
        "employment": "area_employment_quintile",
        "country_of_birth": "area_foreign_born_quintile",
    }
)
# What a fact without persons cannot be divided by, and the sentence that says so.
NO_GROUPS_OF = MappingProxyType(
    {"fct_telephony": ("individual",), "fct_area_value": ("individual", "structural")}
)
WITHOUT_PERSONS = MappingProxyType({"fct_telephony": "calls_only", "fct_area_value": "areas_only"})


@dataclass(frozen=True, slots=True)
class LoadTotal:
    """One entity as loaded: layouts and sources, rows delivered and linked, the newest date."""

    entity: str
    source_file: str
    n_source: int
    n_linked: int
    as_of: date | None = None


def entities_needed(facts: Iterable[str], columns: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the entities that facts, and measures of them, cannot do without.

    Examples
    --------
    >>> entities_needed(["fct_person"], ["has_copd", "has_spirometry"])
    ('person', 'listing', 'diagnosis', 'procedure')
    """
    found = [entity for fact in facts for entity in FACT_ENTITIES.get(fact, ())]
    found += [entity for name in columns for entity in COLUMN_ENTITIES.get(name, ())]
    return tuple(dict.fromkeys(found))


def entities_behind(dimension: str, fact: str) -> tuple[str, ...]:
    """Return the entities that tell which level of a dimension a row belongs to."""
    if dimension == "total" or fact == "fct_survey":
        return ()
    family = vocabulary().dimensions[dimension].family
    return DIMENSION_ENTITIES.get(dimension) or FAMILY_ENTITIES.get(family, ("person",))


def load_totals(connection: duckdb.DuckDBPyConnection) -> tuple[LoadTotal, ...]:
    """Return the totals of each entity with rows; quarantined rows count as delivered."""
    totals = (_total(connection, entity) for entity in vocabulary().entities)
    return tuple(total for total in totals if total.n_source)


def _total(connection: duckdb.DuckDBPyConnection, entity: str) -> LoadTotal:
    persons = "person_id" in vocabulary().entities[entity].columns
    known = "person_key in (select person_key from raw.person)" if persons else "true"
    found = connection.execute(
        f"select count(*), count(*) filter ({known}) from raw.{entity}"
    ).fetchone() or (0, 0)
    held = standing(connection, entity)
    aside = sum(one.aside for one in held.values())
    dates = [one.newest for one in held.values() if one.newest is not None]
    words = ", ".join(sorted(held)) or entity
    return LoadTotal(entity, words, found[0] + aside, found[1], max(dates, default=None))
