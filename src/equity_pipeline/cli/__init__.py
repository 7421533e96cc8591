"""The command line: results to standard output, progress and faults to standard error."""

from equity_pipeline.cli.app import app, main

__all__ = ["app", "main"]
