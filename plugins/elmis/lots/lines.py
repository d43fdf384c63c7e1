"""What a store's document says, before it becomes movements."""

from dataclasses import dataclass
from datetime import date, datetime

from plugins.elmis.catalogue.models import Product


@dataclass(frozen=True)
class Line:
    """A line as typed or scanned, in base units: without a lot number, first expiry goes first."""

    product: Product
    quantity: int
    lot: str = ""
    expiry: date | None = None
    comment: str = ""


@dataclass(frozen=True)
class Header:
    """What all lines share; `store_id` names one of the facility's stores, None the main one."""

    occurred_on: date
    reason: str
    counterpart: str = ""
    reference: str = ""  # the number on the paper that came with the goods
    comment: str = ""
    store_id: int | None = None
    target_id: int | None = None  # the store that goods are moved to
    counted: str | None = None  # "before" or "after" the count of its day, where that is known without asking
    written: datetime | None = None  # when it waited on a device: what it says has happened
