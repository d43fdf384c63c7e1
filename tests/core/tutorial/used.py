"""Use the equipment of docs/plugins.md: `python -m tests.core.tutorial.used STEP`, after each step on the same database."""

import io
import re
import sys
from datetime import date

import equipment.plugin
from PIL import Image

from core import create_app
from core.data import outbox
from core.data.access import Access
from core.data.calendar import today
from core.data.calendars import calendar_of
from core.data.db import db
from core.facilities.models import Facility
from tests import make, programs
from tests.conftest import Browser
from tests.pages import Forms

PLACES = ("P1A-CDS1", "P2A-CDS1")
PEOPLE = {"keeper": "equipment_keeper", "nurse": "equipment_user", "fixer": "equipment_technician"}

app = create_app({"TESTING": True, "WTF_CSRF_ENABLED": False, "API_PER_MINUTE": 10_000})
app.test_client_class = Browser  # its requests share neither `g` nor session with this program


def as_system():
    db.session().info["access"] = Access.system("test")


def person(login):
    client = app.test_client()
    make.sign_in(client, login)
    return client


def ids():
    as_system()
    return dict(db.session.execute(db.select(Facility.code, Facility.id)).all())


def photo():
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(stream, "JPEG")
    return io.BytesIO(stream.getvalue()), "frigo.jpg"


def facts(code, **more):
    return {"code": code, "name": "Frigo <solaire>", "kind": "cold", "room": "PEV", "since": "01/03/2024"} | more


def do(client, action, id, **data):
    return client.post(f"/do/equipment.item.{action}/{id}", data=data)


def first():
    """An item is added with its photo, found, changed, talked about; others neither see nor change it."""
    as_system()
    make.world()
    with make.unit_of_work(Access.system("test")):
        for login, role in PEOPLE.items():
            make.user(login, db.session.get(Facility, ids()[PLACES[0]]), role).language = "en"
        make.user("other", db.session.get(Facility, ids()[PLACES[1]]), "equipment_keeper").language = "en"
    here, there = (ids()[code] for code in PLACES)
    keeper, nurse, other = person("keeper"), person("nurse"), person("other")
    new = f"/do/equipment.item.add/{here}"
    assert f'href="{new}"' in keeper.get("/equipment/").text and "/equipment/" in nurse.get("/").text
    assert new not in nurse.get("/equipment/").text and nurse.post(new, data=facts("X")).status_code == 403
    asked = keeper.get(new).text
    assert 'capture="environment"' in asked and "multipart/form-data" in asked and "files." in asked
    assert 'data-waits="New equipment"' in asked and new in [
        page["url"] for page in keeper.get("/device/kept").json["pages"]
    ]
    assert new not in [page["url"] for page in nurse.get("/device/kept").json["pages"]]
    assert asked.split('class="crumbs"')[1].split("</nav>")[0].count('href="/equipment/"') == 1, "back to the list"
    assert keeper.post(new, data=facts("")).status_code == 422
    for _twice in range(2):
        made = keeper.post(new, data={**facts("FR-01"), "_key": "k1", "photos": photo()})
        assert made.location == "/equipment/1", (made.status_code, made.text)
    twice = keeper.post(new, data=facts("FR-01"))
    assert twice.status_code == 422 and "FR-01" in twice.text.split("error-summary")[1].split("</ul>")[0], twice.text
    assert other.post(f"/do/equipment.item.add/{there}", data=facts("FR-01")).location == "/equipment/2", "elsewhere"
    assert other.post(new, data=facts("FR-09")).status_code == 403
    shown = nurse.get("/equipment/1").text
    assert "Frigo &lt;solaire&gt;" in shown and "01/03/2024" in shown and "Cold chain" in shown
    assert "frigo.jpg" in shown and "Exchanges" in shown and "/do/equipment.item.change" not in shown
    assert other.get("/equipment/1").status_code == do(other, "change", 1, **facts("FR-01")).status_code == 404
    assert do(nurse, "change", 1, **facts("FR-01")).status_code == 403
    assert do(keeper, "change", 1, **facts("FR-01", room="Labo")).location == "/equipment/1"
    listed = nurse.get("/equipment/?f.kind=cold").text
    assert "Labo" in listed and listed.count('scope="row"') == 1 and "P2A" not in listed
    assert "FR-01" in nurse.get("/equipment/?format=csv").text and "FR-01" in nurse.get("/search?q=FR-01").text


def second():
    """It goes down, waits for whoever repairs, within two days of work; each step needs its right, and its reason."""
    as_system()
    calendar = calendar_of(db.session.get(Facility, ids()[PLACES[0]]))
    due, ready = (f"{calendar.working_day_after(today(), days):%d/%m/%Y}" for days in (2, 10))
    keeper, nurse, fixer, other = (person(login) for login in ("keeper", "nurse", "fixer", "other"))
    assert "In service" in nurse.get("/equipment/1").text, "what stood there before has a state"
    assert do(nurse, "fail", 1).status_code == 422
    assert do(nurse, "fail", 1, code="broken", reason="la porte", _key="f1").location == "/equipment/1"
    assert do(nurse, "fail", 1, code="broken", _key="f2").status_code in (302, 409, 422)
    assert f"until {due}" in nurse.get("/equipment/1").text
    inbox = fixer.get("/inbox").text
    assert "is down: who repairs it?" in inbox and "Begin the repair" in inbox, re.sub(r"<[^>]+>|\s+", " ", inbox)[:900]
    assert "is down" not in nurse.get("/inbox").text and "is down" not in other.get("/inbox").text
    assert 'scope="row"' in fixer.get("/equipment/?view=down").text
    assert 'scope="row"' not in nurse.get("/equipment/?view=down").text
    shown = fixer.get("/equipment/1").text
    assert "A part is broken: la porte" in shown and "/do/equipment.item.repair/1" in shown
    assert do(nurse, "repair", 1).status_code == 403
    assert keeper.get("/settings/").text.count("Time for a repair") == 1
    many = {"action": "equipment.item.repair", "ids": "1"}
    assert "1" in fixer.post("/equipment/", data=many).text
    assert fixer.post("/equipment/", data=many | {"confirmed": "1", "_key": "b1"}).status_code == 302
    assert "Under repair" in nurse.get("/equipment/1").text and ready in nurse.get("/equipment/1").text
    assert do(fixer, "restore", 1).location == "/equipment/1" and "In service" in nurse.get("/equipment/1").text
    assert do(fixer, "retire", 1, code="old").status_code == 403
    assert do(other, "retire", 2, code="old").location == "/equipment/2"
    assert "Retired" in other.get("/equipment/2").text and do(other, "fail", 2, code="silent").status_code != 200


def third():
    """Others see it: the page of the facility, the home, who reported it; a fault of the plugin stays its own."""
    keeper, nurse, fixer = person("keeper"), person("nurse"), person("fixer")
    here = ids()[PLACES[0]]
    due = f"{calendar_of(db.session.get(Facility, here)).working_day_after(today(), 2):%d/%m/%Y}"
    do(nurse, "fail", 1, code="silent")
    page = keeper.get(f"/facilities/{here}").text
    assert "FR-01" in page and "/equipment/?f.facility=" in page
    row = page.split("FR-01")[1].split("</tr>")[0]
    assert "P1A-CDS1" in row and due in row and "&lt;" not in row.replace("&lt;solaire&gt;", ""), row
    where = re.search(r'href="(/equipment/\?f\.facility=[^"]*)', page)[1]
    assert 'scope="row"' in keeper.get(where).text
    assert "Equipment down" in keeper.get("/").text and 'scope="row"' in keeper.get("/equipment/?f.state=down").text
    assert "Repair what is down" in fixer.get("/").text and "Repair what is down" not in nurse.get("/").text
    assert "/labels/equipment.item?ids=1" in nurse.get("/equipment/1").text
    chosen = nurse.post("/equipment/", data={"action": "labels", "ids": "1"}).location
    assert "FR-01" in nurse.get(chosen).text and person("other").get(chosen).status_code == 404
    printed = nurse.get("/labels/equipment.item?ids=1")
    assert printed.status_code == 200 and "FR-01" in printed.text, printed.text[:3000]
    form = next(one for one in Forms(printed.text).found if one.action.startswith("/labels/"))
    assert nurse.post(form.action, data=form.data()).data.startswith(b"%PDF")
    do(fixer, "repair", 1)
    do(fixer, "restore", 1)
    as_system()
    outbox.deliver()
    db.session.rollback()
    told = nurse.get("/notices/").text
    assert "FR-01 is in service again" in told and "FR-01 is in service" not in fixer.get("/notices/").text
    kept = equipment.plugin.listed, equipment.plugin.db
    equipment.plugin.listed = equipment.plugin.db = None  # a plugin that is broken
    page, home = keeper.get(f"/facilities/{here}"), keeper.get("/")
    assert page.status_code == home.status_code == 200 and "P1A-CDS1" in page.text and "equipment" in home.text.lower()
    equipment.plugin.listed, equipment.plugin.db = kept


def fourth():
    """A list comes in, twice, with a fault, and with what this person may not write; what goes out comes in again."""
    keeper, nurse = person("keeper"), person("nurse")
    head = "facility_code,code,name,kind,room,since\n"
    brought = bring(keeper, head + "P1A-CDS1,MI-01,Microscope,lab,Labo,2025-02-01\nP1A-CDS1,FR-01,Frigo neuf,cold,,\n")
    assert brought.status_code == 302, brought.text
    listed = keeper.get("/equipment/?format=csv").text
    assert "Microscope" in listed and "Frigo neuf" in listed and "2024-03-01" in listed and "Labo" in listed, listed
    refused = bring(keeper, head + "P2A-CDS1,XX-01,Microscope,lab,,\n")
    assert "outside your rights" in refused.text and "XX-01" not in keeper.get("/equipment/?format=csv").text
    assert nurse.get("/imports/new/equipment.item").status_code == 403
    again = bring(keeper, listed)
    assert again.status_code == 200 and "2" in again.text and "Unchanged" in again.text, again.text


def bring(client, text):
    """Return the answer to the import of a list, as a person sends it, maps and confirms it."""
    sent = client.post("/imports/new/equipment.item", data={"file": (io.BytesIO(text.encode()), "liste.csv")})
    assert sent.status_code == 302, sent.text
    where = sent.location
    if where.endswith("/columns"):
        form = next(one for one in Forms(client.get(where).text).found if one.action.startswith(where))
        sent = client.post(where, data=form.data())
        assert sent.status_code == 302, sent.text
        where = sent.location
    page = client.get(where)
    form = next((one for one in Forms(page.text).found if one.action.endswith("/confirm")), None)
    return page if form is None else client.post(form.action, data=form.data())


def fifth():
    """A program lists, reports and repairs with a token, in which a right that is not its own is none; French is read."""
    world = make.World(ids(), dict(db.session.execute(db.select(make.User.login, make.User.id)).all()))
    as_system()
    fixer, nurse = programs.program(app, world, "fixer"), programs.program(app, world, "nurse")
    listed = nurse.items("equipment.item?f.kind=cold")
    assert [(row["code"], row["state"]["value"]) for row in listed] == [("FR-01", "working")], listed
    assert nurse.do("equipment.item/1/fail", {}).status_code == 422
    assert nurse.do("equipment.item/1/fail", {"code": "silent"}).status_code == 200
    assert nurse.do("equipment.item/1/repair").status_code == 403
    done = fixer.do("equipment.item/1/repair", key="p1")
    assert done.status_code == 200 and done.json == fixer.do("equipment.item/1/repair", key="p1").json, done.text
    row = nurse.get("equipment.item/1").json
    assert row["state"]["value"] == "repair" and date.fromisoformat(row["ready_by"]) > today(), row
    assert "equipment.item" in app.test_client().get("/api/v1/openapi.json").text
    french = person("fixer")
    with make.unit_of_work(Access.system("test")):
        world.user("fixer").language = "fr"
    assert (
        "En réparation" in french.get("/equipment/1").text and "Remettre en service" in french.get("/equipment/1").text
    )


if __name__ == "__main__":
    with app.app_context():
        globals()[sys.argv[1]]()
    print("used")
