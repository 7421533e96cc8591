"""What is handed to the publisher's process and comes back: tables as Arrow, the rest as JSON.

Nothing of it is pickled, and nothing touches a disk: both processes hold the ends of a pipe, and
a night that is killed leaves no unprotected table behind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from equity_pipeline import errors
from equity_pipeline.disclosure.units import NamedUnits
from equity_pipeline.errors import EquityError
from equity_pipeline.pipeline.tabulated import Tabulated
from equity_pipeline.settings import Settings
from equity_pipeline.tables.table import PersonCounts, StratifiedTable

KINDS: Mapping[str, type[EquityError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, EquityError)
}


def for_publishing(settings: Settings) -> Settings:
    """Return the settings without what publishing must not know: where deliveries and layouts lie.

    A layout names the file of the pseudonym key. The digest is the same: paths are no part of it.

    Examples
    --------
    >>> given = {"folder": "/in", "layouts": ["/etc/a.toml"]}
    >>> held = Settings.model_validate({"deliveries": given})
    >>> less = for_publishing(held)
    >>> less.deliveries.folder, less.deliveries.layouts, less.digest() == held.digest()
    (None, (PosixPath('a.toml'),), True)
    """
    names = tuple(Path(path.name) for path in settings.deliveries.layouts)
    delivered = settings.deliveries.model_copy(update={"folder": None, "layouts": names})
    run = settings.run.model_copy(update={"home": settings.run.home.resolve()})
    return settings.model_copy(update={"deliveries": delivered, "run": run})


def write_line(sink: IO[bytes], **facts: Any) -> None:
    """Write one line of JSON and see it off."""
    sink.write(json.dumps(facts, ensure_ascii=False).encode() + b"\n")
    sink.flush()


def write_tabulated(sink: IO[bytes], made: Tabulated) -> None:
    """Write what the door needs: a line that names the tables, then each as an Arrow stream."""
    write_line(
        sink,
        forms=list(made.tables),
        kinds=made.kinds,
        sources=list(made.sources),
        seconds=dict(made.seconds),
        nesting=dict(made.nesting),
        of_kinds={unit: dict(held) for unit, held in made.of_kinds.items()},
        named={name: sorted(held) for name, held in asdict(made.named).items()},
    )
    for table in [*(one.data for one in made.tables.values()), made.counts.data, made.earlier]:
        write_table(sink, table)
    sink.flush()


def write_table(sink: IO[bytes], table: pa.Table) -> None:
    """Write one table as an Arrow stream."""
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), table.schema) as stream:
        stream.write_table(table)
    sink.flush()


def read_table(source: IO[bytes]) -> pa.Table:
    """Read one table that `write_table` wrote."""
    return pa.ipc.open_stream(pa.PythonFile(source, "r")).read_all().combine_chunks()


def read_tabulated(source: IO[bytes], facts: Mapping[str, Any]) -> Tabulated:
    """Read what `write_tabulated` wrote after its line, whose facts are given."""
    handle = pa.PythonFile(source, "r")

    def table() -> pa.Table:
        return pa.ipc.open_stream(handle).read_all().combine_chunks()

    return Tabulated(
        tables={form: StratifiedTable(form, table()) for form in facts["forms"]},
        counts=PersonCounts(table()),
        kinds=facts["kinds"],
        sources=tuple(facts["sources"]),
        seconds=facts["seconds"],
        nesting={place: (kind, larger) for place, (kind, larger) in facts["nesting"].items()},
        named=NamedUnits(**{name: frozenset(held) for name, held in facts["named"].items()}),
        earlier=table(),
        of_kinds=facts["of_kinds"],
    )


def told(error: BaseException) -> dict[str, Any]:
    """Return a fault of ours, or a group of them, as plain facts.

    Examples
    --------
    >>> told(errors.DisclosureStop("a cell", where="T1"))["kind"]
    'DisclosureStop'
    """
    notes = list(getattr(error, "__notes__", ()))
    if isinstance(error, BaseExceptionGroup):
        return {
            "group": error.message,
            "of": [told(one) for one in error.exceptions],
            "notes": notes,
        }
    if not isinstance(error, EquityError):
        return {"kind": "EquityError", "what": type(error).__name__, "notes": notes}
    facts = {"what": error.what, "where": error.where, "mend": error.mend}
    return {"kind": type(error).__name__, "notes": notes} | facts


def as_raised(facts: Mapping[str, Any]) -> Exception:
    """Return the fault that `told` told, with its kind, exit code and notes.

    Examples
    --------
    >>> fault = as_raised(told(errors.DisclosureStop("a cell", where="T1", mend="hide it")))
    >>> fault.exit_code, fault.where
    (15, 'T1')
    """
    made: Exception
    if "group" in facts:
        made = ExceptionGroup(facts["group"], [as_raised(one) for one in facts["of"]])
    else:
        kind = KINDS.get(facts["kind"], EquityError)
        made = kind(facts["what"], where=facts.get("where", ""), mend=facts.get("mend", ""))
    for note in facts["notes"]:
        made.add_note(note)
    return made
