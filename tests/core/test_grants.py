"""Nobody gives what he lacks; what a person may do is explained, and counts from the next request."""

import itertools

import pytest
from sqlalchemy import select

from core.contract.plugins import each, hooks, permissions
from core.contract.ports import RoleSpec
from core.data.access import Access, acting, current
from core.data.db import db
from core.data.errors import AmagaraError, NotAllowed
from core.data.work import unit_of_work
from core.users.accounts import invitations
from core.users.accounts import services as accounts
from core.users.accounts.models import User
from core.users.rights import grants, roles, rules
from core.users.rights.models import Grant, Role
from tests import make

pytestmark = pytest.mark.both_databases
EXTRA = {
    "clerk": ["core.user.view", "core.user.edit"],
    "keeper": ["core.user.view", "core.user.edit", "core.audit.view"],
    "shaper": ["core.role.edit", "core.user.edit", "core.user.view"],
}


@pytest.fixture
def codes(app, world):
    """Return the codes of all ready-made roles and three more, a person holding each at P1 and one at its district."""
    with unit_of_work(Access.system("test")):
        for code, names in EXTRA.items():
            db.session.add(Role(code=code, label_en=code, label_fr=code, permissions="\n".join(names)))
        db.session.flush()
        found = [spec.code for spec in each(hooks().permissions()) if isinstance(spec, RoleSpec)] + list(EXTRA)
        for code in found:
            make.user(f"at-p1-{code}", world["P1"], code)
            make.user(f"at-p1a-{code}", world["P1A"], code)
    return found


def person(login):
    with acting(Access.system("test")):
        return db.session.scalars(select(User).where(User.login == login)).one()


def access(login):
    from core.users.rights.access import access_of

    return access_of(person(login), permissions())


def role(code):
    return db.session.scalars(select(Role).where(Role.code == code)).one()


def holds_all(giver, code, path, himself=False):
    """Return whether all that a role gives at a path is held; for others, or may at least be given."""
    known = permissions()
    names = rules.expand(role(code).names, known)
    counts = [name for name in names if path.count("/") == 2 or not known[name].national]
    return all(
        any(path.startswith(own) for own in giver.paths(name)) or (not himself and giver.may_give(name, path))
        for name in counts
    )


def tried(giver, operation):
    """Return whether an operation of this person is let through; it is taken back in any case."""
    try:
        with unit_of_work(giver):
            operation()
            db.session.flush()
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        return True
    except AmagaraError:
        return False


@pytest.mark.whole
def test_every_role_by_every_role_gives_only_what_is_held(codes, world):
    outcomes = set()
    for giving, given, where in itertools.product(codes, codes, ("P1", "P1A", "P2", "BI")):
        giver, place = access(f"at-p1-{giving}"), world[where]
        expected = giver.can("core.user.edit", place) and holds_all(giver, given, place.path)
        expected = expected and giver.can("core.user.edit", world["P1A"])
        target = make_target(world)
        assert tried(giver, lambda: grants.grant(target, role(given).id, place.id)) == expected, (giving, given, where)
        outcomes.add(expected)
    assert outcomes == {True, False}


def make_target(world):
    if not db.session.scalar(select(User.id).where(User.login == "target")):
        with unit_of_work(Access.system("test")):
            make.user("target", world["P1A"])
    return db.session.scalar(select(User.id).where(User.login == "target"))


def test_the_rule_stands_below_the_services_too(codes, world):
    giver, target = access("at-p1-clerk"), make_target(world)

    def past_the_service(code):
        user = db.session.get(User, target)
        db.session.add(Grant(user=user, role=role(code), facility=world["P1A"]))

    assert tried(giver, lambda: past_the_service("clerk"))
    assert not tried(giver, lambda: past_the_service("administrator"))
    assert not tried(giver, lambda: past_the_service("auditor"))


@pytest.mark.whole
def test_nobody_gives_himself_more(codes, world):
    for code in codes:
        login = f"at-p1-{code}"
        giver, me = access(login), person(login).id
        for more, where in itertools.product(codes, ("P1", "BI", "P2")):
            if (more, where) != (code, "P1") and tried(giver, lambda: grants.grant(me, role(more).id, world[where].id)):
                assert holds_all(giver, more, world[where].path, himself=True)

        def raw():
            mine = db.session.get(User, me)
            db.session.add(Grant(user=mine, role=role("administrator"), facility=world["BI"]))

        assert not tried(giver, raw), code


@pytest.mark.whole
def test_a_higher_person_cannot_be_edited_invited_or_closed(codes, world):
    for acting_as, edited in itertools.product(codes, codes):
        giver, target = access(f"at-p1-{acting_as}"), person(f"at-p1a-{edited}")
        held = target.grants[0].id
        may = giver.can("core.user.edit", world["P1A"]) and holds_all(giver, edited, world["P1A"].path)
        for name, operation in {
            "edit": lambda: accounts.edit(target.id, email="x@y.zz"),
            "invite": lambda: invitations.invite(target.id),
            "close": lambda: accounts.set_active(target.id, False),
            "end sessions": lambda: accounts.end_sessions(target.id),
            "withdraw": lambda: grants.withdraw(target.id, held),
            "password": lambda: setattr(db.session.get(User, target.id), "password_hash", "x"),
        }.items():
            assert tried(giver, operation) == may, (acting_as, edited, name)


def test_a_person_changes_own_choices_and_nothing_else(codes, world):
    me = person("at-p1-auditor").id
    mine = access("at-p1-auditor")
    for column, value in (("name", "Neuf"), ("email", "a@b.cd"), ("theme", "dark"), ("language", "en")):
        assert tried(mine, lambda: setattr(db.session.get(User, me), column, value)), column
    for column, value in (("active", False), ("login", "root"), ("facility_id", world.ids["BI"])):
        assert not tried(mine, lambda: setattr(db.session.get(User, me), column, value)), column


def test_a_role_is_changed_only_by_who_holds_all_of_it_wherever_it_is_given(codes, world):
    shaper = access("at-p1-shaper")
    kept = EXTRA["shaper"]
    with unit_of_work(Access.system("test")):
        place = world["P1"]
        db.session.add(Role(code="free", label_en="f", label_fr="f", permissions="core.user.view", facility=place))
    save = lambda code, names: roles.save_role(role(code).id, "x", "x", names)  # noqa: E731
    assert tried(shaper, lambda: save("free", ["core.user.view", "core.user.edit"]))
    assert not tried(shaper, lambda: save("free", ["core.audit.view"])), "a right that he lacks"
    assert not tried(shaper, lambda: save("administrator", ["core.user.view"])), "takes away what he lacks"
    assert not tried(access("at-p1-clerk"), lambda: save("free", ["core.user.view"])), "no right to change roles"
    with unit_of_work(Access.system("test")):
        make.user("far", world["P2"], "free")
    assert not tried(shaper, lambda: save("free", kept)), "it is given where he has no right"
    assert tried(Access.system("x"), lambda: save("free", kept))


def test_a_pattern_stays_while_all_it_stands_for_is_chosen(app):
    known = ["a.one", "a.two", "b.one"]
    assert roles.compress(known, ["*"], known) == ["*"]
    assert roles.compress(["a.one", "a.two"], ["*", "a.*"], known) == ["a.*"]
    assert roles.compress(["a.one", "b.one"], ["a.*"], known) == ["a.one", "b.one"]


def test_each_right_is_explained_by_the_grants_that_give_it(codes, world):
    with unit_of_work(Access.system("test")):
        user = make.user("two", world["P1A"], "clerk", at=world["P1"])
        db.session.add(Grant(user=user, role=role("auditor"), facility=world["P1A"]))
        user_id = user.id
    shown = {item.name: given for item, given in grants.explain(db.session.get(User, user_id), world["P1A-CDS1"])}
    assert [(each_.code, each_.place) for each_ in shown["core.user.edit"]] == [("clerk", "P1")]
    assert {each_.code for each_ in shown["core.user.view"]} == {"clerk", "auditor"}
    assert shown["core.role.edit"] == []
    mine = access("two")
    for code in ("P1A-CDS1", "P1B-CDS1", "P2A-CDS1", "BI"):
        for item, given in grants.explain(db.session.get(User, user_id), world[code]):
            assert bool(given) == mine.can(item.name, world[code]), (code, item.name)


def test_a_right_taken_back_is_gone_at_the_next_request(codes, world, client):
    make.sign_in(client, "at-p1-clerk")
    assert client.get("/users").status_code == 200
    user = person("at-p1-clerk")
    with unit_of_work(Access.system("test")):
        grants.withdraw(user.id, user.grants[0].id)
    assert client.get("/users").status_code == 403


def test_a_person_moved_to_another_facility_is_no_longer_seen(codes, world, client):
    make.sign_in(client, "at-p1-clerk")
    target = make_target(world)
    assert client.get(f"/users/{target}").status_code == 200
    with unit_of_work(Access.system("test")):
        accounts.edit(target, facility_id=world.ids["P2"])
    assert client.get(f"/users/{target}").status_code == 404
    assert current().everything


def test_the_last_word_is_said_in_words(codes, world):
    target = make_target(world)
    with pytest.raises(NotAllowed) as refused, unit_of_work(access("at-p1-clerk")):
        grants.grant(target, role("auditor").id, world.ids["P1A"])
    assert "core." not in str(refused.value.message)


def test_a_role_belongs_to_its_place(codes, world):
    """A district delegate once rewrote a national role and gave storekeepers another name."""
    shaper = access("at-p1-shaper")
    names = ["core.user.view"]
    with unit_of_work(Access.system("test")):
        db.session.add(Role(code="common", label_en="c", label_fr="c", permissions="core.user.view"))
        db.session.add(
            Role(code="ours", label_en="o", label_fr="o", permissions="core.user.view", facility=world["P1"])
        )
        far = world["P2"]
        db.session.add(Role(code="theirs", label_en="t", label_fr="t", permissions="core.user.view", facility=far))
    for code in ("common", "theirs", "auditor", "clerk"):
        found = role(code)
        assert not tried(shaper, lambda: roles.save_role(found.id, "Renamed", "Renommé", found.names)), code
        assert not tried(shaper, lambda: setattr(db.session.get(Role, found.id), "label_fr", "Renommé")), code
        assert not tried(shaper, lambda: setattr(db.session.get(Role, found.id), "facility_id", world.ids["P1"])), code
    assert tried(shaper, lambda: roles.save_role(role("ours").id, "x", "x", names))
    assert not tried(shaper, lambda: setattr(db.session.get(Role, role("ours").id), "facility_id", None))
    assert tried(shaper, lambda: roles.save_role(None, "n", "n", names, "new", place=world["P1A"]))
    for place in (None, world["P2"], world["BI"]):
        assert not tried(shaper, lambda: roles.save_role(None, "n", "n", names, "new", place=place)), place
    target = make_target(world)
    assert tried(shaper, lambda: grants.grant(target, role("ours").id, world.ids["P1A"]))
    assert not tried(world.access("admin"), lambda: grants.grant(target, role("ours").id, world.ids["P2"]))
    with acting(shaper):
        offered = {each_.code for each_ in roles.grantable(roles.roles())}
    assert "ours" in offered and "theirs" not in offered and "administrator" not in offered


def test_a_right_on_what_all_share_counts_for_the_whole_country_alone(codes, world):
    shared = [item.name for item in permissions().values() if item.national]
    for name in shared:
        assert world.access("admin").can(name)
        for login in ("at-p1-administrator", "at-p1a-administrator"):
            assert not access(login).can(name) and not access(login).can_everywhere(name), name
    with acting(world.access("admin")):
        given = {item.name: given for item, given in grants.explain(person("at-p1-administrator"), world["P1"])}
    assert all(not given[name] for name in shared) and given["core.user.edit"]


def token_for(giver, target):
    with unit_of_work(giver):
        return invitations.invite(target)


def opens(token):
    with acting(Access.system("invitation")):
        return invitations.invited(token) is not None


def test_a_link_opens_no_more_than_its_maker_meant(codes, world):
    """An old link, made for a low user, once made an administrator."""
    clerk, target, admin = access("at-p1-clerk"), make_target(world), world.access("admin")
    assert opens(token := token_for(clerk, target))
    with unit_of_work(admin):
        given = grants.grant(target, role("administrator").id, world.ids["BI"]).id
    assert not opens(token)
    with unit_of_work(admin):
        grants.withdraw(target, given)
    assert not opens(token), "it does not come back to life"

    assert opens(token := token_for(Access.system("command line"), target))
    with unit_of_work(admin):
        grants.grant(target, role("clerk").id, world.ids["P1A"])
    assert not opens(token), "the machine's links end too"

    assert opens(token := token_for(clerk, target))
    with unit_of_work(admin):
        roles.save_role(role("clerk").id, "c", "c", [*EXTRA["clerk"], "core.audit.view"])
    assert not opens(token), "the role that he holds has grown"


def test_a_link_ends_when_its_maker_may_no_longer_make_it(codes, world):
    admin, target = world.access("admin"), make_target(world)
    token = token_for(access("at-p1-clerk"), target)
    with unit_of_work(Access.system("test")):  # as a facility that moves, or an import, would do it
        db.session.add(Grant(user_id=target, role=role("auditor"), facility=world["P2"]))
    assert not opens(token)
    token = token_for(admin, target)
    assert opens(token)
    with unit_of_work(Access.system("test")):
        db.session.get(User, world.users["admin"]).active = False
    assert not opens(token)


def test_a_delegate_resets_only_whom_he_could_have_made(codes, world):
    """He holds all rights of a person, but may give them elsewhere only: he could not have made that person."""
    with unit_of_work(Access.system("test")):
        delegate = make.user("delegate", world["P1A"], "clerk")
        db.session.add(Grant(user=delegate, role=role("auditor"), facility=world["BI"]))  # sees all, edits in P1A
        make.user("low", world["P1A"], "auditor", at=world["P2"])
        make.user("own", world["P1A"], "auditor")
    mine = access("delegate")
    assert tried(mine, lambda: invitations.invite(person("own").id))
    assert not tried(mine, lambda: invitations.invite(person("low").id))
    assert not tried(mine, lambda: accounts.edit(person("low").id, email="a@b.cd"))
