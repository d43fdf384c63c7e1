"""What is done to lots, but for what is decided about them everywhere, which recalls reach with."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import Stored
from plugins.elmis.catalogue.models import MOVE, Lot
from plugins.elmis.catalogue.services import EDIT
from plugins.elmis.lots import forms, proposals, services
from plugins.elmis.lots.models import LotProposal


def of_lot(made: Any) -> str:
    """Return the page of a lot, or of the lot of a proposal."""
    return url_for("lots.show", id=made.id if isinstance(made, Lot) else made.lot_id)


def _suggested(made: Any) -> Any:
    if isinstance(made, Lot):
        return _("The expiry was corrected: nobody else holds this lot.")
    return _("The proposal was sent to who keeps the catalogue.")


def _decided(row: LotProposal) -> Any:
    return _("Decided: %(state)s.", state=proposals.MACHINE.state(row).label)


CORRECT = Verb(
    "elmis.lot.correct", _("Change"), EDIT, services.correct_lot, Lot, Stored(forms.LotForm, forms.stored_lot),
    _("The lot was changed."), page="lots.edit",
)  # fmt: skip
SUGGEST = Verb(
    "elmis.lot.suggest", _("Another expiry on the package"), MOVE, proposals.suggest, Lot,
    forms.ProposalForm, _suggested, of_lot, "lots.propose",
)  # fmt: skip
DECIDE = Verb(
    "elmis.lot_proposal.decide", _("Decide"), EDIT, proposals.decide, LotProposal, forms.DecideForm, _decided,
    of_lot, "lots.proposal",
)  # fmt: skip
