"""The journal: who changed what, in words, for those who may read it."""

import json
import re

import pytest
from sqlalchemy import select

from core.data import notes
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import Missing
from core.data.states import record
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.imports.models import ImportRun
from core.journal import acts, services
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
        found, _more = acts.find({"entity": "core.facility"})
        lines = [line for act in found for line in acts.of(*act.key)[1]]
        numbers = {str(change.new) for line in lines for change in line.changes}
    assert "+257 22 11" in numbers and "+257 22 99" not in numbers
    make.sign_in(client, "nobody")
    assert client.get("/journal").status_code == 403


def test_an_act_of_the_machine_has_no_reason_of_a_person_who_acts_in_it(app, world):
    with unit_of_work(Access.system("test")):
        with acting(world.access("admin")):
            record(world["P1A-CDS1"], "tidy", "", "", "parce que", "RQ-2026-00004")
        world["P1A-CDS1"].phone = "+257 22 11"
    with acting(world.access("admin")):
        line = services.of(world["P1A-CDS1"])[0]
    assert (line.reason, line.note) == ("", "")


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
        assert answer.status_code == 200
        pages = [client.get(link).text for link in re.findall(r'href="(/journal/[^"]+/\d+)"', answer.text)]
        assert any("nouvelles 3, refusées 0" in page for page in pages)


def test_refusals_and_looks_at_persons_stand_in_the_trail_without_a_write_of_the_reader(app, client, world):
    door = app.extensions["amagara.notes"]
    make.sign_in(client, "auditor")
    assert client.get(f"/users/{world.users['admin']}").status_code == 200
    assert client.get(f"/users/{world.users['auditor']}").status_code == 200  # oneself
    assert client.post(f"/do/core.user.close/{world.users['admin']}").status_code == 403
    query = select(AuditEntry).where(AuditEntry.action.in_(("viewed", "refused"))).order_by(AuditEntry.at)
    assert db.session.scalars(query).all() == [] and door.drain() == 2
    db.session.rollback()
    seen, refused = db.session.scalars(query).all()
    assert (seen.entity_id, seen.user_id) == (str(world.users["admin"]), world.users["auditor"])
    assert (refused.entity_id, refused.user_id) == ("core.user.close", world.users["auditor"])
    assert f"/do/core.user.close/{world.users['admin']}" in refused.body


def test_one_act_is_one_entry_named_by_its_document(app, client, world):
    with unit_of_work(Access.system("test"), reason="réforme"):
        world["P1A-CDS1"].phone = "+257 22 33"
        world["P1A-CDS2"].status = "closed"
        make.user("new", world["P1A"], "auditor")
    with acting(world.access("auditor")):
        (act, *_rest), _more = acts.find({})
        lines = acts.of(*act.key)[1]
    assert act.main.stepped and str(act.main.action) == "Fermeture" and act.main.reason == "réforme"
    assert act.number == len(lines) == 4
    for n in range(60):
        with unit_of_work(Access.system("test")):
            world["P1"].name = f"Nom {n}"
    with acting(world.access("auditor")):
        first, before = acts.find({})
        second, _before = acts.find({}, before)
    assert len(first) == services.PAGE and before == first[-1].main.at.isoformat()
    assert {each.main.at for each in first}.isdisjoint({each.main.at for each in second})
    assert second[10].main.action == act.main.action


def test_quotes_stand_around_what_a_person_wrote_alone(app, client, world):
    with unit_of_work(world.access("admin")):
        world["P1A-CDS1"].phone = "+257 22 11"
        record(world["P1A-CDS1"], "create", "", "", note="CMD-2026-00009")
    with unit_of_work(world.access("admin")):
        world["P1A-CDS2"].phone = "+257 22 12"
        record(world["P1A-CDS2"], "create", "", "", "réforme", "CMD-2026-00010")
    with acting(Access.system("job")):
        notes.note("job done", "core.job", 7, kind="x", label="Ancre du journal", message="3 chaînes")
    app.extensions["amagara.notes"].drain()
    make.sign_in(client, "auditor")
    page = " ".join(client.get("/journal").text.split("</main>")[0].split()).replace("\N{NO-BREAK SPACE}", " ")
    assert '<p class="xs">CMD-2026-00009</p>' in page and '<p class="xs">CMD-2026-00010</p>' in page
    assert re.findall("« .*? »", page) == ["« réforme »"]
    assert "Fin de la tâche : Ancre du journal" in page and '<p class="xs">3 chaînes</p>' in page
    ((entry, *_rest),) = [
        [json.loads(row.body)] for row in db.session.scalars(select(AuditEntry)) if "réforme" in row.body
    ]
    assert (entry["reason"], entry["own"]) == ("réforme; CMD-2026-00010", "réforme")


def test_a_long_act_is_read_page_by_page(app, world):
    with unit_of_work(Access.system("test")):
        for n in range(acts.SHOWN):
            make.user(f"u{n}", world["P1A"])
    with acting(world.access("auditor")):
        (act, *_rest), _more = acts.find({})
        pages = [acts.of(*act.key, page)[1] for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [acts.SHOWN, act.number - acts.SHOWN, 0]


def test_an_act_is_read_by_whoever_may_read_one_of_its_lines(app, client, world):
    with unit_of_work(Access.system("test")):
        world["P1A-CDS1"].phone = "+257 22 11"
    with acting(world.access("admin")):
        (act, *_rest), _more = acts.find({"entity": "core.facility"})
    for login, status in (("auditor", 200), ("nobody", 403)):
        make.sign_in(client, login)
        assert client.get(f"/journal/{act.key[0]}/{act.key[1]}").status_code == status
    with acting(Access(99, "x", (("core.audit.view", world["P2"].path),))), pytest.raises(Missing):
        acts.of(*act.key)
