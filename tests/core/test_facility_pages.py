"""The pages of facilities and of imports, as a browser without script sees them."""

import io
import json
import re

import pytest
from sqlalchemy import func, select

from core.data.db import db, today
from core.data.work import unit_of_work
from core.facilities.models import Facility, FacilityCode, FacilityType
from core.imports import jobs, services, verbs
from core.imports import run as run_import
from core.imports.models import ImportRun
from core.jobs.models import Job
from core.jobs.services import KINDS
from tests import make

pytestmark = pytest.mark.both_databases
HEAD = "code,name,type,parent\n"
XSS = "<script>alert('x')</script>"


@pytest.fixture
def admin(client, world):
    make.sign_in(client, "admin")
    return client


def kind(code):
    return db.session.scalar(select(FacilityType.id).where(FacilityType.code == code))


def post(client, url, **data):
    """Send a form with a key of its own, and return the answer."""
    key = re.search(r'name="_key"[^>]*value="([^"]+)"', client.get(url).text)
    return client.post(url, data={"_key": key[1] if key else "k", **data})


def send(client, text, name="list.csv", entity="core.facility"):
    """Send a file and return the address of its mapping page."""
    data = text if isinstance(text, bytes) else text.encode()
    answer = post(client, f"/imports/new/{entity}", file=(io.BytesIO(data), name))
    assert answer.status_code == 302, answer.text
    return answer.location


def chosen(client, url, **more):
    """Return the form of a mapping page as it is filled in."""
    text = client.get(url).text
    data = {}
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        found = re.search(r'<option selected value="([^"]*)"', options)
        data[name] = found[1] if found else ""
    key = re.search(r'name="_key"[^>]*value="([^"]+)"', text)
    return {**data, "_key": key[1], **more}


def preview(client, url, **more):
    return client.post(url, data=chosen(client, url, **more), follow_redirects=True)


def test_every_page_of_a_facility_opens(admin, world):
    with unit_of_work():
        world["P1"].latitude, world["P1"].longitude = -3.4, 29.9
        db.session.add(FacilityCode(facility=world["P1"], scheme="dhis2", value="Abc123"))
    for url in ("", "/edit", "/rename", "/move", "/close"):
        answer = admin.get(f"/facilities/{world.ids['P1']}{url}")
        assert answer.status_code == 200, url
    page = admin.get(f"/facilities/{world.ids['P1']}").text
    assert "Abc123" in page and "chart-place" in page and "P1A" in page
    for url in ("/facilities/tree", f"/facilities/tree?at={world.ids['P1A-CDS1']}", "/facilities/new", "/facilities/"):
        assert admin.get(url).status_code == 200, url
    assert admin.get("/facilities/99999").status_code == 404
    assert admin.get("/facilities/tree?at=99999").status_code == 404


def test_the_list_is_searched_filtered_and_narrowed(admin, world):
    with unit_of_work():
        db.session.add(FacilityCode(facility=world["P2A-CDS1"], scheme="dhis2", value="Zz9"))
    assert "P2A-CDS1" in admin.get("/facilities/?q=zz9").text and "P2A-CDS2" not in admin.get("/facilities/?q=zz9").text
    page = admin.get("/facilities/?f.district=P1A").text
    assert 'hx-select="#list" hx-select-oob="#tools,#pills"' in page and page.count('id="tools"') == 1
    assert "P1A-CDS1" in page and "P1B-CDS1" not in page
    page = admin.get(f"/facilities/?under={world.ids['P2']}&f.type={kind('depot')}").text
    assert "P2A-DEPOT" in page and "P2A-CDS1" not in page and "P1A-DEPOT" not in page
    for signs in ("%", "_", "'", "\\"):
        assert "P1A-CDS1" not in admin.get("/facilities/", query_string={"q": signs}).text, signs
    assert admin.get("/facilities/?format=csv").mimetype == "text/csv"


def test_a_branch_comes_alone(admin, world):
    answer = admin.get(f"/facilities/tree?at={world.ids['P1']}", headers={"HX-Request": "true"})
    assert "P1A" in answer.text and "<html" not in answer.text and "P2A" not in answer.text


def test_a_facility_is_created_and_changed(admin, world):
    answer = post(
        admin, "/facilities/new", parent="P1A", name=XSS, code="NEW", status="open", type_id=kind("health_centre"),
        population="1 200", latitude="-3,4", longitude="29,9",
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    made = db.session.scalar(select(Facility).where(Facility.code == "NEW"))
    assert (made.population, made.latitude, made.parent.code) == (1200, -3.4, "P1A")
    page = admin.get(f"/facilities/{made.id}").text
    assert XSS not in page and "&lt;script&gt;" in page
    form = {"type_id": kind("hospital"), "codes-0-scheme": "DHIS2", "codes-0-value": "u1", "phone": "22"}
    assert post(admin, f"/facilities/{made.id}/edit", **form).status_code == 302
    db.session.expire_all()
    assert (made.type.code, made.phone, made.latitude) == ("hospital", "22", None)
    assert [(code.scheme, code.value) for code in made.codes] == [("dhis2", "u1")]


def test_a_refusal_stands_at_its_field(admin, world):
    answer = post(
        admin, "/facilities/new", parent="P1A", name="x", code="P1", status="open", type_id=kind("health_centre")
    )
    assert answer.status_code == 422 and 'id="code-error"' in answer.text
    answer = post(admin, f"/facilities/{world.ids['P1']}/move", parent="P1A", on=today().isoformat())
    assert answer.status_code == 422 and 'id="parent-error"' in answer.text


def test_rename_move_close_and_reopen(admin, world):
    place, on = world.ids["P1A-CDS1"], today().isoformat()
    assert post(admin, f"/facilities/{place}/rename", name="Muyange", on=on).status_code == 302
    assert post(admin, f"/facilities/{place}/move", parent="P2A", on=on, reason="réforme").status_code == 302
    assert post(admin, f"/facilities/{place}/close", on=on).status_code == 302
    page = admin.get(f"/facilities/{place}").text
    assert "« P1A-CDS1 »" in page.replace("\u00a0", " ") and "réforme" in page
    assert admin.post(f"/do/core.facility.reopen/{place}").status_code == 302
    db.session.expire_all()
    assert (world["P1A-CDS1"].name, world["P1A-CDS1"].status, world["P1A-CDS1"].parent.code) == (
        "Muyange",
        "open",
        "P2A",
    )


def test_without_the_right_the_doors_are_shut(client, world):
    make.sign_in(client, "nobody")
    assert client.get(f"/facilities/{world.ids['P1']}").status_code == 200
    for url in ("new", f"{world.ids['P1']}/edit", f"{world.ids['P1']}/rename", f"{world.ids['P1']}/move"):
        assert client.get(f"/facilities/{url}").status_code == 403, url
    assert client.post(f"/do/core.facility.reopen/{world.ids['P1']}").status_code == 403
    assert client.get("/imports/").status_code == 403
    assert client.get("/imports/new/core.facility").status_code == 403


def confirm(client, run):
    """Send the button of the preview as it stands now."""
    return client.post(f"/imports/{run.id}/confirm", data={"_key": "c", "shown": services.shown_of(run)})


def test_an_import_from_file_to_result(admin, world):
    url = send(admin, f"{HEAD}N1,{XSS},health_centre,P1A\n")
    page = preview(admin, url)
    assert page.status_code == 200 and XSS not in page.text and "kind-new" in page.text
    run = db.session.scalar(select(ImportRun))
    assert run.state == "checked" and db.session.scalar(select(func.count()).where(Facility.code == "N1")) == 0
    for _twice in range(2):
        assert confirm(admin, run).status_code == 302
    db.session.expire_all()
    assert run.state == "done" and db.session.scalar(select(func.count()).where(Facility.code == "N1")) == 1
    assert admin.get(f"/imports/{run.id}").status_code == 200 and "list.csv" in admin.get("/imports/").text
    assert admin.get(url).status_code == 302, "a run that is done is mapped no more"


def test_refused_lines_are_shown_and_sent(admin, world):
    url = send(admin, f'{HEAD}N1,x,health_centre,NOWHERE\n"=1+1",x,health_centre,NOWHERE2\n')
    assert "NOWHERE" in preview(admin, url).text
    run = db.session.scalar(select(ImportRun))
    page = admin.get(f"/imports/{run.id}").text
    assert run.state == "refused" and "/confirm" not in page and 'href="/imports/new/core.facility"' in page
    sent = admin.get(f"/imports/{run.id}/refusals.csv")
    assert sent.mimetype == "text/csv" and sent.text.count("NOWHERE") >= 2
    confirm(admin, run)
    assert db.session.scalar(select(func.count()).where(Facility.code == "N1")) == 0


def test_words_of_other_systems_are_asked_for(admin, world):
    url = send(admin, f"{HEAD}N1,x,T1,P1A\nN2,x,T1,\n")
    text = admin.get(url).text
    (word,) = re.findall(r'name="(word_type_\w+)"', text)
    assert preview(admin, url, **{word: "health_centre", "empty_parent": "P1B"}).status_code == 200
    run = db.session.scalar(select(ImportRun))
    assert run.state == "checked" and run.counts == {"lines": 2, "refused": 0, "new": 2}
    confirm(admin, run)
    assert db.session.scalar(select(Facility).where(Facility.code == "N2")).parent.code == "P1B"


def test_another_column_brings_its_own_question(admin, world):
    url = send(admin, "code,name,kind of place,opened\nP1,P1,T1,03/04/2020\n")
    answer = admin.post(url, data=chosen(admin, url, column_2="type", column_3="opened_on"))
    assert answer.status_code == 422 and "word_type_" in answer.text and 'name="dates"' in answer.text
    (word,) = re.findall(r'name="(word_type_\w+)"', answer.text)
    asked = {"column_2": "type", "column_3": "opened_on", word: "province"}
    assert admin.post(url, data=chosen(admin, url, **asked, dates="")).status_code == 422
    assert preview(admin, url, **asked, dates="dmy").status_code == 200
    assert db.session.scalar(select(ImportRun)).counts["changed"] == 1


@pytest.mark.parametrize(
    "data, name",
    [(b"", "a.csv"), (b"\x00\x01", "a.csv"), (b"PK\x03\x04x", "a.xlsx"), (b"{", "a.json"), (b"a,a\n1,2", "a.csv")],
)
def test_an_unreadable_file_is_a_message_not_a_crash(admin, world, data, name):
    answer = post(admin, "/imports/new/core.facility", file=(io.BytesIO(data), name))
    assert answer.status_code == 422 and 'id="file-error"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 0


def test_a_mapping_that_cannot_be_is_a_message(admin, world):
    url = send(admin, f"{HEAD}N1,x,health_centre,P1A\n")
    assert preview(admin, url, column_0="name").status_code == 422
    assert preview(admin, url, column_0="castle").status_code == 422


def test_a_large_file_is_read_and_written_by_jobs(admin, world, monkeypatch):
    monkeypatch.setattr(verbs, "IN_REQUEST", 0)
    monkeypatch.setattr(run_import, "TOLD_EVERY", 1)
    url = send(admin, f"{HEAD}N1,x,health_centre,P1A\n")
    assert "/jobs/" in admin.post(url, data=chosen(admin, url)).location
    told = []
    run_job(jobs.LOOK, told)
    run = db.session.scalar(select(ImportRun))
    assert run.state == "checked"
    assert "/jobs/" in confirm(admin, run).location
    for _twice in range(2):
        assert run_job(jobs.APPLY, told) == f"/imports/{run.id}"
    assert services.get(run.id).state == "done" and told


def run_job(kind, told):
    """Run the latest job of a kind as the worker does, and return its address."""
    row = db.session.scalars(select(Job).where(Job.kind == kind)).one()
    return KINDS[kind](lambda *said: told.append(said), **json.loads(row.arguments))
