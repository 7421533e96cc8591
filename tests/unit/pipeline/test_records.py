"""The record of processing and the annex say what is declared, and what nobody has said yet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from equity_pipeline.cli.app import app
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.pipeline.records import dpia_annex, processing_record
from equity_pipeline.pipeline.records_page import annex_page, record_page
from equity_pipeline.settings import Settings

STANDARD = Path(__file__).parents[3] / "configs" / "layouts" / "standard.toml"
SMALL = """
name = "small"
[[file]]
pattern = "vaccination*.csv"
closed = true
[[file.entity]]
entity = "vaccination"
[file.entity.columns]
vaccine = { from = "vaccin" }
[[file]]
pattern = "unit*.csv"
[[file.entity]]
entity = "unit"
"""


@pytest.fixture
def held(tmp_path) -> dict:
    (tmp_path / "small.toml").write_text(SMALL)
    return {
        "run": {"home": tmp_path / "out", "indicators": ["FP01"]},
        "deliveries": {
            "layouts": [tmp_path / "small.toml"],
            "purpose": "Uppföljning",
            "legal_basis": "PDL 2 kap. 4 §",
            "owner": "Regionen",
            "sources": {"small": {"owner": "Smittskydd", "persons": ["Vaccinerade"]}},
        },
        "retention": {"days": {"small": 3650}},
    }


def test_each_source_has_purpose_basis_owner_people_data_and_days(held):
    [one] = processing_record(Settings.model_validate(held))["processings"]
    assert (one["purpose"], one["legal_basis"], one["owner"], one["persons"]) == (
        "Uppföljning", "PDL 2 kap. 4 §", "Smittskydd", ["Vaccinerade"],
    )  # fmt: skip
    assert (one["retention_days"], one["identity"]) == (3650, "pseudonym")
    vaccination, unit = one["data"]
    assert [column["name"] for column in vaccination["columns"]] == ["vaccine"]
    assert (vaccination["of_persons"], unit["of_persons"]) == (True, False)
    assert vaccination["columns"][0]["health"]
    assert not any(column["health"] for column in unit["columns"])


def test_what_only_the_region_can_say_is_named_until_it_is_said(held):
    settings = Settings.model_validate(held)
    assert processing_record(settings)["missing"] == [
        "record.controller", "record.contact", "record.data_protection_officer",
        "deliveries.sources.small.recipients",
    ]  # fmt: skip
    said = {"controller": "A", "contact": "B", "data_protection_officer": "C", "recipients": ["D"]}
    assert processing_record(Settings.model_validate(held | {"record": said}))["missing"] == []


@pytest.mark.parametrize("key", ["purpose", "legal_basis", "owner"])
def test_a_source_without_a_declared_reason_is_a_fault_of_the_configuration(held, key):
    held["deliveries"][key] = ""
    held["deliveries"]["sources"] = {"small": {}}
    with pytest.raises(ConfigurationError, match=f"small need a declared {key}"):
        processing_record(Settings.model_validate(held))


def test_a_source_that_has_no_layout_is_a_fault_of_the_configuration(held):
    held["deliveries"]["sources"] = {"smal": {}}
    with pytest.raises(ConfigurationError, match="No layout is called smal"):
        processing_record(Settings.model_validate(held))


def test_the_annex_tells_what_is_read_what_is_not_and_leaves_the_risks_to_people(held):
    annex = dpia_annex(Settings.model_validate(held))
    [one] = annex["indicators"]
    assert (one["indicator_id"], one["legal_basis"]) == ("FP01", "PDL 2 kap. 4 §")
    assert "is_vaccinated_influenza" in one["columns"]
    assert annex["unread"] == []
    assert all(risk["likelihood"] is None and risk["measures"] for risk in annex["risks"])


def test_columns_that_nothing_reads_are_named():
    said = {"purpose": "a", "legal_basis": "b", "owner": "c", "layouts": [STANDARD]}
    unread = dpia_annex(Settings.model_validate({"deliveries": said}))["unread"]
    assert "measurement.measurement_method" in unread
    assert not {"contact.contact_date", "person.birth_year", "contact.physician_key"} & set(unread)


def test_limits_on_the_page_are_those_that_are_set(held):
    held["disclosure"] = {"smallest_denominator": 35, "smallest_count": 8}
    page = record_page(processing_record(Settings.model_validate(held)))
    assert "färre än 35 personer, och 1-7 personer" in page
    assert "- Ansvarig: Smittskydd" in page
    assert "3650 dagar efter leverans" in page
    assert "- Personuppgiftsansvarig: **Återstår att ange**" in page


def test_a_sign_in_a_text_breaks_no_table(held):
    held["deliveries"]["purpose"] = "en | två\ntre"
    page = annex_page(dpia_annex(Settings.model_validate(held)))
    assert "| en \\| två tre |" in page


def test_both_are_commands_and_a_missing_purpose_exits_2(tmp_path, held):
    config = tmp_path / "equity.toml"
    said = 'legal_basis = "b"\nowner = "c"\n'

    def words(what: str, text: str) -> list[str]:
        config.write_text(f'[deliveries]\nlayouts = ["small.toml"]\n{text}')
        return ["export", what, "--config", str(config), "--json"]

    process = [sys.executable, "-c", "from equity_pipeline.cli import main; main()"]
    without = subprocess.run(
        [*process, *words("processing-record", said)], capture_output=True, text=True, check=False
    )
    assert (without.returncode, "declared purpose" in without.stderr) == (2, True)
    done = CliRunner().invoke(app, words("dpia-annex", said + 'purpose = "a"\n'))
    assert (done.exit_code, json.loads(done.stdout)["record"]["transfers"]) == (
        0, "Ingen överföring utanför EU/EES",
    )  # fmt: skip
