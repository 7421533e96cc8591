"""Before a candidate becomes what readers see it is attacked, in processes that know no more.

They do half the attacks each, and get the folders of the candidate and of the releases that stand,
nothing else: no key, no network, no way into the protected folder. What they find is kept there
for those who may see it; a message names the attack and the cell, never a count.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread, Timer
from typing import IO, Any

from equity_pipeline.audit.release import Half
from equity_pipeline.deliveries.passage import Step
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.extracts import history
from equity_pipeline.extracts.manifest import HASHES
from equity_pipeline.pipeline.publisher_fence import environment
from equity_pipeline.settings import Settings

PROCESS = "equity_pipeline.pipeline.audit_process"
FOLDER, PRIVATE, PRIVATE_FOLDER = "audits", 0o600, 0o700
GRACE_SECONDS = 600.0  # for reading and writing beside the solver
NAMED = 5  # leaks named in a message; the file has all
CLEAN, LEAK, UNJUDGED = 0, 1, 2
WEIGHT = (LEAK, UNJUDGED, CLEAN)
DIED = "its process ended before it was done"
NOT_TOLD = {"verdict": "could_not_judge", "exit_code": 2, "n_cells": 0, "n_hidden": 0}


@dataclass(frozen=True, slots=True)
class Passed:
    """A candidate as it was when no attack on it worked."""

    candidate: Path
    digest: str

    def check(self) -> None:
        """Refuse a candidate that is another than the one that was attacked.

        Raises
        ------
        DisclosureStop
            If its list of hashes has changed.
        """
        if _digest(self.candidate) != self.digest:
            raise DisclosureStop(
                "The candidate has changed since it was audited; it was not released.",
                where=str(self.candidate),
                mend="run `equity run` again",
            )


@dataclass(frozen=True, slots=True)
class Judged:
    """What the attacks on a candidate came to."""

    candidate: Path
    digest: str
    verdict: Mapping[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many cells were tried, how many of them are hidden, and how many leak."""
        found = len(self.verdict["findings"])
        return {
            "cells": self.verdict["n_cells"], "hidden": self.verdict["n_hidden"], "found": found,
        }  # fmt: skip

    @property
    def words(self) -> str:
        """Return the same on a line for people."""
        told = self.counts
        unjudged = ", not all was judged" if self.verdict["unjudged"] else ""
        return f"{told['cells']:,} cells tried".replace(",", " ") + (
            f", {told['found']} found{unjudged}"
        )

    def passed(self, on_leak: str = "stop") -> Passed:
        """Return the candidate for release.

        Parameters
        ----------
        on_leak
            ``tell`` lets a candidate pass in which an attack worked: people have to look at it.

        Raises
        ------
        DisclosureStop
            If an attack worked, or not every one could be carried through.
        """
        told = self.verdict["exit_code"] == LEAK and on_leak == "tell"
        if told or self.verdict["exit_code"] == CLEAN:
            return Passed(self.candidate, self.digest)
        if self.verdict["exit_code"] == LEAK:
            raise self._stop(
                f"The audit found {self.counts['found']} leaks", "; ".join(_named(self.verdict))
            )
        why = "; ".join(f"{name}: {what}" for name, what in self.verdict["unjudged"].items())
        raise self._stop("The audit could not judge", why)

    def _stop(self, what: str, where: str) -> DisclosureStop:
        return DisclosureStop(
            f"{what}; the candidate {self.candidate.name} was not released.",
            where=where,
            mend=f"see `equity audit {self.candidate}`, and run again when that is clean; "
            "the release before stands",
        )


def audit(
    settings: Settings, candidate: Path, progress: Callable[[str], None] | None = None
) -> Judged:
    """Attack a candidate, held against the releases that stand, and return what that came to.

    Parameters
    ----------
    settings
        Where the home is, and how long it may take: ``disclosure.audit_seconds``.
    candidate
        The folder of a whole candidate.
    progress
        Told what is tried.
    """
    digest = _digest(candidate)
    asked = {
        "release": str(candidate.resolve()),
        "previous": [str(one) for one in standing(settings)],
        "time_limit": settings.disclosure.audit_seconds,
        "protected": str(settings.internal.resolve()),
    }
    verdict = _answers(asked, progress or (lambda _: None))
    _keep(settings, candidate.name, verdict)
    return Judged(candidate, digest, verdict)


def standing(settings: Settings) -> list[Path]:
    """Return the folders of the releases that readers have or can go back to, the oldest first."""
    names = history.in_order(settings.releases)
    folders = ((settings.releases / name).resolve() for name in names)
    return [one for one in folders if one.is_dir()]


def _answers(asked: Mapping[str, Any], tell: Callable[[str], None]) -> Mapping[str, Any]:
    """Ask a process for each half of the audit, and return the two verdicts as one."""
    asking = {half: _start() for half in Half}
    late = Timer(asked["time_limit"] + GRACE_SECONDS, _kill, (asking.values(),))
    late.start()
    verdicts = {half: NOT_TOLD | {"findings": [], "unjudged": {"audit": DIED}} for half in Half}
    shares = dict.fromkeys(Half, 0.0)
    try:
        for half, process in asking.items():
            assert process.stdin is not None
            with suppress(BrokenPipeError), process.stdin as sink:  # who is dead hears nothing
                sink.write(json.dumps(dict(asked) | {"half": half}).encode())
        for half, heard in _heard(asking):
            if "verdict" in heard:
                verdicts[half] = heard["verdict"]
                continue
            shares[half] = heard["share"]
            words = Step(heard["progress"])
            words.share = sum(shares.values()) / len(shares)
            tell(words)
    finally:
        late.cancel()
        _kill(asking.values())
    return _as_one([*verdicts.values()])


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this python, our own module
        [sys.executable, "-P", "-m", PROCESS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(os.environ),
    )


def _kill(processes: Collection[subprocess.Popen[bytes]]) -> None:
    for one in processes:
        one.kill()
    for one in processes:
        one.wait()


def _heard(asking: Mapping[Half, subprocess.Popen[bytes]]) -> Iterator[tuple[Half, dict[str, Any]]]:
    """Yield what the processes say, whoever says it first, until both are silent."""
    said: SimpleQueue[tuple[Half, bytes]] = SimpleQueue()

    def listen(half: Half, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                said.put((half, line))
        said.put((half, b""))

    for half, process in asking.items():
        Thread(target=listen, args=(half, process.stdout), daemon=True).start()
    talking = set(asking)
    while talking:
        half, line = said.get()
        if line.endswith(b"\n"):  # who dies may have begun one
            yield half, json.loads(line)
        else:
            talking.discard(half)


def _as_one(verdicts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the verdict on a release from those on its halves: a leak in one is a leak."""
    by_weight = sorted(verdicts, key=lambda one: WEIGHT.index(one["exit_code"]))
    return {
        **by_weight[0],
        "n_cells": max(one["n_cells"] for one in verdicts),
        "n_hidden": max(one["n_hidden"] for one in verdicts),
        "findings": [found for one in verdicts for found in one["findings"]],
        "unjudged": {name: why for one in verdicts for name, why in one["unjudged"].items()},
    }


def _named(verdict: Mapping[str, Any]) -> Iterator[str]:
    """Yield the first leaks in words, without what was found there."""
    found = verdict["findings"]
    for one in found[:NAMED]:
        cell = " ".join(part for part in one["key"].values() if part)
        yield " ".join(part for part in (one["attack"], cell, one["column"], one["file"]) if part)
    if len(found) > NAMED:
        yield f"and {len(found) - NAMED} more"


def _keep(settings: Settings, name: str, verdict: Mapping[str, Any]) -> None:
    folder = settings.internal / FOLDER
    folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    made = folder / f".tmp-{name}"
    made.touch(PRIVATE)
    made.write_text(json.dumps(verdict, ensure_ascii=False, indent=1), "utf-8")
    made.replace(folder / f"{name}.json")


def _digest(candidate: Path) -> str:
    return hashlib.sha256((candidate / HASHES).read_bytes()).hexdigest()
