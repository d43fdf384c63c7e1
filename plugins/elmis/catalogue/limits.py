"""What is taken without a question, as data that the ministry sets."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import Everyone, current
from core.data.db import Model, db
from core.data.errors import Refused
from core.data.figures import grouped
from plugins.elmis.catalogue.gs1 import sound_gtin

BARCODE = 8  # digits of the shortest one
EDIT = "elmis.catalogue.edit"
DEFAULTS = {"quantity": 1_000_000, "expiry_years": 10, "months_back": 3, "count_times": 5}
LABELS: Mapping[str, Words] = {
    "quantity": _("Largest quantity of a line, in base units"),
    "expiry_years": _("Latest expiry, in years from the receipt"),
    "months_back": _("Oldest day of a document, in months"),
    "count_times": _("How many times the stock a count may find, or the stock a count"),
}
MOST = {"quantity": 10**12, "expiry_years": 100, "months_back": 120, "count_times": 1000}


class Limit(Model):
    """A limit that differs from the ordinary one; what goes beyond is asked, not refused."""

    __tablename__ = "elmis_limit"
    __entity__ = "elmis.limit"
    __scope__ = Everyone(write=EDIT)
    __table_args__ = (CheckConstraint("value > 0", name="positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Limit")})
    value: Mapped[int] = mapped_column(BigInteger, info={"label": _("Value")})


def limits() -> dict[str, int]:
    """Return all limits: those that were set, else the ordinary ones."""
    return DEFAULTS | dict(db.session.execute(select(Limit.code, Limit.value)).all())


def limit(code: str) -> int:
    """Return a limit."""
    return limits()[code]


def unusual(quantity: int, product: str, most: int = 0) -> Words | None:
    """Return what is unusual about a typed quantity: like a barcode, or very large; None when nothing is.

    Whoever asks of many lines gives the limit as `most`.
    """
    if like_a_barcode(quantity):
        return _("%(product)s: %(quantity)s looks like a barcode, not like a quantity.", product=product,
                 quantity=str(quantity))  # fmt: skip
    if quantity <= (most or limit("quantity")):
        return None
    return _("%(product)s: %(quantity)s is a very large quantity.", product=product, quantity=grouped(quantity))


def like_a_barcode(quantity: int) -> bool:
    """Return whether the digits of a quantity are those of a barcode."""
    digits = str(quantity)
    return len(digits) >= BARCODE and sound_gtin(digits)


def far_apart(counted: int, book: int, times: int) -> bool:
    """Return whether a count and the book look like a slip: a digit too many or too few. Nothing is beside nothing."""
    return 0 < times * min(counted, book) <= max(counted, book)


def set_limit(row: Limit, value: int) -> Limit:
    """Return the limit with its new value; Refused above what makes sense."""
    current().require(EDIT)
    if not 0 < value <= MOST[row.code]:
        raise Refused(_("Enter a number from 1 to %(most)s.", most=MOST[row.code]), field="value")
    row.value = value
    db.session.flush()
    return row


def seed() -> None:
    """Store the ordinary limits that are not there, so that they can be changed."""
    stored = set(db.session.scalars(select(Limit.code)))
    db.session.add_all(Limit(code=code, value=value) for code, value in DEFAULTS.items() if code not in stored)
    db.session.flush()
