"""The patient survey from its workbooks: dimensions, editions, and who answered."""

from __future__ import annotations

import datetime as dt

import pytest

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings.workbooks import PatientenkatSettings
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.workbooks.patientenkat import pull
from equity_pipeline.vocabulary import vocabulary
from tests.workbooks import asking, book

DIMENSIONS = (
    "Helhetsintryck",
    "Emotionellt stöd",
    "Delaktighet och involvering",
    "Respekt och bemötande",
    "Kontinuitet och koordinering",
    "Information och kunskap",
    "Tillgänglighet",
)
HEADER = ("Hälso-/vårdcentral", "År", *DIMENSIONS, "Antal svar", "Svarsfrekvens")
ASPEN = ("Vårdcentralen Aspen", 2023, 80, 78, 79, 86, 72, 75, 79, 240, 41.5)


def pulled(tmp_path, *books, **given) -> Part:
    folder = tmp_path / "laid"
    folder.mkdir()
    for number, content in enumerate(books, start=1):
        (folder / f"grunddata {number}.xlsx").write_bytes(content)
    chosen = {"folder": folder, "scale_before": "percent", "scale_from": "share", **given}
    settings = PatientenkatSettings.model_validate(chosen)
    return pull(asking(tmp_path / "kept", "patientenkat"), settings, "12")


def units(part, *columns):
    return [tuple(row[name] for name in columns) for row in part.tables["unit_value"].to_pylist()]


def test_a_row_of_a_unit_gives_its_seven_dimensions_answers_and_response_rate(tmp_path):
    part = pulled(tmp_path, book([HEADER, ASPEN]))
    assert part.tables["unit_value"].schema == entity_schema("unit_value")
    assert dict(units(part, "measure_code", "value")) == {
        "overall@index": 0.80,
        "emotional_support@index": 0.78,
        "involvement@index": 0.79,
        "respect@index": 0.86,
        "continuity@index": 0.72,
        "information@index": 0.75,
        "accessibility@index": 0.79,
        "n_responses@index": 240,
        "response_rate@index": 0.415,
    }
    assert set(units(part, "period_start", "period_end")) == {
        (dt.date(2023, 1, 1), dt.date(2024, 1, 1))
    }


def test_the_seven_dimensions_are_those_of_the_vocabulary():
    measures = PatientenkatSettings().measures
    assert set(vocabulary().codes["survey_dimension"]) == set(measures) - {
        "n_responses",
        "response_rate",
    }
    for code, label in vocabulary().codes["survey_dimension"].items():
        assert label.sv in measures[code]


def test_a_change_of_method_is_a_new_measure_with_its_own_scale(tmp_path):
    header = ("Enhet", "År", "Tillgänglighet")
    part = pulled(
        tmp_path,
        book(
            [
                header,
                ("Vårdcentralen Aspen", 2024, 79),
                ("Vårdcentralen Aspen", 2025, 0.81),
            ]
        ),
    )
    assert units(part, "measure_code", "value") == [
        ("accessibility@index", 0.79),
        ("accessibility@mean", 0.81),
    ]


def test_an_edition_without_a_declared_scale_is_refused_only_when_it_is_met(tmp_path):
    header = ("Enhet", "År", "Tillgänglighet")
    before = book([header, ("Vårdcentralen Aspen", 2024, 79)])
    assert pulled(tmp_path, before, scale_from=None).tables["unit_value"].num_rows == 1
    (tmp_path / "laid" / "ny.xlsx").write_bytes(book([header, ("Vårdcentralen Aspen", 2025, 0.8)]))
    settings = PatientenkatSettings(folder=tmp_path / "laid", scale_before="percent")
    with pytest.raises(ConfigurationError, match="not declared for mean"):
        pull(asking(tmp_path / "kept", "patientenkat"), settings, "12")


def test_a_file_without_a_year_needs_one_in_the_settings(tmp_path):
    rows = [("Enhet", "Tillgänglighet"), ("Vårdcentralen Aspen", 79)]
    part = pulled(tmp_path, book(rows), years={"grunddata 1.xlsx": 2022})
    assert units(part, "period_start", "value") == [(dt.date(2022, 1, 1), 0.79)]


def test_a_long_table_tells_dimension_value_and_number_of_each_row(tmp_path):
    part = pulled(
        tmp_path,
        book(
            [
                ("Enhet", "År", "Dimension", "Värde", "Antal svar"),
                ("Vårdcentralen Aspen", "2023", "Tillgänglighet", 79, 240),
                ("Vårdcentralen Aspen", "2023", "Helhetsintryck", "..", "..",),
                ("Vårdcentralen Aspen", "2023", "Lokaler", 60, 240),
            ]
        ),
    )  # fmt: skip
    assert units(part, "measure_code", "value", "n", "value_status") == [
        ("accessibility@index", 0.79, 240, "shown"),
        ("overall@index", None, None, "suppressed"),
    ]
    (told,) = [one for one in part.missing if one.what == "figures"]
    assert "1 av 3 uppgifter" in told.sv
    assert "oklart mått: 1" in told.sv


def test_municipalities_and_regions_are_areas_with_a_year(tmp_path):
    part = pulled(
        tmp_path,
        book(
            {
                "Kommuner": [
                    ("Enhet", "År", "Tillgänglighet"),
                    ("1280", 2023, 70),
                    ("Storstaden", 2023, 71),
                    ("1480", 2023, 72),
                ],
                "Regioner": [
                    ("Enhet", "År", "Tillgänglighet"),
                    ("Region Skåne", 2023, 78),
                    ("Riket", 2023, 80),
                ],
            }
        ),
        places={"Storstaden": "1281"},
    )
    assert [
        (row["area_code"], row["area_kind"], row["year"], row["value"])
        for row in part.tables["area_value"].to_pylist()
    ] == [
        ("00", "country", 2023, 0.80),
        ("12", "region", 2023, 0.78),
        ("1280", "municipality", 2023, 0.70),
        ("1281", "municipality", 2023, 0.71),
    ]
