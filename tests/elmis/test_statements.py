"""No page asks more than a dozen statements of its own, whatever it shows: the demonstration is walked link by link."""

import re
from datetime import date

import pytest
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from core.users.demo import PASSWORD
from plugins.elmis.ledger.models import StockBalance
from plugins.elmis.ledger.services import Move, post
from plugins.elmis.orders import services
from plugins.elmis.promises.services import Wanted, create
from plugins.elmis.requisitions.models import REPORT, Requisition
from plugins.elmis.requisitions.states import OPEN_TO_EDITS, WAITING_APPROVAL
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT
from tests.pages import follow, links, pieces
from tests.statements import statements

MOST = 12
# what is out or too much here beside what neighbours hold and may be sent: in brief, and the whole year of a few;
# what every subject would leave behind in a facility that closes; what every subject shows on its page;
# a document with its exchanges, its clock and who holds the ball, which are three of them; the place of every plugin.
# A piece of equipment shows what is due of it, which its plans, orders, calendar and what was left out say; and its meters
# and tests.
# What was out in a month that has just closed is read day by day too: one statement more, on some days of the year.
COMPARED = {
    "/elmis/dashboards/stock-outs": 17, "/elmis/dashboards/redistribute": 15, "/facilities/N/close": 26,
    "/facilities/N": 24, "/gmao/equipment/N": 29, "/gmao/alerts/N": 13,
    "/gmao/offers/N": 15, "/gmao/work/N": 15, "/elmis/orders/N": 15,
    "/gmao/breaches/N": 18, "/gmao/tests/N": 13, "/do/gmao.equipment.skip/N": 13, "/gmao/campaigns/N": 17, "/gmao/disposals/N": 15,
    "/elmis/requisitions/N": 15, "/elmis/receipts/N": 13, "/elmis/stock/products/N": 13, "/": 13,
}  # fmt: skip
FRAME = "/password"  # a page of the frame alone: the person, rights, place, what waits, the menu
PEOPLE = ["magasinier", "district", "depot", "camebu", "admin"]


def asked(client, address):
    """Return (answer, number of statements)."""
    with statements() as sent:
        answer = client.get(address)
    return answer, len(sent)


def entered(app, login, password=PASSWORD):
    """Return a browser of a person, and how many statements the frame asks of this person."""
    client = app.test_client()
    people.sign_in(client, login, password)
    client.get("/")
    return client, asked(client, FRAME)[1]


def of_its_own(client, frame, address):
    """Return (answer, number of statements beside those of the frame)."""
    answer, number = asked(client, address)
    return answer, number - frame


def most_of(address):
    """Return how many statements a page may ask."""
    return COMPARED.get(re.sub(r"\d+", "N", address.partition("?")[0]), MOST)


def walk(app, client, frame):
    """Yield (address, statements) of a page of each endpoint, two where each row has one, by links from /."""
    ways = app.url_map.bind("localhost")

    def match(address):
        try:
            return ways.match(address.split("?")[0], method="GET")
        except HTTPException:
            return None, {}

    def kind(address):
        endpoint, values = match(address)
        return (endpoint, *(value for name, value in values.items() if name not in ("id", "number")), "?" in address)

    def most(address):
        endpoint, values = match(address)
        return 0 if endpoint is None else 2 if address.endswith(tuple(map(str, values.values()))) else 1

    def look(address):
        answer, number = of_its_own(client, frame, address)
        shown = answer.status_code == 200 and answer.mimetype == "text/html"
        return number if shown else None, [*links(answer.text), *pieces(answer.text)] if shown else []

    for address, number, _at in follow(look, kind=kind, most=most):
        if number is not None:
            yield address, number


@pytest.mark.slow
def test_lists_and_cards_ask_few_statements_with_their_frame(demonstration):
    client, frame = entered(demonstration, "magasinier")
    assert frame <= 8  # lots at risk wait for the store; of hr, one's own licences and the end of one's leave
    assert of_its_own(client, frame, "/elmis/catalogue/")[1] <= 4
    assert of_its_own(client, frame, "/elmis/stock/")[1] <= 9
    card = re.search(r"/elmis/stock/products/\d+", client.get("/elmis/stock/").text)
    assert of_its_own(client, frame, card[0])[1] <= 12
    article = re.search(r"/elmis/catalogue/products/\d+", client.get("/elmis/catalogue/").text)
    assert of_its_own(client, frame, article[0])[1] <= 9


@pytest.mark.slow
@pytest.mark.parametrize("login", PEOPLE)
def test_no_page_asks_more_than_a_dozen_statements(demonstration, login):
    pages = dict(walk(demonstration, *entered(demonstration, login)))
    assert len(pages) > 40
    long = [f"{number} statements: {address}" for address, number in pages.items() if number > most_of(address)]
    assert not long, "\n".join(sorted(long, reverse=True))


@pytest.mark.slow
def test_the_journal_and_its_acts_ask_no_more_than_a_dozen(demonstration):
    """It names whatever was acted upon, with one statement, however many kinds of things and lines it shows."""
    readers = []
    for login in ("admin", "auditeur", "province", "district", "camebu", "depot", "hopital", "magasinier"):
        client, frame = entered(demonstration, login)
        answer, number = of_its_own(client, frame, "/journal")
        if answer.status_code == 200:
            readers.append(login)
            acts = re.findall(r'href="(/journal/[^"]+/\d+)"', answer.text)
            pages = {address: of_its_own(client, frame, address)[1] for address in acts[-8:]}
            assert pages and max(number, *pages.values()) <= MOST, (login, number, pages)
    assert {"admin", "auditeur"} <= set(readers)


@pytest.mark.slow
@pytest.mark.parametrize("address", ["/facilities/", "/elmis/catalogue/", "/elmis/catalogue/lots"])
def test_a_long_list_asks_no_more_than_a_short_one(demonstration, address):
    client, frame = entered(demonstration, "admin")
    short, long = (of_its_own(client, frame, f"{address}?size={size}") for size in (25, 200))
    assert long[0].text.count("<tr") > short[0].text.count("<tr")
    assert long[1] == short[1]


@pytest.fixture
def documents(world):
    """Return the addresses of documents of 2 and of 30 lines: of a store, of a depot, and deliveries."""
    ids = flow.stocked(world)
    pairs = [(make_papers(world, ids, count)) for count in (2, 30)]
    return list(zip(*pairs, strict=True))


def make_papers(world, ids, count):
    with unit_of_work(Access.system("test")):
        lots = [make.lot(make.product(f"P-{count}-{n}"), expiry=date(2031, 1, 31)) for n in range(count)]
        for lot in lots:
            make.receive(world[DEPOT], lot, 500, today())
        source, target = (make.store(world[DEPOT], kind) for kind in ("supplier", "store"))
        post([Move(lot.id, 9, source.id, target.id, "receipt", today(), "", f"BR-{count}") for lot in lots])
        wanted = [Wanted(lot.product_id, 100, 100, 1, 10) for lot in lots]
        order = create(world[DEPOT], world[CENTRE], wanted, "BIF").id
        prepared = create(world[DEPOT], world[CENTRE], wanted, "BIF").id
    flow.by(world, "depot", lambda: services.allocate(flow.of(prepared)))
    sent = flow.shipped(world, order)
    return [
        f"/elmis/store/documents/BR-{count}", f"/elmis/orders/{order}", f"/elmis/orders/{prepared}",
        f"/elmis/orders/{prepared}/allocate", f"/elmis/shipments/{sent}", f"/elmis/receipts/{flow.expected(sent)}",
    ]  # fmt: skip


def test_thirty_lines_ask_no_more_than_two(app, documents):
    client, frame = entered(app, "depot", people.PASSWORD)
    for short, long in documents:
        few, many = (of_its_own(client, frame, address) for address in (short, long))
        assert few[0].status_code == many[0].status_code == 200
        assert many[1] == few[1] <= most_of(long), long


@pytest.mark.slow
def test_orders_whose_stock_has_moved_since_ask_no_more_than_a_dozen(demonstration):
    """A paper that was entered after an order was computed makes its page compute the articles that moved anew."""
    with unit_of_work(Access.system("test")):
        rows = db.session.scalars(select(Requisition).where(Requisition.state.in_((*OPEN_TO_EDITS, *WAITING_APPROVAL))))
        orders = {
            row.id: (row.facility, [line.product_id for line in row.lines if line.suggested])
            for row in rows if row.kind != REPORT
        }  # fmt: skip
        for place, products in orders.values():
            wanted = StockBalance.facility_id == place.id, StockBalance.product_id.in_(products)
            most = db.session.query(StockBalance).where(*wanted).order_by(StockBalance.quantity.desc())
            held = next(one for one in most if one.location.kind == "store" and one.lot.status == "active")
            make.dispense(place, held.lot, held.quantity // 2, today())
    seen = {}
    for login in PEOPLE:
        client, frame = entered(demonstration, login)
        for key in orders:
            answer, number = of_its_own(client, frame, f"/elmis/requisitions/{key}")
            if "aujourd’hui" in answer.text and "Le stock a changé" in answer.text:
                seen[login, key] = number
    assert {login for login, _key in seen} >= {"magasinier", "district", "camebu"}
    assert max(seen.values()) <= most_of("/elmis/requisitions/1"), seen
