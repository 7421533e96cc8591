"""What must be empty in each form once it is known which cells are hidden."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.disclosure.equations import Cell
from equity_pipeline.disclosure.rules import DisclosurePolicy, Flags
from equity_pipeline.vocabulary import ALL, MISSING, TOTAL, vocabulary

SUPPRESSED = "suppressed"
STATUS = "value_status"
# words that say how, not how many
DECLARED = {"standard_population", "need_model", "headline_adjustment", "test_family"}
# forms that count rows of whole files, with the column that does: no indicator, no cell
FILE_FORMS = MappingProxyType({"checks": "n_checked", "deliveries": "n_rows"})
READINESS_NUMBERS = (
    "n_source",
    "n_linked",
    "linkage_rate",
    "completeness",
    "completeness_focus",
    "completeness_ref",
    "completeness_gap",
    "register_coverage",
)
OF_ALL_LEVELS = (
    *(
        name + end
        for name in ("sii", "rii", "conc_index", "erreygers_index")
        for end in ("", "_lower", "_upper")
    ),
    "mean_diff_from_best",
    "between_group_sd",
    "gradient_shape",
)
OF_ALL_PERIODS = (
    "slope_abs_per_year",
    "slope_abs_per_year_lower",
    "slope_abs_per_year_upper",
    "gap_direction",
    "n_periods",
)


class Whole(NamedTuple):
    """A dimension of an indicator in a period and place."""

    indicator_id: str
    period_start: object
    period_end: object
    geography_code: str
    dimension: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which cells are hidden, seen from the other forms.

    Attributes
    ----------
    hidden
        For each judged cell, whether it is hidden.
    exempt
        Indicators that no persons stand behind.
    incomplete
        Dimensions in which at least one level is hidden.
    """

    hidden: Mapping[Cell, bool]
    exempt: Collection[str]
    incomplete: Collection[Whole]

    def hides(self, cell: Cell) -> bool:
        """Return whether a level may not be shown; what was not judged may not."""
        if cell.indicator_id in self.exempt:
            return False
        if cell.level == ALL:
            cell = cell._replace(dimension=TOTAL)
        return self.hidden.get(cell.canonical(), True)


def numbers_of(form: str) -> tuple[str, ...]:
    """Return the columns of a form that are empty in a hidden row.

    Examples
    --------
    >>> numbers_of("stratified")[:3]
    ('n_persons', 'n_denominator', 'n_numerator')
    """
    if form == "readiness":
        return READINESS_NUMBERS
    columns = vocabulary().forms[form].columns
    after = columns[columns.index(STATUS) + 1 :]
    return tuple(name for name in after if name not in DECLARED)


def words_of(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values, each made once: quicker where few values repeat.

    Examples
    --------
    >>> words_of(pa.chunked_array([["a", "b"], ["a", None]]))
    ['a', 'b', 'a', None]
    """
    coded = column.combine_chunks().dictionary_encode()
    words = [*coded.dictionary.to_pylist(), None]
    return [words[code] for code in coded.indices.fill_null(len(words) - 1).to_pylist()]


def cells_of(data: pa.Table, *, level: str = "level") -> list[Cell]:
    """Return the canonical cell of each row; ``level`` names the column that holds it."""
    names = ["indicator_id", "period_start", "period_end", "geography_code", "dimension", level]
    has_sexes = "strat2_level" in data.column_names
    sexes = words_of(data["strat2_level"]) if has_sexes else [ALL] * data.num_rows
    columns = [words_of(data[name]) for name in names]
    return [Cell(*key).canonical() for key in zip(*columns, sexes, strict=True)]


def wholes_of(data: pa.Table) -> list[Whole]:
    """Return the dimension that each row belongs to."""
    columns = [words_of(data[name]) for name in Whole._fields]
    return [Whole(*key) for key in zip(*columns, strict=True)]


def emptied(data: pa.Table, columns: Iterable[str], where: Flags) -> pa.Table:
    """Return the table with columns NULL where a flag stands.

    Examples
    --------
    >>> emptied(pa.table({"a": [1, 2]}), ["a"], np.array([True, False]))["a"].to_pylist()
    [None, 2]
    """
    for name in columns:
        place, field = data.schema.get_field_index(name), data.schema.field(name)
        made = pc.if_else(pa.array(where, pa.bool_()), pa.scalar(None, field.type), data[name])
        data = data.set_column(place, field, made)
    return data


def suppressed(form: str, data: pa.Table, where: Flags) -> pa.Table:
    """Return the table with all numbers of some rows NULL and their status ``suppressed``."""
    data = emptied(data, numbers_of(form), where)
    status = np.where(where, SUPPRESSED, np.array(data[STATUS].to_pylist(), dtype=object))
    place = data.schema.get_field_index(STATUS)
    return data.set_column(place, data.schema.field(STATUS), pa.array(status, pa.string()))


def stratified(data: pa.Table, verdict: Verdict, policy: DisclosurePolicy) -> pa.Table:
    """Return T1 with hidden cells empty, and no share of missing where its level is hidden."""
    del policy
    cells = cells_of(data)
    data = suppressed("stratified", data, _flags(verdict.hides(cell) for cell in cells))
    unshown = _flags(
        cell.indicator_id not in verdict.exempt and verdict.hides(_missing(whole))
        for cell, whole in zip(cells, wholes_of(data), strict=True)
    )
    some = _flags(bool(share) for share in data["missing_share"].to_pylist())
    return emptied(data, ["missing_share"], unshown & some)


def gap(data: pa.Table, verdict: Verdict, policy: DisclosurePolicy) -> pa.Table:
    """Return T2 without the gaps of hidden levels, nor measures over all levels where one is."""
    del policy
    data = suppressed("gap", data, _either_level(data, verdict))
    incomplete = _flags(whole in verdict.incomplete for whole in wholes_of(data))
    return emptied(data, OF_ALL_LEVELS, incomplete)


def trend(data: pa.Table, verdict: Verdict, policy: DisclosurePolicy) -> pa.Table:
    """Return T5 without hidden periods, nor slopes that used one."""
    del policy
    where = _either_level(data, verdict)
    series = _series(data)
    broken = {key for key, flag in zip(series, where, strict=True) if flag}
    data = suppressed("trend", data, where)
    data = emptied(data, OF_ALL_PERIODS, _flags(key in broken for key in series))
    whole = [cell._replace(dimension=TOTAL, level=ALL) for cell in _all_cells(data)]
    return emptied(data, ["level_all"], _flags(verdict.hides(cell) for cell in whole))


def readiness(data: pa.Table, verdict: Verdict, policy: DisclosurePolicy) -> pa.Table:
    """Return T0 without counts of too few rows."""
    del verdict
    counts = [data[name].to_pylist() for name in ("n_source", "n_linked")]
    few = _flags(
        any(one is not None and 0 < one < policy.smallest_count for one in pair)
        for pair in zip(*counts, strict=True)
    )
    return suppressed("readiness", data, few)


def _is_of_persons(entity: str) -> bool:
    held = vocabulary().entities.get(entity)
    return held is None or bool({"person_id", "response_id"} & set(held.columns))


def of_files(form: str) -> Callable[[pa.Table, Verdict, DisclosurePolicy], pa.Table]:
    """Return the rule of a form that counts rows of files: too few rows of persons are not told.

    Examples
    --------
    >>> of_files("checks").__name__
    'few_rows_hidden'
    """

    def few_rows_hidden(data: pa.Table, verdict: Verdict, policy: DisclosurePolicy) -> pa.Table:
        del verdict
        counted = data[FILE_FORMS[form]].to_pylist()
        entities = data["entity"].to_pylist()
        few = _flags(
            n is not None and 0 < n < policy.smallest_denominator and _is_of_persons(entity)
            for n, entity in zip(counted, entities, strict=True)
        )
        return suppressed(form, data, few)

    return few_rows_hidden


PROPAGATE: Mapping[str, Callable[[pa.Table, Verdict, DisclosurePolicy], pa.Table]] = {
    **{form: of_files(form) for form in FILE_FORMS},
    "readiness": readiness,
    "stratified": stratified,
    "gap": gap,
    "trend": trend,
}


def _missing(whole: Whole) -> Cell:
    return Cell(*whole, MISSING, ALL)  # type: ignore[arg-type]


def _all_cells(data: pa.Table) -> Iterator[Cell]:
    yield from (Cell(*whole, ALL, ALL) for whole in wholes_of(data))  # type: ignore[arg-type]


def _either_level(data: pa.Table, verdict: Verdict) -> Flags:
    focus = cells_of(data, level="focus_level")
    reference = cells_of(data, level="reference_level")
    return _flags(
        verdict.hides(one) or verdict.hides(other)
        for one, other in zip(focus, reference, strict=True)
    )


def _series(data: pa.Table) -> Sequence[tuple[object, ...]]:
    names = (
        "indicator_id",
        "period_kind",
        "geography_code",
        "dimension",
        "focus_level",
        "reference_level",
        "adjustment",
    )
    return list(zip(*(words_of(data[name]) for name in names), strict=True))


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, bool)
