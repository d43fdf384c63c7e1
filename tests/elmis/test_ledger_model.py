"""Any sequence of postings, recalls, device facts and reversals against a small model: the ledger agrees with it."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from core.data.access import Access
from core.data.db import db, today
from core.data.errors import Refused
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.formulas.lots import ACTIVE, RECALLED
from plugins.elmis.ledger.models import PHYSICAL, Discrepancy, Movement, StockBalance
from plugins.elmis.ledger.rules import USES
from plugins.elmis.ledger.services import Move, location, post, reverse
from plugins.elmis.ledger.verify import verify_ledger
from tests.elmis import make

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]
DEPOT, CENTRE = "P1A-DEPOT", "P1A-CDS1"
STEPS = [
    ("receipt", (DEPOT, "supplier"), (DEPOT, "store")),
    ("shipment", (DEPOT, "store"), (DEPOT, "in_transit")),
    ("delivery", (DEPOT, "in_transit"), (CENTRE, "store")),
    ("missing_transit", (DEPOT, "in_transit"), (CENTRE, "loss")),
    ("damaged_transit", (DEPOT, "in_transit"), (CENTRE, "loss")),
    ("refused_transit", (DEPOT, "in_transit"), (DEPOT, "returning")),
    ("return_accepted", (DEPOT, "returning"), (DEPOT, "store")),
    ("dispensed", (CENTRE, "store"), (CENTRE, "consumption")),
    ("issue_ward", (CENTRE, "store"), (CENTRE, "consumption")),
    ("return_out", (CENTRE, "store"), (CENTRE, "in_transit")),
    ("facility_return", (CENTRE, "in_transit"), (DEPOT, "store")),
    ("adjust_up", (CENTRE, "adjustment"), (CENTRE, "store")),
    ("adjust_down", (CENTRE, "store"), (CENTRE, "adjustment")),
    ("lost", (CENTRE, "store"), (CENTRE, "loss")),
    ("expired", (CENTRE, "store"), (CENTRE, "destruction")),
    ("quarantine", (CENTRE, "store"), (CENTRE, "quarantine")),
    ("release", (CENTRE, "quarantine"), (CENTRE, "store")),
]
STEP, LOT = st.sampled_from(STEPS), st.integers(0, 2)
QUANTITY, AGO = st.integers(-1, 30), st.sampled_from([0, 0, 0, 1, 3, 5, 40, 75])


@dataclass
class Fact:
    """A movement as the model remembers it."""

    id: int
    move: Move
    reversal: bool = False
    reversed: bool = False


class Ledger(RuleBasedStateMachine):
    """Two facilities, three lots (one without expiry, one that expired three days ago), and whatever comes."""

    world = None

    @initialize()
    def begin(self):
        """Make a product of its own, so that examples do not meet."""
        self.facts, self.shortfalls, self.status = [], 0, [ACTIVE] * 3
        self.expiries = [today() + timedelta(days=700), today() - timedelta(days=3), None]
        with unit_of_work(Access.system("test")):
            product = make.product(uuid4().hex)
            self.product = product.id
            lots = [Lot(product=product, number=f"L{n}", expiry=day) for n, day in enumerate(self.expiries)]
            db.session.add_all(lots)
            db.session.flush()
            self.lots = [lot.id for lot in lots]
            sides = {side for _reason, *pair in STEPS for side in pair} | {(DEPOT, "adjustment")}
            self.ids = {side: location(self.world[side[0]], side[1]).id for side in sides}
        self.physical = {self.ids[side] for side in self.ids if side[1] in PHYSICAL}

    def days(self, moves):
        """Return {(place, lot): {day: net change}} of all that happened and of these."""
        nets = defaultdict(lambda: defaultdict(int))
        for move in [*(fact.move for fact in self.facts), *moves]:
            nets[move.source_id, move.lot_id][move.occurred_on] -= move.quantity
            nets[move.target_id, move.lot_id][move.occurred_on] += move.quantity
        return nets

    def lowest(self, moves):
        """Return {(physical place, lot): lowest balance at the end of any day}."""
        found = {}
        for key, nets in self.days(moves).items():
            if key[0] in self.physical:
                found[key] = min(sum(net for day, net in nets.items() if day <= last) for last in nets)
        return found

    def usable(self, move):
        """Return whether the rules of lots let this move pass."""
        n = self.lots.index(move.lot_id)
        good = self.status[n] == ACTIVE and (self.expiries[n] is None or self.expiries[n] >= move.occurred_on)
        return good or move.reason not in USES

    def allowed(self, moves):
        """Return what the ledger should say."""
        sound = all(move.quantity > 0 and self.usable(move) for move in moves)
        return sound and all(low >= 0 for low in self.lowest(moves).values())

    def move(self, step, lot, quantity, ago):
        """Return a move, with the comment that some reasons need."""
        reason, source, target = step
        day = today() - timedelta(days=ago)
        return Move(self.lots[lot], quantity, self.ids[source], self.ids[target], reason, day, comment="vu")

    def attempt(self, operation, allowed):
        """Run one transaction; fail unless it is refused exactly when the model says so."""
        rows, refusal = None, None
        try:
            with unit_of_work(Access.system("test")):
                rows = [row.id for row in operation()]
        except Refused as error:
            refusal = error.message
        assert (refusal is None) == allowed, f"the model allows: {allowed}; the ledger: {refusal or 'posted'}"
        return rows

    def send(self, moves):
        """Post a document: all of it or nothing."""
        rows = self.attempt(lambda: post(moves), self.allowed(moves))
        self.facts += [Fact(id_, move) for id_, move in zip(rows or [], moves, strict=False)]

    def sent(self):
        """Return what was posted with a uuid of ours."""
        return [fact for fact in self.facts if not fact.reversal and fact.move.source_id != -1]

    @rule(lot=LOT, quantity=st.integers(1, 60), ago=AGO)
    def receive(self, lot, quantity, ago):
        """Fill the depot, or nothing else could happen."""
        self.send([self.move(STEPS[0], lot, quantity, ago)])

    @rule(lot=LOT, quantity=st.integers(1, 40), ago=AGO)
    def supply(self, lot, quantity, ago):
        """Ship and deliver in one document."""
        self.send([self.move(STEPS[n], lot, quantity, ago) for n in (1, 2)])

    @rule(step=STEP, lot=LOT, quantity=QUANTITY, ago=AGO)
    def one(self, step, lot, quantity, ago):
        """Do any one thing."""
        self.send([self.move(step, lot, quantity, ago)])

    @rule(lines=st.lists(st.tuples(STEP, LOT, QUANTITY, AGO), min_size=2, max_size=4))
    def document(self, lines):
        """Do several at once."""
        self.send([self.move(*line) for line in lines])

    @rule(lot=LOT, counted=st.integers(0, 40))
    def count(self, lot, counted):
        """Set the balance to what was counted."""
        store, account = self.ids[CENTRE, "store"], self.ids[CENTRE, "adjustment"]
        there = sum(self.days([])[store, self.lots[lot]].values())
        if counted > there:
            self.send([Move(self.lots[lot], counted - there, account, store, "count_excess")])
        if counted < there:
            self.send([Move(self.lots[lot], there - counted, store, account, "count_shortage")])

    @rule(lot=LOT, status=st.sampled_from([ACTIVE, RECALLED]))
    def recall(self, lot, status):
        """Recall a lot, or take the recall back."""
        self.status[lot] = status
        with unit_of_work(Access.system("test")):
            db.session.get(Lot, self.lots[lot]).status = status

    @precondition(lambda self: self.facts)
    @rule(data=st.data())
    def reverse_one(self, data):
        """Reverse a movement: once, never a reversal, and only if the goods are there on every day."""
        fact = data.draw(st.sampled_from(self.facts))
        move = fact.move
        back = replace(move, source_id=move.target_id, target_id=move.source_id, uuid=uuid4().hex)
        allowed = not (fact.reversal or fact.reversed) and min(self.lowest([back]).values()) >= 0
        rows = self.attempt(lambda: [reverse(db.session.get(Movement, fact.id), "erreur")], allowed)
        if rows:
            fact.reversed = True
            self.facts.append(Fact(rows[0], back, reversal=True))

    @precondition(lambda self: self.sent())
    @rule(data=st.data())
    def replay(self, data):
        """Send a movement again, even with another quantity: it changes nothing."""
        fact = data.draw(st.sampled_from(self.sent()))
        again = replace(fact.move, quantity=fact.move.quantity + 7)
        assert self.attempt(lambda: post([again]), True) == [fact.id]

    @rule(lot=LOT, quantity=st.integers(1, 30), ago=AGO)
    def from_device(self, lot, quantity, ago):
        """Replay a fact from a device: never refused for lack of stock, the shortfall is covered and noted."""
        move = self.move(STEPS[6], lot, quantity, ago)
        if not self.usable(move):
            return
        missing = max(0, -self.lowest([move])[move.source_id, move.lot_id])
        rows = self.attempt(lambda: post([move], covers_shortage=True), True)
        if missing:
            self.shortfalls += missing
            cover = replace(move, quantity=missing, source_id=-1, target_id=move.source_id, reason="discrepancy")
            self.facts.append(Fact(self.cover_of(rows[0]), cover))
        self.facts.append(Fact(rows[0], move))

    def cover_of(self, movement_id):
        """Return the id of the movement that covered this one, stored just before it."""
        found = select(func.max(Discrepancy.movement_id)).where(Discrepancy.movement_id < movement_id)
        return db.session.scalar(found)

    @invariant()
    def balances_are_the_sums(self):
        """Every balance is the sum of its movements, none that is physical is negative, and all are zero together."""
        if not hasattr(self, "lots"):
            return
        query = select(StockBalance).where(StockBalance.product_id == self.product)
        kept = {(row.location_id, row.lot_id): row for row in db.session.scalars(query)}
        for key, nets in self.days([]).items():
            assert key[0] == -1 or kept[key].quantity == sum(nets.values())
        assert all(row.quantity >= 0 for row in kept.values() if row.physical)
        assert sum(row.quantity for row in kept.values()) == 0
        db.session.rollback()

    def teardown(self):
        """Let the ledger prove itself, and find each shortfall noted."""
        if hasattr(self, "lots"):
            assert verify_ledger() == []
            noted = select(func.sum(Discrepancy.quantity)).join(Movement).where(Movement.product_id == self.product)
            assert (db.session.scalar(noted) or 0) == self.shortfalls
            db.session.rollback()


def test_the_ledger_agrees_with_a_model_of_itself(app, world):
    make.reference()
    Ledger.world = world
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
