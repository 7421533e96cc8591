"""The published database: what came through the door, with views, macros and words of its own."""

from equity_pipeline.extracts.database.build import NAME, STORAGE_VERSION, build_database

__all__ = ["NAME", "STORAGE_VERSION", "build_database"]
