"""What the readiness table says of an indicator that is counted from a quality register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.quality.coverage import RegisterCoverage, coverage_of
from equity_pipeline.quality.material import Material
from equity_pipeline.quality.missing import Completeness
from equity_pipeline.quality.origins import LoadTotal
from equity_pipeline.quality.readiness import readiness_rows
from equity_pipeline.vocabulary import vocabulary

AS_OF = date(2025, 1, 15)
SEX = {"female": 0.36, "male": 0.28}


@dataclass(frozen=True)
class Indicator:
    id: str = "BR02"
    fact: str = "fct_contact"
    sv: str = "Spirometri vid KOL"
    en: str = "Spirometry in COPD"
    indicator_version: str = "BR02@1.0.0"
    definition_hash: str = "0123456789ab"


def row(dimension="sex", *, registers=None, **held):
    coverage = {"lvr": RegisterCoverage("lvr", 2023, **held)} if held else {}
    material = Material(
        as_of=AS_OF,
        completeness=[Completeness("BR02", name, 1000, 0) for name in vocabulary().dimensions],
        loads=[
            LoadTotal("contact", "contact_2024.parquet", 1000, 1000, AS_OF),
            LoadTotal("person", "person_2023.parquet", 400, 400, AS_OF),
        ],
        registers={"BR02": "lvr"} if registers is None else registers,
        coverage=coverage,
    )
    (found,) = [
        one
        for one in readiness_rows([Indicator()], material)
        if (one["indicator_id"], one["dimension"]) == ("BR02", dimension)
    ]
    return found


@pytest.mark.parametrize(
    ("total", "colour", "words"),
    [
        (0.96, "green", None),
        (0.95, "green", None),
        (0.94, "green", "94,0 %"),
        (0.90, "green", "90,0 %"),
        (0.89, "yellow", "89,0 %"),
        (0.32, "yellow", "32,0 %"),
    ],
)
def test_low_coverage_is_told_and_asks_for_caution(total, colour, words):
    found = row(total=total, levels={"sex": {"female": total, "male": total}})
    assert (found["register_coverage"], found["readiness"]) == (total, colour)
    if words is None:
        assert found["obstacle_sv"] is None
    else:
        assert found["obstacle_sv"] == (
            f"Registrets täckning är {words}; den som inte är registrerad räknas inte."
        )


def test_a_coverage_that_differs_between_groups_is_told_with_both_groups():
    found = row(total=0.97, levels={"sex": {"female": 0.99, "male": 0.88}})
    assert found["readiness"] == "yellow"
    assert found["obstacle_sv"] == (
        "Registret täcker kvinnor (99,0 %) bättre än män (88,0 %): en skillnad kan bero på "
        "vilka som är registrerade."
    )
    assert found["obstacle_en"] == (
        "The register covers women (99.0%) better than men (88.0%): a difference may come from "
        "who is registered."
    )


def test_a_difference_of_ten_points_is_none_that_is_told():
    found = row(total=0.97, levels={"sex": {"female": 0.98, "male": 0.89}})
    assert (found["readiness"], found["obstacle_sv"]) == ("green", None)


def test_a_dimension_whose_coverage_is_not_told_says_so():
    found = row("education", total=0.97, levels={"sex": SEX})
    assert found["obstacle_sv"] == "Registrets täckning efter utbildning är inte redovisad."
    assert row("total", total=0.97)["obstacle_sv"] is None


def test_an_indicator_of_a_register_without_any_coverage_asks_for_caution():
    found = row("total")
    assert (found["register_coverage"], found["readiness"]) == (None, "yellow")
    assert found["obstacle_sv"].startswith("Registrets täckning är inte levererad")


def test_an_indicator_that_no_register_stands_behind_says_nothing_of_coverage():
    found = row(registers={}, total=0.32, levels={"sex": SEX})
    assert (found["register_coverage"], found["obstacle_sv"]) == (None, None)


def rows(*given):
    return [("lvr", *one) for one in given]


def test_the_newest_year_holds_and_the_regions_own_row_before_its_parts():
    held = coverage_of(
        rows(
            (2022, "region", "total", "all", 50, 100, 0.5),
            (2023, "region", "total", "all", 60, 100, 0.6),
            (2023, "municipality", "total", "all", 10, 100, 0.1),
            (2023, "unit", "sex", "female", 30, 100, 0.3),
            (2023, "unit", "sex", "female", 10, 300, 0.033),
            (2023, "unit", "sex", "male", None, None, 0.5),
            (2023, "unit", "sex", "male", 10, 20, 0.5),
        )
    )
    assert held["lvr"] == RegisterCoverage("lvr", 2023, 0.6, {"sex": {"female": 0.1}})


def test_naming_a_register_is_part_of_a_definition_and_leaving_it_out_changes_none():
    declared = load_catalogue()["BR02"]
    named = declared.model_copy(update={"quality_register": "lvr"})
    assert declared.quality_register is None
    assert named.definition_hash != declared.definition_hash
