"""Names and texts as SQL: identifiers, strings, and the columns of the judged rows.

Three layers of column names, so that no foreign name meets one of ours: ``f:<foreign>`` is the
cleaned text, ``d:<entity>.<column>`` the drawn text, ``t:<entity>.<column>`` the typed value.
"""

from __future__ import annotations


def quoted(name: str) -> str:
    """Return an SQL identifier.

    Examples
    --------
    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return an SQL string.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def typed_name(entity: str, column: str) -> str:
    """Return the quoted name of a typed column of the judged rows.

    Examples
    --------
    >>> typed_name("person", "sex")
    '"t:person.sex"'
    """
    return quoted(f"t:{entity}.{column}")
