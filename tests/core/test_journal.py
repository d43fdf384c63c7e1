"""The journal: who changed what, in words, for those who may read it."""

from sqlalchemy import select

from core.data.access import Access, acting
from core.data.audit import AuditEntry
from core.data.db import db
from core.data.work import unit_of_work
from core.imports.models import ImportRun
from core.journal import services
from tests import make


def test_codes_are_shown_as_words_and_references_by_name(app, world):
    with unit_of_work(Access.system("test"), reason="réforme"):
        world["P1A-CDS1"].status = "closed"
        world["P1A-CDS1"].parent = world["P1B"]
    with acting(world.access("admin")):
        lines = [line for line in services.of(world["P1A-CDS1"]) if line.reason == "réforme"]
    shown = {(str(change.old), str(change.new)) for line in lines for change in line.changes}
    assert shown == {("Ouverte", "Fermée"), ("P1A", "P1B")}


def test_the_journal_of_a_place_is_not_read_from_beside_it(app, client, world):
    with unit_of_work(Access.system("test")):
        world["P1A-CDS1"].phone = "+257 22 11"
        world["P2A-CDS1"].phone = "+257 22 99"
    grants = (("core.audit.view", world["P1"].path),)
    with acting(Access(99, "x", grants)):
        lines, _more = services.find({"entity": "core.facility"})
        numbers = {str(change.new) for line in lines for change in line.changes}
    assert "+257 22 11" in numbers and "+257 22 99" not in numbers
    make.sign_in(client, "nobody")
    assert client.get("/journal").status_code == 403


def test_an_import_stands_in_the_journal_in_words(app, client, world):
    with acting(world.access("admin")), unit_of_work():
        run = ImportRun(entity="core.facility", file_name="carte.csv", sha256="0" * 64, size=9, user_label="x")
        run.counts, run.mapping = {"created": 3, "refused": 0}, {"columns": {"code": "Code"}}
        run.facility_id = world.ids["P1"]
        db.session.add(run)
    with unit_of_work(Access.system("test")):
        db.session.get(ImportRun, run.id).counts = {}
    for login in ("admin", "auditor"):
        make.sign_in(client, login)
        answer = client.get("/journal")
        assert answer.status_code == 200 and "created 3, refused 0" in answer.text


def test_refusals_and_looks_at_persons_stand_in_the_trail_without_a_write_of_the_reader(app, client, world):
    door = app.extensions["amagara.notes"]
    make.sign_in(client, "auditor")
    assert client.get(f"/users/{world.users['admin']}").status_code == 200
    assert client.get(f"/users/{world.users['auditor']}").status_code == 200  # oneself
    assert client.post(f"/users/{world.users['admin']}/close").status_code == 403
    query = select(AuditEntry).where(AuditEntry.action.in_(("viewed", "refused"))).order_by(AuditEntry.at)
    assert db.session.scalars(query).all() == [] and door.drain() == 2
    db.session.rollback()
    seen, refused = db.session.scalars(query).all()
    assert (seen.entity_id, seen.user_id) == (str(world.users["admin"]), world.users["auditor"])
    assert (refused.entity_id, refused.user_id) == ("users.close", world.users["auditor"])
    assert f"/users/{world.users['admin']}/close" in refused.body
