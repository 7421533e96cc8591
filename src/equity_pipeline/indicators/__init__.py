"""Indicators: declared once in TOML, found in one catalogue, counted into cells."""
