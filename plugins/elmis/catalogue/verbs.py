"""What is done to products, lots, policies and programmes."""

from functools import partial
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import Stored
from plugins.elmis.catalogue import forms, proposals, services
from plugins.elmis.catalogue.models import MOVE, Lot, LotProposal, Policy, Product, Programme
from plugins.elmis.recalls import services as recalls

EDIT, LOT = services.EDIT, "catalogue.lot"


def _of_lot(made: Any) -> str:
    return url_for(LOT, id=made.id if isinstance(made, Lot) else made.lot_id)


def _fate(action: str, said: Any) -> Verb:
    """Return what is decided about a lot everywhere; a recall leads to its own page."""
    return Verb(
        f"elmis.lot.{action}", services.FATE_LABELS[action], EDIT, partial(recalls.decide, action=action), Lot,
        forms.FateForm, said, _after, "catalogue.decide",
    )  # fmt: skip


def _after(lot: Lot) -> str:
    recall = recalls.recall_of(lot.id)
    return url_for("recalls.show", id=recall.id) if recall else _of_lot(lot)


def _suggested(made: Any) -> Any:
    if isinstance(made, Lot):
        return _("The expiry was corrected: nobody else holds this lot.")
    return _("The proposal was sent to who keeps the catalogue.")


def _decided(row: LotProposal) -> Any:
    return _("Decided: %(state)s.", state=proposals.STATES[row.state].label)


ADD = Verb(
    "elmis.product.add", _("New product"), EDIT, partial(services.save_product, None), None, forms.ProductForm,
    _("The product was added."), page="catalogue.new",
)  # fmt: skip
CHANGE = Verb(
    "elmis.product.change", _("Change"), EDIT, services.save_product, Product,
    Stored(forms.ProductForm, forms.stored_product), _("The product was changed."), page="catalogue.edit",
)  # fmt: skip
RETIRE = Verb(
    "elmis.product.retire", _("Take out of use"), EDIT, services.retire, Product, to="catalogue.index",
    warning=_("They are no longer offered for orders and new documents. Their stock and history stay."), many=True,
)  # fmt: skip
CORRECT = Verb(
    "elmis.lot.correct", _("Change"), EDIT, services.correct_lot, Lot, Stored(forms.LotForm, forms.stored_lot),
    _("The lot was changed."), page="catalogue.edit_lot",
)  # fmt: skip
FATES = {
    "hold": _fate("hold", _("The lot is on hold.")),
    "recall": _fate("recall", _("The lot is recalled.")),
    "release": _fate("release", _("The lot may be used again.")),
}
SUGGEST = Verb(
    "elmis.lot.suggest", _("Another expiry on the package"), MOVE, proposals.suggest, Lot,
    forms.ProposalForm, _suggested, _of_lot, "catalogue.propose",
)  # fmt: skip
DECIDE = Verb(
    "elmis.lot_proposal.decide", _("Decide"), EDIT, proposals.decide, LotProposal, forms.DecideForm, _decided,
    _of_lot, "catalogue.proposal",
)  # fmt: skip
POLICY = _("The policy was recorded.")
ADD_POLICY = Verb(
    "elmis.policy.add", _("New policy"), EDIT, partial(services.save_policy, None), None, forms.PolicyForm, POLICY,
    page="catalogue.new_policy",
)  # fmt: skip
CHANGE_POLICY = Verb(
    "elmis.policy.change", _("Change a policy"), EDIT, services.save_policy, Policy,
    Stored(forms.PolicyForm, forms.stored_policy), POLICY, page="catalogue.edit_policy",
)  # fmt: skip
REMOVE_POLICY = Verb(
    "elmis.policy.remove", _("Remove"), EDIT, services.remove_policy, Policy,
    said=_("The policy was removed; the next wider one counts."), to="catalogue.policies",
)  # fmt: skip
PROGRAMME = _("The programme was recorded.")
ADD_PROGRAMME = Verb(
    "elmis.programme.add", _("New programme"), EDIT, partial(services.save_programme, None), None,
    forms.ProgrammeForm, PROGRAMME, "catalogue.programmes", "catalogue.new_programme",
)  # fmt: skip
CHANGE_PROGRAMME = Verb(
    "elmis.programme.change", _("Change a programme"), EDIT, services.save_programme, Programme,
    Stored(forms.ProgrammeForm), PROGRAMME, "catalogue.programmes", "catalogue.edit_programme",
)  # fmt: skip
OF_PRODUCTS, OF_LOTS = [ADD, CHANGE, RETIRE], [CORRECT, *FATES.values(), SUGGEST]
OF_POLICIES, OF_PROGRAMMES = [ADD_POLICY, CHANGE_POLICY, REMOVE_POLICY], [ADD_PROGRAMME, CHANGE_PROGRAMME]
