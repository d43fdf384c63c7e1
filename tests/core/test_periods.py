"""A grant counts on its days alone, and nobody gives for longer than he holds."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.contract.plugins import permissions
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import AmagaraError, Refused
from core.data.work import unit_of_work
from core.facilities.models import Facility
from core.users.accounts import invitations
from core.users.accounts import services as accounts
from core.users.accounts.models import User
from core.users.directory import services as directory
from core.users.rights import grants, held, roles, rules
from core.users.rights.access import access_of
from core.users.rights.models import Grant, Role
from core.users.signin import factor
from tests import make

pytestmark = pytest.mark.both_databases
EVE, DAY = date(2027, 3, 9), timedelta(days=1)


def at(day, clock="12:00"):
    """Stand at a moment of the facilities' time zone, two hours before UTC."""
    return time_machine.travel(datetime.fromisoformat(f"{day}T{clock}+02:00").astimezone(UTC), tick=False)


def role(code):
    return db.session.scalars(select(Role).where(Role.code == code)).one()


def given(person, code, place, first_day=None, last_day=None):
    """Give a role as the machine does; return the grant's number."""
    with unit_of_work(Access.system("test")):
        row = grants.grant(person, role(code).id, place, first_day, last_day)
        return row.id


def access(world, login):
    with acting(Access.system("test")):
        return access_of(world.user(login), permissions())


@pytest.fixture
def clerk(app, world):
    """Return an administrator of P1 until the eve, by a role that a storekeeper's place knows too."""
    with unit_of_work(Access.system("test")):
        names = "core.user.view\ncore.user.edit"
        db.session.add(Role(code="clerk", label_en="Clerk", label_fr="Commis", permissions=names))
        db.session.add(Role(code="reader", label_en="Reader", label_fr="Lecteur", permissions="core.user.view"))
        for login, code in (("clerk", "P1"), ("target", "P1A")):
            world.users[login] = make.user(login, world[code]).id
    return world.users["clerk"]


def test_a_grant_counts_from_the_midnight_of_its_first_day_to_that_after_its_last(world, client, clerk):
    given(clerk, "clerk", world.ids["P1"], EVE, EVE + DAY)
    for day, clock, status in (
        (EVE - DAY, "23:50", 403), (EVE, "00:00", 200), (EVE + DAY, "23:59", 200), (EVE + 2 * DAY, "00:00", 403),
    ):  # fmt: skip
        with at(day, clock):
            browser = client.application.test_client()
            make.sign_in(browser, "clerk")
            assert browser.get("/users").status_code == status, (day, clock)
    with at(EVE + DAY, "23:50"):  # and an open session does not carry it over midnight
        make.sign_in(client, "clerk")
        assert client.get("/users").status_code == 200
    with at(EVE + 2 * DAY, "00:05"):
        sent = {"name": "Late", "login": "late", "facility_id": "P1"}
        assert client.post("/users/new", data=sent).status_code == 403
        assert client.get("/users").status_code == 403
    with acting(Access.system("test")):
        assert db.session.scalar(select(User.id).where(User.login == "late")) is None


def test_whatever_reads_grants_counts_the_days_as_brute_force_does(app, world, clerk):
    chance = random.Random(7)
    with unit_of_work(Access.system("test")):
        role("reader").second_factor = True
        people = [make.user(f"p{n}", world["P1A"]) for n in range(6)]
        places = [world[code] for code in ("BI", "P1", "P1A", "P2", "P1A-CDS1")]
        for _n in range(40):
            first, last = sorted(EVE + chance.randint(-20, 20) * DAY for _end in "ab")
            days = {"first_day": chance.choice([first, None]), "last_day": chance.choice([last, None])}
            who, what, where = chance.choice(people), role(chance.choice(["clerk", "reader"])), chance.choice(places)
            db.session.add(Grant(user=who, role=what, facility=where, **days))
        ids, known = [each.id for each in people], permissions()
    seen = set()
    for day in (EVE + chance.randint(-25, 25) * DAY for _n in range(12)):
        with at(day), acting(Access.system("test")):
            rows = db.session.scalars(select(Grant).where(Grant.user_id.in_(ids))).all()
            count = [row for row in rows if (row.first_day or day) <= day <= (row.last_day or day)]
            seen.add(len(count))
            for who in ids:
                mine = [row for row in count if row.user_id == who]
                expected = {(name, row.facility.path) for row in mine for name in row.role.names}
                assert set(access_of(db.session.get(User, who), known).grants) == expected
                assert factor.required(who) == any(row.role.code == "reader" for row in mine)
                person = db.session.get(User, who)
                assert {place.id for place in held.places(person)} == {person.facility_id} | {
                    row.facility_id for row in mine
                }
                coming = [row for row in rows if row.user_id == who and (row.last_day or day) >= day]
                assert {row.grant_id for row in held.held_or_coming(who)} == {row.id for row in coming}
            for place in db.session.scalars(select(Facility)).all():
                told = {one.user_id for one in directory.holders_at("core.user.edit", [place.path])[0]}
                able = {
                    row.user_id
                    for row in count
                    if row.role.code == "clerk" and place.path.startswith(row.facility.path)
                }
                assert told - {world.users["admin"]} == able
            functions = directory.functions([one for one in directory.colleagues("") if one.user_id in ids])
            assert sum(map(len, functions.values())) == len(count)
    assert len(seen) > 3


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


def test_nobody_gives_for_longer_than_he_holds(world, clerk):
    target, end, place = world.users["target"], today() + 30 * DAY, world.ids["P1A"]
    given(clerk, "clerk", world.ids["P1"], None, end)
    reader, mine = role("reader").id, access(world, "clerk")
    give = lambda last: refused(mine, lambda: grants.grant(target, reader, place, None, last))  # noqa: E731
    assert (give(None), give(end + DAY), give(end), give(today())) == (True, True, False, False)

    def past_the_service(last):
        user = db.session.get(User, target)
        db.session.add(Grant(user=user, role=role("reader"), facility=world["P1A"], last_day=last))

    assert refused(mine, lambda: past_the_service(None)) and not refused(mine, lambda: past_the_service(end))
    own = held.held_by(clerk)[0].grant_id
    for days in ((None, None), (None, end + DAY)):
        assert refused(mine, lambda: grants.set_period(db.session.get(Grant, own), *days)), "his own days"
        assert refused(mine, lambda: setattr(db.session.get(Grant, own), "last_day", days[1]))
    assert refused(mine, lambda: grants.grant(clerk, role("clerk").id, place, None, None)), "his own role, lower down"
    theirs = given(target, "reader", place, None, end)
    assert refused(mine, lambda: grants.set_period(db.session.get(Grant, theirs), None, None))
    assert not refused(mine, lambda: grants.set_period(db.session.get(Grant, theirs), None, end - DAY))
    assert not refused(mine, lambda: grants.withdraw(target, theirs)), "taking back has no end of its own"
    assert not refused(world.access("admin"), lambda: grants.set_period(db.session.get(Grant, theirs), None, None))


def test_who_holds_a_right_for_a_while_changes_no_role(world, clerk):
    """A role has no end: what it gives would outlast whoever put it in."""
    with unit_of_work(Access.system("test")):
        shaper = "core.user.view\ncore.user.edit\ncore.role.edit"
        db.session.add(Role(code="shaper", label_en="s", label_fr="s", permissions=shaper))
        db.session.add(
            Role(code="ours", label_en="o", label_fr="o", permissions="core.user.view", facility=world["P1"])
        )
    grant = given(clerk, "shaper", world.ids["P1"], None, today() + DAY)
    change = lambda: roles.save_role(role("ours").id, "x", "x", ["core.user.view", "core.user.edit"])  # noqa: E731
    raw = lambda: setattr(role("ours"), "permissions", "core.user.edit")  # noqa: E731
    assert refused(access(world, "clerk"), change) and refused(access(world, "clerk"), raw)
    with unit_of_work(Access.system("test")):
        grants.set_period(db.session.get(Grant, grant), None, None)
    assert not refused(access(world, "clerk"), change) and not refused(access(world, "clerk"), raw)


def test_a_link_is_made_by_nobody_who_lacks_what_is_still_to_come(world, clerk):
    given(clerk, "clerk", world.ids["P1"])
    target = world.users["target"]
    link = lambda: invitations.invite(target)  # noqa: E731
    assert not refused(access(world, "clerk"), link)
    coming = given(target, "auditor", world.ids["BI"], today() + 60 * DAY)
    assert refused(access(world, "clerk"), link), "it would open what that person holds in two months"
    with unit_of_work(Access.system("test")):
        db.session.get(Grant, coming).first_day = None
        db.session.get(Grant, coming).last_day = today() - DAY
    assert not refused(access(world, "clerk"), link), "what has ended counts no more"


def test_an_administrator_stays_whatever_ends(world, clerk):
    admin, other = world.users["admin"], world.users["target"]
    (own,) = held.held_by(admin)
    tries = {
        "withdrawn": lambda: grants.withdraw(admin, own.grant_id),
        "an end": lambda: grants.set_period(db.session.get(Grant, own.grant_id), None, today() + 300 * DAY),
        "a beginning": lambda: grants.set_period(db.session.get(Grant, own.grant_id), today() + DAY, None),
        "closed": lambda: accounts.set_active(admin, False),
        "the role": lambda: roles.save_role(role("administrator").id, "a", "a", ["core.user.edit"]),
    }
    system = Access.system("test")
    assert {name for name, take in tries.items() if not refused(system, take)} == set()
    given(other, "administrator", world.ids["BI"], None, today() + DAY)
    given(other, "administrator", world.ids["P1"])
    assert {name for name, take in tries.items() if not refused(system, take)} == set(), "one who ends, one of a part"
    given(other, "administrator", world.ids["BI"], today() + 2 * DAY)
    assert refused(system, tries["withdrawn"]), "one who is still to come"
    with unit_of_work(system):
        another = make.user("second", world["BI"], "administrator").id
    assert {name for name, take in tries.items() if refused(system, take)} == {"the role"}
    with unit_of_work(system):
        db.session.get(User, another).active = False
    assert refused(system, tries["an end"]), "an account that is closed"


def test_days_that_cannot_be_are_refused_at_their_field(world, clerk):
    def said(*days):
        with pytest.raises(Refused) as told, unit_of_work(Access.system("test")):
            grants.grant(clerk, role("reader").id, world.ids["P1"], *days)
        return told.value.field

    now = today()
    assert said(now + 2 * DAY, now + DAY) == said(None, now - DAY) == "last_day"
    given(clerk, "reader", world.ids["P1"], now + 5 * DAY, now + 9 * DAY)
    for days in ((None, None), (now + 9 * DAY, None), (None, now + 5 * DAY), (now + 6 * DAY, now + 7 * DAY)):
        assert said(*days) == "role_id", days
    given(clerk, "reader", world.ids["P1"], None, now + 4 * DAY)
    given(clerk, "reader", world.ids["P1"], now + 10 * DAY, None)


def test_the_pages_take_the_days_and_say_what_is_to_come_and_what_has_ended(app, world, client, clerk):
    make.sign_in(client, "admin")
    first, last = today() + 3 * DAY, today() + 9 * DAY
    sent = {
        "role_id": role("reader").id,
        "facility_id": "P1",
        "first_day": f"{first:%d/%m/%Y}",
        "last_day": "31/02/2027",
    }
    wrong = client.post(f"/users/{clerk}/grant", data=sent)
    assert wrong.status_code == 422 and f"{first:%d/%m/%Y}" in wrong.text
    assert client.post(f"/users/{clerk}/grant", data=sent | {"last_day": f"{last:%d/%m/%Y}"}).status_code == 302
    (row,) = db.session.scalars(select(Grant).where(Grant.user_id == clerk)).all()
    assert (row.first_day, row.last_day) == (first, last)
    id_ = row.id
    page = client.get(f"/users/{clerk}").text
    assert f"du {first:%d/%m/%Y} au {last:%d/%m/%Y}" in page and "À venir" in page
    assert f"{last:%d/%m/%Y}" in client.get(f"/grants/{id_}").text
    moved = client.post(f"/grants/{id_}", data={"first_day": "", "last_day": f"{today():%d/%m/%Y}"})
    assert moved.status_code == 302 and moved.location.endswith(f"/users/{clerk}")
    assert f"jusqu’au {today():%d/%m/%Y}" in client.get(f"/users/{clerk}").text
    journal = client.get(f"/journal?entity=core.grant&entity_id={id_}").text
    assert "Modification" in journal
    with at(today() + DAY):
        client = app.test_client()
        make.sign_in(client, "admin")
        page = client.get(f"/users/{clerk}").text
        assert "Terminé" in page and "/do/core.user.withdraw" not in page.split("Compte")[0]
        assert "Lecteur" not in client.get("/users").text
        assert "Aucun rôle" in client.get(f"/users/{clerk}/rights").text


def test_who_gives_is_told_until_when_he_may(app, world, client, clerk):
    end = today() + 5 * DAY
    given(clerk, "clerk", world.ids["P1"], None, end)
    make.sign_in(client, "clerk")
    sent = {"role_id": role("reader").id, "facility_id": "P1A"}
    said = client.post(f"/users/{world.users['target']}/grant", data=sent)
    assert f"{end:%d/%m/%Y}" in said.text and said.status_code in (403, 422)
    assert rules.ends_on(clerk) == end
