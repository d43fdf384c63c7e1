"""What the page of a receipt refuses or asks of goods that come in, a list of receipts is refused or asked as well."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.data.access import Access
from core.data.db import db, today
from core.data.errors import Doubt, Refused
from core.data.work import unit_of_work
from core.imports import services
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Movement
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import record
from tests import make as people
from tests.elmis import make

pytestmark = pytest.mark.both_databases
PLACE, LIST = "P1A-CDS1", "elmis.movement"
HEAD = "facility,product,lot,expiry,quantity,reason,date"
DAY = today() - timedelta(days=3)
GOOD = today() + timedelta(days=600)
SEEN = {
    "years_ago": ("N1", DAY - timedelta(days=366 * 5 + 9)), "expired": ("N1", DAY - timedelta(days=1)),
    "far_expiry": ("N1", DAY + timedelta(days=366 * 10)), "no_expiry": ("N1", None), "blocked_lot": ("HELD", GOOD),
    "usual": ("N1", DAY),
}  # fmt: skip


@pytest.fixture
def shop(app, world):
    make.reference()
    with unit_of_work(Access.system("test")):
        of = make.product("P-1")
        make.product("OLD", active=False)
        make.lot(of, "HELD", GOOD).status = "held"
        world.users["keeper"] = people.user("keeper", world[PLACE], "storekeeper").id
    return world


def outcome(operation):
    """Return (codes, fields) of what an entry asks, or what it was refused for; nothing of it is written."""
    try:
        operation()
    except Doubt as doubt:
        found = {one.code for one in doubt.questions}, {one.field for one in doubt.questions}
    except Refused as refused:
        found = {"refused"}, {refused.field}
    else:
        found = set(), set()
    db.session.rollback()
    return found


@pytest.fixture
def listed(tmp_path):
    """Return a function that imports a receipt, or gives what a look at it refuses."""

    def run(*lines, yes=False):
        (path := tmp_path / "list.csv").write_text("\n".join([HEAD, *lines]), "utf-8")
        refused = services.dry_run(LIST, path, services.propose).refusals
        if refused:
            raise Refused(refused[0].reason, field=refused[0].field)
        return services.take(LIST, path, answers=(lambda _question: "yes") if yes else services.nobody).counts

    return run


def line(lot, expiry, product="P-1", reason="receipt", day=DAY):
    return f"{PLACE},{product},{lot},{expiry or ''},8,{reason},{day}"


@pytest.mark.parametrize("code", SEEN)
def test_a_list_is_held_to_what_the_page_asks(shop, listed, code):
    lot, expiry = SEEN[code]

    def by_hand():
        with unit_of_work(shop.access("keeper")):
            of = db.session.query(Product).filter_by(code="P-1").one()
            record(KINDS["receive"], shop[PLACE], Header(DAY, "receipt"), [Line(of, 7, lot, expiry)])

    expected = {"years_ago": {"refused"}, "usual": set()}.get(code, {code})
    typed, given = outcome(by_hand), outcome(lambda: listed(line(lot, expiry)))
    assert typed == given and given[0] == expected


def test_lines_are_named_and_those_that_are_here_already_are_not_asked_again(shop, listed):
    path = [line("N1", DAY - timedelta(days=9)), line("N2", GOOD), line("N3", DAY - timedelta(days=8))]
    with pytest.raises(Doubt) as doubt:
        listed(*path)
    db.session.rollback()
    words = str(doubt.value.questions[0].words)
    assert "ligne 2" in words and "ligne 4" in words and "ligne 3" not in words and "N1" in words, words
    assert listed(*path, yes=True)["new"] == 3 and listed(*path)["same"] == 3
    assert db.session.scalar(select(func.count()).select_from(Movement)) == 3


def test_a_product_out_of_use_is_asked_about_as_a_history_may_have_it(shop, listed):
    assert outcome(lambda: listed(line("N1", GOOD, "OLD")))[0] == {"retired"}


def test_what_does_not_come_from_elsewhere_is_not_asked_for_its_expiry(shop, listed):
    assert outcome(lambda: listed(line("N1", DAY - timedelta(days=9), reason="count"))) == (set(), set())
    assert db.session.query(Lot).filter_by(number="N1").count() == 1
