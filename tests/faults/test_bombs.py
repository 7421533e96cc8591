"""An archive that would unpack to a thousand times its size takes no memory and no disk."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.faults.conftest import Place

pytestmark = pytest.mark.long

MEGABYTES = 600
MORE = 150  # megabytes that reading it may take beyond reading a plain file
READING = """
import resource, sys
from datetime import date
from pathlib import Path
from equity_pipeline.errors import EquityError
from equity_pipeline.pipeline import stages
from equity_pipeline.settings import load_settings
try:
    stages.load(load_settings(Path(sys.argv[1])).settings, date(2026, 11, 1), None)
    print("loaded")
except EquityError as error:
    print(error.exit_code, error.what)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def read(place: Place) -> tuple[str, int]:
    """Load what is delivered in a process of its own: what it said, and its memory in megabytes."""
    ended = subprocess.run(
        [sys.executable, "-c", READING, str(place.config)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said, size = ended.stdout.splitlines()[-2:]
    return said, int(size)


def bomb(path: Path, *names: str) -> None:
    """Write an archive whose files are as large as ours may be, and hold nothing."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in names:
            with archive.open(name, "w", force_zip64=True) as file:
                for _ in range(MEGABYTES // len(names)):
                    file.write(b"\0" * (1 << 20))


@pytest.mark.parametrize("names", [("visits_2.csv",), ("../visits_2.csv", "visits_3.csv")],
                         ids=["one", "one that climbs out"])  # fmt: skip
def test_a_bomb_is_refused_in_the_memory_that_a_plain_file_takes_and_leaves_nothing(names, small):
    said, plain = read(small)
    assert said == "loaded"
    folder = small.config.parent / "in"
    bomb(folder / "bomb.zip", *names)
    before = {*small.config.parent.rglob("*")}
    said, memory = read(small)
    assert said.startswith("16 The file was not loaded: archive_")
    assert memory < plain + MORE
    made = {*small.config.parent.rglob("*")} - before
    assert [path for path in made if path.is_file() and path.stat().st_size > 1 << 20] == []
    assert not (small.config.parent / "visits_2.csv").exists()
    assert small.rows()[0] == small.rows()[1]
