"""A scan in a form: product, lot, expiry and quantity, or words that say why not."""

from datetime import date

import pytest

from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Pack
from tests import make as people
from tests.elmis import make

GTIN = "09528380000201"
FNC1 = "\x1d"


@pytest.fixture
def scan(client, world):
    """Return a function that sends a text as the page does, for a storekeeper who is signed in."""
    make.reference()
    with unit_of_work(Access.system("test")):
        product = make.product("P-1", name_fr="Zinc <20> mg")
        db.session.add(Pack(product=product, size=100, gtin=GTIN))
        make.lot(product, "Ab12", date(2028, 3, 31))
        make.product("OLD", active=False)
        people.user("keeper", world["P1A-CDS1"], "storekeeper")
    people.sign_in(client, "keeper")

    def send(text):
        answer = client.post("/elmis/store/scan", data={"text": text, "lines-0-quantity": "5"})
        assert answer.status_code == 200, answer.text[:500]
        return answer.get_json()

    return send


@pytest.mark.parametrize(
    "text, lot, expiry, quantity",
    [
        (f"]d201{GTIN}1728033110AB12", "Ab12", "2028-03-31", 100),
        (f"(01){GTIN}(17)280300(10)NEW1(30)3", "NEW1", "2028-03-31", 300),
        (f"]C101{GTIN}10ab12{FNC1}21777", "Ab12", "2028-03-31", 100),
        (GTIN[1:], "", "", 100),
        ("p-1", "", "", 1),
    ],
)
def test_a_scan_fills_a_line(scan, text, lot, expiry, quantity):
    found = scan(text)
    assert found == {
        "product": {"value": "P-1", "label": "P-1 · Zinc <20> mg"}, "lot": lot, "expiry": expiry, "quantity": quantity
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "P-99",
        "OLD",
        "9528380000202",
        f"(01){GTIN[:-1]}2",
        "09529190000108",
        "x" * 4000,
        "<script>",
        "\x00",
        "]d201054198369006 0930",
    ],
)
def test_what_cannot_be_used_is_said_in_words(scan, text):
    found = scan(text)
    assert list(found) == ["error"] and len(found["error"]) > 10


def test_a_doubtful_lot_is_left_to_be_typed_until_the_store_knows_it(scan):
    """`…10LOT42A17280630` gave a lot LOT42A17280630 without an expiry and without a word."""
    found = scan(f"01{GTIN}10LOT42A17280630")
    assert (found["lot"], found["expiry"], found["quantity"]) == ("", "", 100)
    assert "LOT42A17280630" in found["doubt"]
    uncounted = scan(f"(02){GTIN}(10)Z9")
    assert (uncounted["lot"], uncounted["quantity"]) == ("Z9", "") and uncounted["doubt"]
    with unit_of_work(Access.system("test")):
        lot = make.lot(db.session.query(Pack).one().product, "LOT42A17280630")
        lot.expiry = None
    assert scan(f"01{GTIN}10LOT42A17280630")["lot"] == "", "who typed it before may have misread it too"
    with unit_of_work(Access.system("test")):
        lot.expiry = date(2027, 1, 31)
    found = scan(f"01{GTIN}10LOT42A17280630")
    assert (found["lot"], found["expiry"]) == ("LOT42A17280630", "2027-01-31") and "doubt" not in found


def test_a_scan_never_writes(scan):
    scan(f"(01){GTIN}(17)300101(10)NEW9")
    assert [lot.number for lot in db.session.query(Lot)] == ["Ab12"]


def test_nobody_scans_without_signing_in(client, world):
    assert client.post("/elmis/store/scan", data={"text": GTIN}).status_code in (302, 401)
