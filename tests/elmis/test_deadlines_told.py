"""A deadline that passes is told: to whoever holds the ball, then to those above, in the bell and by mail."""

from datetime import date, time, timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.calendar import moment
from core.data.db import db
from core.data.outbox import Delivery
from core.data.work import perform, unit_of_work
from core.inbox import deadlines
from core.jobs import services as jobs
from core.notices import choosing, drawing, mail, services
from core.users.rights.models import Grant, Role
from plugins.elmis.orders import services as orders
from plugins.elmis.requisitions import services as requisitions
from plugins.elmis.requisitions.models import Requisition
from tests import make as people
from tests.core.test_mail import office, text_of  # noqa: F401 (a fixture)
from tests.elmis import flow
from tests.elmis.flow import CENTRE
from tests.elmis.test_requisitions import levels

pytestmark = pytest.mark.both_databases
LOGINS = ("depot", "keeper", "head", "keeper2", "other", "district", "colleague", "province", "ministry", "auditor")
TITLE = "Order {}: the deadline has passed"


@pytest.fixture
def stage(world, now):
    """Store the people of both sides and those above them, all with an address."""
    world.ids |= {"goods": flow.stocked(world)["product"]}
    with unit_of_work(Access.system("test")):
        for login, place, role in (
            ("province", "P1", "provincial_approver"), ("ministry", "BI", "provincial_approver"),
            ("colleague", "P1A", "district_pharmacist"),
            ("head", CENTRE, "provincial_approver"),
        ):  # fmt: skip
            world.users[login] = people.user(login, world[place], role).id
        for login in world.users:
            world.user(login).email = f"{login}@ici.test"
    return world


def pass_on(now, *day):
    now.move_to(moment(date(*day), time(6)))
    deadlines.pass_on()
    jobs.tell_all()


def told(world):
    """Return {login: (title, line) of each notice that came since this was last asked}, in English."""
    found = {}
    for login in LOGINS:
        with acting(world.access(login)), force_locale("en"):
            rows = [row for row in services.mine()[0] if row.read_at is None]
            if rows:
                found[login] = [(str(one.title), str(one.line)) for one in drawing.drawn(rows)]
            perform(lambda: services.read_all(10**9))
    return found


def order_of(world):
    number = flow.of(id := flow.order(world, world.ids["goods"])).number
    jobs.tell_all()
    told(world)
    return id, number


def test_an_order_that_is_late_is_told_to_who_prepares_it_then_further_up_each_working_day(stage, now):
    _order, number = order_of(stage)
    pass_on(now, 2026, 12, 8)
    said = [(TITLE.format(number), "It was due on 07/12/2026. State: To prepare.")]
    assert told(stage) == {"depot": said, "district": said, "colleague": said}
    pass_on(now, 2026, 12, 10)
    assert told(stage) == {"province": said}
    pass_on(now, 2026, 12, 12)
    assert told(stage) == {"ministry": said}


def test_who_has_signed_already_is_not_told_that_the_next_signature_is_late(stage, now):
    levels(stage, "facility", "district")
    row = flow.proposed(stage, date(2026, 7, 10))
    flow.filled(row)
    flow.by(stage, "keeper", lambda: requisitions.confirm(requisitions.load(row)))
    flow.by(stage, "head", lambda: requisitions.approve(requisitions.load(row)))
    with unit_of_work(Access.system("test")):  # he rises
        role = db.session.query(Role).filter_by(code="district_pharmacist").one()
        db.session.add(Grant(user=stage.user("head"), role=role, facility=stage["P1A"]))
    jobs.tell_all()
    told(stage)
    pass_on(now, 2026, 12, 8)
    number = db.session.get(Requisition, row).number
    titles = {login: [title for title, _line in found] for login, found in told(stage).items()}
    assert titles.keys() == {"colleague", "district", "province"}
    assert titles["district"] == [f"Requisition {number}: the deadline has passed"]


def test_what_went_on_before_it_was_told_and_who_did_not_want_it(stage, now):
    order, _number = order_of(stage)
    with acting(stage.access("colleague")):
        kinds = [f"{kind.name} app" for kind in choosing.kinds_for() if kind.name != "core.deadline.passed"]
        perform(lambda: choosing.choose(kinds, channels=("app",)))
    now.move_to(moment(date(2026, 12, 8), time(6)))
    deadlines.pass_on()
    flow.by(stage, "depot", lambda: orders.cancel(flow.of(order), "x"))
    jobs.tell_all()
    assert told(stage) == {} and not any(db.session.scalars(select(Delivery.error)))
    order_of(stage)
    pass_on(now, 2026, 12, 22)
    assert told(stage).keys() == {"depot", "district"}


def test_it_stands_in_the_bell_leads_to_the_page_and_goes_out_with_the_mail_of_the_day(stage, now, client, office):  # noqa: F811
    order, number = order_of(stage)
    pass_on(now, 2026, 12, 8)
    people.sign_in(client, "depot")
    text = client.get("/notices/").text
    assert f"{number}" in text and "l’échéance est passée" in text and "07/12/2026" in text
    with acting(stage.access("depot")):
        (row,) = [one for one in services.mine()[0] if one.kind == "core.deadline.passed"]
    assert client.get(f"/notices/{row.id}").location == f"/elmis/orders/{order}"
    now.shift(timedelta(hours=3))
    with acting(Access.system("job")):
        assert mail.send_due() == ""
    mails = {to[0]: message for to, message in office.taken}
    assert {"depot@ici.test", "district@ici.test", "colleague@ici.test"} <= mails.keys()
    assert "province@ici.test" not in mails
    assert number in text_of(mails["depot@ici.test"]) and "07/12/2026" not in text_of(mails["depot@ici.test"])
