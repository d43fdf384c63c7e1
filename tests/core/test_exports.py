"""Files of lists: no cell computes, numbers stay numbers, days stay days, text comes back as it was."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest

from core.data.errors import Refused
from core.web import exports

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", " =1+1", '=cmd|"/c calc"!A1', '=HYPERLINK("http://x","y")',
    "-", "=", "@",
]  # fmt: skip
TEXTS = [
    "<script>alert(1)</script>",
    "Élève d’œuvre « ça »",
    "0012",
    "1e5",
    "http://example.org",
    'a"b;c,d\ne',
    "x" * 3000,
    "’",
]


def sheet(*rows):
    file = exports.write("xlsx", ["Head"], [[value] for value in rows], "fr")
    book = openpyxl.load_workbook(io.BytesIO(file.read()))
    return [cell for (cell,) in book.active.iter_rows(min_row=2)]


def table(language, *rows):
    text = exports.write("csv", ["Head", "Other"], [[value, "x"] for value in rows], language).read().decode("utf-8")
    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";" if language == "fr" else ","))
    assert all(len(line) == 2 for line in lines)
    return [first for first, _second in lines[1:]]


@pytest.mark.parametrize("text", FORMULAS + TEXTS)
def test_a_text_is_a_text_in_a_sheet(text):
    (cell,) = sheet(text)
    assert cell.data_type == "s"
    assert cell.value.replace("_x000D_", "\r") == text and cell.hyperlink is None


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_text_that_would_compute_is_led_by_an_apostrophe(language):
    assert table(language, *FORMULAS) == [f"'{text}" for text in FORMULAS]
    assert table(language, *TEXTS) == TEXTS


def test_heads_are_texts_too():
    assert exports.write("csv", ["=1+1"], [], "en").read().decode("utf-8-sig").strip() == "'=1+1"
    book = openpyxl.load_workbook(io.BytesIO(exports.write("xlsx", ["=1+1"], [], "en").read()))
    assert book.active["A1"].data_type == "s"


def test_numbers_stay_numbers():
    cells = sheet(12, -3, Decimal("1250.5"), 0.25, 0, 10**15 + 1)
    assert [cell.value for cell in cells] == [12, -3, 1250.5, 0.25, 0, str(10**15 + 1)]
    assert [cell.data_type for cell in cells] == ["n"] * 5 + ["s"]
    assert table("fr", 12, -3, Decimal("1250.5"), 0.25, 1234567) == ["12", "-3", "1250,5", "0,25", "1234567"]
    assert table("en", -3, Decimal("1250.5"), Decimal("1E+3")) == ["-3", "1250.5", "1000"]


def test_days_and_moments_stay_days_and_moments():
    moment = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    day, local, old = sheet(date(2027, 12, 31), moment, date(1850, 1, 1))
    assert day.is_date and day.value.date() == date(2027, 12, 31)
    assert local.value == datetime(2026, 11, 23, 0, 30)  # noqa: DTZ001 (as the clock in Bujumbura)
    assert old.value == "1850-01-01"
    assert table("fr", date(2027, 12, 31), moment) == ["2027-12-31", "2026-11-23 00:30"]


def test_what_is_empty_is_an_empty_cell():
    assert [cell.value for cell in sheet(None, "", "x")] == [None, None, "x"]
    assert table("fr", None, "") == ["", ""]


def test_a_list_longer_than_a_sheet_is_refused_not_cut(monkeypatch):
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    assert len(sheet("a", "b")) == 2
    with pytest.raises(Refused):
        sheet("a", "b", "c")
