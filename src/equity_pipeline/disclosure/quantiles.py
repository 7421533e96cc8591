"""Medians and percentiles of few persons are the values of single ones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.propagate import emptied
from equity_pipeline.vocabulary import vocabulary


def without_few(
    form: str, data: pa.Table, n: NDArray[np.int64], policy: DisclosurePolicy
) -> pa.Table:
    """Return a form without medians and percentiles that too few persons bear.

    Which columns they are stands with the form in the vocabulary; the least and the largest value
    of people are in no form.

    Parameters
    ----------
    n
        The persons of each row's cell.
    """
    door = vocabulary().forms[form].door
    data = emptied(data, door.medians, n < policy.smallest_median)
    return emptied(data, door.tails, n < policy.smallest_tail)
