"""A form that is sent when the session is over, by a browser without script: it comes back after signing in."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import func, select

from core.data.db import db, today, utcnow
from core.facilities.models import Facility
from tests import make
from tests.conftest import build
from tests.core.test_csrf import signed_in, token_of
from tests.pages import Forms

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Referer": "http://localhost/facilities/new"}
LATER = timedelta(minutes=40)
TYPED = "Centre de la Ruvubu \u200e« neuf »"


@pytest.fixture
def guarded(app, world, tmp_path):
    """Return the application with its CSRF check on, on the same database."""
    return build(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, WTF_CSRF_ENABLED=True)


@pytest.fixture
def sent(guarded):
    """Return a browser and the answer to a form that it sent after forty minutes, and the form."""
    client = signed_in(guarded)
    page = client.get("/facilities/new")
    form = next(form for form in Forms(page.text).found if "name" in form.inputs)
    data = form.data() | {"name": TYPED, "code": "RUV1", "parent": "P1A", "type_id": form.inputs["type_id"].options[-1]}
    with time_machine.travel(utcnow() + LATER, tick=False):
        yield client, client.post("/facilities/new", data=data, headers=BROWSER), data


def carried(answer):
    return unescape(re.search(r'<noscript><input type="hidden" name="carried" value="([^"]+)"', answer.text)[1])


def sign_in(client, answer, login="admin", password=make.PASSWORD):
    data = {"login": login, "password": password, "csrf_token": token_of(answer), "carried": carried(answer)}
    return client.post("/sign-in?next=/facilities/new", data=data)


def stored():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Facility).where(Facility.name == TYPED))


def test_it_is_shown_again_as_it_was_typed_and_recorded_when_it_is_sent(app, guarded, sent):
    client, answer, data = sent
    assert answer.status_code == 403 and "le formulaire revient avec ce que vous avez saisi" in answer.text
    assert TYPED not in answer.text, "sealed: whoever finds the page reads nothing"
    wrong = sign_in(client, answer, password="not the password")
    again = sign_in(client, wrong)
    assert again.status_code == 200 and stored() == 0
    (form,) = [form for form in Forms(again.text).found if "_shown" in form.inputs]
    assert {name: form.data()[name] for name in ("name", "code", "_key")} == {
        name: data[name] for name in ("name", "code", "_key")
    }
    shown = client.post(form.action, data=form.data())
    assert shown.status_code == 200 and stored() == 0 and "Vérifiez ce que vous avez saisi" in shown.text
    (form,) = [form for form in Forms(shown.text).found if "code" in form.inputs]
    assert form.data()["name"] == TYPED and "_shown" not in form.inputs
    recorded = client.post("/facilities/new", data=form.data())
    assert recorded.status_code == 302, recorded.text
    assert stored() == 1
    client.post("/facilities/new", data=form.data())
    assert stored() == 1, "it kept its key"


def test_another_person_does_not_get_it(guarded, sent):
    client, answer, _data = sent
    assert sign_in(client, answer, "auditor").location == "/facilities/new"


def test_after_an_hour_it_is_dropped(guarded, sent):
    client, answer, _data = sent
    with time_machine.travel(utcnow() + timedelta(minutes=61), tick=False):
        assert sign_in(client, answer).location == "/facilities/new"


def test_who_signed_out_or_comes_from_elsewhere_is_not_promised_it(guarded, sent):
    client, _answer, data = sent
    for headers in (
        {"Accept": "text/html"},
        {**BROWSER, "Referer": "http://elsewhere/"},
        {"Referer": BROWSER["Referer"]},
    ):
        assert "carried" not in client.post("/facilities/new", data=data, headers=headers).text
    client.delete_cookie("amagara")
    gone = client.post("/facilities/new", data=data, headers=BROWSER)
    assert gone.location == "/sign-in?next=/facilities/new"
    assert "remplissez-le à nouveau" in client.get(gone.location).text


def test_a_button_asks_before_it_does_what_was_sent(app, world, client):
    """A verb of a document has no page of its own to be shown on."""
    make.sign_in(client, "admin")
    place = f"/facilities/{world.ids['P1A-CDS1']}"
    client.post(f"{place}/close", data={"on": today().isoformat(), "_key": "closes"})
    assert db.session.get(Facility, world.ids["P1A-CDS1"]).status == "closed"
    asked = client.post(place.replace("/facilities", "/do/core.facility.reopen"), data={"_shown": "1", "_key": "opens"})
    assert asked.status_code == 422 and "_shown" not in asked.text
    assert db.session.get(Facility, world.ids["P1A-CDS1"]).status == "closed"
    (form,) = [form for form in Forms(asked.text).found if form.inputs.get("_key") and form.data()["_key"] == "opens"]
    client.post(place.replace("/facilities", "/do/core.facility.reopen"), data=form.data())
    assert db.session.get(Facility, world.ids["P1A-CDS1"]).status == "open"


@pytest.mark.parametrize("asking", [{"HX-Request": "true"}, {"Accept": "application/json"}])
def test_a_part_of_a_page_is_no_sign_in_page(guarded, asking):
    """Its form stood inside another page; its cookie undid the token of the sign-in page that was being opened."""
    for method, path in (("GET", "/api/alive"), ("GET", "/facilities/tree"), ("POST", "/profile")):
        answer = guarded.test_client().open(path, method=method, headers=asking, follow_redirects=True)
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (401, None), path
        assert "<form" not in answer.text and "session" in answer.json["error"]
