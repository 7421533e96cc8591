"""Figures as inline SVG: arrays in, markup out; text stays text, shapes carry the meaning.

Each figure is drawn 400 units wide, so that its smallest letters are about 10 pixels on a
telephone, and scales up to its card on a larger screen. No colour is needed to read one.
"""

from equity_pipeline.report.figures.intervals import IntervalRow, intervals, note

__all__ = ["IntervalRow", "intervals", "note"]
