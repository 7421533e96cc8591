"""A process of the audit: fenced in first, then its half of the attacks on a release.

It is started by `auditing.audit`, reads one line of JSON from its standard input, tells how far it
is, and ends with its verdict. Whatever else becomes of it is no verdict.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

from equity_pipeline.audit.audit import audit
from equity_pipeline.audit.finding import CouldNotJudge
from equity_pipeline.audit.release import Half, read_release
from equity_pipeline.extracts.failpoint import failpoint
from equity_pipeline.pipeline.publisher_fence import close_the_way, die_with_the_night

UMASK = 0o077


def main() -> None:
    """Answer the one question on standard input."""
    die_with_the_night()
    os.umask(UMASK)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    asked = json.loads(sys.stdin.buffer.readline())
    close_the_way(Path(asked["protected"]))
    verdict = _verdict(asked, answers)
    failpoint(f"audit:{asked['half']}")
    _tell(answers, verdict=verdict)


def _verdict(asked: dict[str, Any], answers: IO[bytes]) -> dict[str, Any]:
    try:
        release = read_release(
            Path(asked["release"]),
            *map(Path, asked["previous"]),
            halves=[Half(asked["half"])],
        )
    except CouldNotJudge as error:
        told = {"verdict": "could_not_judge", "exit_code": error.exit_code, "findings": []}
        return told | {"n_cells": 0, "n_hidden": 0, "unjudged": {"release": error.what}}
    return audit(
        release,
        time_limit=asked["time_limit"],
        progress=lambda words: _tell(answers, progress=words, share=getattr(words, "share", None)),
    ).told()


def _tell(answers: IO[bytes], **facts: Any) -> None:
    answers.write(json.dumps(facts, ensure_ascii=False).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
