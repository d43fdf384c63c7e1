"""Two people on one edit form: each keeps what only he changed, a clash shows both values, and nothing is lost."""

import html
import re

import pytest

from core.contract.plugins import permissions
from core.contract.words import label_of
from core.data.db import db
from core.users.rights.models import Role
from core.users.rights.rules import expand
from tests import make

pytestmark = pytest.mark.both_databases


def seen(page):
    """Return the marks that a page carries, as its browser would send them back."""
    return html.unescape(re.search(r'name="_seen" type="hidden" value="([^"]*)"', page.text)[1])


@pytest.fixture
def people(client, world):
    """Return the client of an administrator."""
    make.sign_in(client, "admin")
    return client


def test_a_right_that_was_taken_stays_taken_when_an_older_page_changes_the_label(people, world):
    role = db.session.query(Role).filter_by(code="auditor").one()
    address, kept = f"/roles/{role.id}", sorted(expand(role.names, permissions()))
    shown = seen(people.get(address))
    taken = [name for name in kept if name != "core.audit.view"]
    first = {"label_fr": "Auditeur", "label_en": "Auditor", "names": taken, "_key": "k1", "_seen": shown}
    assert people.post(address, data=first).status_code == 302
    later = {"label_fr": "Contrôleur", "label_en": "Auditor", "names": kept, "_key": "k2", "_seen": shown}
    assert people.post(address, data=later).status_code == 302
    role = db.session.query(Role).filter_by(code="auditor").one()
    assert "core.audit.view" not in role.names
    assert role.label_fr == "Contrôleur"


def test_what_two_people_changed_is_shown_with_both_values_and_either_may_be_kept(people, world):
    address, person = f"/users/{world.users['nobody']}/edit", world.users["nobody"]
    shown = seen(people.get(address))
    common = {"email": "", "facility_id": "BI", "_seen": shown}
    assert people.post(address, data=common | {"name": "Aline", "phone": "", "_key": "k1"}).status_code == 302
    older = common | {"name": "Béatrice", "phone": "22 33", "_key": "k2"}
    answer = people.post(address, data=older)
    assert answer.status_code == 409
    assert "Aline" in answer.text
    assert "Béatrice" in answer.text
    assert "Admin" in answer.text  # who did it
    assert world.user("nobody").name == "Aline"
    # sent again after reading, the other value chosen: mine where I was alone, hers where she was asked for
    again = older | {"_seen": seen(answer), "_theirs": "name", "_key": "k3"}
    assert people.post(address, data=again).status_code == 302
    row = world.user("nobody")
    assert (row.id, row.name, row.phone) == (person, "Aline", "22 33")


def test_after_reading_both_values_ones_own_may_stand(people, world):
    address = f"/users/{world.users['nobody']}/edit"
    shown = seen(people.get(address))
    common = {"email": "", "phone": "", "facility_id": "BI"}
    people.post(address, data=common | {"name": "Aline", "_key": "k1", "_seen": shown})
    answer = people.post(address, data=common | {"name": "Béatrice", "_key": "k2", "_seen": shown})
    people.post(address, data=common | {"name": "Béatrice", "_key": "k3", "_seen": seen(answer)})
    assert world.user("nobody").name == "Béatrice"


def test_a_clash_is_told_once_and_label_of_a_role_stays(people, world):
    """The same change made twice is no clash."""
    role = db.session.query(Role).filter_by(code="auditor").one()
    address = f"/roles/{role.id}"
    shown = seen(people.get(address))
    data = {
        "label_fr": "Contrôle",
        "label_en": "Audit",
        "names": sorted(expand(role.names, permissions())),
        "_seen": shown,
    }
    for key in ("k1", "k2"):
        assert people.post(address, data=data | {"_key": key}).status_code == 302
    assert label_of(db.session.get(Role, role.id)) == "Contrôle"
