"""Inventory campaigns: scanned by many, reconciled with the register by its own services, and written down."""

import threading
from datetime import timedelta

import pypdfium2
import pytest
from sqlalchemy import select

from core.data.access import acting
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, Invalid, NotAllowed, Refused
from core.data.work import perform, unit_of_work
from plugins.gmao.campaigns import deciding, scanning, services
from plugins.gmao.campaigns.comparing import compare
from plugins.gmao.campaigns.models import Campaign, CampaignDecision, CampaignScan
from plugins.gmao.campaigns.states import MACHINE
from plugins.gmao.equipment.states import MACHINE as LIFE
from plugins.gmao.moves.models import Move
from tests import make as people
from tests.gmao.make import piece, row, type_of
from tests.gmao.test_moves import arrive, send

pytestmark = [pytest.mark.both_databases, pytest.mark.whole]
HERE, THERE = "P1A-CDS1", "P2A-CDS1"


def do(world, login, run, target=None, written=None, **facts):
    """Return what a person does to the campaign, or to a row of a class and id."""
    model, id = target or (Campaign, db.session.scalar(select(Campaign.id).order_by(Campaign.id.desc())))
    with unit_of_work(world.access(login), written=written):
        return run(db.session.get_one(model, id), **facts).id


def begun(world, reconciled=False):
    """Return the id of an open campaign of a centre."""
    with unit_of_work(world.access("tech")):
        services.plan(world[HERE], name="Annuel", starts_on=today(), ends_on=today() + timedelta(days=3), team="Aline")
    id = do(world, "tech", services.open_campaign)
    if reconciled:
        do(world, "tech", services.reconcile)
    return id


def scan(world, tag="", login="tech", **facts):
    return do(world, login, scanning.scan, equipment=tag, **{"room": "Bloc", **facts})


def result(id):
    return db.session.get_one(CampaignScan, id).result


def compared(world, login="tech"):
    db.session.expire_all()
    with acting(world.access(login)):
        return compare(db.session.scalars(select(Campaign).order_by(Campaign.id.desc())).first())


def pending(world):
    with acting(world.access("tech")):
        return {(each.kind, each.equipment_id): each.key for each in compared(world).pending()}


def decide(world, *lines, login="tech"):
    said = [{"difference": key, "outcome": outcome, "note": "…"} for key, outcome in lines]
    return do(world, login, deciding.decide, lines=said)


def test_each_scan_is_classed_and_none_is_lost(country):
    ids = [piece(country, room="Bloc", serial=f"S{number}") for number in range(4)]
    far = piece(country, "other", THERE)
    begun(country)
    tags = [row(id).code for id in ids]
    assert result(scan(country, tags[0])) == "ok"
    assert result(scan(country, tags[1].lower(), room="Pédiatrie", login="ward")) == "moved"
    assert result(scan(country, tags[2], status="not_functional", because="no_power")) == "status_differs"
    assert result(scan(country, f"https://example.org/e/{row(far).code}")) == "moved"
    assert result(scan(country, "ZZZZZZ", what="Aspirateur sans étiquette")) == "unlisted"
    assert result(scan(country, tags[1], damaged=True)) == "label_damaged"  # a second person corrects the first
    found = compared(country)
    assert len(found.scans) == 6 and found.latest[ids[1]].room == "Bloc"
    assert [each.room for each in found.earlier[ids[1]]] == ["Pédiatrie"]
    sums = found.tally
    assert (len(sums.found), sums.missing, len(sums.extra), sums.unlisted, sums.repeated) == (3, {ids[3]}, 1, 1, 1)
    rooms = {each.label: (each.expected, each.found, each.others) for each in found.rooms()}
    assert rooms == {"Bloc": (4, 3, 2)}
    with pytest.raises(Refused):
        scan(country, "ZZZZZZ")  # a tag that nothing bears is checked, or described
    with pytest.raises(Refused):
        scan(country, tags[3], status="not_functional")
    assert len(compared(country).scans) == 6


def test_the_register_follows_each_decision_by_its_own_services(country):
    room, broken, lost, fine = (piece(country, room="Salle 1") for _each in range(4))
    far = piece(country, "other", THERE)
    begun(country)
    scan(country, row(room).code)
    scan(country, row(broken).code, room="Salle 1", status="not_functional", because="no_power")
    scan(country, row(fine).code, room="salle 1")
    scan(country, row(far).code)
    bare = scan(country, what="Concentrateur gris")
    with pytest.raises(Conflict):
        decide(country)  # the counting goes on
    do(country, "tech", services.reconcile)
    found = pending(country)
    assert set(found) == {
        ("moved", room), ("status_differs", broken), ("elsewhere", far), ("unlisted", None), ("not_found", lost),
    }  # fmt: skip
    with pytest.raises(Refused):
        do(country, "head", services.validate)
    with pytest.raises(Refused):  # whose register it is says so himself
        decide(country, (found["moved", room], "enter"), (found["elsewhere", far], "take_for_good"))
    assert row(room).room == "Salle 1", "all or nothing"
    with pytest.raises(NotAllowed):
        decide(country, (found["moved", room], "enter"), login="ward")
    do(country, "tech", deciding.settle, rooms=True, working=True, missing=True)
    assert row(room).room == "Bloc" and row(broken).status == "not_functional" and row(lost).state == "in_service"
    decide(country, (found["elsewhere", far], "take"), (found["not_found", lost], "lost"))
    facts = {"type": type_of(), "state": "in_service", "status": "functional"}
    new = do(country, "tech", deciding.register_found, (CampaignScan, bare), **facts)
    assert (row(far).facility.code, row(far).home.code, row(far).state) == (HERE, THERE, "on_loan")
    assert db.session.scalars(select(Move).where(Move.equipment_id == far)).one().state == "arrived"
    assert row(lost).state == "lost" and row(new).facility.code == HERE
    assert pending(country) == {}
    with pytest.raises(NotAllowed):
        do(country, "tech", services.validate)
    do(country, "head", services.validate)
    sums = compared(country).tally
    assert (len(sums.found), sums.missing, sums.left, sums.extra, sums.unlisted) == (3, {lost}, set(), {far}, 1)


def test_what_had_no_label_is_a_piece_of_the_register_after_all(country):
    id = piece(country, room="Bloc")
    begun(country)
    bare = scan(country, what="Concentrateur sans étiquette")
    do(country, "tech", services.reconcile)
    assert set(pending(country)) == {("unlisted", None), ("not_found", id)}
    do(country, "tech", deciding.identify, (CampaignScan, bare), equipment=row(id).code)
    assert set(pending(country)) == {("label_damaged", id)}
    with pytest.raises(Refused):
        do(country, "tech", deciding.identify, (CampaignScan, bare), equipment=row(id).code)


def test_scans_that_come_late_are_taken_and_shown(country):
    id, other = piece(country, room="Bloc"), piece(country, room="Bloc")
    begun(country)
    scan(country, row(other).code)
    then = utcnow()
    do(country, "tech", services.reconcile)
    key = pending(country)["not_found", id]
    decide(country, (key, "search"))
    late = scan(country, row(id).code)
    assert db.session.get_one(CampaignScan, late).late and pending(country) == {}
    with pytest.raises(Refused):
        decide(country, (key, "lost"))  # it was found
    do(country, "head", services.validate)
    with pytest.raises(Conflict):
        scan(country, row(id).code)
    after = scan(country, row(id).code, room="Pédiatrie", written=then)
    found = compared(country)
    assert [each.id for each in found.after_minutes] == [after] and len(found.tally.found) == 2
    assert found.decided() == []


def test_pieces_that_move_or_go_while_it_lasts_are_shown_and_no_fault_of_the_counting(country):
    gone, sent, seen = (piece(country, room="Bloc", serial=name) for name in ("A", "B", "C"))
    begun(country)
    came = piece(country, room="Bloc", serial="D")
    scan(country, row(seen).code)
    scan(country, row(came).code)
    for id in (sent, seen):
        arrive(country, send(country, id))
    with unit_of_work(country.access("tech")):
        LIFE.advance(row(gone), "lose", "volé")
    found = compared(country)
    assert found.tally.left == {gone, sent} and found.pending() == []
    assert len(found.meanwhile()) == 4  # C was seen, and has left since; D has come


def test_the_days_the_list_and_a_second_campaign(country):
    with unit_of_work(country.access("tech")), pytest.raises(Invalid):
        services.plan(country[HERE], name="x", starts_on=today() - timedelta(days=1), ends_on=today())
    with unit_of_work(country.access("tech")), pytest.raises(Invalid):
        services.plan(country[HERE], name="x", starts_on=today(), ends_on=today() - timedelta(days=1))
    with pytest.raises(Refused):
        begun(country)  # nothing is registered here
    piece(country)
    do(country, "tech", services.open_campaign)
    with pytest.raises(Refused):
        begun(country)  # one at a time
    with pytest.raises(Conflict):
        do(country, "head", services.validate)
    steps = [(each.source, each.action, each.target) for each in MACHINE.transitions]
    assert ("reconciliation", "validate", "validated") in steps and len(steps) == 6


def test_the_pages_of_a_campaign_and_its_minutes_hold_what_was_found(country, client):
    ids = [piece(country, room="Bloc", serial=f"S-{number}") for number in range(3)]
    id = begun(country)
    people.sign_in(client, "tech")
    tag = row(ids[0]).code
    form = client.get(f"/do/gmao.campaign.scan/{id}?room=Maternit%C3%A9").text
    assert 'value="Maternité"' in form
    sent = client.post(f"/do/gmao.campaign.scan/{id}", data={"equipment": tag, "room": "Maternité", "note": "vu"})
    assert sent.status_code == 302 and "Maternit" in sent.location
    wrong = client.post(f"/do/gmao.campaign.scan/{id}", data={"equipment": "QQQQQQ", "room": "Bloc"})
    assert wrong.status_code == 422 and "Aucun équipement ne porte cette étiquette" in wrong.text
    do(country, "tech", services.reconcile)
    address = f"/gmao/campaigns/{id}/differences"
    keys = pending(country)
    assert "Maternité" in client.get(address).text
    lines = {}
    for number, (key, outcome) in enumerate(
        [(keys["moved", ids[0]], "enter"), (keys["not_found", ids[1]], "lost"), (keys["not_found", ids[2]], "search")]
    ):
        lines |= {f"lines-{number}-difference": key, f"lines-{number}-outcome": outcome, f"lines-{number}-note": ""}
    answer = client.post(address, data=lines)
    assert answer.status_code == 302, answer.text
    assert row(ids[0]).room == "Maternité" and db.session.scalars(select(CampaignDecision)).all()
    assert "S-1" in client.get(f"/gmao/campaigns/{id}").text and client.get("/gmao/scans/").status_code == 200
    do(country, "head", services.validate)
    paper = client.get(f"/gmao/campaigns/{id}/paper")
    pages = (page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(paper.data))
    text = " ".join(" ".join(pages).split())
    for word in ("PROCÈS-VERBAL", "S-1", "Maternité", "Il est perdu", "Il est recherché", "Aline", "Signature"):
        assert word in text
    people.sign_in(client, "other")
    assert client.get(f"/gmao/campaigns/{id}/paper").status_code == 404


def test_of_two_campaigns_that_are_opened_at_once_one_is_refused(app, country):
    piece(country, room="Bloc")
    for name in ("A", "B"):
        with unit_of_work(country.access("tech")):
            services.plan(country[HERE], name=name, starts_on=today(), ends_on=today())
    ids, ready, said = db.session.scalars(select(Campaign.id)).all(), threading.Barrier(2), []

    def run(id, access):
        with app.app_context(), acting(access):
            ready.wait()
            try:
                perform(lambda: services.open_campaign(db.session.get_one(Campaign, id)).state)
                said.append("open")
            except Refused:
                said.append("refused")

    access = country.access("tech")
    db.session.rollback()
    threads = [threading.Thread(target=run, args=(id, access)) for id in ids]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(said) == ["open", "refused"]


def test_a_campaign_is_cancelled_while_it_is_reconciled_and_what_was_decided_stays(country):
    id = piece(country, room="Bloc")
    begun(country)
    scan(country, row(id).code, room="Pédiatrie")
    do(country, "tech", services.reconcile)
    decide(country, (pending(country)["moved", id], "enter"))
    do(country, "tech", lambda one, **said: MACHINE.advance(one, "cancel", **said) and one, reason="mauvaise structure")
    assert (compared(country).campaign.state, row(id).room) == ("cancelled", "Pédiatrie")


def test_of_what_was_written_off_only_the_lost_is_found_again(country):
    ids = [piece(country, room="Bloc", serial=f"S{number}") for number in range(2)]
    begun(country)
    told = []
    for id, action in zip(ids, ("lose", "propose_disposal"), strict=True):
        with unit_of_work(country.access("head")):
            LIFE.advance(row(id), action, "…")
            if action != "lose":
                LIFE.advance(row(id), "dispose", "…")
        with unit_of_work(country.access("tech")) as work:
            scanning.scan(compared(country).campaign, equipment=row(id).code, room="Bloc")
            told.append([str(each) for each in work.told])
    assert all("Sorti du registre" in words[0] for words in told)
    do(country, "tech", services.reconcile)
    keys = pending(country)
    with pytest.raises(Refused):
        decide(country, (keys["written_off", ids[1]], "found"))
    decide(country, (keys["written_off", ids[0]], "found"), (keys["written_off", ids[1]], "leave"))
    assert [row(id).state for id in ids] == ["in_store", "disposed"]
