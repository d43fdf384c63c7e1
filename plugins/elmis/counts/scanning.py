"""A code that is read at the sheet of a count: the line of its lot, or what it says of one that is not on it."""

from collections.abc import Sequence
from typing import Any

from core.contract.words import _
from core.data.codes import key_of
from plugins.elmis.catalogue.scans import Found
from plugins.elmis.counts.models import Count, CountLine


def meant(count: Count, found: Found) -> dict[str, Any]:
    """Return {"lines": ids of the lines that may be meant, "product", "lot", "expiry", "doubt"} for what was read.

    One line is surely meant when nothing is doubtful; none when the lot is not on the sheet, or lies there with another
    expiry than the package's.
    """
    product, lines = found.product, _lines(count, found)
    return {
        "lines": [line.id for line in lines],
        "product": {"value": product.code, "label": f"{product.code} · {product.name}"},
        "lot": found.lot,
        "expiry": found.expiry.isoformat() if found.expiry else "",
        "doubt": str(_doubt(found, lines)),
    }


def _lines(count: Count, found: Found) -> Sequence[CountLine]:
    same = [line for line in count.lines if line.product_id == found.product.id]
    if not found.lot:
        return same
    named = key_of(found.lot)
    exact = [line for line in same if named in (line.lot.number_key, key_of(line.lot.printed))]
    return [line for line in exact if found.expiry in (None, line.lot.expiry) or line.lot.expiry is None]


def _doubt(found: Found, lines: Sequence[CountLine]) -> Any:
    if len(lines) == 1 and found.lot:
        return ""
    if len(lines) == 1:
        return _("The code does not say the lot. Check that it is %(lot)s.", lot=lines[0].lot.number)
    if lines:
        lots = ", ".join(line.lot.number for line in lines)
        return found.doubt or _("The code does not say which lot it is: %(lots)s. Choose the line by hand.", lots=lots)
    return found.doubt or ("" if found.lot else _("The code does not say the lot. Type what the package says."))
