"""Prints the pages of what comes in: how to deliver, and which open sources there are."""

from __future__ import annotations

from collections.abc import Iterator

from equity_pipeline.deliveries.layouts.layout import FileLayout, Layout
from equity_pipeline.deliveries.layouts.shipped import shipped, shipped_names
from equity_pipeline.deliveries.mends import OF_FILES, OF_ROWS, OF_WARNINGS
from equity_pipeline.pipeline import printing
from equity_pipeline.settings import SourceSettings
from equity_pipeline.sources.catalogue import SOURCES
from equity_pipeline.sources.register import PULLS
from equity_pipeline.vocabulary import vocabulary

_ABOUT = """A delivery is a folder, `<source>/<yyyymm>/`, with files and a `manifest.json` that \
lists them (name, rows, sha256) and says when they were extracted. Files are CSV in the encoding, \
delimiter and decimal sign that the layout declares, parquet, workbooks (xlsx), or zip archives of \
these. Nothing is guessed: a date, a number or a code that is not written as declared sets its row \
aside; a file whose bytes or header are not as declared is refused whole.

Before anything is sent, `equity check-delivery FILE --layout NAME --as-of DATE` says what would \
become of it, judged by the same door, in a place that is removed afterwards. `--json` gives the \
same for programs; the exit code is 0 when the file would be loaded and 16 when it would be refused.

Every row is accounted for: rows in = rows loaded + rows in quarantine + rows refused. The same \
bytes again load nothing and end with 0. A file of the same name from a later extract takes the \
place of the earlier one, an older file that arrives after a newer one does not, and a row with a \
key that stands replaces it. When more than a fifth of a file's rows are faulty (the setting \
`deliveries.quarantine_limit`) the whole file is refused."""
_IDENTITY = """Personal and coordination numbers are refused in every column but one that the \
layout declares with `role = "identity"`: there they become pseudonyms at the door (HMAC-SHA256) \
with the key of `key_file`, a file of mode 0600 outside the repository and the delivery folder. \
`equity rotate-key` replaces a key without doubling a person. Columns with `role = "pseudonym"` or \
`"code"` may look like such a number by chance in up to 5 % of their rows."""
_SOURCES = """Each source is a section `[sources.<name>]` of the configuration with \
`enabled = true`; `equity config show` prints every key. Raw answers are kept untouched under \
`internal/snapshots` with address, time, hash and licence. A source that is down is replaced by \
its last answer, marked with `stale_since`, until that is older than `max_age_days`; then the run \
stops with 11. `folder` feeds a source from files; `sources.offline = true` asks the network for \
nothing, and `sources.replay = true` takes stored answers of any age. HTTP goes through \
`sources.http.proxy` and trusts `sources.http.certificate_authority`."""


def deliveries_page() -> str:
    """Return the page of layouts, verdicts and reasons, as Markdown."""
    parts = ["# Deliveries", printing.NOTE, _ABOUT, "## Personal numbers", _IDENTITY]
    for name in shipped_names():
        parts += _layout(shipped(name))
    parts += ["## Why a file is refused", _reasons(OF_FILES)]
    parts += ["## Why a row is set aside", _reasons(OF_ROWS)]
    parts += ["## What is only warned of", _reasons({"..._conflict": OF_WARNINGS["conflict"]})]
    return "\n\n".join(parts) + "\n"


def sources_page() -> str:
    """Return the page of the open sources, as Markdown."""
    rows = (_source(name) for name in PULLS)
    columns = ["Section", "Publisher", "Licence", "Named as", "Oldest answer (days)"]
    cautions = (
        f"- **{SOURCES[name].shown}**: {SOURCES[name].caution}"
        for name in PULLS
        if SOURCES[name].caution
    )
    parts = ["# Open sources", printing.NOTE, _SOURCES, printing.markdown_table(columns, rows)]
    return "\n\n".join([*parts, "## To know when reading them", "\n".join(cautions)]) + "\n"


def _source(name: str) -> tuple[object, ...]:
    held, section = SOURCES[name], getattr(SourceSettings(), name)
    terms = f"[{held.licence}]({held.terms_url})"
    return f"`{name}`", held.publisher, terms, held.attribution_sv, section.max_age_days


def _layout(layout: Layout) -> Iterator[str]:
    yield f"## Layout `{layout.name}`"
    yield printing.markdown_table(
        ["File", "What it is", "Makes", "Columns that must be there"],
        ((f"`{one.pattern}`", _words(one), _made(one), _obliged(one)) for one in layout.files),
    )


def _words(file: FileLayout) -> str:
    entities = vocabulary().entities
    return file.about or "; ".join(entities[one.entity].label.en for one in file.entity)


def _made(file: FileLayout) -> str:
    return ", ".join(f"`{one.entity}`" for one in file.entity)


def _obliged(file: FileLayout) -> str:
    return ", ".join(f"`{name}`" for name in sorted(file.obliged))


def _reasons(mends: dict[str, str]) -> str:
    rows = ((f"`{reason}`", mends[reason]) for reason in sorted(mends))
    return printing.markdown_table(["Reason", "How to mend it"], rows)
