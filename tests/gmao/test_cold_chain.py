"""Temperatures of the cold chain: typed and from files, breaches, what is done about them, and the lots at risk."""

import io
from datetime import time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.contract.plugins import entities
from core.data.access import acting
from core.data.calendar import local, moment
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, Doubt, NotAllowed, Refused
from core.data.states import Reason
from core.data.work import unit_of_work
from core.imports import services as imports
from core.imports.cli import export
from core.settings import services as settings
from core.web.derived import table_of
from plugins.gmao.coldchain import breaches, files, limits, services
from plugins.gmao.coldchain.models import Breach, Reading
from plugins.gmao.coldchain.states import MACHINE
from tests import make as people
from tests.gmao.make import add_type, piece, row

pytestmark = pytest.mark.both_databases
HERE, COLD = "P1A-CDS1", "vaccine-fridge-ilr"
SERIAL = "160400271"
START = moment(today() - timedelta(days=9), time(8))


@pytest.fixture
def fridge(country):
    """Return the id of a vaccine refrigerator that was received a month ago."""
    with unit_of_work(country.access("admin")):
        add_type(COLD, "Réfrigérateur à vaccins", "cold_chain")
    return piece(country, code=COLD, received_on=today() - timedelta(days=30))


def at(hours):
    return START + timedelta(hours=float(hours))


def lines(*temperatures, every=0.5, first=0):
    """Return (hours after the start, temperature) of readings so many hours apart."""
    return [(first + turn * every, one) for turn, one in enumerate(temperatures)]


def file(readings, serial=SERIAL):
    """Return the file of a logger in the time of the place."""
    said = [f"{local(at(hours)):%Y-%m-%d %H:%M:%S};{str(one).replace('.', ',')}" for hours, one in readings]
    return "\n".join([f"Serial number;{serial}", "Timestamp;Temperature (°C)", *said]).encode()


def bring(world, id, readings, login="tech", serial=SERIAL, **how):
    with unit_of_work(world.access(login)):
        files.bring(row(id), data=file(readings, serial), name="logger.csv", **how)
        return [str(each) for each in db.session().info["work"].told]


def note(world, id, celsius, when, login="ward", yes=()):
    with unit_of_work(world.access(login), confirmed=yes):
        return services.note(row(id), at=when, celsius=Decimal(celsius)).id


def found():
    db.session.expire_all()
    return list(db.session.scalars(select(Breach).order_by(Breach.id)))


def stored():
    return db.session.scalar(select(func.count()).select_from(Reading))


def test_a_file_comes_in_once_and_that_of_another_logger_never(country, fridge):
    readings = lines(*[5] * 48)
    assert any(SERIAL in each for each in bring(country, fridge, readings))
    bring(country, fridge, readings)
    bring(country, fridge, readings + lines(5, 5, first=24))
    assert stored() == 50 and found() == []
    other = piece(country, code=COLD)
    for id, serial in ((fridge, "999"), (fridge, ""), (other, SERIAL)):
        with pytest.raises(Refused) as told:
            bring(country, id, lines(5, first=100), serial=serial)
        assert told.value.field == "file"
    assert stored() == 50


@pytest.mark.parametrize(
    ("readings", "kinds"),
    [
        (lines(*[5, *[8.0] * 60, 5]), []),  # 8.0 is not above 8
        (lines(*[5, *[8.1] * 20, 5]), ["heat"]),  # ten hours
        (lines(*[5, *[12] * 19, 5]), []),  # half an hour less
        (lines(*[5, *[-0.5] * 2, 5]), ["frost"]),
        (lines(*[5, *[-0.4] * 20, 5]), []),
        (lines(*[9] * 12) + lines(*[9] * 12, first=16), []),  # a gap joins nothing
    ],
)
def test_a_breach_is_a_time_without_a_break_beyond_the_limit(country, fridge, readings, kinds):
    bring(country, fridge, readings)
    assert [one.kind for one in found()] == kinds
    assert row(fridge).because == ("temperature_breach" if kinds else None)


def test_a_breach_that_goes_on_in_the_next_file_is_one(country, fridge):
    bring(country, fridge, lines(5, *[9] * 25))
    (first,) = found()
    assert not first.ended and first.number
    bring(country, fridge, lines(*[9] * 10, 13, 5, first=13))
    (breach,) = found()
    assert (breach.started_at, breach.ended_at, breach.ended, breach.worst) == (at(0.5), at(18.5), True, 13)


def test_a_gap_is_told(country, fridge):
    told = bring(country, fridge, lines(5, 5) + lines(5, 5, first=30))
    assert len(told) == 3  # the logger, the readings, the gap


def test_a_clock_that_was_set_is_told_with_its_line_and_the_right_part_may_come_in(country, fridge):
    readings = lines(*[5] * 10) + lines(*[6] * 10, first=2.25)
    with pytest.raises(Refused) as told:
        bring(country, fridge, readings)
    assert told.value.field == "since" and "13" in str(told.value.message) and stored() == 0
    bring(country, fridge, readings, since=13)
    assert stored() == 10
    with pytest.raises(Refused, match="3"):  # set between two files: line 3 lies between two that are recorded
        bring(country, fridge, lines(5, first=2.4))
    with pytest.raises(Refused):  # and another temperature at the same moment
        bring(country, fridge, lines(7, first=2.25))
    assert stored() == 10


def test_a_file_with_a_fault_is_refused_whole_each_line_named(country, fridge):
    ahead = (utcnow() - START).total_seconds() / 3600
    with pytest.raises(Refused) as told:
        bring(country, fridge, [(0, 5), (1, "warm"), (2, 500), (-24 * 40, 5), (ahead + 5, 5)])
    said = [str(one.message) for one in told.value.each]
    assert all(f"{line}" in words for line, words in zip((4, 5, 6, 7), said, strict=True)) and stored() == 0


def test_the_chart_on_the_door_is_typed_and_corrected(country, fridge):
    note(country, fridge, "5.2", at(0))
    for celsius, when, field in (("5", utcnow() + timedelta(hours=1), "on"), ("5", at(-24 * 40), "on"), ("70", at(1), "celsius")):  # fmt: skip
        with pytest.raises(Refused) as told:
            note(country, fridge, celsius, when)
        assert told.value.field == field
    with pytest.raises(Doubt):  # 52 for 5.2
        note(country, fridge, "52", at(8))
    with pytest.raises(Doubt) as told:
        note(country, fridge, "8.2", at(0))
    note(country, fridge, "8.2", at(0), yes=[one.token for one in told.value.questions])
    note(country, fridge, "8.4", at(8))
    note(country, fridge, "5", at(24))
    (breach,) = found()
    assert (breach.kind, breach.hours, stored()) == ("heat", 24, 3)
    with pytest.raises(Doubt) as told:
        note(country, fridge, "4.2", at(0))
    note(country, fridge, "4.2", at(0), yes=[one.token for one in told.value.questions])
    assert [(one.state, one.started_at) for one in found()] == [("open", at(8))]


def test_what_is_no_refrigerator_has_no_temperature_and_others_see_none(country, client, fridge):
    with pytest.raises(Refused):
        note(country, piece(country), "5", at(0))
    note(country, fridge, "5", at(0))
    people.sign_in(client, "other")
    assert client.get(f"/do/gmao.equipment.note_temperature/{fridge}").status_code == 404
    assert client.get(f"/gmao/readings/{db.session.scalar(select(Reading.id))}").status_code == 404


def test_a_breach_is_answered_and_closed_by_who_keeps_the_equipment(country, client, fridge):
    bring(country, fridge, lines(5, *[9] * 24))
    (breach,) = found()
    people.sign_in(client, "ward")
    assert breach.number in client.get("/inbox").text
    page = client.get(f"/gmao/breaches/{breach.id}").text
    assert "Les stocks ne sont pas tenus ici" in page, "without elmis the page says so"
    assert breach.number in client.get(f"/gmao/equipment/{fridge}").text
    with unit_of_work(country.access("ward")):
        MACHINE.advance(found()[0], "act", Reason("moved", "", MACHINE.reasons["act"]))
    right = Reason("right", "", MACHINE.reasons["close"])
    with pytest.raises(NotAllowed), unit_of_work(country.access("ward")):
        MACHINE.advance(found()[0], "close", right)
    with pytest.raises(Refused), unit_of_work(country.access("tech")):
        breaches.close(found()[0], right)  # no reading shows its end
    bring(country, fridge, lines(5, 5, first=12.5))
    with unit_of_work(country.access("tech")):
        breaches.close(found()[0], right)
    assert found()[0].state == "closed" and row(fridge).status == "functional"


def test_each_answer_to_a_breach_stands_in_its_history_with_its_reason(country, client, fridge):
    bring(country, fridge, lines(*[9] * 30, 5))
    people.sign_in(client, "tech")
    for code, words in (("door", "une fois"), ("power", "deux fois")):
        assert (
            client.post(f"/do/gmao.breach.act/{found()[0].id}", data={"code": code, "reason": words}).status_code == 302
        )
    page = client.get(f"/gmao/breaches/{found()[0].id}").text
    assert "Porte ou couvercle refermé\xa0: une fois" in page and "Courant rétabli\xa0: deux fois" in page


def test_a_file_is_sent_by_the_page_and_a_reading_too(country, client, fridge):
    people.sign_in(client, "ward")
    url = f"/do/gmao.equipment.logger_file/{fridge}"
    sent = client.post(url, data={"file": (io.BytesIO(file(lines(5, "warm"))), "a.csv")})
    assert sent.status_code == 422 and "warm" in sent.text and stored() == 0
    assert client.post(url, data={"file": (io.BytesIO(file(lines(5, 5))), "a.csv")}).status_code == 302
    day = today() - timedelta(days=1)
    said = {"celsius": "5,5", "half": "morning", "on": f"{day:%d/%m/%Y}"}
    assert client.post(f"/do/gmao.equipment.note_temperature/{fridge}", data=said).status_code == 302
    assert stored() == 3 and db.session.scalar(select(Reading.at).where(Reading.source == "typed")) == moment(
        day, time(8)
    )


def test_what_is_typed_by_the_page_stands_at_a_minute_and_can_be_corrected(country, client, fridge):
    people.sign_in(client, "ward")
    address = f"/do/gmao.equipment.note_temperature/{fridge}"
    client.post(address, data={"celsius": "25", "half": "evening", "on": f"{today():%d/%m/%Y}"})
    first = db.session.scalars(select(Reading)).one()
    assert (first.at.second, first.at.microsecond) == (0, 0)
    typed = {
        "celsius": "2,5",
        "half": "evening",
        "on": f"{local(first.at):%d/%m/%Y}",
        "clock": f"{local(first.at):%H:%M}",
    }
    assert "25,0 °C" in client.post(address, data=typed).text.replace("\xa0", " ")


def test_a_list_of_charts_comes_in_all_or_nothing(country, fridge, tmp_path):
    path, tag = tmp_path / "charts.csv", row(fridge).code
    day = f"{today() - timedelta(days=3):%Y-%m-%d}"
    good = [f"{tag};{day};matin;9", f"{tag};{day};16:00;9"]

    def take(*said):
        path.write_text("\n".join(["code;on;clock;celsius", *said]), "utf-8")
        with acting(country.access("tech")):
            report = imports.dry_run("gmao.reading", path, imports.propose)
            if not report.refused:
                imports.take("gmao.reading", path, country.user("tech").facility_id)
            return sorted((one.line, one.field) for one in report.refusals)

    bad = [f"{tag};{day};noon;4", f"NONE;{day};8:00;4", f"{tag};{day};17:00;400", f"{tag};2099-01-01;8:00;4"]
    assert take(*good, *bad) == [(4, "clock"), (5, "code"), (6, "celsius"), (7, "on")] and stored() == 0
    assert take(*good) == [] and take(*good) == [] and stored() == 2
    with acting(country.access("tech")):
        path.write_bytes(export(table_of(entities()["gmao.reading"]), "csv").read())
        again = imports.dry_run("gmao.reading", path, imports.propose)
        assert (again.counts["same"], again.refused) == (2, 0), "what went out comes in again as the same"
    assert take(good[0].replace(";9", ";5")) == [(2, "celsius")]
    assert take(f"{tag};{day};20:00;9") == [] and [one.kind for one in found()] == ["heat"]


# --- with the stock ---


@pytest.fixture
def lots(country, fridge):
    """Return the lots of a vaccine and of tablets, in the store of the facility, whose keeper is there too."""
    from tests.elmis import make as shop

    shop.reference()
    with unit_of_work(country.access("admin")):
        country.users["keeper"] = people.user("keeper", country[HERE], "storekeeper").id
        made = [shop.lot(shop.product("VAR", cold=True), "V1"), shop.lot(shop.product("AMX"), "A1")]
        for lot in made:
            shop.receive(country[HERE], lot, 40)
        ids = [lot.id for lot in made]
    bring(country, fridge, lines(5, *[9] * 24, 5))
    return ids


def held(world):
    """Return {product: (in the store, in quarantine)}."""
    from plugins.elmis.catalogue.models import Product
    from plugins.elmis.ledger.models import StockBalance, StockLocation

    query = select(Product.code, StockLocation.kind, StockBalance.quantity)
    query = query.join(StockBalance, StockBalance.product_id == Product.id)
    query = query.join(StockLocation, StockLocation.id == StockBalance.location_id)
    with acting(world.access("admin")):
        found = {(code, kind): units for code, kind, units in db.session.execute(query)}
    return {code: (found.get((code, "store"), 0), found.get((code, "quarantine"), 0)) for code in ("VAR", "AMX")}


@pytest.mark.whole
def test_one_confirmation_of_the_storekeeper_puts_the_cold_lots_in_quarantine(country, client, fridge, lots):
    (breach,) = found()
    people.sign_in(client, "keeper")
    assert breach.number in client.get("/inbox").text
    page = client.get(f"/gmao/breaches/{breach.id}").text
    assert "Produit VAR" in page and "Produit AMX" not in page
    with pytest.raises(NotAllowed), unit_of_work(country.access("tech")):
        breaches.set_apart(found()[0])
    assert client.post(f"/do/gmao.breach.set_apart/{breach.id}").status_code == 302
    assert held(country) == {"VAR": (0, 40), "AMX": (40, 0)}
    with pytest.raises(Conflict), unit_of_work(country.access("keeper")):
        breaches.set_apart(found()[0])
    assert "Produit VAR" in client.get(f"/gmao/breaches/{breach.id}").text
    with unit_of_work(country.access("keeper")):
        breaches.put_back(found()[0], "VVM au stade 1")
    assert held(country)["VAR"] == (40, 0) and found()[0].stock == "settled"


@pytest.mark.whole
def test_lots_that_are_spoilt_are_destroyed_and_a_recalled_one_does_not_go_back(country, fridge, lots):
    from plugins.elmis.catalogue.models import Lot

    with unit_of_work(country.access("keeper")):
        breaches.set_apart(found()[0])
    with unit_of_work(country.access("admin")):
        db.session.get_one(Lot, lots[0]).status = "held"
    with pytest.raises(Refused), unit_of_work(country.access("keeper")):
        breaches.put_back(found()[0], "ok")
    with unit_of_work(country.access("keeper")):
        breaches.discard(found()[0], "gelés")
    assert held(country)["VAR"] == (0, 0) and found()[0].stock == "settled"


@pytest.mark.whole
def test_the_store_that_lies_in_the_appliance_is_the_one_at_risk(country, client, fridge, lots):
    from plugins.elmis.store.services import add_store

    with unit_of_work(country.access("keeper")):
        other = add_store(country[HERE], "PEV").id
    with unit_of_work(country.access("tech")):
        services.watch(row(fridge), store=f"MAG-{other}")
    people.sign_in(client, "keeper")
    client.post(f"/do/gmao.breach.set_apart/{found()[0].id}")
    assert held(country)["VAR"] == (40, 0) and found()[0].stock == "clear"


def test_the_limits_are_those_that_the_country_has_set(country, client, fridge):
    people.sign_in(client, "director")
    assert "Réfrigérateurs" in client.get("/settings/").text
    with unit_of_work(country.access("director")):
        settings.put(limits.HEATED_FOR, None, 2, reason="nouvelle norme")
    bring(country, fridge, lines(*[9] * 6, 5))
    assert [(each.kind, each.hours) for each in found()] == [("heat", 3)]
    with pytest.raises(NotAllowed), unit_of_work(country.access("head")):
        settings.put(limits.HEATED_FOR, None, 3, reason="ici")
