"""On which days a store's document may be: what cannot be is refused, what is unusual is asked."""

from datetime import date

from dateutil.relativedelta import relativedelta
from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Refused
from core.data.work import ask
from core.facilities.models import Facility
from plugins.elmis.ledger.limits import limit
from plugins.elmis.requisitions.models import Period

YEARS = 10  # a document of more years back is a slip of the pen
ADJUST = "elmis.stock.adjust"


def check_day(facility: Facility, on: date, field: str = "occurred_on") -> str:
    """Return what the person confirmed about a document's day, or ""; Refused when it cannot be."""
    words = f"{on:%d/%m/%Y}"
    if on > today():
        raise Refused(_("The date lies in the future."), field=field)
    if facility.opened_on and on < facility.opened_on:
        opened = f"{facility.opened_on:%d/%m/%Y}"
        said = _("%(facility)s opened on %(day)s. Check the year.", facility=facility.name, day=opened)
        raise Refused(said, field=field)
    if on < today() - relativedelta(years=YEARS):
        raise Refused(_("%(day)s lies more than %(years)s years back. Check the year.", day=words, years=YEARS), field)
    if closed(on):
        return _in_closed_month(facility, on, field)
    months = limit("months_back")
    if on < today() - relativedelta(months=months):
        said = _("%(day)s lies more than %(months)s months back.", day=words, months=months)
        return ask("old_day", said, about=words, field=field)
    return ""


def closed(on: date) -> bool:
    """Return whether the month of a day is closed."""
    query = select(Period.id).where(Period.month == on.replace(day=1), Period.closed)
    return db.session.scalar(query) is not None


def _in_closed_month(facility: Facility, on: date, field: str) -> str:
    """Return the yes of who may adjust stocks; everybody else is told what to do."""
    month = f"{on:%m/%Y}"
    if not current().can(ADJUST, facility):
        said = _(
            "The month %(month)s is closed: its figures were reported. Enter a later day, or ask a stock manager.",
            month=month,
        )
        raise Refused(said, field=field)
    said = _("The month %(month)s is closed: its reported figures will no longer be those of the ledger.", month=month)
    return ask("closed_month", said, about=f"{on}", field=field)
