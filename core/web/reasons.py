"""The steps of a machine as verbs, and the form of a reason that is chosen from a list, or given in words."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from core.contract.ports import Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.states import OTHER, Machine, Reason
from core.web.forms import ChoiceField, Form, LongText, ReasonForm


class CodedForm(Form):
    """Why a step is taken: one of its reasons, and what there is to add."""

    reasons: Mapping[str, Words] = {}
    code = ChoiceField(_("Reason"), required=True, render_kw={"data-demands": "reason", "data-when": OTHER})
    reason = LongText(_("In your own words"), max_length=1000, help=_("The people concerned read it."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = {**self.reasons, OTHER: _("Another one: say which")}
        self.code.choices = [("", _("Choose a reason")), *offered.items()]

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether there is a reason; one that comes in words alone is one's own."""
        if self.code.is_blank() and not self.reason.is_blank():
            self.code.process_formdata([OTHER])
            self.code.raw_data = [OTHER]
        return super().validate(extra_validators)

    def values(self) -> dict[str, Any]:
        """Return the reason."""
        said = {name: value for name, value in super().values().items() if name != "code"}
        return {**said, "reason": self.why}

    @property
    def why(self) -> Reason:
        """Return the reason, in words what the list says of it and what was added."""
        return Reason(self.code.data or "", self.reason.data or "", self.reasons)


def coded_form(machine: Machine, action: str, base: type[CodedForm] = CodedForm) -> type[CodedForm]:
    """Return the form of the reasons of a step of a machine."""
    return type(base.__name__, (base,), {"reasons": machine.reasons[action]})


def step(machine: Machine, action: str, on: type[Any], run: Callable[..., Any] | None = None, **more: Any) -> Verb:
    """Return the verb of a step as its machine declares it: it asks for its reason, coded where there are codes, and is
    said as the machine says it; `run` is the service that takes it, without one the step alone is taken."""
    asks = any(each.needs_reason for each in machine.transitions if each.action == action)
    form = coded_form(machine, action) if action in machine.reasons else ReasonForm if asks else None
    return machine.verb(action, on, run, **{"form": form, "said": machine.said.get(action, ""), **more})


def steps(
    machine: Machine, on: type[Any], many: Collection[str] = (), forms: Mapping[str, Callable[..., Any]] | None = None,
    **runs: Callable[..., Any],
) -> list[Verb]:  # fmt: skip
    """Return the verbs of all steps of a machine, each taken by the service of its name, or alone; `many` names those
    that may be taken of chosen rows, `forms` the forms of those that ask for more than their reason."""
    forms = forms or {}
    actions = dict.fromkeys(each.action for each in machine.transitions)
    if unknown := {*many, *runs, *forms} - actions.keys():
        raise ValueError(f"{machine.name} has no step {', '.join(sorted(unknown))}")
    own: dict[str, Any] = {action: {"form": form} for action, form in forms.items()}
    return [step(machine, each, on, runs.get(each), many=each in many, **own.get(each, {})) for each in actions]
