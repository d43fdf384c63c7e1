"""Public holidays and working hours as administrators keep them, and the calendars that places have of them."""

from datetime import date

import pytest
from sqlalchemy import select

from core.calendar import services
from core.data.access import Access, acting
from core.data.calendars import EXPECTED, FIXED, WITHDRAWN, Holiday, WorkingHours, calendar_of, calendars_of
from core.data.db import db
from core.data.errors import Conflict, Doubt, NotAllowed, Refused
from core.data.rows import store
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.data.worktime import ALWAYS, OFFICE
from core.facilities.models import Facility
from core.imports import services as imports
from core.users.rights.models import Role
from tests import make
from tests.pages import Forms

pytestmark = pytest.mark.both_databases
UNITY, EID = date(2026, 2, 5), date(2026, 3, 20)


def kept(year=2026):
    """Return {day: (French name, status)} of the holidays of a year."""
    rows = db.session.scalars(select(Holiday).where(Holiday.on >= date(year, 1, 1), Holiday.on <= date(year, 12, 31)))
    return {row.on: (row.label_fr, row.status) for row in rows}


def on(day):
    return db.session.scalars(select(Holiday).where(Holiday.on == day)).one()


def sent(client, address, answered=302, **typed):
    """Return the answer to the form of a page, with some fields typed anew."""
    form = next(form for form in Forms(client.get(address).text).found if form.post and form.action.startswith(address))
    answer = client.post(address, data={**form.data(), **typed})
    assert answer.status_code == answered, answer.text[:2000]
    return answer


def keeper(world, place):
    """Store somebody who keeps the calendar of a place, and return what he may do."""
    with unit_of_work(Access.system("test")):
        db.session.add(Role(code="keeper", label_en="k", label_fr="k", permissions="core.calendar.edit\ncore.import"))
        db.session.flush()
        world.users["keeper"] = make.user("keeper", world[place], "keeper").id
    return world.access("keeper")


@pytest.fixture
def proposed(world):
    """Return the world with the holidays of 2026 as the package has them."""
    with unit_of_work(Access.system("test")):
        services.propose(2026)
    return world


def test_a_year_is_proposed_in_french_with_the_feasts_that_are_announced_late_to_be_confirmed(proposed):
    assert kept()[UNITY] == ("Fête de l'Unité", FIXED)
    assert kept()[EID] == ("Aid-El-Fithr", EXPECTED) and on(EID).label_en == "Eid al-Fitr"
    assert [day for day, (_name, status) in kept().items() if status == EXPECTED] == [EID, date(2026, 5, 27)]
    assert len(kept()) == 15


def test_what_was_moved_or_withdrawn_is_not_proposed_again(proposed):
    with unit_of_work(Access.system("test")):
        services.change(on(EID), date(2026, 3, 21), "Aïd el-Fitr")
        services.withdraw(on(UNITY))
    with unit_of_work(Access.system("test")):
        assert services.propose(2026) == 0
    assert EID not in kept() and kept()[date(2026, 3, 21)] == ("Aïd el-Fitr", FIXED)
    assert kept()[UNITY] == ("Fête de l'Unité", WITHDRAWN)
    with unit_of_work(Access.system("test")):
        assert services.propose(2027) == len(kept(2027)) == 16


def test_a_place_is_free_on_the_days_of_all_that_it_lies_in_and_of_nothing_else(proposed):
    feast = date(2026, 7, 14)
    with unit_of_work(Access.system("test")):
        services.add(proposed["P1"], feast, "Fête de la province")
        services.withdraw(on(UNITY))
    here, there = (calendar_of(proposed[code]) for code in ("P1A-CDS1", "P2A-CDS1"))
    assert not here.is_working_day(feast) and there.is_working_day(feast)
    assert not here.is_working_day(EID) and here.is_working_day(UNITY)
    places = [proposed[code] for code in ("BI", "P1", "P1A-CDS1", "P2A-CDS1")]
    assert calendars_of(places) == {place.id: calendar_of(place) for place in places}


def test_hours_are_those_of_the_nearest_place_above_that_has_some(world):
    with unit_of_work(Access.system("test")):
        services.work(world["P1"], monday="7h30-15h30")
        services.work(world["P1A-CDS1"], True, **dict.fromkeys(("monday", "sunday"), "24h"))
    weeks = {code: calendar_of(world[code]).week for code in ("P2A-CDS1", "P1", "P1A-CDS2", "P1A-CDS1")}
    assert weeks["P2A-CDS1"] == OFFICE and weeks["P1A-CDS2"] == weeks["P1"] != OFFICE
    assert weeks["P1"].days[0] == ((450, 930),) and weeks["P1"].days[1] == ()
    assert weeks["P1A-CDS1"].days[6] == ALWAYS.days[6] and weeks["P1A-CDS1"].on_holidays
    with unit_of_work(Access.system("test")):
        services.inherit(world["P1A-CDS1"])
    assert calendar_of(world["P1A-CDS1"]).week == weeks["P1"]
    with pytest.raises(Conflict), unit_of_work(Access.system("test")):
        services.inherit(world["P1A-CDS1"])


def test_hours_without_sense_are_all_told_and_nothing_is_kept(world):
    with pytest.raises(Refused) as refused, unit_of_work(Access.system("test")):
        services.work(world["P1"], monday="matin", tuesday="07:30-12:00", friday="18:00-07:00")
    assert [one.field for one in refused.value.each] == ["monday", "friday"]
    with pytest.raises(Refused, match="au moins"), unit_of_work(Access.system("test")):
        services.work(world["P1"])
    assert calendar_of(world["P1"]).week == OFFICE


def test_a_second_holiday_on_one_day_is_asked_about(proposed):
    with pytest.raises(Doubt) as doubt, unit_of_work(Access.system("test")):
        services.add(proposed["BI"], UNITY, "Autre fête")
    with unit_of_work(Access.system("test"), confirmed=[doubt.value.questions[0].token]):
        services.add(proposed["BI"], UNITY, "Autre fête")
    with pytest.raises(Conflict, match="Rétablissez"), unit_of_work(Access.system("test")):
        services.withdraw(db.session.get(Holiday, 1))
        services.change(db.session.get(Holiday, 1), UNITY, "x")


def test_who_keeps_a_province_says_nothing_of_the_country(proposed):
    access = keeper(proposed, "P1")
    with acting(access), unit_of_work(access, reason="décret"):
        row = services.add(proposed["P1A"], date(2026, 8, 3), "Fête du district")
    with pytest.raises(NotAllowed), unit_of_work(access):
        services.withdraw(on(UNITY))
    with pytest.raises(NotAllowed), unit_of_work(access):
        services.work(proposed["P2"], monday="24h")
    with pytest.raises(NotAllowed), unit_of_work(access):  # the floor refuses what a service would forget
        on(UNITY).on = date(2026, 2, 6)
    query = select(AuditEntry).where(AuditEntry.entity == "core.holiday", AuditEntry.facility_id == row.facility_id)
    line = db.session.scalars(query).one()
    assert (line.entity_id, line.user_id) == (str(row.id), access.user_id) and "décret" in line.body


DECREE = "Date,Nom,Lieu,Statut\n2026-03-21,aid el fithr,,\n2026-02-05,Fête de l’Unité,,\n2026-07-14,Fête de P1,P1,\n"


def taken(path, text):
    """Import a list and return its report."""
    path.write_text(text, "utf-8")
    return imports.report_of(imports.take("core.holiday", path))


def test_the_list_of_a_decree_moves_the_feast_that_was_expected_and_doubles_none(proposed, tmp_path):
    report = taken(tmp_path / "decret.csv", DECREE)
    assert report["counts"] == {"moved": 1, "same": 1, "new": 1} and not report["refusals"]
    assert EID not in kept() and kept()[date(2026, 3, 21)] == ("Aid-El-Fithr", FIXED)
    assert len(kept()) == 16 and on(date(2026, 7, 14)).facility.code == "P1"
    assert taken(tmp_path / "again.csv", DECREE)["counts"] == {"same": 3}
    with pytest.raises(Doubt, match="déjà attendu"):
        taken(tmp_path / "other.csv", "Date,Nom\n2026-05-28,Fête du sacrifice\n")


def test_a_list_of_a_place_outside_ones_rights_is_refused(proposed, tmp_path):
    access = keeper(proposed, "P1")
    (tmp_path / "a.csv").write_text(DECREE, "utf-8")
    with acting(access):
        report = imports.dry_run("core.holiday", tmp_path / "a.csv", imports.propose)
    assert sorted(one.line for one in report.refusals) == [2, 3]


def test_an_administrator_moves_and_withdraws_a_holiday_by_its_pages(proposed, client):
    make.sign_in(client, "admin")
    listed = client.get("/calendar/").text
    assert "Aid-El-Fithr" in listed and "À confirmer" in listed
    there = on(EID).id
    sent(client, f"/calendar/{there}/edit", on="21/03/2026", status=FIXED)
    assert kept()[date(2026, 3, 21)] == ("Aid-El-Fithr", FIXED)
    assert "20/03/2026" in client.get(f"/calendar/{there}").text, "the history says on which day it was"
    sent(client, f"/do/core.holiday.withdraw/{there}", reason="Pas cette année")
    assert kept()[date(2026, 3, 21)][1] == WITHDRAWN
    assert "Pas cette année" in client.get(f"/calendar/{there}").text
    sent(client, "/do/core.holiday.propose", year="2028")
    assert len(kept(2028)) == 14


def test_a_place_gets_hours_by_its_page_and_what_is_wrong_is_told_at_its_day(proposed, client):
    make.sign_in(client, "admin")
    place = proposed["P1A-CDS1"].id
    assert "07:30–12:00" in client.get(f"/facilities/{place}").text
    answer = sent(client, f"/calendar/hours/{place}/edit", answered=422, monday="7h", tuesday="08:00-12:00")
    assert "«\xa07h\xa0»" in answer.text and 'value="08:00-12:00"' in answer.text
    sent(client, f"/calendar/hours/{place}/edit", monday="24h", sunday="24h")
    assert calendar_of(proposed["P1A-CDS1"]).week.days[6] == ALWAYS.days[6]
    assert "24 heures sur 24" in client.get("/calendar/hours").text
    make.sign_in(client, "nobody")
    assert client.get(f"/calendar/hours/{place}").status_code == 200
    assert client.get(f"/calendar/hours/{place}/edit").status_code == 403


def test_a_row_takes_a_place_as_its_form_gives_it_and_no_second_one_at_the_same_place(world):
    """What a `FacilityField` gives is a row: `store` keeps it, judges it by its place, and finds the twin."""
    here = lambda: db.session.get(Facility, world.ids["P1A"])  # noqa: E731
    with unit_of_work(Access.system("test")):
        assert store(WorkingHours(), facility=here(), monday="08:00-12:00").facility_id == world.ids["P1A"]
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        store(WorkingHours(), facility=here(), monday="09:00-12:00")
    with pytest.raises(TypeError, match="WorkingHours has no column place"), unit_of_work(Access.system("test")):
        store(WorkingHours(), place=here())
