"""Files of the same kinds as the hostile corpus, made here, get the verdict of the contract."""

from __future__ import annotations

import pytest

from .judging import Judged, check, check_elsewhere, night, numbers_in
from .more import FORMS, Case, cases

CASES = cases()
every = pytest.mark.parametrize("case", CASES, ids=str)


def _files(case: Case) -> list[tuple[str, bytes]]:
    before = [(f"before_{n}.csv", data) for n, data in enumerate(case.before)]
    return [*before, (case.name, case.data)]


def _is_as_told(judged: Judged, case: Case) -> bool:
    counted = (judged.verdict, judged.rows_in, judged.rows_loaded, judged.rows_quarantined)
    reasons = any(one.startswith(case.reason) for one in judged.reasons) or not case.reason
    clean = judged.verdict != "accept" or not judged.reasons
    warned = case.warning in judged.warnings or not case.warning
    told = (case.verdict, case.rows_in, case.loaded, case.aside)
    return counted == told and reasons and clean and warned


@every
def test_the_check_says_what_the_contract_says(case, tmp_path) -> None:
    paths = []
    for name, data in _files(case):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    judged, told = check(paths)
    assert _is_as_told(judged, case), judged
    assert not numbers_in(told)
    assert not [form for form in FORMS.values() if form in told]


@pytest.mark.long
@every
def test_a_real_load_does_the_same_and_keeps_no_personal_number(case, tmp_path) -> None:
    judged, kept = night(tmp_path, [[one] for one in _files(case)])
    assert _is_as_told(judged, case), judged
    assert not numbers_in(kept)
    assert not [form for form in FORMS.values() if form.encode() in kept]


@pytest.mark.parametrize("name", ["row_behind_the_header.csv", "header_without_line_end.csv"])
def test_a_row_that_runs_on_from_the_header_is_not_told_as_its_names(name, tmp_path) -> None:
    path = tmp_path / name
    path.write_bytes(next(case.data for case in CASES if case.name == name))
    _, told = check([path])
    assert "column_undeclared:number 2" in told
    assert not [
        value for value in ("K200000", "U001", "Ekdungen", "I10.9", "MOTT") if value in told
    ]


@pytest.mark.long
def test_all_of_them_in_one_process_stay_below_500_megabytes(tmp_path) -> None:
    sent, own = tmp_path / "sent", tmp_path / "own"
    sent.mkdir()
    own.mkdir()
    for case in CASES:
        (sent / case.name).write_bytes(case.data)
    found, code, told, peak = check_elsewhere(sorted(sent.iterdir()), own)
    assert (code, len(found["files"]) >= len(CASES)) == (16, True)
    assert peak < 500
    assert not numbers_in(told)
    assert list(own.iterdir()) == []
