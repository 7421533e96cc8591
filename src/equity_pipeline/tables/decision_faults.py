"""What a judged case must have before it may take the next step: every fault, none silently mended.

Criteria (a)-(c) of an unwarranted difference are Vårdanalys's: the care is of benefit, neither
medicine nor preference explains the difference, and it is in conflict with the ethical platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from equity_pipeline.tables.decision_rules import IMPORTANCE

IMPACTS = (
    "equality_impact_gains",
    "equality_impact_widening",
    "equality_impact_stigma",
    "equality_impact_level",
    "equality_impact_displacement",
)
NEEDED_TO_DECIDE = (
    "recommendation_sv",
    "action_level",
    "owner",
    "decision_ref",
    "decision_body",
    "decision_date",
    "target_value",
    "report_back_by",
)
UNWARRANTED = ("unwarranted", "probably_unwarranted")
AFTER_DECISION = ("decided", "ongoing", "closed")
DECISION_REF = re.compile(r"\d{4}-[A-ZÅÄÖ]{2,6}\d{6}")
PARAGRAPH = re.compile(r"§ ?\d{1,4}")
#: from each status the ones that may follow; staying is always allowed
NEXT = MappingProxyType(
    {
        "candidate": ("under_review", "reviewed", "dismissed"),
        "under_review": ("reviewed", "dismissed"),
        "reviewed": ("proposed", "under_review", "dismissed"),
        "proposed": ("decided", "reviewed", "dismissed"),
        "decided": ("ongoing", "closed"),
        "ongoing": ("closed",),
        "closed": ("under_review",),
        "dismissed": ("under_review",),
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a judged case: the column, what is wrong and how to mend it."""

    column: str
    what: str
    mend: str


def faults(
    judged: Mapping[str, Any],
    before: str | None,
    *,
    has_evidence: bool,
    auto_grade: str | None,
    gap_now: float | None,
) -> list[Fault]:
    """Return every fault of a version of a case.

    Parameters
    ----------
    judged
        What people wrote, None where they wrote nothing.
    before
        The status of the version before; None for the first.
    has_evidence
        Whether the indicator has an evidence reference.
    auto_grade
        The machine's nomination.
    gap_now
        The gap to harm tonight, None where it is not shown.

    Examples
    --------
    >>> found = faults({"status": "reviewed", "verdict": "unwarranted", "reviewer_1_role":
    ...     "statistics", "reviewer_2_role": "statistics"}, "under_review", has_evidence=True,
    ...     auto_grade="candidate_a", gap_now=0.1)
    >>> "reviewer_2_role" in {one.column for one in found}
    True
    """
    return [
        *_transition(judged, before),
        *_verdict(judged, has_evidence, auto_grade),
        *_reviewed(judged),
        *_decision(judged),
        *_closing(judged, gap_now),
    ]


def _transition(judged: Mapping[str, Any], before: str | None) -> Iterator[Fault]:
    now, last = judged.get("status"), before or "candidate"
    if now is None:
        yield Fault("status", "The case has no status.", "choose one from the list")
    elif now != last and now not in NEXT[last]:
        allowed = ", ".join((last, *NEXT[last]))
        yield Fault("status", f"{now} cannot follow on {last}.", f"choose one of {allowed}")


def _verdict(
    judged: Mapping[str, Any], has_evidence: bool, auto_grade: str | None
) -> Iterator[Fault]:
    verdict = judged.get("verdict")
    if verdict not in (None, "unclear"):
        if not has_evidence:
            yield Fault(
                "verdict",
                "The indicator has no evidence reference: nothing but unclear can be said.",
                "choose unclear, or declare evidence_ref for the indicator",
            )
        if auto_grade == "not_assessable":
            yield Fault(
                "verdict",
                "The data cannot be assessed: nothing but unclear can be said.",
                "choose unclear, and mend what the readiness table names",
            )
    if verdict in UNWARRANTED:
        yield from _two_reviewers(judged)
        yield from _criteria(judged, verdict)
        for name in IMPORTANCE:
            if name in ("importance_persons", "importance_severity") and judged.get(name) is None:
                yield Fault(name, "The importance is not judged.", "write a number from 0 to 3")


def _two_reviewers(judged: Mapping[str, Any]) -> Iterator[Fault]:
    first, second = judged.get("reviewer_1_role"), judged.get("reviewer_2_role")
    if first is None:
        yield Fault("reviewer_1_role", "There is no first reviewer.", "choose a competence")
    if second is None or second == first:
        yield Fault(
            "reviewer_2_role",
            "An unwarranted difference needs two reviewers of different competence.",
            "choose another competence than the first reviewer's",
        )


def _criteria(judged: Mapping[str, Any], verdict: str) -> Iterator[Fault]:
    certain = verdict == "unwarranted"
    tested = ("yes",) if certain else ("yes", "partly")
    platform = ("in_conflict",) if certain else ("in_conflict", "unclear")
    if (judged.get("evidence_of_benefit") or 0) < 1:
        yield Fault(
            "evidence_of_benefit", "No evidence says that the care is of benefit.", "write 1 to 3"
        )
    elif not judged.get("evidence_of_benefit_ref"):
        yield Fault("evidence_of_benefit_ref", "The evidence has no source.", "write its source")
    for name, what in (
        ("medical_explanation_tested", "A medical explanation"),
        ("preference_tested", "The patients' preferences"),
    ):
        if judged.get(name) not in tested:
            yield Fault(name, f"{what} must have been tested.", f"{' or '.join(tested)} is needed")
    if judged.get("ethical_platform") not in platform:
        yield Fault(
            "ethical_platform",
            "The difference is not said to be in conflict with the ethical platform.",
            f"{' or '.join(platform)} is needed",
        )


def _reviewed(judged: Mapping[str, Any]) -> Iterator[Fault]:
    if judged.get("status") not in ("reviewed", "proposed", *AFTER_DECISION):
        return
    for name in ("verdict", "reviewer_1_role", "reviewed_date"):
        if judged.get(name) is None:
            yield Fault(name, "A reviewed case must have it.", "fill it in, or keep under_review")


def _decision(judged: Mapping[str, Any]) -> Iterator[Fault]:
    ref, paragraph = judged.get("decision_ref"), judged.get("decision_paragraph")
    if ref is not None and not DECISION_REF.fullmatch(ref):
        yield Fault("decision_ref", "That is no reference number.", "write it as 2024-POL000185")
    if paragraph is not None and not PARAGRAPH.fullmatch(paragraph):
        yield Fault("decision_paragraph", "That is no paragraph.", "write it as § 85")
    if judged.get("status") not in AFTER_DECISION:
        return
    for name in (*IMPACTS, *NEEDED_TO_DECIDE):
        if judged.get(name) is None:
            what = "Every equality impact" if name in IMPACTS else "This"
            yield Fault(name, f"{what} must be written before a case is decided.", "fill it in")


def _closing(judged: Mapping[str, Any], gap_now: float | None) -> Iterator[Fault]:
    result, reason = judged.get("result"), judged.get("reason_if_not_reached")
    if judged.get("status") == "closed" and result is None:
        yield Fault("result", "A closed case has a result.", "choose one from the list")
    if reason is not None:
        return
    target = judged.get("target_value")
    missed = gap_now is not None and target is not None and abs(gap_now) > target
    if result == "not_reached":
        yield Fault(
            "reason_if_not_reached", "The target was not reached and no reason is given.",
            "write why",
        )  # fmt: skip
    elif judged.get("status") == "closed" and (result == "partly" or missed):
        yield Fault(
            "reason_if_not_reached",
            "The gap of the newest period is beyond the target and no reason is given.",
            "write why, or keep the case ongoing",
        )
