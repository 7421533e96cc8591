"""Two nights of which one has a person more, and a night whose solver has no time."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from equity_pipeline.pipeline import publisher
from tests.disclosed import LEVELS
from tests.faults import publishing
from tests.faults.conftest import Place

pytestmark = pytest.mark.long

ONE_MORE = tuple((name, level, n + (level != "male")) for name, level, n in LEVELS)
FEW_MEN = (("total", "all", 400), ("sex", "female", 388), ("sex", "male", 12))
WITHOUT_TIME = """
from equity_pipeline.disclosure.hide import hide
hide.__kwdefaults__["seconds"] = 0.0
from equity_pipeline.pipeline import publisher_process
publisher_process.main()
"""


def audited(place: Place, release: Path, *earlier: Path) -> tuple[int, str]:
    """Attack a release with the command, beside earlier ones."""
    words = [word for one in earlier for word in ("--previous", str(one))]
    told = place.run("audit", str(release), *words)
    return told.returncode, told.stdout + told.stderr


def values(release: Path) -> dict[str, int | None]:
    rows = pq.read_table(release / "stratified.parquet").to_pylist()
    return {row["level"]: row["n_denominator"] for row in rows}


def test_one_new_person_between_two_nights_cannot_be_found_by_taking_the_difference(small):
    first = publishing.publish(small.settings, "one", "2025-02", 100)
    second = publishing.publish(small.settings, "two", "2025-03", 100, ONE_MORE)
    assert values(first) == {"all": 400, "female": 200, "male": 200}
    code, said = audited(small, second, first)
    assert code == 0, said
    assert values(second)["female"] is None


def test_what_is_remembered_of_the_first_night_is_what_hides_the_person(small):
    first = publishing.publish(small.settings, "one", "2025-02", 100)
    shutil.rmtree(small.settings.internal / "patterns")
    second = publishing.publish(small.settings, "two", "2025-03", 100, ONE_MORE)
    code, said = audited(small, second, first)
    assert (code, "differencing" in said) == (1, True), said


def test_a_solver_without_time_withholds_the_table_and_publishes_what_holds(small, monkeypatch):
    """A table that is protected in time tells its total; without time nobody knows, and nothing."""
    in_time = publishing.publish(small.settings, "one", "2025-02", 100, FEW_MEN)
    assert values(in_time) == {"all": 400, "female": None, "male": None}
    (small.config.parent / "without_time.py").write_text(WITHOUT_TIME, "utf-8")
    found = [str(small.config.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(found))
    monkeypatch.setattr(publisher, "PROCESS", "without_time")
    shutil.rmtree(small.settings.internal / "patterns")
    late = publishing.publish(small.settings, "two", "2025-03", 100, FEW_MEN)
    assert values(late) == {"all": None, "female": None, "male": None}
    told = json.loads((late / "datapackage.json").read_text("utf-8"))["run"]
    assert told["withheld"] == "VT01 from 2024-01-01"
    assert audited(small, late)[0] == 0
