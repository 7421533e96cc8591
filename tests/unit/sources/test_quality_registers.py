"""Coverage of quality registers: by whom it is told, and when it is not taken."""

from __future__ import annotations

import pytest

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings.workbooks import QualityRegisterSettings
from equity_pipeline.sources.part import entity_schema
from equity_pipeline.sources.workbooks.quality_registers import pull
from tests.workbooks import asking, book

LOW = "Förgymnasial utbildning"
HEADER = (
    "Register",
    "Region",
    "År",
    "Kön",
    "Utbildning",
    "Registrerade",
    "Förväntade",
    "Täckningsgrad",
)
GROUPS = [
    HEADER,
    ("Luftvägsregistret", "Region Skåne", 2023, "Samtliga", "Samtliga", 320, 1000, 32),
    ("Luftvägsregistret", "Region Skåne", 2023, "Kvinnor", "Samtliga", 180, 500, 36),
    ("Luftvägsregistret", "Region Skåne", 2023, "Män", "Samtliga", 140, 500, 28),
    ("Luftvägsregistret", "Region Skåne", 2023, "Samtliga", LOW, 100, 400, 25),
]  # fmt: skip


def pulled(tmp_path, rows, **given):
    folder = tmp_path / "laid"
    folder.mkdir(exist_ok=True)
    (folder / "täckning.xlsx").write_bytes(book(rows))
    settings = QualityRegisterSettings.model_validate(
        {"folder": folder, "scale": "percent", **given}
    )
    return pull(asking(tmp_path / "kept", "quality_registers"), settings, "12")


def held(part):
    return part.tables["register_coverage"].to_pylist()


def told(part):
    return " ".join(one.sv for one in part.missing)


def test_coverage_is_told_by_register_place_year_and_group(tmp_path):
    part = pulled(tmp_path, GROUPS)
    assert part.tables["register_coverage"].schema == entity_schema("register_coverage")
    assert [(row["dimension"], row["level"], row["coverage"]) for row in held(part)] == [
        ("education", "pre_secondary", 0.25),
        ("sex", "female", 0.36),
        ("sex", "male", 0.28),
        ("total", "all", 0.32),
    ]
    (whole,) = [row for row in held(part) if row["dimension"] == "total"]
    assert whole == {
        "register_code": "lvr",
        "year": 2023,
        "geography_level": "region",
        "geography_code": "12",
        "dimension": "total",
        "level": "all",
        "n_registered": 320,
        "n_expected": 1000,
        "coverage": 0.32,
        "value_status": "shown",
    }


def test_a_coverage_that_contradicts_its_counts_is_refused(tmp_path):
    part = pulled(tmp_path, [*GROUPS[:2], (*GROUPS[2][:-1], 45)])
    assert [row["dimension"] for row in held(part)] == ["total"]
    assert "täckningsgrad som motsäger antalen: 1" in told(part)


def test_a_coverage_rounded_to_whole_per_cent_agrees_with_its_counts(tmp_path):
    rows = [HEADER, ("LVR", "Region Skåne", 2023, "Samtliga", "Samtliga", 324, 1000, 32)]
    assert [row["coverage"] for row in held(pulled(tmp_path, rows))] == [0.324]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("LVR", "Region Skåne", 2023, "Kvinnor", LOW, 1, 4, 25), "två indelningar"),
        (("LVR", "Region Skåne", 2023, "Kvinnor", "Grundskola", 1, 4, 25), "två indelningar"),
        (("LVR", "Region Skåne", 2023, "Samtliga", "Grundskola", 1, 4, 25), "okänd grupp"),
        (("Annat", "Region Skåne", 2023, "Samtliga", "Samtliga", 1, 4, 25), "okänt register"),
        (("LVR", "Region Skåne", "2022/23", "Samtliga", "Samtliga", 1, 4, 25), "tid som"),
        (("LVR", "Region Skåne", 2023, "Samtliga", "Samtliga", 5, 4, None), "fler registrerade"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_placed_is_told_with_its_reason(tmp_path, row, reason):
    part = pulled(tmp_path, [*GROUPS[:2], row])
    assert [row["coverage"] for row in held(part)] == [0.32]
    assert reason in told(part)


def test_a_workbook_of_which_nothing_could_be_taken_is_an_error_with_the_reasons(tmp_path):
    rows = [HEADER, ("LVR", "Region Skåne", 2023, "Samtliga", "Samtliga", 320, 1000, 45)]
    with pytest.raises(SourceError, match="contradicts the counts: 1"):
        pulled(tmp_path, rows)


def test_other_words_for_a_level_are_taken_when_declared(tmp_path):
    rows = [HEADER, ("LVR", "Region Skåne", 2023, "Samtliga", "Grundskola", 1, 4, 25)]
    part = pulled(tmp_path, rows, levels={"education": {"pre_secondary": ["Grundskola"]}})
    assert [row["level"] for row in held(part)] == ["pre_secondary"]


def test_dimension_and_group_may_stand_in_two_columns(tmp_path):
    rows = [
        ("Plats", "År", "Indelning", "Grupp", "Täckningsgrad"),
        ("Region Skåne", 2023, "Ålder", "65–79 år", 60),
        ("Region Skåne", 2023, None, None, 50),
    ]
    part = pulled(tmp_path, rows, files={"täckning.xlsx": "ndr"})
    assert [(row["register_code"], row["dimension"], row["level"]) for row in held(part)] == [
        ("ndr", "age_band", "65-79"),
        ("ndr", "total", "all"),
    ]


def test_units_keep_their_code_and_other_regions_are_left_out(tmp_path):
    rows = [
        ("Register", "Enhet", "HSA-id", "År", "Registrerade", "Förväntade"),
        ("NDR", "Vårdcentralen Aspen", "SE2321000255-E00000001", 2023, 90, 100),
        ("NDR", "Region Halland", None, 2023, 90, 100),
        ("NDR", "Riket", None, 2023, 900, 1000),
    ]
    assert [
        (row["geography_level"], row["geography_code"], row["coverage"])
        for row in held(pulled(tmp_path, rows, scale=None))
    ] == [("unit", "SE2321000255-E00000001", 0.9)]


def test_a_withheld_coverage_keeps_its_row(tmp_path):
    rows = [HEADER, ("LVR", "Region Skåne", 2023, "Kvinnor", "Samtliga", "..", "..", "..")]
    assert [(r["coverage"], r["value_status"]) for r in held(pulled(tmp_path, rows))] == [
        (None, "suppressed")
    ]


def test_what_is_not_declared_is_asked_for(tmp_path):
    with pytest.raises(ConfigurationError, match="Whether coverage is"):
        pulled(tmp_path, GROUPS, scale=None)
    rows = [("Plats", "År", "Täckningsgrad"), ("Region Skåne", 2023, 60)]
    with pytest.raises(ConfigurationError, match="which register"):
        pulled(tmp_path, rows)
    with pytest.raises(SourceError, match="No sheet has a table"):
        pulled(tmp_path, [("Var", "När", "Hur"), ("Region Skåne", 2023, 60)])
