"""What is computed for one article, or for a page of the list, is what the whole facility's computation says of it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.ledger.models import STORE, StockLocation
from plugins.elmis.stock.products import ProductStock, counted, stock_by_product, stock_of
from tests import make as people
from tests.elmis.test_statements import PASSWORD

pytestmark = pytest.mark.slow
READ = ("quantity", "lots", "nearest", "days_out", "usable", "withheld", "givable", "cmm", "months", "limits", "code",
        "value", "suggestion", "name", "unit")  # fmt: skip
CELL = re.compile(r'<td class="n[^"]*" data-label="([^"]+)">([^<]*)')


def figures(row: ProductStock):
    return {name: getattr(row, name) for name in READ}


def district() -> list[Facility]:
    """Return the places with a store in the district of the demonstration's storekeeper."""
    stores = select(StockLocation.facility_id).where(StockLocation.kind == STORE)
    home = db.session.scalars(select(Facility).where(Facility.code == "CDS-KAYANZA-01")).one()
    above = select(Facility.path).where(Facility.id == home.parent_id).scalar_subquery()
    query = select(Facility).where(Facility.id.in_(stores), Facility.path.startswith(above)).order_by(Facility.code)
    return list(db.session.scalars(query))


@pytest.mark.parametrize("back", [0, 45])
def test_one_article_alone_has_the_figures_of_the_whole_facility(demonstration, back):
    with acting(Access.system("test")):
        products, places, seen = {row.id: row for row in db.session.scalars(select(Product))}, district(), set()
        assert len(places) > 5
        for place in places:
            for row in stock_by_product(place, today() - timedelta(days=back)):
                alone = stock_of(place, products[row.product.id], today() - timedelta(days=back))
                assert figures(alone) == figures(row), (place.code, row.product.code)
                seen.add(row.code)
        assert {"stock_out", "low", "adequate", "overstock"} <= seen


@pytest.fixture
def home(demonstration):
    client = demonstration.test_client()
    people.sign_in(client, "magasinier", PASSWORD)
    with acting(Access.system("test")):
        place = db.session.scalars(select(Facility).where(Facility.code == "CDS-KAYANZA-01")).one()
        return client, stock_by_product(place, today())


def shown(text):
    """Return {code: its figures as they stand on the page}, in the order of the page."""
    rows = re.findall(r'<small class="muted more">([A-Z0-9-]+)</small></th>(.*?)</tr>', text, re.S)
    return {code: [re.sub(r"\s", "", said) for _label, said in CELL.findall(cells)] for code, cells in rows}


def written(row):
    """Return the figures of a row as French writes them."""
    month = "–" if row.months is None else f"{row.months:.1f}".replace(".", ",")
    mean = "–" if row.cmm is None else f"{row.cmm.normalize():f}".replace(".", ",")
    return [f"{row.quantity}", mean, month]


@pytest.mark.parametrize(
    "asked", ["", "?sort=-quantity", "?f.status=low&f.status=stock_out", "?q=para", "?f.cmm.from=40"]
)
def test_a_page_of_the_list_says_what_was_computed(home, asked):
    client, whole = home
    text = client.get(f"/elmis/stock/{asked}&size=25" if asked else "/elmis/stock/?size=25").text
    rows, by_code = shown(text), {row.product.code: row for row in whole}
    assert 0 < len(rows) <= 25 and (len(rows) == 25 or asked)
    assert {code: figures[:3] for code, figures in rows.items()} == {code: written(by_code[code]) for code in rows}
    if "sort" in asked:
        assert [by_code[code].quantity for code in rows] == sorted((row.quantity for row in whole), reverse=True)[:25]
    if "status" in asked:
        assert {by_code[code].code for code in rows} == {"low", "stock_out"}
    if "cmm" in asked:
        assert {row.product.code for row in whole if row.cmm is not None and row.cmm >= 40} >= rows.keys()


def test_the_heads_of_filters_count_the_whole_facility(home):
    client, whole = home
    text = client.get("/elmis/stock/?size=25").text
    found = dict(re.findall(r'f\.status=(\w+)"[^>]*>[^<]*<span class="count">(\d+)<', text))
    assert found == {code: str(number) for code, number in counted(whole).items() if number}
    assert set(found) <= set(STATUSES) and len(found) > 3
    assert f'<span class="count">{len(whole)}<' in text
