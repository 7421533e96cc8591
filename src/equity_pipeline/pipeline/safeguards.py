"""The measures that protect persons here, and the risks that they stand against, in Swedish.

Limits and days are those that are set. How likely and how grave a risk is, people judge.
"""

from __future__ import annotations

from typing import Any

from equity_pipeline.settings import Settings


def measures(settings: Settings) -> list[str]:
    """Return the technical and organisational measures (article 32), with their limits."""
    held = settings.disclosure
    shared = settings.access.group
    return [
        "Personnummer byts vid mottagandet mot pseudonymer (HMAC-SHA256) med en nyckel som ligger "
        "utanför mappen för leveranser och resultat och kan bytas.",
        "Endast deklarerade kolumner tas emot; en fil med personnummer där de inte hör hemma "
        "avvisas.",
        "Personrader ligger i en databas som bara ägaren läser (0600 i en mapp 0700); "
        + (
            f"celler före röjandekontroll läses dessutom av gruppen {shared}."
            if shared
            else "det gör även celler före röjandekontroll."
        ),
        "Varje öppning av interna data skrivs först i en åtkomstlogg: vem, när, ändamål, vad och "
        f"vems uppgifter. Loggen gallras tidigast efter {settings.access.keep_years} år.",
        "Ingen databas krypteras av programmet. Skydd i vila är volymens kryptering; "
        "`equity doctor` visar om den syns.",
        f"Tal om färre än {held.smallest_denominator} personer, och 1-{held.smallest_count - 1} "
        "personer med eller utan utfallet, visas inte, inte heller det som de kan räknas ut ur.",
        "Känsliga indelningar har strängare regler: " + ", ".join(held.sensitive_dimensions) + ".",
        "Ingen personrad lämnar den interna delen; det som publiceras har passerat "
        "röjandekontrollen.",
        "Det som är äldre än sin gallringsfrist tas bort ur databas, karantän, leveransmapp och "
        "kopior med `equity purge`.",
        "Fel och loggar innehåller inga värden ur en persons rad.",
        "Ingenting rangordnar grupper, områden eller enheter, och människor bedömer det som pekas "
        "ut.",
    ]


RISKS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("En person känns igen i ett publicerat tal om en liten grupp", (5, 6, 7)),
    ("Flera tabeller eller två utgåvor läggs ihop så att ett dolt tal kan räknas ut", (5, 7)),
    ("Någon med behörighet till systemet läser uppgifter utan att arbetet kräver det", (2, 3)),
    ("En disk, kopia eller säkerhetskopia kommer i orätta händer", (0, 4, 8)),
    ("Pseudonymer knyts till personer för att nyckeln röjs eller gissas", (0,)),
    ("Uppgifter som inte behövs levereras, till exempel personnummer i fritext", (1, 9)),
    ("Uppgifter finns kvar längre än ändamålet kräver", (8,)),
    ("En indelning läses som en egenskap hos den enskilda", (10,)),
)


def risks(settings: Settings) -> list[dict[str, Any]]:
    """Return each risk with what stands against it; its likelihood and gravity are left open.

    Examples
    --------
    >>> first = risks(Settings())[0]
    >>> len(first["measures"]), first["likelihood"], first["gravity"]
    (3, None, None)
    """
    held = measures(settings)
    return [
        {
            "risk": words,
            "measures": [held[place] for place in places],
            "likelihood": None,
            "gravity": None,
        }
        for words, places in RISKS
    ]
