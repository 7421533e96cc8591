"""Holds each source to what must be declared of it: purpose, legal basis and owner."""

from __future__ import annotations

from collections.abc import Iterable

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import DECLARED, Settings


def check_declared(settings: Settings, layouts: Iterable[str]) -> None:
    """Raise if a source, by the name of its layout, lacks what must be said before it is read.

    Raises
    ------
    ConfigurationError
        Names every source and what it lacks, and every declared source that has no layout.

    Examples
    --------
    >>> held = {"purpose": "a", "legal_basis": "b", "owner": "c"}
    >>> check_declared(Settings.model_validate({"deliveries": held}), ["flat"])
    """
    names, held = list(layouts), settings.deliveries
    told = [
        f"Deliveries of {name} need a declared {key}."
        for name in names
        for key in DECLARED
        if not getattr(held.record_of(name), key).strip()
    ]
    told += [f"No layout is called {name}." for name in sorted(set(held.sources) - set(names))]
    if told:
        raise ConfigurationError(
            "\n".join(told),
            where="[deliveries] or [deliveries.sources.<layout>]",
            mend="say in the configuration why, by which right and for whom the data are held",
        )
