"""Who may bring in what: a store its own past, a district that of its facilities, the catalogue's keeper the lists."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from sqlalchemy import func, select

from core.contract.ports import RoleSpec
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import Doubt, NotAllowed, Refused
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.imports import services
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger.models import Movement, Period, StockBalance, StockLocation
from plugins.elmis.rights import PERMISSIONS
from tests import make as people
from tests.elmis import make

pytestmark = pytest.mark.both_databases
DAY = today() - timedelta(days=40)
PAST = {"elmis.lot", "elmis.movement"}
LISTS = {
    "admin": PAST | {"core.facility", "elmis.product", "elmis.policy"}, "mere": PAST | {"elmis.product", "elmis.policy"},
    "district": {"elmis.lot"}, "aline": PAST, "depot": PAST, "reader": set(), "nobody": set(),
}  # fmt: skip


@pytest.fixture
def land(app, world):
    """Store a product with a lot that is known, and a person of each role."""
    make.reference()
    with unit_of_work(Access.system("test")):
        make.lot(make.product("P-1"), "KNOWN", date(2031, 12, 31))
        for login, place, role in (
            ("mere", "BI", "central_pharmacist"), ("district", "P1A", "district_pharmacist"),
            ("aline", "P1A-CDS1", "storekeeper"), ("depot", "P1A-DEPOT", "depot_storekeeper"),
            ("reader", "BI", "ministry_viewer"),
        ):  # fmt: skip
            world.users[login] = people.user(login, world[place], role).id
    return world


def movements(path, *facilities):
    """Return a file with a receipt at each facility."""
    lines = [f"{n},{code},P-1,L1,2031-12-31,100,receipt,{DAY}" for n, code in enumerate(facilities)]
    path.write_text("\n".join(["id,facility,product,lot,expiry,quantity,reason,date", *lines]))
    return path


def lots(path, *lines):
    """Return a file with lots."""
    path.write_text("\n".join(["product,number,expiry,status,donor", *lines]))
    return path


def faults(entity, path):
    """Return {(line, field)} of what would be refused."""
    report = services.dry_run(entity, path, services.propose)
    return {(each.line, each.field) for each in report.refusals}


def take(entity, path, place_id=None, answers=services.nobody):
    """Import a file as somebody who works at a place, and return its numbers."""
    return services.take(entity, path, place_id, answers=answers).counts


def bare_all_the_same(question):
    """Say yes to a lot without an expiry."""
    return "yes" if question.code == "no_expiry" else ""


@pytest.mark.parametrize("login", LISTS)
def test_the_page_offers_what_this_person_may_import(land, client, login):
    people.sign_in(client, login)
    page = client.get("/imports/")
    assert page.status_code == (200 if LISTS[login] else 403)
    for entity in LISTS["admin"]:
        offered = entity in LISTS[login]
        assert (f"/imports/new/{entity}" in page.text) == (f"/imports/download/{entity}.csv" in page.text) == offered
        for path in (f"/imports/new/{entity}", f"/imports/download/{entity}.csv"):
            assert client.get(path).status_code == (200 if offered else 403), path
    assert ('href="/imports/"' in client.get("/").text) == bool(LISTS[login])


@pytest.mark.parametrize(
    "login, own, others",
    [
        ("aline", ["P1A-CDS1"], ["P1A-CDS2", "P1A-DEPOT", "P2A-CDS1"]),
        ("mere", ["P1A-CDS1", "P2A-DEPOT", "CAMEBU"], []),
        ("depot", ["P1A-DEPOT"], ["P1A-CDS1", "P2A-DEPOT"]),
    ],
)  # fmt: skip
def test_the_past_of_ones_own_facilities_comes_in_and_no_other(land, tmp_path, login, own, others):
    path = tmp_path / "list.csv"
    with acting(land.access(login)):
        assert faults("elmis.movement", movements(path, *own, *others)) == {
            (line, "facility") for line in range(len(own) + 2, len(own) + len(others) + 2)
        }
        assert take("elmis.movement", movements(path, *own), land.ids[own[0]])["new"] == len(own)
    rows = db.session.scalars(select(Movement)).all()
    assert sorted(row.target_facility_id for row in rows) == sorted(land.ids[code] for code in own)
    assert {row.user_id for row in rows} == {land.users[login]}


def test_whoever_may_import_nowhere_is_refused_before_the_first_line(land, tmp_path):
    for login in ("reader", "nobody", "district"):
        with acting(land.access(login)), pytest.raises(NotAllowed):
            faults("elmis.movement", movements(tmp_path / "list.csv", "P1A-CDS1"))
    with acting(land.access("aline")), pytest.raises(NotAllowed):
        services.take("elmis.product", movements(tmp_path / "list.csv"))


@pytest.mark.parametrize("login", ["aline", "district"])
def test_a_store_adds_lots_and_completes_them_but_does_not_contradict_the_catalogue(land, tmp_path, login):
    path = tmp_path / "list.csv"
    with acting(land.access(login)):
        assert faults("elmis.lot", lots(path, "P-1,KNOWN,2030-01-31,,", "P-1,L2,,held,", "P-1,L3,,,")) == {
            (2, "expiry"), (3, "status"),
        }  # fmt: skip
        found = take(
            "elmis.lot", lots(path, "P-1,KNOWN,2031-12-31,active,UNICEF", "P-1,L2,2030-06-30,,"), land.ids["P1A-CDS1"]
        )
    assert (found["new"], found["changed"]) == (1, 1)
    stored = {row.number: row for row in db.session.scalars(select(Lot))}
    assert (stored["KNOWN"].donor, stored["L2"].expiry) == ("UNICEF", date(2030, 6, 30))
    with acting(land.access("mere")):
        assert take("elmis.lot", lots(path, "P-1,KNOWN,2030-01-31,,"), land.ids["BI"])["changed"] == 1


def test_an_import_changes_no_lot_of_another_facility(land, tmp_path):
    """A lot without expiry lies at two facilities: neither stops the other from issuing it by an import."""
    path, bare = tmp_path / "list.csv", "id,facility,product,lot,expiry,quantity,reason,date\n"
    for login, code in (("aline", "P1A-CDS1"), ("depot", "P1A-DEPOT")):
        with acting(land.access(login)):
            path.write_text(f"{bare}{login},{code},P-1,SHARED,,10,receipt,{DAY}\n")
            take("elmis.movement", path, land.ids[code], bare_all_the_same)
    with acting(land.access("aline")):
        path.write_text(f"{bare}x,P1A-CDS1,P-1,SHARED,2020-01-31,10,receipt,{DAY}\n")
        assert faults("elmis.movement", path) == {(2, "expiry")}
        assert faults("elmis.lot", lots(path, "P-1,SHARED,2020-01-31,,")) == {(2, "expiry")}
        path.write_text(f"{bare}y,P1A-CDS1,P-1,MINE,,10,receipt,{DAY}\n")
        take("elmis.movement", path, land.ids["P1A-CDS1"], bare_all_the_same)
        path.write_text(f"{bare}z,P1A-CDS1,P-1,MINE,2031-12-31,10,receipt,{DAY}\n")
        take("elmis.movement", path, land.ids["P1A-CDS1"])
    mine = db.session.scalars(select(Lot).where(Lot.number == "MINE")).one()
    trail = select(AuditEntry.action).where(AuditEntry.entity == "elmis.lot", AuditEntry.entity_id == str(mine.id))
    assert mine.expiry == date(2031, 12, 31) and sorted(db.session.scalars(trail)) == ["change", "create"]


def test_the_document_names_the_roles_that_import(app):
    text = (Path(__file__).parents[2] / "docs" / "import.md").read_text("utf-8")
    table = text.partition("| Role |")[2].partition("\n\n")[0].lower()
    with app.test_request_context("/", headers={"Cookie": "language=en"}):
        for role in (each for each in PERMISSIONS if isinstance(each, RoleSpec)):
            assert (str(role.label).lower() in table) == ("core.import" in role.permissions), role.code


def test_a_closed_month_is_closed_to_lists_as_it_is_to_slips(land, tmp_path):
    """Aline's slip of last month is refused: her list was taken. Who may adjust stocks is asked; all or nothing."""
    with unit_of_work(Access.system("test")):
        land.users["manager"] = people.user("manager", land["P1A-CDS1"], "stock_manager").id
        db.session.add(Period(month=(MONTH := today() - relativedelta(day=1, months=1)), closed=True))
    days, path = (
        [MONTH - timedelta(days=1), MONTH, today() - relativedelta(day=1, days=1), today()],
        tmp_path / "list.csv",
    )
    goods = [f"{n},P1A-CDS1,P-1,L1,2031-12-31,100,receipt,{day}" for n, day in enumerate(days)]
    used = f"5,P1A-CDS1,P-1,L1,2031-12-31,70,dispensed,{days[2]}", f"6,P1A-CDS1,P-1,L1,2031-12-31,30,count,{days[1]}"
    path.write_text("\n".join(["id,facility,product,lot,expiry,quantity,reason,date", *goods, *used]))
    with acting(land.access("aline")):
        report = services.dry_run("elmis.movement", path, services.propose)
        told = {(each.line, each.field): f"{each.reason}" for each in report.refusals}
        assert {key for key, words in told.items() if f"{MONTH:%m/%Y} est clos" in words} == {
            (line, "date") for line in (3, 4, 6, 7)
        }
        with pytest.raises(Refused):
            take("elmis.movement", path, land.ids["P1A-CDS1"], answers=lambda question: "yes")
    db.session.rollback()
    with acting(land.access("manager")):
        with pytest.raises(Doubt) as doubt:
            take("elmis.movement", path, land.ids["P1A-CDS1"])
        db.session.rollback()
        ((field, words),) = [(one.field, str(one.words)) for one in doubt.value.questions if one.code == "closed_month"]
        assert field == "date" and f"{MONTH:%m/%Y} est clos" in words and "3; 4; 6; 7" in words
        assert db.session.scalar(select(func.count(Movement.id))) == 0
        take("elmis.movement", path, land.ids["P1A-CDS1"], answers=lambda question: "yes")
        there = select(StockBalance.quantity).join(StockLocation).where(StockLocation.kind == "store")
        assert db.session.scalars(there).all() == [30 + 100 - 70 + 100]
        assert take("elmis.movement", path, land.ids["P1A-CDS1"])["same"] == 6, (
            "what is here already is not asked again"
        )
