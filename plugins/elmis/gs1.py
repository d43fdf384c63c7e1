"""Scans: what a bar code reader sends, as product, lot, expiry, serial and count.

Understood are GS1 DataMatrix, GS1-128 and GS1 QR with or without symbology identifier (]d2 ]C1 ]Q3) and
FNC1 (sent as GS, 0x1D), text with bracketed identifiers, GS1 Digital Links, bare GTINs of 8, 12, 13 or 14
digits, and any other code as it is. Dates and identifiers are read by biip after the GS1 General
Specifications: day 00 is the last of the month, a two-digit year lies 49 years back to 50 years ahead.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from biip import ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message

from core.contract.words import _
from core.data.errors import Refused
from plugins.elmis.keyboards import azerty_readings

FNC1 = "\x1d"
LONGEST = 500  # characters; the largest GS1 DataMatrix in use holds far fewer
SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
GS1_SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]e0", "]J1")
GTIN_LENGTHS = (8, 12, 13, 14)
GTIN_ONLY = (13, 14)  # lengths that hardly any code of one's own has: a wrong check digit is a misreading
GS1_TEXT = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")


class ScanError(Refused, ValueError):
    """The scan cannot be used; `message` says why, in words for the user."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan says. `gtin` has 14 digits, `count` is in the units of the package; None where it is silent.

    `code` is set instead of `gtin` for a code that is no GS1 one (an own product or asset code) and for the
    number of a logistic unit (00).
    """

    raw: str
    gtin: str | None = None
    lot: str | None = None
    expiry: date | None = None
    serial: str | None = None
    count: int | None = None
    code: str | None = None


def parse(raw: str) -> Scan:
    """Return what was scanned; ScanError if it is empty, too long, misread or contradicts itself."""
    text = raw.strip(" \t\r\n")
    if not text:
        raise ScanError(_("Nothing was scanned."))
    if len(text) > LONGEST:
        raise ScanError(_("This code is too long."))
    return _best(azerty_readings(text) or [text], raw)


def _best(readings: list[str], raw: str) -> Scan:
    """Return the first reading with a GTIN, else what the likeliest reading gave, scan or error."""
    outcomes = [_attempt(text, raw) for text in readings]
    found = next((one for one in outcomes if isinstance(one, Scan) and one.gtin), outcomes[0])
    if isinstance(found, ScanError):
        raise found
    return found


def _attempt(text: str, raw: str) -> "Scan | ScanError":
    try:
        return _read(text, raw)
    except ScanError as error:
        return error


def _read(text: str, raw: str) -> Scan:
    text = text.replace("<GS>", FNC1).replace("␝", FNC1)
    symbology = SYMBOLOGY.match(text)
    body = text[3:] if symbology else text
    if text.startswith(GS1_SYMBOLOGIES) or FNC1 in body or _begins_with_gtin(body):
        return _from_elements(_message(body.strip(FNC1)), raw)
    if re.match(r"\(\d{2,4}\)", body):
        return _from_elements(_bracketed(body), raw)
    if re.match(r"https?://", body):
        return _from_link(body, raw)
    return _from_plain(body, raw)


def _begins_with_gtin(text: str) -> bool:
    """Return whether the text is an element string whose reader sent no identifier: (01) and a sound GTIN."""
    return len(text) >= 16 and text.startswith(("01", "02")) and text[2:16].isdecimal() and sound_gtin(text[2:16])


def _message(text: str) -> Iterable[GS1ElementString]:
    try:
        return GS1Message.parse(text).element_strings
    except ParseError as error:
        raise ScanError(_("This GS1 code cannot be read: scan it again, or type it.")) from error


def _bracketed(text: str) -> Iterable[GS1ElementString]:
    try:
        return GS1Message.parse_hri(text).element_strings
    except ParseError as error:
        raise ScanError(_("The identifiers in brackets cannot be read.")) from error


def _from_link(text: str, raw: str) -> Scan:
    try:
        return _from_elements(GS1DigitalLinkURI.parse(text).element_strings, raw)
    except ParseError:
        return Scan(raw=raw, code=text)


def _from_plain(text: str, raw: str) -> Scan:
    if text.isdecimal() and text.isascii() and len(text) in GTIN_LENGTHS:
        if sound_gtin(text):
            return Scan(raw=raw, gtin=text.zfill(14))
        if len(text) in GTIN_ONLY:
            raise ScanError(_("The check digit of %(gtin)s is wrong: scan it again.", gtin=text))
    return Scan(raw=raw, code=text)


def _from_elements(elements: Iterable[GS1ElementString], raw: str) -> Scan:
    values = _by_identifier(elements)
    gtin = values.get("01") or values.get("02")
    expiry = values.get("17") or values.get("7003")
    count = values.get("30") or values.get("37")
    return Scan(
        raw=raw,
        gtin=_checked(gtin.value) if gtin else None,
        lot=_text(values.get("10")),
        expiry=expiry.date if expiry else None,
        serial=_text(values.get("21")),
        count=int(count.value) if count else None,
        code=None if gtin else _text(values.get("00")),
    )


def _by_identifier(elements: Iterable[GS1ElementString]) -> dict[str, GS1ElementString]:
    """Return the elements by application identifier; ScanError if one is there twice and differs."""
    values: dict[str, GS1ElementString] = {}
    for element in elements:
        known = values.setdefault(element.ai.ai, element)
        if known.value != element.value:
            raise ScanError(_("This code says (%(ai)s) twice, differently.", ai=element.ai.ai))
    return values


def _text(element: GS1ElementString | None) -> str | None:
    return element.value if element else None


def _checked(gtin: str) -> str:
    if not sound_gtin(gtin):
        raise ScanError(_("The check digit of %(gtin)s is wrong: scan it again.", gtin=gtin))
    return gtin.zfill(14)


def sound_gtin(gtin: str) -> bool:
    """Return whether the text is a GTIN of 8, 12, 13 or 14 digits with the right check digit."""
    if not (gtin.isascii() and gtin.isdecimal() and len(gtin) in GTIN_LENGTHS):
        return False
    return gs1_standard_check_digit(gtin[:-1]) == int(gtin[-1])


def element_string(
    gtin: str, lot: str = "", expiry: date | None = None, serial: str = "", count: int | None = None
) -> str:
    """Return "(01)…(17)…(10)…(21)…(30)…" for a label; ScanError if a part cannot be carried by GS1."""
    parts = [f"(01){_checked(gtin)}"]
    if expiry:
        parts.append(f"(17){expiry:%y%m%d}")
    for identifier, text in (("10", lot), ("21", serial)):
        if text:
            parts.append(f"({identifier}){_carried(text)}")
    if count is not None:
        parts.append(f"(30){_counted(count)}")
    return "".join(parts)


def _carried(text: str) -> str:
    """Return a lot or serial number that a label can carry; brackets would be taken for identifiers."""
    if not GS1_TEXT.fullmatch(text) or "(" in text or ")" in text:
        raise ScanError(_("“%(text)s” cannot be printed in a GS1 code.", text=text))
    return text


def _counted(count: int) -> int:
    if not 0 < count < 10**8:
        raise ScanError(_("A count in a GS1 code has one to eight digits."))
    return count
