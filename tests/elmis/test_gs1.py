"""What a bar code reader sends, in all its forms."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.elmis.catalogue.gs1 import FNC1, Scan, ScanError, element_string, parse, sound_gtin
from plugins.elmis.catalogue.keyboards import BELGIAN, FRENCH, US, azerty_decoded, looks_azerty

GTIN = "03453120000011"
WHOLE = f"01{GTIN}1728020010ABC-12{FNC1}21S77{FNC1}3024"
EXPECTED = {"gtin": GTIN, "lot": "ABC-12", "expiry": date(2028, 2, 29), "serial": "S77", "count": 24, "code": None}


def typed_on(keyboard: str, text: str) -> str:
    """Return what a US-layout reader types on this keyboard."""
    return text.translate(str.maketrans(US, keyboard))


def checked(payload: str) -> str:
    """Return the payload with its check digit, computed by the rule of weights 3 and 1."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return payload + str(-total % 10)


@pytest.mark.parametrize("prefix", ["", "]d2", "]C1", "]Q3", "]d2" + FNC1, FNC1])
@pytest.mark.parametrize("ending", ["", "\r\n", "\t"])
def test_gs1_message(prefix: str, ending: str) -> None:
    raw = prefix + WHOLE + ending
    assert parse(raw) == Scan(raw=raw, **EXPECTED)


def test_bracketed_and_written_separators() -> None:
    bracketed = f"(01){GTIN}(17)280200(10)ABC-12(21)S77(30)24"
    assert parse(bracketed) == Scan(raw=bracketed, **EXPECTED)
    written = WHOLE.replace(FNC1, "<GS>")
    assert parse("]d2" + written) == Scan(raw="]d2" + written, **EXPECTED)


def test_day_zero_is_the_last_of_the_month() -> None:
    assert parse(f"(01){GTIN}(17)270200").expiry == date(2027, 2, 28)
    assert parse(f"(01){GTIN}(17)270400").expiry == date(2027, 4, 30)
    assert parse(f"(01){GTIN}(17)270415").expiry == date(2027, 4, 15)


def test_two_digit_year_is_nearest() -> None:
    """The year lies at most 49 years back and 50 years ahead."""
    year = date.today().year  # noqa: DTZ011 - the rule itself follows the calendar year
    for away in (-49, -1, 0, 50):
        assert parse(f"(01){GTIN}(17){(year + away) % 100:02}0115").expiry == date(year + away, 1, 15)


def test_logistic_content_and_count() -> None:
    scan = parse(f"]C102{GTIN}3748{FNC1}10L9")
    assert (scan.gtin, scan.count, scan.lot) == (GTIN, 48, "L9")
    assert parse("(00)106141412345678908").code == "106141412345678908"


def test_digital_link() -> None:
    scan = parse(f"https://id.gs1.org/01/{GTIN}/10/ABC?17=280229")
    assert (scan.gtin, scan.lot, scan.expiry) == (GTIN, "ABC", date(2028, 2, 29))


@pytest.mark.parametrize("text", ["96385074", "036000291452", "3400936000018", "13400936000015", "]E03400936000018"])
def test_bare_gtin_becomes_fourteen_digits(text: str) -> None:
    scan = parse(text)
    assert scan.gtin == text.removeprefix("]E0").zfill(14)
    assert scan.expiry is scan.lot is scan.code is None


@pytest.mark.parametrize("text", ["BI-HPRC-004217", "MED0042", "12345678", "10ABC", "10000213", "]A0BI-1", "élastique"])
def test_plain_code(text: str) -> None:
    assert parse(text) == Scan(raw=text, code=text.removeprefix("]A0"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \r\n",
        "x" * 501,
        "3400936000017",  # EAN-13, wrong check digit
        "(01)03453120000012",
        "]d20103453120000012",
        f"(01){GTIN}(17)281300",  # month 13
        f"(01){GTIN}(17)280230",  # 30 February
        f"(01){GTIN}(05)1",  # no such identifier
        f"(01){GTIN}(10)A(10)B",
        "]d2hello",
        "(01)",
        "]d2010541983690060930",  # (30) and nothing after it
        f"]d201{GTIN}10",
        f"]d201{GTIN}10{'A' * 21}",  # a lot of 21 letters was cut at 20 and its rest read on
        f"]d201{GTIN}10{'A' * 19}17280630",
        f"]d201{GTIN}10{'A' * 20}17280630",  # cut at 20, its rest reads like an expiry
        "]d201054198369006 0930",
        f"(01){GTIN}(10){'A' * 21}",
        f"(01){GTIN}(10)LOT 42",
        f"https://id.gs1.org/01/{GTIN}/10/{'A' * 21}",
        "(00)106141412345678900",  # SSCC, wrong check digit
        "https://id.gs1.org/00/106141412345678900",
        f"(01){GTIN}(410)3453120000012",  # GLN, wrong check digit
        "(10)ABC(17)280630",  # no product
        f"(01){GTIN}(02){GTIN}(37)5",
        "]d201\u0660\u0661\u0662\u0663453120000011",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ScanError) as refused:
        parse(text)
    assert isinstance(refused.value, ValueError)
    assert str(refused.value.message)


@pytest.mark.parametrize(
    "text, sure",
    [
        (f"01{GTIN}10LOT42A17280630", {}),
        (f"]d201{GTIN}10L42A1728063021S1", {}),
        (f"]d201{GTIN}1728063010LOT42A21S1234567", {"expiry": date(2028, 6, 30)}),
        (f"]C101{GTIN}21S123456717280630", {}),
        (f"]C101{GTIN}3024172806", {}),
    ],
)
def test_a_lost_separator_is_a_doubt_and_never_a_lot(text: str, sure: dict) -> None:
    scan = parse(text)
    assert scan.gtin == GTIN and scan.doubt
    assert (scan.lot, scan.expiry, scan.serial, scan.count) == (None, sure.get("expiry"), None, None)


@pytest.mark.parametrize("lot", ["LOT42A", "A171234", "B17999999", "CT2104", "1721", "L10", "X17280630Y"])
def test_a_lot_that_hides_nothing_is_read(lot: str) -> None:
    scan = parse(f"]d201{GTIN}17280630" + "10" + lot)
    assert (scan.lot, scan.doubt) == (lot, "")
    assert parse(f"]d201{GTIN}10{lot}{FNC1}17280630").lot == lot


@pytest.mark.parametrize("text", [f"(02){GTIN}", f"(01){GTIN}(37)12", f"(01){GTIN}(30)0"])
def test_a_count_that_is_not_clear_is_left_to_the_person(text: str) -> None:
    scan = parse(text)
    assert scan.gtin == GTIN and scan.count is None and scan.uncounted and scan.doubt


def test_french_keyboard_as_measured() -> None:
    """The pair measured in the design: e.key against e.code."""
    assert azerty_decoded("BI)HPRC)àà'é&è") == "BI-HPRC-004217"
    assert azerty_decoded("&é\"'(-è_çà") == "1234567890"
    assert azerty_decoded("aqzwm,;QAZWM?.") == "qawz;m,AQWZ:M<"
    assert parse("BI)HPRC)àà'é&è").code == "BI-HPRC-004217"


@pytest.mark.parametrize("keyboard", [FRENCH, BELGIAN])
@pytest.mark.parametrize(
    "text",
    [WHOLE, "]d2" + WHOLE, f"(01){GTIN}(17)280200(10)ABC-12(21)S77(30)24", "]d2" + WHOLE.replace("ABC-12", "qazwm")],
)
def test_gs1_typed_on_azerty(keyboard: str, text: str) -> None:
    meant, scan = parse(text), parse(typed_on(keyboard, text))
    assert (scan.gtin, scan.lot, scan.expiry, scan.serial, scan.count) == (
        meant.gtin,
        meant.lot,
        meant.expiry,
        meant.serial,
        meant.count,
    )


@pytest.mark.parametrize("keyboard", [FRENCH, BELGIAN])
def test_ean_typed_on_azerty(keyboard: str) -> None:
    assert parse(typed_on(keyboard, "3400936000018")).gtin == "03400936000018"
    with pytest.raises(ScanError):
        parse(typed_on(keyboard, "3400936000017"))


@pytest.mark.parametrize("text", ["élastique", "dépôt", "l'été", "pénicilline benzathine", "BI-HPRC-004217", WHOLE])
def test_words_and_sound_codes_are_left_alone(text: str) -> None:
    assert not looks_azerty(text)


@given(st.text(alphabet="0123456789", min_size=7, max_size=13).filter(lambda text: len(text) in (7, 11, 12, 13)))
def test_check_digit(payload: str) -> None:
    gtin = checked(payload)
    assert sound_gtin(gtin)
    assert parse(gtin).gtin == gtin.zfill(14)
    assert not any(sound_gtin(payload + str(digit)) for digit in range(10) if digit != int(gtin[-1]))


@given(
    payload=st.text(alphabet="0123456789", min_size=13, max_size=13),
    lot=st.text(alphabet="ABCxyz019-/._+", max_size=20),
    serial=st.text(alphabet="ABCxyz019-/._+", max_size=20),
    expiry=st.none() | st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    count=st.none() | st.integers(1, 10**8 - 1),
)
def test_a_printed_label_reads_back(
    payload: str, lot: str, serial: str, expiry: date | None, count: int | None
) -> None:
    gtin = checked(payload)
    scan = parse(element_string(gtin, lot, expiry, serial, count))
    assert scan == Scan(scan.raw, gtin, lot or None, expiry, serial or None, count)


@pytest.mark.parametrize("lot", ["A" * 21, "lot é", "A(1)", "A\x1dB", "A B"])
def test_a_label_refuses_what_it_cannot_carry(lot: str) -> None:
    with pytest.raises(ScanError):
        element_string(GTIN, lot)


@pytest.mark.parametrize(
    "options", [{"gtin": "3400936000017"}, {"gtin": GTIN, "count": 0}, {"gtin": GTIN, "count": 10**8}]
)
def test_a_label_refuses_wrong_numbers(options: dict) -> None:
    with pytest.raises(ScanError):
        element_string(**options)


@given(st.text(max_size=60))
def test_any_text_gives_a_scan_or_a_message(text: str) -> None:
    with suppress(ScanError):
        assert parse(text).raw == text
