"""Who lacks a right is told which act it is, in French, and who may do it: for every right of the suite."""

import pytest
from flask_babel import force_locale

from core.contract.plugins import permissions
from core.data.access import Access, acting, current
from core.data.db import db
from core.data.errors import NotAllowed
from core.data.work import unit_of_work
from tests import make

pytestmark = pytest.mark.both_databases


def refusal(access, right, facility=None):
    """Return what a person is told who lacks a right, in French."""
    with acting(access), pytest.raises(NotAllowed) as refused:
        current().require(right, facility)
    return str(refused.value.message)


@pytest.mark.whole
def test_every_right_is_refused_by_its_french_label_and_never_by_its_code(app, world):
    nobody = world.access("nobody")
    with app.test_request_context("/"), force_locale("fr"):
        for name, right in permissions().items():
            with force_locale("en"):
                english = str(right.label)
            for place in (None, world["P1A-CDS1"]):
                said = refusal(nobody, name, place)
                assert name not in said and str(right.label) in said, said
                # who may: at least who may do everything, but for what a profession decides
                assert ("dmin" in said) != right.professional, said
            assert str(right.label) != english, f"{name} has no French label"


def test_who_may_do_it_at_the_place_is_named_the_nearest_first(app, world):
    with unit_of_work(Access.system("test")):
        make.user("far", world["P2"], "auditor")
        make.user("near", world["P1A-CDS1"], "auditor")
    with app.test_request_context("/"), force_locale("fr"):
        said = refusal(world.access("nobody"), "core.audit.view", world["P1A-CDS1"])
    assert "P1A-CDS1" in said and "far" not in said.lower()
    assert said.lower().index("near") < said.lower().index("admin")


def test_a_row_outside_ones_rights_is_refused_in_the_same_words(app, world):
    door = unit_of_work(world.access("nobody"))
    with app.test_request_context("/"), force_locale("fr"), pytest.raises(NotAllowed) as refused, door:
        world["P1A-CDS1"].name = "Autre"
        db.session.flush()
    assert "core.facility.edit" not in str(refused.value.message)
    assert "P1A-CDS1" in str(refused.value.message)
