"""Rights below every view: a row is judged as it was and as it will be, whichever way it is changed."""

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db
from core.data.errors import NotAllowed
from core.data.work import unit_of_work
from core.facilities.models import Facility, FacilityCode
from core.imports.models import ImportRun

pytestmark = pytest.mark.both_databases
ME = 4711


@pytest.fixture
def editor(world):
    """Return who may change everything at P1 and below, and see all that the trail tells of."""
    rights = ("core.facility.edit", "core.import")
    return Access(ME, "editor", (*((right, world["P1"].path) for right in rights), ("core.audit.view", "/")))


@pytest.fixture
def rows(world):
    """Store an import and a code at P1 and at P2; return their ids by model and place."""
    with unit_of_work(Access.system("test")):
        made = {
            (model, place): model(facility_id=world.ids[place], **facts)
            for place in ("P1", "P2")
            for model, facts in (
                (ImportRun, {"entity": "x", "file_name": "x", "sha256": "x", "size": 1, "user_label": "x"}),
                (FacilityCode, {"scheme": "dhis2", "value": place}),
            )
        }
        db.session.add_all(made.values())
        db.session.flush()
        return {key: row.id for key, row in made.items()}


def may(access, change):
    """Return whether a change is let through; it is taken back in any case."""
    try:
        with unit_of_work(access):
            change()
            db.session.flush()
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        return True
    except NotAllowed:
        return False


def changed(model, id, **values):
    """Return a change of a stored row."""

    def change():
        for name, value in values.items():
            setattr(db.session.get(model, id), name, value)

    return change


@pytest.mark.parametrize(("model", "here", "there", "allowed"), [
    (model, *ways) for model in (ImportRun, FacilityCode)
    for ways in (("P1", "P1A", True), ("P1", "P2", False), ("P2", "P1", False), ("P2", "P2A", False))
])  # fmt: skip
def test_a_row_is_neither_taken_from_elsewhere_nor_put_there(app, world, editor, rows, model, here, there, allowed):
    """By its column, and by its relationship, loaded or not."""
    row, place = rows[model, here], world.ids[there]
    assert may(editor, changed(model, row, facility_id=place)) == allowed
    if hasattr(model, "facility"):

        def moved():
            found, target = db.session.get(model, row), db.session.get(Facility, place)
            assert found.facility is not None
            found.facility = target

        assert may(editor, moved) == allowed
        assert may(editor, lambda: setattr(db.session.get(model, row), "facility", world[there])) == allowed


def test_who_may_everywhere_changes_rows_of_any_place_and_takes_them_elsewhere(app, world, rows):
    everywhere = Access(ME, "editor", tuple((right, "/") for right in ("core.facility.edit", "core.import")))
    for model in (ImportRun, FacilityCode):
        assert may(everywhere, changed(model, rows[model, "P1"], facility_id=world.ids["P2A"]))


def test_a_place_is_moved_only_by_who_may_at_both_ends(app, world, editor):
    ways = {name: world[name].path for name in ("P1", "P1A", "P2", "P2A")}
    inside, out = f"{ways['P1']}{world.ids['P2A']}/", f"{ways['P2']}{world.ids['P1A']}/"
    assert may(editor, changed(Facility, world.ids["P1A"], phone="1"))
    assert not may(editor, changed(Facility, world.ids["P1A"], path=out))
    assert not may(editor, changed(Facility, world.ids["P2A"], path=inside))


def test_a_row_elsewhere_is_not_deleted(app, rows, editor):
    for model in (ImportRun, FacilityCode):
        found = {place: rows[model, place] for place in ("P1", "P2")}
        assert may(editor, lambda: db.session.delete(db.session.get(model, found["P1"])))
        assert not may(editor, lambda: db.session.delete(db.session.get(model, found["P2"])))


def test_a_row_is_ones_own_only_once_it_is_stored(app, world, editor, rows):
    """Whoever makes one may not say that it is his own, and so put it anywhere."""
    facts = {"entity": "x", "file_name": "x", "sha256": "x", "size": 1, "user_label": "x", "user_id": ME}
    assert may(editor, lambda: db.session.add(ImportRun(facility_id=world.ids["P1A"], **facts)))
    assert not may(editor, lambda: db.session.add(ImportRun(facility_id=world.ids["P2"], **facts)))
    with unit_of_work(Access.system("test")):
        db.session.get(ImportRun, rows[ImportRun, "P2"]).user_id = ME
    assert may(editor, changed(ImportRun, rows[ImportRun, "P2"], file_name="y"))
    assert db.session.scalar(select(ImportRun.file_name).where(ImportRun.id == rows[ImportRun, "P2"])) == "x"
