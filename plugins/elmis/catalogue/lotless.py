"""What lots are called: as their packs say, or by their expiry where packs carry no number."""

import re
from datetime import date
from functools import lru_cache

from core.contract.ports import Words
from core.contract.words import _
from core.data.codes import number_key
from plugins.elmis.catalogue.gs1 import ScanError, parse, sound_gtin

NO_LOT = "–"
SHORTEST_SCAN = 16  # characters of a GS1 code that holds more than its product
ELEMENTS = re.compile(r"0[12]\d{14}|1[1357]\d{4}[0-3]\d10.|\(\d\d\)|\][A-Za-z]\d")  # how GS1 codes begin
BARCODE = 12  # digits from which a number with a right check digit is hardly a lot by chance
NAMELESS = frozenset(
    {
        "", "aucun", "aucunlot", "inconnu", "inconnue", "lot", "lotinconnu", "na", "nd", "neant", "néant", "nil",
        "nolot", "none", "nr", "pasdelot", "pasdenuméro", "sans", "sanslot", "sansnumero", "sansnuméro", "sn",
        "unknown", "xx", "xxx",
    }
)  # fmt: skip


def lot_number(typed: str, has_lots: bool, expiry: date | None) -> str:
    """Return the lot number that was typed; goods whose packs carry none are told apart by their expiry."""
    if typed.strip() or has_lots:
        return typed.strip()
    return f"EXP {expiry:%m/%Y}" if expiry else NO_LOT


def whole_code(number: str) -> Words | None:
    """Return why a text cannot be a lot number when it is all that a scanner sent, else None."""
    if len(number) < SHORTEST_SCAN and not number.startswith("]"):
        return None
    try:
        scan = parse(number)
    except ScanError:
        scan = None
    if scan and scan.lot and scan.gtin:
        return _("This is the whole bar code. Its lot number is %(lot)s: type that.", lot=scan.lot)
    if number.startswith("]") or (scan and scan.gtin):
        return _("This is a whole bar code, not a lot number. Type the lot number that the package says.")
    return None


def doubtful_number(number: str, fresh: bool) -> Words | None:
    """Return what is doubtful about a lot number: that it names none, or, when `fresh`, that it is a bar code."""
    nameless, scanned = _resembles(number)
    if nameless:
        return _(
            "“%(lot)s” is no lot number: packages of any lot would be one lot under it, for the whole country. "
            "Type what the package says.",
            lot=number,
        )  # fmt: skip
    if fresh and scanned:
        return _("%(lot)s looks like a bar code, not like a lot number.", lot=number)
    return None


@lru_cache(maxsize=1000)
def _resembles(number: str) -> tuple[bool, bool]:
    """Return whether a text names no lot, and whether it is like a bar code; a list names a lot in many lines."""
    key = number_key(number)
    nameless = key in NAMELESS or (len(key) > 5 and len(set(key)) == 1)
    return nameless, (len(key) >= BARCODE and sound_gtin(key)) or ELEMENTS.match(number) is not None
