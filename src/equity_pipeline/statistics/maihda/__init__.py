"""Strata of crossed social categories: how much they differ, and what adding them up explains."""
