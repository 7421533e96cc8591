"""Nationell Patientenkät: seven dimensions by health centre, municipality and region."""

from __future__ import annotations

from equity_pipeline.settings.workbooks import PatientenkatSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.part import Part
from equity_pipeline.sources.workbooks.files import Workbooks, workbooks
from equity_pipeline.sources.workbooks.manner import Edition, Manner
from equity_pipeline.sources.workbooks.place_figures import PlaceFigure, read_figures
from equity_pipeline.sources.workbooks.places import Gazetteer
from equity_pipeline.sources.workbooks.unit_tables import gazetteer_of, part_of, writing_of

SOURCE = "patientenkat"
TITLE = "Nationell Patientenkät"
COUNTS = frozenset({"n_responses"})


def pull(answers: Answers, settings: PatientenkatSettings, region: str) -> Part:
    """Return the results of a region's units, municipalities, its own and the country's.

    The measure code tells the edition, as ``accessibility@index`` before the break and
    ``accessibility@mean`` from it on; the two are never joined. Values are 0-1. Response rates
    and numbers of answers are measures of their own.

    Raises
    ------
    ConfigurationError
        The scale of an edition that the workbooks hold is not declared.
    SourceError
        A workbook cannot be fetched or read.
    """
    gazetteer = gazetteer_of(settings, answers)
    return read(workbooks(answers, settings, settings.urls), settings, gazetteer, region)


def manner_of(settings: PatientenkatSettings, gazetteer: Gazetteer, file: str) -> Manner:
    """Return how a workbook is written, as the settings declare."""
    return Manner(
        words=settings.words,
        measures=settings.measures,
        editions=(
            Edition(0, "index", settings.scale_before),
            Edition(settings.break_year, "mean", settings.scale_from),
        ),
        gazetteer=gazetteer,
        writing=writing_of(settings),
        is_yearly=True,
        year=settings.years.get(file),
        sexes=settings.sexes,
        parts=settings.parts,
        whole=settings.whole,
        counts=COUNTS,
    )


def read(
    books: Workbooks, settings: PatientenkatSettings, gazetteer: Gazetteer, region: str
) -> Part:
    """Return the tables of workbooks that are read already."""
    figures: list[PlaceFigure] = []
    accounts = []
    for name, sheets in books:
        held, account = read_figures(sheets, manner_of(settings, gazetteer, name), name)
        figures.extend(held)
        accounts.append(account)
    return part_of(SOURCE, TITLE, figures, accounts, region)
