"""What changed between two releases as a whole, and why: data, code, definition, suppression."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.extracts.changes import NOTHING_ELSE, Change, Counted, change_of
from equity_pipeline.vocabulary import vocabulary

MANIFEST, DELIVERIES, GAP = "datapackage.json", "deliveries", "gap"
CODE, CONFIGURATION, AS_OF, RUN = "code", "configuration", "as_of", "run_id"
# how a verdict is told apart, and what of it is shown
VERDICT = ("indicator_id", "period_start", "period_end", "geography_code", "dimension",
           "focus_level", "reference_level", "adjustment")  # fmt: skip
VERDICTS = f"""
    select new.{", new.".join(VERDICT)},
        if(old.value_status = 'suppressed', 'suppressed', old.evidence_state) as before,
        if(new.value_status = 'suppressed', 'suppressed', new.evidence_state) as after
    from new join old using ({", ".join(VERDICT)})
    where new.is_headline and new.is_declared_contrast and before is distinct from after
    order by all"""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two releases.

    Attributes
    ----------
    facts
        Facts of the two runs that differ: the older, the newer.
    why
        What stands behind the differences: ``data``, ``code``, ``configuration``, ``definition``,
        ``suppression``; empty if the tables are the same.
    behind_values
        What a row whose values alone differ can rest on: the first three of ``why``.
    tables
        Tables that differ.
    verdicts
        Declared contrasts whose evidence is judged in another way, with both words.
    """

    facts: Mapping[str, tuple[object, object]]
    why: tuple[str, ...]
    behind_values: tuple[str, ...]
    tables: tuple[Change, ...]
    verdicts: tuple[Mapping[str, object], ...]

    def by_indicator(self) -> dict[str, Counted]:
        """Return how many rows of each indicator differ, in all tables."""
        found: dict[str, Counted] = {}
        for table in self.tables:
            for name, rows in table.indicators:
                found[name] = found.get(name, Counted()) + rows
        return found

    def told(self) -> dict[str, Any]:
        """Return it as it stands in the JSON."""
        return {
            "identical": not self.tables,
            "why": list(self.why),
            "behind_values": list(self.behind_values),
            "facts": {name: {"before": a, "after": b} for name, (a, b) in self.facts.items()},
            "tables": [_told(one) for one in self.tables],
            "verdicts": [dict(one) for one in self.verdicts],
        }


def difference(before: Path, after: Path) -> Difference:
    """Return what differs between two releases.

    Parameters
    ----------
    before, after
        Folders of releases or candidates, the older first.

    Raises
    ------
    ConfigurationError
        If a folder holds no release.
    WarehouseError
        If a table cannot be read.
    """
    old, new = facts_of(before), facts_of(after)
    forms = sorted({path.stem for one in (before, after) for path in one.glob("*.parquet")})
    known = [form for form in forms if form in vocabulary().forms]
    changes = [change_of(after / f"{form}.parquet", before / f"{form}.parquet") for form in known]
    tables = tuple(one for one in changes if one.rows.all or one.columns)
    moved = {name: (old.get(name), new.get(name)) for name in sorted({*old, *new})
             if old.get(name) != new.get(name)}  # fmt: skip
    in_both = all((one / f"{DELIVERIES}.parquet").exists() for one in (before, after))
    is_anew = in_both and any(one.form == DELIVERIES for one in tables)
    behind = behind_values(old, new, is_anew)
    return Difference(moved, _why(tables, behind), behind, tables, _verdicts(before, after))


def facts_of(folder: Path) -> dict[str, object]:
    """Return the facts of the run that made a release."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ConfigurationError(
            "The folder holds no release.",
            where=str(folder),
            mend="name a release, a candidate, or the folder of one; `equity status` names them",
        )
    held = json.loads(path.read_text("utf-8"))
    return {**held["run"], "sources": json.dumps(held.get("sources", []), sort_keys=True)}


def behind_values(
    old: Mapping[str, object], new: Mapping[str, object], is_delivered_anew: bool
) -> tuple[str, ...]:
    """Return what can stand behind values that differ between two runs.

    A run is known by its data, code, configuration and date: if it is another and the other three
    are the same, the data differ. Where code or configuration differ too, the data are named if the
    release itself tells of other deliveries, sources or another date.

    Examples
    --------
    >>> run = {"run_id": "a", "code": "1", "configuration": "c", "as_of": "2025-01-15"}
    >>> behind_values(run, run | {"run_id": "b"}, False)
    ('data',)
    >>> behind_values(run, run | {"run_id": "b", "code": "2"}, False)
    ('code',)
    >>> behind_values(run, run | {"run_id": "b", "code": "2"}, True)
    ('data', 'code')
    """
    moved = {name for name in (CODE, CONFIGURATION, AS_OF, RUN, "sources")
             if old.get(name) != new.get(name)}  # fmt: skip
    only_run = moved == {RUN}
    is_data = only_run or bool(moved & {AS_OF, "sources"}) or is_delivered_anew
    return (
        *(("data",) if is_data else ()),
        *(one for one in (CODE, CONFIGURATION) if one in moved),
    )


def _why(tables: tuple[Change, ...], behind: tuple[str, ...]) -> tuple[str, ...]:
    if not tables:
        return ()
    rows = [one.rows for one in tables]
    defined = any(one.definitions or one.columns for one in tables)
    hidden = any(one.hidden or one.shown for one in rows)
    return (
        *behind,
        *(("definition",) if defined else ()),
        *(("suppression",) if hidden else ()),
    )


def _verdicts(before: Path, after: Path) -> tuple[Mapping[str, object], ...]:
    files = [one / f"{GAP}.parquet" for one in (before, after)]
    wanted = [*VERDICT, "is_headline", "is_declared_contrast", "evidence_state", "value_status"]
    if any(not one.exists() or not {*wanted} <= set(pq.read_schema(one).names) for one in files):
        return ()
    with duckdb.connect(config=NOTHING_ELSE) as con:
        for name, one in zip(("old", "new"), files, strict=True):
            con.register(name, pq.read_table(one, columns=wanted))
        rows = con.execute(VERDICTS).fetchall()
    return tuple(dict(zip((*VERDICT, "before", "after"), row, strict=True)) for row in rows)


def _told(one: Change) -> dict[str, Any]:
    return {
        "table": one.form,
        **asdict(one.rows),
        "columns": list(one.columns),
        "definitions": list(one.definitions),
        "indicators": [{"indicator_id": name, **asdict(rows)} for name, rows in one.indicators],
    }
