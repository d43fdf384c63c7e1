"""One person stands in for another: beside his own rights, within place and days, in that one's name, and no further."""

import json
import random
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.contract.plugins import permissions
from core.data import audit
from core.data.access import Access, acting, current
from core.data.db import db, today
from core.data.errors import AmagaraError, Doubt, Refused
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.facilities.models import Facility
from core.users.accounts import invitations
from core.users.accounts import services as accounts
from core.users.accounts.models import User
from core.users.directory import services as directory
from core.users.interims import services as interims
from core.users.interims.models import Interim, InterimRole
from core.users.rights import grants, held, roles
from core.users.rights.access import access_of
from core.users.rights.audience import accesses
from core.users.rights.models import Grant, Role
from core.users.signin import factor
from tests import make

pytestmark = pytest.mark.both_databases
DAY = timedelta(days=1)
SYSTEM = Access.system("test")
ROLES = {
    "planner": "core.facility.edit\ncore.user.view",
    "reader": "core.audit.view",
    "boss": "core.user.view\ncore.user.edit\ncore.role.edit\ncore.facility.edit",
}


def role(code):
    return db.session.scalars(select(Role).where(Role.code == code)).one()


def access(world, login):
    with acting(SYSTEM):
        return access_of(world.user(login), permissions())


@pytest.fixture
def people(app, world):
    """Return the world with Aline, planner of P1, Bosco, who works beside her, Clara of P2, and a boss of P1."""
    with unit_of_work(SYSTEM):
        for code, names in ROLES.items():
            db.session.add(Role(code=code, label_en=code.title(), label_fr=code.title(), permissions=names))
        db.session.flush()
        for login, place, codes in (
            ("aline", "P1", ("planner",)), ("bosco", "P1A", ()), ("clara", "P2A", ("reader",)), ("boss", "P1", ("boss",)),
        ):  # fmt: skip
            world.users[login] = make.user(login, world[place], *codes).id
    return world


def begin(world, absent="aline", stand_in="bosco", first=None, last=None, codes=("planner",), place=None, by=None):
    """Begin an interim as the absent person, or another; return its number."""
    with unit_of_work(access(world, by or absent)):
        first = first or today()
        row = interims.begin(
            db.session.get(User, world.users[absent]), directory.colleague(world.users[stand_in]), first,
            last or first + 10 * DAY, [role(code).id for code in codes], world[place] if place else None, "Leave",
        )  # fmt: skip
        return row.id


def refused(who, operation):
    """Return whether an operation of a person is refused; it is taken back in any case."""
    try:
        with unit_of_work(who):
            operation()
            db.session.flush()
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        return False
    except AmagaraError:
        return True


def lent(one):
    """Return what an access holds for others: {person: rights}."""
    return {each.user_id: set(each.rights) for each in one.lent}


def test_what_is_lent_is_what_brute_force_says(people):
    chance, world, base = random.Random(11), people, date(2027, 6, 1)
    codes, places = list(ROLES), ("BI", "P1", "P1A", "P1A-CDS1", "P2")
    with unit_of_work(SYSTEM):
        role("reader").second_factor = True
        names = [make.user(f"p{n}", world[chance.choice(places)]).id for n in range(7)]
        for _n in range(25):
            first, last = sorted(base + chance.randint(-20, 20) * DAY for _end in "ab")
            days = {"first_day": chance.choice([first, None]), "last_day": chance.choice([last, None])}
            where = world[chance.choice(places)]
            db.session.add(Grant(user_id=chance.choice(names), role=role(chance.choice(codes)), facility=where, **days))
        for _n in range(40):
            first, last = sorted(base + chance.randint(-20, 20) * DAY for _end in "ab")
            one, other = chance.sample(names, 2)
            place = chance.choice([None, *places])
            gone = chance.choice([None, None, datetime(2027, 6, 1, tzinfo=UTC)])
            chosen = chance.sample(codes, chance.randint(1, 3))
            db.session.add(
                Interim(
                    absent_id=one,
                    absent_name="x",
                    stand_in_id=other,
                    stand_in_name="y",
                    first_day=first,
                    last_day=last,
                    facility_id=world.ids[place] if place else None,
                    reason="x",
                    made_by="x",
                    ended_at=gone,
                    roles=[InterimRole(role_id=role(code).id) for code in chosen],
                )
            )
        db.session.get(User, names[0]).active = False
    known, seen = permissions(), 0
    for day in (base + chance.randint(-22, 22) * DAY for _n in range(9)):
        with time_machine.travel(datetime(day.year, day.month, day.day, 10, tzinfo=UTC), tick=False), acting(SYSTEM):
            counting = [one for one in db.session.scalars(select(Grant)) if one.user_id in names and _on(one, day)]
            standing = [one for one in db.session.scalars(select(Interim)) if _on(one, day) and not one.ended_at]
            told = accesses(names)
            for person in names:
                expected, paths, factors = {}, set(), False
                for one in standing:
                    if one.stand_in_id != person or not db.session.get(User, one.absent_id).active:
                        continue
                    within = one.facility.path if one.facility else "/"
                    for grant in counting:
                        path = max(within, grant.facility.path, key=len)
                        named = grant.user_id == one.absent_id and grant.role_id in {each.role_id for each in one.roles}
                        if named and path.startswith(within) and path.startswith(grant.facility.path):
                            rights = {(n, path) for n in grant.role.names if not known[n].personal}
                            expected.setdefault(one.absent_id, set()).update(rights)
                            factors |= grant.role.second_factor
                            paths.add(path)
                mine = access_of(db.session.get(User, person), known)
                own = [grant for grant in counting if grant.user_id == person]
                assert lent(mine) == expected
                assert set(mine.grants) == {(n, grant.facility.path) for grant in own for n in grant.role.names}
                assert factor.required(person) == (factors or any(grant.role.second_factor for grant in own))
                assert {place.path for place in held.places(db.session.get(User, person))} == paths | {
                    db.session.get(User, person).facility.path, *(grant.facility.path for grant in own)
                }  # fmt: skip
                if person in told:
                    assert (lent(told[person]), told[person].grants) == (expected, mine.grants)
                for place in db.session.scalars(select(Facility)):
                    able = mine.can("core.facility.edit", place)
                    named = [one.user_id for one in directory.holders_at("core.facility.edit", [place.path])[0]]
                    assert (person in named) == (able and db.session.get(User, person).active), (
                        day,
                        person,
                        place.code,
                    )
                seen += len(expected)
    assert seen > 9


def _on(row, day):
    return (row.first_day or day) <= day <= (row.last_day or day)


def test_it_begins_and_ends_by_itself_and_is_over_as_soon_as_somebody_says_so(people, client):
    eve = date(2027, 3, 9)

    def at(day, clock):
        return time_machine.travel(datetime.fromisoformat(f"{day}T{clock}+02:00"), tick=False)

    with at(eve - DAY, "12:00"):
        number = begin(people, first=eve, last=eve + DAY)
    for day, clock, may in (
        (eve - DAY, "23:59", False), (eve, "00:00", True), (eve + DAY, "23:59", True), (eve + 2 * DAY, "00:00", False),
    ):  # fmt: skip
        with at(day, clock):
            assert bool(access(people, "bosco").lent) == may, (day, clock)
    for name, by in (("the absent", "aline"), ("the stand-in", "bosco"), ("a boss", "boss")):
        with at(eve, "12:00"):
            with unit_of_work(access(people, by)):
                interims.end(db.session.get(Interim, number), "Back")
            assert not access(people, "bosco").lent, name
            with unit_of_work(access(people, by)), pytest.raises(AmagaraError):
                interims.end(db.session.get(Interim, number), "Back again")
        with at(eve - DAY, "12:00"):
            number = begin(people, first=eve, last=eve + DAY)
    with at(eve, "12:00"):
        assert number and access(people, "bosco").lent


def test_what_the_absent_person_loses_is_lost_at_once_and_a_closed_account_ends_it(people):
    number, paths = begin(people), "/1/"
    grant = held.held_by(people.users["aline"])[0].grant_id
    assert access(people, "bosco").can("core.facility.edit", people["P1B"]) and paths
    with unit_of_work(SYSTEM):
        grants.set_period(db.session.get(Grant, grant), None, today() + DAY)
        grants.grant(people.users["aline"], role("reader").id, people.ids["P1"])
    assert not access(people, "bosco").can("core.audit.view"), "what was not lent by name"
    with time_machine.travel(datetime.now(UTC) + 2 * DAY):
        assert not access(people, "bosco").lent
    with unit_of_work(access(people, "admin")):
        accounts.set_active(people.users["aline"], False)
    assert not access(people, "bosco").lent
    with unit_of_work(access(people, "admin")):
        accounts.set_active(people.users["aline"], True)
    assert not access(people, "bosco").lent, "it does not come back with the account"
    with acting(SYSTEM):
        assert db.session.get(Interim, number).ended_by == "Admin"


def test_chains_and_circles_give_nothing(people):
    begin(people, "aline", "bosco")
    begin(people, "clara", "aline", codes=("reader",)) if not _far(people, "clara", "aline") else None
    with unit_of_work(SYSTEM):
        rows = [("bosco", "clara", "planner"), ("clara", "bosco", "reader"), ("bosco", "aline", "planner")]
        for absent, stand_in, code in rows:
            db.session.add(
                Interim(
                    absent_id=people.users[absent],
                    absent_name=absent,
                    stand_in_id=people.users[stand_in],
                    stand_in_name=stand_in,
                    first_day=today(),
                    last_day=today() + DAY,
                    reason="x",
                    made_by="x",
                    roles=[InterimRole(role_id=role(code).id)],
                )
            )
    assert lent(access(people, "clara")) == {}, "Aline's rights do not pass through Bosco"
    assert set(lent(access(people, "bosco"))) == {people.users["aline"], people.users["clara"]}
    assert lent(access(people, "aline")) == {}
    assert access(people, "aline").own.can("core.facility.edit", people["P1"])


def _far(world, absent, stand_in):
    try:
        begin(world, absent, stand_in, codes=("reader",))
    except Doubt:
        return True
    return False


def test_somebody_from_elsewhere_is_asked_about(people):
    with pytest.raises(Doubt) as asked:
        begin(people, "aline", "clara")
    assert asked.value.questions[0].field == "stand_in" and "P2A" in str(asked.value.questions[0].words)
    begin(people, "aline", "bosco")


def test_what_cannot_be_is_refused_at_its_field(people):
    now = today()

    def said(**values):
        with pytest.raises(Refused) as told:
            begin(people, **values)
        return told.value.field

    assert said(stand_in="aline") == "stand_in"
    assert said(first=now - DAY) == "first_day" == said(first=now + 400 * DAY)
    assert said(first=now + DAY, last=now) == "last_day" == said(last=now.replace(year=now.year + 1))
    assert said(codes=()) == "roles" == said(codes=("reader",)) == said(codes=("planner", "boss"))
    assert said(place="P2") == "place"
    begin(people, place="P1A", last=now.replace(year=now.year + 1) - DAY)
    assert said(place="P1A", first=now + 5 * DAY) == "stand_in", "twice at once"
    begin(people, place="P1B")
    with unit_of_work(SYSTEM):
        people.user("bosco").active = False
    assert directory.colleague(people.users["bosco"]) is None


def test_only_the_person_or_somebody_above_says_who_stands_in_and_nobody_for_himself(people):
    with unit_of_work(SYSTEM):
        make.user("small", people["P1"], "boss", at=people["P1A"])
        people.users["small"] = db.session.scalar(select(User.id).where(User.login == "small"))
    for by in ("bosco", "clara", "small", "nobody"):
        assert refused(access(people, by), lambda by=by: _begin_here(people, "aline", "bosco")), by
    assert not refused(access(people, "boss"), lambda: _begin_here(people, "aline", "bosco"))
    assert refused(access(people, "boss"), lambda: _begin_here(people, "aline", "boss")), "himself"
    assert refused(access(people, "boss"), lambda: _begin_here(people, "admin", "bosco", "administrator"))


def _begin_here(world, absent, stand_in, code="planner"):
    person = db.session.get(User, world.users[absent]) or User(id=world.users[absent], name="x", facility=world["P1"])
    who = directory.colleague(world.users[stand_in])
    return interims.begin(person, who, today(), today() + DAY, [role(code).id], None, "Leave")


def test_an_interim_is_never_changed_only_ended_below_the_services_too(people):
    number = begin(people, place="P1A")
    of = lambda: db.session.get(Interim, number)  # noqa: E731

    def by_the_list():
        row = of()
        row.roles.append(InterimRole(role=role("reader")))

    ways = {
        "longer": lambda: setattr(of(), "last_day", today() + 300 * DAY),
        "wider": lambda: setattr(of(), "facility_id", None),
        "another": lambda: setattr(of(), "stand_in_id", people.users["clara"]),
        "a role more": lambda: db.session.add(InterimRole(interim_id=number, role_id=role("reader").id)),
        "by the list": by_the_list,
        "gone": lambda: db.session.delete(of()),
        "a role gone": lambda: db.session.delete(of().roles[0]),
    }
    for who in ("aline", "bosco", "boss"):
        assert {name for name, way in ways.items() if not refused(access(people, who), way)} == set(), who
        with unit_of_work(access(people, who)):
            assert of() is not None
    raw = lambda absent, stand_in: db.session.add(  # noqa: E731
        Interim(
            absent_id=people.users[absent],
            absent_name="x",
            stand_in_id=people.users[stand_in],
            stand_in_name="x",
            first_day=today(),
            last_day=today(),
            reason="x",
            made_by="x",
            roles=[InterimRole(role=role("planner"))],
        )
    )
    assert not refused(access(people, "aline"), lambda: raw("aline", "bosco"))
    for who, absent, stand_in in (
        ("bosco", "aline", "bosco"), ("boss", "aline", "boss"), ("bosco", "aline", "clara"), ("clara", "aline", "clara"),
    ):  # fmt: skip
        assert refused(access(people, who), lambda a=absent, s=stand_in: raw(a, s)), (who, absent, stand_in)
    assert of().last_day == today() + 10 * DAY

    def reopened():
        of().ended_at, of().ended_by, of().ended_why = None, "", ""

    with unit_of_work(access(people, "aline")):
        interims.end(of(), "Back")
    assert refused(access(people, "aline"), reopened) and refused(access(people, "bosco"), reopened)


def test_rights_over_people_are_not_lent_and_nothing_is_passed_on(people):
    with unit_of_work(SYSTEM):
        make.user("low", people["P1A"])
        people.users["low"] = db.session.scalar(select(User.id).where(User.login == "low"))
        grants.grant(people.users["bosco"], role("boss").id, people.ids["P1A"])
    begin(people, "boss", "bosco", codes=("boss",))
    begin(people)
    mine = access(people, "bosco")
    assert mine.can("core.facility.edit", people["P1B"]) and not mine.can("core.user.edit", people["P1B"])
    low, me, facilities = people.users["low"], people.users["bosco"], people.ids
    give = lambda who, code, place: refused(mine, lambda: grants.grant(who, role(code).id, facilities[place]))  # noqa: E731
    assert give(low, "planner", "P1B") and give(me, "planner", "P1B") and give(me, "planner", "P1")
    assert not give(low, "planner", "P1A"), "what he holds himself he gives as before"
    assert refused(mine, lambda: invitations.invite(people.users["aline"]))
    assert refused(mine, lambda: accounts.create("sock", "Sock", facilities["P1B"]))
    assert refused(mine, lambda: roles.save_role(role("planner").id, "x", "x", ["core.facility.edit"]))
    assert refused(mine, lambda: _begin_here(people, "aline", "low"))
    with unit_of_work(access(people, "bosco")):
        own = interims.lendable(me)
    assert {label for label, _places in own.values()} == {"Boss"}, "he lends his own roles alone"


def test_whoever_is_lent_much_is_not_reset_by_somebody_who_holds_less(people):
    with unit_of_work(SYSTEM):
        people.users["small"] = make.user("small", people["P1A"], "boss").id
    assert not refused(access(people, "small"), lambda: invitations.invite(people.users["bosco"]))
    begin(people)
    assert refused(access(people, "small"), lambda: invitations.invite(people.users["bosco"]))
    assert not refused(access(people, "boss"), lambda: invitations.invite(people.users["bosco"]))


def said_of(entity_id, entity="core.facility"):
    """Return the bodies of the lines about a row, the oldest first."""
    query = select(AuditEntry).where(AuditEntry.entity == entity, AuditEntry.entity_id == str(entity_id))
    return [(row, json.loads(row.body)) for row in db.session.scalars(query.order_by(AuditEntry.at, AuditEntry.seq))]


def rename(place, name):
    def change():
        db.session.get(Facility, place).name = name

    return change


def do(who, *operations):
    with unit_of_work(who):
        for operation in operations:
            operation()


def test_the_trail_says_for_whom_what_could_not_be_done_otherwise(people, app):
    with unit_of_work(SYSTEM):
        grants.grant(people.users["bosco"], role("planner").id, people.ids["P1A-CDS1"])
    begin(people)
    mine = access(people, "bosco")
    for place, whom in (("P1A-CDS1", None), ("P1A-CDS2", "Aline"), ("P1B", "Aline")):
        do(mine, rename(people.ids[place], f"new {place}"))
        row, said = said_of(people.ids[place])[-1]
        assert (said["user"], said["user_id"], said.get("whom")) == ("Bosco", people.users["bosco"], whom), place
        assert row.behalf == (f"/{people.users['aline']}/" if whom else "")
    with acting(SYSTEM):
        assert audit.verify() == []


def test_who_stands_in_for_two_signs_for_whose_right_it_is(people):
    with unit_of_work(SYSTEM):
        people.users["denis"] = make.user("denis", people["P1B"], "planner").id
        grants.withdraw(people.users["aline"], held.held_by(people.users["aline"])[0].grant_id)
        grants.grant(people.users["aline"], role("planner").id, people.ids["P1A"])
    begin(people)
    begin(people, "denis")
    mine = access(people, "bosco")
    do(mine, rename(people.ids["P1A-CDS1"], "one"))
    do(mine, rename(people.ids["P1B-CDS1"], "two"))
    do(mine, rename(people.ids["P1A-CDS2"], "three"), rename(people.ids["P1B-CDS2"], "four"))
    told = {code: said_of(people.ids[code])[-1][1]["whom"] for code in ("P1A-CDS1", "P1B-CDS1", "P1A-CDS2", "P1B-CDS2")}
    assert told == {"P1A-CDS1": "Aline", "P1B-CDS1": "Denis", "P1A-CDS2": "Aline, Denis", "P1B-CDS2": "Aline, Denis"}
    with acting(mine.apart_from([people.users["aline"]])):
        assert not current().can("core.facility.edit", people["P1A"]) and current().can(
            "core.facility.edit", people["P1B"]
        )
    with acting(mine.apart_from([people.users["bosco"]])):
        assert not current().can("core.facility.edit", people["P1B"])


def test_what_is_read_in_the_name_of_another_says_so(people, client, app):
    begin(people)
    make.sign_in(client, "bosco")
    target = people.users["boss"]
    assert client.get(f"/users/{target}").status_code == 200
    client.get("/users?format=csv")
    app.extensions["amagara.notes"].drain()
    looked = [said for _row, said in said_of(target, "core.user") if said["action"] == "viewed"]
    assert [(said["user"], said["whom"]) for said in looked] == [("Bosco", "Aline")]
    exported = [said for _row, said in said_of("", "core.user") if said["action"] == "export"]
    assert [said["whom"] for said in exported] == ["Aline"]


def test_the_pages_let_somebody_stand_in_and_show_what_was_done(people, app, client):
    make.sign_in(client, "aline")
    me, now = people.users["aline"], today()
    page = client.get(f"/users/{me}/interim").text
    assert "Planner" in page and "checked" in page
    found = client.get("/directory/look-up?q=bos").json["results"]
    assert {"value": f"#{people.users['bosco']}", "label": "Bosco", "detail": "P1A"} in found
    sent = {
        "stand_in": "Bosco", "first_day": f"{now:%d/%m/%Y}", "last_day": "", "roles": [role("planner").id],
        "place": "", "reason": "",
    }  # fmt: skip
    wrong = client.post(f"/users/{me}/interim", data=sent)
    assert wrong.status_code == 422 and wrong.text.count("à remplir") >= 2
    sent |= {"last_day": f"{now + 3 * DAY:%d/%m/%Y}", "reason": "Congé annuel"}
    done = client.post(f"/users/{me}/interim", data=sent)
    assert done.status_code == 302, done.text
    number = db.session.scalars(select(Interim.id)).one()
    do(access(people, "bosco"), rename(people.ids["P1B"], "Kirundo"))
    do(access(people, "aline"), rename(people.ids["P1B"], "Kayanza"))
    page = client.get(f"/interims/{number}").text
    assert "Congé annuel" in page and "Mettre fin" in page
    assert page.count('<tr class="top">') == 1 and "Kayanza" in page, "his own act is not among them"
    assert "Bosco" in client.get("/interims").text
    other = app.test_client()
    make.sign_in(other, "bosco")
    theirs = other.get(f"/interims/{number}").text
    assert "Fait pour Aline" in theirs and "Vous assurez l’intérim de Aline" in theirs
    make.sign_in(client, "clara")
    assert client.get(f"/interims/{number}").status_code == 404 and "Aline" not in client.get("/interims").text
    make.sign_in(client, "boss")
    seen = client.get(f"/interims/{number}").text
    assert "Congé annuel" in seen and "Rien n’a encore été fait" in seen, "he may not read the trail"
    make.sign_in(client, "bosco")
    ended = client.post(f"/do/core.interim.end/{number}", data={"reason": "De retour"})
    assert ended.status_code == 302 and not access(people, "bosco").lent


def test_a_strangers_json_begins_ends_and_prolongs_nothing(people, client):
    number = begin(people)
    make.sign_in(client, "bosco")
    heads = {"Accept": "application/json"}
    me, aline = people.users["bosco"], people.users["aline"]
    body = {
        "stand_in": f"#{me}", "first_day": str(today()), "last_day": str(today() + 300 * DAY), "reason": "x",
        "roles": [role("planner").id],
    }  # fmt: skip
    for name, id_ in (("core.interim.begin", aline), ("core.interim.begin", me)):
        answer = client.post(f"/do/{name}/{id_}", json=body, headers=heads)
        assert answer.status_code in (403, 404, 422), answer.text
    answer = client.post(f"/users/{aline}/interim", json=body, headers=heads)
    assert answer.status_code in (403, 404)
    sent = {"name": "Sock", "login": "sock", "facility_id": "P1A", "role_id": role("planner").id}
    assert client.post("/users/new", json=sent, headers=heads).status_code == 403
    assert client.post(f"/users/{me}/grant", json={"role_id": 1, "facility_id": "P1"}, headers=heads).status_code == 403
    make.sign_in(client, "clara")
    assert client.post(f"/do/core.interim.end/{number}", json={"reason": "x"}, headers=heads).status_code == 404
    with acting(SYSTEM):
        (row,) = db.session.scalars(select(Interim)).all()
        assert row.ended_at is None and row.last_day == today() + 10 * DAY


def test_an_open_page_sent_after_the_last_day_changes_nothing(people, client):
    with time_machine.travel("2027-03-09 23:50 +0200"):
        begin(people, last=date(2027, 3, 9))
        make.sign_in(client, "bosco")
        page = client.get(f"/facilities/{people.ids['P1B']}/rename")
        assert page.status_code == 200
    with time_machine.travel("2027-03-10 00:05 +0200"):
        sent = {"name": "Late", "on": "10/03/2027"}
        assert client.post(f"/facilities/{people.ids['P1B']}/rename", data=sent).status_code == 403
        assert client.get("/users").status_code == 403
    assert people["P1B"].name == "P1B"


def test_the_second_factor_of_a_lent_role_is_asked_of_who_stands_in(people, client):
    with unit_of_work(SYSTEM):
        role("planner").second_factor = True
    begin(people, first=today() + DAY, last=today() + DAY)
    make.sign_in(client, "bosco")
    assert client.get("/").status_code == 200
    with time_machine.travel(datetime.now(UTC) + DAY):
        client = client.application.test_client()
        make.sign_in(client, "bosco")
        assert client.get("/").location.endswith("/profile/second-factor")


def test_both_are_told(people, app):
    number = begin(people, by="boss")
    from core.contract.ports import Event
    from core.notices.models import Notice
    from core.notices.services import hear

    def tell(topic, who, **data):
        event = Event(
            90 + len(data), topic, f"core.interim/{number}", {"absent": "Aline", "stand_in": "Bosco", **data},
            datetime.now(UTC), people.users[who], who,
        )  # fmt: skip
        with unit_of_work(SYSTEM):
            hear(event)
        return {row.user_id for row in db.session.scalars(select(Notice).where(Notice.event_id == event.id))}

    aline, bosco = people.users["aline"], people.users["bosco"]
    assert tell("core.interim.begun", "boss", first="2027-01-01", last="2027-01-02") == {aline, bosco}
    assert tell("core.interim.ended", "aline", by="Aline") == {bosco}
