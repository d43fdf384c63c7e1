"""The page of labels: which, how many, on what; and the PDF of them."""

from typing import Any

from flask import Blueprint, request, url_for

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.ports import Label
from core.contract.words import _
from core.data.access import current
from core.data.errors import Missing, Refused
from core.labels import device, layout, services
from core.labels.forms import SheetForm, filled
from core.web import documents, lookup
from core.web.pages import page, signed_in

bp = Blueprint("labels", __name__, url_prefix="/labels")


@bp.route("/<name>", methods=["GET", "POST"])
@signed_in
def ask(name: str) -> Any:
    """Ask how many labels of which rows go on which sheet, and return the PDF when that is said."""
    entity = lookup.entity_named(name)
    if entity is None or entity.labels is None:
        raise Missing(None)
    form: Any = SheetForm(**({} if request.method == "POST" else _begun()))
    known = services.labels(entity, [row.id.data for row in form.rows.rows if row.id.data])
    if not known:
        raise Missing(None)
    if form.validate_on_submit():
        try:
            return _printed(entity, form, known)
        except Refused as error:
            form.refuse(error)
    back = url_for(entity.index) if entity.index else request.referrer or url_for("home.home")
    return page("labels/ask.html", title=_("Labels"), form=form, entity=entity, known=known, back=back)


def _begun() -> dict[str, Any]:
    """Return what the form begins with: the rows that the address names, and what this device remembers."""
    counts = services.counted(request.args.get("ids", ""))
    return {"rows": [{"id": id, "count": count} for id, count in counts.items()], **filled(device.read())}


def _printed(entity: Entity, form: Any, known: dict[int, Label]) -> Any:
    """Return the labels as a PDF; the device remembers its format and the next free label."""
    counts = {row.id.data: row.count.data or 0 for row in form.rows.rows if row.id.data in known}
    services.require_some(total := sum(counts.values()))
    format, wanted = form.chosen(), {id: known[id] for id, count in counts.items() if count}
    layout.require_legible(wanted.values(), format)
    kinds = {id: number for number, id in enumerate(wanted)}
    drawn = [layout.laid_out(label, format) for label in wanted.values()]
    content = documents.pdf(
        "labels/sheet.html", "labels.css", layout.rules(format, drawn, form.shift), heading=entity.plural, kinds=drawn,
        pages=layout.pages([kinds[id] for id, count in counts.items() for _copy in range(count)], format, form.place),
    )  # fmt: skip
    answer = documents.answer("labels", content)
    device.keep(answer, form.device(total))
    return answer


@bp.app_context_processor
def _ways() -> dict[str, Any]:
    return {"labels_url": labels_url}


def labels_url(row: Any, count: int = 1) -> str:
    """Return where labels of a row are printed, "" where its kind has none or this person may not read them."""
    entity = entities().of(row)
    if entity is None or entity.labels is None or not (entity.permission is None or current().can(entity.permission)):
        return ""
    return url_for("labels.ask", name=entity.name, ids=services.address({row.id: count}))
