"""Orders and deliveries taken at random: shipped = received + missing + damaged + refused + on the way, always."""

import shutil
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.data.access import Access
from core.data.db import db
from core.data.errors import AmagaraError
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger.models import StockBalance, StockLocation
from plugins.elmis.orders import services, shipping
from plugins.elmis.orders.machines import BEFORE_SHIPPING, ORDER
from plugins.elmis.orders.models import Allocation, Order, Receipt, Shipment
from plugins.elmis.orders.receiving import Counted
from tests.elmis import flow, make

PARTS = ("accepted", "missing", "damaged", "refused")


def awaited(_machine: Any) -> bool:
    """Return whether something is on the way: else there is nothing to count."""
    return bool(db.session.query(Receipt.id).filter_by(state="expected").first())


def test_nothing_is_lost_on_the_way(app: Any, world: Any, prepared: Any) -> None:
    """Run the machine; each example begins with the same stocked depot."""
    ids = flow.stocked(world, (60, 90))
    _app, empty = prepared
    path = db.engine.url.database
    db.session.remove()
    db.engine.dispose()
    kept = f"{path.removesuffix('test.db')}kept.db"
    shutil.copy(path, kept)

    class Deliveries(RuleBasedStateMachine):
        """What a depot and a health centre may do to each other."""

        def __init__(self) -> None:
            super().__init__()
            db.session.remove()
            db.engine.dispose()
            empty()
            shutil.copy(kept, path)
            db.session().info["access"] = Access.system("test")
            self.orders: list[int] = []

        def take(self, login: str, operation: Any) -> Any:
            """Return the value, or the refusal: a refused step must leave nothing behind."""
            try:
                return flow.by(world, login, operation)
            except AmagaraError as refusal:
                db.session.rollback()
                return refusal

        @rule(units=st.integers(1, 120))
        def order(self, units: int) -> None:
            self.orders.append(flow.order(world, ids["product"], units))

        @rule(which=st.integers(0, 9), data=st.data())
        def step(self, which: int, data: Any) -> None:
            rows = db.session.query(Order).order_by(Order.id).all()
            if not rows:
                return
            row = rows[which % len(rows)]
            actions = [one.action for one in ORDER.transitions if one.source == row.state]
            verbs = {
                "allocate": lambda: services.allocate(flow.of(row.id)), "release": lambda: services.release(flow.of(row.id)),
                "pick": lambda: services.pick(flow.of(row.id)), "pack": lambda: services.pack(flow.of(row.id), 1).id,
                "unpack": lambda: services.unpack(flow.of(row.id)),
                "cancel": lambda: services.cancel(flow.of(row.id), "essai"),
                "ship": lambda: shipping.ship(flow.of(row.id), shipping.Journey(), rest).id,
            }  # fmt: skip
            known = sorted(set(actions) & set(verbs))
            rest = data.draw(st.booleans())
            if known:
                self.take("depot", verbs[data.draw(st.sampled_from(known))])

        @rule(units=st.integers(1, 40))
        def transfer(self, units: int) -> None:
            sent = [shipping.Sent(ids["late"], units)]
            self.take(
                "depot", lambda: shipping.send(world[flow.DEPOT], world[flow.CENTRE], sent, shipping.Journey()).id
            )

        @rule(units=st.integers(1, 120))
        def ship_at_once(self, units: int) -> None:
            order_id = flow.order(world, ids["product"], units)
            self.take("depot", lambda: services.allocate(flow.of(order_id)))
            if flow.of(order_id).state == "allocated":
                self.take("depot", lambda: services.pick(flow.of(order_id)))
                self.take("depot", lambda: services.pack(flow.of(order_id), 1).id)
                self.take("depot", lambda: shipping.ship(flow.of(order_id), shipping.Journey()).id)

        @staticmethod
        def shares(data: Any, units: int, later: bool) -> list[int]:
            """Return what is accepted, missing, damaged and refused; the rest may come later, or too much is told."""
            parts = []
            for _part in PARTS[1:]:
                parts.append(data.draw(st.integers(0, units)))
                units -= parts[-1]
            return [data.draw(st.integers(0, units + 1)) if later else units, *parts]

        @rule(units=st.integers(1, 30))
        def supply(self, units: int) -> None:
            with unit_of_work(Access.system("test")):
                make.receive(world[flow.DEPOT], db.session.get(Lot, ids["late"]), units)

        @precondition(awaited)
        @rule(data=st.data(), later=st.booleans())
        def count(self, data: Any, later: bool) -> None:
            receipt = db.session.query(Receipt).filter_by(state="expected").order_by(Receipt.id).first()
            if receipt is None:
                return
            counted = []
            for line in receipt.shipment.lines:
                if line.in_transit:
                    parts = self.shares(data, line.in_transit, later)
                    counted.append(Counted(line.id, *parts, comment="essai"))
            self.take(
                "keeper",
                lambda: flow.receive(db.session.get(Receipt, receipt.id), counted, flow.Arrival(rest_later=later)).id,
            )

        @precondition(awaited)
        @rule()
        def count_whole(self) -> None:
            receipt = db.session.query(Receipt).filter_by(state="expected").order_by(Receipt.id).first()
            if receipt is not None:
                counted = flow.whole(receipt.shipment_id)
                counted = [one for one in counted if one.accepted]
                self.take(
                    "keeper", lambda: flow.receive(db.session.get(Receipt, receipt.id), counted, flow.Arrival()).id
                )

        @invariant()
        def all_units_are_accounted_for(self) -> None:
            db.session.rollback()
            moving: dict[int, int] = {}
            for sent in db.session.query(Shipment).filter(Shipment.state.not_in(("packed", "cancelled"))):
                flow.holds(sent.id)
                for line in sent.lines:
                    moving[line.lot_id] = moving.get(line.lot_id, 0) + line.in_transit
                assert (sent.state == "received") == all(line.in_transit == 0 for line in sent.lines)
            query = db.session.query(StockBalance).join(StockLocation).filter(StockLocation.kind == "in_transit")
            assert {row.lot_id: row.quantity for row in query if row.quantity} == {k: v for k, v in moving.items() if v}

        @invariant()
        def reservations_never_exceed_what_was_ordered(self) -> None:
            for row in db.session.query(Order):
                for line in row.lines:
                    assert line.allocated == sum(part.quantity for part in line.allocations)
                    assert line.open >= 0
                    if row.state not in BEFORE_SHIPPING:
                        assert line.ordered == line.shipped + line.backordered + line.cancelled
            if not db.session.query(Order).filter(Order.state.in_(BEFORE_SHIPPING[1:])).count():
                assert db.session.query(Allocation).count() == 0

    settled = settings(max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Deliveries, settings=settled)
