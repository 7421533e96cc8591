"""One table of a release, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Source:
    """One table of a form, and the file in which it stands."""

    form: str
    file: str
    data: pa.Table
