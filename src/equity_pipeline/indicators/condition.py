"""One condition of a declaration: column, operator and value, and the SQL it stands for."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from equity_pipeline.vocabulary import vocabulary

Scalar = bool | int | float | date | str
Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in",
    "is true", "is false", "is not true", "is not false", "is null", "is not null",
]  # fmt: skip
BARE = {"is null", "is not null"}
TRUTH = {"is true", "is false", "is not true", "is not false"}
NUMBERS = ("SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "DOUBLE")


class Condition(BaseModel):
    """A column held against a value; never SQL text.

    Examples
    --------
    >>> Condition(column="wait_days", op="<=", value=3).sql()
    'wait_days <= 3'
    >>> Condition(column="visit_type", op="in", value=["new", "return"]).sql()
    "visit_type in ('new', 'return')"
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    op: Operator
    value: Scalar | tuple[Scalar, ...] | None = None

    @model_validator(mode="after")
    def _agree(self) -> Condition:
        fault = self._fault()
        if fault:
            raise ValueError(fault)
        return self

    def _fault(self) -> str | None:
        known = vocabulary().columns.get(self.column)
        if known is None:
            return f"the vocabulary does not know the column {self.column!r}"
        bare = self.op in BARE or self.op in TRUTH
        if bare != (self.value is None):
            return f"{self.op!r} takes {'no value' if bare else 'a value'}"
        if self.op in TRUTH and known.type != "BOOLEAN":
            return f"{self.op!r} needs a BOOLEAN column, and {self.column} is {known.type}"
        if (self.op == "in") != isinstance(self.value, tuple):
            return "'in' takes a list of values, and only 'in' does"
        return next((told for one in self.values if (told := self._misfit(one, known.type))), None)

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The values held against, none for the operators that take none."""
        if self.value is None:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def _misfit(self, value: Scalar, kind: str) -> str | None:
        if not _fits(value, kind):
            return f"{value!r} is no value of {self.column}, which is {kind}"
        codes = vocabulary().columns[self.column].codes
        if codes and value not in vocabulary().codes[codes]:
            return f"{value!r} is no code of {codes}"
        return None

    def sql(self) -> str:
        """Return the condition as DuckDB text, its values quoted."""
        if self.op == "in":
            return f"{self.column} in ({', '.join(literal(one) for one in self.values)})"
        held = "".join(f" {literal(one)}" for one in self.values)
        return f"{self.column} {self.op}{held}"


def literal(value: Scalar) -> str:
    """Return a value as a DuckDB literal.

    Examples
    --------
    >>> literal("it's"), literal(True), literal(3)
    ("'it''s'", 'true', '3')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def all_of(conditions: tuple[Condition, ...]) -> list[str]:
    """Return each condition as DuckDB text, in declared order."""
    return [one.sql() for one in conditions]


def _fits(value: Scalar, kind: str) -> bool:
    if kind == "BOOLEAN":
        return isinstance(value, bool)
    if kind == "DATE":
        return isinstance(value, date)
    if kind == "VARCHAR":
        return isinstance(value, str)
    return kind.startswith(NUMBERS) and isinstance(value, int | float) and value is not True
