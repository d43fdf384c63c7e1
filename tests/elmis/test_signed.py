"""What a person signed on a shared tablet leaves in another's session, as his own; what does not fit is nobody's."""

import base64
import hmac
import json
import re
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, today, utcnow
from core.data.trail import AuditEntry
from core.data.work import perform, unit_of_work
from core.users.accounts import services as accounts
from core.users.accounts.models import User
from core.users.rights.models import Grant
from core.users.signin import keys
from plugins.elmis.ledger.models import Movement
from tests import make as people
from tests.elmis import make

pytestmark = pytest.mark.both_databases
PLACE, NEW = "P1A-CDS1", "/elmis/store/new/dispense"
PROGRAM = {"Accept": "application/json"}


@pytest.fixture
def tablet(app, world):
    """Return the tablet of a store in which 50 of one lot lie; two people share it, and the first has a PIN."""
    make.reference()
    with unit_of_work(Access.system("test")):
        for login in ("first", "second"):
            world.users[login] = people.user(login, world[PLACE], "storekeeper").id
        make.receive(world[PLACE], make.lot(make.product("AMOX"), "A1", today() + timedelta(days=300)), 50)
    return Tablet(app, world)


class Tablet:
    """One browser: who signs in on it, the key of the first person, and the slips that he has signed."""

    def __init__(self, app, world):
        self.app, self.world, self.client = app, world, app.test_client()
        self.enter("first")
        self.key = self.client.post("/device/key", headers=PROGRAM).json
        self.mark = re.search(r'name="_made" value="([^"]+)"', self.client.get(NEW).text)[1]

    def enter(self, login):
        self.client.post("/sign-out")
        people.sign_in(self.client, login)

    def slip(self, quantity=5, at=None, **said):
        moment = str(int((at or utcnow()).timestamp() * 1000))
        return {
            "_key": uuid4().hex, "occurred_on": f"{today():%d/%m/%Y}", "lines-0-product": "AMOX",
            "lines-0-quantity": str(quantity), "_made": self.mark, "_written": moment, **said,
        }  # fmt: skip

    def headers(self, slip, path=NEW, key=None):
        """Sign as the device does: lines of names and values, by the hash of the name."""
        key = key or self.key
        pairs = [
            (name, each) for name, value in slip.items() for each in (value if isinstance(value, list) else [value])
        ]
        lines = [
            ("file" if isinstance(value, tuple) else "field", sha256(name.encode()).hexdigest(),
             sha256(value[0].getvalue() if isinstance(value, tuple) else value.encode()).hexdigest())
            for name, value in pairs
        ]  # fmt: skip
        lines = sorted(lines, key=lambda line: line[:2])
        text = "\n".join(["amagara-sending-1", key["id"], path, *(" ".join(line) for line in lines)])
        mac = hmac.new(base64.b64decode(key["secret"]), text.encode(), "sha256").hexdigest()
        return {**PROGRAM, "Amagara-Key": key["id"], "Amagara-Signature": mac}

    def send(self, slip, headers=None, path=NEW):
        return self.client.post(path, data=slip, headers=headers or self.headers(slip, path))


def movements():
    db.session.rollback()
    return db.session.scalars(select(Movement).where(Movement.document.like("%DISP%") | (Movement.quantity < 50))).all()


def trail():
    """Return the lines of the trail of movements."""
    query = select(AuditEntry.body).where(AuditEntry.entity == "elmis.movement").order_by(AuditEntry.seq.desc())
    return [json.loads(body) for body in db.session.scalars(query)]


def test_it_leaves_in_anothers_session_and_stays_its_writers(tablet):
    slip = tablet.slip()
    tablet.enter("second")
    answer = tablet.send(slip)
    assert answer.status_code == 200, answer.text
    line = trail()[0]
    assert line["user_id"] == tablet.world.users["first"] and [one.quantity for one in movements()] == [5]
    assert "session of second" in line["origin"] and re.search(r"device [0-9a-f]{16}", line["origin"])
    second = db.session.get(User, tablet.world.users["second"]).name
    assert second in line["reason"], "whoever reads the history sees in whose session it came"
    again = tablet.send(slip)
    assert again.json == answer.json and len(movements()) == 1, "replayed: the stored answer"
    tablet.enter("first")
    assert tablet.send(slip).json == answer.json and len(movements()) == 1, "it is one sending in either session"


def test_with_a_photo_and_a_field_that_comes_twice(tablet):
    slip = tablet.slip(note=["a", "b"], photo=(BytesIO(b"\xff\xd8 no photo"), "one.jpg"))
    headers = tablet.headers(slip)
    tablet.enter("second")
    for changed in ({"note": ["b", "a"]}, {"photo": (BytesIO(b"\xff\xd8 another"), "one.jpg")}):
        body = {**slip, "photo": (BytesIO(slip["photo"][0].getvalue()), "one.jpg"), **changed}
        assert tablet.client.post(NEW, data=body, headers=headers).status_code == 403
    assert tablet.send(slip, headers).status_code == 200


def forged(tablet, slip):
    """Return {what was done: (slip, headers, path)} of sendings that do not fit."""
    good, other = tablet.headers(slip), {"id": tablet.key["id"], "secret": base64.b64encode(bytes(32)).decode()}
    elsewhere = NEW.replace("dispense", "loss")
    return {
        "a figure was changed": ({**slip, "lines-0-quantity": "40"}, good, NEW),
        "a line was added": ({**slip, "lines-1-product": "AMOX", "lines-1-quantity": "3"}, good, NEW),
        "a field was taken away": ({name: slip[name] for name in slip if name != "_made"}, good, NEW),
        "it was sent as another form": (slip, good, elsewhere),
        "under another key": ({**slip, "_key": uuid4().hex}, good, NEW),
        "at another moment": ({**slip, "_written": str(int(slip["_written"]) - 1)}, good, NEW),
        "with another secret": (slip, tablet.headers(slip, key=other), NEW),
        "with a key of nobody": (slip, {**good, "Amagara-Key": "0" * 32}, NEW),
        "without a signature": (slip, {name: good[name] for name in good if "Signature" not in name}, NEW),
        "with half a signature": (slip, {**good, "Amagara-Signature": good["Amagara-Signature"][:32]}, NEW),
        "with letters that are none": (slip, {**good, "Amagara-Signature": "é" * 64}, NEW),
        "as a page": (slip, {**good, "Accept": "text/html"}, NEW),
        "where nothing may wait": (slip, tablet.headers(slip, "/profile"), "/profile"),
    }


def test_what_does_not_fit_is_recorded_as_nobodys(tablet):
    slip = tablet.slip()
    for who in ("second", "first"):
        tablet.enter(who)
        for what, (body, headers, path) in forged(tablet, slip).items():
            answer = tablet.client.post(path, data=body, headers=headers)
            assert answer.status_code == 403 and movements() == [], (who, what)
    tablet.client.post("/sign-out")
    assert tablet.send(slip).status_code == 401 and movements() == [], "of nobody's session none is taken"


def test_what_waited_without_a_signature_is_not_taken_of_whoever_has_a_pin_here(tablet):
    slip = tablet.slip()
    refused = tablet.send(slip, PROGRAM)
    assert refused.status_code == 403 and "signature" in refused.json["detail"] and movements() == []
    assert tablet.client.post(NEW, data=slip).status_code == 302, "he has opened it and sends it by hand"
    other = Tablet.__new__(Tablet)
    other.client = tablet.app.test_client()
    other.enter("first")
    assert other.send(tablet.slip(), PROGRAM).status_code == 200, "on a device without a PIN"
    assert len(movements()) == 2


def ends(tablet):
    """Return {what happens: how} that takes a key back."""
    first, device = tablet.world.users["first"], tablet.app.test_client
    system = Access.system("test")

    def as_system(act):
        with unit_of_work(system):
            act()

    def new_password():
        client = device()
        people.sign_in(client, "first")
        client.post(
            "/password",
            data={"old": people.PASSWORD, "password": "mille collines le soir", "again": "mille collines le soir"},
        )

    return {
        "closed": lambda: as_system(lambda: accounts.set_active(first, active=False)),
        "sessions ended": lambda: as_system(lambda: accounts.end_sessions(first)),
        "blocked": lambda: as_system(lambda: keys.take_back(first, keys.of(first)[0].device)),
        "password": new_password,
    }  # fmt: skip


@pytest.mark.parametrize("how", ["closed", "sessions ended", "blocked", "password"])
def test_a_key_that_was_taken_back_vouches_for_nothing_and_the_device_hears_it(tablet, how):
    slip = tablet.slip()
    tablet.enter("second")
    ask = {"query_string": {"key": [tablet.key["id"], "f" * 32]}}
    assert tablet.client.get("/api/pulse", **ask).json["dead"] == ["f" * 32]
    ends(tablet)[how]()
    assert tablet.client.get("/api/pulse", **ask).json["dead"] == [tablet.key["id"], "f" * 32]
    assert tablet.send(slip).status_code == 403 and movements() == []


def test_blocking_a_device_of_ones_own(tablet):
    page = tablet.client.get("/profile").text
    way = re.search(r'action="(/devices/[0-9a-f]{16}/block)"', page)[1]
    tablet.enter("second")
    assert tablet.client.post(way).status_code in (302, 422) and keys.find(tablet.key["id"]), "nobody blocks another's"
    tablet.enter("first")
    tablet.client.post(way)
    db.session.rollback()
    assert keys.find(tablet.key["id"]) is None and "/block" not in tablet.client.get("/profile").text


def test_what_was_written_after_the_pin_had_run_out_waits_for_its_person(tablet):
    days = tablet.app.config["PIN_DAYS"]
    with time_machine.travel(utcnow() + timedelta(days=days + 3), tick=False):
        tablet.enter("second")
        late, good = (tablet.slip(at=utcnow() - timedelta(days=back)) for back in (2, 4))
        assert tablet.send(late).status_code == 403, "two days after it had run out"
        assert tablet.send(good).status_code == 200
        assert tablet.send(tablet.slip(at=utcnow() + timedelta(days=1))).status_code == 403, "a moment that cannot be"
        tablet.enter("first")
        assert tablet.client.get("/device/state").json["days"] == days
        assert tablet.send(late).status_code == 200, "his own session takes it"
    assert len(movements()) == 2


def test_rights_are_those_of_the_writer_and_of_the_day_on_which_it_comes(tablet):
    slip = tablet.slip()
    with unit_of_work(Access.system("test")):
        query = select(Grant).where(Grant.user_id == tablet.world.users["first"])
        for grant in db.session.scalars(query).all():
            db.session.delete(grant)
    tablet.enter("second")
    assert tablet.send(slip).status_code == 403 and movements() == [], "the second may, and it is not his"
    assert tablet.client.get("/device/state").json["user"] == tablet.world.users["second"], "the session stays his"


def test_a_key_is_made_by_whoever_gave_his_password_a_moment_ago(tablet):
    with time_machine.travel(utcnow() + timedelta(minutes=11), tick=False):
        assert tablet.client.post("/device/key", headers=PROGRAM).status_code == 403
    tablet.client.post("/sign-out")
    assert tablet.client.post("/device/key", headers=PROGRAM).status_code == 401


def test_a_new_pin_leaves_what_was_signed_before_and_an_old_key_goes(tablet):
    slip, old = tablet.slip(), tablet.key["id"]
    assert tablet.client.post("/device/key", headers=PROGRAM).json["id"] != old
    tablet.enter("second")
    assert tablet.send(slip).status_code == 200
    with time_machine.travel(utcnow() + timedelta(days=43), tick=False), unit_of_work(Access.system("test")):
        keys.forget_old(42)
    perform(lambda: None)
    assert db.session.get(keys.DeviceKey, old) is None


def test_the_door_is_the_same_for_everybody(app, world, client):
    first = client.get("/device/unlock")
    people.sign_in(client, "nobody")
    second = client.get("/device/unlock")
    assert first.status_code == 200 and first.data == second.data and "csrf_token" not in first.text
