"""States say the same everywhere: a request with all its orders in one word, each word in the gender of its noun."""

import gc
import re

import pytest
from flask_babel import force_locale

from core.contract.plugins import entities
from core.data.access import Access
from core.data.db import db, today
from core.data.states import Machine, State
from core.data.work import unit_of_work
from core.journal.services import ACTIONS
from plugins.elmis.counts.models import MACHINE as COUNT
from plugins.elmis.ledger.models import SHORTFALL, Period
from plugins.elmis.lots.proposals import MACHINE as PROPOSAL
from plugins.elmis.orders import services
from plugins.elmis.promises.machines import EXTRAS, ORDER, RECEIPT, SHIPMENT
from plugins.elmis.promises.models import Order
from plugins.elmis.promises.services import Wanted, create
from plugins.elmis.recalls.machines import RECALL, SITE
from plugins.elmis.requisitions import progress
from plugins.elmis.requisitions.models import Requisition
from plugins.elmis.requisitions.states import MACHINE as REQUISITION
from plugins.elmis.settings.tables import MONTHS
from plugins.elmis.transfers.machines import REQUEST
from tests import make as people
from tests.elmis import flow
from tests.elmis.flow import CENTRE, DEPOT

OF_ORDERS = (ORDER, SHIPMENT, RECEIPT, REQUEST, REQUISITION)
FEMININE = {  # réquisition, commande, livraison, réception, demande
    "order": ORDER.states, "shipment": SHIPMENT.states, "receipt": RECEIPT.states, "request": REQUEST.states,
    "requisition": REQUISITION.states, "progress": progress.SAID, "proposal": PROPOSAL.states,
}  # fmt: skip
MASCULINE = {  # inventaire, rappel, lot, produit, mois
    "count": COUNT.states, "recall": RECALL.states, "site": SITE.states, "extra": EXTRAS, "month": MONTHS,
    "shortfall": SHORTFALL.states,
}  # fmt: skip


def test_every_state_word_is_in_the_gender_of_what_it_is_said_of(app):
    named = {machine.name for machine in (*OF_ORDERS, COUNT, RECALL, SITE, SHORTFALL, PROPOSAL)}
    gc.unfreeze()  # an import that a test of this worker has tried may have hidden what was there
    assert {one.name for one in gc.get_objects() if isinstance(one, Machine) and one.name.startswith("elmis.")} == named
    with app.test_request_context(), force_locale("fr"):
        for wrong, groups in ((("é", "u", "i"), FEMININE), (("ée", "ue", "ie"), MASCULINE)):
            for name, states in groups.items():
                for code, state in states.items():
                    said = str(state.label).split()[0]
                    assert not said.endswith(wrong) or said in ("Accusé",), (name, code, str(state.label))


NOUNS = ("tion", "sion", "ment", "ure", "age", "xion")  # and those that end otherwise:
OTHERS = {
    "Accusé", "Attente", "Choix", "Constat", "Demande", "Envoi", "Fin", "Levée", "Maintien", "Mise", "Prise", "Rappel", "Reconnaissance", "Rapport", "Refus",
    "Remise", "Renvoi", "Reprise", "Retrait", "Échec",
}  # fmt: skip
RECKONED = {"elmis.requisition_line"}  # the status of its stock: nobody takes a step to it


def test_every_act_of_every_entity_is_a_noun_in_the_journal(app):
    with app.test_request_context(), force_locale("fr"):
        acts = {("", code): str(words) for code, words in ACTIONS.items()}
        for entity in entities():
            for words in entity.words.values():
                states = {} if callable(words) or entity.name in RECKONED else words
                states = {code: state for code, state in states.items() if isinstance(state, State)}
                acts |= {(entity.name, code): str(state.act) for code, state in states.items()}
        assert len(acts) > 80
        for name, said in acts.items():
            first = said.split(maxsplit=1)[0].strip(",") if said else ""
            assert first[:1].isupper() and (first.endswith(NOUNS) or first in OTHERS), (name, said)


@pytest.fixture
def ids(world):
    """Return the depot's product, and a request of the health centre of which the depot is to make an order."""
    ids = flow.stocked(world, (100, 300))
    with unit_of_work(Access.system("test")):
        period = Period(month=today().replace(day=1))
        row = Requisition(
            number="RQ-1", facility_id=world.ids[CENTRE], supplier_id=world.ids[DEPOT], period=period,
            state="converted", policy="adjusted", as_of=today(), currency="BIF",
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        ids["request"] = row.id
    return ids


def orders(ids):
    rows = db.session.query(Order.id).filter_by(requisition_id=ids["request"]).order_by(Order.id)
    return [key for (key,) in rows]


def said(ids, client, login):
    """Return the one word that the page of the request, the list, the place's panel and the country have for it."""
    people.sign_in(client, login)
    row = db.session.get(Requisition, ids["request"])
    word = str(progress.states([row])[row.id].label)
    found = [
        client.get(url).text
        for url in (f"/elmis/requisitions/{row.id}", "/elmis/requisitions/", "/elmis/requisitions/country",
                    f"/facilities/{row.facility_id}")
    ]  # fmt: skip
    with force_locale("fr"):
        words = {str(state.label) for state in progress.SAID.values() if len(str(state.label)) > 12}
    for page in found:
        assert f">{word}<" in re.sub(r"\s*\n\s*", "", page).replace("1 " + word, f">{word}<"), (word, page)
    assert not [other for other in words - {word} if f"</span>{other}</span>" in found[0]]
    return word


def test_a_request_that_was_received_whole_is_delivered_and_waits_for_nobody(world, ids, client):
    """It was "to be prepared" on one page and received on another."""
    with unit_of_work(world.access("depot")):
        wanted = [Wanted(ids["product"], 100, 100, 100, 10)]
        create(world[DEPOT], world[CENTRE], wanted, "BIF", requisition_id=ids["request"])
    sent = flow.shipped(world, orders(ids)[0])
    assert said(ids, client, "keeper") == "en route"
    flow.count(world, flow.expected(sent), flow.whole(sent))
    assert said(ids, client, "keeper") == "livrée" and flow.of(orders(ids)[0]).state == "closed"
    for login in ("keeper", "depot"):
        people.sign_in(client, login)
        assert "À faire" in (text := client.get("/inbox").text) and flow.of(orders(ids)[0]).number not in text


@pytest.mark.both_databases
def test_a_request_of_which_a_rest_is_open_says_so_everywhere(world, ids, client):
    def ordered():
        wanted = [Wanted(ids["product"], 1000, 1000, 100, 10)]
        return create(world[DEPOT], world[CENTRE], wanted, "BIF", requisition_id=ids["request"]).id

    with unit_of_work(world.access("depot")):
        ordered()
    assert said(ids, client, "keeper") == "à préparer au dépôt"
    sent = flow.shipped(world, orders(ids)[0])
    assert said(ids, client, "keeper") == "expédiée en partie, reste à expédier"
    flow.count(world, flow.expected(sent), flow.whole(sent))
    assert [flow.of(one).state for one in orders(ids)] == ["closed", "to_prepare"]
    assert said(ids, client, "keeper") == "livrée en partie, reste à livrer"
    people.sign_in(client, "depot")
    assert flow.of(orders(ids)[1]).number in client.get("/inbox").text  # the depot's task stays
    flow.by(world, "depot", lambda: services.cancel(flow.of(orders(ids)[1]), "rupture nationale"))
    assert said(ids, client, "keeper") == "livrée en partie, reste abandonné"
