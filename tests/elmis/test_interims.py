"""Whoever stands in for another signs in that one's name, and is bound by what either of them did before."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.contract.plugins import permissions
from core.data import clocks
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import AmagaraError
from core.data.states import Step, history
from core.data.work import perform, unit_of_work
from core.inbox import services as inbox
from core.users.directory import services as directory
from core.users.interims import services as interims
from core.users.rights.access import access_for
from core.users.rights.models import Role
from plugins.elmis.counts import services as counts
from plugins.elmis.ledger.models import Movement, StockLocation
from plugins.elmis.promises.models import Receipt, Shipment
from plugins.elmis.requisitions import approvals, services
from plugins.elmis.requisitions.models import APPROVE, Requisition
from plugins.elmis.requisitions.steps import actions
from tests import make as rows
from tests.elmis import flow, make
from tests.elmis.test_requisitions import months_ago

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")
KEEPER, PHARMACIST = ("storekeeper", "P1A-CDS1"), ("district_pharmacist", "P1A")


def person(world, name, *held):
    """Return the id of a new person with roles at places."""
    with unit_of_work(SYSTEM):
        user = rows.user(name.lower(), world["P1A"], name=name)
        for code, place in held:
            user.grants.append(_grant(code, world[place]))
        db.session.flush()
        return user.id


def _grant(code, place):
    from core.users.rights.models import Grant

    return Grant(role=db.session.scalars(select(Role).where(Role.code == code)).one(), facility=place)


def lend(absent, stand_in, *codes):
    with unit_of_work(access_for(absent, permissions())):
        chosen = [role for role in interims.lendable(absent) if not codes or db.session.get(Role, role).code in codes]
        day = today()
        user = db.session.get(rows.User, absent)
        interims.begin(user, directory.colleague(stand_in), day, day + timedelta(days=5), chosen, None, "Congé")


def may(user_id):
    return access_for(user_id, permissions())


def take(user_id, requisition, action):
    with acting(may(user_id)):
        return perform(lambda: services.STEPS[action](services.load(requisition)) and None)


@pytest.fixture
def requisition(app, world):
    """Return the id of a proposed requisition of a centre with three months of use."""
    make.reference()
    with unit_of_work(SYSTEM):
        centre = world["P1A-CDS1"]
        lot = make.lot(make.product("P-1", pack_size=100), "LP-1")
        make.receive(centre, lot, 1000, months_ago(4))
        for month in (3, 2, 1):
            make.dispense(centre, lot, 300, months_ago(month))
        return services.propose(centre).id


@pytest.mark.parametrize("own", [(), (KEEPER,), (PHARMACIST,), (KEEPER, PHARMACIST)], ids=str)
def test_neither_of_two_hands_signs_what_either_has_signed(own, requisition, world):
    aline, bosco = person(world, "Aline", KEEPER, PHARMACIST), person(world, "Bosco", *own)
    lend(aline, bosco)
    outcomes = set()
    for first, second in itertools.product((aline, bosco), repeat=2):
        take(first, requisition, "confirm")
        confirmed = {first} | ({aline} if first == bosco and KEEPER not in own else set())
        by_himself = second == aline or PHARMACIST in own
        expected = second not in confirmed and (by_himself or aline not in confirmed)
        row = db.session.get(Requisition, requisition)
        access = may(second)
        with acting(access):
            offered = {step.action for step in actions(row)} & {"approve", "authorise", "pass_on"}
            held = select(Requisition.id).where(clocks.waits(Requisition, "approve", access))
            waits = set(db.session.scalars(held))
        assert (bool(offered), waits == {requisition}) == (expected, expected), (own, first, second)
        told = {name for name, _role in directory.holders(APPROVE, world["P1A"].path, approvals.signatories(row))}
        assert ({aline: "Aline", bosco: "Bosco"}[second] in told) == expected
        try:
            take(second, requisition, "approve")
            signed = history(db.session.get(Requisition, requisition))[-1]
            assert signed.people == {second} | ({aline} if second == bosco and not by_himself else set())
            assert signed.user_label == (
                "Bosco, pour Aline" if len(signed.people) == 2 else {aline: "Aline", bosco: "Bosco"}[second]
            )
            done = True
        except AmagaraError:
            done = False
        assert done == expected, (own, first, second)
        outcomes.add(done)
        with unit_of_work(SYSTEM):
            row = db.session.get(Requisition, requisition)
            row.state, row.place, row.signatures = "suggested", None, frozenset()
    assert outcomes == ({True, False} if PHARMACIST in own or KEEPER in own else {False})


def test_of_two_whom_he_stands_in_for_he_signs_for_the_one_who_may(requisition, world):
    aline, denis = person(world, "Aline", KEEPER, PHARMACIST), person(world, "Denis", PHARMACIST)
    bosco = person(world, "Bosco")
    lend(aline, bosco)
    lend(denis, bosco)
    take(aline, requisition, "confirm")
    take(bosco, requisition, "approve")
    row = db.session.get(Requisition, requisition)
    assert row.state == "approved" and history(row)[-1].user_label == "Bosco, pour Denis"
    cells = [name for _title, name in approvals.signed_on_paper(row)]
    assert cells == ["Aline", "Bosco, pour Denis", ""]


def test_two_signatures_are_not_one_hand(requisition, world):
    """A province and a district, one pharmacist for both and her stand-in: together they are one signature."""
    from plugins.elmis.requisitions.models import ApprovalLevel

    with unit_of_work(SYSTEM):
        of = world["P1A-CDS1"].type_id
        for position, place in enumerate(("district", "province")):
            db.session.add(ApprovalLevel(type_id=of, place=place, position=position))
    keeper, aline = person(world, "Keeper", KEEPER), person(world, "Aline", ("provincial_approver", "P1"))
    bosco = person(world, "Bosco")
    lend(aline, bosco)
    take(keeper, requisition, "confirm")
    due = approvals.awaited(db.session.get(Requisition, requisition))
    assert [{name for name, _role in one} for one in due] == [{"Aline", "Bosco"}, set()]
    take(aline, requisition, "pass_on")
    with pytest.raises(AmagaraError):
        take(bosco, requisition, "approve")


def test_his_list_of_things_to_do_says_for_whom_they_wait(requisition, world, client, app):
    aline, bosco = person(world, "Aline", PHARMACIST), person(world, "Bosco", KEEPER)
    lend(aline, bosco)
    with app.test_request_context(), acting(may(bosco)):
        own = {(one.task.entity, one.whom) for one in inbox.Inbox(inbox.own_work(may(bosco))).tasks if one.task.entity}
    assert own == {(f"elmis.requisition/{requisition}", "")}
    keeper = person(world, "Keeper", KEEPER)
    take(keeper, requisition, "confirm")
    with app.test_request_context(), acting(may(bosco)):
        theirs = [
            (one.task.entity, one.whom) for one in inbox.Inbox(inbox.own_work(may(bosco))).tasks if one.task.entity
        ]
    assert theirs == [(f"elmis.requisition/{requisition}", "Aline")]
    rows.sign_in(client, "bosco")
    assert "pour Aline" in client.get("/inbox").text
    rows.sign_in(client, "keeper")
    page = client.get(f"/elmis/requisitions/{requisition}").text
    assert "Bosco (" in page and "pour Aline" in page


def test_whatever_is_signed_names_both(app, world):
    """A whole delivery by one who stands in for both sides, and by himself for a third."""
    lots = flow.stocked(world)
    bosco = person(world, "Bosco", ("storekeeper", "P1A-CDS2"))
    names = {login: db.session.get(rows.User, world.users[login]).name for login in ("depot", "keeper")}
    lend(world.users["depot"], bosco)
    lend(world.users["keeper"], bosco)
    order = flow.order(world, lots["product"])
    real = dict(world.users)
    world.users.update(depot=bosco, keeper=bosco)
    shipment = flow.shipped(world, order)
    receipt = flow.expected(shipment)
    flow.count(world, receipt, flow.whole(shipment))
    with acting(SYSTEM):
        assert db.session.get(Shipment, shipment).shipped_by == f"Bosco, pour {names['depot']}"
        assert db.session.get(Receipt, receipt).received_by == f"Bosco, pour {names['keeper']}"
        moved = set(db.session.scalars(select(Movement.user_label).where(Movement.user_id == bosco)))
        assert moved == {f"Bosco, pour {name}" for name in names.values()}
        steps = set(db.session.scalars(select(Step.user_label).where(Step.user_id == bosco)))
        assert steps <= {f"Bosco, pour {name}" for name in names.values()} and len(steps) == 2
    with unit_of_work(may(bosco)):
        store = db.session.scalars(
            select(StockLocation).where(
                StockLocation.facility_id == world.ids["P1A-CDS1"], StockLocation.kind == "store"
            )
        ).one()
        assert counts.start(store).created_by == f"Bosco, pour {names['keeper']}"
    with unit_of_work(may(bosco)):
        own = make.store(world["P1A-CDS2"])
        assert counts.start(own).created_by == "Bosco"
    assert real["depot"] != bosco
