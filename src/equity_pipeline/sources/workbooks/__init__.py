"""Figures that are published as workbooks, read without guessing."""
