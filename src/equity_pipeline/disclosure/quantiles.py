"""Medians and percentiles of few persons are the values of single ones."""

from __future__ import annotations

from math import ceil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.propagate import SUPPRESSED, emptied
from equity_pipeline.vocabulary import vocabulary

# the part of the persons that lies beyond a median, and beyond a tenth or ninetieth percentile
BEYOND_MEDIAN, BEYOND_TAIL = 0.5, 0.1


def fewest(policy: DisclosurePolicy) -> tuple[int, int]:
    """Return how many persons a median needs, and a tenth or ninetieth percentile.

    As many as the policy says, and never fewer than leave its smallest count of persons beyond the
    quantile: whoever knows those would else know the quantile's own.

    Examples
    --------
    >>> fewest(DisclosurePolicy()), fewest(DisclosurePolicy(smallest_count=11))
    ((20, 50), (22, 110))
    """
    median = ceil(policy.smallest_count / BEYOND_MEDIAN)
    tail = ceil(policy.smallest_count / BEYOND_TAIL)
    return max(policy.smallest_median, median), max(policy.smallest_tail, tail)


def without_few(
    form: str, data: pa.Table, n: NDArray[np.int64], policy: DisclosurePolicy
) -> pa.Table:
    """Return a form without medians and percentiles that too few persons bear.

    Which columns they are stands with the form in the vocabulary; one that has a status of its own
    is ``suppressed`` there. The least and the largest value of people are in no form.

    Parameters
    ----------
    n
        The persons of each row's cell.
    """
    door = vocabulary().forms[form].door
    for columns, least in zip((door.medians, door.tails), fewest(policy), strict=True):
        told = [name for name in columns if data[name].null_count < data.num_rows]
        for name in told:
            data = _status(data, name, (n < least) & data[name].is_valid().to_numpy())
        data = emptied(data, told, n < least)
    return data


def _status(data: pa.Table, name: str, where: NDArray[np.bool_]) -> pa.Table:
    status = f"{name.rpartition('_')[0]}_status"
    if status not in data.column_names:
        return data
    place = data.schema.get_field_index(status)
    told = pc.if_else(pa.array(where), SUPPRESSED, data[status])
    return data.set_column(place, data.schema.field(status), told)
