"""What Great Expectations does and no verdict hangs on, left out.

It takes a fingerprint of each frame that nobody reads, and looks at each number of a mean, one by
one in Python, whether it is a decimal; together they cost three times what the suites do. Its
import draws in a plotting library whose checks build a grammar of web addresses.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ENGINE = "great_expectations.execution_engine.pandas_execution_engine"
MEAN = "great_expectations.expectations.metrics.column_aggregate_metrics.column_mean"
THRESHOLD = "HASH_THRESHOLD"  # bytes of the smallest frame that is taken no fingerprint of
DECIMALS = "convert_pandas_series_decimal_to_float_dtype"
GRAMMAR = "rfc3987_syntax"  # optional to those who look for it, absent where nobody asks for it


@contextmanager
def spared_import() -> Iterator[None]:
    """Import the library in half the time: no grammar is built, no garbage looked for meanwhile.

    Examples
    --------
    >>> with spared_import():
    ...     import great_expectations
    >>> gc.isenabled()
    True
    """
    had, collects = GRAMMAR in sys.modules, gc.isenabled()
    if not had:
        sys.modules[GRAMMAR] = None  # type: ignore[assignment]
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        if not had:
            del sys.modules[GRAMMAR]


def spare_passes() -> None:
    """Leave both passes out from here on; the suites run on the same rows, with the same verdicts.

    Examples
    --------
    >>> spare_passes()
    >>> getattr(import_module(ENGINE), THRESHOLD)
    0
    """
    setattr(import_module(ENGINE), THRESHOLD, 0)
    means = import_module(MEAN)
    convert = getattr(means, DECIMALS)
    setattr(means, DECIMALS, getattr(convert, "spared", None) or _of_objects(convert))


def _of_objects(convert: Any) -> Any:
    """Return a conversion that only looks at columns that can hold decimals: those of objects."""

    def spared(data: pd.Series, inplace: bool = False) -> Any:
        if data.dtype == object:
            return convert(data, inplace=inplace)
        return None if inplace else data

    spared.spared = spared  # type: ignore[attr-defined]
    return spared
