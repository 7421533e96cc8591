"""A row of the gap table and the tables that a page is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.facts import PageFacts
from tests.disclosed import FACTS, SHARE, disclosed_tables


@pytest.fixture
def gap() -> Callable[..., dict[str, Any]]:
    """A row of the gap table, changed where a test says so."""
    return lambda **changes: SHARE | changes


@pytest.fixture
def facts() -> PageFacts:
    """What a page says of itself."""
    return FACTS


@pytest.fixture
def tables() -> Callable[..., dict[str, DisclosedTable]]:
    """Make disclosed tables: each sex with ``n_with`` persons who had the outcome."""
    return disclosed_tables
