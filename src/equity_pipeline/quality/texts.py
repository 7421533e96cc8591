"""Every sentence that the readiness table can say, in both languages, in one place."""

from __future__ import annotations

from types import MappingProxyType

from equity_pipeline.vocabulary import Label

NOTE_FROM, CAUTION_FROM, STOP_ABOVE = 0.05, 0.10, 0.20

TEXTS = MappingProxyType(
    {
        "area_instead": Label(
            "Individuell uppgift om {dimension} är inte levererad; områdestabellerna gäller.",
            "Individual data on {dimension} are not delivered; the area tables apply.",
        ),
        "not_delivered": Label(
            "Uppgift om {dimension} är inte levererad.",
            "Data on {dimension} are not delivered.",
        ),
        "entity_missing": Label(
            "Underlaget {entity} är inte levererat.", "The data on {entity} are not delivered."
        ),
        "no_rows": Label(
            "Inga rader uppfyller indikatorns nämnare.",
            "No rows meet the denominator of the indicator.",
        ),
        "areas_only": Label(
            "Källan publiceras per område; den innehåller inga uppgifter om enskilda personer "
            "eller enheter.",
            "The source is published by area; it holds no data on individual persons or units.",
        ),
        "regions_shown": Label(
            "Måttet finns bara för regioner och riket och visas som jämförelse.",
            "The measure exists for regions and the country only and is shown as a benchmark.",
        ),
        "regions_only": Label(
            "Måttet finns bara för regioner och riket och kan inte delas upp på mindre områden.",
            "The measure exists for regions and the country only and cannot be divided by "
            "smaller areas.",
        ),
        "not_crossed": Label(
            "Måttet delas inte upp efter {dimension}: det mäter delvis samma sak.",
            "The measure is not divided by {dimension}: it measures partly the same thing.",
        ),
        "calls_only": Label(
            "Samtalen är inte knutna till personer; bara enhetens egenskaper kan redovisas.",
            "The calls are not tied to persons; only properties of the unit can be reported.",
        ),
        "never_measurable": Label(
            "{ground} registreras inte i någon leverans och kan inte mätas.",
            "{ground}: no delivery records it, so it cannot be measured.",
        ),
        "no_contrast": Label(
            "Ingen räknas i gruppen {level}, så ingen skillnad kan redovisas.",
            "Nobody is counted in the group {level}, so no difference can be told.",
        ),
        "missing_note": Label(
            "Uppgift saknas för {share}.", "The information is missing for {share}."
        ),
        "missing_caution": Label(
            "Uppgift saknas för {share}; tolkas med försiktighet.",
            "The information is missing for {share}; read with caution.",
        ),
        "missing_stop": Label(
            "Uppgift saknas för {share}; kan inte bedömas.",
            "The information is missing for {share}; cannot be assessed.",
        ),
        "missing_uneven": Label(
            "Uppgiften saknas {points} procentenheter oftare i den mest utsatta områdesfemtedelen.",
            "It is missing more often in the most disadvantaged area fifth, "
            "{points} percentage points.",
        ),
        "register_coverage": Label(
            "Registrets täckning är {share}; den som inte är registrerad räknas inte.",
            "The coverage of the register is {share}; those not registered are not counted.",
        ),
        "register_not_told": Label(
            "Registrets täckning är inte levererad; tolkas med försiktighet.",
            "The coverage of the register is not delivered; read with caution.",
        ),
        "register_no_groups": Label(
            "Registrets täckning efter {dimension} är inte redovisad.",
            "The coverage of the register by {dimension} is not told.",
        ),
        "register_bias": Label(
            "Registret täcker {high} ({high_share}) bättre än {low} ({low_share}): en skillnad "
            "kan bero på vilka som är registrerade.",
            "The register covers {high} ({high_share}) better than {low} ({low_share}): a "
            "difference may come from who is registered.",
        ),
        "linkage": Label(
            "{share} av raderna kan inte länkas till befolkningen; tolkas med försiktighet.",
            "{share} of the rows cannot be linked to the population; read with caution.",
        ),
        "old": Label(
            "Uppgifterna är {days} dagar gamla; tolkas med försiktighet.",
            "The data are {days} days old; read with caution.",
        ),
        "area_code_unknown": Label(
            "Områdeskoden finns inte i indelningen för {share} av raderna ({years}).",
            "The area code is in no division for {share} of the rows ({years}).",
        ),
        "area_code_other": Label(
            "Områdeskoden hör till ett annat års indelning för {share} av raderna ({years}).",
            "The area code is of another year's division for {share} of the rows ({years}).",
        ),
        "area_sums": Label(
            "Folkmängden i {n} av {of} områden skiljer sig från delarnas mer än publicerat brus.",
            "The people of {n} of {of} areas differ from those of their parts by more than "
            "published noise.",
        ),
        "area_series": Label(
            "Källans serie byter {year} för {column}: {before} före, {after} från och med {year}.",
            "The series changes in {year} for {column}: {before} before, {after} from {year}.",
        ),
        "gate_critical": Label(
            "Kritiska kontroller av underlaget som föll: {count}.",
            "Critical checks of the data that failed: {count}.",
        ),
        "gate_warning": Label(
            "Rimlighetskontroller som varnade: {count}.",
            "Plausibility checks that warned: {count}.",
        ),
    }
)


def sentence(
    name: str, sv: dict[str, str] | None = None, en: dict[str, str] | None = None
) -> Label:
    """Return a sentence in both languages; ``en`` takes the words of ``sv`` where it has none.

    Examples
    --------
    >>> sentence("old", {"days": "412"}).sv
    'Uppgifterna är 412 dagar gamla; tolkas med försiktighet.'
    """
    swedish = sv or {}
    template = TEXTS[name]
    return Label(template.sv.format(**swedish), template.en.format(**(swedish | (en or {}))))


def shares(value: float) -> tuple[dict[str, str], dict[str, str]]:
    """Return a share as words for ``{share}`` in Swedish and in English.

    Examples
    --------
    >>> shares(0.125)
    ({'share': '12,5 %'}, {'share': '12.5%'})
    """
    number = f"{100 * value:.1f}"
    return {"share": f"{number.replace('.', ',')} %"}, {"share": f"{number}%"}
