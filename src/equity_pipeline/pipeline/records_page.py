"""The record of processing and the annex to a DPIA as Swedish pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

OPEN = "**Återstår att ange**"
SEALS = {"encrypted": "ja", "none seen": "ingen syns", "unknown": "okänt"}
TO_JUDGE = "Återstår att bedöma"
IDENTITY = {
    "identity": "personnummer, byts mot pseudonym vid mottagandet",
    "pseudonym": "pseudonym, satt av den som levererar",
}


def record_page(record: dict[str, Any]) -> str:
    """Return the record of processing as markdown."""
    lines = ["# Registerförteckning (dataskyddsförordningen, artikel 30)", "", *_about(record)]
    for one in record["processings"]:
        lines += ["", f"## Behandling: {one['source']}", "", *_processing(one)]
    lines += ["", "## Tekniska och organisatoriska åtgärder (artikel 32)", ""]
    lines += [f"- {measure}" for measure in record["measures"]]
    if record["missing"]:
        lines += ["", "## Att komplettera i konfigurationen", ""]
        lines += [f"- `{key}`" for key in record["missing"]]
    return "\n".join(lines) + "\n"


def annex_page(annex: dict[str, Any]) -> str:
    """Return the annex to an impact assessment as markdown."""
    record = annex["record"]
    lines = ["# Bilaga till konsekvensbedömning (dataskyddsförordningen, artikel 35)", ""]
    lines += ["Fakta ur konfiguration och deklarationer. Riskerna bedöms av människor.", ""]
    lines += [*_about(record), "", "## Vad som behandlas och varför", ""]
    lines += _table(
        ("Källa", "Ändamål", "Rättslig grund", "Ansvarig", "Gallras efter"),
        [
            (one["source"], one["purpose"], one["legal_basis"], one["owner"], _days(one))
            for one in record["processings"]
        ],
    )
    lines += ["", "## Nödvändighet: vad varje indikator läser", ""]
    lines += _table(
        ("Indikator", "Namn", "Tabell", "Kolumner", "Underlag"),
        [
            (
                one["indicator_id"],
                one["sv"],
                one["fact"],
                ", ".join(one["columns"]),
                one["evidence"],
            )
            for one in annex["indicators"]
        ],
    )
    lines += [
        "",
        "## Uppgiftsminimering: kolumner om personer som ingen modell eller indikator läser",
        "",
    ]
    lines += ["Pröva om de behövs: layouten kan avstå från dem.", ""]
    lines += [f"- `{name}`" for name in annex["unread"]] or ["Inga."]
    lines += ["", "## Risker och åtgärder", ""]
    lines += _table(
        ("Risk", "Åtgärder här", "Sannolikhet", "Allvar"),
        [(one["risk"], " ".join(one["measures"]), TO_JUDGE, TO_JUDGE) for one in annex["risks"]],
    )
    return (
        "\n".join(lines)
        + f"\n\nKryptering av volymen, som den syns härifrån: {SEALS[annex['volume']]}.\n"
    )


def _about(record: dict[str, Any]) -> Iterator[str]:
    if record["synthetic"]:
        yield "**Syntetiska data: inga verkliga personer.**"
        yield ""
    yield f"- Region: {record['region']}"
    yield f"- Personuppgiftsansvarig: {record['controller'] or OPEN}"
    yield f"- Kontakt: {record['contact'] or OPEN}"
    yield f"- Dataskyddsombud: {record['data_protection_officer'] or OPEN}"
    yield f"- Personuppgiftsbiträden: {_listed(record['processors']) or 'inga'}"
    yield f"- Överföring till tredje land: {record['transfers']}"
    yield f"- Öppna källor utan personuppgifter: {_listed(record['open_sources']) or 'inga'}"
    yield f"- Programversion: {record['code']}"


def _processing(one: dict[str, Any]) -> Iterator[str]:
    yield f"- Ändamål: {one['purpose']}"
    yield f"- Rättslig grund: {one['legal_basis']}"
    yield f"- Ansvarig: {one['owner']}"
    yield f"- Kategorier av registrerade: {_listed(one['persons']) or OPEN}"
    yield f"- Identitet: {IDENTITY[one['identity']]}"
    yield f"- Mottagare: {_listed(one['recipients']) or OPEN}"
    yield f"- Gallring: {_days(one)}"
    yield ""
    yield from _table(
        ("Kategori", "Om personer", "Uppgifter"),
        [
            (data["sv"], "ja" if data["of_persons"] else "nej", _columns(data["columns"]))
            for data in one["data"]
        ],
    )
    yield ""
    yield "Uppgifter om hälsa och vård (artikel 9) är märkta \\*, känsliga indelningar \\*\\*."


def _columns(columns: Sequence[dict[str, Any]]) -> str:
    marks = ("\\*\\*" if one["sensitive"] else "\\*" if one["health"] else "" for one in columns)
    return "; ".join(f"{one['sv']}{mark}" for one, mark in zip(columns, marks, strict=True))


def _days(one: dict[str, Any]) -> str:
    days = one["retention_days"]
    return f"{days} dagar efter leverans" if days else OPEN


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [heads, ["---"] * len(heads), *cells]
    return [f"| {' | '.join(line)} |" for line in lines]
