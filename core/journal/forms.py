"""What the journal is searched by."""

from core.contract.plugins import entities
from core.contract.words import _
from core.data.search import folded
from core.journal.services import ACTIONS, KINDS
from core.web.forms import ChoiceField, DateField, EntityField, FacilityField, Form


def _kinds() -> list[tuple[str, str]]:
    named = [
        *((each.name, str(each.label)) for each in entities()),
        *((name, str(words)) for name, words in KINDS.items()),
    ]
    return sorted(named, key=lambda pair: folded(pair[1]))


class Filters(Form):
    """Who, where, what and when."""

    person = EntityField(_("Person"), "core.user")
    facility = FacilityField(_("Facility"))
    entity = ChoiceField(_("Kind"), _kinds, blank=_("All kinds"))
    action = ChoiceField(_("Act"), ACTIONS, blank=_("All acts"))
    since = DateField(_("From day"))
    until = DateField(_("To day"))
