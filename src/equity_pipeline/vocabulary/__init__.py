"""The field's words: reads the files beside it, the one dictionary of columns, codes and forms."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from equity_pipeline.errors import DeclarationError

MISSING = "missing"
TOTAL = "total"
ALL = "all"
# the periods that stand for a whole year or delivery; the others are parts of one
LONG_PERIODS = ("rolling_12_months", "year", "whole_delivery")


@dataclass(frozen=True, slots=True)
class Label:
    """Swedish and English words for one thing, and its place in a list."""

    sv: str
    en: str
    order: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """One column: DuckDB type, unit, words, and the code list it takes values from."""

    name: str
    type: str
    unit: str
    label: Label
    codes: str | None = None


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to divide people: its code list, its declared contrast, and how it is measured."""

    name: str
    codes: str
    family: str
    level: str
    focus_rule: str
    ordered: bool
    focus: str | None
    reference: str | None
    label: Label


@dataclass(frozen=True, slots=True)
class Entity:
    """One delivered entity: its columns in order, those that must be filled, and its key.

    ``event`` is the column with the day on which it happened; what describes a state has none.
    """

    name: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: tuple[str, ...]
    label: Label
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """One published table form (T0-T12): columns in order, key, and what the register says of it.

    ``owner`` is the competence that answers for the table, ``rhythm`` how often it is renewed.
    """

    name: str
    code: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    label: Label
    owner: str
    rhythm: str
    readers: Label
    source: Label


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything in the dictionary, by name."""

    columns: MappingProxyType[str, Column]
    codes: MappingProxyType[str, MappingProxyType[str, Label]]
    dimensions: MappingProxyType[str, Dimension]
    entities: MappingProxyType[str, Entity]
    forms: MappingProxyType[str, Form]
    domains: MappingProxyType[str, tuple[str, Label]]
    exit_codes: MappingProxyType[int, Label]
    not_measurable: MappingProxyType[str, Label]
    never_adjust: frozenset[str]

    def column(self, name: str) -> Column:
        """Return a column, or say that the dictionary does not know it."""
        try:
            return self.columns[name]
        except KeyError:
            raise DeclarationError(
                f"The vocabulary does not know the column {name!r}.",
                where="vocabulary/columns.toml",
                mend="add the column with its type, unit and both labels",
            ) from None

    def label(self, codes: str, code: str) -> Label:
        """Return the words of one code, or say that its list does not hold it."""
        try:
            return self.codes[codes][code]
        except KeyError:
            raise DeclarationError(
                f"The code list {codes!r} has no code {code!r}.",
                where="vocabulary/codes.toml",
                mend="add the code, or map the delivered value in the layout",
            ) from None

    def levels(self, dimension: str) -> MappingProxyType[str, Label]:
        """Return the levels of a dimension with their words, in order."""
        return self.codes[self.dimensions[dimension].codes]

    def level_label(self, dimension: str, level: str, *, of_units: bool = False) -> Label:
        """Return the words for a level, with the level of measurement spoken out.

        Areas are never persons: a level of an area dimension reads "Boende i områden ...", and
        where answers or calls are known by their unit only, "Enheter i områden ...".

        Examples
        --------
        >>> vocabulary().level_label("area_income_quintile", "q1").sv
        'Boende i områden i den mest utsatta femtedelen'
        >>> vocabulary().level_label("area_income_quintile", "q1", of_units=True).sv
        'Enheter i områden i den mest utsatta femtedelen'
        >>> vocabulary().level_label("income_quintile", "q1").sv
        'Lägsta inkomstfemtedelen'
        """
        chosen = self.dimensions[dimension]
        word = self.label(chosen.codes, level)
        if chosen.level != "area":
            return word
        sv, en = ("Enheter i", "Units in") if of_units else ("Boende i", "Residents of")
        return Label(f"{sv} {in_sentence(word.sv)}", f"{en} {in_sentence(word.en)}", word.order)


def in_sentence(text: str) -> str:
    """Return a label as it stands inside a sentence: names and abbreviations keep their letters.

    Examples
    --------
    >>> in_sentence("Födda i Sverige"), in_sentence("Områdestyp (SCB)")
    ('födda i Sverige', 'områdestyp (SCB)')
    """
    return text[:1].lower() + text[1:]


def _label(entry: dict[str, Any]) -> Label:
    return Label(entry["sv"], entry["en"], int(entry.get("order", 0)))


def _columns(raw: dict[str, Any]) -> dict[str, Column]:
    made: dict[str, Column] = {}
    for name, entry in raw.items():
        made[name] = Column(
            name, entry["type"], entry.get("unit", ""), _label(entry), entry.get("codes")
        )
        if entry.get("interval"):
            for end, sv, en in (("lower", "undre", "lower"), ("upper", "övre", "upper")):
                label = Label(f"{entry['sv']}, {sv} gräns", f"{entry['en']}, {en} limit")
                bound = f"{name}_{end}"
                made[bound] = Column(bound, entry["type"], entry.get("unit", ""), label)
    return made


def _dimension(name: str, entry: dict[str, Any]) -> Dimension:
    return Dimension(
        name=name,
        codes=entry["codes"],
        family=entry["family"],
        level=entry["level"],
        focus_rule=entry["focus_rule"],
        ordered=entry["ordered"],
        focus=entry.get("focus"),
        reference=entry.get("reference"),
        label=_label(entry),
    )


def _entity(name: str, entry: dict[str, Any]) -> Entity:
    columns = tuple(column.removesuffix("!") for column in entry["columns"])
    required = tuple(column[:-1] for column in entry["columns"] if column.endswith("!"))
    event = entry.get("event")
    return Entity(name, columns, required, tuple(entry["key"]), _label(entry), event)


def _form(name: str, entry: dict[str, Any], common: dict[str, list[str]]) -> Form:
    columns = [
        column
        for word in entry["columns"]
        for column in (common[word[1:]] if word.startswith("@") else [word])
    ]
    return Form(
        name=name,
        code=entry["code"],
        columns=tuple(columns),
        key=tuple(entry["key"]),
        label=_label(entry),
        owner=entry["owner"],
        rhythm=entry["rhythm"],
        readers=_label(entry["readers"]),
        source=_label(entry["source"]),
    )


def _files(folder: Traversable) -> Iterator[Traversable]:
    for one in sorted(folder.iterdir(), key=lambda found: found.name):
        if one.is_dir():
            yield from _files(one)
        elif one.name.endswith(".toml"):
            yield one


def read_words() -> dict[str, dict[str, Any]]:
    """Return all files of the dictionary as one: section, name, entry.

    Raises
    ------
    DeclarationError
        If two files say the same thing.

    Examples
    --------
    >>> read_words()["codes"]["sex"]["female"]["sv"]
    'Kvinnor'
    """
    made: dict[str, dict[str, Any]] = {}
    for one in _files(resources.files("equity_pipeline.vocabulary")):
        for section, entries in tomllib.loads(one.read_text("utf-8")).items():
            held = made.setdefault(section, {})
            twice = sorted(held.keys() & entries.keys())
            if twice:
                raise DeclarationError(
                    f"The vocabulary says twice what these are: {', '.join(twice)}.",
                    where=f"vocabulary/{one.name}, [{section}]",
                    mend="keep one of them",
                )
            held.update(entries)
    return made


@cache
def vocabulary() -> Vocabulary:
    """Return the dictionary, read once.

    Examples
    --------
    >>> vocabulary().dimensions["income_quintile"].reference
    'q5'
    >>> vocabulary().columns["gap_harm_lower"].type
    'DOUBLE'
    """
    raw = read_words()
    codes = {
        name: MappingProxyType({code: _label(words) for code, words in entries.items()})
        for name, entries in raw["codes"].items()
    }
    return Vocabulary(
        columns=MappingProxyType(_columns(raw["columns"])),
        codes=MappingProxyType(codes),
        dimensions=MappingProxyType({n: _dimension(n, e) for n, e in raw["dimensions"].items()}),
        entities=MappingProxyType({n: _entity(n, e) for n, e in raw["entities"].items()}),
        forms=MappingProxyType({n: _form(n, e, raw["common"]) for n, e in raw["forms"].items()}),
        domains=MappingProxyType({n: (e["prefix"], _label(e)) for n, e in raw["domains"].items()}),
        exit_codes=MappingProxyType({int(n): _label(e) for n, e in raw["exit_codes"].items()}),
        not_measurable=MappingProxyType({n: _label(e) for n, e in raw["not_measurable"].items()}),
        never_adjust=frozenset(raw["never_adjust"]["words"]),
    )
