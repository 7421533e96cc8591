"""Nothing calls home: no library asks anybody for anything, and a night needs no network.

Every process writes down whom it wants to reach. The whole nights run in a network of their own in
which there is nobody, where the system lets an ordinary user make one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import Place
from tests.flows.conftest import AS_OF, ROOT

LISTENING = """
import os, sys
LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
def heard(event, arguments):
    if event == "socket.getaddrinfo":
        asked = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        asked = arguments[1][0]
    else:
        return
    asked = asked.decode() if isinstance(asked, bytes) else asked
    if asked and not str(asked).startswith(LOCAL):
        with open(os.environ["PYTHONHEARD"], "a") as file:
            file.write(f"{event} {asked}\\n")
sys.addaudithook(heard)
"""
LIBRARIES = """
import json, sys
sys.path.insert(0, "flows")
import duckdb
from equity_pipeline.quality.suites import load_suite
from equity_pipeline.quality.validate import run_suite
from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.warehouse.database import open_cells
import nightly
from prefect import flow
from prefect.settings import get_current_settings
with duckdb.connect() as connection:
    connection.execute("create schema raw")
    connection.execute("create table raw.person as select 'p1' as person_id, 2023 as year, "
        "'female' as sex, 1950 as birth_year, 1 as load_id, 1 as row_number")
    suite = load_suite("person")
    lacking = {name for one in suite.expectations for name in one.columns} - {"sex", "birth_year"}
    results = run_suite(suite, connection, undelivered=lacking)
with open_cells(Settings(run=RunSettings(home=sys.argv[1]))) as connection:
    [extensions] = connection.execute("select current_setting('autoinstall_known_extensions'), "
        "current_setting('autoload_known_extensions')").fetchall()
held = get_current_settings()
def stage():
    pass
task = nightly.as_task(stage)
print(json.dumps({
    "checked": sum(one.n_checked > 0 for one in results),
    "extensions": extensions,
    "analytics": held.server.analytics_enabled,
    "metrics": held.telemetry.enable_resource_metrics,
    "serializer": held.results.default_serializer,
    "kept": held.results.persist_by_default,
    "flow": [nightly.nightly.persist_result, nightly.nightly.result_serializer],
    "task": [task.persist_result, task.result_serializer],
}))
"""
SCHEDULED = """
import sys
sys.path.insert(0, "flows")
from nightly import nightly
print(nightly(config=sys.argv[1], as_of=sys.argv[2], return_state=True).name)
"""
NOBODY = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def listening(folder: Path) -> dict[str, str]:
    """The environment of a process that writes down whom it wants to reach."""
    (folder / "ear").mkdir()
    (folder / "ear" / "sitecustomize.py").write_text(LISTENING)
    kept = {name: text for name, text in os.environ.items() if "prefect" not in name.lower()}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(folder / "ear"), os.environ.get("PYTHONPATH", "")]),
        "PYTHONHEARD": str(folder / "heard.txt"),  # a name that the publisher is given too
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    }


def heard(folder: Path) -> str:
    path = folder / "heard.txt"
    return path.read_text() if path.exists() else ""


def test_what_listens_hears_who_is_asked(tmp_path):
    code = "import socket\ntry: socket.getaddrinfo('example.org', 443)\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", code], env=listening(tmp_path), check=True)
    assert heard(tmp_path) == "socket.getaddrinfo example.org\n"


def test_no_library_asks_anybody_for_anything_and_nothing_is_pickled(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", LIBRARIES, str(tmp_path / "home")],
        env=listening(tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    found = json.loads(told.stdout.splitlines()[-1])
    assert found.pop("checked") > 0
    assert found == {
        "extensions": [False, False],
        "analytics": False,
        "metrics": False,
        "serializer": "json",
        "kept": False,
        "flow": [False, "json"],
        "task": [False, "json"],
    }
    assert heard(tmp_path) == ""


@pytest.fixture
def alone() -> tuple[str, ...]:
    """Words before a command that give it a network in which there is nobody."""
    able = shutil.which("unshare") and shutil.which("ip")
    if not able or subprocess.run([*NOBODY, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network of one's own can be made here: unshare -rn, or ip, is refused")
    return NOBODY


@pytest.mark.long
@pytest.mark.parametrize("with_scheduler", [False, True], ids=["equity run", "flow"])
def test_a_night_without_a_network_releases_and_asks_nobody(
    with_scheduler, alone, place: Place, tmp_path
):
    place.settings.person_database.unlink()
    place.settings.current.unlink()
    run = "from equity_pipeline.cli import main; main()"
    words = ["-c", run, "run", "--as-of", AS_OF, "--config", str(place.config)]
    gone = {"PREFECT_API_URL": "http://127.0.0.1:1/api"}
    if with_scheduler:
        words, gone = ["-c", SCHEDULED, str(place.config), AS_OF], {}
    told = subprocess.run(
        [*alone, sys.executable, *words],
        env=listening(tmp_path) | gone,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    assert not with_scheduler or told.stdout.splitlines()[-1] == "Completed"
    assert place.release().startswith("2024-12")
    assert heard(tmp_path) == ""
