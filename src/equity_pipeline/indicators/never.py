"""What no need adjustment may hold: taking account of it would remove the inequity itself."""

from __future__ import annotations

from collections.abc import Iterable

# education, income, employment, birth country, civil status, language and interpreter, area class,
# CNI, ownership, financing, distance, continuity, unit - as words that a column's name is made of
NEVER_WORDS = frozenset(
    {
        "education",
        "income",
        "economic",
        "employment",
        "employed",
        "labour",
        "occupation",
        "country",
        "born",
        "birthplace",
        "foreign",
        "sweden",
        "civil",
        "marital",
        "alone",
        "language",
        "interpreter",
        "area",
        "regso",
        "deso",
        "neighbourhood",
        "municipality",
        "urban",
        "rural",
        "cni",
        "provider",
        "ownership",
        "owner",
        "corporate",
        "private",
        "financing",
        "reimbursement",
        "distance",
        "travel",
        "lat",
        "lon",
        "continuity",
        "coc",
        "unit",
        "cluster",
        "hsa",
    }
)


def forbidden(name: str, also: Iterable[str] = ()) -> bool:
    """Say whether a variable may never be adjusted for, by its name or by the given list.

    Examples
    --------
    >>> forbidden("income_quintile"), forbidden("cni"), forbidden("birth_year")
    (True, True, False)
    >>> forbidden("contact_form", also=["contact_form"])
    True
    """
    return name in set(also) or bool(NEVER_WORDS & set(name.lower().split("_")))
