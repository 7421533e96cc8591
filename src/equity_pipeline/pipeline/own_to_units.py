"""Which indicators and units are not told of by name: read from declarations and deliveries.

How many physicians work at a unit is seen in two deliveries: contacts that name the physician by a
pseudonym, and the posts that the unit tells of. The listing says only that somebody has a named
physician, not which. Where neither is delivered it cannot be known, and the unit is told of.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from equity_pipeline.disclosure.units import NamedUnits
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.quality.origins import COLUMN_ENTITIES
from equity_pipeline.vocabulary import vocabulary

ONE = 1.0


def named_units(catalogue: Sequence[Declaration], physicians: pa.Table) -> NamedUnits:
    """Return what is told of a named unit in its own extract only.

    Parameters
    ----------
    physicians
        ``mart.unit_physicians``: a row a unit with ``n_physicians`` and ``physician_fte``.

    Examples
    --------
    >>> told = {"unit_hsa_id": ["a", "b", "c"], "n_physicians": [1, 4, None]}
    >>> told |= {"physician_fte": [3.5, 1.0, None]}
    >>> made = named_units((), pa.table(told))
    >>> sorted(made.units), sorted(made.unknown)
    (['a'], ['c'])
    """
    one, unknown = set(), set()
    for row in physicians.to_pylist():
        met, posts = row["n_physicians"], row["physician_fte"]
        known = met if met is not None else posts
        if known is None:
            unknown.add(str(row["unit_hsa_id"]))
        elif float(known) <= ONE:
            one.add(str(row["unit_hsa_id"]))
    own = frozenset(held.id for held in catalogue if _is_own(held))
    return NamedUnits(own, frozenset(one), frozenset(unknown))


def _is_own(one: Declaration) -> bool:
    """Return whether an indicator is of costs or prescribing, as the vocabulary says."""
    held = vocabulary().own_to_units
    parts = (one.denominator, one.numerator)
    columns = {condition.column for part in parts for condition in part.where}
    columns |= {part.sum for part in parts if part.sum}
    made_of = {entity for name in columns for entity in COLUMN_ENTITIES.get(name, ())}
    return one.domain in held.domains or bool(made_of & set(held.entities))
