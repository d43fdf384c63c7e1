"""The form of a reason that is chosen from a list, or given in words."""

from collections.abc import Mapping
from typing import Any

from core.contract.ports import Words
from core.contract.words import _
from core.data.states import OTHER, Machine, Reason
from core.web.forms import ChoiceField, Form, LongText


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
        return {**said, "reason": Reason(self.code.data or "", self.reason.data or "", self.reasons)}


def coded_form(machine: Machine, action: str, base: type[CodedForm] = CodedForm) -> type[CodedForm]:
    """Return the form of the reasons of a step of a machine."""
    return type(base.__name__, (base,), {"reasons": machine.reasons[action]})
