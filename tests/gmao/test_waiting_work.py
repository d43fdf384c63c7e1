"""Work that was written down on a device without a network, and comes when its order has gone on: it is a fact."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.data.db import db, today, utcnow
from core.data.errors import Conflict
from core.data.states import Reason
from core.data.work import unit_of_work
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import Intervention, WorkOrder
from plugins.gmao.workorders.states import MACHINE
from tests import make as people
from tests.gmao.make import piece, row
from tests.gmao.test_workorders import DONE, accepted, do, order_of, reported


def waited(world, run, target, then, **facts):
    """Return the id of the order of work that was written down at a moment, and has arrived now."""
    with unit_of_work(world.access("tech"), written=then):
        return run(target(), **{**DONE, "ended_at": then, **facts}).id


def noted(order):
    query = select(Intervention).where(Intervention.order_id == order).order_by(Intervention.id)
    return [(each.minutes, each.ended_at) for each in db.session.scalars(query)]


@pytest.fixture
def begun(country):
    """Return a piece, an order of it that the technician has, and a moment after which others go on."""
    id = piece(country)
    order = accepted(country, reported(country, id), person=str(country.users["tech"]))
    return id, order, utcnow()


@pytest.mark.parametrize("how", ["finish", "log", "repair"])
def test_work_whose_order_was_finished_meanwhile_is_noted_under_it(country, begun, how):
    id, order, then = begun
    do(country, "head", work.finish, order, **DONE)
    target = (lambda: row(id)) if how == "repair" else lambda: order_of(order)
    assert waited(country, getattr(work, how), target, then, minutes=20) == order
    assert order_of(order).state == "done" and (20, then) in noted(order)
    assert order_of(order).done_by_id == country.users["head"]
    if how != "repair":
        with pytest.raises(Conflict):  # what is sent at once is judged at once
            do(country, "tech", getattr(work, how), order, **DONE)


def test_it_is_finished_though_it_was_held_up_or_given_to_somebody_else(country, begun):
    _id, order, then = begun
    do(country, "head", work.take, order)
    do(country, "head", work.hold, order, reason=Reason("needs_part", "", MACHINE.reasons["hold"]))
    waited(country, work.finish, lambda: order_of(order), then)
    assert (order_of(order).state, order_of(order).done_at, order_of(order).held_for) == ("done", then, None)


def test_a_fault_that_came_later_is_another_one(country, begun):
    id, order, then = begun
    do(country, "tech", work.finish, order, **DONE)
    then = utcnow()
    later = accepted(country, reported(country, id))
    made = waited(country, work.repair, lambda: row(id), then)
    assert made not in (order, later) and order_of(later).state == "planned"
    assert (order_of(made).state, order_of(made).opened_at, order_of(made).done_at) == ("done", then, then)
    assert row(id).status == "not_functional", "the later word holds"


def test_a_copy_that_is_old_is_no_reason_to_lose_work(app, country, begun):
    """The form of a kept page says at which step it was made, on which day, and when it was filled in."""
    _id, order, _then = begun
    client = app.test_client()
    with time_machine.travel(utcnow() + timedelta(hours=1), tick=False):
        people.sign_in(client, "tech")
        html = client.get(f"/do/gmao.workorder.finish/{order}").text
        day = today()
        then = utcnow() + timedelta(minutes=10)
    fields = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', html)[1] for name in ("_made", "_at")}
    with time_machine.travel(then + timedelta(days=2), tick=False):
        do(country, "head", work.take, order)
        client = app.test_client()
        people.sign_in(client, "tech")
        said = {"duration": "30", "action": "cleaned", "status": "functional", "ended_on": f"{day:%d/%m/%Y}"}
        sent = {**fields, **said, "_written": str(int(then.timestamp() * 1000))}
        assert client.post(f"/do/gmao.workorder.finish/{order}", data=sent).status_code == 302
    found = order_of(order)
    assert (found.state, abs(found.done_at - then) < timedelta(seconds=1)) == ("done", True)


def test_a_device_takes_ones_own_open_orders_along_and_the_pieces_of_the_place(country, client, begun):
    id, order, _then = begun
    other = accepted(country, reported(country, piece(country)))
    people.sign_in(client, "tech")
    kept = client.get("/device/kept").json
    urls = {page["url"] for page in kept["pages"]}
    place = row(id).facility_id
    assert {f"/do/gmao.workorder.{verb}/{order}" for verb in ("finish", "log")} <= urls
    assert {f"/do/gmao.workorder.repair/{place}", f"/do/gmao.request.report/{place}"} <= urls
    assert not any(url.endswith(f"/{other}") for url in urls if "workorder.finish" in url)
    assert f"/do/gmao.workorder.hold/{order}" not in urls, "it is not begun"
    assert row(id).code in {each["value"] for each in client.get(f"{kept['lists'][0]}?kept=1").json["results"]}
    assert len(client.get(f"{kept['lists'][0]}?q={row(id).code}").json["results"]) == 1
    assert db.session.get_one(WorkOrder, order).assignee_id == country.users["tech"]
