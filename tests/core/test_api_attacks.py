"""What somebody tries with a token: more than it opens, another's, bodies that no program sends, two at once."""

import json
import logging
import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.api.tokens import services
from core.api.tokens.models import Token
from core.contract.plugins import permissions
from core.data.access import Access, acting, current
from core.data.db import db, today
from core.data.trail import AuditEntry
from core.data.work import Idempotency, unit_of_work
from core.facilities.models import Facility
from core.jobs import services as jobs
from core.users.accounts.models import User
from core.users.directory import services as directory
from core.users.interims import services as interims
from core.users.rights.access import access_of
from core.users.rights.held import held_by
from core.users.rights.models import Grant, Role
from tests import make
from tests.programs import Program, program, token

pytestmark = pytest.mark.both_databases
ON = today().isoformat()
SYSTEM = Access.system("test")


def bearer_access(made):
    """Return what a program may do by a token now."""
    with acting(SYSTEM):
        found = services.find(made)
        return services.access_of(found, held_by(found.user.id))


def test_a_token_opens_just_what_its_person_its_names_and_its_place_have_in_common(app, world):
    """Brute force: every right at every place, for random people and scopes."""
    dice, known = random.Random(7), permissions()
    codes = [*world.ids]
    with unit_of_work(SYSTEM):
        kinds = list(db.session.scalars(select(Role)))
        for number in range(12):
            names = "\n".join(dice.sample([*known], dice.randint(1, 4)))
            db.session.add(role := Role(code=f"r{number}", label_en="r", label_fr="r", permissions=names))
            kinds.append(role)
        db.session.flush()
        people = [make.user(f"p{number}", world[dice.choice(codes)]).id for number in range(8)]
        for person in people:
            for role in dice.sample(kinds, 3):
                db.session.add(Grant(user_id=person, role_id=role.id, facility_id=world.ids[dice.choice(codes)]))
        db.session.flush()
        made = []
        for number in range(80):
            person, place = dice.choice(people), dice.choice([None, *codes])
            held = sorted({name for name, _path in access_of(db.session.get(User, person), known).grants})
            names = dice.sample(held, dice.randint(1, len(held))) if held else []
            row = Token(user_id=person, name="x", rights="\n".join(names), expires_on=today())
            row.token_hash = services.hash_token(text := f"amg_{number:043}")
            row.facility_id = world.ids[place] if place else None
            db.session.add(row)
            made.append((text, person, names, place))
    compared = 0
    with acting(SYSTEM):
        places = list(db.session.scalars(select(Facility)))
        homes = {row.id: row.facility for row in db.session.scalars(select(User))}
        people_may = {id: access_of(db.session.get(User, id), known) for id in people}
    for text, person, names, place in made:
        mine, got = people_may[person], bearer_access(text)
        within = next(each.path for each in places if each.code == place) if place else "/"
        whole = within.count("/") <= 2
        for name, permission in known.items():
            for facility in places:
                wanted = (
                    name in names and facility.path.startswith(within) and mine.can(name, facility)
                    and (whole or not permission.national)
                )  # fmt: skip
                assert got.can(name, facility) is wanted, (names, place, name, facility.code)
                compared += wanted
        assert not got.gives and not got.lent and not got.everything
    assert compared > 50
    for text, _person, names, place in made[:15]:
        got, answer = bearer_access(text), Program(app, text).get("core.user?size=200")
        seen = {row["id"] for row in answer.json.get("items", [])}
        with acting(SYSTEM):
            homes = {row.id: row.facility for row in db.session.scalars(select(User))}
        assert seen == {id for id, at in homes.items() if got.can("core.user.view", at)}, (names, place)


def test_a_token_never_carries_what_is_lent(app, client, world):
    with unit_of_work(SYSTEM):
        world.users["away"] = make.user("away", world["P1"], "administrator").id
        world.users["here"] = make.user("here", world["P1A"], "auditor").id
        role = db.session.scalars(select(Role).where(Role.code == "administrator")).one().id
    made = token(world, "here", "core.user.view")
    with acting(SYSTEM):
        away = access_of(world.user("away"), permissions())
    with unit_of_work(away):
        here, last = directory.colleague(world.users["here"]), today() + timedelta(days=5)
        interims.begin(db.session.get(User, world.users["away"]), here, today(), last, [role], None, "Leave")
    with acting(SYSTEM):
        assert access_of(world.user("here"), permissions()).can("core.facility.edit", world["P1A"])
    assert bearer_access(made).lent == ()
    asks = Program(app, made)
    assert asks.do(f"core.facility/{world.ids['P1A']}/rename", {"name": "X", "on": ON}).status_code == 403
    make.sign_in(client, "here")
    shown = client.get("/tokens/new").text
    assert 'value="core.user.view"' in shown and 'value="core.facility.edit"' not in shown
    said = {"name": "x", "names": ["core.facility.edit"], "expires_on": ON}
    assert client.post("/tokens/new", data=said).status_code == 422


def test_a_job_that_a_program_asks_for_may_no_more_than_its_token(app, world):
    seen = []

    @jobs.job("test.rights")
    def work(progress):
        seen.append((current().can("core.user.edit"), current().can("core.facility.edit"), current().token))
        return ""

    text = token(world, "admin", "core.facility.edit", name="Night")
    access = bearer_access(text)
    with unit_of_work(access):
        jobs.enqueue("test.rights", "x")
    with unit_of_work(Access(world.users["admin"], "Admin")):
        jobs.enqueue("test.rights", "y")
    jobs.run_waiting(app.extensions["amagara.access_for"])
    assert seen == [(False, True, "Night"), (True, True, "")]
    with unit_of_work(access):
        jobs.enqueue("test.rights", "z")
    with unit_of_work(SYSTEM):
        services.end(db.session.scalars(select(Token)).one())
    jobs.run_waiting(app.extensions["amagara.access_for"])
    assert len(seen) == 2, "what a token asked for is not done once it is ended"
    del jobs.KINDS["test.rights"]


@pytest.mark.parametrize(
    "body, status",
    [
        (b'{"name": NaN}', 400), (b'{"name": Infinity}', 400), (b'{"population": 1e999999999}', 400), (b"[" * 200_000, 400),
        (b'{"a":' * 200_000, 400), (b'{"name": "\\ud800"}', 400), (b"\xff\xfe{}", 400), (b'{"name": "x"', 400), (b"null", 400), (b'"x"', 400),
        (b'{"' + b"a" * 3_000_000 + b'": 1}', 422), (b'{"a": [' + b"1," * 100_000 + b"1]}", 400), (b"x" * (20 * 2**20), 413), (b'{"name": "' + b"x" * (5 * 2**20) + b'"}', 413),
        (b'{"population": 9223372036854775808}', 422), (b'{"population": 123456789012345678901234567890}', 422), (b'{"population": -1}', 422),
        (b'{"population": 1.5}', 422), (b'{"opened_on": "2026-02-30"}', 422), (b'{"opened_on": "9999-12-31"}', 422), (b'{"name": "\\u0000"}', 422),
        (b'{"codes": [{"scheme": {"a": {"b": {"c": {"d": {"e": 1}}}}}}]}', 400), (b'{"codes": [[[[[1]]]]]}', 400),
        (b'{"codes": "x"}', 422), (b'{"codes": [1, {"scheme": "x"}]}', 422), (b'{"_seen": "{", "name": 3}', 422),
        (b'{"_seen": "[]", "_theirs": [1, 2], "_at": "x:y z", "_confirm": ["a"], "phone": ["1"]}', 422),
    ], ids=str,
)  # fmt: skip
def test_bodies_that_no_program_sends_are_refused_in_words(app, world, body, status):
    asks = program(app, world, "admin")
    path = f"/api/v1/core.facility/{world.ids['P1A']}/change"
    answer = asks.client.post(
        path, data=body, content_type="application/json", headers=asks.headers | {"If-Match": "*"}
    )
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text[:300]
    assert len(answer.data) < 20_000
    db.session.expire_all()
    assert world["P1A"].population is None


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""],
)
def test_what_is_not_json_is_not_read(app, world, kind):
    asks = program(app, world, "admin")
    answer = asks.client.post(
        f"/api/v1/core.user/{world.users['nobody']}/close", data="a=1", content_type=kind, headers=asks.headers
    )
    assert answer.status_code == 415
    db.session.expire_all()
    assert db.session.get(User, world.users["nobody"]).active


def test_a_body_is_not_read_before_its_sender_is_known(app, world):
    answer = app.test_client().post("/api/v1/core.facility/1/change", data=b"{" * 1000, content_type="application/json")
    assert answer.status_code == 401


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 5000, "sort=" + "x" * 5000, "under=9223372036854775808", "under=x", "page=999999999",
                                   "f.population.from=1e9999", "f.population.from=NaN", "f.opened_on.from=9999999-01-01", "f.name=%ff", "f.name=' OR 1=1 --", "&&&=&"])  # fmt: skip
def test_addresses_that_no_program_sends_are_no_fault_of_ours(app, world, query):
    answer = program(app, world, "admin").get(f"core.facility?{query}")
    assert answer.status_code in (200, 400), answer.text


def at_once(*tasks):
    """Run some functions at the same moment; return what they answered."""
    answers, together = [], threading.Barrier(len(tasks))

    def run(task):
        together.wait()
        answers.append(task())

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    [each.start() for each in threads], [each.join() for each in threads]
    return answers


def test_of_two_who_change_the_same_version_one_is_told(app, world):
    asks = [program(app, world, "admin") for _each in range(4)]
    path = f"core.facility/{world.ids['P1A']}"
    db.session.rollback()
    for turn in range(3):
        tag = {"If-Match": asks[0].get(path).headers["ETag"]}
        said = [
            lambda one=one, number=number, tag=tag: one.do(f"{path}/change", {"population": number}, **tag).status_code
            for number, one in enumerate(asks, 1 + 10 * turn)
        ]
        assert sorted(at_once(*said)) == [200, 412, 412, 412]


def test_the_same_key_twice_at_once_is_done_once(app, world):
    asks = program(app, world, "admin")
    body = {"type_id": world["P1A"].type_id, "parent": "P1", "name": "N", "code": "N-1", "status": "open"}
    db.session.rollback()
    answers = at_once(*[lambda: asks.do("core.facility/create", body, "one")] * 4)
    assert [each.status_code for each in answers] == [200] * 4
    assert len({json.dumps(each.json) for each in answers}) == 1


def test_a_token_stands_in_no_log_and_in_no_stored_answer(app, world, caplog, client):
    caplog.set_level(logging.DEBUG)
    make.sign_in(client, "admin")
    page = client.post("/tokens/new", data={"name": "x", "names": ["core.facility.edit"], "expires_on": ON})
    made = page.text[page.text.index("amg_") :][:47]
    asks = Program(app, made)
    asks.get(""), asks.get("nothing"), asks.do("core.user/1/close")
    asks.do("bulk", [{"verb": "core.user.close", "id": 1, "key": "a"}])
    Program(app, made + "x").get("")
    app.extensions["amagara.notes"].drain()
    stored = [*db.session.scalars(select(Idempotency.answer)), *db.session.scalars(select(AuditEntry.body))]
    assert made not in caplog.text and not [each for each in stored if made in each]
    assert "no-store" in page.headers["Cache-Control"]


def test_a_row_tells_of_others_by_their_numbers_alone(app, world):
    asks = program(app, world, "auditor", "core.user.view")
    person = asks.get(f"core.user/{world.users['admin']}").json
    assert person["lines"].keys() <= {"grants"} and "password" not in json.dumps(person)
    assert asks.get("core.token").json["total"] == 1
