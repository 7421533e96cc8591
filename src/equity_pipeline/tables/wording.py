"""No Swedish word of a form judges, names a cause or blames: people judge, not the machine."""

from __future__ import annotations

import pyarrow.compute as pc

from equity_pipeline.errors import MethodError
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import vocabulary

SWEDISH = "_sv"
WRITTEN_BY_PEOPLE = {"decision_register"}


def check_words(form: str, table: StratifiedTable) -> None:
    """Do nothing when a form says nothing that it may not say.

    Raises
    ------
    MethodError
        Names the columns, the words, and what to write instead.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = pa.table({"indicator_id": ["VT01"], "obstacle_sv": ["Beror på inkomst"]})
    >>> check_words("readiness", StratifiedTable.of("readiness", rows))
    Traceback (most recent call last):
    equity_pipeline.errors.MethodError: The form 'readiness' says what the pipeline never says.
    Where: obstacle_sv: "beror på": skriv: samvarierar med
    To mend: change the words where they are made: the vocabulary, a declaration or the form
    """
    if form in WRITTEN_BY_PEOPLE:
        return
    told = [
        f"{name}: {fault}"
        for name in table.data.column_names
        if name.endswith(SWEDISH)
        for text in pc.unique(table.data[name]).to_pylist()
        for fault in vocabulary().misspoken(text or "")
    ]
    if told:
        raise MethodError(
            f"The form {form!r} says what the pipeline never says.",
            where="; ".join(dict.fromkeys(told)),
            mend="change the words where they are made: the vocabulary, a declaration or the form",
        )
