"""What is decided about a lot, everywhere, and what of it is corrected."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Conflict, Refused
from core.data.states import record, refuse_overtaken
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.services import EDIT
from plugins.elmis.catalogue.twins import rename, sharing
from plugins.elmis.formulas.lots import ACTIVE, HELD, RECALLED
from plugins.elmis.lots import plausible
from plugins.elmis.lots.proposals import held

FATES = {  # action: (from, to)
    "hold": ((ACTIVE,), HELD),
    "recall": ((ACTIVE, HELD), RECALLED),
    "release": ((HELD, RECALLED), ACTIVE),
}
FATE_LABELS = {"hold": _("Put on hold"), "recall": _("Recall"), "release": _("Release")}


def change_lot(lot: Lot, action: str, reason: str) -> Lot:
    """Return the lot after it was put on hold, recalled or released, everywhere, with all packs of its number."""
    current().require(EDIT)
    refuse_overtaken(lot, FATE_LABELS)
    sources, target = FATES[action]
    meant = [one for one in sharing(lot.id) if one.status in sources]
    if lot not in meant:
        raise Conflict(_("This is no longer possible. Reload the page to see the lot as it is now."))
    if not reason.strip():
        raise Refused(_("Please give a reason."), field="reason")
    for one in meant:
        before, one.status = one.status, target
        record(one, action, before, target, reason)
    return lot


def actions(lot: Lot) -> list[str]:
    """Return what this person may do with a lot now."""
    allowed = current().can(EDIT)
    return [action for action, (sources, _target) in FATES.items() if allowed and lot.status in sources]


def correct_lot(lot: Lot, facts: Mapping[str, Any]) -> Lot:
    """Return the lot with its number, dates, VVM stage and donor as given."""
    current().require(EDIT)
    number = str(facts["number"]).strip()
    twin = select(Lot.id).where(Lot.product_id == lot.product_id, Lot.id != lot.id)
    if db.session.scalar(twin.where(Lot.number_key == key_of(number))) is not None:
        raise Refused(_("This product has another lot of this number."), field="number")
    if lot.twin_of_id and key_of(number) != lot.number_key:
        words = _("These are packs of lot %(lot)s that are kept apart: change the number of that lot.", lot=lot.printed)
        raise Refused(words, field="number")
    if (wrong := plausible.wrong_making(facts["made_on"], facts["expiry"])) is not None:
        raise Refused(wrong[1], field=wrong[0])
    _ask_lot(lot, number, facts)
    for name, value in facts.items():
        setattr(lot, name, number if name == "number" else value)
    db.session.flush()
    rename(lot)
    return lot


def _ask_lot(lot: Lot, number: str, facts: Mapping[str, Any]) -> None:
    """Ask about what is unusual of a lot that is corrected: it holds for every facility."""
    there = held(lot)
    plausible.check_number(lot, number)
    plausible.check_expiry(lot, facts["expiry"], there)
    plausible.check_vvm(lot, facts["vvm"], there)
