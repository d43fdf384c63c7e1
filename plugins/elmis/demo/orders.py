"""Requisitions and orders at each stage of the cycle, carried there by the demonstration's people through services."""

from collections.abc import Callable
from typing import TypeVar

from flask import current_app
from sqlalchemy import select

from core.data.access import acting
from core.data.db import db
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.rights.access import access_of
from plugins.elmis.demo import talk
from plugins.elmis.orders import services as orders
from plugins.elmis.orders.receiving import Arrival, Counted, receive
from plugins.elmis.orders.shipping import Journey, ship
from plugins.elmis.promises.models import Order, Receipt
from plugins.elmis.requisitions import services as requisitions
from plugins.elmis.requisitions.doubts import undecided
from plugins.elmis.requisitions.models import Requisition

T = TypeVar("T")
KEEPER, DISTRICT, DEPOT = "admin", "district", "depot"  # the administrator stands in where a centre has no account
CENTRE = "CDS-KAYANZA-{:02d}"
JOURNEY = Journey(carrier="District sanitaire de Kayanza", driver="Juma Nzeyimana", vehicle="D 4821 A")


def load() -> None:
    """Store the orders, unless there are any."""
    if db.session.scalar(select(Requisition.id).limit(1)) is not None:
        return
    stages: list[Callable[[Facility], object]] = [
        suggested, confirmed, approved, to_prepare, allocated, shipped, disputed, received, suggested, confirmed,
    ]  # fmt: skip
    for number, stage in enumerate(stages, 1):
        facility = db.session.scalar(select(Facility).where(Facility.code == CENTRE.format(number)))
        if facility is not None:
            stage(facility)
    talk.load(by)


def by(login: str, operation: Callable[[], T]) -> T:
    """Run an operation as a person of the demonstration."""
    person = db.session.scalars(select(User).where(User.login == login)).one()
    with acting(access_of(person, current_app.extensions["amagara.permissions"])):
        return operation()


def suggested(facility: Facility) -> Requisition:
    """The system has computed a requisition; the facility has not yet looked at it."""
    return by(KEEPER, lambda: requisitions.propose(facility))


def confirmed(facility: Facility) -> Requisition:
    """The facility has confirmed; the district is to approve."""
    row = suggested(facility)
    for line in undecided(row):  # whatever the day of the demonstration, the keeper has decided
        line.requested, line.reason = line.quantity, "outbreak"
    by(KEEPER, lambda: requisitions.confirm(row))
    return row


def approved(facility: Facility) -> Requisition:
    """The district has approved; the depot is to make an order of it."""
    row = confirmed(facility)
    by(DISTRICT, lambda: requisitions.approve(row))
    return row


def to_prepare(facility: Facility) -> Order:
    """The depot has the order."""
    row = approved(facility)
    return by(DEPOT, lambda: requisitions.convert(row))


def allocated(facility: Facility) -> Order:
    """The depot has set lots aside."""
    order = to_prepare(facility)
    by(DEPOT, lambda: orders.allocate(order))
    return order


def shipped(facility: Facility) -> Order:
    """The goods are on the way."""
    order = allocated(facility)
    by(DEPOT, lambda: orders.pick(order))
    by(DEPOT, lambda: orders.pack(order, packages=8))
    by(DEPOT, lambda: ship(order, JOURNEY))
    return order


def disputed(facility: Facility) -> Receipt:
    """Some goods were missing, some damaged; the depot is to answer."""
    return _arrived(shipped(facility), missing=3, damaged=2)


def received(facility: Facility) -> Receipt:
    """Everything arrived."""
    return _arrived(shipped(facility))


def _arrived(order: Order, missing: int = 0, damaged: int = 0) -> Receipt:
    """Return the receipt, counted; what lacks or broke is taken from the first two lines."""
    receipt = db.session.scalars(
        select(Receipt).where(Receipt.state == "expected").order_by(Receipt.id.desc()).limit(1)
    ).one()
    lines = [line for line in receipt.shipment.lines if line.in_transit]
    counted = []
    for place, line in enumerate(lines):
        lost, broken = (missing if place == 0 else 0), (damaged if place == 1 else 0)
        words = "Carton écrasé" if broken else ""
        counted.append(Counted(line.id, line.in_transit - lost - broken, lost, broken, 0, words))
    people = "Réverien Ndayisenga, Odette Niyonkuru"
    return by(KEEPER, lambda: receive(receipt, counted, Arrival(commission=people)))
