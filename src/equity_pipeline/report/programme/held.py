"""What a release holds of each programme, once for all its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.reading import Row, rows_of

ALL, ITT, SHOWN = "all", "itt", "shown"
OUTCOME, PROCESS, ECONOMICS = "outcome", "process", "health_economics"
BEGAN, TRIED, LEFT = "began", "activity", "left"
MOST_MONTHS = 60  # five years of fifteen units keep a page below 300 kB
CHARTED = (
    "indicator_id", "unit_hsa_id", "month", "window_months", "value_status", "n", "value",
    "centre_line", "lcl", "ucl", "spc_signal", "unit_of_measure",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """One unit of a programme: its name, when it began and left and why, and what it tried."""

    code: str
    name: str
    approach: str
    began: date | None
    left: date | None
    reason: str
    tried: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme as a release tells of it.

    Attributes
    ----------
    about
        A row of it: how many units began and remain, and why they left.
    members
        Its units by name; none where the release has no log.
    effects, costs, balance
        Rows by indicator.
    process
        The row of the activities.
    charts
        The newest months by indicator and unit, in order of time.
    """

    id: str
    about: Row
    members: tuple[Member, ...]
    effects: Mapping[str, list[Row]]
    costs: Mapping[str, list[Row]]
    balance: Mapping[str, list[Row]]
    process: Row | None
    charts: Mapping[str, Mapping[str, list[Row]]]

    def effect(self, indicator: str, population: str = ALL) -> Row | None:
        """Return the headline effect on an indicator: all units that began, all approaches."""
        return chosen(self.effects.get(indicator, []), population)

    def cost(self, indicator: str) -> Row | None:
        """Return the costs beside it."""
        return chosen(self.costs.get(indicator, []))


def chosen(rows: list[Row], population: str = ALL) -> Row | None:
    """Return the row of all that began: of all approaches, or of the only one there is.

    Examples
    --------
    >>> chosen([]) is None
    True
    """
    found = [
        row for row in rows if row["estimand"] == ITT and row["programme_population"] == population
    ]
    whole = [row for row in found if row["approach_code"] == ALL]
    return next(iter(whole or found), None)


def told(row: Row | None, name: str) -> float | None:
    """Return a number of a row that is shown, else None.

    Examples
    --------
    >>> told(None, "did") is None, told({"value_status": "suppressed", "did": 1.0}, "did") is None
    (True, True)
    """
    if row is None or row["value_status"] != SHOWN or row.get(name) is None:
        return None
    return float(row[name])


def programmes_of(tables: Mapping[str, DisclosedTable]) -> list[Programme]:
    """Return the programmes in order of their ids; none where none was evaluated."""
    rows = _grouped(rows_of(tables, "programme_effect"), "programme_id")
    log = _grouped(rows_of(tables, "programme_log"), "programme_id")
    balance = _grouped(rows_of(tables, "programme_balance"), "programme_id")
    charts = _charts(rows_of(tables, "run_chart", columns=CHARTED)) if log else {}
    found = []
    for name, held in sorted(rows.items()):
        strands = _grouped(held, "strand")
        members = _members(log.get(name, []))
        found.append(
            Programme(
                id=name,
                about=held[0],
                members=members,
                effects=_grouped(strands.get(OUTCOME, []), "indicator_id"),
                costs=_grouped(strands.get(ECONOMICS, []), "indicator_id"),
                balance=_grouped(balance.get(name, []), "indicator_id"),
                process=next(iter(strands.get(PROCESS, [])), None),
                charts=_of_members(charts, members),
            )
        )
    return found


def _charts(rows: list[Row]) -> dict[str, dict[str, list[Row]]]:
    made: dict[str, dict[str, list[Row]]] = {}
    for row in sorted(rows, key=lambda row: row["month"]):
        made.setdefault(row["indicator_id"], {}).setdefault(row["unit_hsa_id"], []).append(row)
    return made


def _of_members(
    charts: Mapping[str, Mapping[str, list[Row]]], members: tuple[Member, ...]
) -> dict[str, dict[str, list[Row]]]:
    return {
        one: {
            member.code: units[member.code][-MOST_MONTHS:]
            for member in members
            if member.code in units
        }
        for one, units in charts.items()
    }


def _members(log: list[Row]) -> tuple[Member, ...]:
    units = _grouped(log, "unit_hsa_id")
    made = [_member(code, rows) for code, rows in units.items()]
    return tuple(sorted(made, key=lambda one: (one.name, one.code)))


def _member(code: str, rows: list[Row]) -> Member:
    of = {row["programme_event"]: row for row in rows}
    tried = [row for row in rows if row["programme_event"] == TRIED]
    began, left = of.get(BEGAN, {}), of.get(LEFT, {})
    return Member(
        code=code,
        name=str(rows[0]["unit_name"] or code),
        approach=str(rows[0]["approach_code"] or ""),
        began=began.get("event_date"),
        left=left.get("event_date"),
        reason=str(left.get("event_words") or ""),
        tried=tuple(sorted(tried, key=lambda row: (row["event_date"], row["event_id"]))),
    )


def _grouped(rows: list[Row], name: str) -> dict[str, list[Row]]:
    made: dict[str, list[Row]] = {}
    for row in rows:
        made.setdefault(row[name], []).append(row)
    return made
