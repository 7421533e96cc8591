"""What a night writes beside the console: a JSON line an event, each stage with what it took."""

from __future__ import annotations

import itertools
import json

from tests.flows.conftest import Night

STAGES = ["fetch", "load", "check", "build", "tabulate", "disclose", "publish", "audit"]


def test_each_stage_tells_how_much_it_took_and_made_and_when(good: Night):
    [path] = good.settings.logs.glob("run-*.jsonl")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [one["event"] for one in lines][:1] == ["start"]
    assert (lines[-1]["event"], lines[-1]["exit_code"]) == ("end", 0)
    assert {one["run_id"] for one in lines[-20:]} == {good.report.run_id}
    ended = [one["stage"] for one in lines if one["event"] == "stage_end"]
    counts = {one["stage"]: one for one in lines if one["event"] == "counts"}
    assert ended == STAGES == list(counts)
    assert counts["load"]["in"] == good.report.rows["rows_in"]
    for before, after in itertools.pairwise(STAGES[1:7]):
        assert counts[before]["out"] == counts[after]["in"] > 0, (before, after)
    assert counts["tabulate"]["out"] >= counts["disclose"]["out"]
    files = sum(1 for one in good.current.resolve().rglob("*") if one.is_file())
    assert counts["publish"]["rows"]["files"] == files


def test_the_log_says_which_stored_answers_stood_in(good: Night):
    [path] = good.settings.logs.glob("run-*.jsonl")
    told = [one for one in path.read_text("utf-8").splitlines() if '"event": "sources"' in one]
    assert [json.loads(one)["stale"] for one in told] == [{}]
