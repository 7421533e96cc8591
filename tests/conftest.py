"""Fixtures for all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

# as the command line does, before numpy is read: on small matrices a second thread of the linear
# algebra only waits for the first, and takes a processor from the other worker while it does
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that `tests.replay` is found

from tests.beside import absent
from tests.coverage import summary as of_coverage
from tests.hostile import summary as of_hostile
from tests.recorded import FIXTURES
from tests.reference import summary as of_reference
from tests.replay import ReplayServer
from tests.requirements_summary import tell as tell_requirements

# the same examples on every machine, and no example is wrong for being slow
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After the tests: figures beside the peers', coverage, hostile files, requirements.

    Told from here, since with several workers the one that prints loads no folder's own conftest.
    """
    of_reference.tell(terminalreporter)
    of_coverage.tell(terminalreporter)
    of_hostile.tell(terminalreporter)
    tell_requirements(terminalreporter)


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The recorded answers, read in place."""
    if not FIXTURES.is_dir():
        pytest.skip(absent("the recorded answers", "fixtures"))
    return FIXTURES


@pytest.fixture
def replay(fixtures: Path) -> Iterator[ReplayServer]:
    """A local server that replays the recorded sources."""
    with ReplayServer(fixtures=fixtures) as server:
        yield server
