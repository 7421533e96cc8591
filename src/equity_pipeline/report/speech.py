"""Words and numbers in the language of a page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from babel.numbers import format_decimal

from equity_pipeline.vocabulary import Label, vocabulary

HIDDEN = ".."
MINUS = "−"
NOISE = 9  # decimals beyond which a product is noise
LANGUAGES = ("sv", "en")
SCALES = {"percent": 100.0}
THOUSAND = 1000  # three or four figures are what is published of a rate
DECIMALS = {
    "per_100000": 0, "sek": 0, "sek_per_1000": 0, "index": 2, "ratio": 2, "persons": 0,
    "per_1000_listed": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speech:
    """One language: its words by section and key, and how it writes numbers."""

    code: str
    words: Mapping[str, Mapping[str, Any]]

    def say(self, key: str, **values: object) -> str:
        """Return the words of ``section.key`` with the values in their places.

        Examples
        --------
        >>> speech("en").say("page.run", run="a1")
        'run a1'
        """
        section, _, name = key.partition(".")
        return str(self.words[section][name]).format(**values)

    def knows(self, key: str) -> bool:
        """Return whether there are words for ``section.key``."""
        section, _, name = key.partition(".")
        return name in self.words.get(section, {})

    def counted(self, n: int, key: str, **values: object) -> str:
        r"""Return the words of ``section.key`` for one or for many, with the number in them.

        Examples
        --------
        >>> speech("sv").counted(1, "start.comparisons")
        '1 jämförelse'
        >>> speech("en").counted(4038, "start.hidden_some")
        '4,038 cells are not shown.'
        """
        section, _, name = key.partition(".")
        one, many = self.words[section][name]
        return str(one if n == 1 else many).format(n=self.plain(n), **values)

    def label(self, codes: str, code: str) -> str:
        """Return the dictionary's words for a code, in this language.

        Examples
        --------
        >>> speech("en").label("adjustment", "need_a")
        'adjusted for age and sex'
        """
        return self.word(vocabulary().label(codes, code))

    def known(self, codes: str, code: str) -> str:
        """Return the dictionary's words for a code, or the code where a region chose its own.

        Examples
        --------
        >>> speech("sv").known("approach_code", "visit"), speech("sv").known("approach_code", "A7")
        ('Besök', 'A7')
        """
        label = vocabulary().codes[codes].get(code)
        return code if label is None else self.word(label)

    def word(self, label: Label) -> str:
        """Return a label in this language."""
        return label.sv if self.code == "sv" else label.en

    def of(self, row: Mapping[str, Any], name: str) -> str:
        """Return a row's label in this language, for example its ``dimension_label``.

        Examples
        --------
        >>> speech("en").of({"level_label_sv": "Alla", "level_label_en": "All"}, "level_label")
        'All'
        """
        return str(row[f"{name}_{self.code}"])

    def number(
        self, value: float | None, unit: str, *, is_gap: bool = False, words: bool = True
    ) -> str:
        r"""Return a value as this language writes it; ``..`` when it is not shown.

        Parameters
        ----------
        value
            In natural scale: a share 0-1 where the unit is per cent.
        unit
            A code of ``unit_of_measure``.
        is_gap
            Whether it is a difference, which per cent call percentage points.
        words
            Whether the unit follows the number.

        Examples
        --------
        >>> speech("en").number(0.1012, "percent"), speech("sv").number(0.1012, "percent")
        ('10.1%', '10,1\xa0%')
        >>> speech("sv").number(1145.0, "per_1000"), speech("en").number(45.3, "per_1000")
        ('1\xa0145\xa0per 1\xa0000', '45.3\xa0per 1,000')
        """
        if value is None or value != value:
            return HIDDEN
        return self._number(value, unit, decimals_of(unit, value), is_gap=is_gap, words=words)

    def _number(
        self, value: float, unit: str, decimals: int, *, is_gap: bool = False, words: bool = False
    ) -> str:
        rounded = half_up(value * SCALES.get(unit, 1.0), decimals)
        text = self.plain(rounded, decimals)
        word = self.unit(unit, is_gap=is_gap) if words else ""
        return f"{text}{self._space(word)}{word}" if word else text

    def plain(self, value: float, decimals: int = 0) -> str:
        """Return a number with as many decimals and this language's signs.

        Examples
        --------
        >>> speech("sv").plain(-1.5, 1), speech("en").plain(12000)
        ('−1,5', '12,000')
        """
        rounded = half_up(value, decimals)
        text = _written(abs(rounded), decimals, self.words["speech"]["locale"])
        return f"{MINUS}{text}" if rounded < 0 else text

    def count(self, value: float | None) -> str:
        """Return a count, ``..`` when it is not shown.

        Examples
        --------
        >>> speech("en").count(1200.0), speech("en").count(None)
        ('1,200', '..')
        """
        return HIDDEN if value is None or value != value else self.plain(value)

    def tick(self, value: float, unit: str, *, is_gap: bool = False) -> str:
        r"""Return a number of an axis, with no more decimals than it needs.

        Examples
        --------
        >>> speech("sv").tick(0.825, "percent"), speech("sv").tick(0.8, "percent", is_gap=True)
        ('82,5\xa0%', '80')
        """
        scaled = round(value * SCALES.get(unit, 1.0), 3)
        decimals = next(n for n in range(4) if round(scaled, n) == scaled)
        text = self.plain(scaled, decimals)
        return f"{text}{self._space('%')}%" if unit == "percent" and not is_gap else text

    def unit(self, unit: str, *, is_gap: bool = False) -> str:
        """Return what a number is counted in, nothing for an index.

        Examples
        --------
        >>> speech("en").unit("percent", is_gap=True)
        'percentage points'
        """
        return str(self.words["measure"].get(unit, ("", ""))[is_gap])

    def measured(self, unit: str, adjustment: str) -> str:
        """Return the unit and the adjustment of values, for the line under a heading.

        Examples
        --------
        >>> speech("en").measured("percent", "crude"), speech("en").measured("index", "crude")
        ('Per cent, crude', 'Crude')
        """
        long = self.words["unit_long"].get(unit, self.unit(unit))
        words = f"{long}, {adjustment}" if long else adjustment
        return f"{words[:1].upper()}{words[1:]}"

    def interval(self, lower: float | None, upper: float | None, unit: str) -> str:
        """Return "8,1 till 12,0", or nothing when there is no interval.

        Examples
        --------
        >>> speech("en").interval(1.0, 2.0, "days")
        '1.0 to 2.0'
        """
        if lower is None or upper is None or lower != lower or upper != upper:
            return ""
        decimals = decimals_of(unit, lower, upper)
        low, high = (self._number(one, unit, decimals) for one in (lower, upper))
        return f"{low} {self.words['speech']['to']} {high}"

    def _space(self, word: str) -> str:
        return str(self.words["speech"]["per_cent_space"]) if word == "%" else "\u00a0"


def decimals_of(unit: str, *values: float) -> int:
    """Return the decimals that values are told with: a number of thousands has none.

    Examples
    --------
    >>> decimals_of("days", 12.4), decimals_of("per_1000", 980.0, 1020.0), decimals_of("index", 0.4)
    (1, 0, 2)
    """
    most = DECIMALS.get(unit, 1)
    return most if max(map(abs, values)) * SCALES.get(unit, 1.0) < THOUSAND else 0


def half_up(value: float, decimals: int) -> float:
    """Return a number rounded as Excel and most readers do: halves away from zero.

    A published value that lies halfway is read from its decimals, not from its binary form.

    Examples
    --------
    >>> half_up(1056.5, 0), half_up(-0.125, 2), half_up(0.8045 * 100, 1)
    (1057.0, -0.13, 80.5)
    """
    place = Decimal(1).scaleb(-decimals)
    return float(Decimal(repr(round(value, NOISE))).quantize(place, ROUND_HALF_UP))


@lru_cache(maxsize=100_000)
def _written(value: float, decimals: int, locale: str) -> str:
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return str(format_decimal(value, format=pattern, locale=locale))


@cache
def speech(code: str) -> Speech:
    """Return a language of the pages: ``sv`` or ``en``.

    Examples
    --------
    >>> speech("sv").say("page.start")
    'Start'
    """
    words: dict[str, dict[str, Any]] = {}
    for source in files("equity_pipeline.report").joinpath("words").iterdir():
        if source.name.startswith((f"{code}.", f"{code}_")):
            words |= tomllib.loads(source.read_text("utf-8"))
    return Speech(code, words)


SWEDISH = speech("sv")
