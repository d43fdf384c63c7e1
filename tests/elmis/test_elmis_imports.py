"""Products, lots, policies and histories from other systems: in clear words, all or nothing, twice is once."""

import csv
import json
import random
import re
import threading
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import func, select

from core.contract.plugins import entities
from core.data import audit
from core.data.access import Access, acting
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, Doubt, NotAllowed, Refused
from core.data.search import folded
from core.data.trail import AuditEntry
from core.data.work import perform, unit_of_work
from core.facilities import services as places
from core.imports import jobs, run, services
from core.imports.cli import export
from core.imports.mapping import Mapped
from core.jobs import worker
from core.jobs.models import DONE, Job
from core.jobs.services import enqueue
from core.settings.services import put
from core.web.derived import table_of
from plugins.elmis.catalogue.limits import QUANTITY
from plugins.elmis.catalogue.models import Lot, Pack, Policy, Product
from plugins.elmis.history import importer
from plugins.elmis.history.staged import Staged
from plugins.elmis.ledger import reports
from plugins.elmis.ledger.models import Movement, Observation, Reason, StockBalance, StockLocation
from plugins.elmis.ledger.services import Move, Seen, location, observe, post
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import KEEPING
from plugins.elmis.recalls import services as recalls
from plugins.elmis.settings.tables import WayTable
from plugins.elmis.stock import tables
from tests import make as people
from tests.elmis import flow, make
from tests.pages import Forms

pytestmark = pytest.mark.both_databases
MOVEMENTS = "elmis.movement"
HEAD = "id,facility,product,lot,expiry,quantity,reason,date,counterpart,document"
DAY = today() - timedelta(days=30)


@pytest.fixture
def stocked(app, world):
    """Store reasons, programmes and two products."""
    make.reference()
    with unit_of_work(Access.system("test")):
        make.product("P-1")
        make.product("P-2")
    return world


@pytest.fixture
def file(tmp_path):
    """Return a function that writes lines under a heading."""

    def write(*lines, head=HEAD):
        path = tmp_path / "list.csv"
        path.write_text("\n".join([head, *lines]), "utf-8")
        return path

    return write


def with_empty(**values):
    """Return a choice of mapping in which some empty cells mean something."""

    def chosen(importer, table):
        proposed = services.propose(importer, table)
        return Mapped(proposed.columns, {name: {"": value} for name, value in values.items()}, proposed.dates)

    return chosen


def yes(question):
    """Say yes to whatever is asked."""
    return "yes"


def take(entity, path, chosen=services.propose, answers=services.nobody):
    """Import a file; return the numbers of its report."""
    return services.take(entity, path, chosen=chosen, answers=answers).counts


def asked(entity, path):
    """Return {code: words} of what an import of a file asks; nothing of it is written."""
    before = db.session.scalar(select(func.count()).select_from(Movement))
    with pytest.raises(Doubt) as doubt:
        take(entity, path)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Movement)) == before
    return {one.code: str(one.words) for one in doubt.value.questions}


def uuid(world, id, code="P1A-CDS1"):
    """Return what a line with an own id is known by."""
    return f"import:{world.ids[code]}:{id}"


def reasons(entity, path, chosen=services.propose):
    """Return {(line, field): reason} of what a look at a file refuses."""
    report = services.dry_run(entity, path, chosen)
    return {(each.line, each.field): str(each.reason) for each in report.refusals}


def stock(world, code="P1A-CDS1", lot="L1", store=""):
    """Return what lies of a lot in a facility's store."""
    place = location(world[code], "store", store)
    query = select(StockBalance.quantity).join(Lot).where(StockBalance.location_id == place.id, Lot.number == lot)
    return db.session.scalar(query)


def movement(id="1", facility="P1A-CDS1", product="P-1", lot="L1", expiry="2031-12-31", quantity="100", reason="receipt",
             day=DAY, counterpart="", document=""):  # fmt: skip
    return f"{id},{facility},{product},{lot},{expiry},{quantity},{reason},{day},{counterpart},{document}"


# Products


def test_a_list_without_codes_is_refused_until_codes_can_be_made(stocked, file):
    path = file('"Aspirin, 300 mg",Each', "Ibuprofen,Tablet", head="Name,UnitOfMeasure")
    assert set(reasons("elmis.product", path)) == {(2, "code"), (3, "code")}
    with pytest.raises(Refused):
        take("elmis.product", path)
    made = with_empty(code_pattern="WHO-####")
    assert take("elmis.product", path, made) == {"lines": 2, "refused": 0, "new": 2}
    found = db.session.scalar(select(Product).where(Product.code == "WHO-0001"))
    assert (found.name_en, found.name, found.base_unit_fr, found.base_unit_en) == (
        "Aspirin, 300 mg", "Aspirin, 300 mg", "unité", "unit",
    )  # fmt: skip
    assert take("elmis.product", path, made) == {"lines": 2, "refused": 0, "same": 2}
    longer = file("Paracetamol,Each", "Ibuprofen,Tablet", head="Name,UnitOfMeasure")
    assert take("elmis.product", longer, made)["new"] == 1
    assert set(db.session.scalars(select(Product.code))) == {"P-1", "P-2", "WHO-0001", "WHO-0002", "WHO-0003"}


def test_a_product_is_changed_by_its_code_and_empty_cells_leave_what_is_there(stocked, file):
    path = file("P-1,,95290191002 03,12", head="code,name_fr,gtin,unit_price")
    assert (2, "gtin") in reasons("elmis.product", path)
    path = file("p-1,,09528380000201,12", head="code,name_fr,gtin,unit_price")
    assert take("elmis.product", path)["changed"] == 1
    found = db.session.scalar(select(Product).where(Product.code == "P-1"))
    assert (found.name_fr, found.unit_price, [pack.gtin for pack in found.packs]) == (
        "Produit P-1", 12, ["09528380000201"],
    )  # fmt: skip
    assert take("elmis.product", path)["same"] == 1
    other = file("P-2,,09528380000201,", head="code,name_fr,gtin,unit_price")
    assert (2, "gtin") in reasons("elmis.product", other)


@pytest.mark.parametrize("pattern", ["WHO", "#", "A" * 50 + "##"])
def test_a_pattern_that_makes_no_codes_is_refused(stocked, file, pattern):
    path = file("Aspirin,Each", head="Name,UnitOfMeasure")
    assert (2, "code_pattern") in reasons("elmis.product", path, with_empty(code_pattern=pattern))


# Lots and policies


def test_lots_come_in_and_a_missing_expiry_erases_none(stocked, file):
    head = "product,number,expiry"
    assert take("elmis.lot", file("P-1,A1,2030-02", "P-1,A2,", head=head), answers=lambda _asked: "yes")["new"] == 2
    assert take("elmis.lot", file("P-1,a1,", "P-1,A2,2029-01-31", head=head)) == {
        "lines": 2, "refused": 0, "same": 1, "changed": 1,
    }  # fmt: skip
    assert dict(db.session.execute(select(Lot.number, Lot.expiry)).all()) == {
        "A1": date(2030, 2, 28), "A2": date(2029, 1, 31),
    }  # fmt: skip
    assert (2, "product") in reasons("elmis.lot", file("NO,A1,", head=head))


def test_policies_come_in_by_what_they_are_for(stocked, file):
    head = "facility,facility_type,product,min_months,max_months,emergency_months"
    path = file("P1A-CDS1,,P-1,1,2,0.5", ",depot,,2,4,1", head=head)
    before = db.session.scalar(select(func.count()).select_from(Policy))
    assert take("elmis.policy", path)["new"] == 2
    assert take("elmis.policy", path)["same"] == 2
    assert db.session.scalar(select(func.count()).select_from(Policy)) == before + 2
    wrong = file(
        "P1A-CDS1,,P-1,3,2,0.5", "P1A-CDS1,depot,,1,2,0", "NO,,,1,2,0", ",depot,,2,4,1", ",depot,,2,4,1", head=head
    )
    assert set(reasons("elmis.policy", wrong)) == {
        (2, "max_months"),
        (3, "facility_type"),
        (4, "facility"),
        (6, "facility"),
    }


# Histories


def test_a_history_comes_in_and_its_repetition_changes_nothing(stocked, file):
    path = file(
        movement("1"), movement("2", quantity="30", reason="dispensed", day=DAY + timedelta(days=3)),
        movement("3", quantity="20", reason="issue_ward", counterpart="Maternité", document="BS-7"),
    )  # fmt: skip
    assert take(MOVEMENTS, path) == {"lines": 3, "refused": 0, "new": 3}
    assert stock(stocked) == 50
    rows = db.session.scalars(select(Movement).order_by(Movement.uuid)).all()
    assert [row.uuid for row in rows] == [uuid(stocked, n) for n in "123"]
    assert rows[2].counterpart == "Maternité" and rows[2].document == "BS-7" and rows[2].import_run
    assert take(MOVEMENTS, path) == {"lines": 3, "refused": 0, "same": 3}
    assert stock(stocked) == 50 and verify_ledger() == [] and audit.verify() == []
    trail = db.session.execute(
        select(AuditEntry.entity_id, AuditEntry.body).where(AuditEntry.entity == MOVEMENTS)
    ).all()
    assert [(id_, json.loads(body)["facts"]) for id_, body in trail] == [
        (str(row.id), {"run": rows[0].import_run}) for row in sorted(rows, key=lambda row: row.id)
    ], "one line in the trail for each movement, none for the repetition"


def test_a_line_is_held_to_the_ward_the_day_and_the_destination_that_its_page_asks_for(stocked, file):
    issue = {"reason": "issue_ward", "quantity": "1"}
    first = movement("1"), movement("2", **issue), movement("3", **issue, counterpart="Maternité")
    take(MOVEMENTS, file(*first))  # the facility had no ward so far
    old = DAY.replace(year=DAY.year - 11)
    found = reasons(MOVEMENTS, file(
        movement("4", **issue), movement("5", day=old), movement("6", reason="transfer_out", quantity="1"),
        movement("7", reason="transfer_out", quantity="1", counterpart="P1A-CDS1"),
    ))  # fmt: skip
    assert set(found) == {(2, "counterpart"), (3, "date"), (4, "counterpart"), (5, "counterpart")}
    assert found[2, "counterpart"] == "Choisissez le service, ou nommez-en un autre."
    assert "plus de 10 ans" in found[3, "date"] and found[4, "counterpart"] == "Dites où va la marchandise."
    typed = file(*(movement(str(n), **issue, counterpart=name) for n, name in
                   enumerate(("maternite ", "Matrenité", "Matrenité", "Urgences"), 4)))  # fmt: skip
    words = asked(MOVEMENTS, typed)["ward"].replace("\N{NO-BREAK SPACE}", " ")
    assert "ligne 3 : P1A-CDS1 n’a pas encore de service « Matrenité » ; il y a « Maternité »" in words, words
    assert "ligne 5" in words and "« Urgences »" in words and "ligne 2" not in words and "ligne 4" not in words
    take(MOVEMENTS, typed, answers=yes)
    sent = select(Movement.counterpart).join(Movement.reason).where(Reason.code == "issue_ward").order_by(Movement.id)
    assert db.session.scalars(sent).all() == ["", "Maternité", "Maternité", "Matrenité", "Matrenité", "Urgences"]
    assert take(MOVEMENTS, typed)["same"] == 4 and take(MOVEMENTS, file(*first))["same"] == 3


def test_a_lot_that_is_recalled_does_not_leave_quarantine_by_a_list(stocked, file):
    apart = movement("2", reason="quarantine", quantity="60") + ",abîmé"
    take(MOVEMENTS, file(movement("1") + ",", apart, head=f"{HEAD},comment"))
    back = file(movement("3", reason="release", quantity="10") + ",repris", head=f"{HEAD},comment")
    with unit_of_work(Access.system("test")):
        lot = db.session.scalars(select(Lot)).one()
        lot.status = "recalled"
    assert set(reasons(MOVEMENTS, back)) == {(2, "lot")}
    with unit_of_work(Access.system("test")):
        db.session.get_one(Lot, lot.id).status = "active"
    assert take(MOVEMENTS, back)["new"] == 1 and stock(stocked) == 50


def test_lines_without_an_own_id_are_known_by_what_they_say(stocked, file):
    twice = movement("", quantity="10", reason="dispensed")
    path = file(movement(""), twice, twice)
    assert take(MOVEMENTS, path)["new"] == 3
    assert stock(stocked) == 80
    assert take(MOVEMENTS, path)["same"] == 3
    more = file(movement(""), twice, twice, twice)
    assert set(asked(MOVEMENTS, more)) == {"twins"}
    assert take(MOVEMENTS, more, answers=yes) == {"lines": 4, "refused": 0, "new": 1, "same": 3}
    assert stock(stocked) == 70


def test_counts_set_the_balance_of_their_day(stocked, file):
    lines = [
        movement("c2", quantity="25", reason="count", day=DAY + timedelta(days=9)),
        movement("1", quantity="100"),
        movement("c1", quantity="110", reason="count", day=DAY + timedelta(days=2)),
        movement("2", quantity="80", reason="dispensed", day=DAY + timedelta(days=5)),
        movement("c3", quantity="25", reason="count", day=DAY + timedelta(days=10)),
        movement("c4", lot="L9", quantity="7", reason="count"),
    ]
    path = file(*lines)
    assert take(MOVEMENTS, path) == {"lines": 6, "refused": 0, "new": 2, "counted": 4}
    assert stock(stocked) == 25 and stock(stocked, lot="L9") == 7
    differences = {row.uuid: (row.reason.code, row.quantity) for row in db.session.scalars(select(Movement))}
    assert differences[uuid(stocked, "c1")] == ("count_excess", 10)
    assert differences[uuid(stocked, "c2")] == ("count_shortage", 5)
    assert uuid(stocked, "c3") not in differences and verify_ledger() == []
    take(MOVEMENTS, path)
    assert stock(stocked) == 25 and verify_ledger() == []


def test_a_count_that_agreed_leaves_its_trace_and_a_repetition_changes_nothing(stocked, file):
    """Receipt 100, count 100, dispensed 30: 70 lie there, and 70 after the same file again."""
    path = file(movement("1"), movement("2", reason="count"), movement("3", quantity="30", reason="dispensed"))
    assert take(MOVEMENTS, path) == {"lines": 3, "refused": 0, "new": 2, "counted": 1}
    assert stock(stocked) == 70
    seen = db.session.scalars(select(Observation)).one()
    assert (seen.uuid, seen.quantity, seen.import_run is not None) == (uuid(stocked, "2"), 100, True)
    assert take(MOVEMENTS, path) == {"lines": 3, "refused": 0, "same": 3}
    assert stock(stocked) == 70 and verify_ledger() == []
    bare = file(movement(""), movement("", quantity="100", reason="count"), movement("", quantity="30", reason="dispensed"),
                head=HEAD)  # fmt: skip
    other = bare.read_text().replace(",L1,", ",L2,")
    bare.write_text(other)
    for _turn in range(2):
        take(MOVEMENTS, bare)
        assert stock(stocked, lot="L2") == 70 and verify_ledger() == []


def test_a_count_stands_whatever_is_imported_late(stocked, file):
    take(MOVEMENTS, file(movement("1"), movement("c", quantity="90", reason="count", day=DAY + timedelta(days=5))))
    late = file(
        movement("2", quantity="20", reason="dispensed", day=DAY + timedelta(days=2)),
        movement("3", quantity="50", day=DAY + timedelta(days=3)), movement("4", quantity="7", day=DAY + timedelta(days=9)),
    )  # fmt: skip
    assert "90" in asked(MOVEMENTS, late)["counts"] and "120" in asked(MOVEMENTS, late)["counts"]
    assert take(MOVEMENTS, late, answers=yes) == {"lines": 3, "refused": 0, "new": 3, "held": 1}
    assert stock(stocked) == 97 and verify_ledger() == []
    held = db.session.scalars(select(Movement).where(Movement.uuid.startswith("held:"))).one()
    assert (held.reason.code, held.quantity, held.occurred_on) == ("count_shortage", 30, DAY + timedelta(days=5))
    assert held.comment.endswith(f"({DAY + timedelta(days=3):%d/%m/%Y})"), "the late paper is named"
    early = file(movement("c2", quantity="60", reason="count", day=DAY + timedelta(days=1)))
    assert take(MOVEMENTS, early, answers=yes) == {"lines": 1, "refused": 0, "counted": 1, "held": 1}
    assert stock(stocked) == 97 and verify_ledger() == [], "the later count stands too"


def test_a_count_made_on_the_page_stands_against_an_import(stocked, file):
    take(MOVEMENTS, file(movement("1")))
    lot = db.session.scalar(select(Lot.id).where(Lot.number == "L1"))
    place = location(stocked["P1A-CDS1"]).id
    with unit_of_work(Access.system("test")):
        observe([Seen(lot, place, 80, DAY + timedelta(days=4), utcnow() - timedelta(days=26))])
    assert stock(stocked) == 80
    late = file(movement("2", quantity="30", reason="dispensed", day=DAY + timedelta(days=1)))
    assert set(asked(MOVEMENTS, late)) == {"counts"}
    take(MOVEMENTS, late, answers=yes)
    run = db.session.scalar(select(Movement.import_run).where(Movement.uuid == uuid(stocked, "2")))
    said = select(AuditEntry.body).where(AuditEntry.entity == "core.import", AuditEntry.action == "confirmed")
    assert json.loads(db.session.scalars(said.where(AuditEntry.entity_id == str(run))).one())["facts"]["said"]
    assert stock(stocked) == 80 and verify_ledger() == []


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": "99"}, {"product": "P-2"}, {"lot": "L7"}, {"reason": "initial_count"}, {"document": "BL-2"},
        {"counterpart": "UNICEF"}, {"day": DAY + timedelta(days=1)}, {"reason": "count"},
    ],
)  # fmt: skip
def test_the_same_id_with_other_contents_is_refused(stocked, file, change):
    take(MOVEMENTS, file(movement("1", document="BL-1")))
    assert set(reasons(MOVEMENTS, file(movement("1", **{"document": "BL-1"} | change)))) == {(2, "id")}


def test_a_corrected_line_is_told_which_movement_to_reverse_and_the_figures_add_up(stocked, file, client):
    take(MOVEMENTS, file(movement("1", document="BR-7"), movement("2"), movement("3")))
    again = file(movement("1", quantity="90", document="BR-7"), movement("2"), movement("3"))
    report = services.dry_run(MOVEMENTS, again, services.propose)
    (refusal,) = report.refusals
    assert (
        (refusal.line, refusal.value) == (2, "1")
        and "BR-7" in str(refusal.reason)
        and "contre-passez-le" in str(refusal.reason)
    )
    assert report.plain() | {"refusals": [], "samples": {}} == {
        "lines": 3, "refused": 1, "refused_lines": 1, "counts": {"same": 2}, "refusals": [], "samples": {},
        "questions": [],
    }  # fmt: skip


def test_the_button_says_how_many_lines_are_written_and_nothing_is_to_confirm_when_none_is(stocked, file, client):
    people.sign_in(client, "admin")
    assert "Réception d’un fournisseur" in client.get("/imports/download/elmis.movement.csv").data.decode()
    once = file(movement("1"), movement("2"))
    take(MOVEMENTS, once)
    runs = []
    for lines in ([movement("1"), movement("2"), movement("3")], [movement("1"), movement("2")]):
        with services.sent(MOVEMENTS, "list.csv", file(*lines)) as sent:
            runs.append(perform(lambda sent=sent: services.receive(sent, stocked["P1A"].id).id))
        services.look(runs[-1])
    pages = [client.get(f"/imports/{id}").text for id in runs]
    assert "Importer 1 ligne" in pages[0] and "À confirmer" in pages[0]
    assert "Importer" not in pages[1].split("<main")[1].split("wizard")[0] and "À confirmer" not in pages[1]
    assert "Rien de nouveau" in pages[1]


@pytest.mark.parametrize(
    "change", [{"quantity": "99"}, {"lot": "L7"}, {"day": DAY + timedelta(days=1)}, {"reason": "receipt"}]
)
def test_the_same_count_with_other_contents_is_refused(stocked, file, change):
    take(MOVEMENTS, file(movement("1", reason="count")))
    assert set(reasons(MOVEMENTS, file(movement("1", **{"reason": "count"} | change)))) == {(2, "id")}


def test_a_facility_that_was_renamed_since_is_still_the_same_counterpart(stocked, file):
    path = file(movement("1", reason="delivery", document="BL-1", counterpart="P1A-DEPOT"))
    take(MOVEMENTS, path)
    with unit_of_work(Access.system("test")):
        places.rename(stocked["P1A-DEPOT"], "Dépôt neuf", today())
    assert take(MOVEMENTS, path)["same"] == 1


def test_somebody_who_was_faster_has_the_file_looked_at_again(stocked, file, monkeypatch):
    """Between the look and the writing, nothing is locked: what was recorded then is reckoned with."""
    take(MOVEMENTS, file(movement("1")))
    looked, turns = run.look, []

    def slow(*arguments):
        plan = looked(*arguments)
        if not turns:
            turns.append(1)
            lot = db.session.scalar(select(Lot.id).where(Lot.number == "L1"))
            with unit_of_work(Access.system("test")):
                here, out = location(stocked["P1A-CDS1"]).id, location(stocked["P1A-CDS1"], "consumption").id
                post([Move(lot, 80, here, out, "dispensed")])
        return plan

    path = file(movement("2", quantity="30", reason="dispensed", day=today()))
    monkeypatch.setattr(run, "look", slow)
    with pytest.raises(Refused, match="1 lignes"):
        take(MOVEMENTS, path)
    db.session.rollback()
    assert stock(stocked) == 20 and verify_ledger() == [] and staged() == 0
    assert take(MOVEMENTS, file(movement("3", quantity="20", reason="dispensed", day=today())))["new"] == 1
    assert stock(stocked) == 0 and staged() == 0


def test_others_write_while_a_file_is_prepared_and_wait_for_its_last_step_only(stocked, file, app):
    """A storekeeper records between any two parts of a long file; the preparation holds no lock."""
    number, turns = 9_000, []
    path = file(*(movement(f"W-{n}", lot=f"L{n % 7}") for n in range(number)))
    with unit_of_work(Access.system("test")):
        lot = make.lot(db.session.scalar(select(Product).where(Product.code == "P-2")), "OTHER", date(2031, 12, 31)).id
        here, source = location(stocked["P1A-CDS2"]).id, location(stocked["P1A-CDS2"], "supplier").id

    def beside(lines):
        def record():
            with app.app_context(), acting(Access.system("beside")):
                perform(lambda: len(post([Move(lot, 1, source, here, "receipt")])))
            turns.append(lines)

        one = threading.Thread(target=record)
        one.start()
        one.join(5)

    with services.sent(MOVEMENTS, path.name, path) as sent:
        run_id = perform(lambda: services.receive(sent).id)
    row = services.apply(run_id, beside)
    assert row.counts["new"] == number and stock(stocked, "P1A-CDS2", "OTHER") == len(turns) == 9
    assert verify_ledger() == [] and staged() == 0


def product_lines(number):
    return "elmis.product", [f"Q-{n},Article {n},unité" for n in range(number)], "code,name_fr,base_unit_fr"


def lot_lines(number):
    return "elmis.lot", [f"P-1,N{n},2031-12-31" for n in range(number)], "product,number,expiry"


def facility_lines(number):
    return "core.facility", [f"Z-{n},Place {n},health_centre,P1A" for n in range(number)], "code,name,type,parent"


@pytest.mark.parametrize("lines", [product_lines, lot_lines, facility_lines])
def test_others_write_while_any_list_is_read_and_looked_at(stocked, file, app, lines):
    """A storekeeper records between any two parts of a long list of products, lots or facilities, and at once."""
    turns = []
    with unit_of_work(Access.system("test")):
        lot = make.lot(db.session.scalar(select(Product).where(Product.code == "P-2")), "OTHER", date(2031, 12, 31)).id
        here, source = location(stocked["P1A-CDS2"]).id, location(stocked["P1A-CDS2"], "supplier").id

    def beside(number):
        def record():
            with app.app_context(), acting(Access.system("beside")):
                perform(lambda: len(post([Move(lot, 1, source, here, "receipt")])))
            turns.append(number)

        one = threading.Thread(target=record)
        one.start()
        one.join(5)
        assert turns[-1:] == [number], "held by the import"

    entity, rows, head = lines(3_000)
    path = file(*rows, head=head)
    with services.sent(entity, path.name, path) as sent:
        run_id = perform(lambda: services.receive(sent).id)
    assert services.apply(run_id, beside).counts["new"] == 3_000
    assert turns == [1_000, 2_000, 3_000] and stock(stocked, "P1A-CDS2", "OTHER") == 3


def test_what_another_changed_while_a_list_was_looked_at_is_reckoned_with(stocked, file, monkeypatch):
    """The list was looked at when P-1 had no GTIN; meanwhile somebody gave the one of the list to P-2."""
    gave, settled = "03400930000021", run._settle

    def slow(report):
        settled(report)
        if not db.session().info.get("work") and not db.session.scalar(select(Pack.id).where(Pack.gtin == gave)):
            with unit_of_work(Access.system("test")):
                other = db.session.scalar(select(Product).where(Product.code == "P-2"))
                other.packs.append(Pack(size=10, gtin=gave))

    monkeypatch.setattr(run, "_settle", slow)
    with pytest.raises(Refused, match="1 lignes"):
        take("elmis.product", file(f"P-1,{gave}", head="code,gtin"))


def test_the_trail_of_a_list_is_what_each_line_by_itself_would_have_left(stocked, file):
    """What the lines share is put into words once: the text of each is the usual one all the same, whatever it says."""
    odd = ['BL ""7"" \\ é', '"changes":{}', "\U0001f48a\u202e", "', [null"]
    lines = [movement(f"T{n}", document='"' + text.replace('"', '""') + '"') for n, text in enumerate(odd)]
    take(MOVEMENTS, file(*lines, movement("T9", quantity="0", reason="count", day=today())), answers=yes)
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "create"))
    made = [row for row in rows if row.entity in (MOVEMENTS, "elmis.observation")]
    told = {row.entity_id: json.loads(row.body) for row in made if row.entity == MOVEMENTS}
    moved = {str(row.id): row for row in db.session.scalars(select(Movement).where(Movement.import_run.is_not(None)))}
    assert len(made) == len(odd) + 2 and told.keys() == moved.keys()
    assert all(row.body == audit.encode(json.loads(row.body)) for row in made)
    for id, row in moved.items():
        changes = {name: new for name, (_old, new) in told[id]["changes"].items()}
        assert changes == {name: audit.plain(getattr(row, name)) for name in importer.TRAIL if getattr(row, name) != ""}
        assert told[id]["facility_id"] == stocked.ids["P1A-CDS1"] and told[id]["facts"] == {"run": row.import_run}
    assert audit.verify() == [] and verify_ledger() == []


def staged():
    """Return how many lines wait in the table of staged lines."""
    return db.session.scalar(select(func.count()).select_from(Staged))


def test_within_a_day_the_order_of_the_lines_counts(stocked, file):
    lines = [
        movement("1"), movement("2", quantity="95", reason="count"), movement("3", quantity="30", reason="dispensed"),
    ]  # fmt: skip
    take(MOVEMENTS, file(*lines))
    assert stock(stocked) == 65
    take(MOVEMENTS, file(movement("4", quantity="60", reason="count")))
    assert stock(stocked) == 60 and verify_ledger() == []


def test_what_arrives_was_sent_or_comes_from_outside(stocked, file):
    sent = [
        movement("1", facility="P1A-DEPOT", quantity="500"),
        movement("2", facility="P1A-DEPOT", quantity="200", reason="shipment", document="BL-1", counterpart="P1A-CDS1"),
        movement("3", quantity="190", reason="delivery", document="BL-1", counterpart="P1A-DEPOT"),
        movement("4", quantity="10", reason="missing_transit", document="BL-1", counterpart="P1A-DEPOT"),
        movement("5", quantity="60", reason="delivery", document="BL-9", counterpart="P1A-DEPOT"),
    ]
    take(MOVEMENTS, file(*sent))
    assert (stock(stocked, "P1A-DEPOT"), stock(stocked)) == (300, 250)
    kinds = dict(db.session.execute(select(Movement.uuid, StockLocation.kind).join(Movement.source)).all())
    assert (kinds[uuid(stocked, "3")], kinds[uuid(stocked, "5")]) == ("in_transit", "supplier")
    transit = location(stocked["P1A-DEPOT"], "in_transit")
    assert db.session.scalar(select(StockBalance.quantity).where(StockBalance.location_id == transit.id)) == 0
    assert verify_ledger() == []


def test_lists_of_deliveries_say_where_those_of_a_history_stand(stocked, file, client):
    """They were empty beside a year of delivery notes."""
    with unit_of_work(Access.system("test")):
        people.user("keeper", stocked["P1A-CDS1"], "storekeeper")
    people.sign_in(client, "keeper")
    words = "Les livraisons d’avant sont sur les fiches de stock et parmi les derniers documents du magasin."
    pages = ("/elmis/shipments", "/elmis/receipts")
    assert [words in client.get(path).text for path in pages] == [False, False]
    take(MOVEMENTS, file(movement("1", reason="delivery", document="BL-9", counterpart="P1A-DEPOT")))
    for path in pages:
        page = client.get(path).text
        assert words in page and 'href="/elmis/store/"' in page.partition('class="empty"')[2], path


def test_goods_on_the_way_are_taken_only_by_whom_they_were_sent_to(stocked, file):
    sent = [
        movement("1", facility="P1A-DEPOT", quantity="500"),
        movement("2", facility="P1A-DEPOT", quantity="200", reason="shipment", document="BL-1", counterpart="P1A-CDS1"),
        movement("3", facility="P1A-DEPOT", quantity="50", reason="transfer_out", counterpart="P1A-CDS2"),
    ]
    take(MOVEMENTS, file(*sent))
    transit = location(stocked["P1A-DEPOT"], "in_transit").id
    on_the_way = select(StockBalance.quantity).where(StockBalance.location_id == transit)
    thief = [
        movement("4", facility="P1A-CDS2", quantity="200", reason="delivery", document="BL-1", counterpart="P1A-DEPOT"),
        movement("5", facility="P1A-DEPOT", quantity="50", reason="transfer_in"),
        movement("6", facility="P1A-CDS2", quantity="50", reason="transfer_in", counterpart="P1A-DEPOT"),
    ]
    take(MOVEMENTS, file(*thief))
    assert db.session.scalar(on_the_way) == 250, "what came there came from outside"
    take(MOVEMENTS, file(movement("7", quantity="200", reason="delivery", document="BL-1", counterpart="P1A-DEPOT")))
    assert db.session.scalar(on_the_way) == 50 and verify_ledger() == []


def test_what_this_system_ships_is_received_on_its_page_only(stocked, file):
    goods = flow.stocked(stocked)
    shipment = flow.shipped(stocked, flow.order(stocked, goods["product"], 100))
    note = db.session.scalar(select(Movement.document).where(Movement.document_ref != "").limit(1))
    code, lot = db.session.execute(
        select(Product.code, Lot.number).join(Movement, Movement.lot_id == Lot.id).join(Product, Product.id == Lot.product_id)
        .where(Movement.document == note)
    ).first()  # fmt: skip
    assert shipment and note
    for place in ("P1A-CDS1", "P1A-CDS2"):
        line = movement("1", facility=place, product=code, lot=lot, expiry="", quantity="5", reason="delivery", document=note,
                        counterpart="P1A-DEPOT")  # fmt: skip
        assert set(reasons(MOVEMENTS, file(line))) == {(2, "document")}


def test_a_negative_day_is_refused_and_named(stocked, file):
    path = file(movement("1"), movement("2", quantity="101", reason="dispensed", day=DAY + timedelta(days=1)))
    found = reasons(MOVEMENTS, path)
    assert set(found) == {(3, "quantity")}
    assert "L1" in found[3, "quantity"] and f"{DAY + timedelta(days=1):%d/%m/%Y}" in found[3, "quantity"]
    with pytest.raises(Refused):
        take(MOVEMENTS, path)
    assert db.session.scalar(select(func.count()).select_from(Movement)) == 0
    assert db.session.scalar(select(func.count()).select_from(Lot)) == 0


def test_a_history_must_fit_the_stock_that_is_there(stocked, file):
    take(MOVEMENTS, file(movement("1"), movement("2", quantity="100", reason="dispensed", day=DAY + timedelta(days=9))))
    early = file(movement("3", quantity="1", reason="dispensed", day=DAY + timedelta(days=2)))
    assert set(reasons(MOVEMENTS, early)) == {(2, "quantity")}


@pytest.mark.parametrize(
    "line, field",
    [
        (movement(facility="NO"), "facility"), (movement(product="NO"), "product"), (movement(lot=""), "lot"),
        (movement(quantity="-3"), "quantity"), (movement(quantity="0"), "quantity"), (movement(quantity="9" * 20), "quantity"),
        (movement(quantity="1.5"), "quantity"), (movement(reason="gift"), "reason"), (movement(day="2026-02-30"), "date"),
        (movement(day=today() + timedelta(days=1)), "date"), (movement(expiry="never"), "expiry"),
        (movement(lot="2026-01-05 00:00:00"), "lot"), (movement(lot="12345678901234567890.0"), "lot"),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_with_its_field(stocked, file, line, field):
    assert set(reasons(MOVEMENTS, file(movement("0"), line.replace("1,", "7,", 1)))) == {(3, field)}


def test_a_line_is_refused_among_others_as_it_is_alone(stocked, file):
    """What many lines share is judged once: that leaves nothing in order which by itself is not."""
    with unit_of_work(Access.system("test")):
        stocked["P1A-CDS1"].opened_on = DAY - timedelta(days=200)
        put(QUANTITY, None, 10**8)
    other, used = (
        {"counterpart": "P1B-CDS1", "quantity": "1", "reason": "transfer_out"},
        {"quantity": "1", "reason": "dispensed"},
    )
    sound = [
        line
        for days in (0, 90)
        for line in (movement(f"s{days}", day=DAY - timedelta(days=days)), movement(f"u{days}", **used), movement(f"o{days}", **other))
    ]  # fmt: skip
    sound += [
        movement("f", **other | {"counterpart": "Elsewhere"}),
        movement("m", document="BL-1", **other | {"reason": "missing_transit"}),
    ]
    wrong = [
        movement(facility="NO"), movement(product="NO"), movement(lot=""), movement(quantity="0"), movement(quantity="100000001"),
        movement(quantity="12345670"), movement(day=today() + timedelta(days=1)), movement(day=DAY - timedelta(days=201)),
        movement(day="2009-01-05"), movement(**used | {"expiry": "2090-12-31", "lot": "L2"}), movement(expiry="1990-12-31", lot="L3"),
        movement(**other | {"counterpart": ""}), movement(**other | {"counterpart": "P1A-CDS1"}),
        movement(**other | {"reason": "missing_transit"}), movement(facility="P1B-CDS1", **other),
    ]  # fmt: skip
    alone = [reasons(MOVEMENTS, file(line)) for line in wrong]
    assert all(len(each) == 1 for each in alone), alone
    told = [(field, why) for each in alone for (_line, field), why in each.items()]
    among = reasons(MOVEMENTS, file(*sound, *wrong))
    assert [(field, why) for (_line, field), why in among.items()] == told
    assert [line for line, _field in among] == list(range(len(sound) + 2, len(sound) + len(wrong) + 2))


def test_what_a_history_may_say_is_what_a_page_would_take(stocked, file):
    with unit_of_work(Access.system("test")):
        make.lot(
            db.session.scalar(select(Product).where(Product.code == "P-1")), "HELD", date(2031, 12, 31)
        ).status = "held"
        db.session.scalar(select(Reason).where(Reason.code == "open_vial")).active = False
    lines = [
        movement("1"),
        movement("2", quantity="1", reason="lost"),
        movement("3", quantity="1", reason="found_transit"),
        movement("4", lot="HELD", quantity="1", reason="dispensed"),
        movement("5", quantity="1", reason="open_vial"),
        movement("6", lot="OLD", expiry="2020-01-31", quantity="1", reason="dispensed"),
    ]
    assert set(reasons(MOVEMENTS, file(*lines))) == {
        (3, "comment"), (4, "reason"), (5, "lot"), (6, "reason"), (7, "lot"),
    }  # fmt: skip


def test_an_id_that_stands_twice_or_meant_something_else_is_refused(stocked, file):
    assert set(reasons(MOVEMENTS, file(movement("1"), movement("1", quantity="5")))) == {(3, "id")}
    take(MOVEMENTS, file(movement("1")))
    assert set(reasons(MOVEMENTS, file(movement("1", quantity="99")))) == {(2, "id")}


def test_one_lot_has_one_expiry(stocked, file):
    path = file(movement("1"), movement("2", expiry="2030-01-31"))
    assert set(reasons(MOVEMENTS, path)) == {(3, "expiry")}


def test_the_past_comes_in_only_where_one_may_import_it(stocked, file):
    past = [(right, stocked["P1A"].path) for right in ("elmis.stock.import", "elmis.stock.move")]
    grants = [("core.import", "/"), *past, ("elmis.stock.view", "/"), ("elmis.stock.move", stocked["P2A"].path)]
    with acting(Access(9, "x", tuple(grants))):
        assert reasons(MOVEMENTS, file(movement("1"))) == {}
        assert set(reasons(MOVEMENTS, file(movement("1", facility="P2A-CDS1")))) == {(2, "facility")}
        assert take(MOVEMENTS, file(movement("1")))["new"] == 1
        for reason in ("adjust_up", "adjust_down", "initial_count", "count", "count_excess", "kit_unpacked_in"):
            found = reasons(MOVEMENTS, file(movement("2", reason=reason, quantity="5")))
            assert set(found) == {(2, "reason")}, reason
    with acting(Access(9, "x", (*grants, ("elmis.count.post", "/"), ("elmis.stock.adjust", stocked["P2A"].path)))):
        assert reasons(MOVEMENTS, file(movement("2", reason="count"))) == {}
        assert set(reasons(MOVEMENTS, file(movement("2", reason="initial_count")))) == {(2, "reason")}, "elsewhere"
    with acting(Access(9, "x", (("core.import", "/"),))), pytest.raises(NotAllowed):
        reasons(MOVEMENTS, file(movement("1")))


@pytest.mark.slow
def test_eight_thousand_lines_come_in_with_bounded_memory(stocked, tmp_path):
    path = tmp_path / "long.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        lines = csv.writer(out)
        lines.writerow(HEAD.split(","))
        expected = write_history(lines, 8_000)
    if measured := db.engine.dialect.name == "sqlite":
        tracemalloc.start()
    assert take(MOVEMENTS, path) == {"lines": 8_000, "refused": 0, "new": 8_000}
    if measured:
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 14 * 2**20, f"{peak / 2**20:.0f} MB"
    total = select(func.sum(StockBalance.quantity)).join(StockLocation).where(StockLocation.kind == "store")
    assert db.session.scalar(total) == expected
    assert take(MOVEMENTS, path)["same"] == 8_000
    assert db.session.scalar(total) == expected and verify_ledger() == []


def write_history(lines, number):
    """Write a history of so many lines that is never below zero; return what is left in the end."""
    draw, held = random.Random(7), {}
    for n in range(number):
        key = (draw.choice(["P1A-CDS1", "P1A-CDS2", "P2B-CDS1"]), draw.choice(["P-1", "P-2"]), f"L{draw.randrange(40)}")
        day = today() - timedelta(days=400 - n * 400 // number)
        there = held.get(key, 0)
        reason = "dispensed" if there > 50 and draw.random() < 0.8 else "receipt"
        quantity = draw.randint(1, 50)
        held[key] = there + (quantity if reason == "receipt" else -quantity)
        lines.writerow([n, key[0], key[1], key[2], "2031-12-31", quantity, reason, day, "", ""])
    return sum(held.values())


def test_a_long_history_comes_in_by_the_jobs_of_the_page(stocked, file):
    path, address = file(*(movement(f"H-{number}") for number in range(2_500))), {}
    with acting(stocked.access("admin")):
        with services.sent(MOVEMENTS, "list.csv", path) as sent:
            run_id = perform(lambda: services.receive(sent, stocked.ids["P1A-CDS1"]).id)
        for kind in (jobs.LOOK, jobs.APPLY):
            address[kind] = perform(lambda kind=kind: enqueue(kind, "list.csv", run_id=run_id, url="/there").id)
            worker.work()
    rows = [db.session.get(Job, each) for each in address.values()]
    assert [(row.state, row.message) for row in rows] == [(DONE, "")] * 2
    assert db.session.scalar(select(func.count()).select_from(Movement)) == 2_500


# What is asked, and what is refused at its line


def test_a_file_repeated_with_one_corrected_line_asks_before_it_adds_anything(stocked, file):
    """Receipt 100 on paper 40 … the corrected file would have added the corrected line beside the wrong one."""
    others = [movement("", lot=f"M{n}", document="BL-3") for n in range(5)]
    take(MOVEMENTS, file(*others, movement("", quantity="50", document="BL-3")))
    found = asked(MOVEMENTS, file(*others, movement("", quantity="40", document="BL-3")))
    assert set(found) == {"twins"} and stock(stocked) == 50
    words = found["twins"]
    assert all(said in words for said in ("list.csv", "rien\u00a0: 5", "ligne 7", "40 au lieu de 50")), words
    alone = asked(MOVEMENTS, file(movement("", quantity="40", document="BL-3")))
    assert set(alone) == {"twins"}, "a file of that line alone resembles as well"
    half = asked(MOVEMENTS, file(others[0], movement("", lot="NEW")))
    assert set(half) == {"twins"}, "and one that overlaps in part"
    assert take(MOVEMENTS, file(movement("", quantity="7", lot="OTHER", document="BL-4")))["new"] == 1


def test_a_list_that_gives_a_lot_out_after_the_proposal_is_asked_and_what_left_before_is_not(stocked, file):
    days = [today() - timedelta(days=back) for back in (20, 3, 1)]
    take(MOVEMENTS, file(movement("a", day=days[0], lot="L1")))
    with unit_of_work(Access.system("test")):
        lot = db.session.query(Lot).filter_by(number="L1").one()
        recall = recalls.propose(lot, stocked["P1A"], "odeur")
        recall.issued_on = days[1]
    used = [movement(f"u{day}", day=day, quantity="5", reason="dispensed", expiry="") for day in (days[0], days[2])]
    found = asked(MOVEMENTS, file(*used))
    assert set(found) == {"recall_proposed"}
    assert "(ligne 3\u00a0: lot L1" in found["recall_proposed"] and "ligne 2" not in found["recall_proposed"]
    assert take(MOVEMENTS, file(*used), answers=yes)["new"] == 2


def test_the_preview_asks_and_writes_only_after_each_tick(stocked, file, client):
    people.sign_in(client, "admin")
    others = [movement("", lot=f"M{n}", document="BL-3") for n in range(2)]
    take(MOVEMENTS, file(*others))
    path = file(others[0], movement("", lot="M1", quantity="40", document="BL-3"))
    with services.sent(MOVEMENTS, path.name, path) as sent:
        run_id = perform(lambda: services.receive(sent, stocked.ids["BI"]).id)
    services.look(run_id)
    (form,) = [one for one in Forms(client.get(f"/imports/{run_id}").text).found if one.action.endswith("/confirm")]
    left_open = client.post(form.action, data=form.data())
    (again,) = [one for one in Forms(left_open.text).found if one.action.endswith("/confirm")]
    (tick,) = [one for one in again.inputs.values() if one.name == "_confirm"]
    assert left_open.status_code == 422 and tick.given["aria-invalid"] == "true" and stock(stocked, lot="M1") == 100
    (token,) = re.findall(r'name="_confirm" value="(\w+)"', left_open.text)
    older = client.post(form.action, data=again.data() | {"_confirm": token, "shown": "other columns"})
    assert stock(stocked, lot="M1") == 100 and "colonnes" in client.get(older.location).text
    key, alive = again.data()["_key"], f"/api/alive?key={again.data()['_key']}"
    assert client.get(alive).get_json() == {"stored": {}}
    assert client.post(form.action, data=again.data() | {"_confirm": token}).status_code == 302
    assert stock(stocked, lot="M1") == 140
    stored = client.get(alive).get_json()["stored"]  # else the next page says that it is not recorded
    assert stored[key]["url"] == f"/imports/{run_id}"


def test_an_older_preview_imports_nothing_that_it_did_not_show(stocked, file, client):
    """Tab 1 says 1 on 3 April; then the columns are changed: 1000 on 4 March. The button of tab 1 stands for the first."""
    people.sign_in(client, "admin")
    year = today().year - 1
    path = file(f"a;P1A-CDS1;P-1;L1;2031-12-31;1,000;receipt;03/04/{year};CAMEBU;BL-1", head=HEAD.replace(",", ";"))
    with services.sent(MOVEMENTS, path.name, path) as sent:
        id = perform(lambda: services.receive(sent, stocked.ids["BI"]).id)

    def preview(dates, decimals):
        (form,) = [one for one in Forms(client.get(f"/imports/{id}/columns").text).found if "dates" in one.data()]
        said = form.data() | {"dates": dates, "decimals": decimals}
        assert client.post(f"/imports/{id}/columns", data=said).status_code == 302
        (form,) = [one for one in Forms(client.get(f"/imports/{id}").text).found if one.action.endswith("/confirm")]
        return form

    first = preview("dmy", ",")
    second = preview("mdy", ".")
    for data in (first.data(), {**first.data(), "shown": ""}):
        refused = client.post(first.action, data=data)
        assert "depuis cet aperçu" in client.get(refused.location).text
    with acting(stocked.access("admin")), pytest.raises(Conflict):
        jobs.apply(print, id, "/", shown=first.data()["shown"])
    db.session.rollback()
    assert db.session.scalar(select(func.count(Movement.id))) == 0
    again = preview("dmy", ",")
    assert client.post(second.action, data=second.data()).status_code == 302
    assert db.session.scalar(select(func.count(Movement.id))) == 0
    assert client.post(again.action, data=again.data()).status_code == 302
    assert db.session.execute(select(Movement.quantity, Movement.occurred_on)).all() == [(1, date(year, 4, 3))]


def test_a_delivery_that_is_on_the_road_here_is_not_taken_twice(stocked, file):
    goods = flow.stocked(stocked)
    flow.shipped(stocked, flow.order(stocked, goods["product"], 100))
    note = db.session.scalar(select(Movement.document).where(Movement.document_ref != "").limit(1))
    code, lot = db.session.execute(
        select(Product.code, Lot.number).join(Movement, Movement.lot_id == Lot.id).join(Product, Product.id == Lot.product_id)
        .where(Movement.document == note)
    ).first()  # fmt: skip
    line = {"product": code, "lot": lot, "expiry": "", "quantity": "5", "counterpart": "P1A-DEPOT", "day": today()}
    found = reasons(MOVEMENTS, file(movement("1", reason="delivery", **line)))
    assert set(found) == {(2, "document")} and note in found[2, "document"]
    other = file(movement("1", reason="delivery", document="X-9", **line))
    assert note in asked(MOVEMENTS, other)["underway"]
    assert take(MOVEMENTS, other, answers=yes)["new"] == 1
    assert "underway" in asked(MOVEMENTS, file(movement("2", reason="receipt", **line)))
    elsewhere = movement("3", facility="P1A-CDS2", reason="receipt", **line)
    assert take(MOVEMENTS, file(elsewhere))["new"] == 1, "there it is not on the road"


def test_a_store_is_opened_only_when_somebody_says_so(stocked, file):
    head = HEAD + ",store"
    take(MOVEMENTS, file(movement("1"), head=HEAD))
    path = file(movement("2") + ",Reserve", head=head)
    words = asked(MOVEMENTS, path)["store"]
    assert "Reserve" in words and stocked["P1A-CDS1"].name in words
    assert take(MOVEMENTS, path, answers=yes)["new"] == 1 and stock(stocked, store="Reserve") == 100
    assert take(MOVEMENTS, file(movement("3") + ",RESERVE", head=head))["new"] == 1, "known now, however written"
    assert "Reserve" in asked(MOVEMENTS, file(movement("4") + ",Reserv", head=head))["store"]


@pytest.mark.parametrize("given, field", [({}, "document"), ({"document": "BL-1"}, "counterpart")])
@pytest.mark.parametrize("reason", ["missing_transit", "damaged_transit"])
def test_nothing_is_missing_that_nobody_sent(stocked, file, reason, given, field):
    assert set(reasons(MOVEMENTS, file(movement("1", reason=reason, **given)))) == {(2, field)}


def test_goods_without_lot_numbers_need_none(stocked, file):
    with unit_of_work(Access.system("test")):
        make.product("GLOVES", has_lots=False)
    path = file(
        movement("1", product="GLOVES", lot="", expiry=""), movement("2", product="GLOVES", lot="", expiry="2031-05"),
        movement("3", product="GLOVES", lot="", expiry="", quantity="30", reason="dispensed"),
    )  # fmt: skip
    assert take(MOVEMENTS, path)["new"] == 3
    assert (stock(stocked, lot="–"), stock(stocked, lot="EXP 05/2031")) == (70, 100), "called as the page calls them"
    assert set(reasons(MOVEMENTS, file(movement("4", lot="")))) == {(2, "lot")}


def test_an_own_id_belongs_to_its_facility(stocked, file):
    """Two facilities count their papers from 1; what was imported before ids belonged to them is known as well."""
    assert take(MOVEMENTS, file(movement("1"), movement("1", facility="P1A-CDS2", quantity="7")))["new"] == 2
    assert (stock(stocked), stock(stocked, "P1A-CDS2")) == (100, 7)
    lot = db.session.scalar(select(Lot.id).where(Lot.number == "L1"))
    with unit_of_work(Access.system("test")):
        here, source = location(stocked["P2A-CDS1"]).id, location(stocked["P2A-CDS1"], "supplier").id
        post([Move(lot, 100, source, here, "receipt", DAY, uuid="import:1")])
    again = file(*(movement("1", facility=code) for code in ("P1A-CDS1", "P2A-CDS1")))
    assert take(MOVEMENTS, again) == {"lines": 2, "refused": 0, "same": 2}


def test_a_lot_is_found_by_the_code_of_its_product_and_ways_stand_in_the_order_of_their_words(stocked, file, client):
    take(MOVEMENTS, file(movement("1"), movement("2", product="P-2", lot="L2")))
    rows = reports.stock_by_lot(stocked["P1A-CDS1"])
    assert [row.lot for row in tables.matching(rows, "p-2")] == ["L2"]
    with force_locale("fr"):
        said = WayTable._said(replace(WayTable.columns[0], expr=Route.from_kind))
        words = [str(KEEPING[each]) for each in db.session.scalars(select(Route.from_kind).order_by(said))]
        assert words == sorted(words, key=folded) and len(set(words)) > 1


def test_the_number_of_the_suppliers_paper_goes_out_and_comes_back(stocked, file):
    head = f"{HEAD},paper"
    line = "1,P1A-CDS1,P-1,A,2031-01-31,100,receipt,{day},CHEMONICS,BE-7,{paper}"
    assert take(MOVEMENTS, file(line.format(day=DAY, paper="FA 118/26"), head=head))["new"] == 1
    assert db.session.scalars(select(Movement.paper)).all() == ["FA 118/26"]
    out = export(table_of(next(one for one in entities() if one.name == MOVEMENTS)), "csv").read()
    assert b"FA 118/26" in out
    path = file()
    path.write_bytes(out)
    assert take(MOVEMENTS, path)["same"] == 1
    assert take(MOVEMENTS, file(line.format(day=DAY, paper=""), head=head))["same"] == 1  # a file of before
    other = services.dry_run(MOVEMENTS, file(line.format(day=DAY, paper="FA 119/26"), head=head), services.propose)
    assert ["N° de la pièce du fournisseur" in str(one.reason) for one in other.refusals] == [True]
