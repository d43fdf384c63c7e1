"""The tree of facilities: moved, renamed and closed with the past kept, inside one's rights."""

from datetime import date, timedelta

import pytest
from flask_babel import refresh
from sqlalchemy import select

from core.data import audit
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import Invalid, NotAllowed, Refused
from core.data.work import unit_of_work
from core.facilities import services
from core.facilities.models import Facility, FacilityType
from core.imports.jobs import APPLY
from core.imports.models import ImportRun
from core.jobs.models import DONE, RUNNING, Job

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def english(app, monkeypatch):
    """Speak English: the tests read the words."""
    monkeypatch.setitem(app.config, "BABEL_DEFAULT_LOCALE", "en")
    refresh()


def editor(world, *codes):
    """Return someone who may change facilities below the given ones."""
    return Access(99, "editor", tuple(("core.facility.edit", world[code].path) for code in codes))


def kind(code):
    return db.session.scalar(select(FacilityType.id).where(FacilityType.code == code))


def paths_are_right():
    rows = {row.id: row for row in db.session.scalars(select(Facility))}
    for row in rows.values():
        above = rows[row.parent_id].path if row.parent_id else "/"
        assert row.path == f"{above}{row.id}/", row.code


def test_a_subtree_moves_with_all_below_it_and_its_former_parent_is_kept(app, world):
    with unit_of_work():
        services.move(world["P1A"], world["P2"], today())
    paths_are_right()
    assert world["P1A-CDS1"].path.startswith(world["P2"].path)
    (former,) = world["P1A"].parents
    assert (former.parent_id, former.parent_name, former.valid_to) == (world.ids["P1"], "P1", today())
    assert [place.code for place in services.ancestors(world["P1A-CDS1"])] == ["BI", "P2", "P1A"]
    assert audit.verify() == []


def test_a_facility_cannot_lie_below_itself(app, world):
    for target in ("P1", "P1A", "P1A-CDS1"):
        with pytest.raises(Refused, match="below itself"), unit_of_work():
            services.move(world["P1"], world[target], today())
    paths_are_right()


def test_a_path_that_begins_alike_is_not_moved_along(app, world):
    """/1/2/ and /1/20/ are neighbours: only whole numbers count."""
    before = {code: world[code].path for code in world.ids}
    with unit_of_work():
        services.move(world["CAMEBU"], world["P1"], today())
    changed = {code for code in world.ids if world[code].path != before[code]}
    assert changed == {"CAMEBU"}
    paths_are_right()


def test_a_move_needs_the_right_at_both_ends(app, world):
    for grants in (["P1"], ["P2"]):
        with acting(editor(world, *grants)), pytest.raises(NotAllowed), unit_of_work():
            services.move(world["P1A"], world["P2"], today())
    with acting(editor(world, "P1", "P2")), unit_of_work():
        services.move(world["P1A"], world["P2"], today())


def test_rights_follow_a_facility_that_moved(app, world):
    mine = editor(world, "P1")
    with acting(mine), unit_of_work():
        services.rename(world["P1A-CDS1"], "Muyange", today())
    with unit_of_work():
        services.move(world["P1A"], world["P2"], today())
    with acting(mine), pytest.raises(NotAllowed), unit_of_work():
        services.rename(world["P1A-CDS1"], "Muyange II", today())


def test_every_verb_refuses_outside_the_subtree(app, world):
    verbs = [
        lambda place: services.rename(place, "x", today()),
        lambda place: services.edit(place, phone="1"),
        lambda place: services.close(place, today()),
        services.reopen,
        lambda place: services.set_codes(place, {"dhis2": "x"}),
        lambda place: services.create("NEW", "New", kind("health_centre"), place.id),
    ]
    for verb in verbs:
        with acting(editor(world, "P1")), pytest.raises(NotAllowed), unit_of_work():
            verb(world["P2A-CDS1"])


def test_a_rename_keeps_the_former_names_with_their_days(app, world):
    day = today()
    with unit_of_work():
        services.edit(world["P1"], opened_on=date(2009, 1, 1))
        services.rename(world["P1"], "Gitega", day - timedelta(days=10))
        services.rename(world["P1"], "Butanyerera", day)
    names = [(name.name, name.valid_from, name.valid_to) for name in world["P1"].names]
    assert names == [
        ("P1", date(2009, 1, 1), day - timedelta(days=10)),
        ("Gitega", day - timedelta(days=10), day),
    ]
    assert services.search("gitega")[0].code == "P1"


def test_a_change_is_neither_before_the_last_one_nor_to_come(app, world):
    with unit_of_work():
        services.rename(world["P1"], "Gitega", today())
    for day in (today() - timedelta(days=1), today() + timedelta(days=1)):
        with pytest.raises(Refused) as refused, unit_of_work():
            services.rename(world["P1"], "Muyinga", day)
        assert refused.value.field == "on"


def test_a_facility_with_open_ones_below_is_not_closed(app, world):
    with pytest.raises(Refused, match="open facilities"), unit_of_work():
        services.close(world["P1A"], today())
    with unit_of_work():
        for code in ("P1A-CDS1", "P1A-CDS2", "P1A-DEPOT", "P1A"):
            services.close(world[code], today())
    assert (world["P1A"].status, world["P1A"].closed_on) == ("closed", today())
    with unit_of_work():
        services.reopen(world["P1A"])
    assert (world["P1A"].status, world["P1A"].closed_on) == ("open", None)


def test_codes_are_taken_once_a_scheme(app, world):
    with unit_of_work():
        services.set_codes(world["P1"], {"dhis2": "abc", "snis": "7"})
    with pytest.raises(Refused, match="abc"), unit_of_work():
        services.set_codes(world["P2"], {"dhis2": "abc"})
    with unit_of_work():
        services.set_codes(world["P1"], {"dhis2": ""})
        services.set_codes(world["P2"], {"dhis2": "abc"})
    assert [(code.scheme, code.value) for code in world["P1"].codes] == [("snis", "7")]
    assert [place.code for place in services.search("abc")] == ["P2"]


def test_wrong_values_are_named(app, world):
    with pytest.raises(Invalid) as invalid, unit_of_work():
        services.create("P1", "Twice", kind("province"), world.ids["BI"], latitude=3.0)
    assert set(invalid.value.errors) == {"code", "latitude"}
    with pytest.raises(Invalid) as invalid, unit_of_work():
        services.edit(world["P1"], opened_on=date(2020, 1, 2), closed_on=date(2020, 1, 1))
    assert set(invalid.value.errors) == {"opened_on"}


def test_the_tree_and_its_counts(app, world):
    assert [(place.code, below) for place, below in services.tree()] == [("BI", 19)]
    assert {place.code: below for place, below in services.tree(world["BI"])} == {"P1": 8, "P2": 8, "CAMEBU": 0}
    assert [(row.code, number, open_) for row, number, open_ in services.counts_by_type(world["P1"])] == [
        ("district", 2, 2), ("depot", 2, 2), ("health_centre", 4, 4),
    ]  # fmt: skip


def test_a_search_takes_signs_as_they_are(app, world):
    for words in ("%", "_", "\\", "'", "P1_"):
        assert services.search(words) == [], words


def test_a_tree_that_would_be_too_deep_is_refused(app, world):
    with pytest.raises(Refused, match="too deep"), unit_of_work():
        place_id = world.ids["BI"]
        for number in range(100):
            place_id = services.create(f"E{number}", "deep", kind("service"), place_id).id


def test_a_facility_stays_open_while_a_list_comes_in_that_may_hold_lines_of_it(world):
    with unit_of_work(Access.system("test")):
        for place in ("P1A", "P2A"):
            run = ImportRun(
                entity="x", file_name=f"{place}.csv", sha256="0", size=1, user_label="x", facility=world[place]
            )
            db.session.add(run)
            db.session.flush()
            db.session.add(Job(kind=APPLY, label=place, arguments=f'{{"run_id": {run.id}}}', state=RUNNING))
    with acting(editor(world, "BI")):
        assert [str(one.label) for one in services.holding(world["P1A-CDS1"])] == [
            "A list is being imported: “P1A.csv”"
        ]
        with pytest.raises(Refused, match=r"P1A\.csv"):
            services.close(world["P1A-CDS1"], today())
    with unit_of_work(Access.system("test")):
        db.session.scalars(select(Job).where(Job.label == "P1A")).one().state = DONE
    with acting(editor(world, "BI")):
        assert services.holding(world["P1A-CDS1"]) == []
