"""The gate of donations: what each check says, what is decided of an offer, and the pieces that it becomes."""

from dataclasses import asdict

import pytest
from sqlalchemy import select

from core.data.access import acting
from core.data.db import db, today
from core.data.errors import Conflict, Doubt, NotAllowed, Refused
from core.data.states import Reason
from core.data.work import unit_of_work
from plugins.gmao.donations import services
from plugins.gmao.donations.models import Offer, OfferItem
from plugins.gmao.donations.states import MACHINE
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.figures import capacity
from plugins.gmao.formulas import gate
from plugins.gmao.formulas.gate import NO, UNKNOWN, YES, Mains, Need
from tests import make as people
from tests.gmao.conftest import SYSTEM
from tests.gmao.make import type_of

HERE = "P1A-CDS1"
MAINS = Mains(220, 50, "CE")
GOOD = {
    "quantity": 2, "condition": "new", "volts_least": 100, "volts_most": 240, "frequency": "50/60", "plugs": "e",
    "manual": "yes", "consumables": "yes", "consumables_cost": 450_000,
    "service": "yes", "training": "yes", "warranty_months": 24,
}  # fmt: skip


@pytest.mark.parametrize(
    ("found", "outcome", "why"),
    [
        (gate.need(2, None), UNKNOWN, "no_norm"),
        (gate.need(2, Need(4, 2)), YES, "lacks"),
        (gate.need(3, Need(4, 2)), NO, "lacks_fewer"),
        (gate.need(1, Need(4, 5)), NO, "lacks_none"),
        (gate.need(2, Need(4, 2, unknown=1)), UNKNOWN, "may_lack"),
        (gate.need(2, Need(9, 9, gap=2)), YES, "lacks"),  # one place has beyond its norm what others lack
        (gate.voltage(False, None, None, MAINS), YES, "no_power"),
        (gate.voltage(True, None, None, MAINS), UNKNOWN, "not_told"),
        (gate.voltage(True, 240, None, MAINS), YES, "volts"),
        (gate.voltage(True, 243, None, MAINS), NO, "other_volts"),
        (gate.voltage(True, 100, 127, MAINS), NO, "other_volts"),
        (gate.voltage(True, 100, 240, MAINS), YES, "volts"),
        (gate.frequency(True, [], MAINS), UNKNOWN, "not_told"),
        (gate.frequency(True, [60], MAINS), NO, "other_hertz"),
        (gate.frequency(True, [50, 60], MAINS), YES, "hertz"),
        (gate.plug(True, [], MAINS), UNKNOWN, "not_told"),
        (gate.plug(True, ["A", "B"], MAINS), NO, "other_plug"),
        (gate.plug(True, ["A", "E"], MAINS), YES, "plug"),
        (gate.consumables(None, 5), UNKNOWN, "not_told"),
        (gate.consumables("none", None), YES, "needs_none"),
        (gate.consumables("no", 5), NO, "not_to_be_had"),
        (gate.consumables("yes", None), UNKNOWN, "cost_unknown"),
        (gate.consumables("yes", 0), YES, "cost"),
        (gate.told(None), UNKNOWN, "not_told"),
        (gate.told("no"), NO, "said_no"),
        (gate.age(False, None, 5, 2026), YES, "new"),
        (gate.age(True, None, 5, 2026), UNKNOWN, "year_unknown"),
        (gate.age(True, 2021, 5, 2026), YES, "young"),
        (gate.age(True, 2020, 5, 2026), NO, "too_old"),
        (gate.warranty(None, 12), UNKNOWN, "not_told"),
        (gate.warranty(11, 12), NO, "too_short"),
        (gate.warranty(12, 12), YES, "months"),
    ],
)
def test_what_is_not_told_is_unknown_and_not_a_no(found, outcome, why):
    assert (found.outcome, found.why) == (outcome, why), asdict(found)


@pytest.fixture
def norms(country, monkeypatch):
    """Let the norm ask for two concentrators in each health centre of the test."""
    with acting(SYSTEM):
        kind = country[HERE].type.code
    monkeypatch.setattr(capacity, "norms", lambda: {kind: {"o2": 2}})


def offered(world, login="head", **facts):
    """Return the id of an offer of one item to the health centre."""
    with unit_of_work(world.access(login)):
        row = services.offer(world[HERE], donor="ONG", project="Oxygène", offered_on=today())
        services.add(row, type=type_of(), **{**GOOD, **facts})
        return row.id


def do(world, login, run, id, **facts):
    with unit_of_work(world.access(login)):
        facts = {name: world[fact] if name == "place" else fact for name, fact in facts.items()}
        run(db.session.get_one(Offer, id), **facts)


def outcomes(world, id):
    with acting(world.access("director")):
        row = db.session.get_one(Offer, id)
        return {check.kind: check.outcome for item in row.items for check in item.checks}


def state(world, id):
    with acting(world.access("director")):
        return db.session.get_one(Offer, id).state


@pytest.mark.both_databases
def test_an_offer_that_can_serve_becomes_pieces_of_the_register(country, norms, client):
    id = offered(country)
    do(country, "head", services.examine, id)
    assert outcomes(country, id) == dict.fromkeys(outcomes(country, id), YES)
    with pytest.raises(NotAllowed):
        do(country, "head", services.accept, id)
    do(country, "director", services.accept, id)
    do(country, "director", services.foresee, id, place=HERE)
    with pytest.raises(Refused):
        do(country, "director", services.foresee, id, place=HERE)
    do(country, "head", services.receive, id, place=HERE)
    with acting(country.access("director")):
        pieces = db.session.scalars(select(Equipment)).all()
        assert [(one.state, one.donor, one.project, one.funding, one.received_on) for one in pieces] == [
            ("received", "ONG", "Oxygène", "donor", today())
        ] * 2
        assert all(one.warranty_until > today() for one in pieces)
        tag = pieces[0].code
    people.sign_in(client, "director")
    assert tag in client.get(f"/gmao/offers/{id}").text
    letter = client.get(f"/gmao/offers/{id}/letter")
    assert (letter.status_code, letter.mimetype) == (200, "application/pdf")
    do(country, "head", lambda row: MACHINE.advance(row, "close"), id)
    assert state(country, id) == "closed"


@pytest.mark.both_databases
def test_a_no_is_not_accepted_as_it_is_and_an_unknown_is_asked_about(country, norms):
    id = offered(country, quantity=3, manual=None)
    do(country, "head", services.examine, id)
    assert {kind: outcome for kind, outcome in outcomes(country, id).items() if outcome != YES} == {
        "need": NO, "manual": UNKNOWN,
    }  # fmt: skip
    with pytest.raises(Refused):
        do(country, "director", services.accept, id)
    with unit_of_work(country.access("head")):
        item = db.session.scalars(select(OfferItem)).one()
        services.judge(item, check="need", outcome=YES, note="Un quatrième lit s’ouvre")
    with pytest.raises(Doubt):
        do(country, "director", services.accept, id)
    do(country, "director", services.accept_if, id, terms="Manuel en français à fournir")
    assert state(country, id) == "conditional"
    with pytest.raises(Conflict):
        do(country, "director", services.accept, id)


def test_what_a_person_has_judged_stays_when_an_offer_is_examined_again(country, norms):
    id = offered(country, manual=None)
    do(country, "head", services.examine, id)
    with unit_of_work(country.access("head")):
        item = db.session.scalars(select(OfferItem)).one()
        services.judge(item, check="manual", outcome=NO, note="En mandarin seulement")
    do(country, "head", lambda row: MACHINE.advance(row, "complete"), id)
    with unit_of_work(country.access("head")):
        item = db.session.scalars(select(OfferItem)).one()
        services.change_item(item, **{**GOOD, "type": type_of(), "manual": None, "warranty_months": 6})
    do(country, "head", services.examine, id)
    found = outcomes(country, id)
    assert (found["manual"], found["warranty"], found["plug"]) == (NO, NO, YES)


def test_a_declined_offer_becomes_nothing_and_one_without_items_is_not_examined(country, norms):
    id = offered(country)
    do(country, "head", services.examine, id)
    why = Reason("unfit", "secteur à 60 Hz", MACHINE.reasons["decline"])
    do(country, "director", services.decline, id, reason=why)
    with pytest.raises(Conflict):
        do(country, "director", services.receive, id, place=HERE)
    with unit_of_work(country.access("head")):
        empty = services.offer(country[HERE], donor="ONG", offered_on=today()).id
    with pytest.raises(Refused):
        do(country, "head", services.examine, empty)
    with acting(country.access("director")):
        assert db.session.scalars(select(Equipment)).all() == []
        assert "60 Hz" in db.session.get_one(Offer, id).terms


def test_an_offer_is_seen_where_it_is_made_and_changed_before_it_is_examined(country, norms):
    id = offered(country)
    with acting(country.access("other")):
        assert db.session.scalars(select(Offer)).all() == [] == db.session.scalars(select(OfferItem)).all()
    do(country, "head", services.examine, id)
    with pytest.raises(Conflict):
        do(country, "head", lambda row: services.add(row, type=type_of(), **GOOD), id)
    with pytest.raises(NotAllowed):
        offered(country, "ward")
