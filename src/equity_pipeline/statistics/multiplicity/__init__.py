"""Many comparisons: false discovery rate, family-wise error rate and false coverage rate."""

from equity_pipeline.statistics.multiplicity.adjust import (
    benjamini_hochberg,
    benjamini_yekutieli,
    bonferroni,
    hochberg,
    holm,
    hommel,
    rejected,
)
from equity_pipeline.statistics.multiplicity.families import (
    Adjusted,
    Adjustment,
    Family,
    within_families,
)
from equity_pipeline.statistics.multiplicity.selection import (
    Selection,
    fcr_confidence,
    select_beyond,
)

__all__ = [
    "Adjusted",
    "Adjustment",
    "Family",
    "Selection",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "bonferroni",
    "fcr_confidence",
    "hochberg",
    "holm",
    "hommel",
    "rejected",
    "select_beyond",
    "within_families",
]
