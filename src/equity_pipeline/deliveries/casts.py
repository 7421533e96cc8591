"""From foreign text to our typed columns, as SQL: a value and the reasons it can fail for.

Three layers of column names, so that no foreign name meets one of ours: ``f:<foreign>`` is the
cleaned text, ``d:<entity>.<column>`` the drawn text, ``t:<entity>.<column>`` the typed value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from equity_pipeline.deliveries.layout import EntityLayout, FileLayout, RowRule
from equity_pipeline.deliveries.read import ROW
from equity_pipeline.deliveries.rules import ColumnRule, shape_of
from equity_pipeline.vocabulary import Column, vocabulary

ISO_DATE = "%Y-%m-%d"
ISO_TIMESTAMP = "%Y-%m-%dT%H:%M:%S"
_WHOLE = ("SMALLINT", "INTEGER", "BIGINT")


def quoted(name: str) -> str:
    """Return an SQL identifier.

    Examples
    --------
    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return an SQL string.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def typed_name(entity: str, column: str) -> str:
    """Return the quoted name of a typed column of the judged rows.

    Examples
    --------
    >>> typed_name("person", "sex")
    '"t:person.sex"'
    """
    return quoted(f"t:{entity}.{column}")


@dataclass(frozen=True, slots=True)
class Reader:
    """How text of a file becomes numbers, dates and truth values: SQL, NULL where it fails."""

    dates: tuple[str, ...]
    timestamps: tuple[str, ...]
    decimal: str
    exponent: bool

    def number(self, text: str, kind: str = "DOUBLE") -> str:
        """Return SQL for a finite number in the declared notation."""
        if kind in _WHOLE:
            return _guarded(text, "-?[0-9]+", f"try_cast({text} as {kind})")
        tail = "([eE][-+]?[0-9]+)?" if self.exponent else ""
        point = text if self.decimal == "." else f"replace({text}, ',', '.')"
        return _guarded(
            text, rf"-?[0-9]+([{self.decimal}][0-9]+)?{tail}", f"try_cast({point} as {kind})"
        )

    def date(self, text: str) -> str:
        """Return SQL for a calendar date without time of day."""
        return f"cast({_parsed(text, self.dates)} as date)"

    def moment(self, text: str) -> str:
        """Return SQL for a date or a time stamp, as written."""
        return _parsed(text, self.dates + self.timestamps)

    def cast(self, text: str, kind: str) -> str:
        """Return SQL for a value of a vocabulary type."""
        if kind == "DATE":
            return self.date(text)
        if kind == "BOOLEAN":
            return f"case lower({text}) when 'true' then true when 'false' then false end"
        return text if kind == "VARCHAR" else self.number(text, kind)


OURS = Reader((ISO_DATE,), (ISO_TIMESTAMP,), ".", exponent=True)


def reader_of(layout: FileLayout, kind: str) -> Reader:
    """Return how a file of a layout is read; parquet and workbooks also bring their own dates."""
    if kind == "csv":
        return Reader(layout.dates, layout.timestamps, layout.decimal, exponent=False)
    own = (*layout.timestamps, ISO_TIMESTAMP)
    return Reader((*layout.dates, ISO_DATE), own, ".", exponent=True)


def judged_sql(layout: FileLayout, header: Collection[str], kind: str, rows: str) -> str:
    """Return the SELECT of all typed columns and, for each row, the first reason against it.

    ``rows`` names the relation of text without blanks around it; the result has
    ``__row_number``, the ``t:`` columns of every entity, and ``reason`` (NULL for a good row).
    """
    reader = reader_of(layout, kind)
    parts = [
        _Part(one, column, header, reader)
        for one in layout.entity
        for column in one.described.columns
    ]
    foreign = [name for name in header if name in layout.known]
    clean = [f"{_cleaned(name, layout)} as {quoted('f:' + name)}" for name in foreign]
    drawn = [f"{part.draw} as {part.drawn_name}" for part in parts]
    typed = [f"{part.value} as {part.typed_name}" for part in parts]
    faults = [_rule_fault(rule, reader) for rule in layout.rule]
    faults += [fault for part in parts for fault in part.faults()]
    names = [ROW, *(part.typed_name for part in parts)]
    return f"""
        with clean as (select {", ".join([ROW, *clean])} from {rows}),
        drawn as (select *, {", ".join(drawn)} from clean),
        typed as (select *, {", ".join(typed)} from drawn)
        select {", ".join(names)}, coalesce({", ".join([*faults, "null"])}) as reason from typed
    """


@dataclass(frozen=True, slots=True)
class _Part:
    """One of our columns in one file."""

    entity: EntityLayout
    name: str
    header: Collection[str]
    reader: Reader

    @property
    def rule(self) -> ColumnRule:
        return self.entity.rule(self.name)

    @property
    def column(self) -> Column:
        return vocabulary().column(self.name)

    @property
    def drawn_name(self) -> str:
        return quoted(f"d:{self.entity.entity}.{self.name}")

    @property
    def typed_name(self) -> str:
        return typed_name(self.entity.entity, self.name)

    @property
    def _sources(self) -> tuple[str, ...]:
        return tuple(quoted("f:" + name) for name in self.rule.foreign(self.name))

    @property
    def _is_delivered(self) -> bool:
        return all(name in self.header for name in self.rule.foreign(self.name))

    @property
    def _is_as_written(self) -> bool:
        return not self.rule.origins or self.rule.source is not None

    @property
    def draw(self) -> str:
        if not self._is_delivered:
            return "cast(null as varchar)"
        if self.rule.constant is not None:
            return literal(self.rule.constant)
        if self._is_as_written:
            return self._sources[0]
        if self.rule.concat is not None:
            return f" || {literal(self.rule.separator)} || ".join(self._sources)
        return f"cast({derived(self.rule, self._sources, self.reader)} as varchar)"

    @property
    def value(self) -> str:
        text = self.drawn_name
        if self.rule.map:
            pairs = " ".join(
                f"when {literal(a)} then {literal(b)}" for a, b in self.rule.map.items()
            )
            text = f"case {text} {pairs} end"
        plain = self._is_as_written and not self.rule.map
        reader = self.reader if plain else OURS
        return f"cast({reader.cast(f'({text})', self.column.type)} as {self.column.type})"

    def faults(self) -> Iterator[str]:
        """Yield SQL for each reason, in the order in which they are looked for."""
        if self._is_delivered:
            yield from self._faults_of_form()
            yield from self._faults_of_content()
        if self.name in self.entity.described.required:
            yield self._when("required_missing", f"{self.drawn_name} is null")

    def _faults_of_form(self) -> Iterator[str]:
        word = _WORDS.get(self.column.type, "number")
        if not self._is_as_written and self.rule.constant is None and self.rule.concat is None:
            checks = [parses(self.rule, place, self.reader) for place in range(len(self._sources))]
            unread = [
                f"({text} is not null and {check(text)} is null)"
                for text, check in zip(self._sources, checks, strict=True)
            ]
            yield self._when(f"{word}_invalid", " or ".join(unread))
        if self.rule.role == "identity":
            yield self._when("identity_invalid", f"{self.drawn_name} = 'invalid'")
        word = "code_unknown" if self.rule.map else f"{word}_invalid"
        yield self._when(word, f"{self.drawn_name} is not null and {self.typed_name} is null")

    def _faults_of_content(self) -> Iterator[str]:
        value = self.typed_name
        if self.rule.pattern is not None:
            match = f"regexp_full_match({self.drawn_name}, {literal(self.rule.pattern)})"
            yield self._when("pattern", f"not {match}")
        if self.column.codes is not None:
            codes = ", ".join(literal(code) for code in vocabulary().codes[self.column.codes])
            yield self._when("code_unknown", f"{value} not in ({codes})")
        if self.rule.min is not None or self.rule.max is not None:
            yield self._when("out_of_range", _outside(value, self.rule.min, self.rule.max))

    def _when(self, reason: str, condition: str) -> str:
        return f"case when {condition} then {literal(f'{reason}:{self.name}')} end"


_WORDS = {"DATE": "date", "BOOLEAN": "boolean", "VARCHAR": "text"}


def derived(rule: ColumnRule, sources: tuple[str, ...], reader: Reader) -> str:
    """Return SQL for a derived value of the allow-list; NULL when a source is missing."""
    first, last = sources[0], sources[-1]
    if rule.date_of is not None:
        moment = reader.moment(first)
        if rule.date_of.written_in != rule.date_of.time_zone:
            written = f"timezone({literal(rule.date_of.written_in)}, {moment})"
            moment = f"timezone({literal(rule.date_of.time_zone)}, {written})"
        return f"cast({moment} as date)"
    if rule.year_of is not None:
        return f"year({reader.moment(first)})"
    if rule.days_between is not None:
        return f"date_diff('day', {_day(reader, first)}, {_day(reader, last)})"
    if rule.birth_year_from_age is not None:
        return f"year({reader.moment(last)}) - {reader.number(first, 'INTEGER')}"
    if rule.negate is not None:
        return f"not ({reader.cast(first, 'BOOLEAN')})"
    positive = [f"({reader.number(source)} > 0)" for source in sources]
    if rule.any_positive is not None:
        return " or ".join(positive)
    return " + ".join(f"cast({one} as integer)" for one in positive)


def parses(rule: ColumnRule, place: int, reader: Reader) -> Callable[[str], str]:
    """Return how the source at a place of a derived value is read."""
    if rule.any_positive is not None or rule.count_positive is not None:
        return reader.number
    if rule.birth_year_from_age is not None and place == 0:
        return lambda text: reader.number(text, "INTEGER")
    if rule.negate is not None:
        return lambda text: reader.cast(text, "BOOLEAN")
    return reader.moment


def _day(reader: Reader, text: str) -> str:
    return f"cast({reader.moment(text)} as date)"


def _cleaned(name: str, layout: FileLayout) -> str:
    text = quoted(name)
    missing = ", ".join(literal(token) for token in layout.missing) or "null"
    return f"case when {text} in ({missing}) then null else nfc_normalize({text}) end"


def _guarded(text: str, shape: str, value: str) -> str:
    return f"case when regexp_full_match({text}, {literal(shape)}) then {value} end"


def _parsed(text: str, formats: tuple[str, ...]) -> str:
    shapes = "|".join(f"({shape_of(one)})" for one in formats)
    listed = ", ".join(literal(one) for one in formats)
    return _guarded(text, shapes, f"try_strptime({text}, [{listed}])")


def _outside(value: str, least: float | None, most: float | None) -> str:
    low = [f"{value} < {least!r}"] if least is not None else []
    high = [f"{value} > {most!r}"] if most is not None else []
    return " or ".join(low + high)


def _rule_fault(rule: RowRule, reader: Reader) -> str:
    if rule.source is not None:
        number = reader.number(quoted("f:" + rule.source))
        condition = _outside(f"({number})", rule.min, rule.max)
    else:
        earlier, later = (quoted(f"t:{one}") for one in (rule.earlier, rule.later))
        condition = f"{later} < {earlier}"
    return f"case when {condition} then {literal(rule.reason)} end"
