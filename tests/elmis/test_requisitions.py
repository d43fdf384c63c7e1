"""Requisitions: every state and step, who may take it, reasons, two people, two at once."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date, timedelta
from itertools import permutations
from itertools import product as pairs

import pytest
from sqlalchemy import select

from core.contract.plugins import permissions
from core.data import clocks
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import Conflict, Doubt, Invalid, Missing, NotAllowed, Refused
from core.data.states import history
from core.data.work import perform, unit_of_work
from core.facilities.models import Facility, FacilityType
from core.inbox import services as inbox
from core.users.accounts.models import User
from core.users.directory.services import holders as holders_of
from core.users.rights import grants, roles
from core.users.rights.access import access_for
from plugins.elmis.ledger.models import StockReport
from plugins.elmis.requisitions import approvals, display, services
from plugins.elmis.requisitions.models import APPROVE, CONVERT, EDIT, VIEW, ApprovalLevel, Requisition, SupplyLine
from plugins.elmis.requisitions.quantities import type_quantities
from plugins.elmis.requisitions.states import MACHINE, STATES, WAITING_APPROVAL
from plugins.elmis.requisitions.steps import actions
from tests import make as rows
from tests.elmis import make

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")
PEOPLE = {
    "keeper": ("P1A-CDS1", [EDIT]),
    "head": ("P1A-CDS1", [APPROVE]),
    "pharmacist": ("P1A", [APPROVE]),
    "colleague": ("P1A", [APPROVE]),
    "province": ("P1", [APPROVE]),
    "depot": ("P1A-DEPOT", [CONVERT]),
    "both": ("P1A", [EDIT, APPROVE]),
    "stranger": ("P2", [EDIT, APPROVE]),
}


def months_ago(number: int) -> date:
    """Return the tenth of a month before this one."""
    day = today().replace(day=1)
    for _step in range(number):
        day = (day - timedelta(days=1)).replace(day=1)
    return day.replace(day=10)


@pytest.fixture
def people(app, world):
    """Return the accesses of those who take part, and store a centre's three months of use."""
    make.reference()
    with unit_of_work(SYSTEM):
        centre = world["P1A-CDS1"]
        for code in ("P-1", "P-2"):
            lot = make.lot(make.product(code, pack_size=100), f"L{code}")
            make.receive(centre, lot, 1000, months_ago(4))
            for month in (3, 2, 1):
                make.dispense(centre, lot, 300, months_ago(month))
    with unit_of_work(SYSTEM):
        ids = {name: rows.user(name, world["P1"]).id for name in PEOPLE}
    return {
        name: Access(ids[name], name, tuple((right, world[place].path) for right in (VIEW, *rights)))
        for name, (place, rights) in PEOPLE.items()
    }


@pytest.fixture
def order(people, world):
    """Return the id of a proposed order."""
    return as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)


def as_(access, operation):
    """Return what an operation gives when this person runs it through the door."""
    with acting(access):
        return perform(operation)


def take(access, order, action, reason=""):
    """Take a step of an order as this person."""
    said = [reason] if action in ("return", "cancel") else []
    return as_(access, lambda: services.STEPS[action](services.load(order), *said) and None)


def typed(access, order, quantities, reason="", confirmed=()):
    """Type quantities by product code as this person."""

    def operation():
        row = services.load(order)
        ids = {line.product.code: line.id for line in row.lines}
        values = {ids[code]: value for code, value in quantities.items()}
        return type_quantities(row, values, dict.fromkeys(values, reason))

    with acting(access):
        return perform(operation, confirmed=confirmed)


def state(order):
    return db.session.scalar(select(Requisition.state).where(Requisition.id == order))


def line(order, code="P-1"):
    return next(line for line in db.session.get(Requisition, order).lines if line.product.code == code)


def put(order, state, level=0):
    """Store an order in a state, as its steps would have left it."""
    with unit_of_work(SYSTEM):
        row = db.session.get(Requisition, order)
        row.state, row.signatures = state, range(level)
        waits = state in WAITING_APPROVAL
        row.place_id = approvals.approval_places(row)[0].id if waits else None


def test_a_proposal_keeps_every_input_of_its_suggestion(people, order):
    row = db.session.get(Requisition, order)
    assert row.number.startswith("RQ-") and row.state == "suggested" and row.supplier.code == "P1A-DEPOT"
    (first, _second) = row.lines
    assert (first.usable, first.suggested, first.requested, first.quantity) == (
        100,
        first.quantity,
        None,
        first.quantity,
    )
    facts = json.loads(first.working)
    assert facts["inputs"]["cmm"]["consumption"] == 900 and facts["working"][-1]["value"] == str(first.suggested)
    assert row.total == sum(each.quantity for each in row.lines) * 10


def test_the_whole_way_from_proposal_to_order(people, order, monkeypatch):
    made = []
    monkeypatch.setitem(services.STEPS, "convert", lambda row: (services.step(row, "convert"), made.append(row.id)))
    take(people["keeper"], order, "confirm")
    take(people["pharmacist"], order, "approve")
    take(people["depot"], order, "convert")
    assert state(order) == "converted" and made == [order]
    assert [step.action for step in history(db.session.get(Requisition, order))] == [
        "propose", "confirm", "approve", "convert",
    ]  # fmt: skip


def test_every_state_takes_the_steps_of_its_table_and_no_other(people, order):
    """The system, which has every right, tries each step from each state."""
    table = {(step.source, step.action): step.target for step in MACHINE.transitions}
    for start, action in pairs(STATES, {step.action for step in MACHINE.transitions}):
        put(order, start)
        target = table.get((start, action))
        with nullcontext() if target else pytest.raises(Conflict):
            as_(SYSTEM, lambda action=action: services.step(services.load(order), action, "motif"))
        assert state(order) == (target or start), (start, action)


@pytest.mark.parametrize(
    ("start", "action", "who"),
    [
        ("suggested", "confirm", "keeper"),
        ("draft", "confirm", "keeper"),
        ("draft", "cancel", "keeper"),
        ("returned", "revise", "keeper"),
        ("confirmed", "approve", "pharmacist"),
        ("confirmed", "return", "pharmacist"),
        ("approved", "cancel", "pharmacist"),
    ],
)
def test_each_step_belongs_to_one_and_not_to_the_others(people, order, start, action, who):
    put(order, start)
    entitled = {"keeper": {"keeper", "both"}, "pharmacist": {"pharmacist", "colleague", "province", "both"}}[who]
    entitled |= {"head"} if start == "approved" else set()
    for name, access in people.items():
        with acting(access):
            row = db.session.get(Requisition, order)
            offered = row is not None and action in {step.action for step in actions(row)}
        db.session.rollback()
        assert offered == (name in entitled), name
        if name not in entitled:
            with pytest.raises((NotAllowed, Refused, Conflict, Missing)):
                take(access, order, action, "motif")
            assert state(order) == start
    take(people[who], order, action, "motif")
    assert state(order) != start


@pytest.mark.parametrize("action", ["return", "cancel"])
def test_some_steps_need_a_reason(people, order, action):
    put(order, "confirmed" if action == "return" else "draft")
    who = people["pharmacist" if action == "return" else "keeper"]
    with pytest.raises(Refused, match="motif"):
        take(who, order, action, "  ")
    take(who, order, action, "Stock mal compté")
    assert history(db.session.get(Requisition, order))[-1].reason == "Stock mal compté"


def test_nobody_approves_what_he_confirmed(people, order):
    take(people["both"], order, "confirm")
    with acting(people["both"]):
        assert not {"approve", "pass_on"} & {step.action for step in actions(db.session.get(Requisition, order))}
    with pytest.raises(Refused):
        take(people["both"], order, "approve")
    take(people["colleague"], order, "approve")
    assert state(order) == "approved"


def levels(world, *places):
    with unit_of_work(SYSTEM):
        kind = db.session.query(FacilityType).filter_by(code="health_centre").one()
        for position, place in enumerate(places):
            db.session.add(ApprovalLevel(type_id=kind.id, position=position, place=place))


def test_levels_are_signed_one_after_the_other_by_different_people(people, order, world):
    levels(world, "facility", "district", "province")
    take(people["keeper"], order, "confirm")
    take(people["head"], order, "authorise")
    assert state(order) == "authorised"
    with pytest.raises((NotAllowed, Refused)):
        take(people["head"], order, "pass_on")
    take(people["pharmacist"], order, "pass_on")
    row = db.session.get(Requisition, order)
    assert (row.state, row.signatures, row.place.code) == ("in_approval", {0, 1}, "P1")
    for name in ("pharmacist", "colleague"):
        with pytest.raises((NotAllowed, Refused)):
            take(people[name], order, "approve")
    take(people["province"], order, "approve")
    row = db.session.get(Requisition, order)
    assert row.state == "approved" and row.place is None
    assert [each.approved for each in row.lines] == [each.suggested for each in row.lines]


def test_a_changed_quantity_needs_a_reason_and_is_remembered(people, order):
    suggested = line(order).suggested
    with pytest.raises(Invalid):
        typed(people["keeper"], order, {"P-1": 700})
    assert typed(people["keeper"], order, {"P-1": 700}, "Campagne") == 1
    changed = line(order)
    assert (changed.requested, changed.reason, changed.quantity) == (700, "Campagne", 700)
    assert state(order) == "draft"
    said = [(step.note, step.reason) for step in history(db.session.get(Requisition, order))]
    assert (f"Produit P-1: {suggested} → 700", "Campagne") in said
    assert typed(people["keeper"], order, {"P-1": suggested}) == 1
    assert line(order).requested is None


@pytest.mark.parametrize("value", [-1, 10**13])
def test_quantities_that_cannot_be_are_refused(people, order, value):
    with pytest.raises(Invalid):
        typed(people["keeper"], order, {"P-1": value}, "x")


def test_an_approver_reduces_with_a_reason_and_never_raises(people, order):
    take(people["keeper"], order, "confirm")
    asked = line(order).quantity
    for quantity, reason in ((asked - 100, ""), (asked + 100, "plus")):
        with pytest.raises(Invalid):
            typed(people["pharmacist"], order, {"P-1": quantity}, reason)
    typed(people["pharmacist"], order, {"P-1": asked - 100}, "Dépôt court")
    take(people["pharmacist"], order, "approve")
    reduced = line(order)
    assert (reduced.approved, reduced.suggested, reduced.approval_reason) == (asked - 100, asked, "Dépôt court")
    with pytest.raises(Conflict):
        typed(people["pharmacist"], order, {"P-1": 0}, "trop tard")


def test_a_returned_order_loses_the_reductions_keeps_what_was_typed_and_comes_back(people, order):
    typed(people["keeper"], order, {"P-1": 700}, "Campagne")
    take(people["keeper"], order, "confirm")
    typed(people["pharmacist"], order, {"P-1": 600}, "Trop")
    take(people["pharmacist"], order, "return", "Recompter")
    assert line(order).quantity == 700 and state(order) == "returned"
    typed(people["keeper"], order, {"P-2": 900}, "Compté")
    assert state(order) == "draft"
    take(people["keeper"], order, "confirm")
    take(people["pharmacist"], order, "approve")
    assert (line(order).approved, line(order, "P-2").approved) == (700, 900)


def test_recalculation_keeps_what_was_typed(people, order, world):
    typed(people["keeper"], order, {"P-1": 700}, "Campagne")
    before = line(order, "P-2").suggested
    with unit_of_work(SYSTEM):
        lot = db.session.query(make.Lot).filter_by(number="LP-2").one()
        make.receive(world["P1A-CDS1"], lot, 200)
    as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)
    assert line(order).requested == 700
    assert line(order, "P-2").suggested == before - 200
    assert db.session.query(Requisition).count() == 1


def test_one_regular_order_a_month_but_an_emergency_is_always_possible(people, order, world):
    take(people["keeper"], order, "confirm")
    with pytest.raises(Refused, match="RQ-"):
        as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)
    other = as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"], kind="emergency").id)
    assert other != order


def test_what_was_asked_for_is_not_asked_for_again(people, order, world):
    quantity = line(order).quantity
    take(people["keeper"], order, "confirm")
    other = as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"], kind="emergency").id)
    again = line(other)
    assert again.suggested == 0 and again.facts["inputs"]["on_order"]["quantity"] == quantity


def test_a_report_alone_orders_nothing_and_marks_the_month(people, world):
    number = as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"], kind="report").id)
    with acting(people["keeper"]):
        offered = {step.action for step in actions(db.session.get(Requisition, number))}
    assert "report" in offered and "confirm" not in offered
    take(people["keeper"], number, "report")
    assert state(number) == "reported"
    assert db.session.scalar(select(StockReport.month)) == today().replace(day=1)


def test_a_closed_month_takes_no_more_orders(people, order, world):
    with unit_of_work(SYSTEM):
        db.session.get(Requisition, order).period.closed = True
    with pytest.raises(Refused):
        as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)


def test_an_old_page_does_not_overwrite_a_newer_one(people, order):
    seen = db.session.get(Requisition, order).version
    typed(people["keeper"], order, {"P-1": 700}, "Campagne")
    with pytest.raises(Conflict):
        as_(people["keeper"], lambda: services.load(order, seen).id)


def test_of_two_approvers_at_once_one_is_told_that_it_is_done(app, people, order):
    take(people["keeper"], order, "confirm")

    def approve(name):
        with app.app_context():
            try:
                take(people[name], order, "approve")
            except Conflict:
                return 409
            return 200

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, ("pharmacist", "colleague"))) == [200, 409]
    db.session.rollback()
    assert [step.action for step in history(db.session.get(Requisition, order))].count("approve") == 1


def test_the_same_click_twice_is_one_step(people, order):
    with acting(people["keeper"]):
        answers = [
            perform(lambda: services.confirm(services.load(order)) or {"ok": 1}, key="one-click", body="x")
            for _n in (1, 2)
        ]
    assert answers == [{"ok": 1}] * 2
    assert [step.action for step in history(db.session.get(Requisition, order))].count("confirm") == 1


def test_orders_of_others_are_not_seen(people, order):
    with acting(people["stranger"]):
        assert db.session.get(Requisition, order) is None or db.session.scalars(select(Requisition)).all() == []


def test_the_supplier_is_the_nearest_depot_or_the_one_that_was_named(people, world):
    def supplier(code):
        return approvals.supplier_of(db.session.get(Facility, world.ids[code])).code

    assert (supplier("P1A-CDS1"), supplier("P2B-CDS2"), supplier("P1A-DEPOT")) == ("P1A-DEPOT", "P2B-DEPOT", "CAMEBU")
    with pytest.raises(Refused):
        supplier("CAMEBU")
    with unit_of_work(SYSTEM):
        db.session.add(SupplyLine(facility_id=world.ids["P1A-CDS1"], supplier_id=world.ids["CAMEBU"]))
    assert supplier("P1A-CDS1") == "CAMEBU"


def test_a_barcode_as_a_quantity_is_asked_about_where_it_is_typed(people, order):
    large = {612345678905: "grande", 96385074: "code-barres", 9_000: "année"}
    for value, said in large.items():
        with pytest.raises(Doubt, match=said) as doubt:
            typed(people["keeper"], order, {"P-1": value}, "season")
        db.session.rollback()
        assert [one.field for one in doubt.value.questions] == [f"q{line(order).id}"] and line(order).requested is None
    (asked,) = doubt.value.questions
    assert typed(people["keeper"], order, {"P-1": 9_000}, "season", confirmed=[asked.token]) == 1
    assert typed(people["keeper"], order, {"P-1": 9_000}, "campaign") == 0 and line(order).reason == "campaign"


def test_every_line_has_its_own_reason_and_all_that_lack_one_are_named_at_once(people, order):
    first, second = line(order).id, line(order, "P-2").id
    with pytest.raises(Invalid) as refused:
        typed(people["keeper"], order, {"P-1": 700, "P-2": 800})
    assert set(refused.value.errors) == {f"why{first}", f"why{second}"}
    db.session.rollback()
    reasons = {first: "outbreak", second: "Deux villages de plus"}
    as_(people["keeper"], lambda: type_quantities(services.load(order), {first: 700, second: 800}, reasons))
    assert [line(order, code).reason for code in ("P-1", "P-2")] == ["outbreak", "Deux villages de plus"]


def test_an_order_of_many_times_the_suggestion_is_asked_about_before_it_is_confirmed(people, order):
    with pytest.raises(Doubt) as large:
        typed(people["keeper"], order, {"P-1": 214_000_000}, "erreur de frappe")
    db.session.rollback()
    tokens = [one.token for one in large.value.questions]
    typed(people["keeper"], order, {"P-1": 214_000_000}, "erreur de frappe", confirmed=tokens)
    with acting(people["keeper"]), pytest.raises(Doubt) as doubt:
        perform(lambda: services.confirm(services.load(order)))
    db.session.rollback()
    (said,) = [str(one.words).replace("\N{NO-BREAK SPACE}", " ") for one in doubt.value.questions]
    assert "2 140 " in said and state(order) != "confirmed"
    with acting(people["keeper"]):
        tokens = [one.token for one in doubt.value.questions]
        perform(lambda: services.confirm(services.load(order)), confirmed=tokens)
    assert state(order) == "confirmed"


def test_what_nobody_has_decided_is_asked_about_before_an_order_is_confirmed(people, world):
    """One day in stock, and out for a year: the order went off with 0 of what nobody knows, without a word."""
    with unit_of_work(SYSTEM):
        few, never = (make.lot(make.product(code, pack_size=1), code) for code in ("FEW", "GONE"))
        for lot, month in ((few, 3), (never, 15)):
            make.receive(world["P1A-CDS1"], lot, 200, months_ago(month))
            make.dispense(world["P1A-CDS1"], lot, 200, months_ago(month))
    order = as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)
    assert line(order, "GONE").suggested is None and line(order, "FEW").suggested > 0
    with acting(people["keeper"]), pytest.raises(Doubt) as doubt:
        perform(lambda: services.confirm(services.load(order)))
    db.session.rollback()
    (asked,) = doubt.value.questions
    assert all(
        words in str(asked.words) for words in ("2 articles", "FEW", "GONE", "en rupture pendant toute la période")
    )
    assert state(order) == "suggested"
    typed(people["keeper"], order, {"GONE": 50, "FEW": 60}, "outbreak")
    take(people["keeper"], order, "confirm")
    assert state(order) == "confirmed"


def test_what_has_moved_since_is_marked_asked_about_at_confirming_and_again_at_approving(people, order, world):
    then = line(order, "P-2").suggested
    assert moved_at(people["keeper"], order) == {}
    receive_more(world, 200)
    assert moved_at(people["keeper"], order) == {line(order, "P-2").id: (then, then - 200)}
    confirm_moved(people["keeper"], order, services.confirm)
    assert moved_at(people["pharmacist"], order) == {line(order, "P-2").id: (then, then - 200)}
    receive_more(world, 100)
    confirm_moved(people["pharmacist"], order, services.approve)
    assert state(order) == "approved" and moved_at(people["pharmacist"], order) == {}


def receive_more(world, units):
    with unit_of_work(SYSTEM):
        make.receive(world["P1A-CDS1"], db.session.query(make.Lot).filter_by(number="LP-2").one(), units)


def moved_at(access, order):
    with acting(access):
        return dict(display.moved(db.session.get(Requisition, order), access))


def confirm_moved(access, order, operation):
    """Take a step that asks about changed suggestions, with the answer."""
    with acting(access), pytest.raises(Doubt, match="P-2") as doubt:
        perform(lambda: operation(services.load(order)) and None)
    db.session.rollback()
    with acting(access):
        perform(lambda: operation(services.load(order)) and None, confirmed=[doubt.value.questions[0].token])


def waiting(access, view):
    """Return the ids of the orders that wait for a person in a view of the list."""
    return set(db.session.scalars(select(Requisition.id).where(clocks.waits(Requisition, view, access))))


def holders(people, order):
    """Return who has an order among the tasks that wait for a signature; each of them has its button, nobody else."""
    found = set()
    for name, access in people.items():
        with acting(access):
            row = db.session.get(Requisition, order)
            button = {"authorise", "approve", "pass_on"} & {step.action for step in actions(row)} if row else set()
            task = order in waiting(access, "approve")
        assert bool(button) == bool(task), name
        found |= {name} if task else set()
    return found


@pytest.mark.parametrize(
    ("places", "signers"),
    [
        (("district", "province"), ("pharmacist", "province")),
        (("facility", "district", "province"), ("head", "pharmacist", "province")),
    ],
)
def test_whoever_signs_first_somebody_holds_the_task_until_every_place_has_signed(
    people, order, world, places, signers
):
    levels(world, *places)
    for turn in permutations(signers):
        take(people["keeper"], order, "confirm")
        signed = []
        while waits := holders({name: people[name] for name in signers}, order):
            who = next(name for name in turn if name in waits)
            with acting(people[who]):
                steps = {step.action for step in actions(db.session.get(Requisition, order))}
            take(people[who], order, (steps & {"authorise", "approve", "pass_on"}).pop())
            signed.append(who)
        assert state(order) == "approved" and sorted(signed) == sorted(signers), (turn, signed)
        put(order, "returned")
        take(people["keeper"], order, "revise")


def test_what_was_taken_down_to_nothing_is_not_counted_and_another_reason_needs_its_words(people, order):
    key = line(order).id
    with acting(people["keeper"]), pytest.raises(Invalid) as refusal:
        perform(lambda: type_quantities(services.load(order), {key: 0}, {key: "other"}))
    assert list(refusal.value.errors) == [f"say{key}"] and "Produit P-1" in str(refusal.value.errors[f"say{key}"])
    with pytest.raises(Invalid) as refusal:
        typed(people["keeper"], order, {"P-1": 0})
    assert "Produit P-1" in str(refusal.value.errors[f"why{key}"])
    before = display.counts(db.session.get(Requisition, order))["order"]
    typed(people["keeper"], order, {"P-1": 0}, "no_room")
    assert (before, display.counts(db.session.get(Requisition, order))["order"]) == (2, 1)


def given(world, **roles):
    """Store people with real roles, {login: (role, place)}; return their accesses as a sign-in makes them."""
    with unit_of_work(SYSTEM):
        made = {login: rows.user(login, world[place], role).id for login, (role, place) in roles.items()}
    return {login: access_for(key, permissions()) for login, key in made.items()}


def test_a_signature_climbs_to_the_next_pharmacist_and_never_falls_to_an_administrator(people, order, world):
    """District without an approver, province with one: the second signature is the national pharmacist's."""
    levels(world, "district", "province")
    who = given(world, keeps=("storekeeper", "P1A-CDS1"), prov=("provincial_approver", "P1"),
                boss=("administrator", "BI"))  # fmt: skip
    boss = who["boss"]
    assert not boss.can(APPROVE) and boss.may_give(APPROVE) and boss.can(EDIT)
    with acting(boss):  # the order waits for its storekeeper, not for who looks after the system
        assert waiting(boss, "confirm") and inbox.Inbox(inbox.own_work(boss)).tasks == []
        assert inbox.own_work(boss).can("core.user.edit")
    assert inbox.own_work(who["keeps"]) == who["keeps"]
    take(who["keeps"], order, "confirm")
    row = db.session.get(Requisition, order)
    prov = db.session.get(User, who["prov"].user_id).name
    assert [[name for name, _role in due] for due in approvals.awaited(row)] == [[prov], []]
    assert f"2 signatures, dans n’importe quel ordre : {prov} (" in str(approvals.who_signs(row)).replace(
        "\u202f", " "
    ).replace("\xa0", " ")
    take(who["prov"], order, "pass_on")
    row = db.session.get(Requisition, order)
    assert row.place.code == "P1A" and approvals.awaited(row) == [[]]
    assert "personne ne peut signer" in str(approvals.who_signs(row))
    with acting(boss):
        assert {"approve", "pass_on", "return"}.isdisjoint(step.action for step in actions(row))
    for wrong in (boss, who["prov"]):
        with pytest.raises((NotAllowed, Refused)):
            take(wrong, order, "approve")
    national = given(world, national=("central_pharmacist", "BI"))["national"]
    row = db.session.get(Requisition, order)
    assert len(approvals.awaited(row)[0]) == 1 and order in waiting(national, "approve")
    take(national, order, "approve")
    assert state(order) == "approved"


def test_two_people_of_one_name_are_two_signatures(people, order, world):
    """They were one: the second signature was said to be for “another person, who still has to be given the right”."""
    levels(world, "district", "province")
    who = given(world, keeps=("storekeeper", "P1A-CDS1"), dist=("district_pharmacist", "P1A"),
                prov=("provincial_approver", "P1"))  # fmt: skip
    with unit_of_work(Access.system("test")):
        for key in ("dist", "prov"):
            db.session.get(User, who[key].user_id).name = "Marie Ndayizeye"
    take(who["keeps"], order, "confirm")
    due = approvals.awaited(db.session.get(Requisition, order))
    assert [[name for name, _role in one] for one in due] == [["Marie Ndayizeye"], ["Marie Ndayizeye"]]
    also = given(world, also=("district_pharmacist", "P1A"), third=("district_pharmacist", "P1A"))
    with unit_of_work(Access.system("test")):
        db.session.get(User, also["also"].user_id).name = "Marie Ndayizeye"
    told = dict.fromkeys(holders_of(APPROVE, world["P1A"].path))
    logins = {db.session.get(User, one.user_id).login for one in (who["dist"], also["also"])}
    roles = [role for name, role in told if name == "Marie Ndayizeye"]
    assert {role.rpartition(", ")[2] for role in roles} == {*logins, world["P1"].name} and len(told) == 4


def test_two_signatures_are_both_said_and_one_as_a_choice(people, order, world):
    levels(world, "district", "province")
    who = given(world, keeps=("storekeeper", "P1A-CDS1"), dist=("district_pharmacist", "P1A"),
                also=("district_pharmacist", "P1A"), prov=("provincial_approver", "P1"),
                high=("national_approver", "BI"))  # fmt: skip
    names = {key: db.session.get(User, access.user_id).name for key, access in who.items()}

    def said():
        return re.sub(r" \([^)]*\)|[\u202f\xa0]", "", str(approvals.who_signs(db.session.get(Requisition, order))))

    take(who["keeps"], order, "confirm")
    either = " ou ".join(sorted((names["dist"], names["also"])))
    assert said() == f"Elle attend 2 signatures, dans n’importe quel ordre: {either}; {names['prov']}."
    place = f"Approbation\u202f: {db.session.get(Facility, world.ids['P1']).name}"
    with pytest.raises(Doubt) as asked:  # the province's own approver is there
        take(who["high"], order, "pass_on")
    assert names["prov"] in str(asked.value.questions[0].words)
    take(who["dist"], order, "pass_on")
    assert said() == f"Elle attend une signature. Peuvent signer: {names['prov']}, {names['high']}."
    cells = approvals.signed_on_paper(db.session.get(Requisition, order))
    assert [(str(title), name) for title, name in cells] == [
        ("La structure", names["keeps"]), ("Approbation", names["dist"]), (place, ""), ("Le dépôt", ""),
    ]  # fmt: skip
    with acting(who["high"]):
        yes = [one.token for one in asked.value.questions]
        perform(lambda: services.approve(services.load(order)), confirmed=yes)
    assert state(order) == "approved"
    cells = approvals.signed_on_paper(db.session.get(Requisition, order))
    assert [name for _title, name in cells] == [names["keeps"], names["dist"], names["high"], ""]


def test_an_administrator_gives_the_right_to_sign_without_holding_it(people, world):
    boss = given(world, boss=("administrator", "BI"))["boss"]
    with unit_of_work(SYSTEM):
        new = rows.user("new", world["P1A"]).id
    with acting(boss):
        role = next(one for one in roles.roles() if one.code == "provincial_approver")
        assert role in roles.grantable(roles.roles())
        perform(lambda: grants.grant(new, role.id, world.ids["P1"]).id and None)
    assert access_for(new, permissions()).can(APPROVE, world["P1A"])
    with acting(boss):
        explained = {
            right.name: grants for right, grants in grants.explain(db.session.get(User, boss.user_id), world["P1A"])
        }
    assert explained[APPROVE] == [] and explained[EDIT]
