"""Lists of many rows: what the database finds, counts and sorts at once is what one finds row by row."""

from collections import Counter
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.search import folded
from core.data.work import unit_of_work
from core.facilities.models import Facility
from core.web import tables
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.tables import EquipmentTable
from plugins.gmao.rights import VIEW
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.tables import OrderTable
from tests.gmao.make import add_type, piece

pytestmark = pytest.mark.both_databases
KINDS = ["o2", "fridge", "bed"]
WORDS = ["", "refrig", "pediatrie oxygene", "é3", "accouch", "ACCOUCH é", "rien"]
FILTERS = [
    "", "f.status=unknown", "f.status=unknown&f.kind=cold_chain", "f.facility=P1A-CDS1&f.facility=P1A", "f.kind=it",
    "f.state=in_service&f.facility=P2A-CDS1",
]  # fmt: skip


@pytest.fixture
def many(country):
    """Return the world with pieces of three types at two centres, and orders of some."""
    with unit_of_work(Access.system("test")):
        add_type("bed", "Lit d’ACCOUCHEMENT", "infrastructure")
    for number in range(24):
        login, place = ("other", "P2A-CDS1") if number % 3 == 0 else ("tech", "P1A-CDS1")
        facts = {"serial": f"É{number % 7}-{number}", "status": "functional" if number % 4 else "unknown"}
        id = piece(country, login, place, KINDS[number // 2 % 3], room="Pédiatrie", **facts)
        if number % 2:
            with unit_of_work(country.access("director")):
                row = db.session.get_one(Equipment, id)
                kind = "corrective" if number % 5 else "inspection"
                due = today() + timedelta(days=number)
                work.open_order(row.facility, equipment=row, kind=kind, problem="Fuite", due_on=due)
    return country


def loaded(app, world, login, address, table=EquipmentTable):
    """Return a list as it is loaded for an address."""
    with app.test_request_context(f"/?{address}"), acting(world.access(login)):
        found = table()
        found.ask()
        found._load()
        return found


def facts(world, login):
    """Return (words, {column: value}) of every piece that a person may see, read row by row."""
    with acting(world.access(login)):
        rows = db.session.scalars(select(Equipment)).all()
        return [
            (folded(f"{row.code} {row.serial} {row.room} {row.type.label_fr} {row.type.label_en}"),
             {"status": row.status, "facility": row.facility.name, "kind": row.type.kind, "state": row.state})
            for row in rows
        ]  # fmt: skip


@pytest.mark.parametrize("login", ["director", "tech"])
def test_rows_and_facets_are_counted_as_one_counts_them_by_hand(app, many, login):
    every = facts(many, login)
    assert len(every) == (24 if login == "director" else 16)
    for words in WORDS:
        here = [told for text, told in every if all(word in text for word in folded(words).split())]
        assert bool(here) == (words != "rien")
        for narrowed in FILTERS:
            asked = {name[2:]: values for name, values in parse_qs(narrowed).items()}

            def fits(told, but="", asked=asked):
                return all(told[name] in values for name, values in asked.items() if name != but)

            table = loaded(app, many, login, f"q={words}&{narrowed}")
            assert table.total == len(table.rows) == sum(map(fits, here)), (words, narrowed)
            for column, counts in zip(table._offering(), table.counts, strict=True):
                wanted = Counter(told[column.name] for told in here if fits(told, column.name))
                assert counts == wanted, (words, narrowed, column.name)


@pytest.mark.parametrize("login", ["director", "tech"])
@pytest.mark.parametrize("table", [EquipmentTable, OrderTable])
def test_rows_that_are_found_before_they_are_read_are_the_same(app, many, login, table, monkeypatch):
    sorts = ("", "facility", "-facility", *(("-type", "serial") if table is EquipmentTable else ("what", "-workshop")))
    asked = [f"q={q}&sort={by}&page={page}" for q in ("", "oxyg", "rien") for by in sorts for page in (1, 2)]

    def codes():
        return [[row.obj.id for row in loaded(app, many, login, each, table).rows] for each in asked]

    monkeypatch.setattr(table, "size", 5)
    few = codes()
    assert all(few[place] != few[place + 1] for place in range(0, 2 * len(sorts), 2))
    monkeypatch.setattr(tables, "MANY", -1)
    assert codes() == few and any(few)


def test_orders_alike_are_counted_together_and_named_by_their_place(app, many):
    table = loaded(app, many, "director", "f.kind=corrective", OrderTable)
    with acting(many.access("director")):
        rows = db.session.scalars(select(WorkOrder)).all()
        here = [row for row in rows if row.kind == "corrective"]
        wanted = Counter(row.facility.name for row in here), Counter(row.kind for row in rows)
    counts = {column.name: found for column, found in zip(table._offering(), table.counts, strict=True)}
    assert table.total == len(here) < len(rows)
    assert (counts["facility"], counts["kind"]) == wanted and len(wanted[0]) == 2


def test_who_sees_the_whole_country_is_not_asked_for_each_row_until_there_is_another_one(app, many):
    scope = Equipment.__scope__
    assert many.access("director").sees_all(VIEW) and scope.criteria(Equipment, many.access("director")) is None
    assert not many.access("tech").sees_all(VIEW) and scope.criteria(Equipment, many.access("tech")) is not None
    with unit_of_work(Access.system("test")):
        other = Facility(code="XX", name="XX", type=many["BI"].type)
        db.session.add(other)
        db.session.flush()
        other.path = f"/{other.id}/"
        db.session.flush()
    assert not many.access("director").sees_all(VIEW)
    assert scope.criteria(Equipment, many.access("director")) is not None
