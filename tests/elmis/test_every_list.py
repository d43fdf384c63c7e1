"""Every entity can be taken out, whole, in each format; what can be imported comes back as it went out."""

import csv
import io
import json

import openpyxl
import pytest
from flask_babel import force_locale
from sqlalchemy import func, select

from core.api.tokens.models import Token
from core.api.webhooks.models import Webhook
from core.comments.models import Comment
from core.contract.entities import ref
from core.contract.plugins import entities
from core.contract.plugins import settings as declared
from core.data.access import Access, acting
from core.data.calendars import Holiday, WorkingHours
from core.data.db import db, today, utcnow
from core.data.naming import title_of
from core.data.numbers import ClosedYear
from core.data.own import OwnChoice, OwnField
from core.data.settings import SettingValue
from core.data.work import perform, unit_of_work
from core.facilities import services as places
from core.facilities.models import FacilityOutline, FacilityType
from core.files.models import File
from core.imports import services as imports
from core.imports.cli import export, export_list
from core.imports.mapping import guess
from core.journal.names import Names
from core.users.interims.models import Interim, InterimRole
from core.users.rights.models import Role
from core.web.derived import table_of
from plugins.elmis.catalogue.models import Lot, Pack, Policy, Product, Programme
from plugins.elmis.counts import services as counts
from plugins.elmis.ledger.models import Discrepancy, Movement, Placing
from plugins.elmis.lots.models import LotProposal
from plugins.elmis.orders import services as orders
from plugins.elmis.promises.models import Receipt, ReceiptExtra
from plugins.elmis.recalls import services as recalls
from plugins.elmis.requisitions import services as requisitions
from plugins.elmis.requisitions.models import ApprovalLevel, SupplyLine
from plugins.elmis.transfers import services as transfers
from tests.elmis import flow, make

pytestmark = pytest.mark.both_databases
FORMATS = ("csv", "xlsx", "json")
MADE_ONLY = {"code_pattern", "place"}  # ways to say the code or the position, which are exported themselves


@pytest.fixture
def full(app, world, tmp_path):
    """Store at least one row of every entity; return the world."""
    goods = flow.stocked(world)
    sent = flow.shipped(world, flow.order(world, goods["product"], 2000))
    flow.count(world, flow.expected(sent), flow.whole(sent))
    with unit_of_work(Access.system("test")):
        make.receive(world[flow.DEPOT], db.session.get(Lot, goods["late"]), 300)
    waiting = flow.order(world, goods["product"], 100)
    flow.by(world, "depot", lambda: orders.allocate(flow.of(waiting)))
    with unit_of_work(Access.system("test")):
        _catalogue(world, goods)
        _network(world)
        _stores(world, goods)
        _people(world)
    path = tmp_path / "list.csv"
    path.write_text("code,name\nX,y\n")
    with imports.sent("core.facility", path.name, path) as sent:
        perform(lambda: imports.receive(sent).id)
    return world


def _catalogue(world, goods):
    product = db.session.get(Product, goods["product"])
    product.programme_id = db.session.scalar(select(Programme.id).limit(1))
    product.name_en, product.pack_label, product.strength = "=1+1", "boîte", "-5 mg"
    product.packs = [Pack(size=100, label="boîte", gtin="09526000040002"), Pack(size=10, label="plaquette")]
    kind = db.session.scalar(select(FacilityType).where(FacilityType.code == "health_centre"))
    months = {"min_months": 1, "max_months": 2, "emergency_months": 0}
    db.session.add(Policy(facility_type_id=kind.id, programme_id=product.programme_id, **months))
    db.session.add(Policy(facility_id=world.ids["P1A-CDS1"], product_id=product.id, **months))
    db.session.add(ApprovalLevel(type_id=kind.id, position=1, place="district"))
    db.session.add(SupplyLine(facility_id=world.ids["P1A-CDS2"], supplier_id=world.ids["CAMEBU"]))


def _network(world):
    db.session.add(Holiday(facility_id=world.ids["P1A"], on=today(), label_fr="Fête « d’été »", label_en='Feast; "x"'))
    db.session.add(WorkingHours(facility_id=world.ids["P1A"], monday="07:30-12:00"))
    places.rename(world["P1A-CDS2"], "CDS « Été », n° 2", today())
    places.move(world["P1B-CDS2"], world["P1A"], today())
    db.session.add(FacilityOutline(
        facility_id=world.ids["P1A"], shape="MULTIPOLYGON(((29 -3,30 -3,30 -2,29 -3)))", points=3, source="p.geojson",
    ))  # fmt: skip
    places.set_codes(world["P1A-CDS2"], {"dhis2": "-abc", "snis": "12"})
    places.edit(world["P1A-CDS1"], phone="+257 22", latitude=-3.125, longitude=29.5, status="planned")


def _stores(world, goods):
    centre, product = world["P1A-CDS1"], db.session.get(Product, goods["product"])
    make.receive(centre, make.lot(product, "L-9"), 500)
    requisitions.report(centre, today())
    requisitions.propose(centre)
    counts.start(make.store(centre))
    make.counted(centre, db.session.scalar(select(Lot).where(Lot.number == "L-9")), 498)
    movement = db.session.scalar(select(Movement).where(Movement.target_facility_id == centre.id).limit(1))
    receipt = db.session.scalar(select(Receipt).limit(1))
    db.session.add(ReceiptExtra(receipt_id=receipt.id, product_id=product.id, lot_id=goods["late"], quantity=4))
    db.session.add(File(
        entity="elmis.receipt", object_id=receipt.id, facility_id=centre.id, name="=1+1.pdf", kind="pdf", size=1,
        sha256="0" * 64, added_by="Keeper",
    ))  # fmt: skip
    recalls.issue(db.session.get(Lot, goods["soon"]), "défaut")
    db.session.add(LotProposal(lot_id=goods["late"], expiry=today(), facility_id=centre.id))
    transfers.ask(world["P1A-CDS2"], centre, db.session.scalar(select(Lot).where(Lot.number == "L-9")), 5, "x")
    db.session.add(Placing(movement_id=movement.id, happened_at=utcnow()))
    db.session.add(Discrepancy(facility_id=centre.id, movement_id=movement.id, quantity=3))
    db.session.flush()


def _people(world):
    keeper, place = world.users["keeper"], world.ids["P1A-CDS1"]
    db.session.add(Comment(
        entity="elmis.receipt", object_id=db.session.scalar(select(Receipt.id).limit(1)), facility_id=place,
        text="=1+1", author_id=keeper, author="Keeper",
    ))  # fmt: skip
    role = db.session.scalar(select(Role).limit(1))
    lent = Interim(
        absent_id=keeper, absent_name="Keeper", stand_in_id=world.users["keeper2"], stand_in_name="Keeper 2",
        facility_id=place, first_day=today(), last_day=today(), reason="congé", made_by="Keeper",
    )  # fmt: skip
    lent.roles = [InterimRole(role_id=role.id)]
    kept = OwnField(entity="core.facility", code="toit", kind="choice", label_fr="Toit", listed=False)
    kept.choices = [OwnChoice(code="tole", label_fr="Tôle")]
    token = Token(user_id=keeper, name="Tableur", rights="elmis.stock.view", token_hash="0" * 64, expires_on=today())
    value = SettingValue(code=next(iter(declared())), value="900000", changed_by="test")
    closed = ClosedYear(series="elmis.order", year=2020, closed_by="test")
    hook = Webhook(
        facility_id=place, user_id=keeper, name="DHIS2", url="https://example.org/", topics="elmis.order.placed", secret="x",
    )  # fmt: skip
    db.session.add_all([lent, kept, token, value, closed, hook])


def rows_of(data, form):
    """Return the rows of a file, without its heads."""
    if form == "json":
        return json.loads(data)
    if form == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))[1:]
    return list(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(min_row=2, values_only=True))


def number_of(entity):
    """Return how many rows of an entity one may read."""
    return len(db.session.scalars(select(entity.model)).all())


def test_every_entity_is_taken_out_whole_in_each_format(full):
    for entity in entities():
        wanted = db.session.scalar(select(func.count()).select_from(entity.model))
        assert wanted, f"the test stores no {entity.name}"
        for form in FORMATS:
            rows = rows_of(export(table_of(entity), form).read(), form)
            assert len(rows) == wanted, (entity.name, form)


@pytest.mark.parametrize("login", ["keeper", "other", "district"])
def test_a_file_holds_what_the_person_may_read(full, login):
    access = full.access(login)
    for entity in entities():
        with acting(access):
            assert len(rows_of(export(table_of(entity), "csv").read(), "csv")) == number_of(entity), entity.name
    with acting(access):
        theirs = {row[0] for row in rows_of(export(table_of(entities()["elmis.balance"]), "csv").read(), "csv")}
    assert theirs == {
        "keeper": {"P1A-CDS1"}, "other": set(), "district": {"P1A-CDS1", "P1A-DEPOT"},
    }[login]  # fmt: skip


def test_a_file_is_named_with_what_it_belongs_to(full):
    (row,) = rows_of(export(table_of(entities()["core.file"]), "json").read(), "json")
    number = db.session.scalar(select(Receipt.number).limit(1))
    assert (row["name"], row["object"]) == ("=1+1.pdf", number)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_row_is_called_alike_on_its_page_and_in_the_trail(full, language):
    """The heading said “elmis.movement/12” where the trail said document, product and lot."""
    with force_locale(language):
        for entity in entities():
            row = db.session.scalars(select(entity.model).limit(1)).one()
            if not hasattr(row, "id"):
                continue
            names = Names()
            names.want(entity.name, row.id)
            said = names.of(entity.name, row.id)
            assert title_of(row) == (ref(row) if said == f"n° {row.id}" else said), entity.name


def test_no_secret_and_no_bare_number_of_a_row_is_shown(full):
    for entity in entities():
        names = [column.name for column in table_of(entity)().columns]
        assert not [name for name in names if name.endswith("_id") or "password" in name], entity.name


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("form", FORMATS)
def test_what_was_taken_out_comes_back_as_it_is(full, tmp_path, form, language, monkeypatch):
    from flask import current_app
    from flask_babel import refresh

    for entity in entities():
        if entity.importer is None:
            continue
        path = tmp_path / f"{entity.name}.{form}"
        monkeypatch.setitem(current_app.config, "BABEL_DEFAULT_LOCALE", language)
        refresh()
        path.write_bytes(export(table_of(entity), form).read())
        monkeypatch.setitem(current_app.config, "BABEL_DEFAULT_LOCALE", "fr")
        refresh()
        report = imports.dry_run(entity.name, path, imports.propose)
        faults = [(each.line, each.field, str(each.reason)) for each in report.refusals]
        assert (faults, set(report.counts)) == ([], {"same"}), entity.name
        assert report.counts["same"] == number_of(entity)


def test_a_file_of_what_can_be_imported_names_every_field(full):
    for entity in entities():
        if entity.importer:
            names = [column.name for column in table_of(entity)().columns]
            known = {name.partition(":")[0] for name in guess(entity.importer, names).values()}
            wanted = {field.name.rstrip(":") for field in entity.importer.fields} - MADE_ONLY
            assert wanted <= known, entity.name


def test_importing_an_export_writes_nothing(full, tmp_path):
    for entity in entities():
        if entity.importer and entity.name != "core.facility":
            path = tmp_path / f"{entity.name}.csv"
            path.write_bytes(export(table_of(entity), "csv").read())
            before = _rows()
            imports.take(entity.name, path)
            assert _rows() == before, entity.name


def _rows():
    models = [entity.model for entity in entities() if entity.name.startswith("elmis.")]
    return {model: db.session.scalar(select(func.count()).select_from(model)) for model in models}


def test_the_command_says_which_lists_there_are(app):
    answer = app.test_cli_runner().invoke(export_list, ["elmis.nothing"])
    assert answer.exit_code == 1 and "elmis.supply_line" in answer.output
    answer = app.test_cli_runner().invoke(export_list, ["elmis.reason", "--format", "json"])
    assert answer.exit_code == 0 and json.loads(answer.stdout) == []
