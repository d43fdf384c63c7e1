"""What is done to facilities."""

from collections.abc import Mapping
from typing import Any

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities import outlines, services
from core.facilities.forms import Dated, MoveForm, NewFacilityForm, facts_form, rename_form
from core.facilities.models import Facility

EDIT = services.EDIT


def _change(facility: Facility, codes: Mapping[str, str], **facts: Any) -> Facility:
    row = services.edit(facility, **facts)
    services.replace_codes(row, codes)
    return row


CREATE = Verb(
    "core.facility.create", _("New facility"), EDIT, services.create, None, NewFacilityForm,
    _("The facility was created."), page="facilities.new",
)  # fmt: skip
CHANGE = Verb(
    "core.facility.change", _("Change"), EDIT, _change, Facility, facts_form, _("The facility was changed."),
    page="facilities.edit",
)  # fmt: skip
RENAME = Verb(
    "core.facility.rename", _("Rename"), EDIT, services.rename, Facility, rename_form,
    _("The facility was renamed."), page="facilities.rename",
)  # fmt: skip
MOVE = Verb(
    "core.facility.move", _("Move"), EDIT, services.move, Facility, MoveForm,
    _("The facility was moved, with all below it."), page="facilities.move",
)  # fmt: skip
CLOSE = Verb(
    "core.facility.close", _("Close"), EDIT, services.close, Facility, Dated, _("The facility was closed."),
    page="facilities.close",
)  # fmt: skip
REOPEN = Verb(
    "core.facility.reopen", _("Reopen"), EDIT, services.reopen, Facility, said=_("The facility is open.")
)  # fmt: skip
REMOVE_OUTLINE = Verb(
    "core.facility.remove_outline", _("Remove the outline"), EDIT, outlines.remove, Facility,
    said=_("The outline was removed."),
)  # fmt: skip
VERBS = [CREATE, CHANGE, RENAME, MOVE, CLOSE, REOPEN, REMOVE_OUTLINE]
