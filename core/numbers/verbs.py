"""What is done to the years of document numbers."""

from core.contract.series import RIGHT
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.numbers import ClosedYear
from core.numbers import services
from core.numbers.forms import YearForm
from core.web.forms import ReasonForm

CLOSE = Verb(
    "core.closed_year.close", _("Close a year"), RIGHT, services.close, None, YearForm,
    lambda row: _("Closed: %(year)s.", year=row.name), "numbers.index", "numbers.close",
)  # fmt: skip
REOPEN = Verb(
    "core.closed_year.reopen", _("Open again"), RIGHT, services.reopen, ClosedYear, ReasonForm,
    _("The year gives numbers again."), "numbers.index", offered=services.may_reopen,
    warning=_("Papers may be dated in this year again."),
)  # fmt: skip
VERBS = [CLOSE, REOPEN]
