"""Decisions over nights: cases are nominated, judged in the workbook, kept by the next night."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from equity_pipeline.extracts.decision_cells import heading
from equity_pipeline.extracts.decision_workbook import SHEET
from equity_pipeline.pipeline import deciding, open_data, reporting_back, run_identity
from equity_pipeline.warehouse.database import open_person
from tests.flows.conftest import AS_OF, first_night, run_night, said, write_config

JUDGED = {
    "status": "Granskad", "verdict": "Oklar, behöver fördjupas",
    "reviewer_1_role": "Epidemiologi", "reviewer_1_name": "Hemligt Namn",
    "reviewed_date": date(2025, 1, 10),
}  # fmt: skip


@pytest.fixture(scope="module")
def judged(tmp_path_factory, incoming):
    """Return two nights of one home, with a case judged between them."""
    first = first_night(tmp_path_factory, "small_night", incoming)
    config = first.config
    path = first.settings.run.home / "judged.xlsx"
    said("decisions", "export", "--config", config, "--all", "--to", path)
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    places = {cell.value: cell.column for cell in sheet[1]}
    case = sheet.cell(2, 1).value
    for name, value in JUDGED.items():
        sheet.cell(2, places[heading(name)]).value = value
    book.save(path)
    told = json.loads(said("decisions", "import", path, "--config", config, "--json"))
    # what the second night makes of the case; the first made all there is
    write_config(config.parent, incoming, forms=("decision_register", "report_due"), tiers=())
    second = run_night(config)
    return config, case, told, first, second


def rows(night) -> list[dict]:
    return pq.read_table(night.current / deciding.EXTRACT).to_pylist()


def test_every_declared_comparison_of_the_region_is_a_case(small_night):
    found = rows(small_night)
    gaps = pq.read_table(small_night.current / "gap.parquet").to_pandas()
    asked = gaps[gaps["is_headline"] & gaps["is_declared_contrast"]]
    asked = asked[asked["period_end"] == asked["period_end"].max()]
    declared = {(one["indicator_id"], one["dimension"]) for one in found}
    assert len(found) == len(declared)
    kept = asked[~asked["dimension"].str.contains("cumulative|second")]
    assert declared == set(zip(kept["indicator_id"], kept["dimension"], strict=True))


def test_a_judged_case_is_published_by_the_next_night_with_its_history(judged):
    _, case, told, _, second = judged
    assert told == {"added": [{"case_id": case, "version": 1, "status": "reviewed"}],
                    "unchanged": told["unchanged"]}  # fmt: skip
    found = {one["version"]: one for one in rows(second) if one["case_id"] == case}
    assert sorted(found) == [0, 1]
    assert (found[0]["is_newest"], found[1]["is_newest"]) == (False, True)
    assert (found[1]["verdict"], found[1]["grade"]) == ("unclear", "D")
    assert found[1]["gap_harm"] == found[0]["gap_harm"]


def test_a_decision_makes_a_new_run(judged):
    _, _, _, first, second = judged
    with open_person(second.settings, read_only=True) as connection:
        delivered = tuple(open_data.inputs(connection, None))
    day, decided = date.fromisoformat(AS_OF), reporting_back.inputs(second.settings)
    undecided = run_identity(delivered, second.settings, day)
    assert run_identity((*delivered, *decided), second.settings, day) == second.report.run_id
    assert second.report.run_id not in (undecided, first.report.run_id)
    assert second.report.status == "released"


def test_the_next_night_finds_nothing_new_and_keeps_the_register(judged):
    config, case, _, _, second = judged
    held = (second.settings.decisions / "register.jsonl").read_bytes()
    assert run_night(config).report.status == "nothing_new"
    assert (second.settings.decisions / "register.jsonl").read_bytes() == held
    [row] = json.loads(said("decisions", "list", "--config", config, "--json"))
    assert (row["case_id"], row["version"]) == (case, 1)


def test_no_name_leaves_the_register(judged):
    _, _, _, _, second = judged
    names = [
        path for path in Path(second.current).resolve().rglob("*")
        if path.is_file() and b"Hemligt Namn" in path.read_bytes()
    ]  # fmt: skip
    assert names == []


def test_the_run_says_that_no_next_report_has_a_date(judged):
    _, _, _, first, _ = judged
    due = pq.read_table(first.current / "report_due.parquet").to_pylist()
    found = {one["report_id"]: one["due_state"] for one in due}
    assert found["next_report_back"] == "date_not_decided"
    logs = "".join(p.read_text("utf-8") for p in first.settings.logs.glob("*.jsonl"))
    assert "datum ej beslutat" in logs


def test_the_coverage_is_one_number_with_what_hinders_and_the_grounds(small_night):
    found = pq.read_table(small_night.current / "coverage.parquet").to_pandas()
    ready = pq.read_table(small_night.current / "readiness.parquet").to_pandas()
    own = ready[ready["definition_hash"].notna()]
    [share] = found.loc[found["coverage_part"] == "share", "reportable_share"]
    assert share == round(float((own["readiness"] != "red").mean()), 3)
    grounds = found.loc[found["coverage_part"] == "ground", "coverage_code"].tolist()
    assert {"religion", "sexual_orientation", "gender_identity"} <= set(grounds)
