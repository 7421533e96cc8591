"""The publisher: protects and publishes in a process of its own, away from persons and the key.

The process has neither the database of persons nor the pseudonym key open, and is not told where
they are: its environment is a short list, its settings lack deliveries and layouts, the protected
folder is closed to it. It gets the forms over a pipe, and lives no longer than the night.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from equity_pipeline.deliveries.passage import Step
from equity_pipeline.errors import EquityError
from equity_pipeline.pipeline import publisher_handover as handover
from equity_pipeline.pipeline import releasing, remembered
from equity_pipeline.pipeline.publisher_fence import environment
from equity_pipeline.pipeline.tabulated import Tabulated
from equity_pipeline.settings import Settings

PROCESS = "equity_pipeline.pipeline.publisher_process"
PATIENCE_SECONDS = 10.0


class Publisher:
    """Runs the stages `disclose` and `publish` of one run in a process of its own.

    Parameters
    ----------
    settings
        The run's settings; the process gets what publishing needs of them.
    as_of, run_id
        The run.
    progress
        Told what the process is at.

    Raises
    ------
    EquityError
        From a stage, as the stage itself raises it; or that the process has died.
    """

    def __init__(
        self,
        settings: Settings,
        as_of: date,
        run_id: str,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self._settings = settings
        self._run = {"as_of": as_of.isoformat(), "run_id": run_id}
        self._progress = progress

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - this python, our own module
            [sys.executable, "-P", "-m", PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(os.environ),
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is not None:
                self._process.terminate()
            self._close()
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            self._from.close()

    def disclose(self, tabulated: Tabulated) -> dict[str, int]:
        """Pass the forms through the door; return how many cells are hidden, and why.

        What was released before is held against them, and what is shown now is remembered.
        """
        run_id = self._run["run_id"]
        sent = replace(tabulated, earlier=remembered.released(self._settings, run_id))

        def send() -> None:
            settings = handover.for_publishing(self._settings).model_dump(mode="json")
            handover.write_line(self._to, step="disclose", settings=settings, **self._run)
            handover.write_tabulated(self._to, sent)

        hidden = dict(self._ask("disclose", send))
        remembered.keep(self._settings, run_id, handover.read_table(self._from))
        return hidden

    def publish(self) -> Path:
        """Write the candidate release and return its folder."""
        made = self._ask("publish", lambda: handover.write_line(self._to, step="publish"))
        return Path(made["candidate"])

    def _ask(self, step: str, send: Callable[[], None]) -> Mapping[str, Any]:
        with suppress(BrokenPipeError):  # it is dead, or tells why it does not read: heard next
            send()
        for line in self._from:
            heard = json.loads(line)
            if "fault" in heard:
                raise handover.as_raised(heard["fault"])
            if "done" in heard:
                return dict(heard["done"])
            self._tell(heard)
        raise self._died(step)

    def _died(self, step: str) -> EquityError:
        code = self._process.wait()
        releasing.sweep(self._settings)
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        return EquityError(
            f"The publisher's process {how} before it was done; nothing was published.",
            where=f"the stage {step}, process {self._process.pid}",
            mend="look in the system's log whether memory ran out, and run again",
        )

    def _close(self) -> None:
        with suppress(BrokenPipeError):
            self._to.close()

    def _tell(self, heard: Mapping[str, Any]) -> None:
        if self._progress is not None:
            words = Step(heard["progress"])
            words.share = heard["share"]
            self._progress(words)
