"""What is done to products, policies and programmes."""

from functools import partial

from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import Stored
from plugins.elmis.catalogue import forms, services
from plugins.elmis.catalogue.models import Policy, Product, Programme

EDIT = services.EDIT


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
    warning=_("They are no longer offered for requisitions and new documents. Their stock and history stay."),
    many=True,
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
OF_PRODUCTS = [ADD, CHANGE, RETIRE]
OF_POLICIES, OF_PROGRAMMES = [ADD_POLICY, CHANGE_POLICY, REMOVE_POLICY], [ADD_PROGRAMME, CHANGE_PROGRAMME]
