"""Variation between units: funnels, systematic variation, shrinkage, clustering; never ranks."""
