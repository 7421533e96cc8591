"""The seeded synthetic region with planted truths: nothing in it describes a real person."""

from __future__ import annotations

from equity_pipeline.synthetic.generate import SyntheticRegion, generate
from equity_pipeline.synthetic.plants import ALL_PLANTS, PLANTS

__all__ = ["ALL_PLANTS", "PLANTS", "SyntheticRegion", "generate"]
