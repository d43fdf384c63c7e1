"""A count is of a moment, and it holds: whatever is entered later, the book says there what was seen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, today, utcnow
from core.data.errors import NotAllowed, Refused
from core.data.work import told, unit_of_work
from plugins.elmis.ledger import balances
from plugins.elmis.ledger.models import Movement, Observation
from plugins.elmis.ledger.services import Move, Seen, location, observe, post, reverse
from plugins.elmis.ledger.verify import verify_ledger
from tests.elmis import make

pytestmark = pytest.mark.both_databases
TODAY = today()


def ago(days):
    return TODAY - timedelta(days=days)


@pytest.fixture
def stock(app, world):
    """Return the ids of a lot and of the sides of a store that holds nothing yet."""
    make.reference()
    with unit_of_work(Access.system("test")):
        lot, place = make.lot(make.product()), world["P1A-CDS1"]
        sides = {kind: location(place, kind).id for kind in ("store", "consumption", "supplier", "adjustment")}
        return {"lot": lot.id, **sides}


def sent(stock, quantity, day=TODAY, at=None, came=False, document="", **options):
    """Post what came to the store, or was given out of it; return what the person was told."""
    sides = (
        (stock["supplier"], stock["store"], "receipt") if came else (stock["store"], stock["consumption"], "dispensed")
    )
    with unit_of_work(Access.system("test")):
        post([Move(stock["lot"], quantity, *sides, day, document=document, happened_at=at)], **options)
        return told()


def seen(stock, quantity, day=TODAY, at=None, **facts):
    with unit_of_work(Access.system("test")):
        at = at or utcnow()
        observe([Seen(stock["lot"], stock["store"], quantity, day, at, document="INV-1", **facts)])
        return told()


def book(stock):
    db.session.rollback()
    assert verify_ledger() == []
    return balances.available(stock["store"], stock["lot"])


def differences():
    """Return the differences of counts, as they were posted: signed, with their day."""
    rows = db.session.scalars(select(Movement).where(Movement.observation_id.is_not(None)).order_by(Movement.id))
    return [(row.quantity * (1 if row.reason.code == "count_excess" else -1), row.occurred_on) for row in rows]


def test_what_was_issued_after_the_count_is_not_a_difference(stock):
    sent(stock, 90, ago(3), came=True)
    counted = utcnow()
    sent(stock, 20)
    seen(stock, 90, at=counted)
    assert (book(stock), differences()) == (70, [])  # and not a difference of +20 and a book of 90


def test_a_count_that_agreed_leaves_its_trace(stock):
    sent(stock, 100, ago(3), came=True)
    seen(stock, 100, ago(1), uuid="import:c1")
    sent(stock, 30)
    seen(stock, 100, ago(1), uuid="import:c1")
    assert (book(stock), differences(), len(db.session.scalars(select(Observation)).all())) == (70, [], 1)


def test_a_late_slip_from_before_the_count_is_its_explanation(stock):
    sent(stock, 50, ago(5), came=True)
    seen(stock, 30, ago(1))
    assert (book(stock), differences()) == (30, [(-20, ago(1))])
    (words,) = sent(stock, 20, ago(2), document="BS-9")
    assert (book(stock), differences()) == (30, [(-20, ago(1)), (20, ago(1))])
    assert "INV-1" in words and "+20" in words and "30" in words
    assert "BS-9" in db.session.scalars(select(Movement).order_by(Movement.id.desc())).first().comment


def test_a_late_receipt_does_not_change_what_was_counted(stock):
    sent(stock, 150, ago(9), came=True)
    seen(stock, 150, ago(2))
    sent(stock, 50, ago(4), came=True)
    assert (book(stock), differences()) == (150, [(-50, ago(2))])


def test_each_count_holds_by_itself(stock):
    sent(stock, 100, ago(9), came=True)
    seen(stock, 90, ago(6))
    sent(stock, 40, ago(5))
    seen(stock, 45, ago(3))
    sent(stock, 10, ago(8))  # moves the first count only
    assert (book(stock), differences()) == (45, [(-10, ago(6)), (-5, ago(3)), (10, ago(6))])
    sent(stock, 5, ago(4))  # between both: the second one explains itself
    assert (book(stock), differences()[3:]) == (45, [(5, ago(3))])
    seen(stock, 95, ago(7))  # a count that comes late itself: 5 more were there, and the next count takes them back
    assert (book(stock), differences()[4:]) == (45, [(5, ago(7)), (-5, ago(6))])


def test_within_the_day_of_a_count_the_moment_decides(stock):
    sent(stock, 50, ago(3), came=True)
    counted = utcnow()
    seen(stock, 50, at=counted)
    sent(stock, 5)
    assert book(stock) == 45
    sent(stock, 5, at=counted - timedelta(microseconds=1))  # was given out before, and written down after
    assert (book(stock), differences()) == (45, [(5, TODAY)])
    sent(stock, 7, ago(1), document="BS-7")
    assert book(stock) == 45


def test_a_slip_that_is_undone_stands_where_it_stood(stock):
    sent(stock, 100, ago(3), came=True)
    sent(stock, 10)  # never happened, and it was in the book when 100 were counted
    seen(stock, 100)
    slip = db.session.scalars(select(Movement.id).order_by(Movement.id)).all()[1]
    with unit_of_work(Access.system("test")):
        reverse(db.session.get(Movement, slip), "jamais sorti")
    assert (book(stock), differences()) == (100, [(10, TODAY), (-10, TODAY)])
    with pytest.raises(Refused, match="INV-1"), unit_of_work(Access.system("test")):
        reverse(db.session.scalars(select(Movement).where(Movement.observation_id.is_not(None))).first(), "non")


def test_two_counts_of_one_moment_stand_one_after_the_other(stock):
    at = utcnow()
    seen(stock, 5, at=at)
    seen(stock, 7, at=at)
    assert (book(stock), differences()) == (7, [(5, TODAY), (2, TODAY)])


def test_a_device_fact_before_a_count_needs_no_cover(stock):
    sent(stock, 100, ago(9), came=True)
    seen(stock, 20, ago(3))
    sent(stock, 18, ago(1))
    sent(stock, 60, ago(5), covers_shortage=True)
    assert (book(stock), differences()) == (2, [(-80, ago(3)), (60, ago(3))])


@pytest.mark.parametrize(
    "facts", [{"quantity": -1}, {"counted_on": TODAY + timedelta(days=1)}, {"location_id": "transit"}]
)
def test_what_cannot_have_been_seen_is_refused(stock, world, facts):
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        if "location_id" in facts:
            facts = {"location_id": location(world["P1A-CDS1"], "in_transit").id}
        plain = {"quantity": 1, "counted_on": TODAY, "counted_at": utcnow(), "location_id": stock["store"]}
        observe([Seen(stock["lot"], **(plain | facts))])


def test_counting_needs_its_right_and_a_late_slip_does_not(stock, world):
    path = world["P1A-CDS1"].path
    seller = Access(7, "x", (("elmis.stock.move", path), ("elmis.stock.view", path)))
    with pytest.raises(NotAllowed), unit_of_work(seller):
        observe([Seen(stock["lot"], stock["store"], 1, TODAY, utcnow())])
    sent(stock, 50, ago(5), came=True)
    seen(stock, 50, ago(1))
    with unit_of_work(seller):
        post([Move(stock["lot"], 5, stock["store"], stock["consumption"], "dispensed", ago(2))])
    assert book(stock) == 50
