"""More hostile files of the kinds that the corpus shows, made here: invented rows, test numbers.

Each case is a file, what stood before it, and what must become of it.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import stat
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = [
    *("contact_id", "person_id", "unit_id", "unit_name", "age", "sex", "deso", "municipality"),
    *("contact_type", "referral_date", "booked_date", "contact_date", "diagnosis_icd10"),
    *("outcome_code", "cost_sek", "education", "income", "employment", "country_of_birth"),
]
NUMBER = "191212121212"
UNITS = ("Vårdcentralen Ekdungen", "Hälsocentralen Ån", "Öbacka vårdcentral", "Läkarhuset Björken")
Row = dict[str, str]


@dataclass(frozen=True)
class Case:
    """One hostile file with its verdict; rows are None where nobody can count them."""

    name: str
    data: bytes
    verdict: str
    loaded: int = 0
    aside: int = 0
    rows_in: int | None = 20
    reason: str = ""
    warning: str = ""
    before: tuple[bytes, ...] = ()

    def __str__(self) -> str:
        return self.name


def rows(n: int = 20) -> list[Row]:
    """Return clean rows, the same every time."""
    return [_row(i) for i in range(n)]


def _row(i: int) -> Row:
    first = date(2026, 8, 3) + timedelta(days=i % 40)
    town = ("1280", "1281", "1283", "1290")[i % 4]
    values = (
        *(f"K{200000 + i}", f"{i + 1:032x}", f"U00{i % 4 + 1}", UNITS[i % 4], str(3 + 7 * i % 90)),
        *("KM"[i % 2], f"{town}{'ABC'[i % 3]}00{i % 9 + 1}0", town, ("MOTT", "TEL")[i % 2]),
        *(first.isoformat(), (first + timedelta(1)).isoformat()),
        *((first + timedelta(30)).isoformat(), ("I10.9", "J45.0", "E11.9")[i % 3], "ABC"[i % 3]),
        *(f"{500 + 13 * i},{i % 100:02d}", str(i % 3 + 1), str(i % 5 + 1), str(i % 2)),
        ("SE", "EU", "XX")[i % 3],
    )
    return dict(zip(COLUMNS, values, strict=True))


def written(held: list[Row], columns: list[str] | None = None, end: str = "\n") -> str:
    """Return rows as text; fields with a delimiter, quote or line end are quoted."""
    names = columns or COLUMNS
    lines = [";".join(names)]
    lines += [";".join(_field(row.get(name, "")) for name in names) for row in held]
    return end.join(lines) + end


def _field(text: str) -> str:
    special = any(sign in text for sign in ';"\r\n')
    return '"' + text.replace('"', '""') + '"' if special else text


CLEAN = written(rows())


def changed(changes: Mapping[int, Mapping[str, str]], n: int = 20) -> bytes:
    """Return a file in which single values of single rows are others."""
    held = rows(n)
    for place, values in changes.items():
        held[place].update(values)
    return written(held).encode()


def each(column: str, *texts: str) -> bytes:
    """Return a file whose first rows have these texts in one column."""
    return changed({i: {column: text} for i, text in enumerate(texts)})


def cases() -> list[Case]:
    """Return every case, in order."""
    found = [
        *_encodings(),
        *_shapes(),
        *_schemas(),
        *_numbers_and_dates(),
        *_texts(),
        *_codes(),
        *_shares(),
        *_other_files(),
        *_archives(),
        *_personal(),
        *_no_personal(),
        *_deliveries(),
    ]
    assert len({one.name for one in found}) == len(found)
    return found


def _good(name: str, data: bytes | str, n: int = 20, warning: str = "") -> Case:
    plain = data.encode() if isinstance(data, str) else data
    return Case(name, plain, "accept", n, 0, n, warning=warning)


def _bad(name: str, data: bytes | str, reason: str, rows_in: int | None = 20) -> Case:
    plain = data.encode() if isinstance(data, str) else data
    return Case(name, plain, "reject_file", rows_in=rows_in, reason=reason)


def _aside(name: str, data: bytes | str, n: int, reason: str, rows_in: int = 20) -> Case:
    plain = data.encode() if isinstance(data, str) else data
    return Case(name, plain, "quarantine", rows_in - n, n, rows_in, reason)


def _encodings() -> Iterator[Case]:
    yield _bad("latin1.csv", CLEAN.encode("latin-1"), "encoding")
    typed = each("unit_name", "Läkarhuset – ”Linden”").decode()
    yield _bad("cp1252.csv", typed.encode("cp1252"), "encoding")
    yield _bad("utf16be.csv", CLEAN.encode("utf-16-be"), "nul_byte")
    yield _bad("utf16be_bom.csv", b"\xfe\xff" + CLEAN.encode("utf-16-be"), "encoding")
    yield _bad("utf16_crlf.csv", CLEAN.replace("\n", "\r\n").encode("utf-16"), "encoding")
    yield _bad("utf32.csv", CLEAN.encode("utf-32"), "encoding")
    yield _bad("utf7.csv", CLEAN.encode("utf-7").replace(b"contact_id", b"+AGM-ontact_id", 1),
               "column_missing:contact_id")  # fmt: skip
    yield _good("nfd_names.csv", unicodedata.normalize("NFD", CLEAN))
    once = CLEAN.encode().decode("latin-1")
    yield _bad("mojibake_latin1.csv", once, "mojibake")
    for code in ("cp437", "cp850", "mac_roman"):
        yield _bad(f"mojibake_{code}.csv", CLEAN.encode().decode(code), "mojibake")
    for name, sign in {"dash": "\u2013", "smiley": "\U0001f600"}.items():
        torn = sign.encode().decode("cp1252")
        yield _bad(f"mojibake_{name}.csv", each("unit_name", f"Eken {torn} Norr"), "mojibake")
    yield _good("signs_like_mojibake.csv", each("unit_name", "João – Âng", "√2", "SÃO €", "câ 5"),
                warning="unit_name_conflict")  # fmt: skip
    yield _bad("nul.csv", CLEAN.replace("Ekdungen", "Ek\x00dungen", 1), "nul_byte")
    yield _bad("nul_at_the_end.csv", CLEAN.encode() + b"\x00" * 512, "nul_byte", 21)
    yield _bad(
        "overlong.csv", CLEAN.encode().replace(b"Ekdungen", b"Ek\xc0\xafdungen", 1), "encoding"
    )
    yield _bad(
        "surrogate.csv", CLEAN.encode().replace(b"Ekdungen", b"Ek\xed\xa0\x80", 1), "encoding"
    )
    yield _good("bom_and_quotes.csv", b"\xef\xbb\xbf" + _quoted().encode())
    bom, header = b"\xef\xbb\xbf", CLEAN.splitlines()[0].encode()
    joined = bom + CLEAN.encode() + bom + header
    yield _aside("bom_in_the_middle.csv", joined, 1, "header_row", 21)


def _quoted() -> str:
    return "\n".join(
        ";".join(f'"{field}"' for field in line.split(";")) for line in CLEAN.splitlines()
    )


def _shapes() -> Iterator[Case]:
    yield _bad("cr_only.csv", CLEAN.replace("\n", "\r"), "line_ends")
    yield _good("crlf_and_lf.csv", CLEAN.replace("\n", "\r\n", 9))
    yield _bad("cr_and_lf.csv", CLEAN.replace("\n", "\r", 9), "line_ends")
    yield _good("no_last_line_end.csv", CLEAN.rstrip("\n"))
    yield _good("blank_lines.csv", CLEAN + "\n\n\n")
    yield _good("padded_with_nbsp.csv", written([
        {name: f"\u00a0{value}\u202f" for name, value in row.items()} for row in rows()
    ]))  # fmt: skip
    cut = CLEAN.rstrip("\n")
    yield _bad("cut_last_line.csv", cut[: cut.rindex(";J45")], "truncated")
    yield _bad("cut_in_first_field.csv", cut[: cut.rindex("\nK") + 4], "truncated")
    crlf = CLEAN.replace("\n", "\r\n")
    yield _bad("cut_in_the_middle.csv", crlf[:1200], "truncated", crlf[:1200].count("\n"))
    yield _aside("short_last_line.csv", cut[: cut.rindex(";J45")] + "\n", 1, "ragged")
    yield _aside("long_last_line.csv", cut + ";more", 1, "ragged")
    yield _aside("blanks_below.csv", CLEAN + "   ", 1, "ragged", 21)
    more = CLEAN.replace("\n", ";\n").replace(";\n", "\n", 1)
    yield _bad("delimiter_after_each_row.csv", more, "ragged")
    apart = "\n".join("'" + line.replace(";", "';'") + "'" for line in CLEAN.splitlines())
    yield _bad("single_quotes.csv", apart, "header_unrecognised")
    yield _aside("cut_inside_last_field.csv", cut[:-1], 1, "code_unknown:country_of_birth")
    yield _good(
        "quotes_inside.csv", each("unit_name", 'Läkarhuset "Björken"'), warning="unit_name_conflict"
    )
    bare = CLEAN.replace("Öbacka vårdcentral", 'Öbacka "vård" central', 1)
    yield _good("bare_quotes_inside.csv", bare, warning="unit_name_conflict")
    torn = CLEAN.replace("Öbacka vårdcentral", '"Öbacka" vårdcentral', 1)
    yield _bad("text_after_quote.csv", torn, "quote_malformed")
    yield _aside(
        "line_end_in_a_name.csv", each("unit_name", "Läkar\nhuset"), 1, "control_character"
    )
    yield _bad(
        "comma_delimited.csv", CLEAN.replace(",", ".").replace(";", ","), "header_unrecognised"
    )
    yield _bad("pipe_delimited.csv", CLEAN.replace(";", "|"), "header_unrecognised")
    yield _bad("sep_hint_quoted.csv", '"sep=;"\n' + CLEAN, "header_unrecognised")
    yield _bad(
        "title_above_the_header.csv", "Besök oktober 2026\n" + CLEAN, "header_unrecognised", 22
    )
    yield _aside("long_field.csv", each("unit_name", "Å" * 121), 1, "text_too_long")
    yield _good("longest_field.csv", each("unit_name", "Å" * 120), warning="unit_name_conflict")
    yield _aside("field_of_a_megabyte.csv", each("unit_name", "x" * 1_000_000), 1, "text_too_long")
    yield _bad("record_of_two_megabytes.csv", each("unit_name", "x" * 2_000_000), "record_too_long")
    yield _aside("two_headers.csv", CLEAN + CLEAN.splitlines()[0] + "\n", 1, "header_row", 21)
    yield _aside("extra_delimiter.csv", CLEAN.replace("Öbacka ", "Öbacka; ", 1), 1, "ragged")
    yield _aside("delimiters_only.csv", CLEAN + ";" * 18 + "\n", 1, "required_missing", 21)
    yield _aside("note_below.csv", CLEAN + "Källa: exempelregionen\n", 1, "ragged", 21)


def _schemas() -> Iterator[Case]:
    turned = [*reversed(COLUMNS)]
    yield _good("other_order.csv", written(rows(), turned))
    telling = {"age": "77", "education": "3", "income": "4", "outcome_code": "B"}
    joined = changed({0: telling | {"municipality": "1281", "booked_date": "2026-08-09"}}).decode()
    yield _bad("row_behind_the_header.csv", joined.replace("\n", ";", 1),
               "column_undeclared:number 20", 19)  # fmt: skip
    yield _bad("header_without_line_end.csv", joined.replace("\n", "", 1),
               "column_undeclared:number 19", 19)  # fmt: skip
    part = joined.replace("\n", ";", 1).replace(";U001", "\n", 1)
    yield _bad("some_cells_behind_the_header.csv", part, "column_undeclared:number 20")
    less = [name for name in COLUMNS if name != "income"]
    yield _bad("column_missing.csv", written(rows(), less), "column_missing:income")
    named = CLEAN.replace("municipality", "kommun", 1)
    yield _bad("column_renamed.csv", named, "column_undeclared:kommun")
    yield _bad("header_in_capitals.csv", CLEAN.replace("contact_id", "CONTACT_ID", 1),
               "column_undeclared:CONTACT_ID")  # fmt: skip
    yield _good("header_padded.csv", CLEAN.replace(";unit_name;", "; unit_name ;", 1))
    yield _bad("known_to_another_layout.csv", written(rows(), [*COLUMNS, "death_date"]),
               "column_undeclared:death_date")  # fmt: skip
    yield _bad(
        "column_without_name.csv", written(rows(), [*COLUMNS, ""]), "column_undeclared:number 20"
    )
    many = [*COLUMNS, *(f"x{i}" for i in range(5000))]
    yield _bad("very_many_columns.csv", written(rows(), many), "column_undeclared:4980 more")
    yield _bad("header_only_crlf.csv", ";".join(COLUMNS) + "\r\n", "no_rows", 0)
    yield _bad("no_bytes.csv", b"", "empty_file", 0)
    yield _bad("bom_only.csv", b"\xef\xbb\xbf", "empty_file", 0)
    yield _bad("bom_and_blank_lines.csv", b"\xef\xbb\xbf\r\n \r\n", "empty_file", 0)
    yield _bad("blanks_only.csv", b" \n\t\n\n", "empty_file", 0)
    yield _bad(
        "markup_in_header.csv",
        CLEAN.replace("unit_name", "<script>", 1),
        "column_undeclared:number 4",
    )
    for column in ("income", "employment", "country_of_birth", "unit_name", "cost_sek"):
        held = [row | {column: ""} for row in rows()]
        yield _bad(f"{column}_empty.csv", written(held), f"column_empty:{column}")
    yield _good("deso_empty.csv", written([row | {"deso": ""} for row in rows()]))
    none = dict.fromkeys(("education", "income", "employment", "country_of_birth"), "")
    yield _good("some_socioeconomics_missing.csv", changed(dict.fromkeys(range(9), none)))


def _numbers_and_dates() -> Iterator[Case]:
    yield _good(
        "thousands.csv", each("cost_sek", "1\u00a0234,50", "12 345", "1\u202f234\u202f567,1")
    )
    mixes = ("1.234,50", "1,234.50", "12 34,5", "1'234,50")
    yield _aside("thousands_mixed.csv", each("cost_sek", *mixes), 4, "number_format:cost_sek")
    wild = ("1e3", "0x1F", "١٢٣", "١٢,5")
    yield _aside("number_signs.csv", each("cost_sek", *wild), 4, "number_format:cost_sek")
    wild = ("5 kr", "5,", ",5", "−5")
    yield _aside("number_words.csv", each("cost_sek", *wild), 4, "number_format:cost_sek")
    wild = ("10000000,01", "9" * 400, "-0,01", "99 999 999")
    yield _aside("costs_beyond.csv", each("cost_sek", *wild), 4, "out_of_range:cost_sek")
    yield _good("costs_at_the_limits.csv", each("cost_sek", "0", "10000000", "10 000 000,00"))
    yield _good("ages_at_the_limits.csv", each("age", "0", "130"))
    wild = ("4,0", "1e1", "12 år", "9" * 30)
    yield _aside("ages_not_whole.csv", each("age", *wild[:3]), 3, "number_format:age")
    yield _aside("age_too_large.csv", each("age", wild[3]), 1, "out_of_range:age")
    wild = ("01/10/2026", "2026/10/01", "1.10.2026", "20261001")
    yield _aside("dates_otherwise.csv", each("contact_date", *wild), 4, "date_format:contact_date")
    wild = ("2026-10-1", "2026-W40-1", "2026-274", "46296")
    yield _aside("dates_short.csv", each("contact_date", *wild), 4, "date_format:contact_date")
    wild = (
        "2026-10-01 00:00:00",
        "2026-10-01T00:00",
        "2026-10-01 23.30",
        "2026-10-01T00:00:00+02:00",
    )
    yield _aside(
        "dates_with_time.csv", each("contact_date", *wild), 4, "date_has_time:contact_date"
    )
    leap = {
        "referral_date": "2024-02-29",
        "booked_date": "2024-02-29",
        "contact_date": "2024-02-29",
    }
    yield _good("leap_days.csv", changed({0: leap, 1: {"referral_date": "2000-02-29"}}))
    wild = ("2023-02-29", "2100-02-29", "2026-04-31", "2026-00-10")
    yield _aside("no_such_days.csv", each("contact_date", *wild), 4, "date_invalid:contact_date")
    yield _aside(
        "day_zero.csv",
        each("contact_date", "2026-10-00", "0000-00-00"),
        2,
        "date_invalid:contact_date",
    )
    last = {
        "referral_date": "2020-12-28",
        "booked_date": "2020-12-31",
        "contact_date": "2020-12-31",
    }
    yield _good("week_53.csv", changed({0: last}))
    day = {"contact_date": "2026-11-01"}
    yield _good("on_the_day_of_delivery.csv", changed({0: day, 1: day}))
    yield _aside(
        "the_day_after.csv",
        changed({0: {"contact_date": "2026-11-02"}}),
        1,
        "date_future:contact_date",
    )
    first = dict.fromkeys(("referral_date", "booked_date", "contact_date"), "2000-01-01")
    yield _good("the_earliest_day.csv", changed({0: first}))
    old = {"referral_date": "1999-12-31"}
    yield _aside(
        "before_the_earliest.csv", changed({0: old}), 1, "date_before_earliest:referral_date"
    )
    late = dict.fromkeys(("referral_date", "booked_date", "contact_date"), "2019-05-06")
    yield _good("late_rows.csv", changed(dict.fromkeys(range(6), late)))
    same = {
        "referral_date": "2026-09-01",
        "booked_date": "2026-09-01",
        "contact_date": "2026-09-01",
    }
    yield _good("all_on_one_day.csv", changed({0: same}))


def _texts() -> Iterator[Case]:
    fine = ("Barn < 6 år & > 2", "A & B <Berga>", "Råd&Stöd", "Nr 5 (”Eken”) – väst", "100 % hälsa")
    yield _good("signs_in_names.csv", each("unit_name", *fine), warning="unit_name_conflict")
    wild = ("＝1+1", "-2+3", "\t=1", "＠SUM(A1)")
    yield _aside("formulas.csv", each("unit_name", *wild), 4, "formula:unit_name")
    wild = ("\tEken", "\r=1+1", " =1+1", "\u00a0@A1")
    yield _aside("formulas_behind_blanks.csv", each("unit_name", *wild), 4, "formula:unit_name")
    wild = ("<b>x</b>", "<IMG SRC=x>", "<a href='x'>y", "</td><td>")
    yield _aside("tags.csv", each("unit_name", *wild), 4, "markup:unit_name")
    wild = ("<x-y onclick=z>", "＜script＞", "&#60;script&#62;", "<!-- x -->")
    yield _aside("tags_otherwise.csv", each("unit_name", *wild), 4, "markup:unit_name")
    wild = (
        'x" onmouseover=alert(1) y="',
        "javascript:alert(1)",
        "<iframe/src=x>",
        "&lt;script&gt;",
    )
    yield _aside("scripts.csv", each("unit_name", *wild), 4, "markup:unit_name")
    wild = ("${jndi:ldap://x}", "{% x %}", "<%= x %>", "#{7*7}")
    yield _aside("templates.csv", each("unit_name", *wild), 4, "markup:unit_name")
    wild = ("{0.__class__}", "{}", "%(x)s", "{{7*7}}")
    yield _aside("formats.csv", each("unit_name", *wild), 4, "markup:unit_name")
    wild = ("Eken\u202e", "Ek\u200ben", "Ek\u00aden", "\u2066Eken\u2069")
    yield _aside("bidi_and_unseen.csv", each("unit_name", *wild), 4, "control_character:unit_name")
    wild = ("Ek\x07en", "Ek\x1b[31men", "Ek\ten", "Ek\x85en")
    yield _aside("control.csv", each("unit_name", *wild), 4, "control_character:unit_name")
    yield _aside(
        "bom_in_a_name.csv", each("unit_name", "\ufeffEken"), 1, "control_character:unit_name"
    )
    yield _aside(
        "separators.csv", each("unit_name", "Ek\u2028en", "Ek\u2029en"), 2, "control_character"
    )
    yield _aside(
        "lost_letters.csv", each("unit_name", "V\ufffdrdcentral"), 1, "replacement_char:unit_name"
    )
    sql = ("'; drop table contact; --", "Robert') or 1=1")
    yield _good(
        "sql_is_a_name_like_any_other.csv", each("unit_name", *sql), warning="unit_name_conflict"
    )
    yield _good(
        "one_letter_two_ways.csv", each("unit_name", unicodedata.normalize("NFD", UNITS[0]))
    )


def _codes() -> Iterator[Case]:
    wild = ("k200000", "K12345", "K1234567890123", "KK200000")
    yield _aside("contact_ids.csv", each("contact_id", *wild), 4, "pattern:contact_id")
    wild = ("", "NULL", "Ｋ200000", "K٢٠٠٠٠٠")
    yield _aside(
        "contact_ids_otherwise.csv", each("contact_id", *wild[1:]), 3, "pattern:contact_id"
    )
    yield _aside("contact_id_missing.csv", each("contact_id", ""), 1, "required_missing:contact_id")
    wild = ("A" * 32, "0" * 31, "g" * 32, "0" * 33)
    yield _aside("pseudonyms.csv", each("person_id", *wild), 4, "pattern:person_id")
    yield _aside("deso_letter.csv", each("deso", "1280D0010", "1280a0010"), 2, "pattern:deso")
    yield _aside("deso_of_another.csv", each("deso", "0180A0010"), 1, "area_municipality_mismatch")
    yield _aside(
        "municipality_short.csv", each("municipality", "180", "01280"), 2, "pattern:municipality"
    )
    yield _aside(
        "units.csv", each("unit_id", "U1", "u001", "U001\u200b", "../U001"), 4, "pattern:unit_id"
    )
    yield _aside("sexes.csv", each("sex", "k", "Kvinna", "0", "F"), 4, "code_unknown:sex")
    yield _aside("forms.csv", each("contact_type", "mott", "BREV"), 2, "code_unknown:contact_type")
    yield _aside("outcomes.csv", each("outcome_code", "D", "a"), 2, "code_unknown:outcome_code")
    yield _aside(
        "educations.csv", each("education", "0", "4", "1,0", "99"), 4, "code_unknown:education"
    )
    yield _aside(
        "birth.csv", each("country_of_birth", "Sverige", "se"), 2, "code_unknown:country_of_birth"
    )
    fine = ("e119", "E119", "j45.0", "F32.1")
    yield _good("diagnoses.csv", each("diagnosis_icd10", *fine))
    wild = ("E11.9, I10.9", "E1", "119", "E11..9x!")
    yield _aside("diagnoses_bad.csv", each("diagnosis_icd10", *wild), 4, "pattern:diagnosis_icd10")
    yield _aside(
        "diagnosis_missing.csv", each("diagnosis_icd10", ""), 1, "required_missing:diagnosis_icd10"
    )
    other = changed({1: {"contact_id": "K200000", "cost_sek": "1,00"}})
    yield _aside("one_id_two_rows.csv", other, 1, "duplicate_key")
    yield _aside("one_row_twice.csv", CLEAN + CLEAN.splitlines()[1] + "\n", 1, "duplicate_row", 21)
    yield _good(
        "two_names_of_one_unit.csv", each("unit_name", "Ekens nya"), warning="unit_name_conflict"
    )


def _shares() -> Iterator[Case]:
    yield _aside("exactly_a_fifth.csv", each("sex", *"XXXX"), 4, "code_unknown:sex")
    held = {i: {"sex": "X"} for i in range(5)}
    yield _aside("exactly_a_fifth_of_25.csv", changed(held, 25), 5, "code_unknown:sex", 25)
    yield _bad("just_above_a_fifth.csv", changed(held, 24), "quarantine_share", 24)
    mixed = [{"sex": "X"}, {"age": "x"}, {"deso": "x"}, {"cost_sek": "x"}, {"contact_id": "x"}]
    yield _bad("a_fifth_of_many_kinds.csv", changed(dict(enumerate(mixed))), "quarantine_share")
    yield _bad("ragged_rows_count_too.csv", CLEAN + "x\n" * 6, "quarantine_share", 26)
    yield _bad("one_bad_row.csv", changed({0: {"sex": "X"}}, 1), "quarantine_share", 1)
    yield _good("one_good_row.csv", changed({}, 1), 1)


def _other_files() -> Iterator[Case]:
    plain = CLEAN.encode()
    yield _bad("gzip.csv", gzip.compress(plain, mtime=0), "not_csv", None)
    yield _bad("gzip.csv.gz", gzip.compress(plain, mtime=0), "not_csv", None)
    yield _bad("pickle2.csv", pickle.dumps(rows(), 2), "not_csv", None)
    yield _bad("pickle5.csv", pickle.dumps(rows(), 5), "not_csv", None)
    yield _bad(
        "old_workbook.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504, "not_csv", None
    )
    yield _bad("json.csv", json.dumps(rows()), "not_csv", None)
    yield _bad("json_lines.csv", "\n".join(json.dumps(row) for row in rows()), "not_csv", None)
    yield _bad("xml.csv", "<?xml version='1.0'?>\n<rows/>\n", "not_csv", 0)
    yield _bad("page.csv", "\n\n<HTML><body>Logga in</body></HTML>", "not_csv", 0)
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows()), sink)
    yield _bad("parquet.csv", sink.getvalue(), "not_csv", None)
    yield _bad("bytes.csv", bytes(range(256)) * 8, "nul_byte", 8)
    yield _bad("pdf.csv", b"%PDF-1.7\n1 0 obj\n", "not_csv", None)
    yield _bad("elf.csv", b"\x7fELF\x02\x01\x01" + b"\x00" * 64, "nul_byte", 0)


def _zip(*entries: tuple[str, bytes], mode: int = 0, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in entries:
            entry = zipfile.ZipInfo(name, (2026, 11, 1, 0, 0, 0))
            entry.external_attr = mode << 16
            archive.writestr(entry, data, how)
    return sink.getvalue()


def _archives() -> Iterator[Case]:
    plain = CLEAN.encode()
    yield _good("packed.zip", _zip(("visits.csv", plain)))
    yield _good("packed_in_a_folder.zip", _zip(("out/visits.csv", plain)))
    yield _bad("no_members.zip", _zip(), "nothing_delivered", 0)
    yield _bad("folders_only.zip", _zip(("out/", b"")), "nothing_delivered", 0)
    yield _bad("readme_only.zip", _zip(("README.txt", b"none")), "nothing_delivered", 0)
    bomb = _zip(("visits.csv", plain + b"\n" * 50_000_000))
    yield _bad("bomb.zip", bomb, "archive_ratio", None)
    yield _bad("lying_bomb.zip", _lying(bomb, len(plain) + 50_000_000, 30_000), "archive_", None)
    yield _bad(
        "nested.zip", _zip(("inner.zip", _zip(("visits.csv", plain)))), "archive_nested", None
    )
    yield _bad("absolute.zip", _zip(("/tmp/visits.csv", plain)), "archive_path")
    yield _bad("drive.zip", _zip(("C:/visits.csv", plain)), "archive_path")
    yield _bad("backslash.zip", _zip(("..\\visits.csv", plain)), "archive_path")
    twice = _zip(("visits.csv", plain), ("visitx.csv", plain)).replace(b"visitx", b"visits")
    yield _bad("same_name_twice.zip", twice, "archive_path", None)
    yield _bad(
        "device.zip", _zip(("visits.csv", plain), mode=stat.S_IFCHR | 0o600), "archive_path", 0
    )
    secret = bytearray(_zip(("visits.csv", plain)))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        secret[secret.index(sign) + place] |= 1
    yield _bad("encrypted.zip", bytes(secret), "archive_encrypted", None)
    yield _bad("cut.zip", _zip(("visits.csv", plain))[:-40], "archive_broken", None)
    broken = bytearray(_zip(("visits.csv", plain), how=zipfile.ZIP_STORED))
    broken[200] ^= 1
    yield _bad("wrong_sum.zip", bytes(broken), "archive_broken", None)
    yield _bad("text_named_zip.zip", plain, "archive_broken", None)
    number = plain.replace(UNITS[0].encode(), NUMBER.encode(), 1)
    yield _bad("number_inside.zip", _zip(("visits.csv", number)), "personal_number")
    named = _zip((f"{NUMBER}.csv", plain[:-1] + b"Y\n"))
    yield _aside("number_in_a_member.zip", named, 1, "code_unknown:country_of_birth")


def _lying(bomb: bytes, true: int, told: int) -> bytes:
    return bomb.replace(true.to_bytes(4, "little"), told.to_bytes(4, "little"))


FORMS = {
    "twelve": NUMBER,
    "ten": "1212121212",
    "dash": "121212-1212",
    "century_dash": "19121212-1212",
    "plus": "121212+1212",
    "blank": "121212 1212",
    "nbsp": "121212\u00a01212",
    "soft_hyphen": "121212\u00ad1212",
    "zero_width": "1912\u200b12121212",
    "dashed_date": "1912-12-12-1212",
    "fullwidth": "１９１２１２１２１２１２",
    "arabic": "١٩١٢١٢١٢١٢١٢",
    "en_dash": "121212–1212",
    "in_brackets": "(19121212-1212)",
    "after_letters": "pnr191212121212",
    "coordination": "197010632391",
    "coordination_dash": "701063-2391",
}


def _personal() -> Iterator[Case]:
    for form, number in FORMS.items():
        yield _bad(f"number_{form}.csv", each("unit_name", f"Eken {number}"), "personal_number")
    for column in COLUMNS:
        if column != "unit_name":
            yield _bad(f"number_in_{column}.csv", each(column, NUMBER), "personal_number")
    header = CLEAN.replace("unit_name", NUMBER, 1)
    yield _bad("number_in_the_header.csv", header, "column_missing:unit_name")
    yield _bad(f"visits_{NUMBER}.csv", CLEAN.replace(";K;", ";Q;"), "quarantine_share")
    yield _bad("number_in_a_ragged_row.csv", CLEAN + f"Eken;{NUMBER}\n", "personal_number", 21)
    yield _bad("number_without_header.csv", "\n".join(
        each("unit_name", NUMBER).decode().splitlines()[1:]), "personal_number")  # fmt: skip
    yield _bad(
        "number_in_tabs.csv", each("unit_name", NUMBER).replace(b";", b"\t"), "personal_number"
    )
    extra = [row | {"kommentar": f"ring {NUMBER}"} for row in rows()]
    more = written(extra, [*COLUMNS, "kommentar"])
    yield _bad("number_in_an_extra_column.csv", more, "personal_number")
    yield _bad("number_behind_an_open_quote.csv", CLEAN + f'"{NUMBER}', "quote_unclosed", 21)


def _no_personal() -> Iterator[Case]:
    named = "unit_name_conflict"
    yield _good(
        "telephone.csv",
        each("unit_name", "Eken 08-465 004 12", "Eken +46 8 465 00 412"),
        warning=named,
    )
    hsa = ("SE2321000016-1A2B", "SE162321000255-O00001", "5565594230")
    yield _good("hsa_and_organisation.csv", each("unit_name", *hsa), warning=named)
    look = ("Eken 19121212-1213", "Eken 121332-1212", "T121212-121T", "19121212121")
    yield _good("no_check_digit_no_day.csv", each("unit_name", *look), warning=named)
    yield _good(
        "hospital_numbers.csv", each("unit_name", "19121212-TF12", "99121212-A123"), warning=named
    )


def _deliveries() -> Iterator[Case]:
    plain = CLEAN.encode()
    again = Case("again.csv", plain, "reject_file", reason="already_loaded", before=(plain,))
    yield again
    packed = _zip(("visits.csv", plain))
    yield Case("again_packed.zip", packed, "reject_file", reason="already_loaded", before=(plain,))
    half = written(rows(10)).encode()
    yield Case("half.csv", half, "accept", 10, 0, 10, before=(plain,))
    less = written(rows(9)).encode()
    yield Case("less_than_half.csv", less, "reject_file", 0, 0, 9, "volume_drop", before=(plain,))
    large = written(rows(40)).encode()
    series = (plain, large, written(rows(21)).encode())
    yield Case("median.csv", half, "reject_file", 0, 0, 10, "volume_drop", before=series)
    turned = written([*reversed(rows())]).encode()
    yield Case("other_order_again.csv", turned, "accept", 20, before=(plain,))
