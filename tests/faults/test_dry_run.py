"""A dry run says what the night would read, write and hide, and does none of it."""

from __future__ import annotations

import duckdb

from equity_pipeline.pipeline import plan
from tests.faults.conftest import Place, deliver

NEW = "of these under a name not seen before"


def test_a_dry_run_tells_new_files_from_those_that_were_loaded(small: Place):
    told = plan(small.settings)
    assert (told["delivery files found"], told[NEW]) == (1, 0)
    deliver(small.config.parent / "in", "visits_2.csv", 5, first=20)
    before = sorted(small.settings.internal.rglob("*.parquet"))
    told = plan(small.settings)
    assert (told["delivery files found"], told[NEW]) == (2, 1)
    assert sorted(small.settings.internal.rglob("*.parquet")) == before
    assert small.rows() == (20, 20)


def test_a_dry_run_says_what_is_hidden_where_it_writes_and_whom_it_asks(small: Place):
    told = plan(small.settings)
    assert told["hides"].startswith("denominators under 20, 1-4 persons")
    assert str(small.settings.candidates) in told["would write"]
    assert str(small.settings.releases) in told["would write"]
    assert (told["would ask"], told["would release"]) == ("nobody", "when_period_closes")
    kolada = {"enabled": True, "base_url": "http://127.0.0.1:9/v3"}
    asking = small.settings.model_validate(
        {"sources": {"kolada": kolada}, "release": {"policy": "manual"}}
    )
    told = plan(asking)
    assert told["would ask"] == "http://127.0.0.1:9/v3"
    assert str(asking.releases) not in told["would write"].split(", ")


def test_a_dry_run_beside_a_run_at_work_answers_what_it_can(small: Place):
    with duckdb.connect(str(small.settings.person_database)):
        told = plan(small.settings)
    assert told["delivery files found"] == 1
