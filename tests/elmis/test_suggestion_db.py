"""The suggestion of a facility, from movements that were really posted, against numbers worked out by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine

from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import NotAllowed, Refused
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Policy, Product
from plugins.elmis.formulas.lots import HELD
from plugins.elmis.formulas.suggestion import Coming
from plugins.elmis.ledger.models import StockReport
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.replenishment.reading import Expected
from plugins.elmis.replenishment.services import compare, month_names, suggest
from plugins.elmis.requisitions.coming import expected
from tests.elmis import make
from tests.statements import statements

pytestmark = pytest.mark.both_databases
ON = date(2025, 4, 15)  # closed months: January 31, February 28 and March 31 days
SYSTEM = Access.system("test")


@pytest.fixture
def centre(app, world):
    """Return a health centre; reasons and policies are stored."""
    make.reference()
    return world["P1A-CDS1"]


def played(place, moves, code="P-1", **values):
    """Post (day, quantity) of a product: positive from a supplier, negative to patients; return its id."""
    with unit_of_work(SYSTEM):
        lot = make.lot(product := make.product(code, **values), expiry=date(2030, 1, 31))
        for day, quantity in moves:
            (make.receive if quantity > 0 else make.dispense)(place, lot, abs(quantity), day)
        return product.id


def one(place, policy="adjusted", on=ON, coming=None):
    """Return the only proposal."""
    (found,) = suggest(place, on, policy, coming or expected(place))
    return found


# 2,000 on 1 December, out from 11 February to 1 March (19 days), 3,000 on 2 March, 3,000 used in 90 days
OUT = [
    (date(2024, 12, 1), 2000),
    (date(2025, 1, 10), -900),
    (date(2025, 2, 10), -1100),
    (date(2025, 3, 2), 3000),
    (date(2025, 3, 15), -1000),
]


def test_the_adjusted_cmm_leaves_the_stockout_days_out(centre):
    played(centre, OUT, pack_size=180)
    found = one(centre).suggestion
    assert found.inputs.cmm.stockout_days == 19
    assert found.inputs.cmm.value == Fraction(3000, 71) * Fraction(61, 2)  # 1,288.73
    assert (found.max_stock, found.need, found.packs, found.quantity) == (2578, 578, 4, 720)
    assert found.status == "adequate"
    assert month_names([one(centre)]) == [date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]


@pytest.mark.parametrize(
    ("policy", "need", "quantity"), [("simple", 0, 0), ("openlmis_v3", 1124, 1260), ("msh", 525, 540)]
)
def test_the_other_policies_on_the_same_ledger(centre, policy, need, quantity):
    product = played(centre, OUT, pack_size=180)
    found = one(centre, policy).suggestion
    assert (found.need, found.quantity) == (need, quantity)
    assert compare(centre, db.session.get(Product, product), ON, expected(centre))[policy] == found


def test_the_working_ends_in_the_quantity_and_survives_its_journey_through_json(centre):
    played(centre, OUT, pack_size=180)
    snapshot = one(centre).snapshot()
    assert [step["code"] for step in snapshot["working"]] == [
        "consumed", "stockout_days", "cmm", "max_stock", "usable", "on_order", "in_transit", "owed", "need", "rounded",
    ]  # fmt: skip
    assert snapshot["working"][-1]["value"] == "720"


def test_a_store_that_opened_late_is_not_divided_by_months_it_did_not_live(centre, world):
    depot, lot_of = world["P1A-DEPOT"], {}
    with unit_of_work(SYSTEM):
        depot = db.session.merge(depot)
        depot.opened_on = date(2025, 1, 1)
        lot_of["x"] = make.lot(make.product(), expiry=date(2030, 1, 31))
        make.receive(depot, lot_of["x"], 1000, date(2025, 1, 1))
        for day, quantity in ((date(2025, 1, 20), 165), (date(2025, 2, 20), 170), (date(2025, 3, 20), 180)):
            ends = (location(depot).id, location(world["P1A-CDS1"], "in_transit").id)
            post([Move(lot_of["x"].id, quantity, *ends, "shipment", day)])
    july = date(2025, 4, 1)
    assert round(float(one(depot, "simple", july).suggestion.inputs.cmm.value), 2) == 171.67
    late = world["P1A-CDS2"]
    played(late, [(date(2025, 3, 1), 500), (date(2025, 3, 9), -172)], "P-2")
    found = one(late, "simple").suggestion.inputs.cmm
    assert (found.value, found.flag) == (172, "few_months")


def test_a_month_without_report_is_passed_over_until_the_facility_says_it_is_complete(centre):
    use = [(date(2024, 12, 10), -800), (date(2025, 1, 10), -900), (date(2025, 3, 10), -1000)]
    played(centre, [(date(2024, 11, 1), 5000), *use])
    passed = one(centre, "simple").suggestion.inputs.cmm
    assert passed.value == 900 and date(2025, 2, 1) not in passed.months_used
    with unit_of_work(SYSTEM):
        db.session.add(StockReport(facility_id=centre.id, month=date(2025, 2, 1)))
    declared = one(centre, "simple").suggestion.inputs.cmm
    assert declared.value == Fraction(1900, 3) and date(2025, 2, 1) in declared.months_used


def test_what_is_coming_is_taken_off_and_what_is_owed_is_added(centre):
    product = played(centre, OUT, pack_size=1)
    coming = Expected(
        {product: Coming(100, ("CM-1",))}, {product: Coming(60, ("BL-1",))}, {product: Coming(22, ("CM-2",))}
    )
    found = one(centre, coming=coming)
    assert found.suggestion.need == 578 - 100 - 60 + 22
    assert {"code": "in_transit", "value": "60", "unit": "units", "sign": "−", "facts": {"documents": ["BL-1"]}} in (
        found.snapshot()["working"]
    )


def test_expired_held_and_expiring_stock_does_not_count(centre):
    """CMM 305, ten a day: of 600 that expire in ten days 100 can be used."""
    with unit_of_work(SYSTEM):
        product = make.product(pack_size=1)
        lots = {
            "used": make.lot(product, "A", date(2030, 1, 31)),
            "expired": make.lot(product, "B", date(2025, 4, 14)),
            "soon": make.lot(product, "C", date(2025, 4, 24)),
            "good": make.lot(product, "D", date(2030, 1, 31)),
            "held": make.lot(product, "E", date(2030, 1, 31), status=HELD),
        }
        for name, quantity in (("used", 900), ("expired", 500), ("soon", 600), ("good", 50), ("held", 30)):
            make.receive(centre, lots[name], quantity, date(2025, 1, 1))
        for month in (1, 2, 3):
            make.dispense(centre, lots["used"], 300, date(2025, month, 20))
    found = one(centre).suggestion
    assert found.inputs.cmm.value == 305
    assert (found.inputs.usable.quantity, found.inputs.usable.on_hand) == (150, 1180)
    assert found.need == 610 - 150
    reasons = {(each.number, each.reason): each.quantity for each in found.inputs.usable.excluded}
    assert reasons == {("B", "expired"): 500, ("C", "will_expire"): 500, ("E", "held"): 30}


def test_the_report_balances_and_says_what_each_column_is(centre):
    played(centre, [*OUT, (date(2025, 4, 3), 300), (date(2025, 4, 5), -100)])
    with unit_of_work(SYSTEM):
        lot = db.session.query(make.Lot).one()
        ends = (location(centre).id, location(centre, "adjustment").id)
        post([Move(lot.id, 50, *ends, "count_shortage", date(2025, 4, 6))])
    assert one(centre).report() == {
        "beginning": 2000, "received": 300, "consumed": 100, "adjusted": -50, "ending": 2150,
    }  # fmt: skip


def test_the_stock_of_today_comes_from_the_balances_and_is_the_same(centre):
    played(centre, OUT)
    then = one(centre)
    with time_machine.travel("2025-04-15 10:00 +0200"):
        assert one(centre) == then


def test_days_out_of_stock_are_counted_up_to_the_day(centre):
    played(centre, [(date(2025, 1, 5), 100), (date(2025, 3, 9), -40), (date(2025, 4, 9), -60)])
    found = one(centre)
    assert (found.days_out, found.suggestion.status) == (6, "stock_out")


def test_the_facilitys_own_policy_comes_before_that_of_its_type(centre):
    product = played(centre, OUT, pack_size=1)
    with unit_of_work(SYSTEM):
        months = {"min_months": Decimal(1), "emergency_months": Decimal("0.5")}
        db.session.add(Policy(facility_type_id=centre.type_id, product_id=product, max_months=Decimal(4), **months))
        db.session.add(Policy(facility_id=centre.id, max_months=Decimal(3), **months))
    assert one(centre).suggestion.max_stock == 3867  # 3 × 1,288.73


def test_only_those_who_may_see_the_facilitys_orders_are_answered(centre):
    with acting(Access(7, "x", (("elmis.stock.view", centre.path),))), pytest.raises(NotAllowed):
        suggest(centre, ON, "adjusted", expected(centre))


def test_an_unknown_policy_is_named(centre):
    with pytest.raises(Refused, match="adjusted, simple"):
        suggest(centre, ON, "guess", expected(centre))


def test_sixty_products_take_no_more_statements_than_one(centre):
    with unit_of_work(SYSTEM):
        for number in range(60):
            lot = make.lot(make.product(f"P-{number:03d}"), f"L{number}", date(2030, 1, 31))
            make.receive(centre, lot, 1000, date(2025, 1, 2))
            make.dispense(centre, lot, 200 + number, date(2025, 2, 20))
    db.session.expire_all()
    with statements() as sent:
        assert len(suggest(centre, ON, "adjusted", expected(centre))) == 60
    assert len(sent) <= 11, "\n".join(sent)
