"""Layouts: what a delivered file looks like and how its columns become ours, declared in TOML."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from equity_pipeline.deliveries.layouts.rules import (
    SAME,
    Beside,
    Checked,
    ColumnRule,
    Declared,
    Ignored,
    Role,
    RowRule,
    shape_of,
)
from equity_pipeline.errors import DeclarationError
from equity_pipeline.vocabulary import Entity, vocabulary

ID_COLUMNS = frozenset(
    (
        *("person_id", "contact_id", "unit_hsa_id", "successor_unit_hsa_id", "physician_key"),
        *("episode_id", "response_id", "programme_id", "activity_id"),
    )
)
Format = Literal["csv", "parquet", "xlsx"]
CHECKED = "checked"  # stands for the entity in the name of a column that is judged, not kept


class EntityLayout(Declared):
    """One of our entities, made from the rows of a file: all, or those where ``when`` is true."""

    entity: str
    when: str | None = None
    columns: dict[str, ColumnRule] = Field(default_factory=dict)
    distinct: Literal["latest", "first"] | None = None
    distinct_by: str | None = None
    total: str | None = None

    @model_validator(mode="after")
    def _known(self) -> EntityLayout:
        if self.entity not in vocabulary().entities:
            raise ValueError(f"the vocabulary has no entity {self.entity!r}")
        unknown = sorted(set(self.columns) - set(self.described.columns))
        if unknown:
            raise ValueError(f"{self.entity} has no column {unknown}")
        if (self.distinct is None) != (self.distinct_by is None):
            raise ValueError("distinct and distinct_by go together")
        self._check_total()
        return self

    def _check_total(self) -> None:
        if self.total is None:
            return
        if self.distinct is not None:
            raise ValueError("rows of one key are either added up (total) or chosen (distinct)")
        if self.total not in self.described.columns or self.total in self.described.key:
            raise ValueError(f"{self.total!r} is no column of {self.entity} that can be added up")

    @property
    def described(self) -> Entity:
        """The entity as the vocabulary has it."""
        return vocabulary().entities[self.entity]

    def rule(self, column: str) -> ColumnRule:
        """Return the rule of a column; by default its own name."""
        return self.columns.get(column, SAME)

    def is_free_text(self, column: str) -> bool:
        """Return whether a column holds words: no codes, pattern, role or map narrow it down."""
        rule, known = self.rule(column), vocabulary().column(column)
        narrowed = known.codes or rule.pattern or rule.role or rule.map or rule.constant
        return known.type == "VARCHAR" and column not in ID_COLUMNS and not narrowed

    @cached_property
    def obliged(self) -> frozenset[str]:
        """Foreign columns that must be in the header: of required and of mentioned columns."""
        named = set(self.described.required) | set(self.columns)
        found = {f for column in named for f in self.rule(column).foreign(column)}
        return frozenset(found | ({self.when} if self.when else set()))

    @cached_property
    def possible(self) -> frozenset[str]:
        """All foreign columns that are taken when they are there and the file is not closed."""
        names = self.described.columns
        return frozenset(f for column in names for f in self.rule(column).foreign(column))


class FileLayout(Declared):
    """One kind of file: how it is written, what is in it, and what a row must obey.

    In a ``closed`` file only the mentioned columns may stand, and of one with ``only`` no others
    are read; a ``steady`` one is as large as the deliveries before it. ``prepare`` is a file of
    ``sql/`` that ``adds`` columns, from tables ``beside`` too.
    """

    pattern: str
    entity: tuple[EntityLayout, ...] = Field(min_length=1)
    about: str = ""
    format: Format | None = None
    encoding: str = "utf-8"
    delimiter: str = Field(";", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    thousands: tuple[Annotated[str, Field(pattern=r"^[^0-9.,+-]$")], ...] = ()
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    timestamps: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("",)
    ignored: tuple[Ignored, ...] = ()
    checked: tuple[Checked, ...] = ()
    rule: tuple[RowRule, ...] = ()
    sheet: str | None = None
    steady: bool = False
    closed: bool = False
    may_be_empty: bool = False
    only: tuple[str, ...] = ()
    prepare: str | None = None
    adds: tuple[str, ...] = ()
    beside: tuple[Beside, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> FileLayout:
        for given in self.dates + self.timestamps:
            shape_of(given)
        names = [one.entity for one in self.entity]
        if len(set(names)) != len(names):
            raise ValueError("an entity is declared twice for the same file")
        for reference in self._references():
            if not self._has(reference):
                raise ValueError(f"{reference!r} is not entity.column of this file")
        return self

    def _has(self, reference: str) -> bool:
        entity, _, column = reference.partition(".")
        if entity == CHECKED:
            return column in {one.name for one in self.checked}
        names = {one.entity for one in self.entity}
        return entity in names and column in vocabulary().entities[entity].columns

    def _references(self) -> Iterator[str]:
        yield from (reference for rule in self.rule for reference in rule.references)
        yield from (one.distinct_by for one in self.entity if one.distinct_by)

    @property
    def obliged(self) -> frozenset[str]:
        """Foreign columns without which the file is refused."""
        rules = {rule.source for rule in self.rule if rule.source}
        rules |= {one.name for one in self.checked}
        asked = frozenset(rules).union(self.only, *(one.obliged for one in self.entity))
        return asked - set(self.adds)

    @property
    def known(self) -> frozenset[str]:
        """Every foreign column that may stand in the header."""
        ignored = {name for one in self.ignored for name in one.all}
        possible = () if self.closed else tuple(one.possible for one in self.entity)
        return self.obliged.union(ignored, *possible) - set(self.adds)

    def takes(self, foreign: str) -> bool:
        """Return whether a column may stand in the header."""
        return bool(self.only) or foreign in self.known

    @property
    def free_texts(self) -> frozenset[str]:
        """Foreign columns that are taken as free text: what stands first in them is judged too."""
        found = {
            foreign
            for one in self.entity
            for column in one.described.columns
            for foreign in one.rule(column).foreign(column)
            if one.is_free_text(column)
        }
        return frozenset(
            found
            | {
                one.name
                for one in self.checked
                if one.type == "VARCHAR" and not (one.codes or one.pattern)
            }
        )

    def roles(self) -> dict[str, Role]:
        """Return the role of each foreign column that holds an identity, pseudonym or code."""
        found: dict[str, Role] = {}
        for one in self.entity:
            for column in one.described.columns:
                rule = one.rule(column)
                role = rule.role or ("code" if column in ID_COLUMNS else None)
                if role:
                    found = dict.fromkeys(rule.foreign(column), role) | found
                if role == "identity":
                    found |= dict.fromkeys(rule.foreign(column), role)
        left = {name: one.role for one in self.ignored if one.role for name in one.all}
        return left | found

    def patterns(self) -> dict[str, str]:
        """Return the declared pattern of each foreign column that is taken as it is written."""
        found = {}
        for one in self.entity:
            for column, rule in one.columns.items():
                if rule.pattern is not None and len(rule.foreign(column)) == 1:
                    found[rule.foreign(column)[0]] = rule.pattern
        return found

    def format_of(self, name: str) -> str:
        """Return the declared format, or the one that the file's suffix says."""
        return self.format or PurePosixPath(name).suffix.removeprefix(".").lower()


class _LayoutFile(Declared):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    about: str = ""
    key_file: Path | None = None
    ignore_case: bool = False
    ignored_file: tuple[Ignored, ...] = ()
    file: tuple[FileLayout, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Layout:
    """A declared layout with the digest of its text; ``key_file`` serves identity columns."""

    name: str
    digest: str
    files: tuple[FileLayout, ...]
    ignored_files: tuple[Ignored, ...]
    key_file: Path | None
    ignore_case: bool = False

    def find(self, name: str) -> FileLayout | None:
        """Return the first declared file whose pattern fits the bare file name."""
        return next((file for file in self.files if self._fits(name, file.pattern)), None)

    def ignores(self, name: str) -> bool:
        """Return whether a file is left aside by its bare name."""
        patterns = (pattern for one in self.ignored_files for pattern in one.all)
        return any(self._fits(name, pattern) for pattern in patterns)

    def _fits(self, name: str, pattern: str) -> bool:
        bare = PurePosixPath(name).name
        if self.ignore_case:
            return fnmatchcase(bare.lower(), pattern.lower())
        return fnmatchcase(bare, pattern)


def read_layout(path: Path) -> Layout:
    """Return the layout of a TOML file.

    Raises
    ------
    DeclarationError
        Names the file and each key that is unknown or contradicts the vocabulary.
    """
    try:
        data = path.read_bytes()
        declared = _LayoutFile.model_validate(tomllib.loads(data.decode("utf-8")))
    except ValidationError as error:
        raise DeclarationError(_say(error), where=str(path), mend="see configs/layouts") from None
    except OSError:
        raise DeclarationError("The layout cannot be read.", where=str(path)) from None
    except ValueError as error:
        raise DeclarationError(f"The layout is not TOML: {error}", where=str(path)) from None
    digest = hashlib.sha256(data).hexdigest()[:12]
    key = path.parent / declared.key_file if declared.key_file else None
    layout = Layout(
        declared.name, digest, declared.file, declared.ignored_file, key, declared.ignore_case
    )
    if key is None and any("identity" in one.roles().values() for one in layout.files):
        raise DeclarationError(
            "An identity column needs a key_file.", where=str(path), mend="declare key_file"
        )
    return layout


def find_layout(layouts: Iterable[Layout], name: str) -> tuple[Layout, FileLayout] | None:
    """Return the first declared file whose pattern fits the bare file name."""
    found = ((layout, layout.find(name)) for layout in layouts)
    return next(((layout, file) for layout, file in found if file is not None), None)


def _say(error: ValidationError) -> str:
    told: list[Any] = []
    for one in error.errors():
        place = ".".join(str(part) for part in one["loc"])
        told.append(f"{place}: {one['msg']}")
    return "The layout cannot be used:\n  " + "\n  ".join(told)
