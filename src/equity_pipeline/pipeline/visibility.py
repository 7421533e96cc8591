"""How much of what is published stays visible, and by which rule the rest is hidden, in numbers.

It is for those who run the night: a release says of no cell why it is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.disclosure.propagate import SUPPRESSED
from equity_pipeline.vocabulary import vocabulary

if TYPE_CHECKING:
    from equity_pipeline.disclosure.disclose import Disclosure

SHOWN = "shown"
OF_FORM, OF_SUPPRESSED, OF_REASON = f"{SHOWN}.", f"{SUPPRESSED}.", "hidden."


def counted(made: Disclosure) -> dict[str, int]:
    """Return the cells that are hidden, by reason, and the rows that are shown, by form.

    Returns
    -------
    dict
        ``primary``, ``secondary`` and ``withheld`` (tables); ``hidden.<reason>`` in cells;
        ``shown.<form>`` and ``suppressed.<form>`` in rows, of forms that the door may hide.
    """
    reasons = _sizes(made.hidden["reason"])
    told = {"primary": made.n_primary, "secondary": made.n_secondary}
    told |= {"withheld": len(made.withheld)}
    told |= {f"{OF_REASON}{why}": reasons[why] for why in sorted(reasons)}
    for form, table in made.tables.items():
        if (
            vocabulary().forms[form].door.by != "nobody"
            and "value_status" in table.data.schema.names
        ):
            rows = _sizes(table.data["value_status"])
            told[f"{OF_FORM}{form}"] = rows.get(SHOWN, 0)
            told[f"{OF_SUPPRESSED}{form}"] = rows.get(SUPPRESSED, 0)
    return told


def n_suppressed(told: Mapping[str, int]) -> int:
    """Return how many rows are published without their numbers.

    Examples
    --------
    >>> n_suppressed({"primary": 3, "suppressed.gap": 1, "suppressed.waits": 5})
    6
    """
    return sum(_of(told, OF_SUPPRESSED).values())


def in_words(told: Mapping[str, int]) -> Iterator[str]:
    """Yield what `counted` returned, as the lines of a night.

    Examples
    --------
    >>> told = {"primary": 3, "secondary": 1, "hidden.small_count": 3, "hidden.secondary": 1}
    >>> told |= {"shown.gap": 9, "suppressed.gap": 1, "shown.waits": 5, "suppressed.waits": 5}
    >>> for line in in_words(told): print(line)
    hidden      small_count 3, secondary 1 cells
    visible     14 of 20 rows that could be hidden, 70 %: gap 90 %, waits 50 %
    """
    reasons = sorted(_of(told, OF_REASON).items(), key=lambda one: (-one[1], one[0]))
    if reasons:
        yield f"hidden      {', '.join(f'{why} {cells}' for why, cells in reasons)} cells"
    shown, suppressed = _of(told, OF_FORM), _of(told, OF_SUPPRESSED)
    rows = {form: (held, held + suppressed[form]) for form, held in shown.items()}
    whole = sum(of for _, of in rows.values())
    if whole:
        held = sum(shown.values())
        forms = ", ".join(f"{form} {_percent(*one)}" for form, one in rows.items() if one[1])
        share = f"{held} of {whole} rows that could be hidden, {_percent(held, whole)}"
        yield f"visible     {share}: {forms}"


def _sizes(column: pa.ChunkedArray) -> dict[str, int]:
    return {one["values"]: one["counts"] for one in pc.value_counts(column).to_pylist()}


def _of(told: Mapping[str, int], prefix: str) -> dict[str, int]:
    return {
        name.removeprefix(prefix): number
        for name, number in told.items()
        if name.startswith(prefix)
    }


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"
