"""Files of temperature loggers: the layouts that are known, and what cannot be read of them."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.data.errors import Refused
from plugins.gmao import reference
from plugins.gmao.coldchain.limits import limits_of
from plugins.gmao.coldchain.loggers import read
from plugins.gmao.formulas.coldchain import LIMITS

LOGTAG = """"LogTag Analyzer","3.1"
"Serial Number","9900123456"
"Reading No.","Date/Time","Temperature (°C)"
1,"2026-11-01 08:00:00",4.5
2,"2026-11-01 08:10:00",8.1
"""
BERLINGER = """Berlinger Fridge-tag 2L;Vers: 2.01
Serial number;160400271
Unit;°C

Timestamp;Temperature;Alarm
01.11.2026 08:00;4,5;
01.11.2026 08:10;+8,1;x
"""
TESTO = """testo 174 T\t\t
Seriennummer: 40123\t\t
Date\tTime\t1 [°F]
11/13/2026\t8:00:00 AM\t40.1
11/13/2026\t8:10:00 pm\t46.58
"""
OTHER = """S/N,77
Date,Heure,Température
2026-11-01,08:00,"4,5 °C"
2026-11-01,8h10,"8,1 °C"
"""
DEGREES = [Decimal("4.50"), Decimal("8.10")]


@pytest.mark.parametrize(
    ("text", "logger", "serial", "moments"),
    [
        (LOGTAG, "LogTag", "9900123456", [(1, 6, 0), (1, 6, 10)]),
        (BERLINGER, "Berlinger (Fridge-tag / Q-tag / SmartLine)", "160400271", [(1, 6, 0), (1, 6, 10)]),
        (TESTO, "Testo", "40123", [(13, 6, 0), (13, 18, 10)]),
        (OTHER, "", "77", [(1, 6, 0), (1, 6, 10)]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_file_is_known_by_its_headings_and_read_in_its_own_way(text, logger, serial, moments, encoding):
    sheet = read(text.encode(encoding))
    assert (sheet.logger, sheet.serial, sheet.faults) == (logger, serial, [])
    assert [one.at for one in sheet.readings] == [datetime(2026, 11, *at, tzinfo=UTC) for at in moments]  # UTC+2 here
    assert [one.celsius for one in sheet.readings] == DEGREES
    assert (
        sheet.lines == [number for number, line in enumerate(text.splitlines(), 1) if "00" in line or "10" in line][-2:]
    )


def test_a_file_that_names_its_offset_is_read_by_it():
    (one,) = read(b"Time zone;UTC+01:00\nTimestamp;Temp (C)\n2026-11-01 08:00;-0,5\n").readings
    assert (one.at, one.celsius) == (datetime(2026, 11, 1, 7, tzinfo=UTC), Decimal("-0.5"))
    (one,) = read(b"Timestamp;Temp (C)\n2026-11-01T08:00:00Z;\xe2\x88\x920,5\n").readings
    assert (one.at, one.celsius) == (datetime(2026, 11, 1, 8, tzinfo=UTC), Decimal("-0.5"))


def test_the_limits_of_refrigerators_are_the_alarms_of_the_list_and_each_fact_is_of_a_type_that_there_is(app):
    assert limits_of("vaccine-fridge-ilr") == LIMITS and limits_of("cold-box") == ()
    types = {one["code"]: one["pqs"] for one in reference.rows("types")}
    for name in ("limits", "models"):
        assert {one["type"] for one in reference.rows(name)} <= {code for code, pqs in types.items() if pqs != "E006"}
    assert all(re.fullmatch(r"E003/\d{3}", one["pqs"]) for one in reference.rows("models"))


def test_a_sensor_that_gave_nothing_is_no_temperature():
    assert [one.celsius for one in read(b"Date;Time;Temp (C)\n2026-11-01;8:00;---\n2026-11-01;8:10;\n").readings] == [
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "file"),
        ("Nothing;here\n1;2", "file"),
        ("Date/Time;Temp (C)\n", "file"),
        ("\0\1\2", "file"),
        ("Date/Time;Temp\n2026-11-01 08:00;4", "unit"),
        ("Date/Time;Temp (C)\n03/04/2026 08:00;4", "dates"),
    ],
)
def test_what_only_a_person_knows_is_asked_at_its_field(text, field):
    with pytest.raises(Refused) as told:
        read(text.encode())
    assert told.value.field == field


def test_what_a_person_said_is_taken():
    (one,) = read(b"Date/Time;Temp\n03/04/2026 08:00;50", "mdy", "F").readings
    assert (one.at, one.celsius) == (datetime(2026, 3, 4, 6, tzinfo=UTC), Decimal(10))


def test_each_cell_that_cannot_be_read_is_named_with_its_line():
    lines = ["Date/Time,Temp (C)", "2026-11-01 08:00,warm", "2026-02-30 08:00,4", "2026-11-01 25:00,4", "soon,4",
             "2026-11-01 08:10,4,5"]  # fmt: skip
    found = [(one.line, one.heading) for one in read("\n".join(lines).encode()).faults]
    assert found == [(2, "Temp (C)"), (3, "Date/Time"), (4, "Date/Time"), (5, "Date/Time"), (6, "")]
    assert read("\n".join(lines).encode(), since=6).faults[0].line == 6
