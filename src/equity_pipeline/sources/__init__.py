"""Open sources: one polite client, raw answers kept, and the tables that the warehouse loads."""

from equity_pipeline.sources.asking.snapshot import Snapshot
from equity_pipeline.sources.missing import Missing
from equity_pipeline.sources.open_data import OpenData, fetch

__all__ = ["Missing", "OpenData", "Snapshot", "fetch"]
