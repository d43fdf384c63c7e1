"""The pages of webhooks: which there are, what became of what was sent, making one, new secrets."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, g, redirect, url_for

from core import journal
from core.api.webhooks import services, telling
from core.api.webhooks.forms import NewWebhookForm, groups
from core.api.webhooks.models import FAILED, RIGHT, STATES, VIEW, WAITING, Webhook
from core.api.webhooks.tables import WebhookTable
from core.api.webhooks.verbs import CHANGE
from core.contract.plugins import facts
from core.contract.ports import Task
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Refused
from core.data.work import perform
from core.users.directory.services import names
from core.users.signin.login import proved
from core.web.doing import submit
from core.web.forms import Form
from core.web.pages import get_or_404, page, permission
from core.web.verbs import blank

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")
CRUMB = _("Webhooks")


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """List the webhooks of the places that this person looks after."""
    new = [(url_for(".new"), _("New webhook"), "plus", True)] if current().can(RIGHT) else []
    return WebhookTable().respond(CRUMB, actions=new)


@bp.get("/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show where facts are sent to, what became of them, and what can be done."""
    hook, known = get_or_404(Webhook, id), facts()
    rows = services.parcels(hook)
    return page(
        "webhooks/show.html", hook=hook, state=STATES[hook.active], title=hook.name, history=journal.panel(hook),
        topics=[known[name].label if name in known else name for name in hook.names], rows=rows, labels=known,
        account=names([hook.user_id])[hook.user_id], closed=telling.access_of(hook) is None,
        stuck=any(row.state in (FAILED, WAITING) for row in rows),
        may_change=services.may_change(hook), may_end=current().can(RIGHT, hook.facility),
        crumbs=[(CRUMB, url_for(".index")), (hook.name, None)],
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@permission(RIGHT)
@proved
def new() -> Any:
    """Make a webhook, and show its secret this once."""
    form = NewWebhookForm(data={"place": g.place, "account": g.user.id})
    if form.validate_on_submit():
        said = form.values()
        try:
            return _made(*perform(lambda: _shown(*services.make(**said))))
        except Refused as error:
            db.session.rollback()
            form.refuse(error)
    return page(
        "webhooks/form.html", form=form, title=_("New webhook"), groups=groups(),
        crumbs=[(CRUMB, url_for(".index")), (_("New webhook"), None)],
    )  # fmt: skip


@bp.route("/<int:id>/secret", methods=["GET", "POST"])
@permission(RIGHT)
@proved
def rotate(id: int) -> Any:
    """Make a new secret, and show it this once; before, say what follows."""
    hook = get_or_404(Webhook, id)
    form = Form()
    if form.validate_on_submit():
        try:
            return _made(*perform(lambda: _shown(row := db.session.get_one(Webhook, id), services.rotate(row))))
        except Refused as error:
            db.session.rollback()
            flash(str(error.message), "danger")
            return redirect(url_for(".show", id=id))
    return page(
        "webhooks/secret.html", form=form, title=_("New secret"), hook=hook,
        crumbs=[(CRUMB, url_for(".index")), (hook.name, url_for(".show", id=id)), (_("New secret"), None)],
    )  # fmt: skip


def _shown(hook: Webhook, secret: str) -> tuple[int, str, str]:
    return hook.id, hook.name, secret


def _made(id: int, name: str, secret: str) -> Any:
    """Show a secret, this once; it is kept sealed."""
    return page("webhooks/made.html", title=_("Secret of %(name)s", name=name), secret=secret, id=id)


@bp.route("/<int:id>/edit", methods=["GET", "POST"])
@permission(RIGHT)
@proved
def edit(id: int) -> Any:
    """Change name, address and facts."""
    hook = get_or_404(Webhook, id)
    form = blank(CHANGE, hook)
    return submit(form, CHANGE, id) or page(
        "webhooks/form.html", form=form, title=hook.name, groups=groups(), hook=hook,
        crumbs=[(CRUMB, url_for(".index")), (hook.name, url_for(".show", id=id)), (_("Change"), None)],
    )  # fmt: skip


def inbox() -> Iterator[Task]:
    """Yield the webhooks whose facts do not arrive, for whoever looks after them."""
    if not current().can(RIGHT):
        return
    for hook in services.troubled():
        url = url_for("webhooks.show", id=hook.id)
        title = _("The webhook “%(name)s” does not arrive", name=hook.name)
        yield Task(title, url, _("See why"), hook.why, icon="circle-alert", menu="webhooks.index")
