"""Confidential rows at every door: lists, counts, search, suggestions, pages, files, comments, verbs, programs, exports,
journal, inbox, notices, refusals; and who has read them."""

import importlib.metadata
import io
import json
import random
import re
import zipfile
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from core.contract import plugins
from core.data.access import Access, acting
from core.data.bulk import BECAUSE
from core.data.clocks import Clock
from core.data.confidence import narrow
from core.data.db import Base, db
from core.data.errors import NotAllowed
from core.data.naming import title_of
from core.data.trail import AuditEntry
from core.data.work import emit, unit_of_work
from core.inbox import services as inbox
from core.jobs import services as jobs
from core.journal import acts
from core.notices import services as notices
from core.users.directory.services import nearest
from tests import make
from tests.programs import program
from tests.vault import plugin
from tests.vault.plugin import Addressee, Dossier, Letter

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")
SECRET, OPEN = "CANARY-5591", "Tournesol"
OUTSIDE = ("clerk", "auditor", "admin", "stranger")  # nobody of them reads the secret letter
NAMES = {"addressee": "Mireille Ndayi"}
INSIDE = ("chief", "author", "addressee")
TABLES = [row.__table__ for row in (Letter, Addressee, Dossier)]


class Point:
    """The entry point of the plugin, as an installed distribution would have one."""

    name = "vault"
    module = "tests.vault.plugin"

    @staticmethod
    def load():
        return plugin


def _points(group):
    return [*importlib.metadata.entry_points(group=group), Point] if group == plugins.GROUP else ()


plugins.entry_points = _points


@pytest.fixture(autouse=True)
def switched_on(monkeypatch):
    monkeypatch.setenv("AMAGARA_PLUGINS", "vault")
    return "vault"


@pytest.fixture
def app(app):
    with db.engine.execution_options(**{BECAUSE: "a test"}).begin() as connection:
        Base.metadata.create_all(connection, tables=TABLES)
    return app


@pytest.fixture
def vault(app, world):
    """Store the people of a district, an open letter and a secret one with a file, a comment and an answer about it."""
    with unit_of_work(SYSTEM):
        for login, place, *roles in (
            ("clerk", "P1A", "clerk"), ("chief", "P1", "chief"), ("author", "P1A"), ("addressee", "P2A", "clerk"),
            ("stranger", "P2", "clerk"), ("people", "P1", "people"), ("peer", "P1", "peer"),
        ):  # fmt: skip
            world.users[login] = make.user(login, world[place], *roles, name=NAMES.get(login, "")).id
        users, place = world.users, world["P1A"]
        open_ = plugin.write(place, "L-1", OPEN)
        secret = plugin.write(place, "L-2", SECRET, True, users["author"], [users["addressee"]])
        db.session.flush()
        world.ids |= {"open": open_.id, "secret": secret.id}
        dossier = Dossier(number=f"D-{SECRET}", person_id=users["stranger"], facility_id=place.id)
        db.session.add(dossier)
        db.session.flush()
        world.ids["dossier"] = dossier.id
    with unit_of_work(world.access("chief")):
        from core.comments.services import write as say
        from core.files.models import File

        letter = db.session.get(Letter, world.ids["secret"])
        db.session.add(File(entity="vault.letter", object_id=letter.id, facility_id=letter.facility_id, kind="pdf",
                            name=f"{SECRET}.pdf", sha256="0" * 64, size=9, added_by="x"))  # fmt: skip
        say(letter, f"{SECRET} dit le chef")
        open_ = db.session.get(Letter, world.ids["open"])
        open_.about_id = letter.id  # an open row that names a secret one
    return world


def browser(app, login):
    client = app.test_client()
    make.sign_in(client, login)
    return client


def ids_seen(world, login):
    with acting(world.access(login)):
        return sorted(db.session.scalars(select(Letter.code)))


def test_the_rule_holds_row_by_row_against_brute_force(vault):
    """Random people, places, readers and rights, on both databases, read from the model and through its lines."""
    rng = random.Random(7)
    with unit_of_work(SYSTEM):
        for n in range(40):
            some = rng.sample(list(vault.users.values()), 2)
            plugin.write(vault[rng.choice(["P1A", "P1", "P2A", "P2"])], f"R-{n}", f"S-{n}", rng.random() < 0.6, some[0],
                         some[1:] if rng.random() < 0.5 else [])  # fmt: skip
    with acting(SYSTEM):
        rows = db.session.scalars(select(Letter)).all()
        known = [(row.code, row.confidential, row.author_id, {one.user_id for one in row.addressees},
                  row.facility.path) for row in rows]  # fmt: skip
    db.session.expunge_all()
    for login in vault.users:
        access = vault.access(login)

        def reads(row, access=access):
            _code, closed, author, readers, path = row
            held = [each for each in access.paths("vault.read_confidential") if path.startswith(each)]
            wide = [each for each in access.paths("vault.view") if path.startswith(each)]
            return bool(held) or access.user_id in {author, *readers} or (not closed and bool(wide))

        assert ids_seen(vault, login) == sorted(row[0] for row in known if reads(row)), login
        with acting(access):
            lines = select(Addressee.letter_id).distinct()
            letters = set(db.session.scalars(select(Letter.id).where(Letter.id.in_(lines))))
            assert set(db.session.scalars(lines)) == letters, login


def test_lists_counts_and_files_hold_no_row_that_is_not_for_him(app, vault):
    for login in (*OUTSIDE, *INSIDE):
        client, reads = browser(app, login), login in INSIDE
        page = client.get("/vault/letters/")
        assert page.status_code == 200 and (SECRET in page.text) == reads, login
        for form in ("csv", "xlsx"):
            data = client.get(f"/vault/letters/?format={form}").data
            text = (
                b"".join(
                    zipfile.ZipFile(io.BytesIO(data)).read(n) for n in zipfile.ZipFile(io.BytesIO(data)).namelist()
                )
                if form == "xlsx"
                else data
            )
            assert (SECRET.encode() in text) == reads, (login, form)
        with acting(vault.access(login)):
            number = db.session.scalar(select(func.count(Letter.id)))
            assert number == len(ids_seen(vault, login)), login


def test_search_and_suggestions_find_nothing(app, vault):
    for login in (*OUTSIDE, *INSIDE):
        client, reads = browser(app, login), login in INSIDE
        for path in (f"/search?q={SECRET}", f"/search?q={SECRET}&in=vault.letter", "/lookup/vault.letter?q=L-2"):
            text = client.get(path).text.replace(f'value="{SECRET}"', "")
            assert (f"/vault/letters/{vault.ids['secret']}" in text or '"L-2' in text) == reads, (login, path)


def test_a_page_that_is_not_for_him_is_not_there(app, vault):
    id_ = vault.ids["secret"]
    with acting(SYSTEM):
        file_id, said_id = _only("core.file"), _only("core.comment")
    paths = [f"/vault/letters/{id_}", f"/files/vault.letter/{id_}", f"/files/{file_id}", f"/files/{file_id}/content",
             f"/comments/vault.letter/{id_}", f"/comments/{said_id}", f"/do/vault.letter.answer/{id_}"]  # fmt: skip
    for login in OUTSIDE:
        client = browser(app, login)
        for path in paths:
            answer = client.get(path)
            missing = client.get(path.replace(f"/{id_}", "/9999").replace(f"/{file_id}", "/9999"))
            assert answer.status_code == missing.status_code and SECRET not in answer.text, (login, path)
            assert answer.status_code == 404 or (login in ("auditor", "admin") and "/do/" in path), (login, path)
        for path in (f"/comments/vault.letter/{id_}", f"/do/vault.letter.answer/{id_}"):
            answer, missing = (
                client.post(each, data={"text": "x"}) for each in (path, path.replace(f"/{id_}", "/9999"))
            )
            assert answer.status_code == missing.status_code in (403, 404), (login, path)
    for login in INSIDE:
        page = browser(app, login).get(paths[0])
        assert page.status_code == 200 and f"{SECRET}.pdf" in page.text and "dit le chef" in page.text, login
        assert f"<h1>L-2 · {SECRET}</h1>" in page.text, login  # what people call it, as the entity declares


def test_a_name_says_no_more_of_another_row_than_one_may_read(vault, monkeypatch):
    """An open letter, called by its code and by the secret letter that it is about."""
    declared = replace(plugins.entities()["vault.letter"], named=("code", "about_id"))
    monkeypatch.setitem(plugins.entities()._by_name, "vault.letter", declared)
    for login, said in (("clerk", "L-1"), ("chief", "L-1 · L-2"), ("addressee", "L-1 · L-2")):
        db.session.expunge_all()
        with acting(vault.access(login)):
            found = db.session.get(Letter, vault.ids["open"])
            assert found is None or title_of(found) == said, login


def _only(name):
    return db.session.scalars(select(plugins.entities()[name].model.id)).one()


def test_who_may_write_there_and_not_read_changes_nothing(vault):
    with acting(SYSTEM):
        row = db.session.get(Letter, vault.ids["secret"])
    for change in ({"subject": "x"}, {"confidential": False}, {"author_id": vault.users["clerk"]}):
        with pytest.raises(NotAllowed), unit_of_work(vault.access("clerk")):
            for name, value in change.items():
                setattr(row, name, value)
    with pytest.raises(NotAllowed), unit_of_work(vault.access("clerk")):
        db.session.add(Addressee(letter_id=row.id, user_id=vault.users["clerk"]))
    with pytest.raises(NotAllowed), unit_of_work(vault.access("addressee")):
        db.session.get(Letter, vault.ids["secret"]).subject = "an addressee reads"
    with unit_of_work(vault.access("clerk")):
        plugin.write(vault["P1A"], "L-3", "whoever takes in a letter need not read it", True)
    assert "L-3" not in ids_seen(vault, "clerk") and "L-3" in ids_seen(vault, "chief")


def test_programs_read_nothing_more_and_are_nobody_s_person(app, vault):
    id_ = vault.ids["secret"]
    for login, rights in (("clerk", ["vault.view", "vault.write"]), ("auditor", ["vault.view"])):
        one = program(app, vault, login, *rights)
        for path in ("vault.letter", f"vault.letter?q={SECRET}"):
            assert SECRET not in json.dumps(one.get(path).json), (login, path)
        assert one.get(f"vault.letter/{id_}").status_code == 404
        answer, missing = (one.do(f"vault.letter/{each}/answer") for each in (id_, 9999))
        assert answer.status_code == missing.status_code in (403, 404)
    named = program(app, vault, "addressee", "vault.view")
    assert named.get(f"vault.letter/{id_}").status_code == 404, "it is a part of his rights, not himself"
    chief = program(app, vault, "chief", "vault.view", "vault.read_confidential")
    assert chief.get(f"vault.letter/{id_}").json["subject"] == SECRET


def test_the_journal_tells_of_it_only_to_who_reads_it(app, vault):
    auditor, chief = browser(app, "auditor"), browser(app, "chief")
    for query in (
        "",
        "?entity=vault.letter",
        "?entity=core.file",
        "?entity=core.comment",
        f"?entity_id={vault.ids['secret']}",
    ):
        text = auditor.get(f"/journal{query}").text
        assert SECRET not in text and f"/vault/letters/{vault.ids['secret']}" not in text, query
    with acting(vault.access("auditor")):
        told = {(row.entity, row.entity_id) for row in db.session.scalars(select(AuditEntry).where(acts.readable()))}
        secret = str(vault.ids["secret"])
        assert ("vault.letter", str(vault.ids["open"])) in told and ("vault.letter", secret) not in told
        assert not {name for name, _id in told} & {"core.file", "core.comment", "vault.addressee", "vault.dossier"}
    with acting(SYSTEM):
        lines = db.session.execute(
            select(AuditEntry.stream, AuditEntry.seq).where(
                AuditEntry.entity == "vault.letter", AuditEntry.entity_id == secret
            )
        ).all()
    for stream, seq in lines:
        assert SECRET not in auditor.get(f"/journal/{stream}/{seq}").text
    assert SECRET in chief.get("/journal?entity=vault.letter").text
    assert SECRET in chief.get("/journal?entity=core.file").text
    page = auditor.get(f"/vault/letters/{vault.ids['open']}").text  # names the secret letter by a reference
    assert page.count(OPEN) and SECRET not in page and "L-2" not in page
    assert "L-2" in chief.get(f"/vault/letters/{vault.ids['open']}").text


def test_what_waits_is_counted_and_shown_for_readers_alone(app, vault):
    seen = {}
    for login in ("clerk", "chief", "stranger"):
        access = vault.access(login)
        with app.test_request_context("/"), acting(access):
            mine = inbox.Inbox(inbox.own_work(access))
            seen[login] = mine.number, sorted(task.title for task in mine.tasks)
    assert seen["clerk"] == (1, [f"Answer {OPEN}"]) and seen["stranger"] == (0, [])
    assert seen["chief"] == (2, sorted([f"Answer {OPEN}", f"Answer {SECRET}"]))
    assert db.session.scalar(select(func.count(Clock.id)).where(Clock.entity == "vault.letter")) == 2


def test_notices_reach_readers_alone_and_fall_silent_with_their_right(app, vault):
    with unit_of_work(SYSTEM):
        row = db.session.get(Letter, vault.ids["secret"])
        emit("vault.letter.came", row, number="L-2", to=[vault.users[login] for login in (*OUTSIDE, *INSIDE)])
    jobs.tell_all()
    got = set()
    for login in (*OUTSIDE, *INSIDE):
        with acting(vault.access(login)):
            got |= {login for one in notices.mine()[0] if one.kind == "vault.letter.came"}
    assert got == set(INSIDE)
    with unit_of_work(SYSTEM):
        db.session.get(Letter, vault.ids["secret"]).addressees.clear()
    page = browser(app, "addressee").get("/notices/").text
    assert "Letter L-2" not in page
    assert set(nearest("vault.write", vault["P1A"].path)) == {vault.users["clerk"]}, "who is told is judged afterwards"


def test_a_code_that_a_hidden_row_has_is_refused_without_naming_it(app, vault):
    client = browser(app, "clerk")
    for code in ("L-2", "L-1"):
        answer = client.post(f"/do/vault.letter.write/{vault['P1A'].id}", data={"code": code, "subject": "x"})
        assert answer.status_code in (409, 422), answer.status_code
        said = answer.text.replace('value="L-2"', "")
        assert SECRET not in said and f"/vault/letters/{vault.ids['secret']}" not in said


def test_a_personal_file_is_its_person_s_and_of_who_looks_after_people(app, vault):
    path = f"/vault/dossiers/{vault.ids['dossier']}"
    found = {login: browser(app, login).get(path).status_code for login in vault.users}
    assert {login for login, status in found.items() if status == 200} == {"stranger", "people"}
    assert set(found.values()) == {200, 404}
    assert "D-" in browser(app, "stranger").get("/vault/dossiers/").text
    assert "File of " in browser(app, "stranger").get(path).text, "a page of a row that its plugin draws"


def test_each_reading_is_kept_by_a_door_of_its_own_and_shown_to_who_may_know(app, vault):
    id_ = vault.ids["secret"]
    notes = app.extensions["amagara.notes"]
    browser(app, "clerk").get(f"/vault/letters/{vault.ids['open']}")
    for login in INSIDE:
        client = browser(app, login)
        before = db.session.scalar(select(func.count()).select_from(AuditEntry))
        assert client.get(f"/vault/letters/{id_}").status_code == 200
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == before, (
            "the GET itself writes nothing"
        )
        client.get("/vault/letters/")
    program(app, vault, "chief", "vault.view", "vault.read_confidential").get(f"vault.letter/{id_}")
    with acting(vault.access("addressee")):
        file_id = _only("core.file")
    browser(app, "addressee").get(f"/files/{file_id}/content")
    notes.drain()
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "viewed").order_by(AuditEntry.at)).all()
    users = {value: key for key, value in vault.users.items()}
    assert [users[row.user_id] for row in rows] == ["chief", "author", "addressee", "chief", "addressee"]
    assert {(row.entity, row.entity_id) for row in rows} == {("vault.letter", str(id_))}
    assert json.loads(rows[-1].body)["facts"]["file"] == f"{SECRET}.pdf"
    who = re.compile("Qui a lu|Who has read")
    chief, author = (browser(app, login).get(f"/vault/letters/{id_}").text for login in ("chief", "author"))
    assert who.search(chief) and "Mireille" in chief
    assert not who.search(author) and "Mireille" not in author
    assert "Mireille" in browser(app, "chief").get("/journal?action=viewed").text
    assert "Mireille" not in browser(app, "auditor").get("/journal?action=viewed").text
    peer = browser(app, "peer")
    assert SECRET in peer.get("/journal?entity=vault.letter").text
    assert "Mireille" not in peer.get("/journal?action=viewed").text


def test_what_is_lent_is_not_the_confidence_of_a_person(app, vault):
    """Whoever stands in for an addressee does not read his letters: they name him, not his post."""
    from core.data.access import Lent

    lent = Lent(vault.users["addressee"], "A", (("vault.view", "/"), ("vault.write", "/")))
    access = Access(vault.users["stranger"], "S", lent=(lent,))
    with acting(access):
        assert sorted(db.session.scalars(select(Letter.code))) == ["L-1"]


def test_the_entities_that_may_be_confidential_are_known_with_their_lines(vault):
    assert {entity.name for entity in narrow()} == {"vault.letter", "vault.addressee", "vault.dossier"}


def test_nothing_anywhere_gives_it_away(app, vault):
    """The bytes of every page that takes no argument, and of every list's files, for who may not read it."""
    rules = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and not rule.arguments and "static" not in rule.rule
    ]
    assert len(rules) > 25
    for login in ("auditor", "admin"):
        client = browser(app, login)
        for path in rules:
            if "sign-out" not in path:
                assert SECRET.encode() not in client.get(path).data, (login, path)
