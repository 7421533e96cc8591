"""The night as a Prefect flow: scheduled, fired by a worker, released; a failure is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.listeners import mailbox, read, webhook
from tests.prefect_server import BOUND_SECONDS, Prefect, quiet, serving, wait

from .conftest import AS_OF, LITTLE, ROOT, write_config

SHOWN = {"data-readiness", "run-report", "largest-gaps"}
AHEAD = timedelta(seconds=12)
LATE_SOON = {  # seconds after which the server calls a run late, and how often it looks
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "3",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "1",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Prefect]:
    """A running server, which calls a run late after seconds."""
    with serving(tmp_path / "prefect", **LATE_SOON) as held:
        yield held


def set_alarms(server: Prefect, config: Path) -> list[str]:
    """Register the alarms with the project's own script."""
    script = ("flows/alarms.py", "custom-webhook/equity", "--config", str(config))
    return server.python(*script).splitlines()


def deploy(server: Prefect, config: Path) -> Any:
    """Deploy with the project's own prefect.yaml, as its first lines say."""
    server.environment |= {"EQUITY_PROJECT": str(ROOT), "EQUITY_CONFIG": str(config)}
    server.run("work-pool", "create", "local", "--type", "process")
    server.run("--no-prompt", "deploy", "--all")
    return server.ask(lambda client: client.read_deployment_by_name("nightly/nightly"))


def leave_waiting(server: Prefect, deployment: Any, posted: list[Any]) -> None:
    """Let a night that is due wait for a worker until the server tells of it.

    It is asked for outright: of one that the scheduler inserts seconds before it is due, and not
    days before, the server holds the word back for a quarter of an hour, since it looks for an
    event that came before.
    """
    from prefect.states import Scheduled

    due = Scheduled(scheduled_time=datetime.now(UTC) - timedelta(seconds=30))
    run = server.ask(
        lambda client: client.create_flow_run_from_deployment(deployment.id, state=due)
    )
    wait(lambda: posted or None, "the server tells that no worker has started the night")
    server.ask(lambda client: client.delete_flow_run(run.id))


def put_ahead(server: Prefect, deployment: Any, home: Path) -> datetime:
    """Replace the schedule by one some seconds ahead, and return its time."""
    from prefect.client.schemas.actions import DeploymentUpdate
    from prefect.client.schemas.schedules import IntervalSchedule

    asked = DeploymentUpdate(parameters=deployment.parameters | {"as_of": AS_OF, "home": str(home)})
    server.ask(lambda client: client.update_deployment(deployment.id, asked))
    due = datetime.now(UTC).replace(microsecond=0) + AHEAD
    soon = IntervalSchedule(interval=timedelta(days=1), anchor_date=due)
    (nightly,) = deployment.schedules
    server.ask(
        lambda client: client.update_deployment_schedule(deployment.id, nightly.id, schedule=soon)
    )
    return due


def ended_run(server: Prefect, deployment: Any, due: datetime) -> Any:
    """Return the run that was due, once it has ended."""
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

    def look() -> Any:
        chosen = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
        runs = server.ask(lambda client: client.read_flow_runs(deployment_filter=chosen))
        ours = [one for one in runs if one.expected_start_time == due]
        return next((one for one in ours if one.state.is_final()), None)

    return wait(look, "the scheduled run has ended")


def artifacts(server: Prefect) -> dict[str, Any]:
    return {one.key: one.data for one in server.ask(lambda client: client.read_artifacts())}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_scheduled_night_fires_in_a_worker_completes_and_releases(server, incoming, tmp_path):
    home = tmp_path / "home"
    config = write_config(tmp_path / "night", incoming, **LITTLE)
    deployment = deploy(server, config)
    (nightly,) = deployment.schedules
    assert (nightly.schedule.cron, nightly.schedule.timezone) == ("0 4 * * *", "Europe/Stockholm")
    assert nightly.active and deployment.global_concurrency_limit.limit == 1
    assert deployment.concurrency_options.collision_strategy == "CANCEL_NEW"
    assert deployment.parameters == {"config": str(config)}
    assert deployment.entrypoint == "flows/nightly.py:nightly"

    with webhook() as (hook, posted):
        server.save(hook)
        set_alarms(server, config)
        alarms = set_alarms(server, config)  # again: in the place of those that were there
        assert alarms == ["equity: not started", "equity: not ended", "equity: ended badly"]
        assert len(server.ask(lambda client: client.read_automations())) == 3
        leave_waiting(server, deployment, posted)
        due = put_ahead(server, deployment, home)
        server.start("worker", "start", "--pool", "local", "--type", "process", "--limit", "1")
        run = ended_run(server, deployment, due)
    [alarm] = posted  # the night has ended well, so that nothing more is told
    assert alarm["subject"] == "equity: not started"
    assert "is a worker at work?" in alarm["body"] and "Late" in alarm["body"]
    assert "What stood before still stands" in alarm["body"]
    assert run.state.is_completed(), (server.home / "worker.log").read_text()[-3000:]
    assert run.auto_scheduled
    # the worker takes a run up ahead of time and waits; its clock may be some milliseconds early
    assert run.start_time >= run.expected_start_time - timedelta(seconds=1)
    assert (home / "current").resolve() == home / "releases" / "2024-12"
    assert (home / "current" / "gap.parquet").exists()
    shown = artifacts(server)
    assert set(shown) >= SHOWN
    assert "Released 2024-12" in shown["run-report"]


IN_PROCESS = """
import asyncio, json, sys
sys.path.insert(0, "flows")
from late import late
from nightly import nightly
from prefect import get_client
from prefect.blocks.notifications import CustomWebhookNotificationBlock as Webhook
from telling import Mail

async def artifacts():
    async with get_client() as client:
        return {one.key: one.data for one in await client.read_artifacts() if one.key}

nights, mail, hook, empty = json.loads(sys.argv[1])
said = {"subject": "{{subject}}", "body": "{{body}}"}
Webhook(name="equity", url=hook, json_data=said).save("equity")
Mail(url=mail).save("equity")
told = []
for config, home, as_of in nights:
    state = nightly(config=config, home=home, as_of=as_of, return_state=True)
    told.append(state.name)
config, home, _ = nights[-1]
for place in (home, empty):
    state = late(config=config, home=place, return_state=True)
    told += [state.name, state.message]
print(json.dumps({"states": told, "artifacts": asyncio.run(artifacts())}))
"""


TELL = """
[operation]
tell = ["custom-webhook/nobody", "custom-webhook/equity", "e-mail/equity"]
"""


def test_a_flow_without_a_server_releases_and_a_failing_one_says_what_still_stands(
    incoming, tmp_path
):
    """Those on duty are told by webhook and letter, though a third way to them is not there."""
    home = tmp_path / "home"
    config = write_config(tmp_path / "night", incoming, **LITTLE)
    bad = ROOT / "data" / "sample" / "bad_deliveries" / "missing-column"
    broken = write_config(tmp_path / "broken", bad, **LITTLE)
    broken.write_text(broken.read_text("utf-8") + TELL, "utf-8")
    nights = [(str(config), str(home), AS_OF), (str(broken), str(home), AS_OF)]
    (tmp_path / "prefect").mkdir()
    with mailbox() as (mail, letters), webhook() as (hook, posted):
        asked = [nights, mail, hook, str(tmp_path / "empty")]
        told = subprocess.run(
            [sys.executable, "-c", IN_PROCESS, json.dumps(asked)],
            env=quiet(tmp_path / "prefect"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=BOUND_SECONDS,
        )
    assert told.returncode == 0, told.stderr[-3000:]
    heard = json.loads(told.stdout.splitlines()[-1])
    assert heard["states"][:2] == ["Completed", "Failed"], told.stderr
    assert set(heard["artifacts"]) == SHOWN | {"night-failed", "night-late"}
    words = heard["artifacts"]["night-failed"]
    assert "column_missing:sex" in words
    assert "The release 2024-12 still stands" in words
    assert (home / "current").resolve().name == "2024-12"
    assert "custom-webhook/nobody could not be told: ValueError" in told.stderr
    # a night that failed after a good one is no late one; where none has run, six o'clock is told
    assert heard["states"][2:5:2] == ["Completed", "Failed"]  # since somebody could not be told
    assert "custom-webhook/nobody could not be told" in heard["states"][5]
    for sent in (posted, [read(one) for one in letters]):
        failed, late = sent
        assert failed["subject"] == "Syntetiska Skåne: the night failed"
        assert "column_missing:sex" in failed["body"]
        assert "The release 2024-12 still stands and can be used." in failed["body"]
        assert late["subject"].startswith("Syntetiska Skåne: No good night since")
        assert "There is no release yet." in late["body"]


def test_the_demonstration_finds_the_flow_and_what_stands_beside_it():
    """In a process of its own: elsewhere the folder of the flows may be known already."""
    words = "from equity_pipeline.pipeline.demonstration import _load_flow as load\n"
    words += "print(load().nightly.name)"
    ended = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, cwd="/", check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == "nightly"
