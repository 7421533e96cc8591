"""Two passes over every value that Great Expectations makes and no verdict hangs on, left out.

It takes a fingerprint of each frame that nobody reads, and looks at each number of a mean, one by
one in Python, whether it is a decimal; together they cost three times what the suites do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ENGINE = "great_expectations.execution_engine.pandas_execution_engine"
MEAN = "great_expectations.expectations.metrics.column_aggregate_metrics.column_mean"
THRESHOLD = "HASH_THRESHOLD"  # bytes of the smallest frame that is taken no fingerprint of
DECIMALS = "convert_pandas_series_decimal_to_float_dtype"


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
