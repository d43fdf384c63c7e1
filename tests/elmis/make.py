"""Makers of elmis rows for tests."""

from datetime import date, timedelta
from typing import Any

from core.data.access import Access
from core.data.db import db, today, utcnow
from core.data.work import unit_of_work
from core.facilities.models import Facility
from plugins.elmis import seeds
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.balances import available
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.ledger.services import Move, Seen, location, observe, post


def reference() -> None:
    """Store programmes, reasons and policies."""
    with unit_of_work(Access.system("test")):
        seeds.seed("reference", "district")


def product(code: str = "P-1", **values: Any) -> Product:
    """Return a stored product."""
    facts = {"name_fr": f"Produit {code}", "base_unit_fr": "comprimé", "pack_size": 100, "unit_price": 10, **values}
    db.session.add(row := Product(code=code, **facts))
    db.session.flush()
    return row


def lot(of: Product, number: str = "L1", expiry: date | None = None, **values: Any) -> Lot:
    """Return a stored lot that expires in two years unless told."""
    row = Lot(product=of, number=number, expiry=expiry or today() + timedelta(days=730), **values)
    db.session.add(row)
    db.session.flush()
    return row


def store(facility: Facility, kind: str = "store") -> StockLocation:
    """Return a facility's location."""
    return location(facility, kind)


def receive(facility: Facility, of: Lot, quantity: int, on: date | None = None) -> None:
    """Post a receipt from a supplier."""
    post([Move(of.id, quantity, store(facility, "supplier").id, store(facility).id, "receipt", on or today())])


def dispense(facility: Facility, of: Lot, quantity: int, on: date | None = None) -> None:
    """Post a dispensing to patients."""
    post([Move(of.id, quantity, store(facility).id, store(facility, "consumption").id, "dispensed", on or today())])


def in_two_years() -> date:
    """Return a day on which today's lots are still good."""
    return today() + timedelta(days=730)


def on_hand(facility: Facility, of: Lot, name: str = "") -> int:
    """Return what lies of a lot in a facility's store."""
    return available(location(facility, "store", name).id, of.id)


def counted(facility: Facility, of: Lot, quantity: int, on: date | None = None, at: int | None = None) -> None:
    """Record that a count saw a quantity of a lot in the store of a facility, or `at` the location of that id."""
    observe([Seen(of.id, at or store(facility).id, quantity, on or today(), utcnow(), document="INV-1")])
