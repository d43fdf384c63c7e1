"""No unsafe request without the token of this very session; no GET that writes."""

import re

import pytest
from werkzeug.routing import AnyConverter, IntegerConverter

from core.data.db import Base, db
from core.web.sending import API
from tests import make
from tests.conftest import build
from tests.statements import sql

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def guarded(app, world, tmp_path):
    """Return the application with its CSRF check on, on the same database."""
    return build(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, WTF_CSRF_ENABLED=True)


def token_of(page):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text).group(1)


def signed_in(app, login="admin"):
    client = app.test_client()
    token = token_of(client.get("/sign-in"))
    answer = client.post("/sign-in", data={"login": login, "password": make.PASSWORD, "csrf_token": token})
    assert answer.status_code == 302
    return client


def sample(converter):
    """Return a value that fits a part of an address."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "x"


def routes(app, methods):
    """Yield (method, path) of every route, its parts filled in."""
    for rule in app.url_map.iter_rules():
        values = {name: sample(converter) for name, converter in rule._converters.items()}
        for method in sorted(rule.methods & methods):
            yield method, rule.build(values, append_unknown=False)[1]


def rows(app):
    """Return every table's contents, but what a session notes of itself."""
    db.session.rollback()
    tables = Base.metadata.tables.keys() - {"core_session"}
    return {name: db.session.execute(sql(f'SELECT * FROM "{name}"')).all() for name in sorted(tables)}


@pytest.mark.whole
def test_every_unsafe_route_is_refused_without_token_with_a_wrong_one_and_with_anothers(guarded, app):
    client, stranger = signed_in(guarded), signed_in(guarded, "auditor")
    foreign = token_of(stranger.get("/profile"))
    before, tried = rows(app), 0
    for method, path in routes(guarded, UNSAFE):
        mine = not path.startswith(API)  # where no cookie counts: there nothing can be forged
        for data in ({}, {"csrf_token": "wrong"}, {"csrf_token": foreign}):
            answer = client.open(path, method=method, data=data)
            assert answer.status_code == (400 if mine else 401), (method, path, data)
            tried += 1
        assert client.open(path, method=method, data="{}", content_type="text/plain").status_code == (
            415 if mine else 401
        )
    assert tried > 30 and rows(app) == before


def test_with_its_token_the_same_form_is_taken(guarded, app):
    client = signed_in(guarded)
    page = client.get("/profile")
    key = re.search(r'name="_key"[^>]*value="([^"]+)"', page.text).group(1)
    data = {
        "csrf_token": token_of(page),
        "_key": key,
        "name": "Autre Nom",
        "language": "fr",
        "theme": "auto",
        "density": "dense",
    }
    assert client.post("/profile", data=data).status_code == 302
    assert "Autre Nom" in client.get("/profile").text and 'data-density="dense"' in client.get("/").text


def test_the_token_of_a_visitor_is_worth_nothing_after_sign_in(guarded):
    client = guarded.test_client()
    token = token_of(client.get("/sign-in"))
    client.post("/sign-in", data={"login": "admin", "password": make.PASSWORD, "csrf_token": token})
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 400


@pytest.mark.whole
def test_no_get_writes(guarded, app):
    client = signed_in(guarded)
    before = rows(app)
    for method, path in routes(guarded, {"GET", "HEAD"}):
        assert client.open(path, method=method).status_code < 500, path
    assert rows(app) == before
