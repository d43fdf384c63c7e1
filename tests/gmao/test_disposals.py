"""Disposals: proposed by one, decided by another, and the life of the pieces follows."""

from datetime import timedelta

import pypdfium2
import pytest
from sqlalchemy import select

from core.data.db import db, today
from core.data.errors import Conflict, Invalid, NotAllowed, Refused
from core.data.states import Reason
from core.data.work import unit_of_work
from plugins.gmao.disposals import services
from plugins.gmao.disposals.models import DisposalCase
from plugins.gmao.equipment.states import MACHINE as LIFE
from plugins.gmao.parts import services as parts
from plugins.gmao.parts.models import Part
from plugins.gmao.plans import services as plans
from plugins.gmao.plans.models import MaintenancePlan
from plugins.gmao.requests import services as requests
from plugins.gmao.requests.models import Request
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import WorkOrder
from tests import make as people
from tests.gmao.make import piece, row
from tests.gmao.test_moves import arrive, send

HERE = "P1A-CDS1"
pytestmark = [pytest.mark.both_databases, pytest.mark.whole]
WHY = Reason("old", "depuis 1998", LIFE.reasons["propose_disposal"])


def proposed(world, id, login="tech"):
    with unit_of_work(world.access(login)):
        return services.propose_one(row(id), reason=WHY).id


def case_of(id):
    db.session.expire_all()
    return db.session.get_one(DisposalCase, id)


def do(world, login, run, id, **facts):
    with unit_of_work(world.access(login)):
        run(case_of(id), **facts)


def assess(world, id, **facts):
    with unit_of_work(world.access("tech")):
        case = case_of(id)
        line = {"repair_cost": 900_000, "value": 50_000, "opinion": "usé", **facts}
        services.assess(case, lines=[{"piece": each.id, **line} for each in case.pieces], opinion="Hors d’usage")


def before_committee(world, id):
    assess(world, id)
    do(world, "head", services.convene, id, committee_on=today(), members="Dr Niyonzima, président")


def approved(world, id):
    before_committee(world, id)
    do(world, "head", services.approve, id, decided_on=today())
    do(world, "tech", services.recover, id, parts="2 roues")


def test_one_proposes_another_decides_and_the_pieces_follow(country):
    first, second = piece(country), piece(country)
    id = proposed(country, first)
    do(country, "tech", lambda case: services.add(case, equipment=row(second)), id)
    assert [row(each).state for each in (first, second)] == ["disposal_proposed"] * 2
    with pytest.raises(Refused):
        proposed(country, first)
    with pytest.raises(Invalid):
        assess(country, id, repair_cost=None, opinion="")
    before_committee(country, id)
    for login in ("tech", "ward"):
        with pytest.raises((NotAllowed, Refused)):
            do(country, login, services.approve, id, decided_on=today())
    do(country, "head", services.approve, id, decided_on=today())
    with pytest.raises(Conflict):
        do(country, "head", services.dispose, id, method="destroyed", disposed_on=today())
    do(country, "tech", services.recover, id)
    for wrong in ({"method": "sold"}, {"method": "destroyed", "disposed_on": today() + timedelta(days=1)}):
        with pytest.raises(Refused):
            do(country, "head", services.dispose, id, **{"disposed_on": today(), **wrong})
    do(
        country,
        "head",
        services.dispose,
        id,
        method="given",
        disposed_on=today(),
        recipient="École technique",
        paper="7",
    )
    assert [row(each).state for each in (first, second)] == ["disposed"] * 2
    assert case_of(id).state == "disposed"


def test_a_committee_decides_nothing_before_it_was_asked(country):
    id = proposed(country, piece(country))
    before_committee(country, id)
    with pytest.raises(Refused) as refused:
        do(country, "head", services.approve, id, decided_on=today() - timedelta(days=1))
    assert (refused.value.field, case_of(id).state) == ("decided_on", "committee")


def test_whoever_proposed_does_not_decide_though_he_may(country):
    id = proposed(country, piece(country), "head")
    before_committee(country, id)
    with pytest.raises(Refused):
        do(country, "head", services.approve, id, decided_on=today())
    with pytest.raises(Refused):
        do(country, "head", services.refuse, id, decided_on=today(), reason="non")
    do(country, "director", services.approve, id, decided_on=today())


@pytest.mark.parametrize("way", ["refuse", "withdraw"])
def test_what_is_refused_or_given_up_is_again_what_it_was(country, way):
    used, stored = piece(country), piece(country, state="in_store")
    id = proposed(country, used)
    do(country, "tech", lambda case: services.add(case, equipment=row(stored)), id)
    if way == "refuse":
        before_committee(country, id)
        do(country, "head", services.refuse, id, decided_on=today(), reason="encore utile")
    else:
        do(country, "tech", services.withdraw, id, reason="erreur")
    assert (row(used).state, row(stored).state) == ("in_service", "in_store")
    proposed(country, used)  # another time


def test_open_work_and_plans_end_with_it_and_say_why(country):
    id = piece(country, status="not_functional", because="to_examine")
    with unit_of_work(country.access("head")):
        order = work.plan_for(row(id), kind="corrective", problem="panne").id
        done = work.plan_for(row(id), kind="inspection", problem="visite").id
        plan = plans.add(
            country[HERE],
            name="Entretien",
            equipment=row(id),
            interval=6,
            unit="month",
            first_on=today(),
            kind="preventive",
        ).id
    with unit_of_work(country.access("tech")):
        part = parts.ask(db.session.get_one(WorkOrder, order), label="Fusible", quantity=1).id
        work.finish(
            db.session.get_one(WorkOrder, done),
            minutes=10,
            action="tested",
            status="unserviceable",
            because="other",
            note="x",
        )
    with unit_of_work(country.access("ward")):
        request = requests.report(row(id), works="badly", problem="bruit").id
    case = proposed(country, id)
    approved(country, case)
    do(country, "head", services.dispose, case, method="destroyed", disposed_on=today())
    assert db.session.get_one(WorkOrder, order).state == "cancelled"
    assert db.session.get_one(WorkOrder, done).state == "closed"
    assert db.session.get_one(Request, request).state == "rejected"
    assert db.session.get_one(MaintenancePlan, plan).state == "ended"
    assert db.session.get_one(Part, part).state == "withdrawn"


def test_a_piece_that_went_elsewhere_meanwhile_stops_it(country):
    id, far = piece(country), "P2A-CDS1"
    case = proposed(country, id)
    approved(country, case)
    arrive(country, send(country, id, to=far, purpose="repair"))
    with pytest.raises(Refused):
        do(country, "head", services.dispose, case, method="destroyed", disposed_on=today())
    assert (case_of(case).state, row(id).state) == ("parts_recovered", "disposal_proposed")
    with pytest.raises(Refused, match="RF-"):  # there it is in a case already, which is not theirs to read
        proposed(country, id, "other")


def test_the_page_says_what_ends_and_the_minutes_hold_what_was_decided(country, client):
    id = piece(country, serial="SN-77", cost_bif=4_000_000)
    with unit_of_work(country.access("head")):
        number = work.plan_for(row(id), kind="corrective", problem="panne").number
    people.sign_in(client, "tech")
    assert client.get(f"/gmao/equipment/{id}").text.count("gmao.equipment.propose_disposal") == 1
    sent = client.post(f"/do/gmao.equipment.propose_disposal/{id}", data={"code": "old", "reason": "1998"})
    case = db.session.scalars(select(DisposalCase.id)).one()
    assert sent.location.endswith(f"/gmao/disposals/{case}")
    assert number in client.get(sent.location).text and "SN-77" in client.get(f"/gmao/disposals/{case}/assess").text
    form = {"lines-0-piece": str(case_of(case).pieces[0].id), "lines-0-repair_cost": "900000", "lines-0-value": "50000",
            "lines-0-opinion": "usé", "opinion": "Hors d’usage"}  # fmt: skip
    assert client.post(f"/gmao/disposals/{case}/assess", data=form).status_code == 302
    do(country, "head", services.convene, case, committee_on=today(), members="Dr Niyonzima, président")
    people.sign_in(client, "head")
    paper = client.get(f"/gmao/disposals/{case}/paper")
    pages = (page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(paper.data))
    text = " ".join(" ".join(pages).split())
    for word in ("PROCÈS-VERBAL", "SN-77", "Niyonzima", "Trop ancien", "Hors d’usage", "900"):
        assert word in text
    assert case_of(case).number in client.get(f"/gmao/equipment/{id}").text
    people.sign_in(client, "admin")
    assert case_of(case).number in client.get(f"/facilities/{country.ids[HERE]}/close").text
    do(country, "head", services.approve, case, decided_on=today())
    do(country, "tech", services.recover, case)
    sold = {"method": "sold", "recipient": "Ferrailleur", "proceeds": 12_500, "disposed_on": today()}
    do(country, "head", services.dispose, case, **sold)
    paper = pypdfium2.PdfDocument(client.get(f"/gmao/disposals/{case}/paper").data)
    assert "Ferrailleur, 12 500" in " ".join(" ".join(page.get_textpage().get_text_range() for page in paper).split())
