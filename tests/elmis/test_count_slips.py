"""What a count is asked before it is believed: a lot that is found once more, a barcode, a digit too many."""

import re
from datetime import date, timedelta

import pytest
import time_machine

from core.data.access import Access
from core.data.db import db, utcnow
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.counts.models import Count
from tests.elmis import make
from tests.elmis.test_counts import Shop
from tests.pages import answers

pytestmark = pytest.mark.both_databases
BARCODE = "612345678905"
FOUND = {"product": "AMOX", "lot": "a", "expiry": "", "extra": "5"}


@pytest.fixture
def shop(app, world, client):
    return Shop(world, client)


def yes(page):
    """Return the boxes that say yes to all that a page asks."""
    assert page.status_code == 422, page.status_code
    return {"_confirm": re.findall(r'name="_confirm" value="(\w+)"', page.text)}


def counted(shop, id):
    db.session.rollback()
    return {line.lot.number: line.counted for line in shop.lines(id)}


@pytest.mark.parametrize(("said", "units"), [("add", 100), ("replace", 5)])
def test_a_lot_that_is_found_once_more_replaces_nothing_in_silence(shop, said, units):
    """95 on the shelf, 5 more in a cupboard: 100, and never 5 without a word."""
    with time_machine.travel(utcnow() - timedelta(hours=1)):
        id = shop.start()
        shop.send(id, "keep", counted_A="95")
    shop.issue("A", 20)
    asked = shop.send(id, "add", **FOUND)
    assert asked.status_code == 422 and counted(shop, id) == {"A": 95}
    assert "déjà sur la feuille avec 95" in asked.text
    assert shop.send(id, "add", asked, **FOUND, **answers(asked.text, said)).status_code == 302
    assert counted(shop, id) == {"A": units}
    assert shop.differences(id) == {"A": {"add": 0, "replace": -75}[said]}  # the 95 had their moment before the issue


def test_a_lot_that_is_named_again_without_a_figure_keeps_its_count(shop):
    id = shop.start()
    shop.send(id, "keep", counted_A="95")
    assert shop.send(id, "add", **FOUND | {"extra": ""}).status_code == 302
    assert counted(shop, id) == {"A": 95}


def test_a_barcode_is_no_count_without_a_yes_at_the_sheet_and_at_the_review(shop):
    id = shop.start()
    asked = shop.send(id, "review", counted_A=BARCODE, comment_A="x")
    assert "très grande quantité" in asked.text and counted(shop, id) == {"A": None}
    assert asked.text.index('name="lines-0-counted"') < asked.text.index('type="checkbox" id="yes-')  # at its line
    assert shop.send(id, "review", asked, counted_A=BARCODE, **yes(asked)).status_code == 302
    asked = shop.send(id, "post")
    assert "très grande quantité" in asked.text and shop.book() == 100
    assert shop.send(id, "post", asked, **yes(asked)).status_code == 302
    assert shop.book() == int(BARCODE)


@pytest.mark.parametrize(("found", "unusual"), [("1000", True), ("20", True), ("499", False), ("21", False)])
def test_a_gap_many_times_the_book_is_asked_at_the_review(shop, found, unusual):
    id = shop.start()
    shop.send(id, "review", counted_A=found, comment_A="x")
    asked = shop.send(id, "post")
    assert (asked.status_code, shop.book()) == ((422, 100) if unusual else (302, int(found)))
    if unusual:
        assert shop.send(id, "post", asked, **yes(asked)).status_code == 302
        assert shop.book() == int(found)


def test_a_barcode_of_a_lot_found_beside_the_sheet_is_asked_too(shop):
    id = shop.start()
    new = FOUND | {"lot": "SHELF", "expiry": "31/12/2028", "extra": BARCODE}
    asked = shop.send(id, "add", **new)
    assert "très grande quantité" in asked.text and counted(shop, id) == {"A": None}
    assert shop.send(id, "add", asked, **new, **yes(asked)).status_code == 302
    assert counted(shop, id) == {"A": None, "SHELF": int(BARCODE)}


def typed(moment):
    """Return what script tells of a figure that was typed at a moment."""
    return str(round(moment.timestamp() * 1000))


def issued_after_typing(shop, hours):
    """100 counted at the shelf, then 20 issued, then sent; return the count and what script has told."""
    with time_machine.travel(utcnow() - timedelta(hours=hours + 1)):
        id = shop.start()
    moment = typed(utcnow() - timedelta(hours=hours))
    with time_machine.travel(utcnow() - timedelta(hours=hours - 1)):
        shop.issue("A", 20)
    return id, moment


def test_a_figure_that_comes_back_from_a_draft_is_of_the_moment_when_it_was_typed(shop):
    id, moment = issued_after_typing(shop, 2)
    refused = shop.send(id, "keep", counted_A="100", typed_A=moment, day="32/13/2026", when="paper")
    assert refused.status_code == 422 and f'value="{moment}"' in refused.text  # however long that page stands open
    assert shop.send(id, "review", refused, day="", when="now").status_code == 302
    assert shop.differences(id) == {"A": 0}  # and not +20


@pytest.mark.parametrize(("said", "difference"), [("then", 0), ("now", 20)])
def test_a_draft_of_long_ago_is_asked_when_it_was_counted(shop, said, difference):
    id, moment = issued_after_typing(shop, 13)
    asked = shop.send(id, "keep", counted_A="100", typed_A=moment)
    assert asked.status_code == 422 and counted(shop, id) == {"A": None}
    assert shop.send(id, "keep", asked, **answers(asked.text, said)).status_code == 302
    assert shop.differences(id) == {"A": difference}


def test_a_clock_that_was_changed_tells_no_moment_before_the_sheet_or_after_now(shop):
    id = shop.start()
    opened = db.session.get(Count, id).created_at
    for units, moment in (("98", opened - timedelta(hours=3)), ("99", utcnow() + timedelta(hours=3))):
        assert shop.send(id, "keep", counted_A=units, typed_A=typed(moment)).status_code == 302
        db.session.rollback()
        assert opened <= shop.lines(id)[0].counted_at <= utcnow()


def other_expiry(shop, id, elsewhere):
    """Count 41 of a lot of May 2029, then name 50 of it with another expiry; return what is sent and the answer."""
    lot = db.session.get(Lot, shop.lots["A"])
    with unit_of_work(Access.system("test")):
        lot.expiry = date(2029, 5, 31)
        if elsewhere:
            make.receive(shop.world["P1A-CDS2"], lot, 7)
    shop.send(id, "keep", counted_A="41")
    new = FOUND | {"expiry": "31/05/2028", "extra": "50"}
    return new, shop.send(id, "add", **new)


def test_a_known_lot_with_another_expiry_is_asked_one_thing_that_happens(shop):
    """ "Kept apart?" and "added or replaced?" stood side by side; the second had no effect."""
    id = shop.start()
    new, asked = other_expiry(shop, id, elsewhere=True)
    assert "sont gardés à part" in asked.text and "déjà sur la feuille" not in asked.text
    assert shop.send(id, "add", asked, **new, **yes(asked)).status_code == 302
    assert counted(shop, id) == {"A": 41, "A (exp. 2028-05)": 50}


@pytest.mark.parametrize(("said", "units"), [("add", 91), ("replace", 50)])
def test_an_own_lot_is_corrected_first_and_then_asked_whether_it_adds(shop, said, units):
    id = shop.start()
    new, asked = other_expiry(shop, id, elsewhere=False)
    assert "avec la péremption 31/05/2029" in asked.text and "déjà sur la feuille" not in asked.text
    asked = shop.send(id, "add", asked, **new, **yes(asked))
    assert "déjà sur la feuille avec 41" in asked.text
    assert shop.send(id, "add", asked, **new, **answers(asked.text, said)).status_code == 302
    assert counted(shop, id) == {"A": units}
    assert db.session.get(Lot, shop.lots["A"]).expiry == date(2028, 5, 31)


def of_packs(shop, size):
    with unit_of_work(Access.system("test")):
        product = db.session.get(Product, shop.product)
        product.pack_size, product.pack_label = size, ""


def test_packs_and_the_units_beside_them_are_counted_in_units(shop):
    """4 boxes and 37 tablets lay there; whoever had typed 4 had counted 4 tablets."""
    of_packs(shop, 25)
    id = shop.start()
    sheet = shop.show(id)
    assert '<option value="pack">conditionnement de 25</option>' in sheet.text
    shop.send(id, "keep", sheet, counted_A="4", measure_A="pack", loose_A="7")
    assert counted(shop, id) == {"A": 107}
    shop.send(id, "keep", counted_A="", measure_A="pack", loose_A="7")
    assert counted(shop, id) == {"A": 7}
    shop.send(id, "keep", counted_A="3", measure_A="pack")
    assert counted(shop, id) == {"A": 75}
    shop.send(id, "keep", counted_A="", measure_A="pack")
    assert counted(shop, id) == {"A": None}
    new = FOUND | {"lot": "SHELF", "expiry": "31/12/2028", "extra": "2", "extra_measure": "pack", "extra_loose": "1"}
    assert shop.send(id, "add", **new).status_code == 302
    assert counted(shop, id) == {"A": None, "SHELF": 51}
    assert shop.send(id, "review", counted_A="4", measure_A="pack", loose_A="7").status_code == 302
    assert shop.differences(id) == {"A": 7, "SHELF": 51}


@pytest.mark.parametrize(("said", "units"), [("shown", 107), ("now", 47)])
def test_a_pack_that_changed_since_the_sheet_was_shown_is_asked(shop, said, units):
    of_packs(shop, 25)
    id = shop.start()
    sheet = shop.show(id)
    of_packs(shop, 10)
    typed = {"counted_A": "4", "measure_A": "pack", "loose_A": "7"}
    asked = shop.send(id, "keep", sheet, **typed)
    text = asked.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "4 × 25 + 7 = 107" in text and "4 × 10 + 7 = 47" in text and counted(shop, id) == {"A": None}
    assert shop.send(id, "keep", asked, **typed, **answers(asked.text, said)).status_code == 302
    assert counted(shop, id) == {"A": units}


def test_packs_of_one_and_units_of_another_meet_in_units(shop):
    of_packs(shop, 25)
    id = shop.start()
    older = shop.show(id)
    shop.send(id, "keep", counted_A="90")
    packs = {"counted_A": "4", "measure_A": "pack", "loose_A": "7"}
    clash = shop.send(id, "keep", older, **packs)
    assert clash.status_code == 409 and "107 comprimés" in clash.text and "90 comprimés" in clash.text
    theirs = re.findall(r'name="_theirs" value="([^"]+)"', clash.text)
    assert len(theirs) == 1
    assert shop.send(id, "keep", clash, **packs).status_code == 302
    assert counted(shop, id) == {"A": 107}
    assert shop.send(id, "keep", older, counted_A="107", _key="k2").status_code == 302  # no clash: the same in units
    packs = {"counted_A": "3", "measure_A": "pack"}
    clash = shop.send(id, "keep", older, **packs, _key="k3")
    assert shop.send(id, "keep", clash, **packs, _theirs=theirs).status_code == 302
    assert counted(shop, id) == {"A": 107}
