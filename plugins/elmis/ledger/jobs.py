"""The ledger proves itself each night."""

from core.contract.words import _, ngettext
from core.data.errors import Refused
from core.jobs.services import Progress, job
from plugins.elmis.ledger.verify import verify_ledger

VERIFY = "elmis.verify_ledger"


@job(VERIFY)
def verify(progress: Progress) -> str:
    """Prove the ledger; fail with the number of what does not fit."""
    if faults := verify_ledger():
        text = ngettext("%(num)s balance or movement does not fit.", "%(num)s do not fit.", len(faults))
        raise Refused(_("%(text)s Run “amagara elmis verify-ledger” on the server: it names them.", text=text))
    return ""
