"""Notices: who is told of a fact, once, and only what he may read; the bell, the page, and what a person chooses."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from core.contract import checks
from core.contract.entities import ref
from core.contract.ports import APP, MAIL, SMS, Event, NoticeKind
from core.data import outbox
from core.data.access import Access, acting
from core.data.db import db, utcnow
from core.data.errors import Missing
from core.data.work import emit, perform, unit_of_work
from core.jobs import services as jobs
from core.jobs import worker
from core.notices import services
from core.notices.jobs import CLEAN
from core.notices.models import Choices, Message, Notice
from core.users.accounts.models import User
from tests import make
from tests.statements import spoiling, statements

pytestmark = pytest.mark.both_databases
NUMBER = 'class="count">'


@pytest.fixture
def people(world):
    """Store a manager of the users of a province, and one of another."""
    with unit_of_work(Access.system("test")):
        for login, place in (("one", "P1"), ("two", "P2"), ("top", "BI")):
            world.users[login] = make.user(login, world[place], "administrator", name=f"Person {login}").id
    return world


@pytest.fixture
def kind(app, monkeypatch, world):
    """Return a function that declares a kind of notice about facilities, for some people."""

    def declare(*who, name="test.moved", topics=("core.facility.renamed",), **more):
        made = NoticeKind(
            name, f"Kind {name}", topics, lambda event, row: [world.users[login] for login in who],
            lambda event: (f"Moved: {event.data.get('n')}", event.user_label), **more,
        )  # fmt: skip
        monkeypatch.setitem(app.extensions["amagara.notices"], name, made)
        return made

    return declare


def happens(world, n=1, obj=None, by="admin", topic="core.facility.renamed"):
    """Let a fact happen, and be told."""
    with unit_of_work(world.access(by) if by else Access.system("test")):
        emit(topic, world["P1A"] if obj is None else obj, n=n)
    jobs.tell_all()


def told(world, login):
    """Return the notices of a person, the latest first."""
    with acting(world.access(login)):
        return list(services.mine()[0])


def browser(app, login):
    client = app.test_client()
    make.sign_in(client, login)
    return client


def bell(client):
    """Return what the bell of a page says."""
    band = client.get("/password").text.partition('class="band-icon"')[2].partition("</a>")[0]
    found = re.search(r'class="count">([^<]*)<', band)
    return found[1] if found else ""


def test_whom_a_fact_concerns_is_told_but_never_who_did_it(app, people, kind):
    kind("one", "admin", "nobody")
    happens(people, 7)
    assert [row.ref for row in told(people, "one")] == [ref(people["P1A"])]
    assert told(people, "admin") == [] and told(people, "two") == []
    assert len(told(people, "nobody")) == 1  # everybody signed in reads facilities


def test_a_fact_that_comes_five_times_tells_once(app, people, kind):
    kind("one", "nobody")
    happens(people)
    fact = db.session.scalars(select(outbox.Outbox)).one()
    event = Event(fact.id, fact.topic, fact.ref, json.loads(fact.body), fact.at, fact.user_id, fact.user_label)
    for _time in range(5):
        perform(lambda: services.hear(event))
    assert len(told(people, "one")) == len(told(people, "nobody")) == 1


def test_of_two_kinds_the_first_tells_and_a_closed_account_hears_nothing(app, people, kind):
    kind("one", "two")
    kind("one", "nobody", name="test.second")
    with unit_of_work(Access.system("test")):
        people.user("two").active = False
    happens(people)
    assert [row.kind for row in told(people, "one")] == ["test.moved"]
    assert [row.kind for row in told(people, "nobody")] == ["test.second"]
    assert db.session.scalar(select(func.count(Notice.id))) == 2


def test_who_may_not_read_the_object_is_not_told(app, people, kind):
    kind("one", "two", "nobody", "auditor", topics=("test.person",))
    happens(people, obj=people.user("one"), topic="test.person")  # an account of P1
    assert {login for login in ("one", "two", "nobody", "auditor") if told(people, login)} == {"one", "auditor"}


def test_rights_are_asked_again_when_it_is_shown(app, people, kind):
    kind("one", topics=("test.person",))
    happens(people, n="GEHEIM", obj=people.user("nobody"), topic="test.person")
    assert told(people, "one") == []  # of the country, above the province
    with unit_of_work(Access.system("test")):
        people.user("nobody").facility = people["P1A"]
    happens(people, n="GEHEIM", obj=people.user("nobody"), topic="test.person")
    client, number = browser(app, "one"), told(people, "one")[0].id
    page = client.get("/notices/").text
    assert "Moved: GEHEIM" in page
    assert client.get(f"/notices/{number}").location.endswith(f"/users/{people.users['nobody']}")
    with unit_of_work(Access.system("test")):
        people.user("nobody").facility = people["P2A"]
    page = client.get("/notices/").text
    assert "GEHEIM" not in page and "ne vous concerne plus" in page
    assert client.get(f"/notices/{number}").location.endswith("/notices/")
    assert bell(client) == "1"  # what the page still shows as unread


def test_a_kind_with_a_right_tells_who_holds_it_when_no_object_can_say(app, people, kind):
    kind("one", "nobody", topics=("core.fact.unheard",), name="test.right", permission="core.system")
    with unit_of_work(Access.system("test")):
        emit("core.facility.renamed", people["P1"])
    delivery = db.session.scalars(select(outbox.Delivery)).first()
    with unit_of_work(Access.system("test")):
        emit("core.fact.unheard", delivery, plugin="x", n=1)
    jobs.tell_all()
    assert told(people, "one") and not told(people, "nobody")


def test_nobody_reads_opens_or_puts_away_the_notices_of_another(app, people, kind):
    kind("one", "two")
    happens(people)
    number = told(people, "one")[0].id
    other = browser(app, "two")
    assert other.get(f"/notices/{number}").status_code == 404
    assert other.post(f"/notices/{number}").status_code == other.post(f"/notices/{number}/read").status_code == 404
    assert other.post("/notices/read", data={"upto": 10**9}).status_code == 302
    assert told(people, "one")[0].read_at is None and told(people, "two")[0].read_at is not None
    with acting(people.access("two")), pytest.raises(Missing):
        services.get(number)


def test_a_get_leaves_it_unread_and_a_button_reads_it_and_leads_to_its_page(app, people, kind):
    kind("one")
    for n in range(3):
        happens(people, n)
    client, rows = browser(app, "one"), told(people, "one")
    assert bell(client) == "3"
    assert client.get(f"/notices/{rows[0].id}").location.endswith(f"/facilities/{people['P1A'].id}")
    assert bell(client) == "3"
    assert client.post(f"/notices/{rows[0].id}").location.endswith(f"/facilities/{people['P1A'].id}")
    assert client.post(f"/notices/{rows[1].id}/read").location.endswith("/notices/")
    assert bell(client) == "1"
    assert "Moved: 0" in (page := client.get("/notices/?unread=1").text) and "Moved: 2" not in page


def test_all_read_leaves_what_came_after_the_page_was_made(app, people, kind):
    kind("one")
    happens(people, 1)
    client = browser(app, "one")
    upto = re.search(r'name="upto" value="(\d+)"', client.get("/notices/").text)[1]
    happens(people, 2)
    for _time in range(2):  # pressed twice
        client.post("/notices/read", data={"upto": upto})
    assert [row.read_at is None for row in told(people, "one")] == [True, False]
    answer = client.post("/notices/read", data={"upto": upto}, headers={"Accept": "application/json"})
    assert answer.status_code == 200 and answer.json["url"] == "/notices/"


def many(user_id, place, number):
    """Store many unread notices of a person."""
    now = utcnow()
    rows = [
        {"user_id": user_id, "kind": "test.moved", "event_id": 10**6 + n, "topic": "t", "ref": place, "body": '{"n": 1}',
         "at": now - timedelta(minutes=n), "by_id": None, "by_label": "x", "shown": True, "read_at": None}
        for n in range(number)
    ]  # fmt: skip
    with unit_of_work(Access.system("test")):
        db.session.execute(spoiling(insert(Notice)), rows)


def test_ten_thousand_notices_cost_page_and_bell_no_statement_more(app, people, kind):
    kind("one")
    client = browser(app, "one")
    client.get("/notices/")
    asked = []
    for number in (26, 9_974):
        many(people.users["one"], ref(people["P1A"]), number) if not asked else many_more(people, number)
        with statements() as sent:
            answer = client.get("/notices/")
        assert answer.text.count("/read") > 25
        asked.append(len(sent))
    assert asked[0] == asked[1] <= 12
    assert bell(client) == "99+"
    older = re.search(r'href="(/notices/\?before=\d+)"', answer.text)[1]
    with statements() as sent:
        assert client.get(older).text.count('class="unread"') == services.PAGE
    assert len(sent) == asked[0]


def many_more(people, number):
    with unit_of_work(Access.system("test")):
        first = db.session.scalars(select(Notice)).first()
        values = {column.key: getattr(first, column.key) for column in Notice.__table__.columns if column.key != "id"}
        rows = [{**values, "event_id": 2 * 10**6 + n} for n in range(number)]
        db.session.execute(spoiling(insert(Notice)), rows)


def test_the_bell_costs_no_page_a_statement(app, people, kind):
    kind("one")
    client = browser(app, "one")
    client.get("/password")
    with statements() as before:
        client.get("/password")
    happens(people)
    with statements() as after:
        client.get("/password")
    assert len(before) == len(after)
    assert sum("core_notice" in each for each in after) == 1


def test_a_large_audience_is_told_by_jobs_each_once(app, people, kind, monkeypatch):
    monkeypatch.setattr(services, "AT_ONCE", 2)
    kind("one", "two", "nobody", "auditor", "top")
    happens(people)
    assert db.session.scalar(select(func.count(Notice.id))) == 2
    worker.work()
    worker.work()
    assert db.session.scalar(select(func.count(Notice.id))) == 5


def test_a_person_switches_a_kind_off_and_on_again(app, people, kind):
    kind("one", "two")
    client = browser(app, "one")
    page = client.get("/notices/choices").text
    assert 'value="test.moved app" checked' in page
    assert client.post("/notices/choices", data={"_key": "k1"}).status_code == 302
    assert 'value="test.moved app" checked' not in client.get("/notices/choices").text
    happens(people)
    assert told(people, "one") == [] and len(told(people, "two")) == 1
    client.post("/notices/choices", data={"on": ["test.moved app"]})
    happens(people)
    assert len(told(people, "one")) == 1
    assert json.loads(db.session.get(Choices, people.users["one"]).differing)["core.fact.unheard app"] is False


def test_what_nobody_declared_cannot_be_chosen(app, people, kind):
    kind("one")
    answer = browser(app, "one").post("/notices/choices", data={"on": ["test.unknown app"]})
    assert answer.status_code == 422
    assert db.session.get(Choices, people.users["one"]) is None


def test_no_message_waits_where_nothing_leaves_the_house(app, people, kind):
    kind("one", channels=(APP, MAIL))
    happens(people)
    assert db.session.scalar(select(func.count(Message.id))) == 0


def test_what_a_plugin_no_longer_hears_is_told_to_administrators_once(app, people, monkeypatch):
    def deaf(plugin, event):
        if event.topic != "core.fact.unheard":
            raise ValueError("deaf")
        told_(plugin, event)

    told_ = outbox.tell
    monkeypatch.setattr(outbox, "tell", deaf)
    for _fact in range(3):
        with unit_of_work(Access.system("test")):
            emit("core.facility.renamed", people["P1"])
    for _turn in range(outbox.TRIES + 2):
        with unit_of_work(Access.system("test")):
            for row in db.session.scalars(select(outbox.Delivery)):
                row.due = row.due.replace(year=2000)
        jobs.tell_all()
    assert len(outbox.stuck()) == 3
    assert len(told(people, "admin")) == 1 and told(people, "nobody") == []
    client = browser(app, "admin")
    assert "core" in client.get("/notices/").text
    assert client.get(f"/notices/{told(people, 'admin')[0].id}").location.endswith("/system")


def test_old_notices_are_put_away_at_night_and_what_is_under_way_stays(app, people, kind):
    kind("one")
    for n in range(5):
        happens(people, n)
    rows = list(reversed(told(people, "one")))
    now = utcnow()
    with unit_of_work(Access.system("test")):
        for row, read, at in zip(rows, (90, 10, None, 90, 90), (95, 95, 400, 95, 95), strict=True):
            row = db.session.get(Notice, row.id)
            row.read_at = None if read is None else now - timedelta(days=read)
            row.at = now - timedelta(days=at)
        db.session.add(Message(notice_id=rows[3].id, user_id=people.users["one"], channel=MAIL))
    with unit_of_work(Access.system("test")):
        jobs.enqueue(CLEAN, "x")
    jobs.run_waiting(app.extensions["amagara.access_for"])
    left = [json.loads(row.body)["n"] for row in reversed(told(people, "one"))]
    assert left == [1, 3, 4]  # read of late; still on its way; the newest


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ({"topics": ()}, "no fact"), ({"topics": "core.facility.renamed"}, "no fact"), ({"channels": ["pigeon"]}, "pigeon"),
        ({"channels": [SMS]}, "not urgent"), ({"permission": "core.nothing"}, "core.nothing"),
        ({"endpoint": "no.page"}, "no.page"),
    ],
)  # fmt: skip
def test_a_kind_that_does_not_fit_refuses_the_start(app, kind, made, says):
    with pytest.raises(checks.DoesNotFit, match=says):
        checks.known_kinds(app, [[kind(**{"topics": ("x",), **made})]])


def test_a_kind_declared_twice_refuses_the_start(app, kind):
    one = kind()
    with pytest.raises(checks.DoesNotFit, match="twice"):
        checks.known_kinds(app, [[one], [one]])


def test_a_user_is_never_deleted_under_his_notices(app, people, kind):
    kind("one")
    happens(people)
    assert db.session.get(User, told(people, "one")[0].user_id).login == "one"
