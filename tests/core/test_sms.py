"""Short messages: a real gateway by HTTP takes them, once each; their alphabet, their parts, and who gets one."""

import json
import re
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from core.contract.ports import APP, SMS, NoticeKind
from core.data.access import Access, acting
from core.data.db import db
from core.data.work import emit, perform, unit_of_work
from core.jobs import services as jobs
from core.jobs import worker
from core.notices import choosing, gateway, sms
from core.notices.models import Message
from core.notices.phones import normal
from tests import make

pytestmark = pytest.mark.both_databases


class Gateway(BaseHTTPRequestHandler):
    """An HTTP gateway: it notes what came, and answers what a test wants."""

    def do_GET(self):
        self._take(parse_qs(urlsplit(self.path).query))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._take(json.loads(body) if "json" in self.headers["Content-Type"] else parse_qs(body))

    def _take(self, fields):
        kept = self.server
        plain = {name: value[0] if isinstance(value, list) else value for name, value in fields.items()}
        kept.taken.append((self.command, plain, self.headers.get("Authorization")))
        time.sleep(kept.delay)
        status, text = kept.answers.pop(0) if kept.answers else (202, "0: Accepted for delivery")
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://127.0.0.1:{kept.server_port}/stolen?x=1")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def office(app, monkeypatch):
    """Yield a gateway that the application sends to, with the fields of Kannel."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    server.taken, server.answers, server.delay = [], [], 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = {"SMS_URL": f"http://127.0.0.1:{server.server_port}/cgi-bin/sendsms",
                "SMS_FIELDS": "username=amagara&password=p%26q&charset=UTF-8&to={number}&text={text}&tag={id}"}  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setitem(app.config, name, value)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def people(app, world, monkeypatch):
    """Store two people with telephones, of whom one asked for SMS; and an urgent kind of notice, and one that is not."""
    with unit_of_work(Access.system("test")):
        for login, phone in (("one", "79 12 34 56"), ("two", "+257 61 00 00 01"), ("three", "22 22 22 22")):
            row = make.user(login, world["P1"], "auditor", name=f"Person {login}")
            row.phone, world.users[login] = phone, row.id
    for name, topic, urgent in (
        ("test.plain", "core.facility.renamed", False),
        ("test.urgent", "core.facility.closed", True),
    ):
        made = NoticeKind(
            name, f"Kind {name}", [topic], lambda event, row: [world.users[each] for each in ("one", "two", "three")],
            lambda event: (event.data["n"], "LINE"), (APP,), urgent,
        )  # fmt: skip
        monkeypatch.setitem(app.extensions["amagara.notices"], name, made)
    return world


def wants(world, *logins):
    for login in logins:
        with acting(world.access(login)):
            perform(lambda: choosing.choose(["test.urgent sms", "test.urgent app"], [SMS, APP]))


def happens(world, n="Lot A123 rappelé", urgent=True):
    with unit_of_work(world.access("admin")):
        emit("core.facility.closed" if urgent else "core.facility.renamed", world["P1A"], n=n)
    jobs.tell_all()


def sends():
    with acting(Access.system("job")):
        return sms.send_due()


def states():
    return sorted(db.session.scalars(select(Message.state)))


def later(minutes):
    with unit_of_work(Access.system("test")):
        for row in db.session.scalars(select(Message)):
            row.due -= timedelta(minutes=minutes)


def test_only_who_asked_has_sms_only_of_what_is_urgent_and_only_on_a_mobile_phone(people, office):
    wants(people, "one", "three")
    happens(people, urgent=False)
    happens(people)
    assert sends() == ""
    assert states() == ["dropped", "sent"]  # three has a telephone of a house
    ((method, fields, _sent),) = office.taken
    number = db.session.scalar(select(Message.notice_id).where(Message.state == "sent"))
    assert method == "GET" and fields["to"] == "+25779123456" and fields["password"] == "p&q"
    assert fields["text"] == f"Amagara: Lot A123 rappelé {people_url(people)}/notices/{number}"


def people_url(_people):
    from flask import current_app

    return current_app.config["BASE_URL"]


def test_nothing_is_queued_where_there_is_no_gateway(people):
    wants(people, "one")
    happens(people)
    assert db.session.scalar(select(func.count(Message.id))) == 0


@pytest.mark.parametrize(("method", "sent"), [("GET", "GET"), ("POST", "POST"), ("JSON", "POST")])
def test_a_gateway_is_spoken_to_as_its_settings_say(people, office, monkeypatch, app, method, sent):
    monkeypatch.setitem(app.config, "SMS_METHOD", method)
    monkeypatch.setitem(app.config, "SMS_FIELDS", "dest={digits}&body={text}&curly={text}{")
    monkeypatch.setitem(app.config, "SMS_AUTHORIZATION", "Bearer abc")
    wants(people, "one")
    happens(people, n="a{number}&b=c é")
    sends()
    assert office.taken[0][0] == sent and office.taken[0][2] == "Bearer abc"
    fields = office.taken[0][1]
    assert fields["dest"] == "25779123456" and fields["body"].startswith("Amagara: a{number}&b=c é")


@pytest.mark.parametrize(
    ("answers", "state", "tries"),
    [
        ([(202, "ok")], "sent", 1), ([(503, "busy")], "waiting", 2), ([(429, "slowly")], "waiting", 2),
        ([(403, "Authorization failed")], "failed", 1), ([(302, "")], "failed", 1), ([(200, "ERR 12")], "failed", 1),
    ],
)  # fmt: skip
def test_an_answer_of_the_gateway_decides_whether_it_is_tried_again(
    people, office, app, monkeypatch, answers, state, tries
):
    monkeypatch.setitem(app.config, "SMS_ACCEPTED", "ok|Accepted")
    office.answers = list(answers)
    wants(people, "one")
    happens(people)
    sends()
    assert states() == [state]
    later(10)
    sends()
    assert len(office.taken) == tries
    if tries == 2:  # the same message under the same mark? no: the gateway said that it had not taken it
        assert states() == ["sent"]


def test_a_redirect_is_not_followed_with_the_password(people, office):
    office.answers = [(302, "")]
    wants(people, "one")
    happens(people)
    sends()
    assert len(office.taken) == 1


def test_a_gateway_that_is_away_or_slow_is_tried_later(people, office, monkeypatch, app):
    monkeypatch.setattr(gateway, "PATIENCE", 0.3)
    wants(people, "one")
    happens(people)
    office.delay = 1
    sends()
    assert states() == ["waiting"] and "timed out" in db.session.scalar(select(Message.error))
    office.delay = 0
    monkeypatch.setitem(app.config, "SMS_URL", "http://127.0.0.1:9/none")
    later(10)
    sends()
    assert states() == ["waiting"] and "refused" in db.session.scalar(select(Message.error))


def test_two_people_have_each_their_own_message(people, office):
    wants(people, "one", "two")
    happens(people)
    sends()
    assert sorted(fields["to"] for _method, fields, _sent in office.taken) == ["+25761000001", "+25779123456"]
    assert len({fields["tag"] for _method, fields, _sent in office.taken}) == 2


@pytest.mark.parametrize(
    ("text", "said", "places", "parts"),
    [
        ("Lot rappelé", "Lot rappelé", 11, 1), ("ça n’est « pas » œuvre…", 'ca n\'est " pas " oeuvre...', 26, 1),
        ("€ {a}", "€ {a}", 8, 1), ("Être à Noël î ô û", "Etre à Noel i o u", 17, 1), ("漢字🎉", "???", 3, 1),
        ("x" * 160, "x" * 160, 160, 1), ("x" * 161, "x" * 161, 161, 2), ("x" * 307, "x" * 307, 307, 3),
        ("[" * 80, "[" * 80, 160, 1), ("[" * 81, "[" * 81, 162, 2),
    ],
)  # fmt: skip
def test_a_text_is_written_in_the_alphabet_of_telephones_and_counted(app, text, said, places, parts):
    assert sms.plain(text) == said
    assert (sms.places(said), sms.parts(said)) == (places, parts)
    assert all(sign in sms.BASIC + sms.EXTENDED for sign in said)


def test_the_alphabet_is_that_of_the_standard():
    assert len(set(sms.BASIC)) == 127 and len(set(sms.EXTENDED)) == 10  # 128 places, of which one is the escape


def test_a_long_title_is_cut_to_three_parts_and_a_short_one_carries_its_page(people, office):
    wants(people, "one")
    happens(people, n="é[" * 400)
    happens(people, n="x" * 150)
    sends()
    long, short = sorted((fields["text"] for _method, fields, _sent in office.taken), key=len, reverse=True)
    assert sms.parts(long) == 3 and "http" not in long
    assert sms.parts(short) == 1 and "http" not in short and short.endswith("x" * 150)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("79 12 34 56", "+25779123456"), ("+257 79.12.34.56", "+25779123456"), ("00257 61123456", "+25761123456"),
        ("+32 470 12 34 56", "+32470123456"), ("22 22 22 22", None), ("+257 22 22 22 22", None), ("12", None), ("", None),
        ("79 12 34 5", None), ("+999 123 456 789", None), ("abc", None), (None, None),
    ],
)  # fmt: skip
def test_a_number_is_one_of_a_mobile_phone_or_none(app, typed, number):
    assert normal(typed) == number


def test_a_person_asks_for_sms_with_a_number_that_can_be_and_it_is_kept_as_gateways_take_it(app, people, office):
    client = app.test_client()
    make.sign_in(client, "one")
    page = client.get("/notices/choices").text
    assert 'name="phone"' in page and 'value="test.urgent sms"' in page and 'value="test.plain sms"' not in page
    for wrong in ("", "22 22 22 22", "abc"):
        answer = client.post("/notices/choices", data={"_key": f"k{wrong}", "on": "test.urgent sms", "phone": wrong})
        assert answer.status_code == 422 and re.search(r'id="phone-error"', answer.text), wrong
    answer = client.post("/notices/choices", data={"_key": "k", "on": "test.urgent sms", "phone": "61 12 34 56"})
    assert answer.status_code == 302 and people.user("one").phone == "+25761123456"
    assert client.post("/notices/choices", data={"_key": "k2", "on": "test.plain sms"}).status_code == 422


def test_a_plugin_that_carries_messages_stands_before_the_settings(app, people, office, monkeypatch):
    sent = []

    class Own:
        def send(self, number, text, mark=""):
            sent.append((number, text, mark))
            return "taken"

    from core.contract.ports import SmsGateway

    monkeypatch.setitem(app.extensions["amagara.services"], SmsGateway, Own())
    wants(people, "one")
    happens(people)
    sends()
    assert [number for number, _text, _mark in sent] == ["+25779123456"] and office.taken == []


def test_an_administrator_tries_the_gateway(app, people, office, client):
    with unit_of_work(Access.system("test")):
        people.user("admin").phone = "79 00 00 00"
    make.sign_in(client, "admin")
    assert "SMS" in client.get("/system").text
    answer = client.post("/notices/system/sms/try")
    worker.work()
    assert "Terminé" in client.get(answer.location).text and office.taken[0][1]["to"] == "+25779000000"
