"""What is done with temperatures and their breaches, and with equipment by them."""

from typing import Any

from flask import url_for

from core.contract.plugins import service
from core.contract.ports import Stock
from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import ReasonForm, Stored
from core.web.reasons import steps
from plugins.gmao.coldchain import breaches, files, services
from plugins.gmao.coldchain.forms import FileForm, NoteForm, WatchForm, judge_form, store_form, stored_watch
from plugins.gmao.coldchain.models import SET_APART, TO_JUDGE, Breach
from plugins.gmao.coldchain.states import MACHINE
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.rights import APART, EDIT, REPORT


def _piece_of(row: Any) -> str:
    return url_for("equipment.show", id=row.equipment_id)


NOTE = Verb(
    "gmao.equipment.note_temperature", _("Note the temperature"), REPORT, services.note, Equipment, NoteForm,
    _("The temperature is noted."), _piece_of,
    offered=services.watched,
)  # fmt: skip
FILE = Verb(
    "gmao.equipment.logger_file", _("Bring in the file of its logger"), REPORT, files.bring, Equipment, FileForm,
    _("The file came in."), offered=services.watched,
)  # fmt: skip
WATCH = Verb(
    "gmao.equipment.watch", _("Which logger watches it"), EDIT, services.watch, Equipment,
    Stored(WatchForm, stored_watch), _("The changes are kept."), _piece_of, offered=services.watched,
)  # fmt: skip
STORE = Verb(
    "gmao.equipment.cold_store", _("Store that lies in it"), EDIT, services.watch, Equipment, store_form,
    _("The changes are kept."), _piece_of,
    offered=lambda row: services.watched(row) and service(Stock) is not None,
)  # fmt: skip
OF_EQUIPMENT = [NOTE, FILE, WATCH, STORE]
QUARANTINE = Verb(
    "gmao.breach.set_apart", _("Put the lots in quarantine"), APART, breaches.set_apart, Breach,
    said=_("The store's answer is kept."), offered=lambda row: row.stock == TO_JUDGE, strong=True,
)  # fmt: skip
CLEARED = Verb(
    "gmao.breach.clear", _("No lots were at risk"), APART, breaches.clear, Breach, ReasonForm,
    _("The store's answer is kept."), offered=lambda row: row.stock == TO_JUDGE,
)  # fmt: skip
BACK = Verb(
    "gmao.breach.put_back", _("Put lots back on the shelves"), APART, breaches.put_back, Breach, judge_form,
    _("The lots are back on the shelves."), offered=lambda row: row.stock == SET_APART,
)  # fmt: skip
DISCARD = Verb(
    "gmao.breach.discard", _("Lots were destroyed"), APART, breaches.discard, Breach, judge_form,
    _("It is kept that they were destroyed."), offered=lambda row: row.stock == SET_APART,
)  # fmt: skip
VERBS = [*steps(MACHINE, Breach, close=breaches.close), QUARANTINE, CLEARED, BACK, DISCARD]
