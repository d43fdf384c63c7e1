"""The forms of disposals."""

from typing import Any

from core.contract.words import _
from core.data.calendar import today
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import LongText, MoneyField, NumberField, TextField
from core.web.forms import Form, Lines, ReasonForm, SubForm
from core.web.reasons import CodedForm, coded_form
from plugins.gmao.disposals.models import METHODS, DisposalCase, DisposalPiece
from plugins.gmao.equipment.states import MACHINE as LIFE


class CodedProposalForm(CodedForm):
    """Why a piece is proposed for disposal."""

    photos = FilesField(_("Photos"))


class CodedCaseForm(CodedProposalForm):
    """Which piece is proposed for disposal, and why."""

    script, scans = "gmao-piece.js", True
    equipment = EntityField(
        _("Piece of equipment"), "gmao.equipment", required=True,
        help=_("By its tag, type or serial number, or by a scan of its label."),
    )  # fmt: skip


OneForm = coded_form(LIFE, "propose_disposal", CodedProposalForm)
CaseForm = coded_form(LIFE, "propose_disposal", CodedCaseForm)


def case_form(_place: Any) -> CodedCaseForm:
    """Return the form of a proposal: the piece is asked first."""
    form: Any = CaseForm()
    form._fields.move_to_end("equipment", last=False)
    return form


class AddForm(Form):
    """One more piece of the same facility."""

    script, scans = "gmao-piece.js", True
    equipment = EntityField(
        _("Piece of equipment"), "gmao.equipment", required=True,
        help=_("By its tag, type or serial number, or by a scan of its label."),
    )  # fmt: skip


class PieceLine(SubForm):
    """What is said of a piece: what its repair would cost, what it is worth."""

    piece = NumberField()
    repair_cost = MoneyField(_("Estimated repair cost (FBu)"))
    value = MoneyField(_("Estimated value (FBu)"))
    opinion = TextField(_("Technical opinion"), max_length=300)
    row: DisposalPiece | None = None

    def of(self, row: DisposalPiece) -> None:
        """Name the line and its fields by its piece."""
        self.row, self.title = row, row.what
        for field in (self.repair_cost, self.value, self.opinion):
            field.label.text = f"{field.label.text}, {row.what}"


class AssessForm(Form):
    """The technical opinion of a case, and of each piece."""

    lines = Lines(PieceLine, _("Pieces"))
    opinion = LongText(
        _("Technical opinion"),
        required=True,
        max_length=4000,
        help=_("Its state, and why repair does or does not pay."),
    )
    photos = FilesField(_("Documents and photos"))


def assess_form(case: DisposalCase) -> AssessForm:
    """Return the form of the technical opinion, a line a piece."""
    pieces = {piece.id: piece for piece in case.pieces}
    form = AssessForm(data={"lines": [{"piece": id} for id in pieces]})
    for entry in form.lines.entries:
        if (row := pieces.get(entry.form.piece.data)) is not None:
            entry.form.of(row)
    return form


class CommitteeForm(Form):
    """When the committee meets, and who sits in it."""

    committee_on = DateField(_("Committee on"), required=True, default=today)
    members = LongText(
        _("Members of the committee"), required=True, max_length=2000, help=_("A name and function a line.")
    )


class ApproveForm(Form):
    """What the committee decided, with its signed minutes."""

    decided_on = DateField(_("Committee decided on"), required=True, default=today)
    photos = FilesField(_("Signed minutes"))


class RefuseForm(ReasonForm):
    """Why the committee refused, with its signed minutes."""

    decided_on = DateField(_("Committee decided on"), required=True, default=today)
    photos = FilesField(_("Signed minutes"))


class RecoverForm(Form):
    """Which parts are kept."""

    parts = LongText(_("Parts that are kept"), max_length=2000, help=_("What, how many, where they lie. Empty: none."))


class DisposeForm(Form):
    """What became of the pieces."""

    method = ChoiceField(_("What became of it"), METHODS, required=True, tiles=True)
    disposed_on = DateField(_("Disposed of on"), required=True, default=today)
    recipient = TextField(_("To whom"), max_length=200, help=_("Needed unless it was destroyed."))
    paper = TextField(
        _("Number of the report or deed"), max_length=120, help=_("Of the report, receipt or deed of gift.")
    )
    proceeds = MoneyField(_("Proceeds (FBu)"))
    photos = FilesField(_("Papers and photos"))
