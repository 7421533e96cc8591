"""What need may hold: never socioeconomics, origin, area, provider, unit, or the stratum itself.

Taking account of those would remove the very difference that is looked for, so a need model
refuses them by name, whoever built its design.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from equity_pipeline.statistics.estimate import require
from equity_pipeline.vocabulary import vocabulary

# strata that are themselves need: the model goes without them, and the label says so
NEED_ITSELF = frozenset({"age", "sex"})
SAME = {"gender": "sex", "ages": "age"}
# words of a name that say how a variable is cut, not what it is
FORM = frozenset(
    {"band", "group", "class", "quintile", "fifth", "decile", "level", "code", "number", "count"}
    | {"n", "x", "of", "and", "by", "in", "the", "year", "years", "spline", "squared", "cumulative"}
)


@dataclass(frozen=True, slots=True)
class NeedSet:
    """Need variables that a stratum may be adjusted for, and those left out of it."""

    names: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the need set takes account of, and what it does not, in words."""
        adjusted = f"adjusted for {', '.join(self.names)}" if self.names else "unadjusted"
        return f"{adjusted}; unadjusted for {', '.join(self.dropped)}" if self.dropped else adjusted


def need_set(names: Sequence[str], *, stratum: str, also: Iterable[str] = ()) -> NeedSet:
    """Return the need variables for strata of one kind: age and sex are dropped from themselves.

    Parameters
    ----------
    names
        Names of need variables.
    stratum
        Name of the variable whose levels are compared.
    also
        Further names that this indicator is never adjusted for.

    Raises
    ------
    MethodError
        If a name is one that is never adjusted for, or is the stratum's own (but for age and
        sex).

    Examples
    --------
    >>> need_set(["age", "sex", "morbidity"], stratum="sex").label
    'adjusted for age, morbidity; unadjusted for sex'
    >>> need_set(["age", "sex"], stratum="income_quintile").names
    ('age', 'sex')
    """
    own = {name for name in names if _own(name, stratum) & NEED_ITSELF}
    kept = tuple(name for name in names if name not in own)
    refuse_adjusters(kept, stratum=stratum, also=also)
    return NeedSet(kept, tuple(name for name in names if name in own))


def refuse_adjusters(names: Sequence[str], *, stratum: str = "", also: Iterable[str] = ()) -> None:
    """Refuse need variables that are never adjusted for, by their names.

    Parameters and errors as in :func:`need_set`, but age and sex are refused among strata of
    themselves too.

    Examples
    --------
    >>> refuse_adjusters(["age", "income_quintile"])
    Traceback (most recent call last):
    ...
    equity_pipeline.errors.MethodError: These are never adjusted for: income_quintile.
    Where: the need design
    To mend: take socioeconomics, origin, area, provider and unit out of the need design
    """
    barred = [name for name in names if name in set(also) or _words(name) & _never()]
    require(
        not barred,
        f"These are never adjusted for: {', '.join(barred)}.",
        where="the need design",
        mend="take socioeconomics, origin, area, provider and unit out of the need design",
    )
    own = [name for name in names if _own(name, stratum)]
    require(
        not own,
        f"Levels of {stratum} cannot be adjusted for {', '.join(own)}.",
        where="the need design",
        mend="make the design of need_set(names, stratum=...), which drops what is the stratum's",
    )


def _never() -> frozenset[str]:
    return vocabulary().never_adjust


def _words(name: str) -> set[str]:
    return set(name.lower().replace("-", "_").replace(" ", "_").split("_"))


def _meant(name: str) -> set[str]:
    """Return what a variable is, without how it is cut."""
    words = _words(name)
    if {"birth", "year"} <= words:
        return {"age"}
    return {SAME.get(word, word) for word in words if not word.isdigit()} - FORM - {""}


def _own(name: str, stratum: str) -> set[str]:
    return _meant(name) & _meant(stratum)
