"""The synthetic sample goes through the standard layout, and its faulty deliveries do not."""

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.deliveries.land import load
from equity_pipeline.settings import Settings

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "data" / "sample"
DAY = date(2025, 1, 15)


def _settings(home: Path, folder: Path) -> Settings:
    layouts = [ROOT / "configs" / "layouts" / "standard.toml"]
    deliveries = {
        "folder": folder,
        "layouts": layouts,
        "owner": "the region",
        "purpose": "tests",
        "legal_basis": "none",
    }
    return Settings.model_validate({"run": {"home": home}, "deliveries": deliveries})


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    home = tmp_path_factory.mktemp("sample")
    with duckdb.connect() as connection:
        yield load(_settings(home, SAMPLE / "incoming"), connection, as_of=DAY), connection, home


def test_every_row_of_the_sample_is_loaded(sample) -> None:
    report, _, _ = sample
    listed = [
        one["rows"]
        for path in (SAMPLE / "incoming").rglob("manifest.json")
        for one in json.loads(path.read_text("utf-8"))["files"]
    ]
    assert {file.verdict for file in report.files} == {"accept"}
    assert (report.rows_loaded, len(report.files)) == (sum(listed), len(listed))


def test_everybody_in_the_sample_has_one_key(sample) -> None:
    query = (
        "select count(*), count(distinct person_key), count(distinct person_id), max(person_key)"
    )
    counts = sample[1].execute(f"{query} from raw.person_surrogate").fetchall()[0]
    assert len(set(counts)) == 1


def test_each_faulty_delivery_of_the_sample_ends_as_it_must(sample) -> None:
    _, connection, home = sample
    told = json.loads((SAMPLE / "bad_deliveries" / "manifest.json").read_text("utf-8"))
    for one in told["bad_deliveries"]:
        folder = SAMPLE / "bad_deliveries" / one["name"]
        report = load(_settings(home, folder), connection, as_of=DAY)
        expected = "reject_file" if one["expected"] == "refused" else one["expected"]
        assert [file.verdict for file in report.files] == [expected], one["name"]
