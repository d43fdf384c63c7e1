"""Parts of work orders: asked of the store, handed out by its stock, and the work that waited goes on."""

import pytest
from sqlalchemy import select

from core.contract.plugins import service
from core.contract.ports import Stock
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import Conflict, NotAllowed, Refused
from core.data.work import unit_of_work
from core.jobs import services as jobs
from core.notices import services as notices
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.requisitions.models import Requisition
from plugins.gmao.parts import services
from plugins.gmao.parts.models import Part
from plugins.gmao.parts.states import MACHINE
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import WorkOrder
from tests import make as people
from tests.elmis import make as shop
from tests.gmao.make import piece, row

pytestmark = [pytest.mark.both_databases, pytest.mark.whole]
HERE = "P1A-CDS1"
SYSTEM = Access.system("test")


@pytest.fixture
def order(country):
    """Return the id of an order of a piece that stands still; a storekeeper has 5 fuses of code FUSE."""
    shop.reference()
    with unit_of_work(country.access("admin")):
        country.users["keeper"] = people.user("keeper", country[HERE], "storekeeper").id
        lot = shop.lot(shop.product("FUSE"), "L1")
        shop.receive(country[HERE], lot, 5)
    id = piece(country, status="not_functional", because="to_examine")
    with unit_of_work(country.access("head")):
        return work.plan_for(row(id), kind="corrective", problem="fusible").id


def order_of(id):
    return db.session.get_one(WorkOrder, id)


def asked(world, order, **facts):
    with unit_of_work(world.access("tech")):
        return services.ask(order_of(order), **{"label": "Fusible 5 A", "quantity": 2, **facts}).id


def issue(world, part, login="keeper", **facts):
    with unit_of_work(world.access(login)):
        services.issue(db.session.get_one(Part, part), **facts)


def come(world, quantity):
    """Receive so many fuses; return how many parts have come by that."""
    with unit_of_work(world.access("admin")):
        shop.receive(world[HERE], db.session.scalar(select(Lot)), quantity)
    with unit_of_work(Access.system("job")):
        return services.arrived()


def left(world):
    with unit_of_work(world.access("admin")):
        return service(Stock).available(world[HERE], "FUSE").quantity


def test_an_order_waits_for_its_part_and_goes_on_when_the_store_gives_it(country, order):
    part = asked(country, order, code="FUSE")
    found = order_of(order)
    assert (found.state, found.held_for, row(found.equipment_id).because) == ("on_hold", "needs_part", "needs_part")
    second = asked(country, order, code="FUSE", quantity=1)
    issue(country, part)
    assert order_of(order).state == "on_hold", "another part is not there yet"
    issue(country, second)
    found = order_of(order)
    assert (found.state, found.assignee_id) == ("in_progress", country.users["tech"])
    assert row(found.equipment_id).because == "in_repair" and left(country) == 2
    assert db.session.get_one(Part, part).movements


def test_more_than_there_is_or_an_unknown_code_hands_nothing_out(country, order):
    part = asked(country, order)
    for facts in ({}, {"code": "NOBODY"}, {"code": "FUSE", "quantity": 6}):
        with pytest.raises(Refused) as refused:
            issue(country, part, **facts)
        assert "quantity" in facts or refused.value.field == "code"
    assert left(country) == 5 and db.session.get_one(Part, part).state == "asked"
    with pytest.raises(NotAllowed):
        issue(country, part, "tech", code="FUSE")
    issue(country, part, code="FUSE", quantity=1)
    assert left(country) == 4 and db.session.get_one(Part, part).quantity == 1
    with pytest.raises(Conflict):
        issue(country, part, code="FUSE", quantity=1)


def test_what_is_not_there_is_read_and_asked_for_again(country, order):
    part = asked(country, order)
    for login, step, why in (("keeper", "refuse", "none left"), ("tech", "settle", ""), ("tech", "ask_again", "")):
        with unit_of_work(country.access(login)):
            MACHINE.advance(db.session.get_one(Part, part), step, why)
    assert db.session.get_one(Part, part).state == "asked"


def test_what_the_store_lacks_is_asked_of_its_supplier_and_the_work_goes_on_when_it_has_come(country, order):
    part = asked(country, order, code="FUSE", quantity=8)
    found = db.session.get_one(Part, part)
    assert found.state == "awaited" and order_of(order).state == "on_hold"
    with acting(country.access("admin")):
        draft = db.session.scalar(select(Requisition).where(Requisition.number == found.requisition))
        assert (draft.kind, draft.state, [(line.product.code, line.asked) for line in draft.lines]) == (
            "emergency", "suggested", [("FUSE", 3)],
        )  # fmt: skip
    again = asked(country, order, code="FUSE", quantity=6)
    with acting(country.access("admin")):
        assert [line.asked for line in db.session.get_one(Requisition, draft.id).lines] == [4], "on the same draft"
    assert come(country, 2) == 0, "7 are there, and who asked first needs 8"
    assert come(country, 1) == 1
    assert [db.session.get_one(Part, id).state for id in (part, again)] == ["asked", "awaited"]
    assert order_of(order).state == "on_hold", "another part has not come"
    with unit_of_work(country.access("tech")):
        MACHINE.advance(db.session.get_one(Part, again), "withdraw", "not needed")
    assert come(country, 1) == 0
    issue(country, part)
    assert order_of(order).state == "in_progress" and left(country) == 1


def test_the_technician_is_told_that_his_part_has_come_and_goes_on(country, order):
    part = asked(country, order, code="FUSE", quantity=8)
    assert come(country, 3) == 1
    jobs.tell_all()
    assert order_of(order).state == "in_progress" and db.session.get_one(Part, part).state == "asked"
    with acting(country.access("tech")):
        assert "gmao.part.arrived" in {notice.kind for notice in notices.mine()[0]}


def test_the_store_asks_its_supplier_only_for_what_it_lacks(country, order):
    part = asked(country, order)
    for facts in ({}, {"code": "NOBODY"}, {"code": "FUSE"}):
        with pytest.raises(Refused), unit_of_work(country.access("keeper")):
            services.requisition(db.session.get_one(Part, part), **facts)
    assert db.session.get_one(Part, part).state == "asked"
    with pytest.raises(NotAllowed), unit_of_work(country.access("tech")):
        services.requisition(db.session.get_one(Part, part), code="FUSE", quantity=9)
    with unit_of_work(country.access("keeper")):
        services.requisition(db.session.get_one(Part, part), code="FUSE", quantity=9)
    assert db.session.get_one(Part, part).state == "awaited"


def test_a_part_that_was_brought_along_moves_no_stock_and_work_need_not_wait(country, order):
    with unit_of_work(country.access("tech")):
        services.bring(order_of(order), label="Câble", quantity=1)
    asked(country, order, hold=False)
    assert order_of(order).state == "planned" and left(country) == 5
    assert {part.state for part in db.session.scalars(select(Part))} == {"brought", "asked"}
    with pytest.raises(Refused):
        asked(country, order, quantity=0)


def test_the_storekeeper_reads_what_is_asked_and_not_the_register(country, client, order):
    part = asked(country, order, code="FUSE")
    people.sign_in(client, "keeper")
    assert client.get(f"/gmao/parts/{part}").status_code == 200
    assert client.get(f"/gmao/work/{order}").status_code == 403
    assert "Fusible 5 A" in client.get("/inbox").text
    sent = client.post(f"/do/gmao.part.issue/{part}", data={"code": "FUSE", "quantity": "2"})
    assert sent.status_code == 302 and left(country) == 3


def test_a_place_whose_store_is_asked_for_a_part_stays_open(country, client, order):
    asked(country, order)
    people.sign_in(client, "admin")
    answer = client.get(f"/facilities/{country.ids[HERE]}/close")
    assert answer.status_code == 200 and "Fusible 5 A" in answer.text


def test_an_order_that_is_cancelled_waits_for_no_part_any_more(country, client, order):
    part = asked(country, order)
    people.sign_in(client, "head")
    answer = client.post(f"/do/gmao.workorder.cancel/{order}", data={"code": "works"})
    assert answer.status_code == 302
    db.session.expire_all()
    with acting(SYSTEM):
        assert [order_of(order).state, db.session.get_one(Part, part).state] == ["cancelled", "withdrawn"]
    with acting(country.access("keeper")):
        assert db.session.scalars(select(Part.state)).all() == ["withdrawn"]


def test_the_page_of_a_part_names_no_order_to_who_may_not_read_it(country, client, order):
    part = asked(country, order)
    people.sign_in(client, "keeper")
    page = client.get(f"/gmao/parts/{part}").text
    assert "Fusible 5 A" in page and f"n° {order}" not in page
    people.sign_in(client, "tech")
    assert f"/gmao/work/{order}" in client.get(f"/gmao/parts/{part}").text
