"""What a region decides about personal data: who looks, how long it is kept, how it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from equity_pipeline.settings.base import Section

Days = Annotated[int, Field(ge=1)]


class SourceRecord(Section):
    """``[deliveries.sources.<layout>]``: why, by which right and for whom one source is held.

    What is empty is that of ``[deliveries]``. ``persons`` are the categories of people that the
    source tells of, ``recipients`` who gets what is made of it.

    Examples
    --------
    >>> SourceRecord(owner="Primärvården").legal_basis
    ''
    """

    purpose: str = ""
    legal_basis: str = ""
    owner: str = ""
    persons: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


class AccessSettings(Section):
    """``[access]``: the log of who opened internal data.

    ``unit`` is the unit that those who look belong to; the region if empty. ``group`` is a group
    of the operating system that may read cells, and nothing of persons, through the command;
    without one only the owner of the home reads either. Lines are kept for ``keep_years``.

    Examples
    --------
    >>> AccessSettings().keep_years
    5
    """

    unit: str = ""
    group: str = ""
    keep_years: int = Field(5, ge=5)  # HSLF-FS 2016:40, chapter 4, section 9


class RetentionSettings(Section):
    """``[retention]``: for how many days deliveries are kept, counted from the day of delivery.

    ``days`` goes by layout; one that is not named is kept until somebody names it.
    ``quarantine_days`` lets rows that were set aside go sooner. ``backups`` are folders with copies
    of the internal databases: all go when rows that they hold have gone.

    Examples
    --------
    >>> RetentionSettings(days={"standard": 3650}).quarantine_days is None
    True
    """

    days: Mapping[str, Days] = Field(default_factory=dict)
    quarantine_days: Days | None = None
    backups: tuple[Path, ...] = ()


class RecordSettings(Section):
    """``[record]``: what the record of processing (article 30) says that nothing else tells.

    ``transfers`` are those to countries outside the EU and EEA; ``measures`` are the region's own,
    beside those of the pipeline.

    Examples
    --------
    >>> RecordSettings().transfers
    'Ingen överföring utanför EU/EES'
    """

    controller: str = ""
    contact: str = ""
    data_protection_officer: str = ""
    processors: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    transfers: str = "Ingen överföring utanför EU/EES"
    measures: tuple[str, ...] = ()
