"""Own fields of an administration: declared as rows, then in form, list, page, file and journal as any other."""

import csv
import io
import json
import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import Doubt, Invalid, NotAllowed, Refused
from core.data.own import OwnChoice, OwnField, fields_of
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.facilities import services as facilities
from core.facilities.models import Facility, FacilityType
from core.fields import services
from core.fields.services import ChoiceSpec
from core.imports import services as imports
from core.users.directory import services as directory
from core.web import own
from tests import make
from tests.pages import Forms
from tests.statements import statements

pytestmark = pytest.mark.both_databases
NAME = "core.facility"
BLANK = {"kind": "text", "label_en": "", "help_fr": "", "help_en": "", "unit": "", "required": False, "listed": True,
         "facility_id": None}  # fmt: skip


def declare(label, kind="text", choices=(), kinds=(), **facts):
    with unit_of_work(Access.system("test")):
        specs = [ChoiceSpec("", each) for each in choices]
        return services.add(NAME, {**BLANK, "label_fr": label, "kind": kind, **facts}, kinds, specs).id


def field(id):
    return db.session.get(OwnField, id)


def set_own(world, code, **own_values):
    with unit_of_work(Access.system("test")):
        facilities.edit(world[code], own=own_values)


def person(world):
    return directory.colleague(world.users["nobody"])


def types():
    return dict(db.session.execute(select(FacilityType.code, FacilityType.id)).all())


@pytest.fixture
def energy(world):
    """Return the country, whose facilities have a source of energy, an altitude, a visit, a head and a depot."""
    declare("Énergie", "choice", ["Réseau", "Solaire", "Aucune"], label_en="Energy")
    declare("Altitude", "number", unit="m")
    declare("Dernière visite", "day")
    declare("Responsable", "person")
    declare("Dépôt de secours", "place")
    declare("Eau courante", "yes_no")
    declare("Remarque", listed=False)
    return world


# --- declaring ----------------------------------------------------------------


def test_a_code_is_made_of_the_label_and_choices_have_codes_of_theirs(energy):
    found = {each.code: each for each in fields_of(NAME)}
    assert list(found) == [
        "energie", "altitude", "derniere_visite", "responsable", "depot_de_secours", "eau_courante", "remarque",
    ]  # fmt: skip
    assert [each.code for each in found["energie"].choices] == ["reseau", "solaire", "aucune"]


def test_what_cannot_be_declared_is_refused_at_its_field(energy):
    for facts, choices, wrong in (
        ({"label_fr": "Altitude"}, (), "label_fr"), ({"label_fr": "Appel", "label_en": "Phone"}, (), "label_en"),
        ({"label_fr": "X", "kind": "choice"}, (), "choices"), ({"label_fr": "X", "unit": "m"}, (), "unit"),
        ({"label_fr": "X", "kind": "choice"}, ("a", "A"), "choices-1-label_fr"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refusal, unit_of_work(Access.system("test")):
            services.add(NAME, {**BLANK, **facts}, (), [ChoiceSpec("", each) for each in choices])
        assert list(refusal.value.errors) == [wrong]
    for code in ("Énergie", "9a", "altitude"):
        with pytest.raises(Refused) as refused, unit_of_work(Access.system("test")):
            services.add(NAME, {**BLANK, "label_fr": "X", "code": code}, (), ())
        assert refused.value.field == "code"
    with pytest.raises(NotAllowed), unit_of_work(energy.access("auditor")):
        services.add(NAME, {**BLANK, "label_fr": "Z"}, (), ())


def test_a_type_stays_once_there_are_values(energy):
    row = db.session.scalars(select(OwnField).where(OwnField.code == "altitude")).one()
    facts = {name: getattr(row, name) for name in BLANK} | {"label_fr": "Altitude", "unit": ""}

    def to(kind):
        with unit_of_work(Access.system("test")):
            services.change(field(row.id), {**facts, "kind": kind}, (), ())

    to("text")
    to("number")
    set_own(energy, "P1A", altitude=Decimal(900))
    with pytest.raises(Refused) as refusal:
        to("text")
    assert refusal.value.field == "kind"
    to("number")


def test_dropping_a_choice_that_is_used_is_asked_and_the_rows_keep_it(energy):
    row = db.session.scalars(select(OwnField).where(OwnField.code == "energie")).one()
    facts = {name: getattr(row, name) for name in BLANK} | {"label_fr": "Énergie"}
    left = [ChoiceSpec("reseau", "Réseau REGIDESO"), ChoiceSpec("", "Groupe")]
    set_own(energy, "P1A", energie="solaire")

    def change(**confirmed):
        with unit_of_work(Access.system("test"), **confirmed):
            services.change(field(row.id), facts, (), left)

    with pytest.raises(Doubt) as doubt:
        change()
    assert "1" in str(doubt.value.message) and db.session.query(OwnChoice).count() == 3
    change(confirmed=[one.token for one in doubt.value.questions])
    (found,) = [each for each in fields_of(NAME) if each.code == "energie"]
    assert found.words() == {"reseau": "Réseau REGIDESO", "groupe": "Groupe", "solaire": "Solaire"}
    assert list(found.words(offered=True)) == ["reseau", "groupe"]  # the unused one is gone altogether
    with acting(Access.system("test")):
        assert ("Énergie", "Solaire") in own.facts(energy["P1A"])


def test_a_withdrawn_field_is_seen_nowhere_and_keeps_its_values(energy, client):
    set_own(energy, "P1A", altitude=Decimal("912.5"))
    row = db.session.scalars(select(OwnField).where(OwnField.code == "altitude")).one()
    make.sign_in(client, "admin")
    id = energy.ids["P1A"]
    assert "912,5" in client.get(f"/facilities/{id}").text and "Altitude (m)" in client.get("/facilities/").text
    assert client.post(f"/do/core.own_field.withdraw/{row.id}").status_code == 302
    assert "912,5" not in client.get(f"/facilities/{id}").text
    assert "Altitude" not in client.get("/facilities/").text + client.get(f"/facilities/{id}/edit").text
    assert energy["P1A"].own["altitude"] == "912.5"
    assert client.post(f"/do/core.own_field.restore/{row.id}").status_code == 302
    assert "912,5" in client.get(f"/facilities/{id}").text


# --- rows ---------------------------------------------------------------------


def test_values_come_back_as_what_they_are(energy):
    head = energy.users["nobody"]
    set_own(
        energy, "P1A", energie="solaire", altitude=Decimal("1650.500"), derniere_visite=date(2026, 2, 3),
        responsable=person(energy), depot_de_secours=energy.ids["CAMEBU"], eau_courante=False, remarque="–",
    )  # fmt: skip
    read = {each.code: each.read(energy["P1A"].own) for each in fields_of(NAME)}
    assert read == {
        "energie": "solaire", "altitude": Decimal("1650.5"), "derniere_visite": date(2026, 2, 3), "responsable": head,
        "depot_de_secours": energy.ids["CAMEBU"], "eau_courante": False, "remarque": "–",
    }  # fmt: skip
    set_own(energy, "P1A", altitude=None, remarque="")
    assert energy["P1A"].own.keys() == {
        "energie", "derniere_visite", "responsable", "responsable:name", "depot_de_secours", "eau_courante",
    }  # fmt: skip


def test_a_field_applies_to_its_kinds_and_below_its_place_alone(energy):
    kinds = types()
    declare("Lits", "number", kinds=[kinds["hospital"], kinds["health_centre"]])
    declare("Code de la province", facility_id=energy.ids["P1"], required=True)
    set_own(energy, "P1A-CDS1", lits=Decimal(12), code_de_la_province="A-1")
    for code, values, wrong in (
        ("P1A", {"lits": Decimal(1)}, "own_lits"), ("P2A-CDS1", {"code_de_la_province": "B"}, "own_code_de_la_province"),
        ("P1A-CDS1", {"code_de_la_province": None}, "own_code_de_la_province"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            set_own(energy, code, **values)
        assert list(refusal.value.errors) == [wrong]
    set_own(energy, "P1A-CDS1", lits=None)  # what is not given is not asked for
    with pytest.raises(Invalid), unit_of_work(Access.system("test")):
        facilities.create("NEW", "New", kinds["health_centre"], energy.ids["P1"], own={})


def test_rights_of_the_row_are_those_of_its_own_fields(energy):
    with pytest.raises(NotAllowed), unit_of_work(energy.access("auditor")):
        energy["P1A"].own = {"altitude": "1"}
    with pytest.raises(NotAllowed), unit_of_work(energy.access("auditor")):
        facilities.edit(energy["P1A"], own={"altitude": Decimal(1)})


def test_the_trail_has_each_field_and_the_journal_says_it_in_words(energy, client):
    set_own(energy, "P1A", altitude=Decimal(900), energie="solaire", responsable=person(energy))
    set_own(energy, "P1A", altitude=Decimal(912), energie="reseau")
    last = db.session.scalars(
        select(AuditEntry).where(AuditEntry.entity == NAME).order_by(AuditEntry.seq.desc())
    ).first()
    assert json.loads(last.body)["changes"] == {
        "own.altitude": ["900", "912"], "own.energie": ["solaire", "reseau"],
    }  # fmt: skip
    make.sign_in(client, "admin")
    text = client.get(f"/facilities/{energy.ids['P1A']}").text
    assert "Énergie" in text.partition("Historique")[2]
    told = client.get(f"/journal/{last.stream}/{last.seq}").text
    for words in ("Altitude", "900 m", "912 m", "Énergie", "Solaire", "Réseau"):
        assert words in told, words
    first = client.get(f"/journal/{last.stream}/{last.seq - 1}").text
    assert "Responsable" in first and "Nobody" in first


# --- pages --------------------------------------------------------------------


def edited(client, world, code, **typed):
    address = f"/facilities/{world.ids[code]}/edit"
    (form,) = [each for each in Forms(client.get(address).text).found if "phone" in each.inputs]
    return client.post(address, data=form.data() | typed)


def test_the_form_has_them_and_says_at_the_field_what_is_wrong(energy, client):
    make.sign_in(client, "admin")
    sent = {
        "own_energie": "solaire", "own_altitude": "1 650,5", "own_derniere_visite": "03/02/2026",
        "own_responsable": "nobody", "own_depot_de_secours": "CAMEBU", "own_eau_courante": "no", "own_remarque": "ok",
    }  # fmt: skip
    answer = edited(client, energy, "P1A", **sent)
    assert answer.status_code == 302, answer.text
    stored = dict(energy["P1A"].own)
    assert stored == {
        "energie": "solaire", "altitude": "1650.5", "derniere_visite": "2026-02-03", "eau_courante": "no",
        "responsable": str(energy.users["nobody"]), "responsable:name": "Nobody",
        "depot_de_secours": str(energy.ids["CAMEBU"]), "remarque": "ok",
    }  # fmt: skip
    assert edited(client, energy, "P1A").status_code == 302 and energy["P1A"].own == stored  # an untouched form
    answer = edited(client, energy, "P1A", own_altitude="haut", own_responsable="personne", own_derniere_visite="hier")
    assert answer.status_code == 422 and 'value="haut"' in answer.text
    for name in ("altitude", "responsable", "derniere_visite"):
        assert f'id="own_{name}-error"' in answer.text, name
    assert energy["P1A"].own == stored


def test_another_kind_brings_its_fields_into_the_form(energy, client):
    kinds = types()
    declare("Lits", "number", kinds=[kinds["hospital"]], required=True)
    make.sign_in(client, "admin")
    assert "own_lits" not in client.get(f"/facilities/{energy.ids['P1A-CDS1']}/edit").text
    answer = edited(client, energy, "P1A-CDS1", type_id=str(kinds["hospital"]))
    assert answer.status_code == 422 and 'id="own_lits-error"' in answer.text
    (form,) = [each for each in Forms(answer.text).found if "phone" in each.inputs]
    answer = client.post(form.action, data=form.data() | {"own_lits": "60"})
    assert answer.status_code == 302, answer.text[answer.text.index("<main") :][:3000]
    assert energy["P1A-CDS1"].own["lits"] == "60" and energy["P1A-CDS1"].type_id == kinds["hospital"]


def test_of_two_on_one_form_each_keeps_what_the_other_changed(energy, client):
    make.sign_in(client, "admin")
    address = f"/facilities/{energy.ids['P1A']}/edit"
    (form,) = [each for each in Forms(client.get(address).text).found if "phone" in each.inputs]
    set_own(energy, "P1A", altitude=Decimal(900))
    assert client.post(address, data=form.data() | {"own_remarque": "x"}).status_code == 302
    assert energy["P1A"].own == {"altitude": "900", "remarque": "x"}
    assert client.post(address, data=form.data() | {"own_altitude": "800", "_key": "b"}).status_code == 409
    assert energy["P1A"].own["altitude"] == "900"


def rows(client, address):
    return re.findall(r'<th scope="row" class="[^"]*"><a href="[^"]*">([^<]*)</a>', client.get(address).text)


def test_the_list_shows_sorts_and_filters_by_them(energy, client):
    for code, altitude, source, day in (
        ("P1A", "900", "solaire", 5), ("P1B", "1600", "reseau", 2), ("P2A", "12.5", "solaire", 13),
    ):  # fmt: skip
        set_own(
            energy, code, altitude=Decimal(altitude), energie=source, derniere_visite=date(2026, 1, day),
            eau_courante=code == "P1B", responsable=person(energy),
            depot_de_secours=energy.ids["CAMEBU"],
        )  # fmt: skip
    make.sign_in(client, "admin")
    assert rows(client, "/facilities/?f.own:energie=solaire") == ["P1A", "P2A"]
    assert rows(client, "/facilities/?f.own:altitude.from=13&f.own:altitude.to=1600&sort=-own:altitude") == [
        "P1B",
        "P1A",
    ]
    assert rows(client, "/facilities/?f.own:altitude.to=900&sort=own:altitude") == ["P2A", "P1A"]
    assert rows(client, "/facilities/?f.own:derniere_visite.from=2026-01-05&sort=own:derniere_visite") == ["P1A", "P2A"]
    assert rows(client, "/facilities/?f.own:eau_courante=yes") == ["P1B"]
    assert rows(client, "/facilities/?f.own:depot_de_secours=CAMEBU&f.own:energie=reseau") == ["P1B"]
    assert rows(client, "/facilities/?f.own:responsable=Nobody&sort=-own:energie") == ["P2A", "P1A", "P1B"]
    text = client.get("/facilities/").text
    assert (
        "Solaire" in text
        and "1\N{NARROW NO-BREAK SPACE}600" in text
        and "Remarque" not in text.partition("<thead>")[2].partition("</thead>")[0]
    )
    assert "Remarque" in client.get("/facilities/?cols=name,own:remarque").text
    assert client.get("/facilities/?f.own:altitude.from=x&f.own:energie=nichts&f.own:gone=1").status_code == 200


def test_a_list_asks_one_statement_more_however_many_fields_it_shows(world, client):
    make.sign_in(client, "admin")

    def asked():
        client.get("/facilities/")
        with statements() as sent:
            assert client.get("/facilities/").status_code == 200
        return len(sent)

    before = asked()
    for number in range(4):
        declare(f"Champ {number}", "choice", ["a", "b"])
        declare(f"Lieu {number}", "place")
        declare(f"Personne {number}", "person")
    assert asked() <= before  # with none declared their table was looked at too


def test_what_goes_out_comes_in_again_under_the_same_headings(energy, client, tmp_path):
    set_own(
        energy, "P1A", energie="solaire", altitude=Decimal("1650.5"), derniere_visite=date(2026, 2, 3),
        responsable=person(energy), depot_de_secours=energy.ids["CAMEBU"],
        eau_courante=True, remarque="ok",
    )  # fmt: skip
    make.sign_in(client, "admin")
    cols = ",".join(["code", *(f"own:{each.code}" for each in fields_of(NAME))])
    text = client.get(f"/facilities/?format=csv&cols={cols}&sort=code").data.decode("utf-8-sig")
    (line,) = [each for each in csv.DictReader(io.StringIO(text), delimiter=";") if each["Code"] == "P1A"]
    assert line == {
        "Code": "P1A", "Énergie": "Solaire", "Altitude (m)": "1650,5", "Dernière visite": "2026-02-03",
        "Responsable": "Nobody", "Dépôt de secours": "CAMEBU", "Eau courante": "Oui", "Remarque": "ok",
    }  # fmt: skip
    stored = dict(energy["P1A"].own)
    with unit_of_work(Access.system("test")):
        energy["P1A"].own = {}
    assert imported(text, tmp_path) == {"changed": 1, "same": len(energy.ids) - 1}
    assert energy["P1A"].own == stored
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.entity == NAME).order_by(AuditEntry.seq.desc())
    ).first()
    assert json.loads(entry.body)["changes"]["own.altitude"] == [None, "1650.5"]


def imported(text, folder):
    """Return the counts of an import, which is written."""
    (folder / "liste.csv").write_text(text)
    run = imports.take(NAME, folder / "liste.csv")
    return {kind: number for kind, number in run.counts.items() if number and kind not in ("lines", "refused")}


def test_a_new_facility_of_a_list_has_what_must_be_filled_in(energy, tmp_path):
    kinds = types()
    declare("Lits", "number", kinds=[kinds["hospital"]], required=True)
    heads = "Code,Nom,Type,Dépend de,Lits,Énergie,Altitude (m)"
    good = f"{heads}\nH1,Hôpital un,hospital,P1A,60,Solaire,12"
    bad = f"{heads}\nH2,Hôpital deux,hospital,P1A,,Vent,haut\nC9,Centre neuf,health_centre,P1A,5,,"
    assert imported(good, tmp_path) == {"new": 1}
    assert db.session.scalars(select(Facility.own).where(Facility.code == "H1")).one() == {
        "lits": "60", "energie": "solaire", "altitude": "12",
    }  # fmt: skip
    with pytest.raises(Refused):
        imported(bad, tmp_path)


# --- the administrator's pages ------------------------------------------------


def test_an_administrator_adds_a_field_and_changes_it_on_its_page(world, client):
    make.sign_in(client, "admin")
    (form,) = [
        each for each in Forms(client.get("/fields/new?entity=core.facility").text).found if "kind" in each.inputs
    ]
    typed = {
        "label_fr": "Toit",
        "kind": "choice",
        "choices-0-label_fr": "Tôle",
        "choices-1-label_fr": "Tuile",
        "kinds": ["5"],
    }
    answer = client.post(form.action, data=form.data() | typed | {"choices-1-code": ""})
    assert answer.status_code == 302, answer.text
    text = client.get(answer.location).text
    assert ("Tôle" in text and "Tuile" in text and "Aucune ligne n’a de valeur" in text) or "0 ligne" in text
    (row,) = db.session.scalars(select(OwnField)).all()
    assert (row.code, row.kinds, [each.code for each in row.choices]) == (
        "toit",
        {"health_centre": 5},
        ["tole", "tuile"],
    )
    (form,) = [each for each in Forms(client.get(f"/fields/{row.id}/edit").text).found if "kind" in each.inputs]
    answer = client.post(form.action, data=form.data() | {"label_en": "Roof", "choices-0-label_fr": "Tôle ondulée"})
    assert answer.status_code == 302, answer.text
    db.session.expire_all()
    assert (field(row.id).label_en, field(row.id).choices[0].label_fr) == ("Roof", "Tôle ondulée")
    answer = client.post(form.action, data=form.data() | {"label_fr": "Code", "_key": "x", "_seen": ""})
    assert answer.status_code == 422 and "label_fr-error" in answer.text
    assert client.get("/fields/").text.count("Toit") == 1


def test_only_whoever_may_add_fields_for_the_country_adds_and_all_may_read_which_there_are(world, client):
    make.sign_in(client, "auditor")
    page = client.get("/fields/")
    assert page.status_code == 200 and "/fields/new" not in page.text
    assert client.get("/fields/new?entity=core.facility").status_code == 403
    assert client.post("/fields/new?entity=core.facility", data={"label_fr": "X"}).status_code == 403
    make.sign_in(client, "admin")
    assert client.get("/fields/new?entity=core.user").status_code == 200  # which is none of the choices
    assert client.post("/fields/new", data={"entity": "core.user", "label_fr": "X", "kind": "text"}).status_code == 422
