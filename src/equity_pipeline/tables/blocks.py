"""Blocks of rows, a column being a list or one value for all of them, made into one frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd


def stacked(blocks: Iterable[Mapping[str, Any]], *, by: str) -> pd.DataFrame:
    """Return the rows of all blocks, in order; what a block does not have is empty.

    A frame for each block costs a thousand times what its rows do.

    Parameters
    ----------
    blocks
        Columns by name: a sequence with a value for each row, or one value for all of them.
    by
        The column whose length is that of its block.

    Examples
    --------
    >>> made = stacked([{"a": [1, 2], "b": "x"}, {"a": [3]}], by="a")
    >>> made["a"].tolist(), made["b"].isna().tolist()
    ([1, 2, 3], [False, False, True])
    """
    held = list(blocks)
    names = dict.fromkeys(name for one in held for name in one)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for one in held:
        length = len(one[by])
        for name, column in columns.items():
            value = one.get(name)
            column.extend(
                value if isinstance(value, list | tuple | np.ndarray) else [value] * length
            )
    return pd.DataFrame(columns)
