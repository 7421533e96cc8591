"""Readers: what they have open stays whole, what they open next is the newest, and the way back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from equity_pipeline.extracts.manifest import read_hashes, verify
from tests.faults import publishing
from tests.faults.conftest import STANDING, Place

READER = """
import sys
import duckdb
reader = duckdb.connect(sys.argv[1], read_only=True)
ask = "select sum(n_numerator)::bigint, count(*) from mart.stratified where dimension = 'total'"
for line in sys.stdin:
    print(*reader.execute(ask).fetchall()[0], flush=True)
"""


def reader(place: Place) -> subprocess.Popen[str]:
    """Open the published database in a process of its own, which reads at each line it is sent."""
    words = [sys.executable, "-c", READER, str(place.settings.current / "equity.duckdb")]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def read(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("read\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_reader_keeps_what_it_has_open_while_the_next_is_published_and_a_new_one_sees_that(
    small,
):
    """The old release is even removed, since one is kept."""
    with reader(small) as first:
        assert read(first) == "100 1"
        published = subprocess.run(
            publishing.command(small.config, "run-3", "2025-02", 50),
            env={**small.environment(), "EQUITY_RELEASE__KEEP": "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert published.returncode == 0, published.stderr
        assert not (small.settings.releases / STANDING).exists()
        with reader(small) as second:
            assert (read(first), read(second)) == ("100 1", "50 1")
            second.stdin.close()
        first.stdin.close()
    verify(small.settings.current)


def test_the_way_back_is_one_command_that_leaves_its_line_and_changes_no_byte(small):
    names = ("2024-12", STANDING)
    before = {name: read_hashes(small.settings.releases / name) for name in names}
    told = small.call("rollback", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["release"] == small.release() == "2024-12"
    for name in names:
        verify(small.settings.releases / name)
        assert read_hashes(small.settings.releases / name) == before[name]
    lines = Path(small.settings.releases / ".history.jsonl").read_text().splitlines()
    assert json.loads(lines[-1]) == {"action": "rollback", "release": "2024-12"}
