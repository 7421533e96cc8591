"""What a region says of the accessibility of its report, as the law on digital service asks."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from equity_pipeline.settings.base import Section


class AccessibilitySettings(Section):
    """``[accessibility]`` of equity.toml: what only the region can say in its statement.

    ``contact`` takes what is reported: an address of mail, a telephone number, a web address; until
    it is given the statement says of itself that it is not complete. ``conformance`` is the
    region's own judgement, made on the day ``assessed``; ``problems`` are shortcomings that it has
    found itself, in Swedish. The supervisor stands here since it may be given another name.

    Examples
    --------
    >>> AccessibilitySettings().conformance
    'partly'
    """

    contact: tuple[str, ...] = ()
    answer_days: int = Field(14, ge=1)
    conformance: Literal["fully", "partly", "not"] = "partly"
    assessed: date | None = None
    problems: tuple[str, ...] = ()
    supervisor: str = "Digg, Myndigheten för digital förvaltning"
    supervisor_address: str = Field("https://www.digg.se/tdosanmalan", pattern=r"^https://\S+$")
