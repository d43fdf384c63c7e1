"""Webhooks: facts go to real servers, signed, once each, only what their account may know, never into this network."""

import re
import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook as Receiver
from standardwebhooks import WebhookVerificationError
from time_machine import travel

from core.api.webhooks import addresses, post, sending, services
from core.api.webhooks.models import DROPPED, FAILED, SENT, WAITING, Parcel, Webhook
from core.data import outbox
from core.data.access import Access, acting
from core.data.db import db, utcnow
from core.data.errors import NotAllowed, Refused
from core.data.trail import AuditEntry
from core.data.work import emit, perform, unit_of_work
from core.jobs import schedule, worker
from core.users.accounts import services as accounts
from core.users.rights import grants
from core.users.rights.models import Role
from tests import make
from tests.statements import sql

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")
RENAMED = "core.facility.renamed"


class Other(BaseHTTPRequestHandler):
    """Another system: it notes what came, and answers what a test wants."""

    def do_POST(self):
        kept = self.server
        kept.taken.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        answer = kept.answers.pop(0) if kept.answers else 204
        if answer == "cut":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if answer == "slow":
            kept.over.wait(5)
            return
        self.send_response(answer)
        self.send_header("Location", f"http://127.0.0.1:{kept.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def other(app, monkeypatch):
    """Yield a server that webhooks may reach, as they may in debugging alone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    server.taken, server.answers, server.over = [], [], threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setitem(app.config, "WEBHOOKS_PRIVATE", True)
    monkeypatch.setattr(app, "debug", True)
    schedule.ask_due()  # so that each piece of recurring work has its turn
    server.url = f"http://127.0.0.1:{server.server_port}/facts?from=amagara"
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def made(other, world):
    """Return a function that makes a webhook for an account at a place: (its number, its secret)."""

    def of(login="admin", place="P1", url=other.url, topics=(RENAMED,)):
        with unit_of_work(SYSTEM):
            db.session().info["access"] = SYSTEM
            secret = services.signing.new_secret()
            hook = Webhook(
                name="Other", url=url, topics="\n".join(topics), facility=world[place], user_id=world.users[login],
                secret=services._sealed(secret),
            )  # fmt: skip
            db.session.add(hook)
            db.session.flush()
            return hook.id, secret

    return of


def happens(world, place="P1A", **data):
    with unit_of_work(SYSTEM):
        emit(RENAMED, world[place], former="Old", on="2026-11-22", **data)
    outbox.deliver()


def send():
    with acting(SYSTEM):
        post.send_due()
        db.session.rollback()


def parcels():
    db.session.expire_all()
    with acting(SYSTEM):
        return db.session.scalars(select(Parcel).order_by(Parcel.id)).all()


def test_a_fact_arrives_signed_once_with_what_is_documented(made, other, world):
    _id, secret = made()
    happens(world)
    send()
    ((headers, body),) = other.taken
    said = Receiver(secret).verify(body, headers)
    assert said == {
        "type": RENAMED, "timestamp": said["timestamp"], "id": said["id"], "ref": f"core.facility/{world.ids['P1A']}",
        "by": "test", "data": {"former": "Old", "on": "2026-11-22"},
    }  # fmt: skip
    assert headers["webhook-id"] == f"fact_{said['id']}" and headers["Content-Type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Receiver(secret).verify(body + b" ", headers)
    send()
    outbox.deliver()
    assert len(other.taken) == 1
    (row,) = parcels()
    assert (row.state, row.said, row.tries) == (SENT, "204", 1)


def test_a_fact_that_is_heard_twice_is_sent_once(made, other, world):
    made()
    happens(world)
    with unit_of_work(SYSTEM):
        db.session.execute(sql("UPDATE core_delivery SET done_at = NULL"))
    outbox.deliver()
    assert db.session.execute(sql("SELECT count(*) FROM core_delivery WHERE done_at IS NULL")).scalar() == 0
    send()
    assert len(other.taken) == 1


def test_only_facts_that_are_asked_for_and_lie_at_the_place(made, other, world):
    made(place="P1A")
    made(place="P1B", topics=["core.facility.closed"])
    happens(world, "P1A")
    happens(world, "P1B")
    happens(world, "P1")  # above it
    assert [row.ref for row in parcels()] == [f"core.facility/{world.ids['P1A']}"]


def test_only_what_the_account_may_read_there_asked_again_before_it_leaves(made, other, world):
    with unit_of_work(SYSTEM):
        role = db.session.scalar(select(Role).where(Role.code == "auditor"))
        world.users["p1a"] = accounts.create_service("p1a", "P1A", world.ids["P1A"], "x", "y").id
        grants.grant(world.users["p1a"], role.id, world.ids["P1A"])
    topic = "core.mail.refused"
    made("p1a", "BI", topics=[topic])
    made("nobody", "BI", topics=[topic])
    with unit_of_work(SYSTEM):
        make.user("inside", world["P1A-CDS1"])
        for login in ("inside", "auditor"):  # one below its place, one for the whole country
            from core.users.accounts.models import User

            emit(topic, db.session.scalar(select(User).where(User.login == login)), address="x@example.org")
    outbox.deliver()
    (row,) = parcels()
    assert row.hook.user_id == world.users["p1a"]
    with unit_of_work(SYSTEM):
        accounts.set_active(world.users["p1a"], active=False)
    send()
    (row,) = parcels()
    assert (row.state, other.taken) == (DROPPED, [])


@pytest.mark.parametrize(
    "answer, said",
    [(500, "500"), (404, "404"), ("cut", "RemoteDisconnected"), (302, "302, a redirect is not followed")],
)
def test_what_does_not_arrive_is_tried_again_later_alike(made, other, world, answer, said):
    _id, secret = made()
    happens(world)
    other.answers = [answer]
    send()
    (row,) = parcels()
    assert row.state == WAITING and row.said.startswith(said) and row.due > utcnow()
    send()
    assert len(other.taken) == 1  # nobody is asked before the pause is over
    with travel(utcnow() + timedelta(minutes=2), tick=False):
        send()
    first, second = other.taken
    assert first[1] == second[1] and first[0]["webhook-id"] == second[0]["webhook-id"]
    with travel(utcnow() + timedelta(minutes=2), tick=False):
        Receiver(secret).verify(second[1], second[0])  # signed anew
    assert [row.state for row in parcels()] == [SENT]


def test_nobody_there_puts_off_all_of_this_address_and_of_no_other(made, other, world):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made(url=f"http://127.0.0.1:{free.getsockname()[1]}/")
    made()
    happens(world)
    happens(world, "P1B")
    send()
    refused = [row for row in parcels() if row.state == WAITING]
    assert len(refused) == 2 and [row.tries for row in refused] == [1, 0] and refused[0].due == refused[1].due
    assert "ConnectionRefusedError" in refused[0].said and len(other.taken) == 2


def test_whoever_answers_slowly_is_cut_off(made, other, world, monkeypatch):
    monkeypatch.setattr(sending, "PATIENCE", 0.3)
    made()
    happens(world)
    other.answers = ["slow"]
    began = time.monotonic()
    send()
    assert time.monotonic() - began < 4
    (row,) = parcels()
    assert row.state == WAITING and row.said.startswith("no answer within")


def test_whoever_drips_a_byte_at_a_time_is_cut_off(app, monkeypatch, world):
    monkeypatch.setitem(app.config, "WEBHOOKS_PRIVATE", True)
    monkeypatch.setattr(sending, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _peer = server.accept()
            with connection, pytest.MonkeyPatch.context():
                try:
                    for sign in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200:
                        connection.sendall(bytes([sign]))
                        time.sleep(0.05)
                except OSError:
                    pass

        threading.Thread(target=drip, daemon=True).start()
        address = addresses.Address("127.0.0.1", server.getsockname()[1], "/", tls=False)
        began = time.monotonic()
        with pytest.raises(sending.Unreachable, match="no answer within"):
            sending.post(address, {}, b"{}")
        assert time.monotonic() - began < 3


def test_gone_switches_it_off_and_who_looks_after_it_is_told(made, other, world, client):
    id, _secret = made()
    happens(world)
    happens(world, "P1B")
    other.answers = [410]
    send()
    assert sorted(row.state for row in parcels()) == [DROPPED, FAILED] and len(other.taken) == 1
    with acting(SYSTEM):
        assert not db.session.get(Webhook, id).active
    make.sign_in(client, "admin")
    assert "Le webhook « Other » n’arrive pas" in client.get("/inbox").text.replace("\u00a0", " ")
    happens(world)
    assert len(parcels()) == 2
    client.post(f"/do/core.webhook.on/{id}")
    happens(world)
    send()
    assert len(other.taken) == 2


def test_after_three_days_it_fails_and_is_sent_again_by_a_button(made, other, world, client):
    id, _secret = made()
    happens(world)
    other.answers = [500, 500]
    send()
    with travel(utcnow() + timedelta(days=4), tick=False):
        send()
        (row,) = parcels()
        assert (row.state, row.said) == (FAILED, "500")
        send()
        assert len(other.taken) == 2
    make.sign_in(client, "admin")
    assert "Renvoyer" in client.get(f"/webhooks/{id}").text
    assert client.post(f"/do/core.webhook.again/{id}").status_code == 302
    worker.work()
    assert [row.state for row in parcels()] == [SENT]


def test_whoever_was_killed_while_he_sent_leaves_it_to_the_next(made, other, world):
    made()
    happens(world)
    letter = perform(post.take)
    assert letter is not None and perform(post.take) is None
    send()
    assert other.taken == []
    with travel(utcnow() + timedelta(minutes=6), tick=False):
        send()
    assert len(other.taken) == 1 and [row.state for row in parcels()] == [SENT]


def test_for_a_day_both_secrets_are_valid(made, other, world, client):
    id, first = made()
    make.sign_in(client, "admin")
    assert client.get(f"/webhooks/{id}/secret").status_code == 200
    page = client.post(f"/webhooks/{id}/secret")
    (second,) = re.findall(r"whsec_[\w+/]{43}=", page.text)
    assert "no-store" in page.headers["Cache-Control"] and second not in client.get(f"/webhooks/{id}").text
    happens(world)
    send()
    for secret in (first, second):
        Receiver(secret).verify(other.taken[0][1], other.taken[0][0])
    with travel(utcnow() + timedelta(hours=25), tick=False):
        happens(world)
        send()
        Receiver(second).verify(other.taken[1][1], other.taken[1][0])
        with pytest.raises(WebhookVerificationError):
            Receiver(first).verify(other.taken[1][1], other.taken[1][0])
    kept = " ".join(str(each) for each in db.session.execute(sql("SELECT * FROM core_webhook")).all())
    kept += " ".join(db.session.scalars(select(AuditEntry.body)))
    assert first not in kept and second not in kept


def test_a_webhook_is_made_on_its_page_tried_out_and_switched_off(other, world, client, app):
    make.sign_in(client, "admin")
    said = {"name": "DHIS2", "url": other.url, "place": "P1", "account": world.users["admin"], "topics": [RENAMED]}
    for wrong in (
        {"topics": []},
        {"topics": ["core.fly"]},
        {"url": "ftp://x"},
        {"url": "https://a:b@x/"},
        {"name": ""},
    ):
        page = client.post("/webhooks/new", data=said | wrong)
        assert page.status_code == 422 and f'href="#{next(iter(wrong))}"' in page.text
    page = client.post("/webhooks/new", data=said)
    (secret,) = re.findall(r"whsec_[\w+/]{43}=", page.text)
    (id,) = db.session.scalars(select(Webhook.id))
    assert client.post(f"/do/core.webhook.try/{id}").status_code == 302
    worker.work()
    assert Receiver(secret).verify(other.taken[0][1], other.taken[0][0])["type"] == "core.webhook.test"
    shown = client.get(f"/webhooks/{id}").text
    assert "204" in shown and "Arrivé" in shown and secret not in shown and "DHIS2" in client.get("/webhooks/").text
    changed = {"name": "DHIS", "url": other.url, "topics": [RENAMED, "core.facility.closed"]}
    assert client.post(f"/webhooks/{id}/edit", data=changed).status_code == 302
    assert client.post(f"/do/core.webhook.off/{id}").status_code == 302
    happens(world)
    assert len(parcels()) == 1


def test_nobody_tells_what_he_may_not_know_himself(made, other, world, client):
    id, _secret = made("admin", "P1A")
    with unit_of_work(SYSTEM):
        db.session.add(
            Role(code="hooks", label_en="H", label_fr="H", permissions="core.webhook.edit\ncore.webhook.view")
        )
        for login in ("small", "other"):
            world.users[login] = make.user(login, world["P1A"], "hooks").id
    make.sign_in(client, "small")
    said = {"name": "X", "url": "http://127.0.0.1:1/", "topics": [RENAMED]}
    assert client.post(f"/webhooks/{id}/edit", data=said).status_code == 403
    assert client.post(f"/webhooks/{id}/secret").status_code == 403
    assert (
        client.post("/webhooks/new", data=said | {"place": "P1A", "account": world.users["admin"]}).status_code == 422
    )
    assert client.post("/webhooks/new", data=said | {"place": "P1", "account": world.users["small"]}).status_code == 422
    with pytest.raises(NotAllowed), unit_of_work(world.access("other")):  # below every view too
        db.session.get(Webhook, id).url = "http://127.0.0.1:1/"
    assert client.post(f"/do/core.webhook.off/{id}").status_code == 302  # ending it needs no more than the right there
    with acting(SYSTEM):
        hook = db.session.get(Webhook, id)
        assert (hook.active, hook.url) == (False, other.url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "https://127.0.0.1/", "https://10.0.0.1/", "https://192.168.1.1:8443/x", "https://[::1]/",
        "https://169.254.169.254/latest", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]/", "https://100.64.0.1/",
        "https://0.0.0.0/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://224.0.0.1/",
        "https://user@example.org/", "https://example.org/#x", "https://", "https://exa mple.org/", "https://e.org:99999/",
        "https://e.org/\u00e9", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_no_address_of_this_network_and_nothing_readable_on_the_way(app, url):
    with pytest.raises(Refused):
        addresses.judged(url)


def test_a_name_is_looked_up_once_and_may_lead_nowhere_inside(app, other, monkeypatch):
    port, asked = other.server_port, []
    monkeypatch.setitem(app.config, "WEBHOOKS_PRIVATE", False)

    def rebinding(host, port, **options):
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.216.34" if len(asked) == 1 else "127.0.0.1", port))]

    connected = []

    def connect(where, timeout):
        connected.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(addresses.socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(sending.socket, "create_connection", connect)
    address = addresses.judged(f"https://rebinding.example:{port}/")
    with pytest.raises(sending.Unreachable):
        sending.post(address, {}, b"{}")
    assert (asked, connected) == (["rebinding.example"], [("93.184.216.34", port)])
    with pytest.raises(sending.Unreachable, match="private network"):
        sending.post(address, {}, b"{}")
    assert len(connected) == 1


def test_a_name_with_an_address_that_does_not_answer_is_reached_by_its_other_one(app, other, monkeypatch):
    port, really = other.server_port, socket.getaddrinfo
    both = [(10, 1, 6, "", ("::1", port, 0, 0)), (2, 1, 6, "", ("127.0.0.1", port))]  # it listens at the second alone
    names = {"two.example": both, "one.example": both[:1]}
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: names.get(host) or really(host, *rest, **more)
    )
    assert sending.post(addresses.Address("two.example", port, "/", tls=False), {}, b"{}") == 204
    with pytest.raises(sending.Unreachable, match="Refused"):
        sending.post(addresses.Address("one.example", port, "/", tls=False), {}, b"{}")


def test_one_address_of_several_inside_is_enough_to_refuse(app, monkeypatch):
    found = [(2, 1, 6, "", (each, 443)) for each in ("93.184.216.34", "10.0.0.7")]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *args, **options: found)
    with pytest.raises(addresses.Forbidden):
        addresses.resolved(addresses.judged("https://example.org/"))


def test_even_where_private_addresses_are_allowed_those_of_the_link_are_not(app, monkeypatch):
    monkeypatch.setitem(app.config, "WEBHOOKS_PRIVATE", True)
    assert addresses.judged("https://10.0.0.1/").host == "10.0.0.1"
    with pytest.raises(Refused):
        addresses.judged("https://169.254.169.254/")


def test_the_certificate_is_that_of_the_name(app, other, tmp_path, monkeypatch):
    from tests.certificates import authority, serve

    ca, server_for = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    with serve(server_for("localhost"), Other) as (port, taken):
        assert sending.post(addresses.Address("localhost", port, "/", tls=True), {}, b"{}") == 204
    with serve(server_for("elsewhere.example"), Other) as (port, taken):
        with pytest.raises(sending.Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            sending.post(addresses.Address("localhost", port, "/", tls=True), {}, b"{}")
        assert taken == []


def test_a_secret_that_another_key_sealed_is_told(made, other, world, app, monkeypatch):
    made()
    happens(world)
    monkeypatch.setitem(app.config, "SECRET_KEY", "another one, but long enough for it")
    send()
    (row,) = parcels()
    assert row.state == WAITING and "make a new one" in row.said and other.taken == []
