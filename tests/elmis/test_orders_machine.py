"""Orders and deliveries taken at random: shipped = received + missing + damaged + refused + on the way, always."""

import shutil
from collections import Counter
from datetime import date
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.data.access import Access
from core.data.db import db
from core.data.errors import AmagaraError
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import StockBalance, StockLocation
from plugins.elmis.orders import services, settling, shipping
from plugins.elmis.orders.callbacks import call_back
from plugins.elmis.orders.receiving import Counted, Extra
from plugins.elmis.orders.settling import Back
from plugins.elmis.promises.machines import BEFORE_SHIPPING, ORDER, RECEIPT
from plugins.elmis.promises.models import Allocation, Order, Receipt, ReceiptExtra, ReceiptLine, Shipment
from tests.elmis import flow, make

SETTLING = ("acknowledge", "withdraw", "find", "find_here", "take_back", "call_back")
PARTS = ("accepted", "missing", "damaged", "refused")


def held(kind: str) -> dict[int, int]:
    """Return what all locations of a kind hold together, lot by lot."""
    found = Counter[int]()
    for row in db.session.query(StockBalance).join(StockLocation).filter(StockLocation.kind == kind):
        found[row.lot_id] += row.quantity
    return {lot: units for lot, units in found.items() if units}


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

        @rule(which=st.integers(0, 9), data=st.data())
        def settle(self, which: int, data: Any) -> None:
            rows = db.session.query(Receipt).order_by(Receipt.id).all()
            if not rows:
                return
            row = rows[which % len(rows)]
            known = {step.action for step in RECEIPT.transitions if step.source == row.state}
            action = data.draw(st.sampled_from(sorted(known & set(SETTLING))))
            found = {line.id: data.draw(st.integers(0, line.lost)) for line in row.lines}
            good = {line.id: data.draw(st.integers(0, line.returning)) for line in row.lines}
            backs = [
                Back(line.id, good[line.id], data.draw(st.integers(0, line.returning - good[line.id])))
                for line in row.lines
            ]

            def again() -> Receipt:
                return db.session.get(Receipt, row.id)  # type: ignore[return-value]

            login, operation = {
                "acknowledge": ("depot", lambda: settling.acknowledge(again())),
                "withdraw": ("keeper", lambda: settling.withdraw(again(), "essai", found)),
                "find": ("keeper", lambda: settling.find(again(), "essai", found)),
                "find_here": ("depot", lambda: settling.find_here(again(), "essai", found)),
                "take_back": ("depot", lambda: settling.take_back(again(), backs)),
                "call_back": ("depot", lambda: call_back(again().shipment, "essai", data.draw(st.booleans())).id),
            }[action]
            self.take(login, operation)

        @precondition(awaited)
        @rule(data=st.data(), units=st.integers(1, 9))
        def count_with_another_lot(self, data: Any, units: int) -> None:
            receipt = db.session.query(Receipt).filter_by(state="expected").order_by(Receipt.id).first()
            line = next((one for one in receipt.shipment.lines if one.in_transit), None) if receipt else None
            if receipt is None or line is None:
                return
            key, missing, rest = line.id, min(units, line.in_transit), line.in_transit - min(units, line.in_transit)
            instead = data.draw(st.booleans())

            def operation() -> int:
                product = db.session.get(Product, ids["product"])
                extra = Extra(product, units, "AUTRE", date(2033, 1, 31), key if instead else None)
                found = [Counted(key, rest, missing)]
                awaited = db.session.get(Receipt, receipt_id)
                return flow.receive(awaited, found, flow.Arrival(rest_later=True), [extra]).id

            receipt_id = receipt.id
            self.take("keeper", operation)

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
                assert (sent.state in ("received", "called_back")) == all(line.in_transit == 0 for line in sent.lines)
            assert held("in_transit") == {lot: units for lot, units in moving.items() if units}

        @invariant()
        def every_difference_lies_where_its_outcome_says(self) -> None:
            db.session.rollback()
            back, lost = Counter[int](), Counter[int]()
            for line in db.session.query(ReceiptLine):
                back[line.shipment_line.lot_id] += line.returning
                lost[line.shipment_line.lot_id] += line.lost + line.spoilt + line.taken_over
            account = Counter[int]()
            for extra in db.session.query(ReceiptExtra).filter_by(state="open"):
                account[extra.lot_id] -= extra.quantity
            for kind, expected in (("returning", back), ("loss", lost), ("adjustment", account)):
                assert held(kind) == {lot: units for lot, units in expected.items() if units}, kind

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

    settled = settings(max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Deliveries, settings=settled)
