"""On which days a store's document may be: what cannot be is refused, what is unusual is asked."""

from datetime import date

from dateutil.relativedelta import relativedelta

from core.contract.ports import Words
from core.contract.words import _
from core.data.db import local, today
from core.data.errors import Refused
from core.data.settings import value_of
from core.data.work import ask, written_at
from core.facilities.models import Facility
from plugins.elmis.catalogue.limits import MONTHS_BACK
from plugins.elmis.ledger import months

YEARS = 10  # a document of more years back is a slip of the pen


def too_old(on: date) -> Words | None:
    """Return why a day lies too far back for any document, or None."""
    if on.year > today().year - YEARS or on >= today() - relativedelta(years=YEARS):
        return None
    return _("%(day)s lies more than %(years)s years back. Check the year.", day=f"{on:%d/%m/%Y}", years=YEARS)


def check_day(facility: Facility, on: date, field: str = "occurred_on") -> str:
    """Return what the person confirmed about a document's day, or ""; Refused when it cannot be."""
    words = f"{on:%d/%m/%Y}"
    if on > today():
        raise Refused(_("The date lies in the future."), field=field)
    if facility.opened_on and on < facility.opened_on:
        opened = f"{facility.opened_on:%d/%m/%Y}"
        said = _("%(facility)s opened on %(day)s. Check the year.", facility=facility.name, day=opened)
        raise Refused(said, field=field)
    if (old := too_old(on)) is not None:
        raise Refused(old, field)
    if confirmed := months.check([(on, facility)], field):
        return confirmed
    then = today() if (written := written_at()) is None else local(written).date()
    a_month_ago = then - relativedelta(months=1)  # within it nothing is looked up
    if on < a_month_ago and on < then - relativedelta(months=(back := value_of(MONTHS_BACK, facility))):
        said = _("%(day)s lies more than %(months)s months back.", day=words, months=back)
        return ask("old_day", said, about=words, field=field)
    return ""
