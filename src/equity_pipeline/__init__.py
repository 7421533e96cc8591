"""Find the differences in care between groups that measured need does not explain."""

from importlib.metadata import version

__version__ = version("equity-pipeline")
