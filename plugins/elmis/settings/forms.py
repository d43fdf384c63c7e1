"""The forms of the settings."""

from collections.abc import Iterable
from typing import Any

from core.contract.words import _
from core.web.forms import ChoiceField, FacilityField, Form, MonthField, TextField
from plugins.elmis.orders.shipping import KEEPING
from plugins.elmis.requisitions.approvals import places
from plugins.elmis.requisitions.country import SERVING
from plugins.elmis.requisitions.models import ApprovalLevel

MOST = 4  # levels of approval
CHOICE = {"blank": _("– no further level –")}


class SupplyLineForm(Form):
    """Who supplies whom."""

    facility = FacilityField(
        _("Facility"), required=True, kinds=SERVING, help=_("Whose requisitions go to this supplier from now on.")
    )
    supplier = FacilityField(
        _("Supplier"), required=True, kinds=SERVING,
        help=_("The depot or store that serves them. Requisitions on the way stay with their present supplier."),
    )  # fmt: skip


class WayForm(Form):
    """From which kind of facility to which."""

    from_kind = ChoiceField(_("Goes from"), KEEPING, required=True)
    to_kind = ChoiceField(
        _("Goes to"), KEEPING, required=True,
        help=_("Only where stock is kept: offices, districts and provinces receive none."),
    )  # fmt: skip


class LevelsForm(Form):
    """Up to four places of approval."""

    level1 = ChoiceField(
        _("First approval"), places, blank=_("– the usual one, the district –"),
        help=_("An area stands for the one in which the facility lies: its own district, its own province."),
    )  # fmt: skip
    level2 = ChoiceField(_("Second approval"), places, **CHOICE)
    level3 = ChoiceField(_("Third approval"), places, **CHOICE)
    level4 = ChoiceField(_("Fourth approval"), places, **CHOICE)

    def values(self) -> dict[str, Any]:
        """Return the places that were chosen, in order."""
        chosen = [value for number in range(1, MOST + 1) if (value := self[f"level{number}"].data)]
        return {"places": chosen}


def stored_levels(levels: Iterable[ApprovalLevel]) -> dict[str, Any]:
    """Return levels of approval as their form shows them."""
    return {f"level{number}": level.place for number, level in enumerate(levels, 1)}


SHUT = _(
    "A closed month takes no more requisitions and monthly reports; what is dated in it, from a stock manager alone."
)
CLOSED = _(
    "It takes no more requisitions and monthly reports; what is dated in it, from a stock manager alone, who is asked. "
    "Requisitions that were confirmed in it go on."
)


class MonthForm(Form):
    """The month to close."""

    month = MonthField(
        _("Month"), required=True,
        help=CLOSED,
    )  # fmt: skip


class ReasonForm(Form):
    """The words of a reason."""

    label_fr = TextField(
        _("French label"), required=True, max_length=120,
        help=_("As storekeepers choose it and stock cards show it, those of the past too."),
    )  # fmt: skip
    label_en = TextField(_("English label"), max_length=120, help=_("Left empty, the French label stands here too."))

    def values(self) -> dict[str, Any]:
        """Return both labels, "" where nothing was typed."""
        return {name: text or "" for name, text in super().values().items()}
