"""Whatever is written of a lot, at whichever door: one rule of plausible dates and names, and no fate by a list."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import Doubt, Refused
from core.data.work import unit_of_work
from core.imports import services as imports
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.recalls import Recall
from plugins.elmis.counts import services as counts
from plugins.elmis.counts.models import Count
from plugins.elmis.counts.services import Counted
from plugins.elmis.lots import proposals
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.lots.models import LotProposal
from plugins.elmis.lots.services import correct_lot
from plugins.elmis.recalls import services as recalls
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import record
from tests import make as people
from tests.elmis import make
from tests.pages import Forms

pytestmark = pytest.mark.both_databases
CENTRE, OTHER = "P1A-CDS1", "P1A-CDS2"
GOOD = today() + timedelta(days=600)
WHOLE = "01095226400256071728022910N29163"
FACTS = {"made_on": None, "vvm": None, "donor": ""}


@pytest.fixture
def shop(app, world):
    """HELD lies at two health centres, 40 and 60."""
    make.reference()
    with unit_of_work(Access.system("test")):
        row = make.lot(make.product("P-1"), "HELD", GOOD)
        for code, units in ((CENTRE, 40), (OTHER, 60)):
            make.receive(world[code], row, units)
        for login, place, role in (
            ("keeper", CENTRE, "storekeeper"), ("pharmacist", "BI", "central_pharmacist"),
        ):  # fmt: skip
            world.users[login] = people.user(login, world[place], role).id
    return world


def held():
    return db.session.scalars(select(Lot).where(Lot.number == "HELD")).one()


def outcome(operation):
    """Return the code that an entry asks, or what it was refused for; nothing of it is written."""
    try:
        operation()
    except Doubt as doubt:
        return ", ".join(one.code for one in doubt.questions)
    except Refused as refused:
        return f"refused {refused.field}"
    finally:
        db.session.rollback()
    return ""


class Doors:
    """Every way by which a number and an expiry become those of a lot."""

    def __init__(self, shop, path):
        self.shop, self.path = shop, path

    def by(self, login, operation):
        with unit_of_work(self.shop.access(login)):
            return operation()

    def line(self, number, expiry):
        return Line(db.session.scalars(select(Product)).one(), 5, number, expiry)

    def receipt(self, number, expiry):
        header = Header(today(), "receipt")
        self.by("keeper", lambda: record(KINDS["receive"], self.shop[CENTRE], header, [self.line(number, expiry)]))

    def sheet(self, number, expiry):
        def operation():
            count = db.session.scalar(select(Count)) or counts.start(make.store(self.shop[CENTRE]))
            counts.add_line(count, self.line(number, expiry), Counted(5))

        self.by("keeper", operation)

    def page(self, number, expiry):
        self.by("pharmacist", lambda: correct_lot(held(), {"number": number, "expiry": expiry, **FACTS}))

    def proposal(self, number, expiry):
        self.by("keeper", lambda: proposals.propose(held(), expiry, self.shop[CENTRE]))

    def decision(self, number, expiry):
        def operation():
            row = LotProposal(lot_id=held().id, expiry=expiry, facility_id=self.shop.ids[CENTRE], proposed_by="-")
            db.session.add(row)
            db.session.flush()
            proposals.decide(row, "accepted", "photo")

        self.by("pharmacist", operation)

    def lots(self, number, expiry):
        self.take("pharmacist", "elmis.lot", "product,number,expiry", f"P-1,{number},{expiry or ''}")

    def movements(self, number, expiry):
        head = "facility,product,lot,expiry,quantity,reason,date"
        self.take("keeper", "elmis.movement", head, f"{CENTRE},P-1,{number},{expiry or ''},8,receipt,{today()}")

    def take(self, login, entity, *lines):
        self.path.write_text("\n".join(lines), "utf-8")
        with acting(self.shop.access(login)):
            refused = imports.dry_run(entity, self.path, imports.propose).refusals
            if refused:
                raise Refused(refused[0].reason, field=refused[0].field)
            imports.take(entity, self.path, self.shop.ids["BI" if login == "pharmacist" else CENTRE])


@pytest.fixture
def doors(shop, tmp_path):
    return Doors(shop, tmp_path / "list.csv")


@pytest.mark.parametrize("door", ["receipt", "sheet", "page", "proposal", "decision", "lots", "movements"])
def test_an_expiry_that_cannot_be_is_asked_or_refused_at_every_door(doors, door):
    number = "HELD" if door in ("page", "proposal", "decision") else "N1"
    found = {
        word: outcome(lambda day=day, lot=f"{number}{word}" if door == "sheet" else number: getattr(doors, door)(lot, day))
        for word, day in {
            "1926": date(1926, 1, 31), "2097": date(2097, 1, 31), "none": None, "past": today() - timedelta(days=3),
            "good": GOOD + timedelta(days=1),
        }.items()
        if day or door not in ("proposal", "decision")
    }  # fmt: skip
    expected = {"1926": "refused expiry", "2097": "far_expiry", "past": "expired", "none": "no_expiry", "good": ""}
    if door == "sheet":
        expected["past"] = ""  # what lay on the shelf may have expired there
    assert found == {word: expected[word] for word in found}


@pytest.mark.parametrize("door", ["receipt", "sheet", "page", "lots", "movements"])
def test_what_is_no_lot_number_is_asked_or_refused_at_every_door(doors, door):
    names = (WHOLE, "]d2010952264", "09522640025607", "-", "???", "N/A", "sans", "1" * 20, "B-17")
    found = [outcome(lambda name=name: getattr(doors, door)(name, GOOD)).partition(" ")[0] for name in names]
    assert found == ["refused"] * 2 + ["lot_name"] * 6 + [""]


def test_a_receipt_that_contradicts_a_lot_is_held_to_the_same_days(doors, shop):
    """Nobody holds ALONE any more: its expiry was corrected to any day that was typed."""
    with unit_of_work(Access.system("test")):
        make.lot(db.session.scalars(select(Product)).one(), "ALONE", GOOD)
    found = [outcome(lambda day=day: doors.receipt("ALONE", day)) for day in (date(1926, 1, 31), date(2097, 1, 31))]
    assert found == ["refused expiry", "far_expiry"]
    assert outcome(lambda: doors.receipt("HELD", date(2097, 1, 31))) == "lot_apart, far_expiry"


def test_a_correction_says_whom_it_reaches_and_is_written_after_a_yes(shop, client):
    people.sign_in(client, "pharmacist")
    path = f"/elmis/catalogue/lots/{held().id}/edit"
    sent = next(one for one in Forms(client.get(path).text).found if "number" in one.inputs)
    past = today() - timedelta(days=3)
    data = sent.data() | {"expiry": past.isoformat()}
    page = client.post(path, data=data)
    assert page.status_code == 422 and "2 structures" in page.text and "100 unités" in page.text
    assert held().expiry == GOOD
    again = next(one for one in Forms(page.text).found if "number" in one.inputs)
    assert client.post(path, data=again.data() | {"_confirm": again.inputs["_confirm"].options}).status_code == 302
    assert held().expiry == past


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"made_on": today() + timedelta(days=9)}, "refused made_on"), ({"made_on": date(1926, 1, 1)}, "refused made_on"),
        ({"vvm": 4}, "vvm"), ({"made_on": today() - timedelta(days=200), "vvm": 1}, ""),
    ],
)  # fmt: skip
def test_a_day_of_making_and_a_vial_monitor_likewise(doors, facts, found):
    def page():
        doors.by("pharmacist", lambda: correct_lot(held(), {"number": "HELD", "expiry": GOOD, **FACTS, **facts}))

    cells = ",".join(str(value) for value in facts.values())
    listed = outcome(
        lambda: doors.take("pharmacist", "elmis.lot", f"product,number,{','.join(facts)}", f"P-1,HELD,{cells}")
    )
    assert (outcome(page), listed) == (found, found)


def test_a_list_neither_recalls_nor_releases_a_lot(doors, shop):
    """A list had recalled lots without a recall, and made recalled ones active: nobody was told."""
    for known, said, found in (
        ("active", "recalled", "refused status"), ("active", "held", "refused status"), ("active", "active", ""),
        ("recalled", "active", "refused status"), ("recalled", "recalled", ""),
    ):  # fmt: skip
        if held().status != known:
            doors.by("pharmacist", lambda: recalls.decide(held(), "recall", "particules"))
        doors_said = outcome(
            lambda said=said: doors.take("pharmacist", "elmis.lot", "product,number,status", f"P-1,HELD,{said}")
        )
        assert (held().status, doors_said) == (known, found), said
    new = outcome(lambda: doors.take("pharmacist", "elmis.lot", "product,number,expiry,status", f"P-1,N1,{GOOD},held"))
    assert new == "refused status" and len(db.session.scalars(select(Recall)).all()) == 1
