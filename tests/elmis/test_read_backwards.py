"""Figures are the same whichever way they were read: the last months summed up, or the whole window day by day."""

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from core.data.access import Access, acting
from core.data.audit import AuditEntry
from core.data.bulk import beside, read_beside
from core.data.db import db, today, utcnow
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import LotHold, Policy
from plugins.elmis.formulas.cmm import closed_months
from plugins.elmis.formulas.policies import POLICIES
from plugins.elmis.ledger import balances, turns
from plugins.elmis.ledger.models import Movement, Reason
from plugins.elmis.ledger.services import location
from plugins.elmis.replenishment.reading import WINDOW, deepened, read, read_all, unsettled
from plugins.elmis.replenishment.services import proposal
from plugins.elmis.replenishment.shelves import usable_changes
from plugins.elmis.requisitions.coming import expected
from plugins.elmis.requisitions.models import RequisitionLine
from plugins.elmis.requisitions.services import propose
from tests.elmis import make

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")
KINDS = ("supplier", "consumption", "in_transit", "returning", "loss")
MOVES = ("receipt", "dispensed", "dispensed", "dispensed", "shipment", "facility_return", "lost")


@pytest.fixture
def centre(app, world):
    """Return a health centre with forty products whose pasts were drawn: late comers, gaps, returns, holds, expiries."""
    make.reference()
    place = world["P1A-CDS1"]
    with unit_of_work(SYSTEM):
        _drawn(place, random.Random(11))
        balances.rebuild()
        turns.rebuild()
    return place


def _drawn(place, draw):
    places = {kind: location(place, kind).id for kind in KINDS}
    stores = [location(place, "store").id, location(place, "store", "Annexe").id]
    reasons = {row.code: row for row in db.session.scalars(select(Reason))}
    rows = []

    def move(lot, quantity, source, target, code, day):
        rows.append({
            "uuid": f"m{len(rows)}", "source_id": source, "target_id": target, "source_facility_id": place.id,
            "target_facility_id": place.id, "product_id": lot.product_id, "lot_id": lot.id, "quantity": quantity,
            "occurred_on": day, "reason_id": reasons[code].id, "recorded_at": utcnow(), "document": "BL-1", "paper_key": "",
        })  # fmt: skip

    for number in range(40):
        product = make.product(f"P-{number:02d}", pack_size=draw.choice([1, 10]))
        began = draw.choice([500, 400, 100, 70, 20])
        lot = make.lot(product, "A", today() + timedelta(days=draw.randrange(-90, 500)))
        day = today() - timedelta(days=began)
        move(lot, 2000, places["supplier"], stores[number % 2], "receipt", day)
        move(lot, 5000, places["supplier"], places["in_transit"], "shipment", day)  # that returns come from
        there = {stores[number % 2]: 2000, stores[1 - number % 2]: 0}
        if number == 38:  # all used on the day on which it came
            day = today() - timedelta(days=70)
            rows[-2] |= {"occurred_on": day}
            move(lot, 2000, stores[0], places["consumption"], "dispensed", day)
            continue
        if number == 39:  # out for longer than the last months
            day = today() - timedelta(days=400)
            rows[-2] |= {"occurred_on": day}
            rows[-1] |= {"occurred_on": day}
            move(lot, 2000, stores[1], places["consumption"], "dispensed", day + timedelta(days=5))
            continue
        while (day := day + timedelta(days=draw.randrange(3, 40))) <= today():
            code, store = draw.choice(MOVES), draw.choice(stores)
            if reasons[code].to_kind == "store":
                move(lot, 50, places[reasons[code].from_kind], store, code, day)
                there[store] += 50
            elif units := min(there[store], draw.choice([40, 300, 2000])):
                move(lot, units, store, places[reasons[code].to_kind], code, day)
                there[store] -= units
        if number % 4 == 0:
            since = today() - timedelta(days=draw.randrange(30, 200))
            db.session.execute(
                beside(insert(LotHold).values(lot_id=lot.id, since=since, until=since + timedelta(days=25)), "a test")
            )
        if number % 5 == 0:
            months = {"min_months": 1, "max_months": 2, "emergency_months": 0}
            db.session.add(
                Policy(facility_id=place.id, product_id=product.id, least_days=draw.choice([0, 60, 90]), **months)
            )
    db.session.execute(beside(insert(Movement), "a test"), rows)


@pytest.mark.parametrize(("back", "opened"), [(0, None), (45, None), (200, None), (45, 47)])
def test_figures_do_not_depend_on_how_much_was_read(centre, back, opened):
    on = today() - timedelta(days=back)
    if opened:  # after much of it was there already
        with unit_of_work(SYSTEM):
            centre.opened_on = today() - timedelta(days=opened)
    with acting(SYSTEM):
        reading = read(centre, on, expected(centre))
        (brief,) = read_all([centre], on, None, 3)
        (whole,) = deepened([brief], set(brief.past))
        whole = replace(whole, coming=expected(centre))
        settled = {product for product, past in reading.past.items() if past.months < WINDOW}
        assert settled and settled == set(brief.past) - unsettled(brief) and len(settled) < len(reading.past)
        products = {line.id: line for line in _articles(reading)}
        for policy in POLICIES:
            for product in products.values():
                assert proposal(reading, product, policy) == proposal(whole, product, policy)


def _articles(reading):
    from plugins.elmis.replenishment.reports import articles

    return articles(reading.product_ids)


@pytest.mark.parametrize("back", [0, 45, 200])
def test_what_the_turns_leave_out_changes_no_figure(centre, back):
    """Whose days are read is said by the turns; read for all, they give the same figures."""
    on = today() - timedelta(days=back)
    with acting(SYSTEM):
        reading = read(centre, on, expected(centre))
        known = {id_ for id_, past in reading.past.items() if past.never_out and past.first_receipt}
        late = {id_ for id_ in known if reading.past[id_].first_receipt >= reading.months[0].first}
        assert known and (late or back == 200)
        first = {months: closed_months(on, months)[0].first for months in (3, WINDOW)}
        days = {months: usable_changes(reading.ground.own, day, on, known) for months, day in first.items()}
        whole = {
            id_: _by_day(past, days, (centre.id, id_)) if id_ in known else past for id_, past in reading.past.items()
        }
        by_day = replace(reading, past=whole)
        assert any(not past.never_out for id_, past in whole.items() if id_ in known)
        for policy in POLICIES:
            for product in _articles(reading):
                assert proposal(reading, product, policy) == proposal(by_day, product, policy)


def _by_day(past, days, pair):
    before, changes = days[past.months].get(pair, (0, ()))
    return past._replace(usable_before=before, usable_changes=changes)


def test_what_lay_there_follows_from_what_lies_there(centre):
    """The beginning of a month, by the balances less what moved since, is the sum of all movements before."""
    on = today() - timedelta(days=45)
    before = {}
    with acting(SYSTEM):
        for row in read_beside(select(Movement.__table__), "a test"):
            if row.occurred_on < on.replace(day=1):
                for side, sign in ((row.target_id, 1), (row.source_id, -1)):
                    if side in {location(centre, "store").id, location(centre, "store", "Annexe").id}:
                        before[row.product_id] = before.get(row.product_id, 0) + sign * row.quantity
        reading = read(centre, on, expected(centre))
        found = {
            one.product.id: one.balance for one in (proposal(reading, row, "adjusted") for row in _articles(reading))
        }
        assert {product: one.beginning for product, one in found.items()} == {
            product: before.get(product, 0) for product in found
        }
        assert all(one.ending == one.beginning + one.received + one.adjusted - one.consumed for one in found.values())


def test_each_line_of_an_order_stands_in_the_trail(centre):
    with unit_of_work(SYSTEM):
        row = propose(centre)
    with acting(SYSTEM):
        lines = {str(line.id): line for line in row.lines}
        told = db.session.scalars(select(AuditEntry).where(AuditEntry.entity == RequisitionLine.__entity__)).all()
        assert len(lines) == 40 and {one.entity_id for one in told} == set(lines)
        for one in told:
            said, line = json.loads(one.body)["changes"], lines[one.entity_id]
            assert one.action == "create" and one.facility_id == centre.id
            assert said["working"] == [None, line.working] and said["product_id"] == [None, line.product_id]
            assert said["position"] == [None, line.position] and said.get("requested") is None
