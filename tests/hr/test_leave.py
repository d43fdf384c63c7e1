"""Leave from the request to the return: who may do what, what cannot be, and what is left."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from sqlalchemy import select

from core.calendar import services as calendar
from core.data.access import Access
from core.data.db import db, today
from core.data.errors import Conflict, Doubt, Invalid, NotAllowed, Refused
from core.data.states import history
from core.data.work import unit_of_work
from core.users.interims.models import Interim
from plugins.hr.careers.merging import merge
from plugins.hr.leave import rules as keeping
from plugins.hr.leave import services
from plugins.hr.leave.balances import accounts_of
from plugins.hr.leave.models import LeaveCause, LeaveEntry, LeavePolicy, LeaveRequest
from plugins.hr.leave.month import month_of, touched
from plugins.hr.leave.service import service_of
from plugins.hr.leave.states import shown
from plugins.hr.persons import services as persons
from plugins.hr.persons.models import Person
from plugins.hr.posts import services as posts
from plugins.hr.posts.models import Assignment
from tests.hr.leaves import HERE, NOON, agent, approved, asked, do, kind, row, working_day
from tests.hr.make import seen

pytestmark = pytest.mark.both_databases


def account(world, login, code="annual"):
    db.session.expire_all()
    with unit_of_work(world.access(login)):
        found = accounts_of(service_of(world.people[login]))
        return next(one for one in found if one.type.code == code)


def left(world, login):
    one = account(world, login)
    return one.at(today()).left, one.free(today())


def test_one_asks_the_head_gives_an_opinion_the_officer_decides_and_service_is_resumed(unit):
    with time_machine.travel(NOON, tick=False):
        id = asked(unit, "nurse", date(2026, 6, 22), 8)
        asking = row(id)
        assert (asking.last_day, asking.days, asking.back_on) == (date(2026, 7, 1), 8, date(2026, 7, 2))
        assert left(unit, "nurse") == (40, 32), "of two years, and what is asked for counts"
        for login in ("nurse", "other", "rh2"):
            with pytest.raises((NotAllowed, Refused)):
                do(unit, login, services.favour, id)
        do(unit, "chief", services.favour, id, stand_in=unit.people["other"], reason="Le service est assuré")
        for login in ("nurse", "chief", "rh2"):
            with pytest.raises((NotAllowed, Refused)):
                do(unit, login, services.approve, id)
        do(unit, "rh", services.approve, id, stand_in=unit.people["other"])
        assert (row(id).state, shown(row(id)), row(id).stand_in) == ("approved", "approved", "Rose Ndikumana")
    with time_machine.travel("2026-06-23 12:00:00+02:00", tick=False):
        assert shown(row(id)) == "under_way"
        assert left(unit, "nurse") == (38, 32)
        with pytest.raises(Conflict):
            do(unit, "nurse", services.cancel, id)
    with time_machine.travel("2026-07-03 12:00:00+02:00", tick=False):
        assert shown(row(id)) == "late"
        do(unit, "nurse", services.resume, id, resumed_on=date(2026, 7, 2))
        assert (row(id).state, row(id).days, left(unit, "nurse")) == ("resumed", 8, (32, 32))
    assert [step.action for step in history(row(id))] == ["submit", "favour", "approve", "resume"]


def test_whoever_is_back_early_gets_the_days_back(unit):
    with time_machine.travel(NOON, tick=False):
        id = approved(unit, "nurse", first=date(2026, 6, 22), number=8)
    with time_machine.travel("2026-06-26 12:00:00+02:00", tick=False):
        for day in (date(2026, 6, 21), date(2026, 6, 27)):
            with pytest.raises(Refused):
                do(unit, "chief", services.attest, id, resumed_on=day)
        do(unit, "chief", services.attest, id, resumed_on=date(2026, 6, 25))
        assert (row(id).last_day, row(id).days, left(unit, "nurse")) == (date(2026, 6, 24), 3, (37, 37))


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"first_day": date(2026, 7, 6), "last_day": date(2026, 7, 3)}, "last_day"),
        ({"first_day": date(2026, 7, 4), "last_day": date(2026, 7, 5)}, "last_day"),  # a weekend
        ({"first_day": date(2026, 7, 6)}, "last_day"),  # neither a last day nor a number
        ({"first_day": date(2026, 7, 6), "number": 0}, "number"),
        ({"first_day": date(2026, 7, 6), "last_day": date(2026, 7, 8), "number": 9}, "number"),
        ({"first_day": date(2026, 7, 6), "number": 41}, "last_day"),  # the balance is 40
        ({"first_day": date(2026, 7, 6), "number": 7, "code": "special"}, "last_day"),  # six at most
        ({"first_day": date(2025, 7, 7), "number": 2}, "first_day"),  # long past
        ({"first_day": date(2036, 7, 7), "number": 2}, "first_day"),
        ({"first_day": date(2026, 7, 6), "last_day": date(2028, 7, 6)}, "last_day"),
        ({"first_day": date(2026, 7, 6), "number": 90, "code": "maternity", "who": "other"}, "kind"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(unit, facts, field):
    with time_machine.travel(NOON, tick=False), pytest.raises(Invalid) as wrong:
        facts = {"code": "annual", "who": "nurse", **facts}
        who = facts.pop("who")
        with unit_of_work(unit.access(who)):
            services.ask(kind=kind(facts.pop("code")), **facts)
    assert set(wrong.value.errors) == {field}
    assert db.session.scalars(select(LeaveRequest.id)).all() == []


def test_overlapping_leave_is_refused_and_drafts_hold_no_days(unit):
    with time_machine.travel(NOON, tick=False):
        draft = asked(unit, "nurse", date(2026, 7, 6), 3, then="draft")
        assert left(unit, "nurse") == (40, 40)
        first = asked(unit, "nurse", date(2026, 7, 8), 3)
        with pytest.raises(Invalid) as wrong:
            asked(unit, "nurse", date(2026, 7, 10), 3, "special")
        assert set(wrong.value.errors) == {"first_day"}
        assert row(first).number in str(wrong.value.errors["first_day"])
        with pytest.raises(Invalid):
            do(unit, "nurse", services.submit, draft)
        do(unit, "nurse", services.cancel, first)
        do(unit, "nurse", services.submit, draft)
        assert left(unit, "nurse") == (40, 37)
        asked(unit, "other", date(2026, 7, 6), 3)


def test_a_leave_of_today_may_not_take_the_days_of_one_to_come(unit):
    with time_machine.travel(NOON, tick=False):
        asked(unit, "nurse", date(2026, 9, 7), 38)
        with pytest.raises(Invalid):
            asked(unit, "nurse", date(2026, 7, 6), 3)
        asked(unit, "nurse", date(2026, 7, 6), 2)


def test_a_rule_may_ask_where_another_refuses(unit):
    with unit_of_work(Access.system("test")):
        policy = db.session.scalars(select(LeavePolicy).where(LeavePolicy.annual.is_not(None))).one()
        policy.beyond = "ask"
    with time_machine.travel(NOON, tick=False):
        day = date(2026, 7, 6)
        with pytest.raises(Doubt) as doubt:
            asked(unit, "nurse", day, 41)
        tokens = [one.token for one in doubt.value.questions]
        with unit_of_work(unit.access("nurse"), confirmed=tokens):
            id = services.ask(kind=kind(), first_day=day, number=41).id
        assert row(id).days == 41
        assert left(unit, "nurse") == (40, -1)


def test_an_opening_balance_takes_the_place_of_what_was_before(unit):
    with time_machine.travel(NOON, tick=False):
        with unit_of_work(unit.access("rh")):
            who = db.session.get_one(Person, unit.people["nurse"])
            said = {"kind": kind(), "decision": "Fiche n° 12", "on": date(2026, 6, 1)}
            keeping.enter(who, entry="opening", days=Decimal("7.5"), **said)
            keeping.enter(who, entry="extra", days=Decimal(-2), **{**said, "on": date(2026, 6, 10)})
            with pytest.raises(Invalid):
                keeping.enter(who, entry="opening", days=Decimal(-1), **said)
            with pytest.raises(Invalid):
                keeping.enter(who, entry="extra", days=Decimal(3), **{**said, "on": date(2026, 7, 10)})
        assert account(unit, "nurse").at(today()).left == Fraction(11, 2), "the credit of the year is in it"
        assert account(unit, "nurse").at(date(2027, 1, 1)).left == Fraction(11, 2) + 20
    assert len(db.session.scalars(select(LeaveEntry.id)).all()) == 2


def test_sickness_is_read_by_few(unit):
    with time_machine.travel(NOON, tick=False):
        id = asked(unit, "nurse", date(2026, 6, 15), 4, "sick", note="opération")
        cause = db.session.scalars(select(LeaveCause.id)).one()
        assert {one for one in unit.users if seen(unit, one, LeaveCause, cause)} == {"nurse", "rh", "boss", "director"}
        assert {one for one in unit.users if seen(unit, one, LeaveRequest, id)} == {
            "nurse", "rh", "boss", "director", "chief",
        }  # fmt: skip
        for login, words in (("chief", ("Absent", "Absent")), ("nurse", ("Congé de maladie",)), ("rh", ("Congé",))):
            db.session.expire_all()
            with unit_of_work(unit.access(login)):
                assert row(id).what.startswith(words)
        assert row(id).type_id is None
        assert row(id).note == ""
        do(unit, "chief", services.favour, id)
        do(unit, "rh", services.approve, id)


def test_the_head_asks_for_whoever_has_no_account(unit):
    with time_machine.travel(NOON, tick=False):
        held = db.session.scalars(select(Assignment).where(Assignment.person_id == unit.people["other"])).one().id
        facts = {"first_day": date(2026, 7, 6), "last_day": date(2026, 7, 10)}
        assert not any(seen(unit, login, Assignment, held) for login in ("nurse", "rh2"))
        with pytest.raises(NotAllowed), unit_of_work(unit.access("auditor")):
            services.ask_for(db.session.get_one(Assignment, held), kind=kind(), **facts)
        with unit_of_work(unit.access("chief")):
            id = services.ask_for(db.session.get_one(Assignment, held), kind=kind(), **facts).id
        assert (row(id).state, row(id).name, row(id).asked_by) == ("submitted", "Rose Ndikumana", "Chief")


def test_the_interim_lends_the_rights_and_ends_with_the_return(unit):
    with time_machine.travel(NOON, tick=False):
        first = date(2026, 6, 22)
        with unit_of_work(unit.access("chief")):
            asked_for = services.ask(kind=kind(), first_day=first, number=5).id
        with pytest.raises(Refused):
            do(unit, "chief", services.favour, asked_for)
        do(unit, "rh", services.favour, asked_for, stand_in=unit.people["other"])
        with pytest.raises(Refused) as wrong:
            do(unit, "rh", services.approve, asked_for, stand_in=unit.people["chief"])
        assert wrong.value.field == "stand_in"
        do(unit, "rh", services.approve, asked_for, stand_in=unit.people["other"])
        interim = db.session.get_one(Interim, row(asked_for).interim_id)
        assert (interim.first_day, interim.last_day) == (first, date(2026, 6, 28))
        assert not unit.access("other").can("hr.leave.advise")
        waiting = asked(unit, "nurse", date(2026, 7, 6), 2)
    with time_machine.travel("2026-06-24 12:00:00+02:00", tick=False):
        assert unit.access("other").can("hr.leave.advise", unit[HERE])
        do(unit, "other", services.favour, waiting)
        assert row(waiting).advised_by == "Ndikumana, pour Chief"
        do(unit, "chief", services.resume, asked_for, resumed_on=today())
        assert not unit.access("other").can("hr.leave.advise")
        assert db.session.get_one(Interim, row(asked_for).interim_id).ended_at is not None


def test_whoever_is_away_does_not_stand_in_and_is_asked_when_he_does(unit):
    with time_machine.travel(NOON, tick=False):
        day = date(2026, 6, 22)
        id, taken = asked(unit, "nurse", day), approved(unit, "other", first=day)
        with pytest.raises(Refused) as wrong:
            do(unit, "chief", services.favour, id, stand_in=unit.people["other"])
        assert wrong.value.field == "stand_in"
        do(unit, "rh", services.revoke, taken, reason="Besoin du service")
        do(unit, "chief", services.favour, id, stand_in=unit.people["other"])
        with pytest.raises(Doubt):
            asked(unit, "other", day)


def test_a_holiday_that_comes_later_lists_whom_it_touches(unit):
    with time_machine.travel(NOON, tick=False):
        id, apart = asked(unit, "nurse", date(2026, 6, 22), 5), asked(unit, "other", date(2026, 7, 6), 5)
        with unit_of_work(Access.system("test")):
            calendar.add(unit["BI"], date(2026, 6, 24), "Deuil national")
        with unit_of_work(unit.access("rh")):
            (found,) = touched()
            assert (found.row.id, found.days, found.back_on) == (id, 4, date(2026, 6, 29))
        assert left(unit, "nurse") == (40, 35)
        do(unit, "rh", services.recount, id)
        with pytest.raises(Refused):
            do(unit, "rh", services.recount, id)
        assert (row(id).days, left(unit, "nurse")) == (4, (40, 36))
        with unit_of_work(unit.access("rh")):
            assert touched() == []
        with pytest.raises(NotAllowed):
            do(unit, "chief", services.recount, apart)


def test_the_month_says_who_is_away(unit):
    with time_machine.travel(NOON, tick=False):
        id = asked(unit, "nurse", date(2026, 6, 29), 4)
        with unit_of_work(unit.access("chief")):
            days = month_of(unit[HERE], date(2026, 7, 1))
            assert [one.day.day for one in days if one.away] == [1, 2]
            assert days[1].away[0].id == id
            assert [one.day.day for one in days if not one.works][:2] == [4, 5]
        with unit_of_work(unit.access("other")):
            assert not any(one.away for one in month_of(unit[HERE], date(2026, 7, 1)))


def test_rules_follow_one_another(unit):
    with unit_of_work(unit.access("director")):
        first = db.session.scalars(select(LeavePolicy).where(LeavePolicy.annual.is_not(None))).one().id
        keeping.add_policy(type=kind(), source="Loi 2", valid_from=date(2026, 1, 1), unit="working", annual=Decimal(24),
                           periods=12, rounding="half", beyond="refuse", carry_months=0)  # fmt: skip
        assert db.session.get_one(LeavePolicy, first).valid_until == date(2025, 12, 31)
        with pytest.raises(Invalid):
            keeping.change_policy(db.session.get_one(LeavePolicy, first), valid_until=None)
        with pytest.raises(Invalid):
            keeping.add_policy(type=kind(), source="Loi 3", valid_from=date(2025, 1, 1), unit="working",
                               annual=Decimal(24))  # fmt: skip
    with pytest.raises(NotAllowed), unit_of_work(unit.access("rh")):
        keeping.add_type(code="x", label_fr="X")
    with time_machine.travel(NOON, tick=False):
        assert left(unit, "nurse")[0] == 20 + 12, "of 2025 the whole year, of 2026 six months"


def test_two_requests_at_once_are_judged_one_after_the_other(unit):
    """Whoever comes second sees the days of the first, also where both pages were open."""
    with time_machine.travel(NOON, tick=False):
        asked(unit, "nurse", working_day(unit, date(2026, 7, 3)), 38)
        with pytest.raises(Invalid):
            asked(unit, "nurse", date(2026, 10, 5), 3)
        assert left(unit, "nurse") == (40, 2)


def test_leave_goes_with_the_file_that_stays(unit):
    with time_machine.travel(NOON, tick=False):
        gone = agent(unit, "twin", "Sinzinkayo", sex="M")
        id, day = asked(unit, "twin", date(2026, 6, 22), 5), date(2026, 6, 24)
        with unit_of_work(unit.access("rh")):
            who = db.session.get_one(Person, gone)
            facts = {"kind": kind(), "decision": "Fiche 3", "on": date(2026, 6, 1)}
            keeping.enter(who, entry="opening", days=Decimal(9), **facts)
            persons.link(who, None)
            posts.end(db.session.scalars(select(Assignment).where(Assignment.person_id == gone)).one(), last=today())
        clash = asked(unit, "other", day, 1)
        stays = unit.people["other"]
        with pytest.raises(Refused) as wrong, unit_of_work(unit.access("rh")):
            merge(db.session.get_one(Person, gone), into=db.session.get_one(Person, stays))
        assert wrong.value.field == "into"
        do(unit, "other", services.cancel, clash)
        with unit_of_work(Access.system("test")):
            held = db.session.scalars(select(Assignment).where(Assignment.person_id == gone)).one()
            held.first, held.last = date(2009, 1, 1), date(2009, 2, 1)
        with unit_of_work(unit.access("rh")):
            merge(db.session.get_one(Person, gone), into=db.session.get_one(Person, stays))
        assert (row(id).person_id, row(id).name, row(id).user_id) == (stays, "Rose Ndikumana", unit.users["other"])
        assert left(unit, "other") == (9, 4)


def test_the_account_shows_its_whole_working(unit):
    with time_machine.travel("2027-02-01 12:00:00+02:00", tick=False):
        id = asked(unit, "nurse", date(2027, 2, 8), 25)
        one = account(unit, "nurse")
        assert one.pending() == 25
        end = date(2027, 3, 12)
        lots = [(given.credit.period.first.year, lot.taken, lot.expired, lot.left) for given, lot in one.lots(end)[-2:]]
        assert lots == [(2026, 20, 0, 0), (2027, 5, 0, 15)]
        expired = {given.credit.period.first.year: lot.expired for given, lot in one.lots(end)}
        assert expired[2024] == 20
        assert expired[2015] == 20 * Fraction(306, 365)
        assert row(id).days == 25


def test_ended_leave_is_left_alone_after_an_afternoon(unit):
    with time_machine.travel(NOON, tick=False):
        id = asked(unit, "nurse", date(2026, 6, 22), 5)
        do(unit, "chief", services.disfavour, id, reason="Trop de malades")
        do(unit, "rh", services.refuse, id, reason="Trop de malades")
        for login, run in (("nurse", services.cancel), ("nurse", services.submit), ("rh", services.approve)):
            with pytest.raises((Conflict, Invalid)):
                do(unit, login, run, id)
        assert left(unit, "nurse") == (40, 40)
        assert timedelta(0) == row(id).asked_on - today()
