"""Scans: what a bar code reader sends, as product, lot, expiry, serial and count.

Understood are GS1 DataMatrix, GS1-128 and GS1 QR with or without symbology identifier (]d2 ]C1 ]Q3) and
FNC1 (sent as GS, 0x1D), text with bracketed identifiers, GS1 Digital Links, bare GTINs of 8, 12, 13 or 14
digits, and any other code as it is. Dates and identifiers are read by biip after the GS1 General
Specifications: day 00 is the last of the month, a two-digit year lies 49 years back to 50 years ahead.

A part that reaches to its end because its separator was lost, or a number that another part would have to go
with, is doubtful: it is left out, and `doubt` says what to type by hand.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from biip import ParseError, gs1_prefixes
from biip.checksums import gs1_standard_check_digit
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message

from core.contract.ports import Words
from core.contract.words import _
from core.data.db import today
from core.data.errors import Refused
from plugins.elmis.catalogue.keyboards import azerty_readings

FNC1 = "\x1d"
LONGEST = 500  # characters; the largest GS1 DataMatrix in use holds far fewer
SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
GS1_SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]e0", "]J1")
GTIN_LENGTHS = (8, 12, 13, 14)
GTIN_ONLY = (13, 14)  # lengths that hardly any code of one's own has: a wrong check digit is a misreading
BRACKETED = re.compile(r"(\(\d{2,4}\)\s*[^()\s]+\s*)+")
DATES = {"11", "13", "15", "17"}  # identifiers of dates: six digits follow
COUNTS, LARGE = {"30", "37"}, 5  # digits of a count that hardly any package reaches
SWALLOWED = {"10": 3, "21": 6}  # identifiers that a lost separator hides, and the fewest signs that make one likely
AGE, AHEAD = 10, 20  # years around today in which the date of a package lies
GS1_TEXT = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")

# Which company was given which number is asked nowhere here, and takes 15 MB.
gs1_prefixes._GS1_COMPANY_PREFIX_TRIE.clear()  # type: ignore[union-attr]


class ScanError(Refused, ValueError):
    """The scan cannot be used; `message` says why, in words for the user."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan says. `gtin` has 14 digits, `count` is in the units of the package; None where it is silent.

    `code` is set instead of `gtin` for a code that is no GS1 one (an own product or asset code) and for the
    number of a logistic unit (00). `doubt` says in words what has to be typed by hand; `unsure` is the
    lot as it reads if no separator was lost, `uncounted` that the count is not to be trusted.
    """

    raw: str
    gtin: str | None = None
    lot: str | None = None
    expiry: date | None = None
    serial: str | None = None
    count: int | None = None
    code: str | None = None
    doubt: Words = ""
    unsure: str | None = None
    uncounted: bool = False


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
        return _from_elements(list(_message(body)), raw, separated=FNC1 in body.strip(FNC1))
    if re.match(r"\(\d{2,4}\)", body):
        return _from_elements(_bracketed(body), raw)
    if re.match(r"https?://", body):
        return _from_link(body, raw)
    return _from_plain(body, raw)


def _begins_with_gtin(text: str) -> bool:
    """Return whether the text is an element string whose reader sent no identifier: (01) and a sound GTIN."""
    return len(text) >= 16 and text.startswith(("01", "02")) and text[2:16].isdecimal() and sound_gtin(text[2:16])


def _message(text: str) -> Iterator[GS1ElementString]:
    """Yield the elements of a message: one without a fixed length ends at a separator and nowhere else."""
    for part in text.split(FNC1):
        while part:
            element = _element(part)
            size = len(element.ai.ai) + len(element.value)
            if size < len(part) and element.ai.separator_required:
                raise ScanError(
                    _("(%(ai)s) is longer in this code than it may be: type what the package says.", ai=element.ai.ai)
                )
            yield element
            part = part[size:]


def _element(text: str) -> GS1ElementString:
    """Return the first element of a text; ScanError when none can be read, or it is empty."""
    try:
        element = GS1ElementString.extract(text)
    except (ParseError, ValueError):
        element = None
    if element is None or not element.value or not text.isascii():
        raise ScanError(_("This GS1 code cannot be read: scan it again, or type it."))
    return element


def _bracketed(text: str) -> list[GS1ElementString]:
    try:
        found = list(GS1Message.parse_hri(text).element_strings) if BRACKETED.fullmatch(text) else []
    except (ParseError, ValueError):
        found = []
    if not found or not text.isascii():
        raise ScanError(_("The identifiers in brackets cannot be read."))
    return found


def _from_link(text: str, raw: str) -> Scan:
    try:
        return _from_elements(list(GS1DigitalLinkURI.parse(text).element_strings), raw)
    except (ParseError, ValueError) as error:
        if isinstance(error, ScanError) or re.search(r"/0[01]/\d", text):
            raise ScanError(_("This GS1 code cannot be read: scan it again, or type it.")) from error
        return Scan(raw=raw, code=text)


def _from_plain(text: str, raw: str) -> Scan:
    if text.isdecimal() and text.isascii() and len(text) in GTIN_LENGTHS:
        if sound_gtin(text):
            return Scan(raw=raw, gtin=text.zfill(14))
        if len(text) in GTIN_ONLY:
            raise ScanError(_("The check digit of %(gtin)s is wrong: scan it again.", gtin=text))
    return Scan(raw=raw, code=text)


def _from_elements(elements: list[GS1ElementString], raw: str, separated: bool = True) -> Scan:
    values = _by_identifier(elements)
    gtin = values.get("01") or values.get("02")
    if gtin is None and "00" not in values:
        raise ScanError(_("This code does not say which product it is. Scan the package's other code, or choose it."))
    expiry = values.get("17") or values.get("7003")
    doubtful = set() if separated else {ai for ai in values if _swallows(values, ai)}
    uncounted = not _well_counted(values) or bool(doubtful & COUNTS)
    count = values.get("30") or values.get("37")
    sure = {ai: element.value for ai, element in values.items() if ai not in doubtful}
    return Scan(
        raw=raw,
        gtin=_checked(gtin.value) if gtin else None,
        lot=sure.get("10"),
        expiry=expiry.date if expiry else None,
        serial=sure.get("21"),
        count=int(count.value) if count and not uncounted else None,
        code=None if gtin else sure.get("00"),
        doubt=_lost(values, doubtful) if doubtful else UNCOUNTED if uncounted else "",
        unsure=values["10"].value if "10" in doubtful else None,
        uncounted=uncounted,
    )


def _by_identifier(elements: Iterable[GS1ElementString]) -> dict[str, GS1ElementString]:
    """Return the elements by application identifier; ScanError if one contradicts another or its check digit."""
    values: dict[str, GS1ElementString] = {}
    for element in elements:
        known = values.setdefault(element.ai.ai, element)
        if known.value != element.value:
            raise ScanError(_("This code says (%(ai)s) twice, differently.", ai=element.ai.ai))
        if element.sscc_error or element.gln_error:
            raise ScanError(_("The check digit of %(gtin)s is wrong: scan it again.", gtin=element.value))
    if "01" in values and "02" in values:
        raise ScanError(_("This code names two products, (01) and (02). Choose the product by hand."))
    return values


UNCOUNTED = _("This code does not say clearly how many there are. Type the quantity.")


def _well_counted(values: Mapping[str, GS1ElementString]) -> bool:
    """Return whether (02) and (37) stand together or not at all, and no count is zero."""
    said = [values[ai].value for ai in COUNTS & values.keys()]
    return ("02" in values) == ("37" in values) and all(int(value) > 0 for value in said)


def _swallows(values: Mapping[str, GS1ElementString], ai: str) -> bool:
    """Return whether a value may hold further elements, their separator lost: "LOT42A" and (17)280630."""
    value = values[ai].value
    if not values[ai].ai.separator_required:
        return False
    if ai in COUNTS and len(value) > LARGE:
        return True
    tails = (value[place:] for place in range(1, len(value)))
    return any(_likely(tail) for tail in tails if tail[:2] not in values)


def _likely(tail: str) -> bool:
    """Return whether a text reads like an element that a package has."""
    identifier, rest = tail[:2], tail[2:]
    if identifier in DATES and re.match(r"[0-9]{6}($|[123][0-9])", rest):
        try:
            day = GS1ElementString.extract(tail[:8]).date
        except (ParseError, ValueError):
            return False
        return day is not None and -AGE <= day.year - today().year <= AHEAD
    return len(rest) >= SWALLOWED.get(identifier, LONGEST)


def _lost(values: Mapping[str, GS1ElementString], doubtful: set[str]) -> Words:
    text = values[min(doubtful)].value
    return _("The reader leaves out the separators: “%(text)s” may be lot and expiry in one. Type both.", text=text)


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
