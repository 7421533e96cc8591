"""The catalogue: every declared indicator, the packaged ones and those that a region adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from equity_pipeline.errors import DeclarationError
from equity_pipeline.indicators.declaration import Declaration, read_declaration
from equity_pipeline.indicators.nested import nested
from equity_pipeline.indicators.pathway import pathway_measures
from equity_pipeline.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class Catalogue(Mapping[str, Declaration]):
    """Indicators by id, in order of domain and id; measures are found by id, and not among them."""

    declarations: Mapping[str, Declaration]
    own_measures: Mapping[str, Declaration] = field(default_factory=lambda: MappingProxyType({}))

    def __getitem__(self, indicator_id: str) -> Declaration:
        if indicator_id in self.own_measures:
            return self.own_measures[indicator_id]
        try:
            return self.declarations[indicator_id]
        except KeyError:
            near = get_close_matches(indicator_id.upper(), self.declarations, n=1, cutoff=0.3)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UnknownIndicator(
                f"There is no indicator {indicator_id!r}.",
                mend=f"{hint}`equity catalogue` lists all",
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.declarations)

    def __len__(self) -> int:
        return len(self.declarations)

    def select(self, ids: Iterable[str] = ()) -> tuple[Declaration, ...]:
        """Return the named indicators in the order named, all when none is named.

        Raises
        ------
        DeclarationError
            Names an id that is not declared.

        Examples
        --------
        >>> [one.indicator_version for one in load_catalogue().select(["VT01"])]
        ['VT01@1.0.0']
        """
        wanted = tuple(dict.fromkeys(ids))
        return tuple(self[one] for one in wanted or self.declarations)

    def measures(self) -> tuple[Declaration, ...]:
        """Return what is counted for the tables alone, never published as an indicator."""
        return tuple(self.own_measures.values())

    def table(self) -> list[dict[str, object]]:
        """Return a row an indicator for listing: names, kind, unit, limit, need, hash, words."""
        among = nested(self.declarations.values())
        return [
            _row(one) | {"people_among": [outer for inner, outer in sorted(among) if inner == id_]}
            for id_, one in self.declarations.items()
        ]


class UnknownIndicator(DeclarationError, KeyError):
    """An id that is not declared; a ``KeyError`` too, as of any mapping."""

    __str__ = DeclarationError.__str__


def load_catalogue(extra: Sequence[Path] = ()) -> Catalogue:
    """Return all packaged declarations together with those of the given files and folders.

    Parameters
    ----------
    extra
        TOML files, or folders of them: ``<domain>/<id>_<name>.toml``, or files that state their
        domain and id.

    Raises
    ------
    ExceptionGroup
        Of ``DeclarationError``: every fault of every file, and every id declared twice.

    Examples
    --------
    >>> catalogue = load_catalogue()
    >>> catalogue["VT01"].headline_adjustment, catalogue["BR14"].family
    ('crude', 'poisson')
    """
    with resources.as_file(resources.files("equity_pipeline.indicators") / "declared") as packaged:
        files = tuple((path, _written(path)) for path in _files([packaged, *extra]))
    return _load(files)


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(
    maxsize=8
)  # every stage asks for the catalogue; a file that is written anew is read anew
def _load(files: tuple[tuple[Path, int], ...]) -> Catalogue:
    found: dict[str, tuple[Declaration, Path]] = {}
    told: list[DeclarationError] = []
    for path, _ in files:
        try:
            _add(found, read_declaration(path), path)
        except DeclarationError as fault:
            told.append(fault)
    told += _without_company(found)
    if told:
        raise ExceptionGroup(f"{len(told)} declarations cannot be used", told)
    every = [one for one, _ in found.values()]
    indicators = sorted((one for one in every if not one.is_measure), key=_place)
    counted = [*(one for one in every if one.is_measure), *pathway_measures()]
    measures = sorted(counted, key=lambda one: one.id)
    return Catalogue(
        MappingProxyType({one.id: one for one in indicators}),
        MappingProxyType({one.id: one for one in measures}),
    )


def _place(one: Declaration) -> tuple[int, str]:
    return vocabulary().domains[one.domain][1].order, one.id


def _without_company(found: Mapping[str, tuple[Declaration, Path]]) -> list[DeclarationError]:
    """Return an error for each declaration that is to be shown beside one that is not there."""
    return [
        DeclarationError(
            f"{one.id} is shown beside {one.beside}, which is not declared.",
            where=str(path),
            mend="declare it, or take the key beside away",
        )
        for one, path in found.values()
        if one.beside is not None and one.beside not in found
    ]


def _files(places: Sequence[Path]) -> Iterator[Path]:
    for place in places:
        yield from sorted(place.rglob("*.toml")) if place.is_dir() else [place]


def _add(found: dict[str, tuple[Declaration, Path]], one: Declaration, path: Path) -> None:
    if one.id in found:
        raise DeclarationError(
            f"The indicator {one.id} is declared twice.",
            where=f"{found[one.id][1]} and {path}",
            mend="give one of them an id of its own",
        )
    found[one.id] = (one, path)


def _row(one: Declaration) -> dict[str, object]:
    row = one.model_dump(
        include={
            "id", "domain", "sv", "en", "kind", "unit", "direction", "mid", "mid_relative",
            "floor", "adjusters", "never_adjust", "access_facet", "target_area", "good_care",
            "beside", "evidence_ref", "definition_sv", "definition_en",
        }
    )  # fmt: skip
    row |= {
        "indicator_version": one.indicator_version,
        "definition_hash": one.definition_hash,
        "headline_adjustment": one.headline_adjustment,
        "has_evidence": one.has_evidence,
    }
    return row
