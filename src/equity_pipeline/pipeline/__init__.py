"""The seven stages, and the night that runs them: the one place where everything meets."""

from equity_pipeline.pipeline.identity import code_version, run_identity
from equity_pipeline.pipeline.night import NightReport, night
from equity_pipeline.pipeline.planning import plan
from equity_pipeline.pipeline.stages import (
    build,
    check,
    disclose,
    fetch,
    load,
    publish,
    tabulate,
)

__all__ = [
    "NightReport",
    "build",
    "check",
    "code_version",
    "disclose",
    "fetch",
    "load",
    "night",
    "plan",
    "publish",
    "run_identity",
    "tabulate",
]
