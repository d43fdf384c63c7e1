"""Stock that may not be given out is no stock, what comes back belongs where it came from, and what is unknown is
never 0: each figure worked out by hand, on movements that were really posted."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Question, Refused
from core.data.work import unit_of_work
from core.facilities.models import Facility
from core.imports import services as imports
from plugins.elmis.catalogue.models import Lot, LotHold, Policy, Product
from plugins.elmis.dashboards import reports as boards
from plugins.elmis.formulas.lots import HELD, RECALLED
from plugins.elmis.ledger.models import Movement, StockReport
from plugins.elmis.ledger.services import Move, location, post, reverse
from plugins.elmis.ledger.turns import TURN
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.lots import services as lots
from plugins.elmis.replenishment.services import compare, suggest
from plugins.elmis.requisitions.coming import expected
from tests.elmis import make
from tests.statements import spoiling

pytestmark = pytest.mark.both_databases
ON = date(2025, 11, 15)  # closed months: August 31, September 30, October 31 days
SYSTEM = Access.system("test")
FAR = date(2030, 1, 31)


@pytest.fixture
def centre(app, world):
    """Return a health centre that declares every month complete; reasons and policies are stored."""
    make.reference()
    with unit_of_work(SYSTEM):
        for month in range(1, 11):
            db.session.add(StockReport(facility_id=world["P1A-CDS1"].id, month=date(2025, month, 1)))
    return world["P1A-CDS1"]


def until_july(place, *left, start=FAR, **facts):
    """Post 300 a month until July, all of it used, then what is left: (quantity, day, lot facts); return the product."""
    with unit_of_work(SYSTEM):
        product = make.product(pack_size=1, **facts)
        used = make.lot(product, "USED", start)
        make.receive(place, used, 1200, date(2025, 4, 1))
        for month in (4, 5, 6, 7):
            make.dispense(place, used, 300, date(2025, month, 31 if month in (5, 7) else 30))
        for number, (quantity, day, lot) in enumerate(left):
            make.receive(place, make.lot(product, f"LEFT{number}", **lot), quantity, day)
        return product.id


def only(place, policy="adjusted", on=ON):
    """Return the suggestion of the only product."""
    (found,) = suggest(place, on, policy, expected(place))
    return found.suggestion


@pytest.mark.parametrize("lot", [{"expiry": date(2025, 7, 1)}, {"expiry": FAR, "status": HELD},
                                 {"expiry": FAR, "status": RECALLED}, {"expiry": FAR, "vvm": 3}])  # fmt: skip
@pytest.mark.parametrize(("policy", "need"), [("adjusted", 597), ("simple", 600), ("openlmis_v3", 550), ("msh", 600)])
def test_a_shelf_of_what_may_not_be_given_out_is_empty_and_older_months_say_what_is_used(centre, lot, policy, need):
    """300 a month until July, then 50 that are expired or held: out for 92 days, and 900 in 92 days are 298 a month."""
    until_july(centre, (50, date(2025, 6, 1), lot))
    found = only(centre, policy)
    cmm = found.inputs.cmm
    assert cmm.months_used == (date(2025, 5, 1), date(2025, 6, 1), date(2025, 7, 1))
    assert (cmm.flag, found.need, found.status) == ("older_months", need, "stock_out")
    assert (found.inputs.usable.quantity, found.inputs.usable.on_hand) == (0, 50)


def test_fifty_expired_tablets_do_not_cut_an_order_from_600_to_200(centre):
    """300 in the 31 days of August, then nothing but what had expired."""
    with unit_of_work(SYSTEM):
        product = make.product(pack_size=1)
        make.receive(centre, lot := make.lot(product, "USED", FAR), 300, date(2025, 8, 1))
        make.dispense(centre, lot, 300, date(2025, 8, 31))
        make.receive(centre, make.lot(product, "OLD", date(2025, 8, 31)), 50, date(2025, 8, 2))
    found = only(centre)
    assert (found.inputs.cmm.stockout_days, found.inputs.cmm.value) == (61, Fraction(300, 31) * Fraction(61, 2))
    assert found.need == 591  # 2 × 295.16


def test_a_lot_that_expires_or_is_held_empties_the_shelf_on_that_day_and_a_release_fills_it(centre):
    """In stock to 10 September, its last usable day; held from 20 to 29 October, a second lot from 5 October on."""
    with unit_of_work(SYSTEM):
        product = make.product(pack_size=1)
        make.receive(centre, make.lot(product, "A", date(2025, 9, 10)), 500, date(2025, 8, 1))
        make.receive(centre, lot := make.lot(product, "B", FAR), 500, date(2025, 10, 5))
        lot_id = lot.id
    for day, action in (("2025-10-20", "hold"), ("2025-10-30", "release")):
        with time_machine.travel(f"{day} 10:00 +0200"), unit_of_work(SYSTEM):
            lots.change_lot(db.session.get(Lot, lot_id), action, "Contrôle")
    assert only(centre).inputs.cmm.stockout_days == 20 + 4 + 9  # 11–30/9, 1–4/10, 21–29/10
    held = only(centre, on=date(2025, 10, 25)).inputs.usable
    assert [(one.number, one.reason) for one in held.excluded] == [("A", "expired"), ("B", "held")]


def kept(place):
    """Return {day: (held, there)} of the turns of a facility; they follow from movements and lots."""
    rows = db.session.connection().execute(select(TURN).where(TURN.c.facility_id == place.id)).all()
    assert verify_ledger() == []
    db.session.rollback()
    return {row.day: (row.held, row.there) for row in rows}


def test_turns_follow_an_expiry_a_hold_a_release_and_a_corrected_expiry(centre):
    with unit_of_work(SYSTEM):
        lot = make.lot(make.product(tracer=True), "A", date(2025, 12, 31))
        make.receive(centre, lot, 500, date(2025, 8, 1))
        lot_id, number = lot.id, lot.number
    came, gone = {date(2025, 8, 1): (1, 1)}, (0, -1)
    assert kept(centre) == came | {date(2026, 1, 1): gone}
    with time_machine.travel("2025-10-20 10:00 +0200"):
        with unit_of_work(SYSTEM):
            lots.change_lot(db.session.get(Lot, lot_id), "hold", "Contrôle")
        assert kept(centre) == came | {date(2025, 10, 20): gone}
        assert [(row.facility_id, row.since) for row in boards.stock_outs(centre)] == [(centre.id, date(2025, 10, 20))]
        assert boards.board(centre)[centre.id] == {1: 0}
        db.session.rollback()
    with time_machine.travel("2025-10-30 10:00 +0200"), unit_of_work(SYSTEM):
        lots.change_lot(db.session.get(Lot, lot_id), "release", "Bon")
    assert kept(centre) == came | {
        date(2025, 10, 20): gone, date(2025, 10, 30): (0, 1), date(2026, 1, 1): gone
    }  # fmt: skip
    sure = Question("expired", "", f"P-1/{key_of(number)}/2025-09-30").token
    with unit_of_work(SYSTEM, confirmed=[sure]):
        facts = {"number": number, "expiry": date(2025, 9, 30), "made_on": None, "vvm": None, "donor": ""}
        lots.correct_lot(db.session.get(Lot, lot_id), facts)
    assert kept(centre) == came | {date(2025, 10, 1): gone}
    with time_machine.travel("2025-09-30 10:00 +0200"), acting(SYSTEM):
        assert boards.past(centre).now.in_stock == 1
        db.session.rollback()
    with time_machine.travel("2025-10-01 10:00 +0200"), acting(SYSTEM):
        assert boards.past(centre).now.in_stock == 0
        db.session.rollback()


def test_what_was_held_and_released_on_one_day_was_never_held(centre):
    with unit_of_work(SYSTEM):
        lot_id = make.lot(make.product(), "A").id
    for action in ("hold", "release"):
        with unit_of_work(SYSTEM):
            lots.change_lot(db.session.get(Lot, lot_id), action, "Essai")
    assert db.session.scalars(select(LotHold)).all() == []


def test_the_proof_names_a_lot_whose_expiry_was_changed_behind_the_ledger(centre):
    with unit_of_work(SYSTEM):
        make.receive(centre, make.lot(make.product(), "A", FAR), 5, date(2025, 8, 1))
    with pytest.raises(Refused, match="planted"), unit_of_work(SYSTEM):
        db.session.connection().execute(spoiling(Lot.__table__.update().values(expiry=date(2025, 9, 1))))
        assert [fault.rule for fault in verify_ledger()] == ["turn"]
        raise Refused("planted")


# --- what comes back ---


def sent(depot, receiver, lot, quantity, day, reason="shipment", document="BL-1"):
    """Post goods out of a depot, and return the move that brings them back."""
    store, transit, back = (location(depot, kind).id for kind in ("store", "in_transit", "returning"))
    post([Move(lot.id, quantity, store, transit, reason, day, document=document, counterpart=receiver.name)])
    return lambda units, on: post(
        [
            Move(lot.id, units, transit, back, "refused_transit", on, "Cartons mouillés", document=document),
            Move(lot.id, units, back, store, "return_accepted", on, document=document),
        ]
    )


@pytest.mark.parametrize(("reason", "used"), [("shipment", 100), ("transfer_out", 0)])
def test_goods_refused_in_the_next_month_belong_to_the_month_and_the_flow_they_were_sent_in(world, app, reason, used):
    """Shipped 1,100 on 31 July, 1,000 of them refused on 2 August: July used 100, August nothing."""
    make.reference()
    depot, on = world["P1A-DEPOT"], date(2025, 10, 15)
    with unit_of_work(SYSTEM):
        make.receive(depot, lot := make.lot(make.product(pack_size=1), expiry=FAR), 5000, date(2025, 4, 1))
        make.dispense(depot, lot, 1, date(2025, 8, 5))
        refuse = sent(depot, world["P1A-CDS1"], lot, 1100, date(2025, 7, 31), reason)
        refuse(1000, date(2025, 8, 2))
        for month in (7, 8, 9, 10):
            db.session.add(StockReport(facility_id=depot.id, month=date(2025, month, 1)))
    cmm = only(depot, on=on).inputs.cmm
    assert (cmm.months_used[0], cmm.consumption, cmm.value) == (
        date(2025, 7, 1), used + 1, Fraction(used + 1, 92) * Fraction(61, 2),
    )  # fmt: skip
    found = only(depot, "simple", on=date(2025, 11, 1)).inputs  # July has left the window
    assert (found.cmm.consumption, found.usable.on_hand) == (1, 4899)
    (august,) = suggest(depot, date(2025, 8, 31), "adjusted", expected(depot))
    assert august.report() == {
        "beginning": 3900, "received": 0, "consumed": 1, "adjusted": 1000, "ending": 4899,
    }  # fmt: skip


def test_a_receipt_that_was_reversed_starts_no_days_and_a_reversed_dispensing_uses_nothing(centre):
    with unit_of_work(SYSTEM):
        product = make.product(pack_size=1, tracer=True)
        make.receive(centre, lot := make.lot(product, expiry=FAR), 900, date(2025, 2, 1))
        (wrong,) = db.session.scalars(select(Movement)).all()
        reverse(wrong, "Autre structure")
        make.receive(centre, lot, 900, date(2025, 10, 1))
        make.dispense(centre, lot, 310, date(2025, 10, 20))
    found = only(centre).inputs.cmm
    assert (found.eligible_days, found.stockout_days, found.flag, found.value) == (31, 0, "few_months", 305)
    assert date(2025, 2, 1) not in kept(centre)


def test_what_was_used_before_the_facility_opened_counts_as_little_as_its_days(centre):
    """Open from 16 September: 230 in the 46 days since then are 152.5 a month, whatever was used before."""
    with unit_of_work(SYSTEM):
        db.session.get(Facility, centre.id).opened_on = date(2025, 9, 16)
        make.receive(centre, lot := make.lot(make.product(pack_size=1), expiry=FAR), 5000, date(2025, 8, 1))
        for day, quantity in ((date(2025, 9, 10), 900), (date(2025, 9, 20), 75), (date(2025, 10, 20), 155)):
            make.dispense(centre, lot, quantity, day)
    found = only(centre).inputs.cmm
    assert (found.consumption, found.eligible_days, found.value) == (230, 46, Fraction(305, 2))


# --- too little is known ---


def test_one_day_in_stock_is_named_and_assumes_no_more_than_the_rule_says(centre):
    """200 in one day were 6,100 a month and an order of 12,200; stretched over 15 days they are 407 and 814."""
    with unit_of_work(SYSTEM):
        product = make.product(pack_size=1)
        make.receive(centre, lot := make.lot(product, expiry=FAR), 200, date(2025, 8, 1))
        make.dispense(centre, lot, 200, date(2025, 8, 1))
        product_id = product.id
    found = only(centre)
    cmm = found.inputs.cmm
    assert (cmm.days_in_stock, cmm.flag, cmm.value) == (1, "few_days", Fraction(200, 15) * Fraction(61, 2))
    assert (found.need, found.status) == (814, "stock_out")
    assert [step.code for step in found.working][:4] == ["consumed", "stockout_days", "least_days", "cmm"]
    product = db.session.get(Product, product_id)
    assert {name: one.need for name, one in compare(centre, product, ON, expected(centre)).items()} == {
        "adjusted": 814, "simple": 400, "openlmis_v3": 400, "msh": 814,
    }  # fmt: skip
    with unit_of_work(SYSTEM):
        facts = {"min_months": Decimal(1), "max_months": Decimal(2), "emergency_months": Decimal(0)}
        db.session.add(Policy(facility_id=centre.id, product_id=product_id, least_days=30, **facts))
    assert only(centre).need == 407  # the rule is data


@pytest.mark.parametrize("policy", ["adjusted", "simple", "openlmis_v3", "msh"])
def test_out_for_the_whole_window_is_unknown_by_every_policy_and_never_0(centre, policy):
    with unit_of_work(SYSTEM):
        make.receive(centre, lot := make.lot(make.product(), expiry=FAR), 100, date(2024, 6, 1))
        make.dispense(centre, lot, 100, date(2024, 6, 30))
    found = only(centre, policy)
    assert (found.inputs.cmm.value, found.inputs.cmm.flag, found.need) == (None, "always_out", None)


# --- lead time, what is on the way, policies ---


@pytest.mark.parametrize(("days", "need", "opens"), [(14, 610, 610), (60, 1058, 610), (0, 610, 610)])
def test_a_lead_time_that_the_minimum_does_not_cover_raises_the_maximum(centre, days, need, opens):
    """CMM 305, min 1, max 2, emergency 0.5: 60 days are 1.967 months, with the emergency stock 1.467 too many."""
    with unit_of_work(SYSTEM):
        product = make.product(pack_size=1)
        make.receive(centre, lot := make.lot(product, expiry=FAR), 920, date(2025, 8, 1))
        make.dispense(centre, lot, 920, date(2025, 10, 31))
        facts = {"min_months": Decimal(1), "max_months": Decimal(2), "emergency_months": Decimal("0.5")}
        db.session.add(Policy(facility_id=centre.id, lead_time_days=days, **facts))
    found = only(centre)
    assert (found.inputs.cmm.value, found.need, only(centre, "openlmis_v3").need) == (305, need, opens + 4)
    step = next(step for step in found.working if step.code == "max_stock")
    assert step.facts.get("lead_time") == (60 if days == 60 else None)
    if days == 60:
        assert "3,47 mois" in str(step.label).replace("\N{NO-BREAK SPACE}", " ") and "1,47" in str(step.note)


def test_goods_that_another_system_sent_are_in_transit_for_the_receiver_until_they_arrive(centre, world, tmp_path):
    """A maximum of 100 and 1 on the shelf: with 90 on the way 9 are missing, not 99."""
    with unit_of_work(SYSTEM):
        make.receive(centre, lot := make.lot(make.product("P-1", pack_size=1), "L1", FAR), 152, date(2025, 8, 1))
        make.dispense(centre, lot, 151, date(2025, 10, 31))
        make.receive(world["P1A-DEPOT"], lot, 500, date(2025, 8, 1))
        facts = {"min_months": Decimal(1), "max_months": Decimal("1.9976"), "emergency_months": Decimal("0.5")}
        db.session.add(Policy(facility_id=centre.id, **facts))

    def imported(*lines):
        (file := tmp_path / "past.csv").write_text(
            "\n".join(["id,facility,product,lot,quantity,reason,date,counterpart,document", *lines]), encoding="utf-8"
        )
        with acting(SYSTEM):
            imports.take("elmis.movement", file)

    with time_machine.travel("2025-11-15 10:00 +0200"):
        imported("1,P1A-DEPOT,P-1,L1,90,shipment,2025-11-12,P1A-CDS1,BL-9")
        found = only(centre)
        assert (found.max_stock, found.need, found.inputs.in_transit.documents) == (100, 9, ("BL-9",))
        imported("2,P1A-CDS1,P-1,L1,90,delivery,2025-11-14,P1A-DEPOT,BL-9")
        found = only(centre)
        assert (found.need, found.inputs.in_transit.quantity, found.inputs.usable.quantity) == (9, 0, 91)
    with time_machine.travel("2026-03-15 10:00 +0200"):
        imported("3,P1A-DEPOT,P-1,L1,90,shipment,2025-11-12,P1A-CDS1,BL-10")
        assert only(centre, on=date(2026, 3, 15)).inputs.in_transit.quantity == 0  # nothing is four months on the road


def test_an_import_of_policies_cannot_leave_levels_that_do_not_rise(centre, tmp_path):
    """The stored emergency point, 0.5, stays where the cell is blank: a minimum of 0.25 lies below it."""
    with unit_of_work(SYSTEM):
        db.session.add(
            Policy(facility_type_id=centre.type_id, min_months=1, max_months=2, emergency_months=Decimal("0.5"))
        )
    (file := tmp_path / "policies.csv").write_text(
        "facility_type,min_months,max_months,emergency_months\nhealth_centre,0.25,1,\n", encoding="utf-8"
    )
    with acting(SYSTEM):
        report = imports.dry_run("elmis.policy", file, imports.propose)
    (refusal,) = report.refusals
    assert (refusal.line, refusal.field) == (2, "emergency_months")
    assert "0,5 mois" in str(refusal.reason) and "0,25 mois" in str(refusal.reason)


def test_the_database_itself_refuses_levels_that_do_not_rise(centre):
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), unit_of_work(SYSTEM):
        db.session.add(Policy(facility_id=centre.id, min_months=1, max_months=2, emergency_months=3))
