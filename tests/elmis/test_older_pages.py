"""No older page wins: every form that edits something stored is sent by two people who saw the same page."""

from itertools import pairwise
from uuid import uuid4

import pytest

from core.users.demo import PASSWORD
from tests import make as people
from tests.pages import Forms

pytestmark = pytest.mark.slow
EDITED = [
    "/profile", "/users/3/edit", "/roles/7", "/facilities/7/edit", "/elmis/store/stores/146",
    "/elmis/catalogue/products/1/edit", "/elmis/catalogue/lots/1/edit", "/elmis/catalogue/policies/1/edit",
    "/elmis/catalogue/programmes/1/edit", "/elmis/settings/levels/7/edit",
    "/elmis/settings/reasons/1/edit",
]  # fmt: skip


def editing(client, address):
    """Return the form of a page that says which values it showed, or None."""
    answer = client.get(address)
    found = Forms(answer.text).found if answer.mimetype == "text/html" and answer.status_code == 200 else []
    return next((form for form in found if form.post and "_seen" in form.inputs), None)


def other(field):
    """Return values that a person might give a field instead."""
    words = (
        [str(int(field.value) + n) for n in (1, 2)] if field.value.isdigit() else ["Essai", "Un autre", "Le dernier"]
    )
    offered = field.options if field.kind == "select" else words if field.free else []
    return [one for one in offered if one not in ("", field.value)][:6]


def stored(client, address, field):
    """Return what a page shows in a field now, or None where it has no such form any more."""
    form = editing(client, address)
    return None if form is None else form.data().get(field.name)


def beaten(client, address, form):
    """Return the name of a field of which an older page lost against a newer one, or "" where none could be changed."""
    shown = form.data()
    for field, one, two in [(each, *pair) for each in form.inputs.values() for pair in pairwise(other(each))]:
        first = client.post(address, data=shown | {field.name: one, "_key": str(uuid4())})
        if first.status_code != 302 or stored(client, address, field) != one:
            continue
        older = client.post(address, data=shown | {field.name: two, "_key": str(uuid4())})
        assert older.status_code == 409, (address, field.name, older.status_code)
        client.post(address, data=shown | {"_key": str(uuid4())})
        assert stored(client, address, field) == one, (address, field.name)
        return field.name
    return ""


@pytest.fixture(scope="module")
def admin(demonstration):
    """Return the client of the administrator of the country."""
    client = demonstration.test_client()
    people.sign_in(client, "admin", PASSWORD)
    return client


@pytest.mark.parametrize("address", EDITED)
def test_an_older_page_of_what_is_edited_overwrites_nothing(admin, address):
    form = editing(admin, address)
    assert form is not None and beaten(admin, address, form)
