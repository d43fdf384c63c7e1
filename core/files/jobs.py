"""What is done with files in the background: small pictures, removal of strays, the proof that all are whole."""

import logging
from datetime import time

from core.contract.ports import Recurring
from core.contract.words import _
from core.data.db import one_moment
from core.data.errors import Refused
from core.files import services, store, taking
from core.jobs.services import Progress, job

log = logging.getLogger("amagara.files")
SWEEP, VERIFY = "core.files.sweep", "core.files.verify"
SCHEDULE = {
    SWEEP: Recurring(SWEEP, _("Removal of files that nothing names"), at=time(2, 50)),
    VERIFY: Recurring(VERIFY, _("Proof of the files"), at=time(3, 10), weekday=6),
}


@job(services.SMALL)
def small(progress: Progress, contents: list[str]) -> str:
    """Make the small pictures of some contents; where one cannot be made, its page shows a sign instead."""
    for sha256 in contents:
        if store.has(sha256) and not store.small_of(sha256).is_file():
            try:
                taking.make_small(sha256)
            except Refused as why:
                log.warning("no small picture of %s: %s", sha256, why.message)
    return ""


@job(SWEEP)
def sweep(progress: Progress) -> str:
    """Remove what no row names, then make the small pictures that are missing."""
    services.sweep()
    small(progress, list(services.lacking_small()))
    return ""


@job(VERIFY)
def verify(progress: Progress) -> str:
    """Prove every content; fail with what is missing or damaged."""
    one_moment()
    proof = services.verify()
    if proof.faults:
        named = "; ".join(proof.faults[:5])
        raise Refused(_(
            "%(number)s files are missing or damaged: %(named)s. “amagara files verify” names all; put them back from "
            "a backup.", number=len(proof.faults), named=named,
        ))  # fmt: skip
    return ""
