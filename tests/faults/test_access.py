"""The access log under many processes, a kill, and a user who may read cells and no persons."""

from __future__ import annotations

import grp
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.warehouse.access_log import log_of
from equity_pipeline.warehouse.database import Lock, open_cells, open_person

COMMAND = [sys.executable, "-c", "from equity_pipeline.cli import main; main()"]
WHY = ["--purpose", "Rättelse efter samtal"]
OPEN = """
import sys
from pathlib import Path
from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.warehouse.access_log import write_opening
settings = Settings(run=RunSettings(home=Path(sys.argv[1])))
for _ in range(int(sys.argv[2])):
    write_opening(settings, database="cells", read_only=True)
    print("written", flush=True)
"""


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def opener(home: Path, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, str(home), str(times)], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def settings(tmp_path):
    held = Settings(run=RunSettings(home=tmp_path / "out", threads=1))
    with open_person(held) as persons, open_cells(held) as cells:
        persons.execute("create table rows as select 1 as person_key")
        cells.execute("create table one_way as select 7 as n")
    return held


def test_processes_that_open_at_once_lose_no_line(tmp_path):
    settings = Settings(run=RunSettings(home=tmp_path))
    for process in [opener(tmp_path, 40) for _ in range(3)]:
        process.communicate()
        assert process.returncode == 0
    log = log_of(settings)
    assert [line["number"] for line in log.lines()] == list(range(1, 121))
    assert log.faults() == []


def test_a_kill_while_lines_are_written_leaves_a_whole_log(tmp_path):
    settings = Settings(run=RunSettings(home=tmp_path))
    told = 0
    for delay in (0.0, 0.004, 0.011, 0.023):
        process = opener(tmp_path, 10_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        told += 1 + len(process.communicate()[0].splitlines())
    lines = list(log_of(settings).lines())
    assert told <= len(lines) <= told + 4
    assert log_of(settings).faults() == []


def test_looking_by_command_is_one_line_and_a_cut_log_exits_12(settings):
    home = ["--out", str(settings.run.home)]
    done = command("inspect", "person", *home, *WHY, "--sql", "select * from rows", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [{"person_key": 1}])
    text = settings.access_log.read_bytes()
    settings.access_log.write_bytes(b"".join(text.splitlines(keepends=True)[:-1]))
    cut = command("access-log", "check", *home)
    assert (cut.returncode, "lines 3 to 3 are cut off" in cut.stderr) == (12, True)


@pytest.mark.parametrize(("why", "code"), [([], 2), (WHY, 75)])
def test_looking_without_a_purpose_exits_2_and_during_a_run_75(settings, why, code):
    with Lock(settings.run.home):
        done = command("inspect", "person", "--out", str(settings.run.home), *why)
    assert done.returncode == code


def test_other_commands_that_open_persons_are_told_by_their_name(settings):
    command("status", "--out", str(settings.run.home))
    assert list(log_of(settings).lines())[-1]["purpose"] == "equity status"


def test_every_stage_of_a_night_that_opens_internal_data_has_its_line(good):
    log = log_of(good.settings)
    nightly = [line for line in log.lines() if line["purpose"] == "nightly run"]
    assert {line["command"] for line in nightly} >= {"load", "check", "build", "tabulate"}
    assert len({line["run"] for line in nightly}) == 1
    assert {line["run_id"] for line in nightly if line["command"] == "tabulate"} == {
        good.report.run_id
    }
    assert log.faults() == []


AS_MEMBER = """
import os, sys
from equity_pipeline.cli import main
from equity_pipeline.pipeline import access
from equity_pipeline.cli import access as _
import encodings.ascii  # while its file is in reach
from equity_pipeline.settings import load_settings
from pathlib import Path
settings = load_settings(Path(sys.argv[1])).settings
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(65534)
for database in ("cells", "person"):
    try:
        print(access.inspect(settings, database, purpose="Uppföljning av kvartalet").rows)
    except Exception as error:
        print(type(error).__name__, error)
try:
    print(os.listdir(settings.internal))
except PermissionError:
    print("no names")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user: run as root")
def test_a_member_of_the_group_reads_cells_and_no_persons_and_stands_in_the_log():
    """Members are made by ``sudo -g``: nobody belongs to the group outside the command."""
    group = grp.getgrgid(1)
    root = Path(tempfile.mkdtemp())
    try:
        root.chmod(0o755)
        config = root / "equity.toml"
        config.write_text(f'[run]\nhome = "out"\n[access]\ngroup = "{group.gr_name}"\n')
        settings = Settings.model_validate(
            {"run": {"home": root / "out"}, "access": {"group": group.gr_name}}
        )
        with open_person(settings) as persons, open_cells(settings) as cells:
            persons.execute("create table rows as select 1 as person_key")
            cells.execute("create table one_way as select 7 as n")
        with open_cells(settings, read_only=True):
            pass
        (root / "out").chmod(0o711)
        member, stranger = (
            subprocess.run(
                [sys.executable, "-c", AS_MEMBER, str(config), str(number)],
                capture_output=True, text=True, check=True,
            ).stdout.splitlines()
            for number in (group.gr_gid, 65534)
        )  # fmt: skip
        assert member[0] == "(('main.one_way', 1, 1),)"
        assert any("may not read the person database" in line for line in member)
        assert member[-1] == "no names"
        assert any("may not read the cells database" in line for line in stranger)
        line = list(log_of(settings).lines())[-1]
        assert (line["database"], line["user"]) == ("cells", "nobody")
        assert log_of(settings).faults() == []
    finally:
        shutil.rmtree(root)
