"""The process of the publisher: fenced in first, then a step for each line that it is asked.

It is started by `Publisher` and speaks JSON over two pipes. It dies with the night that started
it: nobody else may find two at work in one home.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO, TYPE_CHECKING, Any

from equity_pipeline.extracts.durable import FOLDER_MODE
from equity_pipeline.pipeline import publisher_handover as handover
from equity_pipeline.pipeline import stages, visibility
from equity_pipeline.pipeline.publisher_fence import close_the_way, die_with_the_night
from equity_pipeline.pipeline.tabulated import Tabulated
from equity_pipeline.pipeline.unforeseen import without_values
from equity_pipeline.settings import Settings

if TYPE_CHECKING:
    from equity_pipeline.disclosure.disclose import Disclosure

UMASK = 0o077


@dataclass(frozen=True, slots=True)
class Job:
    """What the process has been given, and what became of it at the door."""

    settings: Settings
    as_of: date
    run_id: str
    tabulated: Tabulated
    disclosed: Disclosure


def main() -> None:
    """Answer the steps that are asked on standard input until it ends."""
    die_with_the_night()
    os.umask(UMASK)
    signal.signal(signal.SIGTERM, _stopped)
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    try:
        _serve(asked, answers)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)  # the night says why it stopped, or is no more


def _serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    job: Job | None = None
    for line in asked:
        try:
            facts = json.loads(line)
            if facts["step"] == "disclose":
                job = without_values(_disclose)(asked, facts)
                done = visibility.counted(job.disclosed)
            else:
                done = {"candidate": without_values(_publish)(job)}
        except Exception as error:
            handover.write_line(answers, fault=handover.told(error))
            return
        handover.write_line(answers, done=done)
        if job is not None and "primary" in done:
            handover.write_table(answers, job.disclosed.pattern)


def _disclose(asked: IO[bytes], facts: Mapping[str, Any]) -> Job:
    settings = Settings.model_validate_json(json.dumps(facts["settings"]))
    settings.candidates.mkdir(FOLDER_MODE, parents=True, exist_ok=True)  # open it before the rest
    close_the_way(settings.internal)
    tabulated = handover.read_tabulated(asked, json.loads(asked.readline()))
    disclosed = stages.disclose(settings, tabulated)
    day = date.fromisoformat(facts["as_of"])
    return Job(settings, day, facts["run_id"], tabulated, disclosed)


def _publish(job: Job) -> str:
    made = stages.publish(job.settings, job.as_of, job.run_id, job.disclosed, job.tabulated)
    return str(made)


def _stopped(*_: object) -> None:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
