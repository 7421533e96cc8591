"""Registers the alarms that Prefect's server keeps itself, when no worker is there to tell.

python flows/alarms.py custom-webhook/equity --config equity.toml
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from nightly import settings_from  # first: it says how Prefect is to behave
from prefect import get_client
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from equity_pipeline.errors import ConfigurationError

DEPLOYMENT = "nightly/nightly"
NAMES = ("equity: not started", "equity: not ended", "equity: ended badly")
STATE = "prefect.flow-run.{}"
ENDED = {STATE.format(name) for name in ("Completed", "Failed", "Crashed", "Cancelled")}
BODY = (
    "{words} Run: {{{{ flow_run.name }}}}, {{{{ flow_run.state.name }}}}.\n"
    "What stood before still stands and can be used: a night that fails changes nothing.\n"
    "Next: `equity status`, then `equity doctor`."
)


def automations(deployment: UUID, block: UUID, *, within: timedelta) -> list[AutomationCore]:
    """Return the alarms of a deployment: not started, not ended in time, ended badly.

    Parameters
    ----------
    deployment
        The id of the deployment of nights.
    block
        The id of the notification block, of a type that Prefect itself has: its server sends.
    within
        How long a night may take.
    """
    related = {
        "prefect.resource.role": "deployment",
        "prefect.resource.id": f"prefect.deployment.{deployment}",
    }
    each = {"prefect.resource.id"}
    not_started = EventTrigger(expect={STATE.format("Late")}, match_related=related, for_each=each)
    not_ended = EventTrigger(
        posture=Posture.Proactive,
        after={STATE.format("Running")},
        expect=ENDED,
        match_related=related,
        for_each=each,
        within=within,
    )
    badly = EventTrigger(
        expect={STATE.format("Failed"), STATE.format("Crashed")},
        match_related=related,
        for_each=each,
    )
    words = (
        "The night has not started: is a worker at work?",
        f"The night has not ended within {within}.",
        "The night ended badly.",
    )
    return [
        AutomationCore(
            name=name,
            trigger=trigger,
            actions=[
                SendNotification(
                    block_document_id=block, subject=name, body=BODY.format(words=told)
                )
            ],
        )
        for name, trigger, told in zip(NAMES, (not_started, not_ended, badly), words, strict=True)
    ]


def register(block_name: str, config: str | None = None) -> list[str]:
    """Register the alarms in the place of those that were there, and return their names.

    Raises
    ------
    ConfigurationError
        If the deployment or the block is not there.
    """
    hours = settings_from(config, None).operation
    within = timedelta(hours=hours.late.hour - hours.night.hour)
    within += timedelta(minutes=hours.late.minute - hours.night.minute)
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(DEPLOYMENT).id
            slug, _, name = block_name.partition("/")
            block = client.read_block_document_by_name(name, block_type_slug=slug).id
        except Exception as error:
            raise ConfigurationError(
                f"Prefect's server does not have what alarms rest on: {type(error).__name__}.",
                where=f"{DEPLOYMENT}, {block_name}",
                mend="prefect --no-prompt deploy --all, and save the block, as the manual says",
            ) from None
        for old in client.read_automations():
            if old.name in NAMES:
                client.delete_automation(old.id)
        for alarm in automations(deployment, block, within=within):
            client.create_automation(alarm)
    return list(NAMES)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("block", help="type and name of the notification block")
    asked.add_argument("--config", type=Path)
    given = asked.parse_args()
    for made in register(given.block, given.config and str(given.config)):
        print(made)
