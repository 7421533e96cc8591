"""Whether the open sources answer from here: through the proxy, with the authority as set."""

from __future__ import annotations

from equity_pipeline.errors import SourceError
from equity_pipeline.settings import SourceSettings
from equity_pipeline.sources.asking.client import PoliteClient, Question, Refused


def reached(settings: SourceSettings) -> dict[str, str]:
    """Return each enabled source that has an address, with what is wrong and how to mend it.

    One question a source, to its base address; a refusal is an answer too. An empty text means
    that the source was reached.

    Examples
    --------
    >>> reached(SourceSettings())
    {}
    """
    once = settings.http.model_copy(update={"attempts": 1})
    told: dict[str, str] = {}
    with PoliteClient(once) as client:
        for name in settings.enabled:
            section = settings.sections[name]
            if section.base_url and section.folder is None and not settings.offline:
                told[name] = _fault(client, section.base_url)
    return told


def _fault(client: PoliteClient, url: str) -> str:
    try:
        client.ask(Question("GET", url))
    except Refused:
        return ""
    except SourceError as error:
        return f"{error.what} To mend: {error.mend}"
    return ""
