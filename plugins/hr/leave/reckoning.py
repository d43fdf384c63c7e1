"""What is left of somebody's leave, with its working: reckoned whenever it is asked, from rules, ledger and requests.

No job adds days at night: credits follow from the rules and the days served, what was taken from the requests.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import select

from core.data.bulk import read_beside
from core.data.calendars import calendars_of
from core.data.db import db, today
from core.data.worktime import Calendar
from core.facilities.models import Facility
from plugins.hr.formulas.accrual import Credit, credit, periods_of, year_of
from plugins.hr.formulas.leavedays import days_of, resumed_on
from plugins.hr.formulas.lots import Balance, Earned, Lot, Taken, balance
from plugins.hr.leave.models import OPENING, LeaveCause, LeaveEntry, LeavePolicy, LeaveRequest, LeaveType
from plugins.hr.leave.service import Service
from plugins.hr.leave.states import COUNTED, PENDING, RESUMED

DAY = timedelta(days=1)
ALL_HIS = "the balance of a person is reckoned from all his leave, wherever he worked; who may read it is judged before"

COUNTED_BY = "how a leave is counted depends on its kind, also where whoever decides does not read it"
AWAY = "whoever asks for leave, or names an interim, is told whether that person is away or stands in himself"


@dataclass(frozen=True)
class Leave:
    """A leave as a balance counts it."""

    id: int
    number: str
    type_id: int
    facility_id: int
    first_day: date
    last_day: date
    unit: str
    days: int
    state: str


@dataclass(frozen=True)
class Given:
    """A credit of the working: what earned it, by which rule or decision, and what has become of it."""

    earned: Earned
    credit: Credit | None = None
    policy: LeavePolicy | None = None
    entry: LeaveEntry | None = None


@dataclass
class Account:
    """The leave of one kind of a person: the rule that holds today, what gave it, and what took it."""

    type: LeaveType
    policy: LeavePolicy | None
    given: list[Given]
    leaves: list[Leave]
    taken: list[Taken] = field(default_factory=list)

    def at(self, day: date) -> Balance:
        """Return the balance at the end of a day."""
        return balance((one.earned for one in self.given), self.taken, day)

    def lots(self, day: date) -> list[tuple[Given, Lot]]:
        """Return each credit with what has become of it by a day."""
        by_earned = {id(one.earned): one for one in self.given}
        return [(by_earned[id(lot.earned)], lot) for lot in self.at(day).lots]

    def pending(self) -> Fraction:
        """Return the days of requests that nobody has decided yet."""
        return Fraction(sum(one.days for one in self.leaves if one.state in PENDING))

    def planned(self, day: date) -> Fraction:
        """Return the days of approved leave that lie after a day."""
        decided = {one.id for one in self.leaves if one.state not in PENDING}
        return sum((one.amount for one in self.taken if one.by in decided and one.on > day), Fraction(0))

    def free(self, day: date) -> Fraction:
        """Return what may still be asked for on a day: the balance, less what is approved or asked for besides."""
        waiting = {one.id for one in self.leaves if one.state in PENDING}
        counted = sum((one.amount for one in self.taken if one.by in waiting and one.on <= day), Fraction(0))
        return self.at(day).left - self.planned(day) - self.pending() + counted

    def short(self) -> Fraction:
        """Return how many days of all that was asked for no credit ever covers."""
        end = max((one.on for one in self.taken), default=today())
        return self.at(end).owed


def policies_of(types: Iterable[int]) -> dict[int, list[LeavePolicy]]:
    """Return {kind: its rules in the order of days}."""
    found: dict[int, list[LeavePolicy]] = {}
    query = select(LeavePolicy).where(LeavePolicy.type_id.in_(list(types)))
    for row in db.session.scalars(query.order_by(LeavePolicy.valid_from, LeavePolicy.id)):
        found.setdefault(row.type_id, []).append(row)
    return found


def policy_on(policies: Iterable[LeavePolicy], day: date) -> LeavePolicy | None:
    """Return the rule that holds on a day; of two the later one."""
    return next((one for one in reversed(list(policies)) if one.holds(day)), None)


def leaves_of(person_id: int, besides: int | None = None) -> list[Leave]:
    """Return the leave of a person that counts, but for one request."""
    of = LeaveRequest.__table__.c
    why = LeaveCause.__table__.c
    kind = select(why.type_id).where(why.request_id == of.id).correlate(LeaveRequest.__table__).scalar_subquery()
    query = select(
        of.id, of.number, of.type_id, kind.label("hidden"), of.facility_id, of.first_day, of.last_day, of.unit, of.days,
        of.state,
    ).where(of.person_id == person_id, of.state.in_(COUNTED), of.id != (besides or 0))  # fmt: skip
    return [
        Leave(row.id, row.number, row.type_id or row.hidden, row.facility_id, row.first_day, row.last_day, row.unit,
              row.days, row.state)
        for row in read_beside(query.order_by(of.first_day), ALL_HIS)
    ]  # fmt: skip


def type_of(row: LeaveRequest) -> LeaveType:
    """Return the kind of a leave, as the machine has to know it: of a confidential one it stands with its cause."""
    if row.type is not None:
        return row.type
    table = LeaveCause.__table__.c
    kind = read_beside(select(table.type_id).where(table.request_id == row.id), COUNTED_BY).scalar_one()
    return db.session.get_one(LeaveType, kind)


def standing_in(person_id: int, first: date, last: date) -> list[str]:
    """Return the numbers of the leaves in which somebody stands in for another within some days."""
    of = LeaveRequest.__table__.c
    query = select(of.number).where(
        of.stand_in_id == person_id, of.state.in_(COUNTED), of.state != RESUMED, of.first_day <= last,
        of.last_day >= first,
    )  # fmt: skip
    return list(read_beside(query, AWAY).scalars())


def account(
    person_id: int, type_: LeaveType, service: Service, upto: date, leaves: Sequence[Leave],
    calendars: dict[int, Calendar],
) -> Account:  # fmt: skip
    """Return the account of a kind of leave of a person, with all that is earned up to a day."""
    policies = policies_of([type_.id]).get(type_.id, [])
    entries = _entries(person_id, type_.id)
    begins = max((one.on for one in entries if one.kind == OPENING), default=None)
    earned = _of_rules(policies, service, upto)  # a balance at a start holds what could be taken on its day
    later = (one for one in earned if begins is None or one.earned.on > begins)
    given = [*_of_entries(entries, begins, policies), *later]
    mine = [one for one in leaves if one.type_id == type_.id]
    found = Account(type_, policy_on(policies, today()), sorted(given, key=lambda one: one.earned.on), mine)
    found.taken = [
        *(day for one in mine for day in spread(one, calendars[one.facility_id]) if begins is None or day.on > begins),
        *(Taken(one.on, -Fraction(one.days), f"entry/{one.id}") for one in _counting(entries, begins) if one.days < 0),
    ]
    return found


def calendars_for(leaves: Iterable[Leave], *besides: Facility) -> dict[int, Calendar]:
    """Return the calendars of the places of some leaves, and of others, in few statements."""
    ids = {one.facility_id for one in leaves} - {place.id for place in besides}
    others = db.session.scalars(select(Facility).where(Facility.id.in_(ids))).all() if ids else []
    return calendars_of([*besides, *others])


def spread(one: Leave, calendar: Calendar) -> Iterator[Taken]:
    """Yield the days that a leave takes, as many as were counted: where the calendar is another by now, its last day
    bears the difference until it is counted again."""
    days = days_of(one.first_day, one.last_day, one.unit, calendar.is_working_day)[: one.days]
    for day in days[:-1]:
        yield Taken(day, Fraction(1), one.id)
    if one.days:
        yield Taken(days[-1] if days else one.last_day, Fraction(one.days - max(len(days) - 1, 0)), one.id)


def counted(first: date, last: date, unit: str, calendar: Calendar) -> tuple[int, date]:
    """Return how many days a leave takes by a calendar, and the day of the return."""
    works = calendar.is_working_day
    return len(days_of(first, last, unit, works)), resumed_on(last, works)


def _entries(person_id: int, type_id: int) -> list[Any]:
    of = LeaveEntry.__table__.c
    query = select(of.id, of.kind, of.on, of.days, of.expires_on, of.decision)
    query = query.where(of.person_id == person_id, of.type_id == type_id).order_by(of.on, of.id)
    return list(read_beside(query, ALL_HIS))


def _counting(entries: Iterable[Any], begins: date | None) -> Iterator[Any]:
    """Yield the entries that count: those from the latest balance at a start on."""
    latest = max((one.id for one in entries if one.kind == OPENING and one.on == begins), default=None)
    for one in entries:
        if begins is None or one.on > begins or one.id == latest:
            yield one


def _of_entries(entries: Sequence[Any], begins: date | None, policies: Sequence[LeavePolicy]) -> Iterator[Given]:
    for one in _counting(entries, begins):
        if one.days > 0:
            policy = policy_on(policies, one.on)
            year = year_of(one.on, policy.year_month if policy else 1)
            ends = one.expires_on or (None if policy is None else _expiry(policy, year.last))
            yield Given(Earned(one.on, year.last, ends, Fraction(one.days)), entry=one)


def _of_rules(policies: Sequence[LeavePolicy], service: Service, upto: date) -> Iterator[Given]:
    """Yield the credits of the rules, period by period, from the first day of service on."""
    rules = [one for one in policies if one.annual]
    if service.joined is None or not rules:
        return
    day = service.joined
    ends = min(upto, service.left or upto)
    while day <= ends:
        policy = policy_on(rules, day)
        if policy is None:
            coming = [one.valid_from for one in rules if one.valid_from is not None and one.valid_from > day]
            if not coming:
                return
            day = min(coming)
            continue
        given = _credit(policy, day, service.left)
        yield given
        assert given.credit is not None
        day = min(given.credit.period.last, policy.valid_until or given.credit.period.last) + DAY


def _credit(policy: LeavePolicy, day: date, left: date | None) -> Given:
    """Return what the period of a day gives, from that day on."""
    year = year_of(day, policy.year_month)
    period = next(one for one in periods_of(year, policy.periods) if one.first <= day <= one.last)
    last = min((each for each in (left, policy.valid_until) if each is not None), default=None)
    found = credit(Fraction(policy.annual or 0), policy.periods, policy.rounding, period, day, last, policy.ahead)
    assert found is not None
    most = None if policy.carry_most is None else Fraction(policy.carry_most)
    return Given(Earned(found.on, year.last, _expiry(policy, year.last), found.amount, most), found, policy)


def _expiry(policy: LeavePolicy, year_ends: date) -> date | None:
    """Return the last day on which leave of a year holds: None for ever."""
    if policy.carry_months is None:
        return None
    return year_ends + DAY + relativedelta(months=policy.carry_months) - DAY
