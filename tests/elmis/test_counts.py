"""Counting as it is done: on paper, over days, by two people, with slips that are entered meanwhile."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, local, today, utcnow
from core.data.errors import Conflict, Refused
from core.data.states import history
from core.data.work import unit_of_work
from plugins.elmis.counts import services as counts
from plugins.elmis.counts.comparing import compare
from plugins.elmis.counts.models import Count, CountLine
from plugins.elmis.counts.services import Counted
from plugins.elmis.ledger import balances
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.lots.lines import Line
from tests import make as people
from tests.elmis import make
from tests.pages import Forms, answers
from tests.statements import statements

pytestmark = pytest.mark.both_databases
CENTRE = "P1A-CDS1"


class Shop:
    """A health centre with one product, its lots, and a storekeeper at a browser."""

    def __init__(self, world, client):
        self.world, self.client = world, client
        make.reference()
        with unit_of_work(Access.system("test")):
            product = make.product("AMOX")
            self.product = product.id
            place = world[CENTRE]
            sides = ("store", "consumption", "supplier", "adjustment")
            self.sides = {kind: location(place, kind).id for kind in sides}
            self.lots = {}
            self.receive("A", 100, 9)
            people.user("keeper", place, "storekeeper")
        people.sign_in(client, "keeper")

    def receive(self, number, quantity, days=0):
        from plugins.elmis.catalogue.models import Product

        lot = db.session.get(Product, self.product)
        row = make.lot(lot, number)
        self.lots[number] = row.id
        make.receive(self.world[CENTRE], row, quantity, today() - timedelta(days=days))

    def issue(self, number, quantity, days=0):
        move = Move(
            self.lots[number], quantity, self.sides["store"], self.sides["consumption"], "dispensed",
            today() - timedelta(days=days), document="BS-9",
        )  # fmt: skip
        with unit_of_work(Access.system("test")):
            post([move])

    def start(self, **options):
        with unit_of_work(Access.system("test")):
            count = counts.start(location(self.world[CENTRE]), **options)
            return count.id

    def book(self, number="A"):
        db.session.rollback()
        assert verify_ledger() == []
        return balances.available(self.sides["store"], self.lots[number])

    def show(self, id):
        return self.client.get(f"/elmis/counts/{id}")

    def send(self, id, then, page=None, **typed):
        """Send the form of the page with what was typed; `typed` may name fields by their end: counted_A."""
        page = page or self.show(id)
        form = next(form for form in Forms(page.text).found if "_seen" in form.inputs)
        names = {line.lot.number: n for n, line in enumerate(self.lines(id))}
        data = form.data() | {"then": then}
        for name, value in typed.items():
            what, _, lot = name.partition("_")
            data[f"lines-{names[lot]}-{what}" if lot in names else name] = value
        with statements() as self.asked:
            return self.client.post(f"/elmis/counts/{id}", data=data)

    def lines(self, id):
        return db.session.scalars(select(CountLine).where(CountLine.count_id == id).order_by(CountLine.id)).all()

    def state(self, id):
        return db.session.get(Count, id).state

    def differences(self, id):
        return {row.line.lot.number: row.difference for row in compare(db.session.get(Count, id))}


@pytest.fixture
def shop(app, world, client):
    return Shop(world, client)


def at(moment):
    """Return the fields of a sheet that was filled on paper at a moment."""
    here = local(moment)
    return {"when": "paper", "day": f"{here:%d/%m/%Y}", "time": f"{here:%H:%M}"}


def test_ninety_counted_on_paper_then_twenty_issued_then_typed(shop):
    with time_machine.travel(utcnow() - timedelta(hours=3)):
        id = shop.start()
        shop.issue("A", 10)
    with time_machine.travel(utcnow() - timedelta(hours=2)):
        paper = at(utcnow())
    shop.issue("A", 20)
    assert shop.send(id, "review", counted_A="90", **paper).status_code == 302
    assert shop.differences(id) == {"A": 0}  # not +20
    page = shop.show(id)
    assert "−20" in page.text and "BS-9" in page.text  # marked: it moved since the sheet was opened
    assert shop.send(id, "post", page).status_code == 302
    assert (shop.book(), shop.state(id)) == (70, "posted")


def test_a_forgotten_slip_that_is_entered_during_the_review_is_the_difference(shop):
    shop.issue("A", 50)
    id = shop.start()
    assert shop.send(id, "review", counted_A="30", comment_A="à chercher").status_code == 302
    assert shop.differences(id) == {"A": -20}
    older = shop.show(id)
    shop.issue("A", 20, days=1)
    changed = shop.send(id, "post", older)
    assert changed.status_code == 422 and shop.state(id) == "review"  # the person saw −20: it is shown again
    assert shop.send(id, "post", changed).status_code == 302
    assert shop.book() == 30  # and not 10


def test_the_person_says_between_which_movements_a_line_was_counted(shop):
    with time_machine.travel(utcnow() - timedelta(seconds=5)):
        id = shop.start()
        shop.issue("A", 20)
    shop.send(id, "review", counted_A="100", comment_A="?")  # typed as counted now: 20 too many
    assert shop.differences(id) == {"A": 20}
    issued = db.session.scalars(select(Movement.id).order_by(Movement.id.desc())).first()
    assert shop.send(id, "reasons", place_A=f"{issued}:after").status_code == 302
    assert shop.differences(id) == {"A": 0}
    shop.send(id, "reasons", place_A=f"{issued}:before")
    assert shop.differences(id) == {"A": 20}
    shop.send(id, "recount")
    assert shop.state(id) == "counting"
    shop.send(id, "review", counted_A="80")  # counted again: a new moment
    assert shop.differences(id) == {"A": 0}


def test_a_count_over_days_posts_each_line_at_its_own_day(shop):
    with time_machine.travel(utcnow() - timedelta(days=2)):
        id = shop.start()
        shop.send(id, "keep", counted_A="95", comment_A="2 boîtes cassées")
    with unit_of_work(Access.system("test")):
        shop.receive("B", 100)
    shop.send(id, "review")
    assert [line.lot.number for line in shop.lines(id)] == ["A", "B"]  # what came meanwhile is on the sheet
    shop.send(id, "review", counted_B="90", comment_B="manquait")
    assert shop.send(id, "post").status_code == 302
    assert (shop.book("A"), shop.book("B")) == (95, 90)
    posted = db.session.scalars(select(Movement).where(Movement.observation_id.is_not(None)).order_by(Movement.id))
    assert [(row.quantity, row.occurred_on) for row in posted] == [(5, today() - timedelta(days=2)), (10, today())]


def test_what_left_after_a_count_is_not_posted_below_zero(shop):
    with time_machine.travel(utcnow() - timedelta(seconds=5)):
        id = shop.start()
        shop.send(id, "review", counted_A="60", comment_A="?")
    shop.issue("A", 95)
    refused = shop.send(id, "post")
    assert refused.status_code == 422 and shop.state(id) == "review" and shop.book() == 5


def test_nothing_that_was_typed_is_lost_when_something_is_missing_or_added(shop):
    with unit_of_work(Access.system("test")):
        shop.receive("B", 50)
    id = shop.start()
    back = shop.send(id, "review", counted_A="100")  # B is not counted: kept, and said
    assert back.status_code == 302 and shop.state(id) == "counting"
    assert "1 " in shop.client.get(back.headers["Location"]).text
    lost = shop.send(id, "add", counted_B="48", product="", lot="SHELF")
    assert lost.status_code == 422 and 'value="48"' in lost.text
    added = shop.send(id, "add", lost, counted_B="48", product="AMOX", lot="SHELF", extra="7", expiry="31/12/2028")
    assert added.status_code == 302
    assert {line.lot.number: line.counted for line in shop.lines(id)} == {"A": 100, "B": 48, "SHELF": 7}
    refused = shop.send(id, "keep", counted_A="beaucoup", **at(utcnow() + timedelta(days=1)))
    assert refused.status_code == 422 and "beaucoup" in refused.text


def test_a_reason_is_asked_at_the_line_that_lacks_it(shop):
    id = shop.start()
    shop.send(id, "review", counted_A="90")
    refused = shop.send(id, "post")
    assert refused.status_code == 422 and 'aria-invalid="true"' in refused.text
    assert shop.send(id, "post", comment_A="casse").status_code == 302
    with pytest.raises(Conflict), unit_of_work(Access.system("test")):
        counts.post_count(db.session.get(Count, id))
    assert [step.action for step in history(db.session.get(Count, id))] == ["start", "review", "post"]
    shop.issue("A", 4, days=1)
    page = shop.show(id)
    assert "+4" in page.text and "BS-9" in page.text  # a late slip: the count stood, and its page says it
    assert shop.book() == 90


def test_a_slip_of_the_day_of_a_count_is_asked_about(shop):
    id = shop.start()
    shop.send(id, "keep", counted_A="80", comment_A="?")
    slip = {"lines-0-product": "AMOX", "lines-0-quantity": "20", "ward": "", "counterpart": "Maternité", "_key": "s"}
    slip |= {"occurred_on": f"{today():%d/%m/%Y}"}
    asked = shop.client.post("/elmis/store/new/issue", data=slip)
    before, after = answers(asked.text, "before"), answers(asked.text, "after")
    assert asked.status_code == 422 and "INV-" in asked.text and len(before) == 1
    assert shop.client.post("/elmis/store/new/issue", data=slip | before).status_code == 302
    assert shop.differences(id) == {"A": 0}  # a forgotten slip: the shelf had 80, and the book says so now
    assert shop.client.post("/elmis/store/new/issue", data=slip | after | {"_key": "t"}).status_code == 302
    assert (shop.differences(id), shop.book()) == ({"A": 0}, 60)
    shop.send(id, "review")
    shop.send(id, "post")
    assert shop.book() == 60
    late = shop.client.post("/elmis/store/new/issue", data=slip | before | {"_key": "u"})
    told = shop.client.get(late.headers["Location"]).text
    assert "80" in told and "+20" in told and shop.book() == 60  # the count stood, and the person was told
    shop.issue("A", 1)  # no one could be asked: it comes after, and is said
    assert shop.book() == 59


def test_two_sheets_may_share_a_store_and_not_a_lot(shop):
    with unit_of_work(Access.system("test")):
        make.receive(shop.world[CENTRE], make.lot(make.product("VACC", cold=True), "C"), 5)
    cold = shop.start(what="cold")
    with pytest.raises(Refused, match="INV"):
        shop.start()
    assert [line.lot.number for line in shop.lines(cold)] == ["C"]
    with unit_of_work(Access.system("test")):
        shop.receive("B", 50)
        assert counts.refresh(db.session.get(Count, cold)) == 0  # not cold: not on this sheet
    shop.start(what="tracers")


def test_a_named_store_is_counted_for_itself(shop):
    with unit_of_work(Access.system("test")):
        place = shop.world[CENTRE]
        second = location(place, "store", "Froid")
        sides = location(place, "supplier").id, second.id
        post([Move(shop.lots["A"], 40, *sides, "receipt", today() - timedelta(days=3))])
        second_id = second.id
    made = shop.client.post("/elmis/counts/", data={"store": str(second_id), "what": "all", "_key": "k"})
    id = int(made.headers["Location"].rstrip("/").rsplit("/", 1)[1])
    shop.send(id, "review", counted_A="38", comment_A="x")
    shop.send(id, "post")
    assert shop.book() == 100 and balances.available(second_id, shop.lots["A"]) == 38


def test_enter_sends_no_form_in_which_lines_are_typed(shop):
    id = shop.start()
    for address in (f"/elmis/counts/{id}", "/elmis/store/new/issue"):
        text = shop.client.get(address).text
        main = text[text.index("<main") :]
        form = main[main.index('<form method="post"') :]
        assert form.index("<button disabled hidden>") < form.index(
            "<button", form.index("<button disabled hidden>") + 9
        )


def test_the_services_keep_what_is_said(shop):
    id = shop.start()
    with unit_of_work(Access.system("test")):
        count = db.session.get(Count, id)
        counts.fill(count, {count.lines[0].id: Counted(99, "x", utcnow() - timedelta(minutes=5))})
        counts.add_line(count, Line(count.lines[0].product, 1, "NEW", make.in_two_years()), Counted(3))
        counts.fill(count, {line.id: Counted(line.counted, None) for line in count.lines})
        assert counts.finish(count) == []
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        counts.fill(db.session.get(Count, id), {shop.lines(id)[0].id: Counted(1, at=utcnow() - timedelta(days=400))})
        counts.add_line(db.session.get(Count, id), Line(shop.lines(id)[0].product, 1, "LATE"))


def test_a_sheet_of_four_hundred_lots_asks_few_statements(shop):
    with unit_of_work(Access.system("test")):
        product, place = make.product("MANY"), shop.world[CENTRE]
        lots = [make.lot(product, f"N{n:03}") for n in range(400)]
        sides = location(place, "supplier").id, location(place).id
        post([Move(lot.id, 10, *sides, "receipt", today() - timedelta(days=2)) for lot in lots])
    id = shop.start()
    page = shop.show(id)
    with statements() as asked:
        shop.show(id)
    assert page.text.count("-counted") >= 400 and len(asked) < 30
    typed = {f"counted_N{n:03}": "9" if n < 3 else "10" for n in range(400)}
    assert shop.send(id, "review", page, counted_A="100", **typed).status_code == 302
    assert len(shop.asked) < 60 and shop.state(id) == "review"
    reasons = {f"comment_N{n:03}": "casse" for n in range(3)}
    assert shop.send(id, "post", **reasons).status_code == 302
    assert shop.state(id) == "posted" and verify_ledger() == []
