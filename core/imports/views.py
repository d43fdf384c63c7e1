"""The pages of an import: send, map, look, confirm, result."""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request, send_file, url_for
from flask_babel import get_locale

from core.contract.plugins import entities
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Conflict, Doubt, Missing, Refused
from core.data.work import perform
from core.imports import mapping, services
from core.imports.forms import AgreedForm, UploadForm, mapping_form
from core.imports.importer import Field, Importer
from core.imports.models import CHECKED, DONE, SENT, ImportRun, state_of
from core.imports.verbs import BEGIN, RECEIVE, REMAP, is_long
from core.web import exports, sending
from core.web.doing import act, submit
from core.web.pages import get_or_404, number, page, permission, signed_in

bp = Blueprint("imports", __name__, url_prefix="/imports")
right = permission(services.RIGHT)


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"state_of": state_of, "steps": [_("File"), _("Columns"), _("Preview"), _("Result")]}


@bp.get("/")
@right
def index() -> Any:
    """Show what can be imported, and the latest imports."""
    names = {entity.name: entity.plural for entity in entities()}
    return page("imports/index.html", importable=services.importable(), runs=services.recent(), names=names)


@bp.route("/new/<entity>", methods=["GET", "POST"])
@right
def new(entity: str) -> Any:
    """Send a file."""
    importer = services.importer_of(entity)
    current().require(importer.permission)
    form: Any = UploadForm()

    answer = _receive(form, entity) if form.validate_on_submit() else None
    return answer or page(
        "imports/new.html", form=form, entity=entities()[entity], importer=importer, sample=importer.sample(),
        heading=_heading,
    )  # fmt: skip


def _heading(field: Field) -> str:
    """Return the heading of a column as the page's language has it; of a family with the place of its suffix."""
    return f"{field.label} (…)" if field.name.endswith(":") else str(field.label)


def _receive(form: Any, entity: str) -> Any:
    """Return the way on with a file that was sent, or None with the reason on the form."""
    file = form.file.data
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source"
        file.seek(0)
        file.save(path)
        try:
            with services.sent(entity, file.filename, path) as sent:
                form.sent = sent
                return submit(form, RECEIVE)
        except (Refused, Conflict) as error:
            form.refuse(error)
            return None


@bp.get("/download/<entity>.csv")
@right
def template(entity: str) -> Any:
    """Send a file to fill in: the headings that are understood, and an example line."""
    importer = services.importer_of(entity)
    current().require(importer.permission)
    sample, language = importer.sample(), str(get_locale() or "fr")[:2]
    heads = [mapping.label(importer, name) for name in sample]
    file = exports.write("csv", heads, [list(sample.values())], language)
    return send_file(file, exports.TYPES["csv"], as_attachment=True, download_name=f"{entity}-{language}.csv")


@bp.route("/<int:id>/columns", methods=["GET", "POST"])
@right
def columns(id: int) -> Any:
    """Say which column is which field, then look at every line."""
    row = get_or_404(ImportRun, id)
    if row.state == DONE:
        return redirect(url_for("imports.show", id=id))
    entity, large = entities()[row.entity], is_long(row)
    with services.source(row) as table:
        form = mapping_form(services.importer_of(row.entity), table, services.mapped_of(row))
        asked = form.is_submitted() and form.mark_new()
        answer = None if asked else submit(form, REMAP, id)
    if answer and not large:
        answer = _look(form, id, answer)
    return answer or page("imports/columns.html", form=form, run=row, entity=entity, note=table.note)


def _look(form: Any, id: int, answer: Any) -> Any:
    """Return the answer after looking at every line, or None with the reason on the form."""
    try:
        services.look(id)
    except (Refused, Conflict) as error:
        db.session.rollback()
        form.refuse(error)
        return None
    return answer


@bp.get("/<int:id>")
@signed_in
def show(id: int) -> Any:
    """Show what an import would do, or did, to whoever may read it: an auditor too."""
    row = get_or_404(ImportRun, id)
    if row.state == SENT and current().can(services.RIGHT):
        return redirect(url_for("imports.columns", id=id))
    return _shown(row)


def _shown(row: ImportRun, status: int = 200) -> Any:
    """Return the page of an import; a question that was left open is marked when it was sent."""
    entity, report = entities()[row.entity], services.report_of(row)
    for one in report.get("questions", ()):
        one["answer"] = _answer(one)
    cards = _figures(services.importer_of(row.entity), report)
    shown = mapping.Shown(services.importer_of(row.entity), services.mapped_of(row))
    g.menu_endpoint = "imports.index"
    return page(
        "imports/show.html", status=status, run=row, entity=entity, report=report, cards=cards, shown=shown,
        marked=status != 200, mark=services.shown_of(row),
    )  # fmt: skip


def _figures(importer: Importer, report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures of a report: its lines, the refused ones, every kind that occurs."""
    cards: list[dict[str, Any]] = [{"label": _("Lines"), "value": number(report["lines"])}]
    if report["refused"]:
        lines = number(report.get("refused_lines", report["refused"]))
        cards.append({"label": _("Refused"), "value": lines, "tone": "danger", "url": "#refused"})
    for kind, words in importer.kinds().items():
        if count := report["counts"].get(kind):
            url = "" if kind == "same" else f"#kind-{kind}"
            cards.append({"label": words, "value": number(count), "url": url})
    return cards


@bp.post("/<int:id>/confirm")
@right
def confirm(id: int) -> Any:
    """Write the whole file, all or nothing."""
    row = get_or_404(ImportRun, id)
    try:
        services.refuse_unseen(row, shown := request.form.get("shown", ""))
    except Conflict as error:
        flash(str(error.message), "danger")
        return redirect(url_for("imports.show", id=id))
    if row.state == CHECKED and _open(row):
        return _shown(row, 422)
    return act(BEGIN, id, AgreedForm()) if is_long(row) else _write(id, shown)


def _open(row: ImportRun) -> bool:
    """Return whether a question of the preview is left open by what was sent."""
    return any(not _answer(one) for one in services.report_of(row).get("questions", ()))


def _answer(one: dict[str, Any]) -> str:
    """Return what was sent as the answer to a question of the preview, or ""."""
    said = sending.confirmed()
    if not one.get("choices"):
        return "yes" if one["token"] in said else ""
    return next((code for code, _words in one["choices"] if f"{one['token']}:{code}" in said), "")


def _write(id: int, shown: str) -> Any:
    """Return the way to the result; the import opens the door itself, so that nobody waits for its reading."""
    url, said, key, body = (
        url_for("imports.show", id=id),
        sending.confirmed(),
        request.form.get("_key"),
        sending.digest(),
    )
    try:
        services.apply(
            id, answers=lambda question: question.answer(said), shown=shown,
            door=lambda write: perform(lambda: write() or {"url": url}, key=key, body=body),
        )  # fmt: skip
    except Doubt:
        db.session.rollback()
        return _shown(services.get(id), 422)
    except (Refused, Conflict) as error:
        db.session.rollback()
        flash(str(error.message), "danger")
    return redirect(url)


@bp.get("/<int:id>/refusals.csv")
@right
def refusals(id: int) -> Any:
    """Send every refused line as CSV."""
    row = get_or_404(ImportRun, id)
    lines = services.part(row.id, services.REFUSALS)
    if lines is None:
        raise Missing(_("The list is no longer kept."))
    head = io.StringIO(newline="")
    csv.writer(head).writerow([str(each) for each in (_("Line"), _("Field"), _("Value"), _("Reason"))])
    name = {"Content-Disposition": f'attachment; filename="import-{id}-refused.csv"'}
    return Response(b"\xef\xbb\xbf" + head.getvalue().encode() + lines, mimetype="text/csv", headers=name)
