"""The sheet of a count as it is worked with: codes find their lines, and what is missing is said where it is."""

from datetime import date

import pytest

from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Pack, Product
from plugins.elmis.counts.models import Count
from tests.elmis import make
from tests.elmis.test_counts import Shop

GTIN, OTHER = "09528380000201", "09526760000407"
GOOD = date(2029, 3, 31)


@pytest.fixture
def shop(app, world, client):
    made = Shop(world, client)
    with unit_of_work(Access.system("test")):
        db.session.add(Pack(product=db.session.get(Product, made.product), size=100, gtin=GTIN))
        zinc = make.product("ZINC")
        db.session.add(Pack(product=zinc, size=10, gtin=OTHER))
        for number in ("Z1", "Z2"):
            make.receive(world["P1A-CDS1"], make.lot(zinc, number, GOOD), 5)
    return made


@pytest.mark.parametrize(
    ("text", "lots", "lot", "expiry", "doubtful"),
    [
        (f"01{OTHER}1729033110z1", ["Z1"], "Z1", "2029-03-31", False),
        (f"01{OTHER}1729033110Z9", [], "Z9", "2029-03-31", False),
        (f"01{OTHER}1728033110Z1", [], "Z1", "2028-03-31", False),  # another expiry than its line has
        (GTIN, ["A"], "", "", True),
        (OTHER, ["Z1", "Z2"], "", "", True),
        (f"01{OTHER}10LOT42A17280630", ["Z1", "Z2"], "", "", True),
        ("zinc", ["Z1", "Z2"], "", "", True),
    ],
)
def test_a_code_is_answered_by_the_line_of_its_lot_or_what_it_says_of_a_new_one(
    shop, text, lots, lot, expiry, doubtful
):
    id = shop.start()
    answer = shop.client.post(f"/elmis/counts/{id}/scan", data={"text": text, "lines-0-counted": "5"}).get_json()
    names = {line.id: line.lot.number for line in shop.lines(id)}
    assert [names[line] for line in answer["lines"]] == lots
    assert (answer["lot"], answer["expiry"], bool(answer["doubt"])) == (lot, expiry, doubtful)
    assert all(line.counted is None for line in shop.lines(id))  # a scan never writes


@pytest.mark.parametrize(
    ("lot", "says"),
    [
        (f"01{OTHER}1729033110Z9", "Son numéro de lot est Z9"),
        ("1729033110Z9", "ressemble à un code"),
        (OTHER, "ressemble à un code"),
    ],
)
def test_a_code_is_no_lot_of_the_sheet_without_a_word(shop, lot, says):
    id = shop.start()
    refused = shop.send(id, "add", product="ZINC", lot=lot, extra="50", expiry="31/03/2029")
    assert refused.status_code == 422 and says in refused.text
    assert len(shop.lines(id)) == 3


def test_what_is_missing_is_said_at_its_line_and_no_place_of_the_address_outlives_it(shop):
    """The browser stayed at #line-11: the reason stood at the top, and the next answers opened amid the page."""
    id = shop.start()
    back = shop.send(id, "review", counted_A="100").headers["Location"]
    missing = shop.lines(id)[1]
    page = shop.client.get(back).text
    above, row = page[: page.index(f'id="line-{missing.id}"')], page[page.index(f'id="line-{missing.id}"') :]
    assert "2 lignes ne sont pas encore comptées" in above.split("</tr>")[-2], "in the row just above"
    assert "#" not in back and "data-focus" in row.split("</tr>")[0]
    assert page.count("data-focus") == 1
    assert f'<form method="post" class="form wide" novalidate action="{back}"' in page
    shop.send(id, "review", counted_Z1="5", counted_Z2="5")
    assert "data-focus" not in shop.client.get(f"/elmis/counts/{id}").text


def test_a_missing_reason_is_told_by_its_article_and_lot(shop):
    """ "Ligne 7" of a page that showed two lines, without numbers."""
    id = shop.start()
    shop.send(id, "review", counted_A="100", counted_Z1="5", counted_Z2="3")
    refused = shop.send(id, "post").text
    summary = refused[refused.index("error-summary") :].split("</div>")[0]
    assert "Produit ZINC Z2\u202f: Dites pourquoi" in summary and "Ligne" not in summary
    assert "−2" in refused and "-2<" not in refused


def posted(shop, id):
    db.session.rollback()
    return {line.lot.number: (line.counted, line.posted) for line in shop.lines(id)}


def test_chosen_products_alone_are_counted(shop):
    """One had to fill the sheet of the whole store to count ten articles."""
    asked = {"what": "chosen", "products-0-product": "ZINC", "_key": "k"}
    assert shop.client.post("/elmis/counts/", data=asked | {"products-0-product": ""}).status_code == 422
    id = int(shop.client.post("/elmis/counts/", data=asked).headers["Location"].rsplit("/", 1)[1])
    with unit_of_work(Access.system("test")):
        shop.receive("B", 50)
        zinc = shop.lines(id)[0].product
        make.receive(shop.world["P1A-CDS1"], make.lot(zinc, "Z3", GOOD), 7)
    assert shop.client.post("/elmis/counts/", data=asked | {"_key": "l"}).status_code == 422  # its lots are taken
    other = asked | {"products-0-product": "AMOX", "_key": "m"}
    assert shop.client.post("/elmis/counts/", data=other).status_code == 302
    shop.send(id, "review", counted_Z1="5", counted_Z2="4", comment_Z2="casse")
    shop.send(id, "review", counted_Z3="7")  # it came meanwhile, and is of a chosen product
    assert shop.send(id, "post").status_code == 302
    assert posted(shop, id) == {"Z1": (5, 0), "Z2": (4, -1), "Z3": (7, 0)} and shop.state(id) == "posted"


def test_lines_that_nobody_counted_are_left_aside_and_never_taken_for_zero(shop):
    id = shop.start()
    assert shop.send(id, "aside").status_code == 422  # nothing is counted
    offered = shop.client.get(shop.send(id, "review", counted_Z1="4").headers["Location"])
    box = offered.text.partition('class="count-left"')[2].partition("</tr>")[
        0
    ]  # in a row of its own, not in an article's
    assert 'value="aside"' in box and "Vérifier la seule ligne comptée" in box
    assert "Le stock des 2 autres ne change pas." in box
    page = shop.client.get(shop.send(id, "aside", offered).headers["Location"])
    assert shop.state(id) == "review" and "2 lignes n’ont pas été comptées" in page.text
    assert "1 ligne présente un écart" in page.text
    assert shop.send(id, "post", page, comment_Z1="casse").status_code == 302
    assert posted(shop, id) == {"A": (None, None), "Z1": (4, -1), "Z2": (None, None)}
    assert db.session.get(Count, id).what == "chosen"  # what was not looked for is not said to be missing
    assert shop.book("A") == 100 and "2 lignes n’ont pas été comptées" in shop.show(id).text
