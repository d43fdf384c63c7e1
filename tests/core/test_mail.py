"""Mail: sent to a real server, once, whatever the server does; who receives what, and how a person ends it."""

import email
import email.policy
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import func, select

from core.contract.ports import APP, MAIL, NoticeKind
from core.data.access import Access, acting
from core.data.db import db, local, utcnow
from core.data.work import emit, perform, unit_of_work
from core.jobs import schedule, worker
from core.jobs import services as jobs
from core.jobs.models import Job
from core.notices import carrying, choosing, mail, post, services, ways
from core.notices.jobs import SEND
from core.notices.models import Choices, Message, Notice
from tests import make

pytestmark = pytest.mark.both_databases


class Post:
    """What a mail server does with each mail: takes it, or answers what a test wants."""

    def __init__(self):
        self.taken, self.answers, self.rcpt, self.delay, self.drop, self.raw = [], [], "", 0.0, 0, []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt and (self.rcpt[0] in address):
            return self.rcpt[1]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        import asyncio

        self.taken.append(
            (tuple(envelope.rcpt_tos), email.message_from_bytes(envelope.content, policy=email.policy.default))
        )
        self.raw.append(envelope.content)
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.drop:
            self.drop -= 1
            server.transport.abort()
            return "250 never said"
        return self.answers.pop(0) if self.answers else "250 OK"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def office(app, monkeypatch):
    """Yield a mail server that the application sends to, in the clear."""
    box = Post()
    box.port = free_port()
    box.server = Controller(box, hostname="127.0.0.1", port=box.port, ready_timeout=20)
    box.server.start()
    settings = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": box.port, "SMTP_TLS": "none", "BASE_URL": "https://amagara.test",
                "MAIL_FROM": "Ministère <amagara@sante.test>"}  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setitem(app.config, name, value)
    yield box
    if box.server is not None:
        box.server.stop()


@pytest.fixture
def people(app, world, monkeypatch):
    """Store people with addresses, and two kinds of notice about facilities, one of them urgent."""
    with unit_of_work(Access.system("test")):
        for login, name in (("one", "Éloïse N’Dayi"), ("two", "Jean Bizimana"), ("three", "Aline")):
            row = make.user(login, world["P1"], "auditor", name=name)
            row.email, world.users[login] = f"{login}@ici.test", row.id
        world.user("two").language = "en"
    for name, topic, urgent in (
        ("test.plain", "core.facility.renamed", False),
        ("test.urgent", "core.facility.closed", True),
    ):
        made = NoticeKind(
            name, f"Kind {name}", [topic], lambda event, row: [world.users[each] for each in event.data["to"]],
            lambda event: (f"Title {event.data['n']}", "LINE"), (APP, MAIL), urgent,
        )  # fmt: skip
        monkeypatch.setitem(app.extensions["amagara.notices"], name, made)
    return world


def happens(world, *to, n=1, urgent=True):
    with unit_of_work(world.access("admin")):
        emit("core.facility.closed" if urgent else "core.facility.renamed", world["P1A"], n=n, to=to)
    jobs.tell_all()


def sends():
    """Return what the round of sending said; it acts as the machine, like its job."""
    with acting(Access.system("job")):
        return mail.send_due()


def states():
    return sorted(db.session.scalars(select(Message.state)))


def later(minutes):
    """Let so much time pass for what waits."""
    with unit_of_work(Access.system("test")):
        for row in db.session.scalars(select(Message)):
            row.due -= timedelta(minutes=minutes)
            row.taken_at = row.taken_at and row.taken_at - timedelta(minutes=minutes)


def text_of(message):
    return message.get_body(("plain",)).get_content()


def test_an_urgent_notice_goes_out_at_once_in_the_language_of_its_reader_and_holds_no_more_than_needed(people, office):
    happens(people, "one", "two")
    assert sends() == "" and states() == ["sent", "sent"]
    french, english = sorted(office.taken, key=lambda one: one[0])
    assert french[0] == ("one@ici.test",) and english[0] == ("two@ici.test",)
    assert french[1]["Subject"] == "Title 1" and french[1]["To"] == "Éloïse N’Dayi <one@ici.test>"
    assert "Bonjour Éloïse N’Dayi," in text_of(french[1]) and "Hello Jean Bizimana," in text_of(english[1])
    number = db.session.scalar(select(Notice.id).where(Notice.user_id == people.users["one"]))
    assert f"https://amagara.test/notices/{number}" in text_of(french[1])
    whole = french[1].as_string()
    assert "LINE" not in whole and "Admin" not in whole and people["P1A"].name not in whole
    html = french[1].get_body(("html",)).get_content()
    assert f'<a href="https://amagara.test/notices/{number}">Title 1</a>' in html and "<script" not in html
    assert french[1].as_bytes().isascii()  # old servers take no more
    assert french[1]["Auto-Submitted"] == "auto-generated" and french[1]["From"] == "Ministère <amagara@sante.test>"


def test_what_is_not_urgent_waits_for_the_hour_that_was_chosen_and_comes_as_one_mail(people, office):
    for n in range(3):
        happens(people, "one", "two", n=n, urgent=False)
    assert sends() == "" and office.taken == []
    due = {local(at).hour for at in db.session.scalars(select(Message.due))}
    assert due == {7} and all(at > utcnow() for at in db.session.scalars(select(Message.due)))
    later(24 * 60)
    assert sends() == ""
    assert [one[0] for one in office.taken] == [("one@ici.test",), ("two@ici.test",)]
    first, second = office.taken
    assert first[1]["Subject"] == "3 notifications" and second[1]["Subject"] == "3 notices"
    assert all(f"Title {n}" in text_of(first[1]) for n in range(3))


@pytest.mark.parametrize(("mode", "sent"), [("now", 1), ("daily", 0), ("never", 0)])
def test_a_person_has_mail_at_once_daily_or_never(people, office, mode, sent):
    with acting(people.access("one")):
        perform(lambda: choosing.choose(["test.plain mail", "test.plain app"], mail=mode, hour=18))
    happens(people, "one", urgent=False)
    sends()
    assert len(office.taken) == sent
    assert db.session.scalar(select(func.count(Message.id))) == (0 if mode == "never" else 1)


def test_a_name_or_title_with_line_ends_and_foreign_letters_makes_one_recipient_and_one_header(people, office):
    with unit_of_work(Access.system("test")):
        people.user("one").name = "Zoë\r\nBcc: thief@evil.test\r\n\r\nhello"
    happens(people, "one", n="x\r\nBcc: thief@evil.test\r\n\u2028" + "é" * 400)
    assert sends() == ""
    ((to, message),) = office.taken
    assert to == ("one@ici.test",) and message["Bcc"] is None and len(message["Subject"]) <= 120
    assert (
        message.get_all("To") == [message["To"]]
        and "thief" in message["To"]
        and message["To"].endswith("<one@ici.test>")
    )


def test_a_server_that_is_down_for_a_day_is_asked_seldom_and_nothing_is_lost_or_doubled(app, people, office):
    office.server.stop()
    happens(people, "one", n=1)
    happens(people, "two", n=2)
    asked, passed = 0, 0
    while passed < 24 * 60:
        if with_system(post.is_due):
            assert "ConnectionRefused" in sends()
            asked += 1
        later(1 if passed < 60 else 15)
        passed += 1 if passed < 60 else 15
        if passed == 300:
            happens(people, "one", n=3)
    assert 10 < asked < 70 and states() == ["waiting"] * 3
    office.server = Controller(office, hostname="127.0.0.1", port=office.port, ready_timeout=20)
    office.server.start()
    later(60)
    assert sends() == "" and states() == ["sent"] * 3
    assert [(to, message["Subject"]) for to, message in office.taken] == [
        (("one@ici.test",), "2 notifications"), (("two@ici.test",), "Title 2"),
    ]  # fmt: skip
    sends()
    assert len(office.taken) == 2


def with_system(ask):
    with acting(Access.system("job")):
        return ask()


def test_what_could_not_be_sent_for_three_days_is_given_up_and_shown_and_can_be_sent_again(app, people, office, client):
    office.server.stop()
    office.server = None
    happens(people, "one")
    with unit_of_work(Access.system("test")):
        db.session.scalars(select(Notice)).one().at = utcnow() - timedelta(days=4)
    sends()
    assert states() == ["failed"]
    make.sign_in(client, "admin")
    page = client.get("/system").text
    assert "ConnectionRefused" in page and "Éloïse N’Dayi" in page
    assert client.post("/notices/system/again").status_code == 302
    assert states() == ["waiting"]


def test_an_address_that_is_refused_is_marked_told_in_the_app_and_left_alone_until_it_is_another(people, office):
    office.rcpt = ("one@", "550 no such user")
    happens(people, "one", "two")
    assert sends() == ""
    assert states() == ["failed", "sent"]
    chosen = db.session.get(Choices, people.users["one"])
    assert (chosen.refused_address, chosen.refused_why) == ("one@ici.test", "550 no such user")
    jobs.tell_all()
    with acting(people.access("one")):
        assert [row.kind for row in services.mine()[0]] == ["core.mail.refused", "test.urgent"]
    happens(people, "one", n=2)
    sends()
    assert len(office.taken) == 1 and db.session.scalar(select(func.count(Message.id))) == 3  # no mail about mail
    with unit_of_work(Access.system("test")):
        people.user("one").email = "eloise@ici.test"
    happens(people, "one", n=3)
    sends()
    assert office.taken[-1][0] == ("eloise@ici.test",)


def test_no_mail_is_made_of_mail_that_fails(people, office):
    """A loop would fill the queue: a refusal is told in the app, and there only."""
    office.rcpt = ("@", "550 nobody")
    for n in range(3):
        happens(people, "one", "two", n=n)
        sends()
        jobs.tell_all()
        later(60)
    kinds = db.session.execute(select(Notice.kind, func.count(Notice.id)).group_by(Notice.kind)).all()
    assert dict(kinds) == {"test.urgent": 6, "core.mail.refused": 2}
    assert db.session.scalar(select(func.count(Message.id))) == 6


@pytest.mark.parametrize(
    ("answer", "state"),
    [("451 try later", "waiting"), ("452 full", "waiting"), ("554 looks like spam", "failed"), ("250 OK", "sent")],
)
def test_an_answer_of_the_server_decides_whether_it_is_tried_again(people, office, answer, state):
    office.answers = [answer]
    happens(people, "one")
    sends()
    assert states() == [state]
    assert db.session.get(Choices, people.users["one"]) is None  # it was not the address
    later(10)
    sends()
    assert len(office.taken) == (2 if state == "waiting" else 1)
    assert states() == ["sent" if state == "waiting" else state]


def test_a_recipient_who_is_put_off_does_not_hold_up_the_others(people, office):
    office.rcpt = ("one@", "450 greylisted")
    happens(people, "one", "two", "three")
    assert sends() == "" and states() == ["sent", "sent", "waiting"]


def test_a_server_that_drops_the_line_after_the_mail_is_asked_again_with_the_same_words(people, office):
    office.drop = 1
    happens(people, "one", "two")
    assert sends() == ""
    assert states() == ["sent", "waiting"]
    later(5)
    sends()
    assert states() == ["sent", "sent"] and len(office.taken) == 3


def test_a_server_that_drops_every_line_is_left_alone_after_three(people, office):
    office.drop = 99
    happens(people, "one", "two", "three")
    assert "SMTPServerDisconnected" in sends()
    assert len(office.taken) == 3 and states() == ["waiting"] * 3


def test_a_slow_server_is_waited_for_no_longer_than_is_said(people, office, monkeypatch):
    monkeypatch.setattr(mail, "PATIENCE", 0.5)
    office.delay = 2
    happens(people, "one")
    before = time.monotonic()
    said = sends()
    assert time.monotonic() - before < 2.5 and states() == ["waiting"]
    assert said == "" and "imed out" in db.session.scalar(select(Message.error))


def test_a_round_ends_in_time_and_gives_back_what_it_had_not_sent(people, office, monkeypatch):
    monkeypatch.setattr(carrying, "ROUND", 0.0)
    happens(people, "one", "two")
    assert sends() == "" and office.taken == [] and states() == ["waiting"] * 2


def test_what_was_read_switched_off_or_is_no_longer_his_is_not_sent(people, office):
    happens(people, "one", "two", "three")
    with acting(people.access("one")):
        perform(lambda: services.read_all(10**9))
    with acting(people.access("two")):
        perform(lambda: choosing.choose([], [MAIL]))
    with unit_of_work(Access.system("test")):
        people.user("three").active = False
    assert sends() == "" and office.taken == [] and states() == ["dropped"] * 3


def test_rights_are_asked_again_when_it_is_sent(people, office, monkeypatch, app):
    kind = app.extensions["amagara.notices"]["test.urgent"]
    monkeypatch.setitem(
        app.extensions["amagara.notices"],
        "test.urgent",
        kind.__class__(**{**vars(kind), "permission": "core.audit.view"}),
    )
    happens(people, "one")
    with unit_of_work(Access.system("test")):
        person = people.user("one")
        db.session.delete(person.grants[0])
    assert sends() == "" and office.taken == [] and states() == ["dropped"]


def test_two_workers_send_it_once(people, office):
    happens(people, "one")
    with acting(Access.system("job")):
        first = perform(lambda: post.take(MAIL))
        assert perform(lambda: post.take(MAIL)) is None
        perform(lambda: post.settle(first))
        assert sends() == "" and office.taken == []


KILLED = """
import os, sys
from core import create_app
from core.data.access import Access
from core.data.db import db
from core.notices import mail
app = create_app({"SQLALCHEMY_DATABASE_URI": sys.argv[1], "SECRET_KEY": "only for tests", "SMTP_HOST": "127.0.0.1",
    "AUDIT_KEY": "only for tests, but long enough for them", "SMTP_PORT": int(sys.argv[2]), "SMTP_TLS": "none",
    "MAIL_FROM": "Ministère <amagara@sante.test>"})
with app.app_context():
    from core.contract.ports import APP, MAIL, NoticeKind
    app.extensions["amagara.notices"]["test.urgent"] = NoticeKind("test.urgent", "x", ["t"], lambda e, r: [],
        lambda e: ("Title", "x"), (APP, MAIL), True)
    db.session().info["access"] = Access.system("job")
    mail.send_due()
"""


def test_a_worker_that_is_killed_while_the_mail_leaves_sends_it_again_under_its_old_name(app, people, office):
    office.delay = 30
    happens(people, "one")
    url = db.engine.url.render_as_string(hide_password=False)
    db.session.remove()
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, url, str(office.port)], env={**os.environ, "AMAGARA_PLUGINS": ""}
    )
    end = time.monotonic() + 30
    while not office.taken and time.monotonic() < end:
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    office.delay = 0
    db.session().info["access"] = Access.system("test")
    assert len(office.taken) == 1 and states() == ["sending"]
    assert sends() == "" and len(office.taken) == 1  # perhaps somebody is still at it
    later(20)
    assert sends() == "" and states() == ["sent"]
    assert len({message["Message-ID"] for _to, message in office.taken}) == 1 and len(office.taken) == 2


def test_the_schedule_sends_and_a_failure_stands_on_the_system_page(app, people, office, client):
    office.server.stop()
    office.server = None
    schedule.ask_due()
    happens(people, "one")
    with unit_of_work(Access.system("test")):
        schedule.bring_forward(SEND)
    worker.work()
    make.sign_in(client, "admin")
    assert "ConnectionRefused" in client.get("/inbox").text
    before = db.session.scalar(select(func.count(Job.id)))
    with unit_of_work(Access.system("test")):
        schedule.bring_forward(SEND)
    worker.work()
    assert db.session.scalar(select(func.count(Job.id))) == before  # nothing is due: no job


def test_an_administrator_sends_himself_a_test_and_reads_what_the_server_says(app, people, office, client):
    with unit_of_work(Access.system("test")):
        people.user("admin").email = "admin@ici.test"
    make.sign_in(client, "admin")
    answer = client.post("/notices/system/mail/try")
    worker.work()
    assert "Terminé" in client.get(answer.location).text
    assert office.taken[0][0] == ("admin@ici.test",) and office.taken[0][1]["Subject"] == "Ceci est un essai d’Amagara"
    office.rcpt = ("admin@", "550 who is that")
    answer = client.post("/notices/system/mail/try")
    worker.work()
    assert "550 who is that" in client.get(answer.location).text
    assert (
        client.post("/notices/system/app/try").status_code == client.post("/notices/system/sms/try").status_code == 404
    )
    other = app.test_client()
    make.sign_in(other, "one")
    assert other.post("/notices/system/mail/try").status_code == 403


def link_in(message):
    return re.search(r"<https://amagara\.test(/notices/stop/[^>]+)>", message["List-Unsubscribe"])[1]


def test_the_link_of_a_mail_ends_its_kind_by_a_button_or_one_click_and_a_get_changes_nothing(app, people, office):
    happens(people, "one")
    sends()
    ((_to, message),) = office.taken
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.search(rb"^List-Unsubscribe: <https://amagara\.test/notices/stop/[\w.-]+>\r$", office.raw[0], re.M)
    assert max(map(len, office.raw[0].split(b"\r\n"))) < 998
    link, anybody = link_in(message), app.test_client()
    page = anybody.get(link)
    assert page.status_code == 200 and "Kind test.urgent" in page.text and "Éloïse" not in page.text
    assert db.session.get(Choices, people.users["one"]) is None
    for _time in range(2):
        answer = anybody.post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and "Kind test.urgent" in answer.text
    happens(people, "one", "two", n=2)
    sends()
    assert [to for to, _message in office.taken[1:]] == [("two@ici.test",)]
    with acting(people.access("one")):
        assert len(services.mine()[0]) == 2  # in the app all the same


def test_one_click_needs_no_token_of_a_form(app, people, tmp_path):
    from tests.conftest import build

    guarded = build(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, WTF_CSRF_ENABLED=True)
    token = ways.stop_token(people.users["one"], "test.urgent")
    answer = guarded.test_client().post(f"/notices/stop/{token}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


def test_the_button_of_a_mail_about_several_kinds_ends_all_mail(app, people, office):
    happens(people, "one", n=1)
    happens(people, "one", n=2, urgent=False)
    later(24 * 60)
    sends()
    ((_to, message),) = office.taken
    assert "Kind test.plain" in text_of(message) and "Kind test.urgent" in text_of(message)
    app.test_client().post(link_in(message))
    assert db.session.get(Choices, people.users["one"]).mail == "never"


def test_a_forged_or_foreign_link_ends_nothing(app, people):
    good, client = ways.stop_token(people.users["one"], "test.urgent"), app.test_client()
    other = ways.stop_token(people.users["two"], "test.urgent")
    mixed = other.partition(".")[0] + "." + good.partition(".")[2]
    for token in (good[:-1], good + "x", mixed, "x", "WzEsIngiXQ.x"):
        assert client.get(f"/notices/stop/{token}").status_code == 400
        assert client.post(f"/notices/stop/{token}").status_code == 400
    assert db.session.scalar(select(func.count()).select_from(Choices)) == 0


def test_no_one_click_is_offered_where_people_come_without_https(people, office, monkeypatch, app):
    monkeypatch.setitem(app.config, "BASE_URL", "http://192.168.1.5:8000")
    happens(people, "one")
    sends()
    assert office.taken[0][1]["List-Unsubscribe-Post"] is None


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """Return the (certificate, key) of a mail server, which its own authority signed and this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return paths


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_the_line_is_sealed_signed_in_and_the_certificate_is_verified(
    app, people, office, certificate, monkeypatch, way, trusted
):
    import ssl

    office.server.stop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    asked = []

    def judge(server, session, envelope, mechanism, data):
        asked.append((data.login, data.password))
        return AuthResult(success=data.password == b"secret", handled=False)

    more = {"ssl_context": context} if way == "tls" else {"tls_context": context, "require_starttls": True}
    office.server = Controller(office, hostname="localhost", port=office.port, authenticator=judge, auth_required=True,
                               auth_require_tls=way != "tls", ready_timeout=20, **more)  # fmt: skip
    office.server.start()
    for name, value in {
        "SMTP_HOST": "localhost",
        "SMTP_TLS": way,
        "SMTP_USER": "amagara",
        "SMTP_PASSWORD": "secret",
    }.items():
        monkeypatch.setitem(app.config, name, value)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    happens(people, "one")
    said = sends()
    if not trusted:
        assert "CERTIFICATE_VERIFY_FAILED" in said and asked == [] and office.taken == []
        return
    assert said == "" and len(office.taken) == 1 and asked == [(b"amagara", b"secret")]
    monkeypatch.setitem(app.config, "SMTP_PASSWORD", "wrong")
    happens(people, "two")
    said = sends()
    assert said.startswith("535") and "wrong" not in said and states() == ["sent", "waiting"]


@pytest.mark.parametrize(
    "wrong",
    [{"AMAGARA_SMTP_TLS": "ssl"}, {"AMAGARA_MAIL_FROM": "Amagara"}, {"AMAGARA_MAIL_FROM": "a b@c"},
     {"AMAGARA_SMS_METHOD": "PUT"}, {"AMAGARA_SMS_URL": "file:///etc/passwd"}],
)  # fmt: skip
def test_a_setting_that_cannot_be_refuses_the_start(wrong, tmp_path):
    from core.config import from_environment

    with pytest.raises(RuntimeError, match=next(iter(wrong))):
        from_environment({"AMAGARA_INSTANCE": str(tmp_path), **wrong})
