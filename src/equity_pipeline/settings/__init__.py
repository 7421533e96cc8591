"""Settings: ``equity.toml`` and ``EQUITY_*`` from the environment, read once, passed down."""

from equity_pipeline.settings.accessibility import AccessibilitySettings
from equity_pipeline.settings.base import OpenSource
from equity_pipeline.settings.disclosure import DisclosureSettings
from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.settings.open_sources import (
    AreaCells,
    FohmSettings,
    FohmTable,
    HttpSettings,
    KoladaSettings,
    ScbAreaSettings,
    ScbSettings,
    SocialstyrelsenSettings,
    SocialstyrelsenTable,
    SourceSettings,
)
from equity_pipeline.settings.operation import OperationSettings
from equity_pipeline.settings.protection import (
    AccessSettings,
    RecordSettings,
    RetentionSettings,
    SourceRecord,
)
from equity_pipeline.settings.reading import (
    Configuration,
    as_of_or_today,
    leaves,
    load_settings,
)
from equity_pipeline.settings.reports import ReportDate, ReportSettings
from equity_pipeline.settings.sections import (
    DECLARED,
    AreaSettings,
    DeliverySettings,
    PeriodSettings,
    RegionSettings,
    ReleaseSettings,
    RunSettings,
    Settings,
)

__all__ = [
    "DECLARED",
    "AccessSettings",
    "AccessibilitySettings",
    "AreaCells",
    "AreaSettings",
    "Configuration",
    "DeliverySettings",
    "DisclosureSettings",
    "FohmSettings",
    "FohmTable",
    "FormSettings",
    "HttpSettings",
    "KoladaSettings",
    "OpenSource",
    "OperationSettings",
    "PeriodSettings",
    "RecordSettings",
    "RegionSettings",
    "ReleaseSettings",
    "ReportDate",
    "ReportSettings",
    "RetentionSettings",
    "RunSettings",
    "ScbAreaSettings",
    "ScbSettings",
    "Settings",
    "SocialstyrelsenSettings",
    "SocialstyrelsenTable",
    "SourceRecord",
    "SourceSettings",
    "as_of_or_today",
    "leaves",
    "load_settings",
]
