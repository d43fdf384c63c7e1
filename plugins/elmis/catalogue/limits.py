"""What a ministry sets of figures and days: what is taken without a question (beyond it is asked and recorded with a
yes), when warnings begin, how long deliveries take."""

from datetime import date, timedelta

from core.contract.ports import Words
from core.contract.settings import Setting
from core.contract.words import _
from core.data.db import today
from core.data.figures import grouped
from core.data.settings import value_of
from core.facilities.models import Facility
from plugins.elmis.catalogue.gs1 import sound_gtin

BARCODE = 8  # digits of the shortest one
EDIT = "elmis.catalogue.edit"
ASKED = _("What is asked before it is recorded")
QUANTITY = Setting(
    "elmis.quantity", _("Largest quantity of a line"), 1_000_000, EDIT,
    _("A larger one is asked, in base units: it may be a bar code or a slip of the keyboard. A list refuses it."),
    _("units"), ASKED, local=True, least=1, most=10**12,
)  # fmt: skip
EXPIRY_YEARS = Setting(
    "elmis.expiry_years", _("Latest expiry, counted from the receipt"), 10, EDIT,
    _("Of a lot that expires later it is asked whether the year is right."), _("years"), ASKED, least=1, most=100,
)  # fmt: skip
MONTHS_BACK = Setting(
    "elmis.months_back", _("Oldest day of a document"), 3, EDIT,
    _("Of an older one it is asked whether the date is right."), _("months"), ASKED, local=True, least=1, most=120,
)  # fmt: skip
COUNT_TIMES = Setting(
    "elmis.count_times", _("A count that differs from the book so many times"), 5, EDIT,
    _("It is asked: a digit may be missing, or one too many."), _("times"), ASKED, least=2, most=1000,
)  # fmt: skip
EXPIRY_DAYS = Setting(
    "elmis.expiry_days", _("Warning before a lot expires"), 90, "elmis.stock.adjust",
    _("From then on the lot is marked, and its value stands on the dashboard."), _("days"), _("Warnings"), local=True,
    least=1, most=730,
)  # fmt: skip
LIMITS = [QUANTITY, EXPIRY_YEARS, MONTHS_BACK, COUNT_TIMES, EXPIRY_DAYS]


def unusual(quantity: int, product: str, most: int) -> Words | None:
    """Return what is unusual about a typed quantity: like a barcode, or more than `most`; None when nothing is."""
    if like_a_barcode(quantity):
        return _("%(product)s: %(quantity)s looks like a barcode, not like a quantity.", product=product,
                 quantity=str(quantity))  # fmt: skip
    if quantity <= most:
        return None
    return _("%(product)s: %(quantity)s is a very large quantity.", product=product, quantity=grouped(quantity))


def like_a_barcode(quantity: int) -> bool:
    """Return whether the digits of a quantity are those of a barcode."""
    digits = str(quantity)
    return len(digits) >= BARCODE and sound_gtin(digits)


def far_apart(counted: int, book: int, times: int) -> bool:
    """Return whether a count and the book look like a slip: a digit too many or too few. Nothing is beside nothing."""
    return 0 < times * min(counted, book) <= max(counted, book)


def soon(place: Facility) -> date:
    """Return the last day of which one is warned at a place that a lot expires on it."""
    return today() + timedelta(days=value_of(EXPIRY_DAYS, place))
