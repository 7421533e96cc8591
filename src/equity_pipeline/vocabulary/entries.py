"""What the dictionary holds: a label, a column, a dimension, an entity, a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Label:
    """Swedish and English words for one thing, and its place in a list."""

    sv: str
    en: str
    order: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """One column: DuckDB type, unit, words, the code list it takes values from, and decimals.

    ``decimals`` are those published of what is not in the indicator's unit: ratios, shares, p.
    """

    name: str
    type: str
    unit: str
    label: Label
    codes: str | None = None
    decimals: int | None = None


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
class Door:
    """How the disclosure door judges the rows of a form.

    Attributes
    ----------
    by
        ``cell``: a row is hidden with its own cell; ``contrast``: with the cell of its focus or
        reference level; ``rows``: it counts rows of files; ``nobody``: no person stands behind it.
    cell
        Where a part of the cell's key stands under another column, or ``=`` and what it always is.
    counts
        The columns with the cell's denominator and numerator.
    in_unit
        Columns in the indicator's unit: rounded to what the denominator bears.
    sized_by
        Those of them whose size says how many decimals a rate or mean bears; the first if none.
    of_level
        Those of them that are one group's value, with the column of its level: they bear what the
        group bears, in every form the same.
    of_all_levels
        Columns that are empty where any level of the dimension is hidden.
    of_all_periods
        Columns that rest on other periods too: empty where one of these is hidden.
    together
        Columns that name rows which are hidden together: where one is, all are.
    shared
        Columns that several rows make together, with the columns that name such rows: where one
        row is hidden, they are empty in all of them.
    kept
        Words after ``value_status`` that say how, not how many.
    medians, tails
        Columns that are a median, or a tenth or ninetieth percentile, of people: empty where the
        cell has too few of them.
    of_many
        Columns that rest on many other cells too, of which none can be told from them: those of a
        model, a mean over places, a limit, a rank.
    also
        Columns that rest on another cell too, with where the parts of its key stand: they are
        empty where that cell is hidden.
    wholes
        Measures whose shares of the same people add up to one: where one of them is hidden, so is
        another.
    lacking
        Of forms that count rows of files: columns that are empty where few rows lack something,
        the share that has it, and the column that it is a share of.
    """

    by: str = "cell"
    cell: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[str, ...] = ()
    in_unit: tuple[str, ...] = ()
    sized_by: tuple[str, ...] = ()
    of_level: Mapping[str, str] = field(default_factory=dict)
    of_all_levels: tuple[str, ...] = ()
    of_all_periods: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    shared: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    kept: tuple[str, ...] = ()
    medians: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    of_many: tuple[str, ...] = ()
    also: tuple[tuple[tuple[str, ...], Mapping[str, str]], ...] = ()
    wholes: tuple[tuple[str, ...], ...] = ()
    lacking: tuple[tuple[tuple[str, ...], str, str], ...] = ()


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
    door: Door


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A share that a tier reckons anew: the columns of its part and its whole."""

    part: str
    whole: str


@dataclass(frozen=True, slots=True)
class TierForm:
    """What a tier has of a form: counts as they are after rounding, and shares reckoned of them."""

    numbers: tuple[str, ...]
    shares: Mapping[str, Reckoned] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tier:
    """Who sees what.

    Attributes
    ----------
    forms
        The forms that it has and what of them; None where it has all columns of every form.
    count_step
        Counts are rounded to the nearest multiple of it.
    share_decimals, significant
        Decimals of shares and figures of other values that few persons bear; None as they are.
    units
        Whose rows it has of what is told of named units in their own extract only: ``all``,
        ``own`` or ``none``.
    reference
        Forms of which it has, beside the rows of a unit, the region's rows of the same key.
    """

    name: str
    units: str
    forms: Mapping[str, TierForm] | None = None
    count_step: int = 1
    share_decimals: int | None = None
    significant: int | None = None
    reference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnToUnits:
    """What is told of a named unit in its own extract only, and which columns name a unit.

    ``columns`` holds for each column what other columns must say for it to name a unit.
    """

    domains: tuple[str, ...]
    entities: tuple[str, ...]
    item_groups: tuple[str, ...]
    columns: Mapping[str, Mapping[str, str]]
