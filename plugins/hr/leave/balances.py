"""The leave of a person on one page: an account for each kind that keeps a balance, and all his requests."""

from collections.abc import Sequence

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.data.db import db, today
from plugins.hr.leave.models import LeaveRequest, LeaveType
from plugins.hr.leave.reckoning import Account, account, calendars_for, leaves_of, policies_of
from plugins.hr.leave.service import Service

FURTHER = relativedelta(years=1)


def accounts_of(service: Service) -> list[Account]:
    """Return the accounts of the kinds of leave of which days are earned, the most usual kind first."""
    rows = db.session.scalars(select(LeaveType).order_by(LeaveType.position, LeaveType.label_fr)).all()
    rules = policies_of(row.id for row in rows)
    earned = [row for row in rows if any(one.annual for one in rules.get(row.id, []))]
    fitting = [row for row in earned if not (row.sex and service.sex) or row.sex == service.sex]
    leaves = leaves_of(service.person_id)
    calendars, upto = calendars_for(leaves, service.place), today() + FURTHER
    return [account(service.person_id, row, service, upto, leaves, calendars) for row in fitting]


def own_leave(service: Service) -> Sequence[LeaveRequest]:
    """Return the requests of a person that whoever asks may read, the latest first."""
    query = select(LeaveRequest).where(LeaveRequest.person_id == service.person_id)
    query = query.options(selectinload(LeaveRequest.cause), selectinload(LeaveRequest.facility))
    return db.session.scalars(query.order_by(LeaveRequest.first_day.desc(), LeaveRequest.id.desc()).limit(100)).all()
