"""A file cannot answer a question: what a page asks about is refused at its line, and the page of it opens."""

from datetime import timedelta

import pytest

from core.data.access import acting
from core.data.db import today
from core.data.errors import Refused
from core.imports import services as imports
from tests import make as people
from tests.elmis import flow

HEADS = "id,facility,product,lot,expiry,quantity,reason,date,document"
DAY = today() - timedelta(days=3)
LINES = {
    "quantity": f"1,{flow.CENTRE},AMOX,N1,2031-12-31,612345678905,receipt,{DAY},",
    "expiry": f"1,{flow.CENTRE},AMOX,N1,1926-12-31,10,receipt,{DAY},",
    "product": f"1,{flow.CENTRE},NOBODY,N1,2031-12-31,10,receipt,{DAY},",
}


@pytest.fixture
def ids(world):
    return flow.stocked(world)


@pytest.mark.parametrize("field", LINES)
def test_what_is_refused_is_named_and_its_page_opens(world, ids, client, tmp_path, field):
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADS}\n{LINES[field]}")
    with acting(world.access("keeper")), pytest.raises(Refused):
        imports.take("elmis.movement", path, world.ids[flow.CENTRE])
    people.sign_in(client, "keeper")
    page = client.get("/imports/1")
    assert page.status_code == 200 and "Nouveau" not in page.text.partition("<main")[2].partition('id="refused"')[2]


def test_the_note_of_a_delivery_is_known_however_it_is_written(world, ids, tmp_path):
    from core.data.db import db
    from plugins.elmis.promises.models import Shipment

    shipment = flow.shipped(world, flow.order(world, ids["product"], 1000))
    note = db.session.get(Shipment, shipment).number
    path = tmp_path / "list.csv"
    path.write_text(f"{HEADS}\n1,{flow.CENTRE},AMOX,SOON,,10,delivery,{today()},{note.lower()}")
    with acting(world.access("keeper")), pytest.raises(Refused):
        imports.take("elmis.movement", path, world.ids[flow.CENTRE])
