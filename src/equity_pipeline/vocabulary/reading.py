"""Reads the files of the dictionary and makes its entries of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from equity_pipeline.errors import DeclarationError
from equity_pipeline.vocabulary.entries import (
    Column,
    Dimension,
    Door,
    Entity,
    Form,
    Label,
    OwnToUnits,
    Reckoned,
    Tier,
    TierForm,
)


def label(entry: dict[str, Any]) -> Label:
    """Return the words of an entry."""
    return Label(entry["sv"], entry["en"], int(entry.get("order", 0)))


def columns(raw: dict[str, Any]) -> dict[str, Column]:
    """Return the columns, with the limits of those that have an interval."""
    made: dict[str, Column] = {}
    for name, entry in raw.items():
        decimals = entry.get("decimals")
        made[name] = Column(
            name, entry["type"], entry.get("unit", ""), label(entry), entry.get("codes"), decimals
        )
        if entry.get("interval"):
            for end, sv, en in (("lower", "undre", "lower"), ("upper", "övre", "upper")):
                words = Label(f"{entry['sv']}, {sv} gräns", f"{entry['en']}, {en} limit")
                bound = f"{name}_{end}"
                unit = entry.get("unit", "")
                made[bound] = Column(bound, entry["type"], unit, words, None, decimals)
    return made


def dimension(name: str, entry: dict[str, Any]) -> Dimension:
    """Return a dimension."""
    return Dimension(
        name=name,
        codes=entry["codes"],
        family=entry["family"],
        level=entry["level"],
        focus_rule=entry["focus_rule"],
        ordered=entry["ordered"],
        focus=entry.get("focus"),
        reference=entry.get("reference"),
        label=label(entry),
    )


def entity(name: str, entry: dict[str, Any]) -> Entity:
    """Return a delivered entity; ``!`` marks what must be filled."""
    columns = tuple(column.removesuffix("!") for column in entry["columns"])
    required = tuple(column[:-1] for column in entry["columns"] if column.endswith("!"))
    event = entry.get("event")
    return Entity(name, columns, required, tuple(entry["key"]), label(entry), event)


def _door(entry: dict[str, Any], columns: list[str]) -> Door:
    held = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    for name in ("in_unit", "of_all_levels", "of_all_periods", "medians", "tails", "of_many"):
        held[name] = _with_limits(held.get(name, ()), columns)
    cell = MappingProxyType(entry.get("cell", {}))
    held["also"] = tuple(
        (_with_limits(one["columns"], columns), MappingProxyType({**cell, **one["cell"]}))
        for one in entry.get("also", ())
    )
    held["shared"] = tuple(
        (_with_limits(one["columns"], columns), tuple(one["rows"]))
        for one in entry.get("shared", ())
    )
    held["wholes"] = tuple(tuple(one) for one in held.get("wholes", ()))
    held["lacking"] = tuple(
        (tuple(one["columns"]), one["share"], one["of"]) for one in entry.get("lacking", ())
    )
    of_level = MappingProxyType(entry.get("of_level", {}))
    return Door(by=entry.get("by", "cell"), cell=cell, of_level=of_level, **held)


def _with_limits(names: Iterable[str], columns: list[str]) -> tuple[str, ...]:
    ends = (one + end for one in names for end in ("", "_lower", "_upper"))
    return tuple(one for one in ends if one in columns)


def form(name: str, entry: dict[str, Any], common: dict[str, list[str]]) -> Form:
    """Return a form, its common columns written out."""
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
        label=label(entry),
        owner=entry["owner"],
        rhythm=entry["rhythm"],
        readers=label(entry["readers"]),
        source=label(entry["source"]),
        door=_door(entry.get("door", {}), columns),
    )


def tier(name: str, entry: dict[str, Any]) -> Tier:
    """Return a tier; without ``every_form`` it has the forms that it names."""
    forms = {form: _of_form(held) for form, held in entry.get("forms", {}).items()}
    return Tier(
        name=name,
        units=entry["units"],
        forms=None if entry.get("every_form") else MappingProxyType(forms),
        count_step=entry.get("count_step", 1),
        share_decimals=entry.get("share_decimals"),
        significant=entry.get("significant"),
        reference=tuple(entry.get("reference", ())),
    )


def _of_form(entry: dict[str, Any]) -> TierForm:
    shares = {name: Reckoned(**held) for name, held in entry.get("shares", {}).items()}
    return TierForm(tuple(entry["numbers"]), MappingProxyType(shares))


def own_to_units(entry: dict[str, Any]) -> OwnToUnits:
    """Return what is told of a named unit in its own extract only."""
    lists = {name: tuple(entry[name]) for name in ("domains", "entities", "item_groups")}
    return OwnToUnits(**lists, columns=MappingProxyType(entry["columns"]))


def _files(folder: Traversable) -> Iterator[Traversable]:
    for one in sorted(folder.iterdir(), key=lambda found: found.name):
        if one.is_dir():
            yield from _files(one)
        elif one.name.endswith(".toml"):
            yield one


@cache
def read_words() -> dict[str, dict[str, Any]]:
    """Return all files of the dictionary as one, read once: section, name, entry.

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
