"""What is done to counts."""

from functools import partial
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _, ngettext
from core.facilities.models import Facility
from core.web.forms import ReasonForm
from plugins.elmis.counts import steps
from plugins.elmis.counts.forms import open_form, review_of, sheet_of
from plugins.elmis.counts.models import CANCELLED, COUNTING, MACHINE, RIGHT, Count
from plugins.elmis.counts.services import open_sheets
from plugins.elmis.counts.steps import Kept, Posted

SHOW = "counts.show"
KEPT = ["store.articles", "store.at_the_line"]


def _progress(kept: Kept) -> Any:
    lines = kept.count.lines
    done = sum(line.counted is not None for line in lines)
    return _("Kept: %(done)s of %(all)s lines are counted.", done=done, all=len(lines))


def _kept(kept: Kept) -> Any:
    if kept.added:
        return _("The lot is on the sheet.")
    return _("Everything is counted. Check the differences.") if kept.whole else _progress(kept)


def _on(kept: Kept) -> str:
    at = kept.at.isoformat(timespec="minutes") if kept.at else None
    return url_for(SHOW, id=kept.count.id, at=at, line=kept.line.id if kept.line else None)


def _posted(done: Posted) -> Any:
    if done.differing is None:
        return _("The order of the movements is kept, and the differences follow. Check them, then post.")
    return ngettext("%(num)d difference is posted.", "%(num)d differences are posted.", done.differing)


START = Verb(
    "elmis.count.start", _("Start a count"), RIGHT, steps.open_sheet, Facility, open_form,
    lambda count: _("The count %(number)s is open.", number=count.number), page="counts.index",
)  # fmt: skip
KEEP = Verb(
    "elmis.count.keep", _("Keep"), RIGHT, steps.keep, Count, sheet_of, _kept, _on, SHOW, offline=KEPT,
    kept_rows=open_sheets,
)  # fmt: skip
CHECK = MACHINE.verb(
    "review", Count, steps.check, form=sheet_of, said=_kept, to=_on, page=SHOW, offline=KEPT, kept_rows=open_sheets
)
SET_ASIDE = Verb(
    "elmis.count.set_aside", _("Check the counted lines alone"), RIGHT, partial(steps.check, aside=True), Count,
    sheet_of, _kept, _on, SHOW, offline=KEPT, kept_rows=open_sheets,
)  # fmt: skip
SHEET = {"review": CHECK, "aside": SET_ASIDE}  # by what the buttons of the sheet say; any other one keeps it
REVIEW = {
    "post": MACHINE.verb("post", Count, steps.post, form=review_of, said=_posted, page=SHOW),
    "recount": MACHINE.verb(
        "recount", Count, steps.recount, form=review_of, said=MACHINE.states[COUNTING].label, page=SHOW
    ),
    "reasons": Verb(
        "elmis.count.say_why", _("Keep the reasons"), RIGHT, steps.say_why, Count, review_of,
        _("The reasons are kept."), page=SHOW,
    ),
}  # fmt: skip
VERBS = [
    START, KEEP, *SHEET.values(), *REVIEW.values(),
    MACHINE.verb("cancel", Count, form=ReasonForm, said=MACHINE.states[CANCELLED].label,
                 warning=_("What was counted is not posted.")),
]  # fmt: skip
