"""Goods that come in: what cannot be is refused, what is unusual is asked, and a wrong expiry has a way out."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta

from core.data.access import Access
from core.data.db import db, today
from core.data.errors import Conflict, Doubt, NotAllowed, Refused
from core.data.states import history
from core.data.work import perform, unit_of_work
from core.imports import parse, services
from core.settings.services import put
from core.web import forms
from plugins.elmis.catalogue.limits import EXPIRY_YEARS, MONTHS_BACK, QUANTITY
from plugins.elmis.catalogue.lotless import NO_LOT
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.services import save_product
from plugins.elmis.ledger.models import Movement, Period
from plugins.elmis.ledger.services import reverse
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.lots.models import LotProposal
from plugins.elmis.lots.proposals import decide
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import lines_of, record
from tests import make as people
from tests.elmis import make

pytestmark = pytest.mark.both_databases
TODAY = today()
GOOD = TODAY + timedelta(days=500)
PLACE, OTHER = "P1A-CDS1", "P1A-CDS2"


@pytest.fixture
def shop(app, world):
    make.reference()
    with unit_of_work(Access.system("test")):
        make.product("AMOX")
        for login, place, role in (
            ("keeper", PLACE, "storekeeper"), ("manager", PLACE, "stock_manager"), ("neighbour", OTHER, "storekeeper"),
            ("pharmacist", "BI", "central_pharmacist"),
        ):  # fmt: skip
            world.users[login] = people.user(login, world[place], role).id
    return world


def product():
    return db.session.query(Product).filter_by(code="AMOX").one()


def receive(world, *lines, on=TODAY, login="keeper", place=PLACE, confirmed=(), kind="receive", reason="receipt"):
    def operation():
        rows = [Line(product(), *each) for each in lines]
        return record(KINDS[kind], world[place], Header(on, reason), rows)

    with unit_of_work(world.access(login), confirmed=confirmed):
        return operation()


def asked(world, *lines, **options):
    """Return the questions of a receipt, which is recorded once all are answered."""
    with pytest.raises(Doubt) as doubt:
        receive(world, *lines, **options)
    number = receive(world, *lines, **options, confirmed=[one.token for one in doubt.value.questions])
    comment = lines_of(world[options.get("place", PLACE)], number)[0].comment
    return [(one.code, one.field, one.line) for one in doubt.value.questions], comment


def lot(number):
    return db.session.query(Lot).filter_by(number=number).one()


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ((10, "A", None), ("no_expiry", "expiry", 0)),
        ((10, "A", TODAY - timedelta(days=3)), ("expired", "expiry", 0)),
        ((10, "A", date(2097, 1, 31)), ("far_expiry", "expiry", 0)),
        ((612345678905, "A", GOOD), ("quantity", "quantity", 0)),
        ((1_000_001, "A", GOOD), ("quantity", "quantity", 0)),
    ],
)
def test_what_is_unusual_about_goods_is_asked_and_the_yes_stays_with_the_movement(shop, line, question):
    found, comment = asked(shop, line)
    assert found == [question] and comment.startswith("Confirmé")


def test_a_barcode_in_a_quantity_is_called_one(shop):
    with pytest.raises(Doubt, match="code-barres"):
        receive(shop, (612345678907, "A", GOOD))


def test_all_lines_are_asked_at_once_and_what_is_usual_is_not(shop):
    found, _comment = asked(shop, (10, "A", GOOD), (10, "B", None), (10**7, "C", date(2097, 1, 31)))
    assert found == [("no_expiry", "expiry", 1), ("quantity", "quantity", 2), ("far_expiry", "expiry", 2)]
    receive(shop, (10, "A", GOOD), (10, "B", None))  # known now


def test_what_cannot_be_is_refused_at_its_field(shop):
    for line, field in (((10, "A", date(1930, 1, 31)), "expiry"), ((10, "", GOOD), "lot")):
        with pytest.raises(Refused) as refusal:
            receive(shop, line)
        assert refusal.value.field == field and refusal.value.facts["line"] == 0
        assert not isinstance(refusal.value, Doubt)
    with unit_of_work(Access.system("test")):
        product().active = False
    with pytest.raises(Refused) as refusal:
        receive(shop, (10, "A", GOOD))
    assert refusal.value.field == "product"


def test_a_blocked_lot_is_asked(shop):
    receive(shop, (10, "A", GOOD))
    with unit_of_work(Access.system("test")):
        lot("A").status = "recalled"
    assert asked(shop, (10, "A", GOOD))[0] == [("blocked_lot", "lot", 0)]


def test_days_that_cannot_be_are_refused_and_old_ones_asked(shop):
    with pytest.raises(Refused) as refusal:  # even where nobody knows when it opened
        receive(shop, (10, "A", GOOD), on=date(1926, 11, 28))
    assert refusal.value.field == "occurred_on" and not isinstance(refusal.value, Doubt)
    with unit_of_work(Access.system("test")):
        shop[PLACE].opened_on = TODAY - relativedelta(years=2)
    for day in (TODAY - relativedelta(years=2, days=1), TODAY + timedelta(days=1)):
        with pytest.raises(Refused) as refusal:
            receive(shop, (10, "A", GOOD), on=day)
        assert refusal.value.field == "occurred_on" and not isinstance(refusal.value, Doubt)
    receive(shop, (10, "A", GOOD), on=TODAY - relativedelta(months=3))
    assert asked(shop, (10, "A", GOOD), on=TODAY - relativedelta(months=3, days=1))[0][0][0] == "old_day"
    _set(shop, "pharmacist", MONTHS_BACK, 6, PLACE)
    receive(shop, (10, "A", GOOD), on=TODAY - relativedelta(months=6))


def test_a_closed_month_is_closed_to_storekeepers_and_asked_of_stock_managers(shop):
    day = TODAY - relativedelta(months=1)
    receive(shop, (100, "A", GOOD), on=day)
    with unit_of_work(Access.system("test")):
        db.session.add(Period(month=day.replace(day=1), closed=True))
    issue = {"on": day, "kind": "issue", "reason": "issue_ward"}
    with pytest.raises(Refused) as refusal:
        receive(shop, (1,), **issue)
    assert refusal.value.field == "occurred_on" and not isinstance(refusal.value, Doubt)
    assert asked(shop, (1,), login="manager", **issue)[0] == [("closed_month", "occurred_on", None)]


def test_limits_are_settings_within_reason_and_that_of_a_place_holds_there(shop):
    with pytest.raises(NotAllowed):
        _set(shop, "keeper", EXPIRY_YEARS, 5)
    with pytest.raises(Refused):
        _set(shop, "pharmacist", EXPIRY_YEARS, 101)
    _set(shop, "pharmacist", EXPIRY_YEARS, 1)
    assert asked(shop, (10, "A", GOOD))[0] == [("far_expiry", "expiry", 0)]
    _set(shop, "pharmacist", EXPIRY_YEARS, 10)
    _set(shop, "pharmacist", QUANTITY, 9, "P2")
    receive(shop, (10, "A", GOOD))
    _set(shop, "pharmacist", QUANTITY, 9, PLACE)
    assert asked(shop, (10, "A", GOOD))[0] == [("quantity", "quantity", 0)]


def _set(world, login, setting, value, place=None):
    with unit_of_work(world.access(login)):
        put(setting, place and world[place], value)


# a wrong expiry


def test_a_lot_that_nobody_holds_is_corrected_by_whoever_receives_again(shop):
    wrong = GOOD + timedelta(days=365)
    receive(shop, (10, "A", wrong))
    first = db.session.query(Movement).one().id
    with unit_of_work(shop.access("keeper")):
        reverse(db.session.get(Movement, first), "wrong expiry")
    receive(shop, (10, "A", GOOD))
    assert lot("A").expiry == GOOD
    step = history(lot("A"))[-1]
    assert (step.action, step.source, step.target) == ("correct", f"{wrong}", f"{GOOD}")


def test_what_one_holds_alone_is_corrected_after_a_yes(shop):
    receive(shop, (10, "A", GOOD))
    day = GOOD + timedelta(days=30)
    assert asked(shop, (5, "a", day))[0] == [("correct_expiry", "expiry", 0)]
    assert lot("A").expiry == day and make.on_hand(shop[PLACE], lot("A")) == 15


def two_lots(world):
    """Receive a lot at two places, with another expiry at the second; return the proposal's id."""
    receive(world, (10, "A", date(2029, 5, 31)))
    found, _comment = asked(world, (7, "A", date(2028, 5, 31)), login="neighbour", place=OTHER)
    assert found == [("lot_apart", "expiry", 0)]
    receive(world, (3, "A", date(2028, 5, 31)), login="neighbour", place=OTHER)  # asked once, known from then on
    assert lot("A").expiry == date(2029, 5, 31)
    apart = lot("A (exp. 2028-05)")
    assert apart.expiry == date(2028, 5, 31) and make.on_hand(world[OTHER], apart) == 10
    return db.session.query(LotProposal).one().id


@pytest.mark.parametrize(
    ("outcome", "known", "apart"), [("accepted", 2028, 2028), ("refused", 2029, 2029), ("both", 2029, 2028)]
)
def test_what_others_hold_is_kept_apart_and_the_pharmacist_decides(shop, outcome, known, apart):
    key = two_lots(shop)
    with pytest.raises(NotAllowed), unit_of_work(shop.access("neighbour")):
        decide(db.session.get(LotProposal, key), outcome, "mine")
    with unit_of_work(shop.access("pharmacist")):
        decide(db.session.get(LotProposal, key), outcome, "photo of the carton")
    twin = "A (exp. 2028-05)" if outcome == "both" else "A (2)"  # no name says an expiry that is not the lot's
    years = [lot(number).expiry.year for number in ("A", twin)]
    assert years == [known, apart]
    with pytest.raises(Conflict), unit_of_work(shop.access("pharmacist")):
        decide(db.session.get(LotProposal, key), "both", "again")


def test_the_pharmacist_finds_it_at_home_and_decides_by_clicks(shop, client):
    key = two_lots(shop)
    people.sign_in(client, "pharmacist")
    assert f"/elmis/catalogue/proposals/{key}" in client.get("/inbox").text
    page = f"/elmis/catalogue/proposals/{key}"
    assert "31/05/2028" in client.get(page).text
    assert client.post(page, data={"outcome": "accepted", "reason": "photo"}).status_code == 302
    assert lot("A").expiry == date(2028, 5, 31)
    people.sign_in(client, "keeper")
    page = f"/elmis/catalogue/lots/{lot('A').id}"
    assert f'href="{page}"' in client.get("/elmis/stock/lots").text  # the way to it
    said = client.get(f"{page}/propose").text
    assert "31/05/2028" in said and "corrigée aussitôt" in said and "Corriger la péremption</button>" in said
    answer = client.post(f"{page}/propose", data={"expiry": "11/2028", "place": PLACE})
    assert answer.status_code == 302 and lot("A").expiry == date(2028, 11, 30)  # nobody else holds it
    assert "Péremption\xa0: 31/05/2028 → 30/11/2028" in client.get(page).text


# forms and files read an expiry alike; products without lots; units


@pytest.mark.parametrize("text", ["12/2027", "2027-12", "12.2027", "31/12/2027", "2027-12-31"])
def test_a_month_is_its_last_day_in_forms_as_in_imports(app, text):
    class Sheet(forms.Form):
        expiry = forms.ExpiryField("Expiry")

    with app.test_request_context("/", method="POST", data={"expiry": text}):
        form = Sheet()
        assert form.validate() and form.expiry.data == date(2027, 12, 31)
    assert parse.expiry(text, parse.Reading(dates="dmy")) == date(2027, 12, 31)


def test_a_product_without_lots_needs_none(shop):
    with unit_of_work(Access.system("test")):
        product().has_lots = False
    receive(shop, (10, ""), (5, "", date(2029, 5, 31)))
    assert {row.number for row in db.session.query(Lot)} == {NO_LOT, "EXP 05/2029"}
    receive(shop, (12,), kind="dispense", reason="dispensed")


def test_the_base_unit_of_a_product_in_use_is_not_changed_without_a_word(shop):
    key = product().id
    facts = {"code": "AMOX", "name_fr": "Produit AMOX", "base_unit_fr": "boîte"}
    perform(
        lambda: save_product(db.session.get(Product, key), {**facts, "base_unit_fr": "gélule"}, []) and None
    )  # nothing counted yet
    receive(shop, (10, "A", GOOD))
    perform(lambda: save_product(db.session.get(Product, key), {**facts, "base_unit_fr": "gélules"}, []) and None)
    with pytest.raises(Doubt) as doubt:
        perform(lambda: save_product(db.session.get(Product, key), facts, []) and None)
    assert doubt.value.questions[0].field == "base_unit_fr" and product().base_unit_fr == "gélules"


def test_an_import_does_not_change_the_base_unit_of_a_product_in_use(shop, tmp_path):
    receive(shop, (10, "A", GOOD))
    path = tmp_path / "products.csv"
    path.write_text("code,name_fr,base_unit_fr\nAMOX,Produit AMOX,boîte\n", encoding="utf-8")
    report = services.dry_run("elmis.product", path, services.propose)
    assert [(one.line, one.field) for one in report.refusals] == [(2, "base_unit_fr")]
    path.write_text("code,name_fr,base_unit_fr\nAMOX,Produit AMOX,comprimés\n", encoding="utf-8")
    assert not services.dry_run("elmis.product", path, services.propose).refusals
