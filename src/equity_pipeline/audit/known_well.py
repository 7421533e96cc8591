"""What a part of a release holds narrowly, of which the whole shows that it is not small.

Rounded totals may leave a hidden count between 0 and 2 where it is nobody: readers of exact counts
see that it is nobody, which may be told, and readers of the part see less than they do.
"""

from __future__ import annotations

from collections.abc import Collection

from equity_pipeline.audit import margins
from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.finding import CouldNotJudge, Finding
from equity_pipeline.audit.margins import OF_OUTCOME


def confirmed(whole: Attacker, found: Collection[Finding]) -> set[Finding]:
    """Return the findings in a part of a release without those that the whole refutes.

    Parameters
    ----------
    whole
        The attacker of the whole release.
    found
        What was found in the part; only what its sums tell can be refuted.

    Notes
    -----
    A count is refuted where the whole holds it at no less than may be told, or at nobody where that
    says nothing of anybody. What the whole itself holds too narrowly is found there.
    """
    of_sums = [one for one in found if one.attack == margins.ATTACK]
    if not of_sums:
        return set(found)
    try:
        known = margins.exactly(whole, {(one.key, one.column) for one in of_sums})
    except CouldNotJudge:
        return set(found)
    refuted = {
        one
        for one in of_sums
        if (one.key, one.column) in known and _may_be_told(whole, one, known[one.key, one.column])
    }
    return set(found) - refuted


def _may_be_told(whole: Attacker, one: Finding, ends: tuple[float, float]) -> bool:
    limits, (low, high) = whole.release.limits, ends
    of_outcome = one.column in OF_OUTCOME
    if high == 0:
        return not (of_outcome and one.key.dimension in limits.sensitive)
    return low >= (limits.count if of_outcome else limits.denominator)
