"""The forms of campaigns: short ones for a phone, and the decisions of a reconciliation."""

from typing import Any

from flask import request
from wtforms import HiddenField

from core.contract.words import _
from core.data.calendar import today
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import BooleanField, LongText, TextField
from core.web.forms import Form, Lines, SubForm
from core.web.paging import paged
from plugins.gmao.campaigns.comparing import Comparison, Difference, compare
from plugins.gmao.campaigns.deciding import choices_of
from plugins.gmao.campaigns.models import CHOICES, OUTCOMES, RESULTS, Campaign, CampaignScan
from plugins.gmao.equipment.forms import CONDITIONS, TELLS_WHY, NewEquipmentForm
from plugins.gmao.equipment.models import REASONS, UNKNOWN
from plugins.gmao.equipment.states import SERVICE

ROWS = 50  # differences of one page
SEEN = {code: label for code, label in CONDITIONS.items() if code != UNKNOWN}


class CampaignForm(Form):
    """What is inventoried, when, and by whom."""

    name = TextField(_("Name"), max_length=120, required=True, help=_("Annual inventory, for example."))
    starts_on = DateField(_("Inventory from"), required=True, default=today)
    ends_on = DateField(_("Inventory until"), required=True, default=today)
    team = LongText(_("Who takes part"), max_length=1000, render_kw={"rows": 2}, help=_("They stand in the minutes."))
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})


class TagField(EntityField):
    """A piece by its tag; also a tag that the register does not have."""

    def read(self, text: str) -> Any:
        """Return the row that is meant, or None: what was typed is kept beside."""
        return self.resolve(text)

    @property
    def typed(self) -> str:
        """Return the tag of the row, else what was typed."""
        said = str((self.raw_data or [""])[0]).strip()
        return self.data.code if said and self.data is not None else said


class ScanForm(Form):
    """What somebody has in front of him: the piece, the room, whether it works, a remark."""

    sheet, script, scans = "gmao-phone.css", "gmao-count.js", True
    folded = ("what", "building", "photos")
    equipment = TagField(
        _("Piece of equipment"), "gmao.equipment", url="equipment.here",
        help=_("Scan its label, or type its tag. Without a tag: describe it under “More”."),
    )  # fmt: skip
    room = TextField(_("Room or service"), max_length=80, required=True)
    status = ChoiceField(_("Working order"), SEEN, tiles=True, render_kw=TELLS_WHY)
    because = ChoiceField(_("Because"), REASONS, help=_("Needed where it does not work as it should."))
    damaged = BooleanField(_("Label damaged or missing"))
    note = LongText(_("Remarks"), max_length=1000, render_kw={"rows": 2})
    what = TextField(
        _("Description"), max_length=300, help=_("Of a piece without a tag: what it is, make, serial number.")
    )
    building = TextField(_("Building"), max_length=80)
    photos = FilesField(_("Photos"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether the form is right; it names a piece, or describes one."""
        right = super().validate(extra_validators)
        if self.is_submitted() and self.equipment.is_blank() and self.what.is_blank():
            self.equipment.errors = [*self.equipment.errors, _("Scan or type the tag, or describe the piece.")]
            return False
        return right

    def values(self) -> dict[str, Any]:
        """Return what was found, the piece by its tag as it was read."""
        return {**super().values(), "equipment": self.equipment.typed}


def scan_form(_campaign: Campaign) -> ScanForm:
    """Return the form of a scan, in the room of the one before."""
    form = ScanForm()
    if not form.is_submitted():
        form.room.data = request.args.get("room", "")[:80]
    return form


class DecisionLine(SubForm):
    """What is decided of something that differs."""

    difference = HiddenField()
    outcome = ChoiceField(_("Decision"), OUTCOMES, blank="–")
    note = TextField(_("Remarks"), max_length=300)
    one: Difference | None = None

    def of(self, one: Difference) -> None:
        """Name the line and its fields by what differs, and offer what may be decided of it."""
        self.one, self.title = one, f"{one.what}, {RESULTS[one.kind].label}"
        offered = [] if one.decided is None else [one.decided.outcome]
        self.outcome.choices = [
            ("", "–"),
            *((code, OUTCOMES[code]) for code in choices_of(one) if code not in offered),
        ]
        for field, words in ((self.outcome, _("Decision")), (self.note, _("Remarks"))):
            field.label.text = f"{words}, {self.title}"


class DecideForm(Form):
    """The decisions of a page of differences."""

    lines = Lines(DecisionLine, _("Differences"))
    found: Comparison | None = None
    pages: Any = None


def decide_form(campaign: Campaign) -> DecideForm:
    """Return the form of what differs, a page of it, of one kind where the address names it."""
    found = compare(campaign)
    kind = request.args.get("kind", "")
    rows = [one for one in found.differing() if kind not in CHOICES or one.kind == kind]
    shown, pages = paged(rows, ROWS)
    form = DecideForm(data={"lines": [{"difference": one.key} for one in shown]})
    known = {one.key: one for one in rows}
    for entry in form.lines.entries:
        if (one := known.get(entry.form.difference.data)) is not None:
            entry.form.of(one)
    form.pages, form.found = pages, found
    return form


class SettleForm(Form):
    """What is decided at once."""

    rooms = BooleanField(_("Enter the rooms in which pieces were found"), default=True)
    working = BooleanField(_("Enter the working order that was found"), default=True)
    labels = BooleanField(_("Damaged labels were replaced"))
    missing = BooleanField(_("What was not found is searched for"))


class RegisterForm(NewEquipmentForm):
    """Something that was found and is in no register."""

    folded = (
        "inventory", "udi", "building", "custodian", "parent", "energy", "funding", "donor", "project", "supplier",
        "cost_bif", "cost", "currency", "made_year", "received_on", "installed_on", "accepted_on", "in_service_on",
        "warranty_until", "contract", "contract_until", "note",
    )  # fmt: skip


def register_form(scan: CampaignScan) -> RegisterForm:
    """Return the form of a piece that was found, with what its scan says."""
    said = {name: getattr(scan, name) for name in ("building", "room", "status", "because")}
    return RegisterForm(data={**said, "state": SERVICE, "note": "\n".join(filter(None, (scan.what, scan.note)))})


class IdentifyForm(Form):
    """Which piece of the register it is."""

    script, scans = "gmao-piece.js", True
    equipment = TagField(_("Piece of equipment"), "gmao.equipment", required=True, help=_("By its tag."))

    def values(self) -> dict[str, Any]:
        """Return its tag."""
        return {"equipment": self.equipment.typed}
