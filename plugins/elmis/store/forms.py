"""The form of a store's document: a head, and lines that a scanner or the keyboard fills."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from flask import g
from sqlalchemy import select

from core.contract.words import _
from core.data.db import db, today
from core.facilities.models import Facility
from core.web import cookies
from core.web.forms import (
    ChoiceField,
    DateField,
    ExpiryField,
    Form,
    Lines,
    LongText,
    NumberField,
    QuantityField,
    SubForm,
    TextField,
)
from plugins.elmis.catalogue.fields import MeasureField, article_field
from plugins.elmis.catalogue.measures import in_units
from plugins.elmis.ledger.models import Reason, StockLocation
from plugins.elmis.ledger.moves import stores
from plugins.elmis.ledger.wards import wards
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.store.kinds import Kind

COOKIE = "store"


def named_stores(facility: Facility) -> list[tuple[int, str]]:
    """Return (id, name) of the stores of a facility."""
    return [(store.id, store.title) for store in stores(facility)]


def remembered() -> str:
    """Return the store that this browser worked in last, else the first one."""
    return _last_of(named_stores(g.place) if g.get("place") else ())


def _last_of(choices: Sequence[tuple[int, str]]) -> str:
    known, last = [str(id_) for id_, _name in choices], cookies.read(COOKIE)
    return last if last in known else next(iter(known), "")


def kept(answer: Any, form: Form) -> Any:
    """Return the answer of a form, which lets the browser remember the store that was worked in."""
    if answer is not None and "store" in form:
        cookies.keep(answer, COOKIE, str(form["store"].data), seconds=365 * 86_400)
    return answer


class FromStore(Form):
    """What leaves or enters a store: which one, where a facility has several."""

    store = ChoiceField(_("Store"), required=True)


Chosen = TypeVar("Chosen", bound=FromStore)


def choose_store(form: Chosen, facility: Facility) -> Chosen:
    """Return the form, which asks for the store only where the facility has several."""
    form.store.choices = choices = named_stores(facility)
    if len(choices) < 2:
        del form.store
    elif not (form.store.raw_data or form.store.data):
        form.store.data = _last_of(choices)
    return form


class MeasuredLine(SubForm):
    """A product, its lot and a quantity in units or packs, as the paper says it."""

    product = article_field()
    lot = TextField(_("Lot"), max_length=60, render_kw={"data-field": "lot"})
    quantity = QuantityField(_("Quantity"), required=True, minimum=1, render_kw={"data-field": "quantity"})
    measure = MeasureField(_("Counted in"))
    size = NumberField(render_kw={"data-field": "size"})  # of the pack that the page showed, told by script


class LineForm(MeasuredLine):
    """A line of what may come in: its lot has an expiry."""

    expiry = ExpiryField(_("Expiry"), render_kw={"data-field": "expiry"})


def units_of(row: Mapping[str, Any], line: int) -> int:
    """Return the base units of a line (from 0) that was typed in units or in packs of its product."""
    return in_units(int(row["quantity"]), row.get("measure"), row["product"], row.get("size"), line=line)


WARDS = _("The services of this facility, kept under “Facilities” below it, and those that got goods within a year.")


class StoreForm(FromStore):
    """A document of a store, of a kind; fields that it does not use are taken away."""

    rehearses = True
    kind: Kind

    target = ChoiceField(_("To the store"), required=True, default="")
    occurred_on = DateField(_("Date"), required=True, default=today)
    reason = ChoiceField(_("Reason"), required=True)
    ward = ChoiceField(_("Ward"), help=WARDS)
    counterpart = TextField(_("From / to"), max_length=200)
    reference = TextField(_("Number of the paper"), max_length=60, help=_("As on the supplier's delivery note."))
    comment = LongText(_("Comment"), max_length=300)
    lines = Lines(LineForm, _("Lines"), minimum=1)

    def values(self) -> dict[str, Any]:
        """Return the head of the document and its lines."""
        return {"header": self.header(), "lines": self.rows()}

    def header(self) -> Header:
        """Return what all lines share."""
        said: Any = {n: self[n].data or "" for n in ("counterpart", "reference", "comment") if n in self}
        if "ward" in self and self.ward.data:
            said["counterpart"] = str(self.ward.data)
        reason = self.reason.data if "reason" in self else self.kind.reasons[0]
        store, target = (self[name].data if name in self else None for name in ("store", "target"))
        return Header(self.occurred_on.data or today(), str(reason), **said, store_id=store, target_id=target)

    def rows(self) -> list[Line]:
        """Return the lines that were filled in, in base units."""
        return [
            Line(row["product"], units_of(row, line), row["lot"], row.get("expiry"))
            for line, row in enumerate(self.lines.data)
        ]


def form_for(kind: Kind, facility: Facility, **proposed: Any) -> StoreForm:
    """Return the form of a kind of document at a facility, filled with what is proposed."""
    given: dict[str, Any] = {"data": proposed} if proposed else {}
    form = choose_store(StoreForm(**given), facility)
    form.kind = kind
    if len(kind.reasons) == 1:
        del form.reason
    else:
        offered = select(Reason).where(Reason.code.in_(kind.reasons), Reason.active)
        rows = db.session.scalars(offered.order_by(Reason.id)).all()
        form.reason.choices = [("", _("Choose …")), *((row.code, row.label) for row in rows)]
        demanding = " ".join(row.code for row in rows if row.needs_comment)
        form.reason.render_kw = {"data-demands": "comment", "data-when": demanding}
    if not kind.fresh:
        del form.reference
    if kind.code != "move":
        del form.target
    else:
        _target(form, facility)
    _counterpart(form, kind, facility)
    return form


def _target(form: StoreForm, facility: Facility) -> None:
    """Ask for the store that goods are moved to; where there are two, the other one is meant."""
    form.target.choices = named_stores(facility)
    if not form.target.data:
        chosen = str(form.store.data) if "store" in form else ""
        form.target.data = next((str(id_) for id_, _name in form.target.choices if str(id_) != chosen), "")


def _counterpart(form: StoreForm, kind: Kind, facility: Facility) -> None:
    """Ask for the supplier or the ward, where the kind has one; a ward is chosen from those of the facility."""
    known = wards(facility.id) if kind.counterpart_kind == "ward" else []
    form.ward.choices = [("", "–"), *((name, name) for name in known)]
    if not known:
        del form.ward
    if not kind.counterpart_kind:
        del form.counterpart
    else:
        form.counterpart.label.text = _("Another ward") if "ward" in form else kind.counterpart


class StoreNameForm(Form):
    """The name of a store."""

    name = TextField(_("Name"), max_length=120, required=True, help=_("Pharmacy, reserve, cold room …"))


def name_form(store: StockLocation) -> StoreNameForm:
    """Return the form of a store's name, as it is stored."""
    return StoreNameForm(row=store, stored=lambda row: {"name": row.name})


def found(found_one: Any) -> dict[str, Any]:
    """Return what a scan fills into a line."""
    product, unclear = found_one.product, found_one.pack and found_one.quantity is None
    return {
        "product": {"value": product.code, "label": f"{product.code} · {product.name}"},
        "lot": found_one.lot,
        "expiry": found_one.expiry.isoformat() if found_one.expiry else "",
        "quantity": "" if unclear else found_one.quantity or 1,
        **({"doubt": str(found_one.doubt)} if found_one.doubt else {}),
    }
