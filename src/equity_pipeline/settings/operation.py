"""When the nights run, when one is late, and who is told."""

from __future__ import annotations

from datetime import time

from pydantic import Field, model_validator

from equity_pipeline.settings.base import Section


class OperationSettings(Section):
    """``[operation]``: the hours of the region's own clock, and whom a failed or late night tells.

    ``night`` is when the scheduler starts a night, and ``late`` when one must have ended well.
    ``tell`` names notification blocks of Prefect, each as its type and its name:
    ``custom-webhook/equity`` for a webhook, ``e-mail/equity`` for a letter.

    Examples
    --------
    >>> OperationSettings().late.isoformat("minutes")
    '06:00'
    """

    night: time = time(4, 0)
    late: time = time(6, 0)
    tell: tuple[str, ...] = Field(())

    @model_validator(mode="after")
    def _in_order(self) -> OperationSettings:
        if self.late <= self.night:
            raise ValueError("operation.late must be after operation.night, on the same day")
        if wrong := [one for one in self.tell if len(one.split("/")) != 2]:
            raise ValueError(f"operation.tell takes type/name, not {', '.join(wrong)}")
        return self
