"""Goods leave first expiry first, for elmis itself and for whoever asks through the port."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.contract.plugins import service
from core.contract.ports import Stock
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import NotAllowed, Refused
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import Move, location
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.store.issuing import issue_fefo
from tests.elmis import make

pytestmark = pytest.mark.both_databases


@pytest.fixture
def place(app, world):
    """Store 10 expired, 20 early, 30 late and 40 recalled units."""
    make.reference()
    with unit_of_work(Access.system("test")):
        place, product = world["P1A-CDS1"], make.product("GANTS")
        for number, days, quantity in (("OLD", -1, 10), ("LATE", 300, 30), ("EARLY", 30, 20), ("BAD", 400, 40)):
            make.receive(place, make.lot(product, number, today() + timedelta(days=days)), quantity)
        db.session.query(Lot).filter_by(number="BAD").one().status = "recalled"
    return world["P1A-CDS1"]


def test_the_earliest_good_lots_go_first(place):
    with unit_of_work(Access.system("test")):
        store, product = location(place), db.session.query(Product).one()
        move = Move(0, 0, store.id, location(place, "consumption").id, "dispensed", uuid="paper-9")
        rows = issue_fefo(store, product, 25, move)
        assert issue_fefo(store, product, 25, move) == rows
        assert [(row.lot.number, row.quantity) for row in rows] == [("EARLY", 20), ("LATE", 5)]
        with pytest.raises(Refused, match="25"):
            issue_fefo(store, product, 26, replace(move, uuid="paper-10"))
    assert verify_ledger() == []


@pytest.mark.parametrize("quantity", [0, -3, 51])
def test_what_cannot_be_given_out_is_refused(place, quantity):
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        service(Stock).issue(place, "GANTS", quantity, "gmao.workorder/1")


def test_another_plugin_asks_and_takes(place):
    stock = service(Stock)
    with unit_of_work(Access.system("test")):
        assert stock.available(place, "gants").quantity == 50
        assert stock.available(place, "nothing") is None
        assert len(stock.issue(place, "GANTS", 30, "gmao.workorder/12", note="Autoclave")) == 2
        assert stock.available(place, "GANTS").quantity == 20
    row = db.session.query(Movement).order_by(Movement.id.desc()).first()
    assert (row.document_ref, row.counterpart, row.reason.counts_as_consumption) == (
        "gmao.workorder/12",
        "Autoclave",
        True,
    )
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        stock.issue(place, "NOTHING", 1, "gmao.workorder/12")


def test_the_port_keeps_to_the_rights_of_who_asks(place, world):
    stranger = Access(7, "x", (("elmis.stock.move", world["P2"].path), ("elmis.stock.view", world["P2"].path)))
    with acting(stranger), pytest.raises(NotAllowed):
        service(Stock).available(place, "GANTS")
    with pytest.raises(NotAllowed), unit_of_work(stranger):
        service(Stock).issue(place, "GANTS", 1, "gmao.workorder/1")
