"""What every section of the settings, and every section of an open source, is made of."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A section of the settings: it does not change, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenSource(Section):
    """What every open source has.

    ``folder`` feeds the source from files instead of its address: stored answers as a night keeps
    them, or the workbooks that the source is published as. A stored answer may stand in for a
    source out of reach for ``max_age_days``. ``holds_files`` says which of the two its folder is.
    """

    holds_files: ClassVar[bool] = False
    enabled: bool = False
    base_url: str = ""
    folder: Path | None = None
    max_age_days: int = Field(400, ge=1)
