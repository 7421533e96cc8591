"""Corrections, older files and late rows in a real night: nothing doubled, nothing brought back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from equity_pipeline.pipeline import NightReport
from tests.faults.conftest import Place
from tests.flows.conftest import AS_OF, run_night, said

pytestmark = pytest.mark.long


@pytest.fixture
def inbox(place: Place, incoming: Path, tmp_path: Path) -> Path:
    """A delivery folder of this test alone, holding what the good night was made of."""
    folder = tmp_path / "incoming"
    shutil.copytree(incoming, folder)
    text = place.config.read_text("utf-8").replace(str(incoming), str(folder))
    place.config.write_text(text, "utf-8")
    return folder


def contacts(inbox: Path) -> Path:
    """The file of the contacts of 2024."""
    return next(inbox.rglob("202501/contact_2024.parquet"))


def send(inbox: Path, folder: str, name: str, keep: slice, **told: str) -> None:
    """Deliver some contacts of 2024 again, in a folder of their own."""
    made = inbox / folder
    made.mkdir(parents=True)
    table = pq.read_table(contacts(inbox))
    pq.write_table(table.take(list(range(table.num_rows))[keep]), made / name)
    (made / "manifest.json").write_text(json.dumps({"files": [{"name": name}]} | told), "utf-8")


def series(inbox: Path) -> str:
    """The folder of contacts without its month: what a correction shares with its original."""
    return contacts(inbox).parent.parent.relative_to(inbox).as_posix()


def ask(place: Place, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(place.settings.person_database), read_only=True) as connection:
        return connection.execute(query).fetchall()


N = """
select count(*) from raw.contact join raw.delivery using (load_id)
where contains(file_name, 'contact_2024')
"""


def night(place: Place, as_of: str = AS_OF) -> NightReport:
    return run_night(place.config, as_of).report


def status(place: Place) -> dict[str, Any]:
    return json.loads(said("status", "--config", place.config, "--json"))


def test_a_correction_replaces_its_file_and_an_older_one_that_comes_late_does_not(place, inbox):
    [(before,)] = ask(place, N)
    newer = {"period": "202501", "extracted_at": "2025-01-15T12:00:00"}
    send(inbox, f"{series(inbox)}/2", "contact_2024.parquet", slice(0, None, 2), **newer)
    assert night(place).status == "released"
    corrected = ask(place, N)
    assert corrected == [((before + 1) // 2,)]
    older = {"period": "202412", "extracted_at": "2025-01-02"}
    send(inbox, f"{series(inbox)}/3", "contact_2024.parquet", slice(1, None, 2), **older)
    night(place)
    assert ask(place, N) == corrected
    told = status(place)["replaced"]
    assert [(one["rows"], one["replaced_by"].rpartition("/")[2]) for one in told] == [
        (before // 2, "contact_2024.parquet"), (before, "contact_2024.parquet"),
    ]  # fmt: skip


def test_a_file_sent_again_under_another_name_is_nothing_new(place, inbox):
    folder = inbox / series(inbox) / "7"
    folder.mkdir()
    shutil.copyfile(contacts(inbox), folder / "contact_2024_again.parquet")
    before = ask(place, N)
    assert night(place).run_id == status(place)["run_id"]
    assert ask(place, N) == before


def test_rows_that_come_late_mark_their_period_as_revised(place, inbox):
    late = {"period": "202501", "extracted_at": "2025-01-16"}
    send(inbox, "late/202501", "contact_2024_late.parquet", slice(0, 30), **late)
    night(place, "2025-01-20")
    status = "data_status"
    for form in ("stratified", "gap", "readiness"):
        table = pq.read_table(place.settings.current / f"{form}.parquet", columns=[status])
        assert set(table[status].to_pylist()) == {"revised"}, form
