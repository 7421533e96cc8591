"""How often the long tests repeat what they do: enough to find a fault, or all there is.

`make test-long` repeats little, so that it ends sooner; `make test-all` sets
``EQUITY_REPEATS=all`` and repeats everything: a night, now and then, and before a version.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
ALL = os.environ.get("EQUITY_REPEATS") == "all"


def repeated(everything: Sequence[T], few: int) -> Sequence[T]:
    """Return all of some seeds or moments, or the first few of them."""
    return everything if ALL else everything[:few]
