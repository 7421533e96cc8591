"""Comparable units: the same class of area and the same third of sizes.

A peer group is for learning between units whose conditions are alike; it is never adjusted for,
and no unit is ranked within it.
"""

from __future__ import annotations

import pandas as pd

from equity_pipeline.vocabulary import ALL, MISSING

FEWEST_PEERS = 5  # with fewer, "units like this one" would point out single units
ANY_SIZE = "any_size"


def peers(units: pd.DataFrame, *, fewest: int = FEWEST_PEERS) -> pd.Series[str]:
    """Return the peer group of each unit, ``<area class>:<unit size>``.

    Units whose group holds fewer than ``fewest`` are held beside all of their class of area; if
    those are still too few, beside all units.

    Parameters
    ----------
    units
        One row a unit with ``area_class`` and ``unit_size``; what is unknown is a class of its
        own, ``missing``.
    fewest
        Units in the smallest group.

    Returns
    -------
    pandas.Series
        Codes, with the index of the frame.

    Examples
    --------
    >>> units = pd.DataFrame({"area_class": ["other"] * 5 + ["resource_weak"],
    ...                       "unit_size": ["small"] * 5 + ["large"]})
    >>> peers(units).tolist()[4:]
    ['other:small', 'all']
    """
    area = units["area_class"].astype("string").fillna(MISSING)
    size = units["unit_size"].astype("string").fillna(MISSING)
    near, wide = area + ":" + size, area + f":{ANY_SIZE}"
    chosen = wide.where(_size_of(wide) >= fewest, ALL)
    return near.where(_size_of(near) >= fewest, chosen).astype(str).rename("peer_group_id")


def _size_of(group: pd.Series[str]) -> pd.Series[int]:
    return group.groupby(group).transform("size")
