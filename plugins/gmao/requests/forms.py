"""The forms of fault reports."""

from core.contract.words import _
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import LongText, TextField
from core.web.forms import Form
from plugins.gmao.requests.models import WORKS, Request
from plugins.gmao.requests.services import PRIORITY, open_here
from plugins.gmao.workorders.models import PRIORITIES
from plugins.gmao.workorders.services import technicians


class LabelForm(Form):
    """What somebody says who stands before a piece, without an account."""

    works = ChoiceField(_("Does it work?"), WORKS, required=True, tiles=True)
    problem = LongText(_("What is wrong"), required=True, max_length=1000, render_kw={"rows": 3})
    name = TextField(_("Your name, and how to reach you"), required=True, max_length=120)
    photos = FilesField(_("Photos"))


class FaultForm(Form):
    """What is wrong with a piece."""

    works = ChoiceField(_("Does it work?"), WORKS, required=True, tiles=True)
    problem = LongText(_("What is wrong"), required=True, max_length=1000, render_kw={"rows": 3})
    phone = TextField(_("Telephone for questions"), max_length=40)
    photos = FilesField(_("Photos"))


class FaultHereForm(FaultForm):
    """What is wrong with a piece, or with something that bears no tag."""

    script, scans = "gmao-piece.js", True
    equipment = EntityField(
        _("Piece of equipment"), "gmao.equipment", url="equipment.here",
        help=_("By its tag, type or serial number, or by a scan of its label."),
    )  # fmt: skip
    what = TextField(_("Or what it is about"), max_length=200, help=_("Of what bears no tag: a tap, a roof."))
    room = TextField(_("Room or service"), max_length=80)


class AcceptForm(Form):
    """How urgent the work is, and who does it."""

    priority = ChoiceField(_("Priority"), PRIORITIES, required=True)
    person = ChoiceField(_("Done by"), help=_("Empty: the order is assigned later."))
    due_on = DateField(_("To be done by"), help=_("Empty: as the priority allows."))


class JoinForm(Form):
    """The order that this belongs to."""

    order = ChoiceField(_("Work order"), required=True)


def accept_form(request: Request) -> AcceptForm:
    """Return the form of an order for a report, with those who may do it."""
    form = AcceptForm(data={"priority": PRIORITY.get(request.works, "normal")})
    form.person.choices = [("", "–"), *technicians(request.facility).items()]
    return form


def join_form(request: Request) -> JoinForm:
    """Return the form of the order that a report belongs to, with those that it may belong to."""
    form = JoinForm()
    known = {str(each.id): f"{each.number} · {each.what}" for each in open_here(request)}
    form.order.choices = [("", _("Choose …")), *known.items()]
    return form
