"""Which physician a contact is with: mostly the usual one, whoever the patient is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.files import coded
from equity_pipeline.synthetic.streams import Array
from equity_pipeline.synthetic.world import World

FEWEST, SPREAD = 3, 4  # three to six physicians a unit
USUAL = 0.5  # the rest are drawn among all of the unit


def number_of_physicians(unit: Array) -> Array:
    """Return how many physicians the units with these places have.

    Examples
    --------
    >>> number_of_physicians(np.array([0, 1, 2, 3, 4])).tolist()
    [3, 4, 5, 6, 3]
    """
    return np.asarray(FEWEST + unit % SPREAD)


def physician_keys(
    world: World, year: int, person: Array, unit: Array, is_physician: Array
) -> pa.Array:
    """Return the physician of each contact of a year, a pseudonym; null where none was met."""
    usual = world.plan.stream("physicians", "usual").random(world.people.size)
    draws = world.plan.stream("physicians", year).random((2, person.size))
    chosen = np.where(draws[0] < USUAL, usual[person], draws[1])
    place = np.floor(chosen * number_of_physicians(unit)).astype(np.int64)
    words = [f"{10_000 + 10 * unit + one}" for unit in range(world.units.size) for one in range(10)]
    return coded(np.where(is_physician, unit * 10 + place, -1), words)
