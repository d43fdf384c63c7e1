"""The work that comes back by itself: anchors each hour, proofs and cleaning each night."""

from datetime import time, timedelta

from flask import current_app

from core.contract.ports import Recurring
from core.contract.words import _, ngettext
from core.data import audit
from core.data.db import learn, one_moment
from core.data.errors import Refused
from core.data.work import perform
from core.imports import services as imports
from core.jobs import services as jobs
from core.jobs.services import Progress, job
from core.journal import checkpoint
from core.upkeep import anchors
from core.users.signin import keys
from core.users.signin import services as signin

ANCHOR, VERIFY, CLEAN = "core.anchor", "core.verify_audit", "core.clean"
SCHEDULE = {
    ANCHOR: Recurring(ANCHOR, _("Anchor of the audit trail"), every=timedelta(hours=1)),
    VERIFY: Recurring(VERIFY, _("Proof of the audit trail"), at=time(2, 10)),
    CLEAN: Recurring(CLEAN, _("Removal of what has had its time"), at=time(2, 40)),
}


@job(ANCHOR)
def anchor(progress: Progress) -> str:
    """Leave an anchor of the audit trail, and compare the trail with the one before."""
    anchors.leave(checkpoint.key_path())
    return ""


@job(VERIFY)
def verify(progress: Progress) -> str:
    """Prove every line of the audit trail; fail with the number of streams that do not fit."""
    one_moment()
    if faults := audit.verify():
        text = ngettext("%(num)s chain of the audit trail is broken.", "%(num)s chains are broken.", len(faults))
        named = ", ".join(f"{fault.stream} {fault.seq}" for fault in faults[:10])
        message = _(
            "%(text)s Lines: %(named)s. “amagara audit verify” on the server says more.", text=text, named=named
        )
        raise Refused(message)
    return "/journal"


def _forget_keys() -> None:
    keys.forget_old(current_app.config["DEVICE_DAYS"] + current_app.config["PIN_DAYS"])


@job(CLEAN)
def clean(progress: Progress) -> str:
    """Remove what has had its time: sessions, tries and links, files of imports, ended jobs. Then see what is left."""
    hours = timedelta(hours=current_app.config["SESSION_HOURS"])
    for forget in (lambda: signin.forget_old(hours), _forget_keys, imports.forget_old, jobs.forget_old, learn):
        perform(forget)
    return ""
