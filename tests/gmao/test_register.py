"""The register: pieces are entered once, bear a tag, stand in one place, and say how they work and worked."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.contract.plugins import entities
from core.data.access import Access, acting
from core.data.bulk import BECAUSE
from core.data.calendar import moment
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, Doubt, Invalid, NotAllowed, Refused
from core.data.states import history
from core.data.work import unit_of_work
from plugins.gmao.catalogue import services as catalogue
from plugins.gmao.equipment import services
from plugins.gmao.equipment.models import Equipment, StatusEvent
from plugins.gmao.equipment.states import MACHINE
from plugins.gmao.formulas import tags
from tests import make as people
from tests.gmao.make import piece, row, seen, type_of

pytestmark = pytest.mark.both_databases


def say(world, id, status, login="tech", **said):
    with unit_of_work(world.access(login)):
        services.say_status(row(id), status=status, **said)


def test_each_piece_bears_a_tag_of_its_own_that_can_be_typed(country):
    first, second = row(piece(country)).code, row(piece(country)).code
    assert first != second and tags.read(first) == first
    with pytest.raises(tags.BadTag):
        tags.read(first[:4] + ("A" if first[4] != "A" else "B") + first[5])
    number = tags.number_of(row(piece(country)).code)
    with unit_of_work(Access.system("test")):
        gone = [services.new_tag() for _each in range(60)]  # some numbers have no tag: they are passed over
    assert len(set(gone)) == 60 and min(map(tags.number_of, gone)) > number


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"received_on": date(2030, 1, 1)}, "received_on"),
        ({"received_on": date(2024, 3, 1), "in_service_on": date(2024, 2, 1)}, "in_service_on"),
        ({"received_on": date(2024, 3, 1), "installed_on": date(2024, 3, 9), "accepted_on": date(2024, 3, 5)},
         "accepted_on"),
        ({"made_year": 2025, "received_on": date(2024, 3, 1)}, "received_on"),
        ({"received_on": date(2024, 3, 1), "warranty_until": date(2024, 2, 1)}, "warranty_until"),
        ({"cost": 5}, "currency"),
        ({"currency": "USD"}, "cost"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_stored(country, facts, field):
    with time_machine.travel(datetime(2026, 11, 30, tzinfo=UTC), tick=True), pytest.raises(Invalid) as wrong:
        piece(country, **facts)
    assert list(wrong.value.errors) == [field]
    db.session.rollback()
    assert db.session.scalars(select(Equipment)).all() == []


def test_a_model_says_the_type_and_contradicts_another(country):
    with unit_of_work(country.access("director")):
        model = catalogue.add_model(type=type_of("fridge"), maker="Vestfrost", model="VLS 204A")
        assert model.code == "Vestfrost VLS 204A"
        with pytest.raises(Refused):
            catalogue.add_model(type=type_of("fridge"), maker="VESTFROST", model="vls  204a")
    with unit_of_work(country.access("tech")):
        model = db.session.merge(model)
        assert services.add(country["P1A-CDS1"], state="in_store", model=model).type.code == "fridge"
        with pytest.raises(Invalid) as wrong:
            services.add(country["P1A-CDS1"], state="in_store", model=model, type=type_of("o2"))
    assert list(wrong.value.errors) == ["model"]


def test_a_serial_number_that_is_there_is_asked_about_wherever_it_stands(country):
    """The other piece stands where this person reads nothing: only its tag and its place are told."""
    away = piece(country, "other", "P2A-CDS1", serial="SN-1")
    there = row(away).code
    piece(country, code="fridge", serial="SN-1")  # of another type it may well be the same
    with pytest.raises(Doubt) as doubt:
        piece(country, serial="sn-1")
    (question,) = doubt.value.questions
    assert question.field == "serial" and there in str(question.words) and "P2A-CDS1" in str(question.words)
    assert not seen(country, "tech", away)


def test_a_piece_is_part_of_another_of_its_place_and_never_of_itself(country):
    whole, part = piece(country), piece(country, code="fridge")
    away = piece(country, "other", "P2A-CDS1")
    with unit_of_work(country.access("tech")):
        services.change(row(part), parent=row(whole))
    for child, parent, login in ((whole, part, "tech"), (part, part, "tech"), (part, away, "director")):
        with unit_of_work(country.access(login)), pytest.raises(Invalid) as wrong:
            services.change(row(child), parent=row(parent))
        assert list(wrong.value.errors) == ["parent"]


def test_the_latest_moment_says_how_it_works_whenever_it_was_told(country):
    id = piece(country)
    now = utcnow()
    say(country, id, "not_functional", because="needs_part", at=now)
    say(country, id, "functional", at=now - timedelta(days=3))  # a paper that came late
    assert (row(id).status, row(id).because, row(id).status_at) == ("not_functional", "needs_part", now)
    say(country, id, "functional", because="needs_part", at=utcnow())
    assert (row(id).status, row(id).because) == ("functional", None)  # what works has no cause
    with acting(country.access("tech")):
        assert len(db.session.scalars(select(StatusEvent).where(StatusEvent.equipment_id == id)).all()) == 4


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"status": "not_functional"}, "because"),
        ({"status": "not_functional", "because": "other"}, "note"),
        ({"status": "broken"}, "status"),
        ({"status": "unserviceable", "because": "rain"}, "because"),
        ({"status": "functional", "at": utcnow() + timedelta(hours=1)}, "at"),
        ({"status": "functional", "at": utcnow() - timedelta(days=400)}, "on"),
    ],
)
def test_a_working_order_that_cannot_be_is_refused_at_its_field(country, said, field):
    id = piece(country, received_on=today() - timedelta(days=100))
    with unit_of_work(country.access("tech")), pytest.raises(Refused) as refusal:
        services.say_status(row(id), **said)
    assert refusal.value.field == field


def test_the_first_hours_of_the_day_on_which_it_came_are_of_that_day(country):
    """In Bujumbura a day is two hours old when it begins by the clock of the world."""
    came = today() - timedelta(days=1)
    id = piece(country, received_on=came)
    say(country, id, "not_functional", because="no_power", at=moment(came, time(0, 30)))
    assert row(id).status == "functional", "what was said later counts"
    with acting(country.access("tech")):
        assert len(db.session.scalars(select(StatusEvent).where(StatusEvent.equipment_id == id)).all()) == 2


def test_what_was_said_of_the_working_order_is_never_changed(country):
    piece(country)
    for order in ("UPDATE gmao_status_event SET status = 'functional'", "DELETE FROM gmao_status_event"):
        with pytest.raises(DBAPIError):
            db.session.connection().execute(text(order), execution_options={BECAUSE: "a test"})
        db.session.rollback()


def test_a_life_has_its_steps_and_what_is_gone_says_nothing_more(country):
    id = piece(country, state="planned", status="")
    with pytest.raises(Conflict):
        say(country, id, "functional")
    for action in ("receive", "install", "accept"):
        with unit_of_work(country.access("tech")):
            verb = next(one for one in entities()["gmao.equipment"].verbs if one.action == action)
            verb.run(row(id))
    found = row(id)
    assert (found.state, found.status, found.received_on, found.in_service_on) == (
        "in_service", "functional", today(), today(),
    )  # fmt: skip
    with unit_of_work(country.access("tech")), pytest.raises(Refused):
        MACHINE.advance(row(id), "propose_disposal")  # needs its reason
    with unit_of_work(country.access("tech")):
        MACHINE.advance(row(id), "propose_disposal", "no parts")
        with pytest.raises(NotAllowed):
            MACHINE.advance(row(id), "dispose", "sold")  # a technician does not decide it
    with unit_of_work(country.access("head")):
        MACHINE.advance(row(id), "dispose", "sold")
    assert [step.action for step in history(row(id))] == [
        "create", "receive", "install", "accept", "propose_disposal", "dispose",
    ]  # fmt: skip
    with pytest.raises(Conflict):
        say(country, id, "functional")


def test_rights_end_at_the_place(country):
    id = piece(country)
    assert not seen(country, "other", id)
    with pytest.raises(NotAllowed):
        piece(country, "tech", "P2A-CDS1")
    with pytest.raises(NotAllowed):
        piece(country, "ward")  # says how it works, and keeps no register
    say(country, id, "not_functional", "ward", because="no_power")
    with unit_of_work(country.access("tech")), pytest.raises(NotAllowed):
        catalogue.add_type(code="x", label_fr="x", kind="it")


def test_the_form_enters_a_piece_and_keeps_what_was_typed_when_something_is_wrong(country, client):
    people.sign_in(client, "tech")
    address = f"/gmao/equipment/new/{country.ids['P1A-CDS1']}"
    said = {"type": "o2", "serial": "A-1", "state": "in_service", "status": "not_functional", "room": "Pédiatrie"}
    answer = client.post(address, data=said)
    assert answer.status_code == 422 and "Choisissez la cause" in answer.text and 'value="Pédiatrie"' in answer.text
    nothing = client.post(address, data={"state": "in_service", "status": "functional"})
    assert nothing.status_code == 422 and "choisissez un type ou un modèle" in nothing.text
    answer = client.post(address, data=said | {"because": "no_power", "_key": "a" * 36})
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "Concentrateur d’oxygène" in page and "Pas de courant" in page and "A-1" in page
    edit = f"{answer.location}/edit"
    assert client.post(edit, data={"type": "o2", "serial": "A-2", "made_year": "2020"}).status_code == 302
    page = client.get(answer.location).text
    assert "A-2" in page and "2020" in page and "2 020" not in page
    people.sign_in(client, "other")
    assert client.get(answer.location).status_code == 404
    assert client.post(address, data=said).status_code in (403, 404)


def test_the_list_the_home_page_and_the_facility_show_what_works(country, client):
    piece(country)
    piece(country, status="needs_attention", because="needs_part")
    piece(country, status="not_functional", because="needs_part", serial="B-7")
    piece(country, status="unknown")
    piece(country, state="in_store", status="")
    people.sign_in(client, "head")
    home = client.get("/").text
    assert "67 %" in home and "2 sur 3, 1 sans état connu" in home
    down = client.get("/gmao/equipment/?f.status=not_functional").text
    assert "B-7" in down and "1 ligne" in down
    assert "B-7" in client.get(f"/facilities/{country.ids['P1A-CDS1']}").text
    assert client.get("/search?q=B-7").status_code in (200, 302)


def test_a_place_with_equipment_stays_open(country, client):
    piece(country)
    people.sign_in(client, "admin")
    answer = client.get(f"/do/core.facility.close/{country.ids['P1A-CDS1']}", follow_redirects=True)
    text = answer.text if answer.status_code == 200 else client.get(f"/facilities/{country.ids['P1A-CDS1']}/close").text
    assert "Équipements présents" in text


def test_the_label_bears_the_tag(country):
    found = row(piece(country, serial="A-1", room="Salle 2"))
    label = entities()["gmao.equipment"].labels(found)
    assert label.code.startswith("http") and label.code.endswith(f"/e/{found.code}"), "for phones without an account"
    assert {found.code, "A-1"} <= {*label.lines} and label.symbology == "qr" and label.small == "Salle 2"
