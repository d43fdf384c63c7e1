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
def requisition(people, world):
    """Return the id of a proposed requisition."""
    return as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)


def as_(access, operation):
    """Return what an operation gives when this person runs it through the door."""
    with acting(access):
        return perform(operation)


def take(access, requisition, action, reason=""):
    """Take a step of a requisition as this person."""
    said = [reason] if action in ("return", "cancel") else []
    return as_(access, lambda: services.STEPS[action](services.load(requisition), *said) and None)


def typed(access, requisition, quantities, reason="", confirmed=()):
    """Type quantities by product code as this person."""

    def operation():
        row = services.load(requisition)
        ids = {line.product.code: line.id for line in row.lines}
        values = {ids[code]: value for code, value in quantities.items()}
        return type_quantities(row, values, dict.fromkeys(values, reason))

    with acting(access):
        return perform(operation, confirmed=confirmed)


def state(requisition):
    return db.session.scalar(select(Requisition.state).where(Requisition.id == requisition))


def line(requisition, code="P-1"):
    return next(line for line in db.session.get(Requisition, requisition).lines if line.product.code == code)


def put(requisition, state, level=0):
    """Store a requisition in a state, as its steps would have left it."""
    with unit_of_work(SYSTEM):
        row = db.session.get(Requisition, requisition)
        row.state, row.signatures = state, range(level)
        waits = state in WAITING_APPROVAL
        row.place_id = approvals.approval_places(row)[0].id if waits else None


def test_a_proposal_keeps_every_input_of_its_suggestion(people, requisition):
    row = db.session.get(Requisition, requisition)
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


def test_the_whole_way_from_proposal_to_order(people, requisition, monkeypatch):
    made = []
    monkeypatch.setitem(services.STEPS, "convert", lambda row: (services.step(row, "convert"), made.append(row.id)))
    take(people["keeper"], requisition, "confirm")
    take(people["pharmacist"], requisition, "approve")
    take(people["depot"], requisition, "convert")
    assert state(requisition) == "converted" and made == [requisition]
    assert [step.action for step in history(db.session.get(Requisition, requisition))] == [
        "propose", "confirm", "approve", "convert",
    ]  # fmt: skip


def test_every_state_takes_the_steps_of_its_table_and_no_other(people, requisition):
    """The system, which has every right, tries each step from each state."""
    table = {(step.source, step.action): step.target for step in MACHINE.transitions}
    for start, action in pairs(STATES, {step.action for step in MACHINE.transitions}):
        put(requisition, start)
        target = table.get((start, action))
        with nullcontext() if target else pytest.raises(Conflict):
            as_(SYSTEM, lambda action=action: services.step(services.load(requisition), action, "motif"))
        assert state(requisition) == (target or start), (start, action)


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
def test_each_step_belongs_to_one_and_not_to_the_others(people, requisition, start, action, who):
    put(requisition, start)
    entitled = {"keeper": {"keeper", "both"}, "pharmacist": {"pharmacist", "colleague", "province", "both"}}[who]
    entitled |= {"head"} if start == "approved" else set()
    for name, access in people.items():
        with acting(access):
            row = db.session.get(Requisition, requisition)
            offered = row is not None and action in {step.action for step in actions(row)}
        db.session.rollback()
        assert offered == (name in entitled), name
        if name not in entitled:
            with pytest.raises((NotAllowed, Refused, Conflict, Missing)):
                take(access, requisition, action, "motif")
            assert state(requisition) == start
    take(people[who], requisition, action, "motif")
    assert state(requisition) != start


@pytest.mark.parametrize("action", ["return", "cancel"])
def test_some_steps_need_a_reason(people, requisition, action):
    put(requisition, "confirmed" if action == "return" else "draft")
    who = people["pharmacist" if action == "return" else "keeper"]
    with pytest.raises(Refused, match="motif"):
        take(who, requisition, action, "  ")
    take(who, requisition, action, "Stock mal compté")
    assert history(db.session.get(Requisition, requisition))[-1].reason == "Stock mal compté"


def test_nobody_approves_what_he_confirmed(people, requisition):
    take(people["both"], requisition, "confirm")
    with acting(people["both"]):
        assert not {"approve", "pass_on"} & {step.action for step in actions(db.session.get(Requisition, requisition))}
    with pytest.raises(Refused):
        take(people["both"], requisition, "approve")
    take(people["colleague"], requisition, "approve")
    assert state(requisition) == "approved"


def levels(world, *places):
    with unit_of_work(SYSTEM):
        kind = db.session.query(FacilityType).filter_by(code="health_centre").one()
        for position, place in enumerate(places):
            db.session.add(ApprovalLevel(type_id=kind.id, position=position, place=place))


def test_levels_are_signed_one_after_the_other_by_different_people(people, requisition, world):
    levels(world, "facility", "district", "province")
    take(people["keeper"], requisition, "confirm")
    take(people["head"], requisition, "authorise")
    assert state(requisition) == "authorised"
    with pytest.raises((NotAllowed, Refused)):
        take(people["head"], requisition, "pass_on")
    take(people["pharmacist"], requisition, "pass_on")
    row = db.session.get(Requisition, requisition)
    assert (row.state, row.signatures, row.place.code) == ("in_approval", {0, 1}, "P1")
    for name in ("pharmacist", "colleague"):
        with pytest.raises((NotAllowed, Refused)):
            take(people[name], requisition, "approve")
    take(people["province"], requisition, "approve")
    row = db.session.get(Requisition, requisition)
    assert row.state == "approved" and row.place is None
    assert [each.approved for each in row.lines] == [each.suggested for each in row.lines]


def test_a_changed_quantity_needs_a_reason_and_is_remembered(people, requisition):
    suggested = line(requisition).suggested
    with pytest.raises(Invalid):
        typed(people["keeper"], requisition, {"P-1": 700})
    assert typed(people["keeper"], requisition, {"P-1": 700}, "Campagne") == 1
    changed = line(requisition)
    assert (changed.requested, changed.reason, changed.quantity) == (700, "Campagne", 700)
    assert state(requisition) == "draft"
    said = [(step.note, step.reason) for step in history(db.session.get(Requisition, requisition))]
    assert (f"Produit P-1\N{NO-BREAK SPACE}: {suggested} → 700", "Campagne") in said
    assert typed(people["keeper"], requisition, {"P-1": suggested}) == 1
    assert line(requisition).requested is None


@pytest.mark.parametrize("value", [-1, 10**13])
def test_quantities_that_cannot_be_are_refused(people, requisition, value):
    with pytest.raises(Invalid):
        typed(people["keeper"], requisition, {"P-1": value}, "x")


def test_an_approver_reduces_with_a_reason_and_never_raises(people, requisition):
    take(people["keeper"], requisition, "confirm")
    asked = line(requisition).quantity
    for quantity, reason in ((asked - 100, ""), (asked + 100, "plus")):
        with pytest.raises(Invalid):
            typed(people["pharmacist"], requisition, {"P-1": quantity}, reason)
    typed(people["pharmacist"], requisition, {"P-1": asked - 100}, "Dépôt court")
    take(people["pharmacist"], requisition, "approve")
    reduced = line(requisition)
    assert (reduced.approved, reduced.suggested, reduced.approval_reason) == (asked - 100, asked, "Dépôt court")
    with pytest.raises(Conflict):
        typed(people["pharmacist"], requisition, {"P-1": 0}, "trop tard")


def test_a_returned_requisition_loses_the_reductions_keeps_what_was_typed_and_comes_back(people, requisition):
    typed(people["keeper"], requisition, {"P-1": 700}, "Campagne")
    take(people["keeper"], requisition, "confirm")
    typed(people["pharmacist"], requisition, {"P-1": 600}, "Trop")
    take(people["pharmacist"], requisition, "return", "Recompter")
    assert line(requisition).quantity == 700 and state(requisition) == "returned"
    typed(people["keeper"], requisition, {"P-2": 900}, "Compté")
    assert state(requisition) == "draft"
    take(people["keeper"], requisition, "confirm")
    take(people["pharmacist"], requisition, "approve")
    assert (line(requisition).approved, line(requisition, "P-2").approved) == (700, 900)


def test_recalculation_keeps_what_was_typed(people, requisition, world):
    typed(people["keeper"], requisition, {"P-1": 700}, "Campagne")
    before = line(requisition, "P-2").suggested
    with unit_of_work(SYSTEM):
        lot = db.session.query(make.Lot).filter_by(number="LP-2").one()
        make.receive(world["P1A-CDS1"], lot, 200)
    as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)
    assert line(requisition).requested == 700
    assert line(requisition, "P-2").suggested == before - 200
    assert db.session.query(Requisition).count() == 1


def test_one_regular_requisition_a_month_but_an_emergency_is_always_possible(people, requisition, world):
    take(people["keeper"], requisition, "confirm")
    with pytest.raises(Refused, match="RQ-"):
        as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)
    other = as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"], kind="emergency").id)
    assert other != requisition


def test_what_was_asked_for_is_not_asked_for_again(people, requisition, world):
    quantity = line(requisition).quantity
    take(people["keeper"], requisition, "confirm")
    other = as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"], kind="emergency").id)
    again = line(other)
    assert again.suggested == 0 and again.facts["inputs"]["on_order"]["quantity"] == quantity


def test_a_report_alone_asks_for_nothing_and_marks_the_month(people, world):
    number = as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"], kind="report").id)
    with acting(people["keeper"]):
        offered = {step.action for step in actions(db.session.get(Requisition, number))}
    assert "report" in offered and "confirm" not in offered
    take(people["keeper"], number, "report")
    assert state(number) == "reported"
    assert db.session.scalar(select(StockReport.month)) == today().replace(day=1)


def test_a_closed_month_takes_no_more_requisitions(people, requisition, world):
    with unit_of_work(SYSTEM):
        db.session.get(Requisition, requisition).period.closed = True
    with pytest.raises(Refused):
        as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)


def test_an_old_page_does_not_overwrite_a_newer_one(people, requisition):
    seen = db.session.get(Requisition, requisition).version
    typed(people["keeper"], requisition, {"P-1": 700}, "Campagne")
    with pytest.raises(Conflict):
        as_(people["keeper"], lambda: services.load(requisition, seen).id)


def test_of_two_approvers_at_once_one_is_told_that_it_is_done(app, people, requisition):
    take(people["keeper"], requisition, "confirm")

    def approve(name):
        with app.app_context():
            try:
                take(people[name], requisition, "approve")
            except Conflict:
                return 409
            return 200

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, ("pharmacist", "colleague"))) == [200, 409]
    db.session.rollback()
    assert [step.action for step in history(db.session.get(Requisition, requisition))].count("approve") == 1


def test_the_same_click_twice_is_one_step(people, requisition):
    with acting(people["keeper"]):
        answers = [
            perform(lambda: services.confirm(services.load(requisition)) or {"ok": 1}, key="one-click", body="x")
            for _n in (1, 2)
        ]
    assert answers == [{"ok": 1}] * 2
    assert [step.action for step in history(db.session.get(Requisition, requisition))].count("confirm") == 1


def test_requisitions_of_others_are_not_seen(people, requisition):
    with acting(people["stranger"]):
        assert db.session.get(Requisition, requisition) is None or db.session.scalars(select(Requisition)).all() == []


def test_the_supplier_is_the_nearest_depot_or_the_one_that_was_named(people, world):
    def supplier(code):
        return approvals.supplier_of(db.session.get(Facility, world.ids[code])).code

    assert (supplier("P1A-CDS1"), supplier("P2B-CDS2"), supplier("P1A-DEPOT")) == ("P1A-DEPOT", "P2B-DEPOT", "CAMEBU")
    with pytest.raises(Refused):
        supplier("CAMEBU")
    with unit_of_work(SYSTEM):
        db.session.add(SupplyLine(facility_id=world.ids["P1A-CDS1"], supplier_id=world.ids["CAMEBU"]))
    assert supplier("P1A-CDS1") == "CAMEBU"


def test_a_barcode_as_a_quantity_is_asked_about_where_it_is_typed(people, requisition):
    large = {612345678905: "grande", 96385074: "code-barres", 9_000: "année"}
    for value, said in large.items():
        with pytest.raises(Doubt, match=said) as doubt:
            typed(people["keeper"], requisition, {"P-1": value}, "season")
        db.session.rollback()
        assert [one.field for one in doubt.value.questions] == [f"q{line(requisition).id}"] and line(
            requisition
        ).requested is None
    (asked,) = doubt.value.questions
    assert typed(people["keeper"], requisition, {"P-1": 9_000}, "season", confirmed=[asked.token]) == 1
    assert (
        typed(people["keeper"], requisition, {"P-1": 9_000}, "campaign") == 0 and line(requisition).reason == "campaign"
    )


def test_every_line_has_its_own_reason_and_all_that_lack_one_are_named_at_once(people, requisition):
    first, second = line(requisition).id, line(requisition, "P-2").id
    with pytest.raises(Invalid) as refused:
        typed(people["keeper"], requisition, {"P-1": 700, "P-2": 800})
    assert set(refused.value.errors) == {f"why{first}", f"why{second}"}
    db.session.rollback()
    reasons = {first: "outbreak", second: "Deux villages de plus"}
    as_(people["keeper"], lambda: type_quantities(services.load(requisition), {first: 700, second: 800}, reasons))
    assert [line(requisition, code).reason for code in ("P-1", "P-2")] == ["outbreak", "Deux villages de plus"]


def test_an_requisition_of_many_times_the_suggestion_is_asked_about_before_it_is_confirmed(people, requisition):
    with pytest.raises(Doubt) as large:
        typed(people["keeper"], requisition, {"P-1": 214_000_000}, "erreur de frappe")
    db.session.rollback()
    tokens = [one.token for one in large.value.questions]
    typed(people["keeper"], requisition, {"P-1": 214_000_000}, "erreur de frappe", confirmed=tokens)
    with acting(people["keeper"]), pytest.raises(Doubt) as doubt:
        perform(lambda: services.confirm(services.load(requisition)))
    db.session.rollback()
    (said,) = [str(one.words).replace("\N{NO-BREAK SPACE}", " ") for one in doubt.value.questions]
    assert "2 140 " in said and state(requisition) != "confirmed"
    with acting(people["keeper"]):
        tokens = [one.token for one in doubt.value.questions]
        perform(lambda: services.confirm(services.load(requisition)), confirmed=tokens)
    assert state(requisition) == "confirmed"


def test_what_nobody_has_decided_is_asked_about_before_an_requisition_is_confirmed(people, world):
    """One day in stock, and out for a year: the requisition went off with 0 of what nobody knows, without a word."""
    with unit_of_work(SYSTEM):
        few, never = (make.lot(make.product(code, pack_size=1), code) for code in ("FEW", "GONE"))
        for lot, month in ((few, 3), (never, 15)):
            make.receive(world["P1A-CDS1"], lot, 200, months_ago(month))
            make.dispense(world["P1A-CDS1"], lot, 200, months_ago(month))
    requisition = as_(people["keeper"], lambda: services.propose(world["P1A-CDS1"]).id)
    assert line(requisition, "GONE").suggested is None and line(requisition, "FEW").suggested > 0
    with acting(people["keeper"]), pytest.raises(Doubt) as doubt:
        perform(lambda: services.confirm(services.load(requisition)))
    db.session.rollback()
    (asked,) = doubt.value.questions
    assert all(
        words in str(asked.words) for words in ("2 articles", "FEW", "GONE", "en rupture pendant toute la période")
    )
    assert state(requisition) == "suggested"
    typed(people["keeper"], requisition, {"GONE": 50, "FEW": 60}, "outbreak")
    take(people["keeper"], requisition, "confirm")
    assert state(requisition) == "confirmed"


def test_what_has_moved_since_is_marked_asked_about_at_confirming_and_again_at_approving(people, requisition, world):
    then = line(requisition, "P-2").suggested
    assert moved_at(people["keeper"], requisition) == {}
    receive_more(world, 200)
    assert moved_at(people["keeper"], requisition) == {line(requisition, "P-2").id: (then, then - 200)}
    confirm_moved(people["keeper"], requisition, services.confirm)
    assert moved_at(people["pharmacist"], requisition) == {line(requisition, "P-2").id: (then, then - 200)}
    receive_more(world, 100)
    confirm_moved(people["pharmacist"], requisition, services.approve)
    assert state(requisition) == "approved" and moved_at(people["pharmacist"], requisition) == {}


def receive_more(world, units):
    with unit_of_work(SYSTEM):
        make.receive(world["P1A-CDS1"], db.session.query(make.Lot).filter_by(number="LP-2").one(), units)


def moved_at(access, requisition):
    with acting(access):
        return dict(display.moved(db.session.get(Requisition, requisition), access))


def confirm_moved(access, requisition, operation):
    """Take a step that asks about changed suggestions, with the answer."""
    with acting(access), pytest.raises(Doubt, match="P-2") as doubt:
        perform(lambda: operation(services.load(requisition)) and None)
    db.session.rollback()
    with acting(access):
        perform(lambda: operation(services.load(requisition)) and None, confirmed=[doubt.value.questions[0].token])


def waiting(access, view):
    """Return the ids of the requisitions that wait for a person in a view of the list."""
    return set(db.session.scalars(select(Requisition.id).where(clocks.waits(Requisition, view, access))))


def holders(people, requisition):
    """Return who has a requisition among the tasks that wait for a signature; each of them has its button, nobody else."""
    found = set()
    for name, access in people.items():
        with acting(access):
            row = db.session.get(Requisition, requisition)
            button = {"authorise", "approve", "pass_on"} & {step.action for step in actions(row)} if row else set()
            task = requisition in waiting(access, "approve")
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
    people, requisition, world, places, signers
):
    levels(world, *places)
    for turn in permutations(signers):
        take(people["keeper"], requisition, "confirm")
        signed = []
        while waits := holders({name: people[name] for name in signers}, requisition):
            who = next(name for name in turn if name in waits)
            with acting(people[who]):
                steps = {step.action for step in actions(db.session.get(Requisition, requisition))}
            take(people[who], requisition, (steps & {"authorise", "approve", "pass_on"}).pop())
            signed.append(who)
        assert state(requisition) == "approved" and sorted(signed) == sorted(signers), (turn, signed)
        put(requisition, "returned")
        take(people["keeper"], requisition, "revise")


def test_what_was_taken_down_to_nothing_is_not_counted_and_another_reason_needs_its_words(people, requisition):
    key = line(requisition).id
    with acting(people["keeper"]), pytest.raises(Invalid) as refusal:
        perform(lambda: type_quantities(services.load(requisition), {key: 0}, {key: "other"}))
    assert list(refusal.value.errors) == [f"say{key}"] and "Produit P-1" in str(refusal.value.errors[f"say{key}"])
    with pytest.raises(Invalid) as refusal:
        typed(people["keeper"], requisition, {"P-1": 0})
    assert "Produit P-1" in str(refusal.value.errors[f"why{key}"])
    before = display.counts(db.session.get(Requisition, requisition))["asked"]
    typed(people["keeper"], requisition, {"P-1": 0}, "no_room")
    assert (before, display.counts(db.session.get(Requisition, requisition))["asked"]) == (2, 1)


def given(world, **roles):
    """Store people with real roles, {login: (role, place)}; return their accesses as a sign-in makes them."""
    with unit_of_work(SYSTEM):
        made = {login: rows.user(login, world[place], role).id for login, (role, place) in roles.items()}
    return {login: access_for(key, permissions()) for login, key in made.items()}


def test_a_signature_climbs_to_the_next_pharmacist_and_never_falls_to_an_administrator(people, requisition, world):
    """District without an approver, province with one: the second signature is the national pharmacist's."""
    levels(world, "district", "province")
    who = given(world, keeps=("storekeeper", "P1A-CDS1"), prov=("provincial_approver", "P1"),
                boss=("administrator", "BI"))  # fmt: skip
    boss = who["boss"]
    assert not boss.can(APPROVE) and boss.may_give(APPROVE) and boss.can(EDIT)
    with acting(boss):  # the requisition waits for its storekeeper, not for who looks after the system
        assert waiting(boss, "confirm") and inbox.Inbox(inbox.own_work(boss)).tasks == []
        assert inbox.own_work(boss).can("core.user.edit")
    assert inbox.own_work(who["keeps"]) == who["keeps"]
    take(who["keeps"], requisition, "confirm")
    row = db.session.get(Requisition, requisition)
    prov = db.session.get(User, who["prov"].user_id).name
    assert [[name for name, _role in due] for due in approvals.awaited(row)] == [[prov], []]
    assert f"2 signatures, peu importe qui signe d’abord : {prov} (" in str(approvals.who_signs(row)).replace(
        "\u202f", " "
    ).replace("\xa0", " ")
    take(who["prov"], requisition, "pass_on")
    row = db.session.get(Requisition, requisition)
    assert row.place.code == "P1A" and approvals.awaited(row) == [[]]
    assert "personne ne peut signer" in str(approvals.who_signs(row))
    with acting(boss):
        assert {"approve", "pass_on", "return"}.isdisjoint(step.action for step in actions(row))
    for wrong in (boss, who["prov"]):
        with pytest.raises((NotAllowed, Refused)):
            take(wrong, requisition, "approve")
    national = given(world, national=("central_pharmacist", "BI"))["national"]
    row = db.session.get(Requisition, requisition)
    assert len(approvals.awaited(row)[0]) == 1 and requisition in waiting(national, "approve")
    take(national, requisition, "approve")
    assert state(requisition) == "approved"


def test_two_people_of_one_name_are_two_signatures(people, requisition, world):
    """They were one: the second signature was said to be for “another person, who still has to be given the right”."""
    levels(world, "district", "province")
    who = given(world, keeps=("storekeeper", "P1A-CDS1"), dist=("district_pharmacist", "P1A"),
                prov=("provincial_approver", "P1"))  # fmt: skip
    with unit_of_work(Access.system("test")):
        for key in ("dist", "prov"):
            db.session.get(User, who[key].user_id).name = "Marie Ndayizeye"
    take(who["keeps"], requisition, "confirm")
    due = approvals.awaited(db.session.get(Requisition, requisition))
    assert [[name for name, _role in one] for one in due] == [["Marie Ndayizeye"], ["Marie Ndayizeye"]]
    also = given(world, also=("district_pharmacist", "P1A"), third=("district_pharmacist", "P1A"))
    with unit_of_work(Access.system("test")):
        db.session.get(User, also["also"].user_id).name = "Marie Ndayizeye"
    told = dict.fromkeys(holders_of(APPROVE, world["P1A"].path))
    logins = {db.session.get(User, one.user_id).login for one in (who["dist"], also["also"])}
    roles = [role for name, role in told if name == "Marie Ndayizeye"]
    assert {role.rpartition(", ")[2] for role in roles} == {*logins, world["P1"].name} and len(told) == 4


def test_two_signatures_are_both_said_and_one_as_a_choice(people, requisition, world):
    levels(world, "district", "province")
    who = given(world, keeps=("storekeeper", "P1A-CDS1"), dist=("district_pharmacist", "P1A"),
                also=("district_pharmacist", "P1A"), prov=("provincial_approver", "P1"),
                high=("national_approver", "BI"))  # fmt: skip
    names = {key: db.session.get(User, access.user_id).name for key, access in who.items()}

    def said():
        return re.sub(
            r" \([^)]*\)|[\u202f\xa0]", "", str(approvals.who_signs(db.session.get(Requisition, requisition)))
        )

    take(who["keeps"], requisition, "confirm")
    either = " ou ".join(sorted((names["dist"], names["also"])))
    assert said() == f"Elle attend 2 signatures, peu importe qui signe d’abord: {either}; {names['prov']}."
    place = f"Approbation\u202f: {db.session.get(Facility, world.ids['P1']).name}"
    with pytest.raises(Doubt) as asked:  # the province's own approver is there
        take(who["high"], requisition, "pass_on")
    assert names["prov"] in str(asked.value.questions[0].words)
    take(who["dist"], requisition, "pass_on")
    assert said() == f"Elle attend une signature. Peuvent signer: {names['prov']}, {names['high']}."
    cells = approvals.signed_on_paper(db.session.get(Requisition, requisition))
    assert [(str(title), name) for title, name in cells] == [
        ("La structure", names["keeps"]), ("Approbation", names["dist"]), (place, ""), ("Le dépôt", ""),
    ]  # fmt: skip
    with acting(who["high"]):
        yes = [one.token for one in asked.value.questions]
        perform(lambda: services.approve(services.load(requisition)), confirmed=yes)
    assert state(requisition) == "approved"
    cells = approvals.signed_on_paper(db.session.get(Requisition, requisition))
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
