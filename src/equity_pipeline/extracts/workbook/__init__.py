"""The workbooks of a release: a working file to filter in, and a published file to read."""

from equity_pipeline.extracts.workbook.write import (
    FOLDER,
    write_published,
    write_workbooks,
    write_working,
)

__all__ = ["FOLDER", "write_published", "write_workbooks", "write_working"]
