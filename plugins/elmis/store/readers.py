"""Trying a bar code reader: codes to scan, and what is understood of what it sent."""

from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from markupsafe import Markup

from core.contract.ports import Words
from core.contract.words import _
from core.data.errors import AmagaraError
from core.web.documents import code_svg
from plugins.elmis.catalogue.gs1 import FNC1, parse

GTIN = "03453120000011"
PACKAGE = f"(01){GTIN}(10)LOT-42A(17)280630(21)S1234567"


@dataclass(frozen=True)
class Sample:
    """A code to try: what it is, how it looks, and what a reader that is set well sends of it."""

    title: Words
    code: Markup
    sends: str
    says: Words


def samples() -> list[Sample]:
    """Return the codes of the page: letters and figures, then a package with a separator inside, in two kinds."""
    package = f"01{GTIN}10LOT-42A{FNC1}1728063021S1234567"
    plain = "AMAGARA-0123456789"
    letters, separators = _("Letters and figures"), _("A package: product, lot, expiry, serial number")
    return [
        Sample(letters, code_svg(plain, "code128"), plain, plain),
        Sample(separators, code_svg(PACKAGE, "datamatrix", gs1=True), package, _("Square code (DataMatrix)")),
        Sample(separators, code_svg(PACKAGE, "qr", gs1=True), package, _("Square code (QR)")),
    ]


def understood(text: str) -> list[tuple[str, str]]:
    """Return (what, value) of what a text says, or the reason why it says nothing, in words."""
    try:
        scan = parse(text)
    except AmagaraError as refusal:
        return [(str(_("Not understood")), str(refusal.message))]
    expiry = _written(scan.expiry)
    parts = [
        (_("GTIN"), scan.gtin), (_("Code"), scan.code), (_("Lot number"), scan.lot), (_("Expiry"), expiry),
        (_("Serial number"), scan.serial), (_("Count"), scan.count), (_("Doubtful"), str(scan.doubt)),
    ]  # fmt: skip
    return [(str(name), str(value)) for name, value in parts if value]


def _written(day: date | None) -> str:
    return format_date(day, "dd/MM/yyyy") if day else ""
