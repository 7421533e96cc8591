"""What no need adjustment may hold: taking account of it would remove the inequity itself."""

from __future__ import annotations

from collections.abc import Iterable

from equity_pipeline.vocabulary import vocabulary


def forbidden(name: str, also: Iterable[str] = ()) -> bool:
    """Say whether a variable may never be adjusted for, by its name or by the given list.

    Examples
    --------
    >>> forbidden("income_quintile"), forbidden("cni"), forbidden("birth_year")
    (True, True, False)
    >>> forbidden("contact_form", also=["contact_form"])
    True
    """
    return name in set(also) or bool(vocabulary().never_adjust & set(name.lower().split("_")))
