"""The machine's own Chromium, with no way out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright: `make test` installs it"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    """An open browser; the test is skipped where none is installed."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium: install chromium or google-chrome so that it is found by name")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()
