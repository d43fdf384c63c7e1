"""The ledger against a dictionary: any order of receipts, issues, transfers, counts, reversals, replays."""

from collections import Counter
from datetime import timedelta
from itertools import accumulate
from uuid import uuid4

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, today
from core.data.errors import Refused
from core.data.work import unit_of_work
from plugins.elmis.ledger.models import Movement, StockBalance, StockLocation
from plugins.elmis.ledger.services import Move, location, post, reverse
from plugins.elmis.ledger.verify import verify_ledger
from tests.elmis import make

PHYSICAL = {"store", "in_transit", "quarantine"}
SIDES = {
    "receipt": ("supplier", "store"), "issue_ward": ("store", "consumption"), "dispensed": ("store", "consumption"),
    "transfer_out": ("store", "in_transit"), "transfer_in": ("in_transit", "store"),
    "missing_transit": ("in_transit", "loss"), "damaged_transit": ("in_transit", "loss"),
    "return_out": ("store", "in_transit"), "facility_return": ("in_transit", "store"),
    "damaged": ("store", "loss"), "adjust_up": ("adjustment", "store"), "adjust_down": ("store", "adjustment"),
    "count_excess": ("adjustment", "store"), "count_shortage": ("store", "adjustment"),
}  # fmt: skip
OUT = ("issue_ward", "dispensed", "damaged", "adjust_down")
quantities = st.integers(1, 60)
days = st.integers(0, 6)
lots = st.integers(0, 1)
places = st.sampled_from(["A", "B"])


class Model:
    """What the ledger should hold: a list of (place, kind, lot, day, net) and nothing else."""

    def __init__(self):
        self.legs = []

    def balance(self, place, kind, lot):
        return sum(net for *key, _day, net in self.legs if key == [place, kind, lot])

    def holds(self, legs):
        """Return whether all physical balances stay at zero or above, at the end of every day."""
        changed = {tuple(key) for *key, _day, _net in legs if key[1] in PHYSICAL}
        for wanted in changed:
            by_day = Counter()
            for *key, day, net in [*self.legs, *legs]:
                if tuple(key) == wanted:
                    by_day[day] += net
            if any(total < 0 for total in accumulate(by_day[day] for day in sorted(by_day))):
                return False
        return True

    def balances(self):
        found = Counter()
        for *key, _day, net in self.legs:
            found[tuple(key)] += net
        return {key: net for key, net in found.items() if net}


def test_the_ledger_does_what_the_model_does(app, world):
    make.reference()
    with unit_of_work(Access.system("test")):
        product = make.product()
        lot_ids = [make.lot(product, f"L{number}").id for number in (0, 1)]
        codes = {"A": "P1A-DEPOT", "B": "P1A-CDS1"}
        kinds = sorted({kind for pair in SIDES.values() for kind in pair})
        sides = {(name, kind): location(world[code], kind).id for name, code in codes.items() for kind in kinds}

    def empty():
        """Start over: no movement, no balance; the tables refuse DELETE, so the file is put back."""
        raw = db.engine.raw_connection()
        raw.execute("DROP TRIGGER IF EXISTS elmis_movement_no_delete")
        raw.execute("DELETE FROM elmis_discrepancy")
        raw.execute("DELETE FROM elmis_movement")
        raw.execute("DELETE FROM elmis_balance")
        raw.close()

    class Machine(RuleBasedStateMachine):
        @initialize()
        def begin(self):
            db.session.rollback()
            empty()
            self.model, self.posted = Model(), []

        def try_to(self, moves, legs):
            """Post, and expect exactly what the model says: all of it, or a refusal and no change."""
            expected = self.model.holds(legs)
            try:
                with unit_of_work(Access.system("test")):
                    rows = [row.id for row in post(moves)]
            except Refused:
                assert not expected, "the ledger refused what the model allows"
                return
            assert expected, "the ledger took what the model refuses"
            self.model.legs += legs
            self.posted += [
                (move, row, legs[2 * n : 2 * n + 2]) for n, (move, row) in enumerate(zip(moves, rows, strict=True))
            ]

        def move(self, reason, source, target, lot, quantity, ago):
            """Return a move and its two legs."""
            day = today() - timedelta(days=ago)
            move = Move(
                lot_ids[lot], quantity, sides[source, SIDES[reason][0]], sides[target, SIDES[reason][1]], reason, day,
                comment="essai", uuid=str(uuid4()),
            )  # fmt: skip
            legs = [(source, SIDES[reason][0], lot, day, -quantity), (target, SIDES[reason][1], lot, day, quantity)]
            return move, legs

        def post_one(self, reason, source, target, lot, quantity, ago):
            move, legs = self.move(reason, source, target, lot, quantity, ago)
            self.try_to([move], legs)

        @rule(place=places, lot=lots, quantity=quantities, ago=days)
        def receive(self, place, lot, quantity, ago):
            self.post_one("receipt", place, place, lot, quantity, ago)

        @rule(place=places, lot=lots, quantity=quantities, ago=days, reason=st.sampled_from(OUT))
        def issue(self, place, lot, quantity, ago, reason):
            self.post_one(reason, place, place, lot, quantity, ago)

        @rule(lot=lots, first=quantities, second=quantities)
        def issue_two_lines(self, lot, first, second):
            """All lines or none."""
            one, legs = self.move("issue_ward", "A", "A", lot, first, 0)
            two, more = self.move("dispensed", "A", "A", lot, second, 0)
            self.try_to([one, two], [*legs, *more])

        @rule(lot=lots, quantity=quantities, ago=days)
        def send(self, lot, quantity, ago):
            self.post_one("transfer_out", "A", "A", lot, quantity, ago)

        @rule(lot=lots, arrived=quantities, missing=st.integers(0, 5), damaged=st.integers(0, 5))
        def receive_short(self, lot, arrived, missing, damaged):
            """What was sent arrives, is missing or damaged: each its own movement, all or none."""
            parts = [("transfer_in", arrived), ("missing_transit", missing), ("damaged_transit", damaged)]
            moves = [self.move(reason, "A", "B", lot, quantity, 0) for reason, quantity in parts if quantity]
            self.try_to([move for move, _legs in moves], [leg for _move, legs in moves for leg in legs])

        @rule(lot=lots, quantity=quantities)
        def give_back(self, lot, quantity):
            out, legs = self.move("return_out", "B", "B", lot, quantity, 0)
            back, more = self.move("facility_return", "B", "A", lot, quantity, 0)
            self.try_to([out, back], [*legs, *more])

        @rule(place=places, lot=lots, quantity=quantities, ago=days)
        def adjust(self, place, lot, quantity, ago):
            self.post_one("adjust_up", place, place, lot, quantity, ago)

        @rule(place=places, lot=lots, found=st.integers(0, 80))
        def count(self, place, lot, found):
            difference = found - self.model.balance(place, "store", lot)
            if difference:
                reason = "count_excess" if difference > 0 else "count_shortage"
                self.post_one(reason, place, place, lot, abs(difference), 0)
            assert self.model.balance(place, "store", lot) == found

        @rule(data=st.data())
        def undo(self, data):
            if not self.posted:
                return
            place = data.draw(st.integers(0, len(self.posted) - 1))
            move, row, legs = self.posted[place]
            back = [(*key, -net) for *key, net in legs]
            expected = self.model.holds(back)
            try:
                with unit_of_work(Access.system("test")):
                    reverse(db.session.get(Movement, row), "erreur")
            except Refused:
                assert not expected, "the ledger refused a reversal that the model allows"
                return
            assert expected, "the ledger took a reversal that the model refuses"
            self.model.legs += back
            self.posted.pop(place)  # once only: the ledger's own tests hold that

        @rule(data=st.data())
        def replay(self, data):
            """What a device sends again changes nothing."""
            if self.posted:
                move, row, _legs = self.posted[data.draw(st.integers(0, len(self.posted) - 1))]
                with unit_of_work(Access.system("test")):
                    assert [each.id for each in post([move])] == [row]

        @invariant()
        def same_as_the_model(self):
            if not hasattr(self, "model"):
                return
            db.session.rollback()
            rows = db.session.execute(
                select(StockLocation.id, StockBalance.lot_id, StockBalance.quantity)
                .join(StockLocation, StockLocation.id == StockBalance.location_id)
            ).all()  # fmt: skip
            names = {id_: key for key, id_ in sides.items()}
            found = {(*names[place], lot_ids.index(lot)): n for place, lot, n in rows if n}
            assert found == self.model.balances()
            assert all(n >= 0 for (_place, kind, _lot), n in found.items() if kind in PHYSICAL)
            assert sum(found.values()) == 0

        def teardown(self):
            if hasattr(self, "model"):
                db.session.rollback()
                assert verify_ledger() == []

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )


def test_the_model_itself_can_fail():
    """A model that let everything through would prove nothing."""
    model = Model()
    model.legs.append(("A", "store", 0, today(), 5))
    assert not model.holds([("A", "store", 0, today(), -6)])
    assert not model.holds([("A", "store", 0, today() - timedelta(days=1), -1)])
    assert model.holds([("A", "store", 0, today(), -5)])
