"""From foreign text to our typed columns, as SQL: a value and the reasons it can fail for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from equity_pipeline.deliveries.layouts.derived import derived, unread
from equity_pipeline.deliveries.layouts.freetext import code_fault, text_fault
from equity_pipeline.deliveries.layouts.layout import CHECKED, ID_COLUMNS, EntityLayout, FileLayout
from equity_pipeline.deliveries.layouts.notation import OURS, Reader, reader_of
from equity_pipeline.deliveries.layouts.quoting import literal, quoted, typed_name
from equity_pipeline.deliveries.layouts.rules import DELIVERY_DAY, Checked, ColumnRule, RowRule
from equity_pipeline.deliveries.reading.read import ROW
from equity_pipeline.vocabulary import vocabulary

__all__ = ["LEFT_ASIDE", "judged_sql", "literal", "quoted", "taken_name", "typed_name"]

REQUIRED = "required_missing"
UNKNOWN = "code_unknown"
LEFT_ASIDE = "left_aside"
ASIDE = "aside"  # the column, added by a layout's SQL, that says why no entity takes a row


def judged_sql(
    layout: FileLayout,
    header: Collection[str],
    kind: str,
    rows: str,
    *,
    delivery_day: date = date.max,
) -> str:
    """Return the SELECT of all typed columns and, for each row, the first reason against it.

    ``rows`` names the relation of text without blanks around it; the result has
    ``__row_number``, the ``t:`` columns of every entity, whether a row is taken by an entity that
    has a ``when``, and ``reason`` (NULL for a good row).
    """
    reader = reader_of(layout, kind)
    parts = list(_parts(layout, header, reader, delivery_day))
    foreign = [name for name in header if name in layout.known or name in layout.adds]
    clean = [f"{_cleaned(name, layout)} as {quoted('f:' + name)}" for name in foreign]
    drawn = [f"{part.draw} as {part.drawn_name}" for part in parts]
    typed = [f"{part.value} as {part.typed_name}" for part in parts]
    faults = [_is_header(foreign), *(_rule_fault(r, reader) for r in layout.rule if not r.whole)]
    faults += [_left_aside(layout)] if any(one.when for one in layout.entity) else []
    faults += [_where(layout, part.place, fault) for part in parts for fault in part.faults()]
    faults += [_rule_fault(rule, reader) for rule in layout.rule if rule.whole]
    names = [ROW, *(part.typed_name for part in parts if part.place != CHECKED)]
    names += [f"{_is_of(one)} as {taken_name(one)}" for one in layout.entity if one.when]
    return f"""
        with clean as (select {", ".join([ROW, *clean])} from {rows}),
        drawn as (select *, {", ".join(drawn)} from clean),
        typed as (select *, {", ".join(typed)} from drawn)
        select {", ".join(names)}, coalesce({", ".join([*faults, "null"])}) as reason from typed
    """


def taken_name(entity: EntityLayout) -> str:
    """Return the quoted name of the column that says whether an entity takes a row."""
    return quoted(f"w:{entity.entity}")


def _is_of(entity: EntityLayout) -> str:
    return f"coalesce({quoted(f'f:{entity.when}')} = 'true', false)" if entity.when else "true"


def _where(layout: FileLayout, place: str, fault: str) -> str:
    held = next((one for one in layout.entity if one.entity == place and one.when), None)
    return f"case when {_is_of(held)} then {fault} end" if held else fault


def _left_aside(layout: FileLayout) -> str:
    # A row that no entity takes is no fault: the layout says that it is not ours, and why.
    taken = " or ".join(_is_of(one) for one in layout.entity)
    why = (
        f"coalesce({quoted('f:' + ASIDE)}, 'no_entity')" if ASIDE in layout.adds else "'no_entity'"
    )
    return f"case when not ({taken}) then '{LEFT_ASIDE}:' || {why} end"


def _parts(
    layout: FileLayout, header: Collection[str], reader: Reader, delivery_day: date
) -> Iterator[_Part]:
    shared = (header, reader, delivery_day)
    for entity in layout.entity:
        described = entity.described
        for name in described.columns:
            rule, column = entity.rule(name), vocabulary().column(name)
            if name in described.required and not rule.required:
                rule = rule.model_copy(update={"required": True})
            codes = tuple(vocabulary().codes[column.codes]) if column.codes else ()
            yield _Part(entity.entity, name, rule, column.type, codes, *shared)
    for checked in layout.checked:
        yield _Part(CHECKED, checked.name, _as_rule(checked), checked.type, checked.codes, *shared)


def _as_rule(checked: Checked) -> ColumnRule:
    held = checked.model_dump(exclude={"name", "reason", "type", "codes"})
    return ColumnRule.model_validate(held)


@dataclass(frozen=True, slots=True)
class _Part:
    """One of our columns in one file, or one that is judged and not kept."""

    place: str
    name: str
    rule: ColumnRule
    type: str
    codes: tuple[str, ...]
    header: Collection[str]
    reader: Reader
    delivery_day: date

    @property
    def drawn_name(self) -> str:
        return quoted(f"d:{self.place}.{self.name}")

    @property
    def typed_name(self) -> str:
        return typed_name(self.place, self.name)

    @property
    def _sources(self) -> tuple[str, ...]:
        return tuple(quoted("f:" + name) for name in self._foreign)

    @property
    def _foreign(self) -> tuple[str, ...]:
        return self.rule.foreign(self.name)

    @property
    def _told(self) -> str:
        """The name that the sender knows: of the delivered column, where it is one."""
        return self._foreign[0] if len(self._foreign) == 1 else self.name

    @property
    def _is_delivered(self) -> bool:
        return all(name in self.header for name in self._foreign)

    @property
    def _is_as_written(self) -> bool:
        return not self.rule.origins or self.rule.source is not None

    @property
    def _is_derived(self) -> bool:
        as_text = self.rule.constant is not None or self.rule.concat is not None
        return not self._is_as_written and not as_text

    @property
    def _reads(self) -> Reader:
        return self.reader if self._is_as_written and not self.rule.map else OURS

    @property
    def draw(self) -> str:
        if not self._is_delivered:
            return "cast(null as varchar)"
        if self.rule.constant is not None:
            return literal(self.rule.constant)
        if self.rule.concat is not None:
            return f" || {literal(self.rule.separator)} || ".join(self._sources)
        if self._is_derived:
            return f"cast({derived(self.rule, self._sources, self.reader)} as varchar)"
        source = self._sources[0]
        # An ICD-10 code is the same with and without its dot, in small and capital letters.
        return f"upper(replace({source}, '.', ''))" if self.rule.transform else source

    @property
    def value(self) -> str:
        text = self.drawn_name
        if self.rule.map:
            pairs = " ".join(
                f"when {literal(a)} then {literal(b)}" for a, b in self.rule.map.items()
            )
            text = f"case {text} {pairs} end"
        return f"cast({self._reads.cast(f'({text})', self.type)} as {self.type})"

    def faults(self) -> Iterator[str]:
        """Yield SQL for each reason, in the order in which they are looked for."""
        if self._is_delivered:
            yield from self._faults_of_form()
            yield from self._faults_of_content()
        if self.rule.required:
            yield self._when(REQUIRED, f"{self.drawn_name} is null")

    def _faults_of_form(self) -> Iterator[str]:
        text = self.drawn_name
        if self._is_derived:
            judged = unread(self.rule, self._sources, self.reader)
            for name, (condition, reason) in zip(self._foreign, judged, strict=True):
                yield _fault(condition, reason, name)
        if self.rule.role == "identity":
            yield self._when("identity_invalid", f"{text} = 'invalid'")
        unreadable = f"{text} is not null and {self.typed_name} is null"
        if self.rule.map:
            yield self._when(UNKNOWN, unreadable)
        elif self.type != "VARCHAR":
            yield self._named(unreadable, self._reads.fault(text, self.type))

    def _faults_of_content(self) -> Iterator[str]:
        value = self.typed_name
        if self.rule.pattern is not None:
            match = f"regexp_full_match({self.drawn_name}, {literal(self.rule.pattern)})"
            yield self._when("pattern", f"not {match}")
        elif self.type == "VARCHAR" and not self.codes and self._is_open_text:
            fault = text_fault if self._is_free_text else code_fault
            yield self._named("true", fault(value, self.rule.max_length))
        if self.codes:
            codes = ", ".join(literal(code) for code in self.codes)
            yield self._when(UNKNOWN, f"{value} not in ({codes})")
        yield from self._faults_of_limits()

    @property
    def _is_open_text(self) -> bool:
        rule = self.rule
        return not (rule.any_text or rule.map or rule.constant or rule.role == "identity")

    @property
    def _is_free_text(self) -> bool:
        return self.rule.role is None and self.name not in ID_COLUMNS

    def _faults_of_limits(self) -> Iterator[str]:
        least, most = self.rule.min, self.rule.max
        is_date = self.type == "DATE"
        if least is not None:
            reason = "date_before_earliest" if is_date else "out_of_range"
            yield self._when(reason, f"{self.typed_name} < {_limit(least)}")
        if most is not None:
            day = self.delivery_day if most == DELIVERY_DAY else most
            reason = "date_future" if most == DELIVERY_DAY else "date_after_latest"
            yield self._when(
                reason if is_date else "out_of_range", f"{self.typed_name} > {_limit(day)}"
            )

    def _when(self, reason: str, condition: str) -> str:
        return _fault(condition, literal(reason), self._told)

    def _named(self, condition: str, reason: str) -> str:
        return _fault(condition, reason, self._told)


def _fault(condition: str, reason: str, name: str) -> str:
    return f"case when {condition} then ({reason}) || {literal(':' + name)} end"


def _limit(limit: float | date | str) -> str:
    return f"date '{limit.isoformat()}'" if isinstance(limit, date) else repr(limit)


def _is_header(foreign: Collection[str]) -> str:
    # Files that were put one after the other: most values of the row are the columns' own names.
    same = [f"coalesce(cast({quoted('f:' + n)} = {literal(n)} as integer), 0)" for n in foreign]
    many = f"({' + '.join(same) or '0'}) * 2 >= {max(len(foreign), 1)}"
    return f"case when {many} then 'header_row' end"


def _cleaned(name: str, layout: FileLayout) -> str:
    text = quoted(name)
    missing = ", ".join(literal(token) for token in layout.missing) or "null"
    return f"case when {text} in ({missing}) then null else nfc_normalize({text}) end"


def _rule_fault(rule: RowRule, reader: Reader) -> str:
    first, *others = (quoted(f"t:{one}") for one in rule.references) if rule.references else ("",)
    if rule.source is not None:
        number = reader.number(quoted("f:" + rule.source))
        low = [f"({number}) < {rule.min!r}"] if rule.min is not None else []
        high = [f"({number}) > {rule.max!r}"] if rule.max is not None else []
        condition = " or ".join(low + high)
    elif rule.whole is not None:
        condition = f"not starts_with({first}, {others[0]})"
    else:
        condition = f"{others[0]} < {first}"
    return f"case when {condition} then {literal(rule.reason)} end"
