"""Packs of one number kept apart under another expiry are one lot to whoever recalls, holds or gives it out."""

from datetime import date

import pytest
from sqlalchemy import select

from core.data.db import db
from core.data.errors import Doubt, Refused
from core.data.work import unit_of_work
from plugins.elmis.catalogue.recalls import Recall
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.lots.models import LotProposal
from plugins.elmis.lots.proposals import decide
from plugins.elmis.recalls import reports, services
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import record
from tests import make as people
from tests.elmis import make
from tests.elmis.test_receiving_lots import OTHER, PLACE, TODAY, lot, product, receive, shop, two_lots  # noqa: F401

pytestmark = pytest.mark.both_databases
APART = "A (exp. 2028-05)"
OUTCOMES = {None: APART, "accepted": "A (2)", "refused": "A (2)", "both": APART}  # how the packs are called then


def decided(world, outcome):
    """Two lots of the number A: 10 at one place, 10 kept apart at another; return the twin's name."""
    key = two_lots(world)
    if outcome:
        with unit_of_work(world.access("pharmacist")):
            decide(db.session.get(LotProposal, key), outcome, "photo")
    return OUTCOMES[outcome]


def give(world, number, units, confirmed=(), login="neighbour", place=OTHER):
    with unit_of_work(world.access(login), confirmed=confirmed):
        return record(KINDS["dispense"], world[place], Header(TODAY, "dispensed"), [Line(product(), units, number)])


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("by", ["A", "twin"])
def test_a_recall_reaches_every_pack_of_the_number(shop, outcome, by):  # noqa: F811
    twin = decided(shop, outcome)
    with unit_of_work(shop.access("pharmacist")):
        services.decide(lot("A" if by == "A" else twin), "recall", "particules")
    assert (lot("A").status, lot(twin).status) == ("recalled", "recalled")
    recall = db.session.scalars(select(Recall)).one()
    found = {one.name: one.shelves for one in reports.places(recall, shop.access("pharmacist"))}
    assert found == {PLACE: 10, OTHER: 10}
    assert reports.waiting(shop.access("neighbour")) == [(recall.id, shop.ids[OTHER], False)]
    with pytest.raises(Refused):
        give(shop, "", 5)
    with unit_of_work(shop.access("neighbour")):
        services.quarantine(services.site_of(recall.id, shop[OTHER]))
    assert make.on_hand(shop[OTHER], lot(twin)) == 0 and reports.waiting(shop.access("neighbour"))[0][2]
    with unit_of_work(shop.access("pharmacist")):
        services.decide(lot(twin), "release", "analyse bonne")
    assert (lot("A").status, lot(twin).status, recall.state) == ("active", "active", "lifted")
    with unit_of_work(shop.access("neighbour")):
        services.release(services.site_of(recall.id, shop[OTHER]))
    assert make.on_hand(shop[OTHER], lot(twin)) == 10 and verify_ledger() == []


def test_a_proposed_recall_is_asked_about_of_every_pack_of_the_number(shop):  # noqa: F811
    twin = decided(shop, None)
    with unit_of_work(shop.access("keeper")):
        services.propose(lot("A"), shop[PLACE], "particules")
    with pytest.raises(Doubt) as found:
        give(shop, twin, 5)
    assert [one.code for one in found.value.questions] == ["recall_proposed"]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_packs_are_given_out_under_the_number_that_stands_on_them(shop, outcome):  # noqa: F811
    twin = decided(shop, outcome)
    give(shop, "A", 4)
    assert make.on_hand(shop[OTHER], lot(twin)) == 6


def test_packs_of_one_number_and_one_expiry_are_one_lot_to_who_gives_them_out(shop, client):  # noqa: F811
    twin = decided(shop, "refused")
    receive(shop, (10, "A", date(2029, 5, 31)), login="neighbour", place=OTHER)
    give(shop, "A", 15)
    assert (make.on_hand(shop[OTHER], lot("A")), make.on_hand(shop[OTHER], lot(twin))) == (0, 5)
    receive(shop, (1, "A", date(2029, 5, 31)), login="keeper")  # and their name does not stand in the way of a next one
    with pytest.raises(Doubt):
        receive(shop, (3, "A", date(2028, 5, 31)), login="neighbour", place=OTHER)
    people.sign_in(client, "pharmacist")
    page = client.get(f"/elmis/catalogue/lots/{lot('A').id}").text
    assert OTHER in page and PLACE in page and "lot A (2)" in page


def test_two_expiries_of_a_number_in_one_store_are_asked_about(shop):  # noqa: F811
    twin = decided(shop, "both")
    receive(shop, (10, "A", date(2029, 5, 31)), login="neighbour", place=OTHER)
    with pytest.raises(Doubt) as found:
        give(shop, "A", 4)
    (question,) = found.value.questions
    assert [code for code, _words in question.choices] == [str(lot(twin).id), str(lot("A").id)]
    give(shop, "A", 4, confirmed=[f"{question.token}:{lot(twin).id}"])
    assert (make.on_hand(shop[OTHER], lot("A")), make.on_hand(shop[OTHER], lot(twin))) == (10, 6)
    give(shop, twin, 6)  # named, it is not asked about


def test_a_recalled_lot_in_quarantine_is_refused_by_what_it_is(shop):  # noqa: F811
    receive(shop, (10, "A", date(2029, 5, 31)))
    with unit_of_work(shop.access("pharmacist")):
        services.decide(lot("A"), "recall", "particules")
    with unit_of_work(shop.access("keeper")):
        services.quarantine(services.site_of(db.session.scalars(select(Recall.id)).one(), shop[PLACE]))
    with pytest.raises(Refused, match=r"(?i)lot A.*(recalled|rappelé).*quarant"):
        give(shop, "A", 1, login="keeper", place=PLACE)
