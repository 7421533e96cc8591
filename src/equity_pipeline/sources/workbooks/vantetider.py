"""Väntetider i vården: monthly shares by health centre, region and country, from workbooks."""

from __future__ import annotations

from equity_pipeline.settings.workbooks import VantetiderSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.part import Part
from equity_pipeline.sources.workbooks.files import Workbooks, workbooks
from equity_pipeline.sources.workbooks.manner import Edition, Manner
from equity_pipeline.sources.workbooks.place_figures import PlaceFigure, read_figures
from equity_pipeline.sources.workbooks.places import Gazetteer
from equity_pipeline.sources.workbooks.unit_tables import gazetteer_of, part_of, writing_of

SOURCE = "vantetider"
TITLE = "Väntetider i vården"


def pull(answers: Answers, settings: VantetiderSettings, region: str) -> Part:
    """Return the shares of a region's units, its own and the country's, as ``unit_value`` rows.

    A part of a filter that the settings choose stands in the measure code, as
    ``assessment_within_3_days:physician``. Shares are 0-1; a month withheld by the publisher keeps
    its row with its status.

    Raises
    ------
    ConfigurationError
        The scale is not declared, or nothing says where the workbooks are.
    SourceError
        A workbook cannot be fetched or read.
    """
    manner = manner_of(settings, gazetteer_of(settings, answers))
    return read(workbooks(answers, settings, settings.urls), manner, region)


def manner_of(settings: VantetiderSettings, gazetteer: Gazetteer) -> Manner:
    """Return how the workbooks are written, as the settings declare."""
    return Manner(
        words=settings.words,
        measures=settings.measures,
        editions=(Edition(0, "", settings.scale),),
        gazetteer=gazetteer,
        writing=writing_of(settings),
        sexes=settings.sexes,
        parts=settings.parts,
        whole=settings.whole,
    )


def read(books: Workbooks, manner: Manner, region: str) -> Part:
    """Return the tables of workbooks that are read already."""
    figures: list[PlaceFigure] = []
    accounts = []
    for name, sheets in books:
        held, account = read_figures(sheets, manner, name)
        figures.extend(held)
        accounts.append(account)
    return part_of(SOURCE, TITLE, figures, accounts, region)
