"""What the readiness table says on each side of every limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from equity_pipeline.quality.material import Material, OpenNote
from equity_pipeline.quality.missing import Completeness, completeness_of
from equity_pipeline.quality.origins import LoadTotal, entities_needed, load_totals
from equity_pipeline.quality.readiness import readiness_rows, reportable_share
from equity_pipeline.quality.results import GateReport, GateResult
from equity_pipeline.vocabulary import vocabulary

AS_OF = date(2025, 1, 15)
DIMENSIONS = tuple(
    name for name, one in vocabulary().dimensions.items() if not one.family.endswith("sensitivity")
)


@dataclass(frozen=True)
class Indicator:
    id: str = "VT01"
    fact: str = "fct_contact"
    sv: str = "Medicinsk bedömning inom 3 dagar"
    en: str = "Medical assessment within 3 days"
    indicator_version: str = "VT01@1.0.0"
    definition_hash: str = "0123456789ab"


CONTACT = LoadTotal("contact", "contact_2024.parquet", 1000, 990, date(2025, 1, 2))
PERSON = LoadTotal("person", "person_2023.parquet", 400, 400, date(2025, 1, 2))


def whole(n_missing=0, dimension="education", **more):
    others = [Completeness("VT01", name, 1000, 0) for name in DIMENSIONS if name != dimension]
    return [Completeness("VT01", dimension, 1000, n_missing, **more), *others]


def table(**given):
    held = {"as_of": AS_OF, "completeness": whole(), "loads": [CONTACT, PERSON]} | given
    indicators = held.pop("indicators", [Indicator()])
    return readiness_rows(indicators, Material(**held))


def row(dimension="education", indicator="VT01", **given):
    (found,) = [
        one
        for one in table(**given)
        if (one["indicator_id"], one["dimension"]) == (indicator, dimension)
    ]
    return found


@pytest.mark.parametrize(
    ("n_missing", "colour", "words"),
    [
        (0, "green", None),
        (49, "green", None),
        (50, "green", "Uppgift saknas för 5,0 %."),
        (99, "green", "Uppgift saknas för 9,9 %."),
        (100, "yellow", "Uppgift saknas för 10,0 %; tolkas med försiktighet."),
        (200, "yellow", "Uppgift saknas för 20,0 %; tolkas med försiktighet."),
        (201, "red", "Uppgift saknas för 20,1 %; kan inte bedömas."),
    ],
)
def test_missing_information_gives_a_note_then_caution_then_a_stop(n_missing, colour, words):
    found = row(completeness=whole(n_missing))
    assert (found["readiness"], found["obstacle_sv"]) == (colour, words)
    assert found["completeness"] == round(1 - n_missing / 1000, 3)


def test_there_is_one_row_for_each_indicator_and_dimension_and_each_ground():
    rows = table()
    keys = [(one["indicator_id"], one["dimension"], one["source_file"]) for one in rows]
    assert len(set(keys)) == len(keys) == len(DIMENSIONS) + len(vocabulary().not_measurable)
    assert all(tuple(one) == vocabulary().forms["readiness"].columns for one in rows)


def test_another_quintile_rule_is_no_dimension_of_its_own():
    told = {one["dimension"] for one in table()}
    sensitivity = {n for n, d in vocabulary().dimensions.items() if d.family == "area_sensitivity"}
    assert sensitivity
    assert told & sensitivity == set()


def test_a_dimension_that_is_not_delivered_is_red_and_the_area_tables_apply():
    found = row(absent={("fct_contact", "education")})
    assert (found["readiness"], found["dimension_status"]) == ("red", "area_data")
    assert found["value_status"] == "not_reported"
    assert found["obstacle_sv"] == (
        "Individuell uppgift om utbildning är inte levererad; områdestabellerna gäller."
    )


def test_the_area_tables_are_not_promised_when_they_are_absent_too():
    absent = {("fct_contact", "education"), ("fct_contact", "area_education_quintile")}
    assert row(absent=absent)["obstacle_sv"] == "Uppgift om utbildning är inte levererad."


def test_an_indicator_without_its_entity_is_red_on_every_dimension():
    rows = table(loads=[PERSON])[: len(DIMENSIONS)]
    assert {one["readiness"] for one in rows} == {"red"}
    assert {one["obstacle_sv"] for one in rows} == {"Underlaget vårdkontakter är inte levererat."}


def test_an_indicator_without_the_entity_of_its_measure_is_red():
    indicator = Indicator(id="BR02", fact="fct_person")
    loads = [PERSON, LoadTotal("listing", "l.parquet", 400, 400)]
    found = row(
        indicator="BR02",
        indicators=[indicator],
        loads=loads,
        columns={"BR02": ["has_spirometry"]},
    )
    assert found["obstacle_en"] == "The data on procedures are not delivered."


def test_calls_and_published_areas_have_no_persons():
    indicators = [Indicator("VT05", "fct_telephony"), Indicator("OD01", "fct_area_value")]
    for one in indicators:
        found = row("sex", one.id, indicators=indicators)
        assert (found["dimension_status"], found["readiness"]) == ("not_measurable", "red")
        assert found["value_status"] == "not_applicable"


AREA_VALUE = LoadTotal("area_value", "Kolada", 50, 50), LoadTotal("area", "Kolada", 9, 9)


def of_areas(dimension, **given):
    one = Indicator("OD04", "fct_area_value")
    return row(dimension, "OD04", indicators=[one], loads=AREA_VALUE, completeness=[], **given)


def test_a_figure_for_regions_only_is_a_benchmark_and_has_no_smaller_areas():
    total = of_areas("total", regions_only={"OD04"})
    assert (total["readiness"], total["dimension_status"]) == ("green", "area_data")
    assert total["value_status"] == "shown"
    assert total["obstacle_en"].endswith("for regions and the country only and is shown as a "
                                         "benchmark.")  # fmt: skip
    below = of_areas("area_education_quintile", regions_only={"OD04"})
    assert (below["readiness"], below["value_status"]) == ("red", "not_reported")
    assert "kan inte delas upp på mindre områden" in below["obstacle_sv"]


def test_a_published_figure_holds_no_care_units():
    found = of_areas("provider_type")
    assert (found["dimension_status"], found["value_status"]) == (
        "not_measurable",
        "not_applicable",
    )


def test_a_measure_that_is_never_crossed_says_so_and_not_that_rows_lack():
    found = of_areas("area_income_quintile", not_crossed={("OD04", "area_income_quintile")})
    assert found["obstacle_sv"] == (
        "Måttet delas inte upp efter områdets inkomst: det mäter delvis samma sak."
    )


def test_the_basis_of_a_dimension_is_told():
    survey = [Indicator("UP07", "fct_survey")]
    assert row("area_class")["dimension_status"] == "area_data"
    assert row("sex")["dimension_status"] == "individual_data"
    assert row("disability_proxy")["dimension_status"] == "proxy"
    assert row("sex", "UP07", indicators=survey)["dimension_status"] == "survey"


def test_a_critical_failure_of_an_entity_makes_its_indicators_red():
    failed = GateResult("contact", "row_count", "own", "critical", False, 0, "no rows")
    found = row(gate=GateReport((failed,)))
    assert (found["readiness"], found["gx_success"], found["gx_failed_critical"]) == (
        "red",
        False,
        1,
    )


def test_a_warning_of_an_entity_is_counted_and_told_without_changing_the_colour():
    warned = GateResult("contact", "mean", "gx", "warning", False, 9, "mean")
    other = GateResult("telephony", "mean", "gx", "warning", False, 9, "mean")
    found = row(gate=GateReport((warned, other)))
    assert (found["readiness"], found["gx_success"], found["gx_failed_warning"]) == (
        "green",
        True,
        1,
    )
    assert found["obstacle_sv"] == "Rimlighetskontroller som varnade: 1."


def test_rows_that_cannot_be_linked_give_caution_above_one_in_twenty():
    assert row(loads=[LoadTotal("contact", "c", 1000, 950), PERSON])["readiness"] == "green"
    found = row(loads=[LoadTotal("contact", "c", 1000, 949), PERSON])
    assert (found["readiness"], found["linkage_rate"]) == ("yellow", 0.949)


def test_data_older_than_the_limit_give_caution():
    assert row()["data_age_days"] == 13
    assert row(stale_after_days=13)["readiness"] == "green"
    assert row(stale_after_days=12)["readiness"] == "yellow"


def test_no_rows_in_the_denominator_is_red():
    assert row(completeness=[])["obstacle_en"] == "No rows meet the denominator of the indicator."


def test_grounds_that_nobody_can_measure_are_always_listed():
    grounds = readiness_rows([], Material(as_of=AS_OF))
    assert {one["dimension"] for one in grounds} == {
        "religion",
        "sexual_orientation",
        "gender_identity",
        "ethnicity",
        "personal_characteristics",
        "contacts_with_relatives",
    }
    assert {(one["indicator_id"], one["dimension_status"]) for one in grounds} == {
        ("*", "not_measurable")
    }


# the grounds of the assignment, in its order, and what stands for each in the table
GROUNDS = {
    "personal characteristics": {"personal_characteristics"},
    "place of residence": {"urban_rural", "area_type", "area_class"},
    "age": {"age_band"},
    "sex": {"sex"},
    "disability": {"disability_proxy"},
    "education": {"education"},
    "social position": {"income_quintile", "economic_standard", "employment"},
    "ethnic belonging": {"ethnicity"},
    "religious belonging": {"religion"},
    "sexual orientation": {"sexual_orientation"},
    "gender identity or expression": {"gender_identity"},
}


def test_all_eleven_grounds_of_the_assignment_stand_in_the_table():
    assert len(GROUNDS) == 11
    statuses = {one["dimension"]: one["dimension_status"] for one in table()}
    assert set().union(*GROUNDS.values()) <= set(statuses)
    nobody = {ground for ground, names in GROUNDS.items()
              if {statuses[name] for name in names} == {"not_measurable"}}  # fmt: skip
    assert nobody == {"personal characteristics", "ethnic belonging", "religious belonging",
                      "sexual orientation", "gender identity or expression"}  # fmt: skip


def test_what_the_open_sources_lack_is_one_row_a_measure():
    notes = [
        OpenNote("N20402", "Bjuv saknas.", "Bjuv lacks."),
        OpenNote("N20402", "Tre år.", "3y."),
    ]
    found = row("total", "N20402", notes=notes)
    assert (found["readiness"], found["obstacle_sv"]) == ("red", "Bjuv saknas. Tre år.")


def test_the_reportable_share_counts_green_and_yellow_of_indicators_alone():
    absent = {("fct_contact", "education"), ("fct_contact", "employment")}
    notes = [OpenNote("N79173", "Saknas.", "Absent.")]
    rows = table(absent=absent, notes=notes)
    assert reportable_share(rows) == (len(DIMENSIONS) - 2) / len(DIMENSIONS)


def test_missing_information_is_told_by_area_where_it_is_uneven():
    one_way = [("VT01", "education", "missing", 10), ("VT01", "education", "post_secondary", 190)]
    two_way = [
        ("VT01", "education", "missing", "area_income_quintile", "q1", 9),
        ("VT01", "education", "post_secondary", "area_income_quintile", "q1", 91),
        ("VT01", "area_income_quintile", "q5", "education", "missing", 1),
        ("VT01", "area_income_quintile", "q5", "education", "post_secondary", 99),
    ]
    found = row(completeness=completeness_of(one_way, two_way))
    assert (found["completeness_focus"], found["completeness_ref"]) == (0.91, 0.99)
    assert found["completeness_gap"] == 0.08
    assert "8,0 procentenheter oftare" in found["obstacle_sv"]


def test_the_load_totals_count_rows_set_aside_as_delivered(raw):
    raw.execute(
        "update raw.delivery set rows_in = 1015, rows_quarantined = 15, "
        """reasons = '{"ragged": 10, "superseded": 5}' where load_id = 3"""
    )
    raw.execute("update raw.contact set person_key = null where person_key < 4")
    contact = next(one for one in load_totals(raw) if one.entity == "contact")
    assert contact == LoadTotal("contact", "standard", 1010, 988, date(2025, 1, 2))


def test_a_fact_needs_its_entities():
    assert entities_needed(["fct_survey", "fct_telephony"]) == ("survey", "telephony")


def test_a_contrast_that_nobody_is_on_one_side_of_is_told():
    seen = frozenset({"pre_secondary", "upper_secondary"})
    found = row(completeness=whole(levels=seen))
    assert found["readiness"] == "yellow"
    assert found["obstacle_sv"] == (
        "Ingen räknas i gruppen eftergymnasial utbildning, så ingen skillnad kan redovisas."
    )
    both = row(completeness=whole(levels=seen | {"post_secondary"}))
    assert (both["readiness"], both["obstacle_sv"]) == ("green", None)
