"""Fixtures for all tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that `tests.replay` is found

from tests.recorded import FIXTURES
from tests.replay import ReplayServer


@pytest.fixture
def fixtures() -> Path:
    """The recorded answers, read in place."""
    if not FIXTURES.is_dir():
        pytest.skip(f"the recorded answers are not at {FIXTURES}")
    return FIXTURES


@pytest.fixture
def replay(fixtures: Path) -> Iterator[ReplayServer]:
    """A local server that replays the recorded sources."""
    with ReplayServer(fixtures=fixtures) as server:
        yield server
