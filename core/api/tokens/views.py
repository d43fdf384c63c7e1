"""The pages of tokens: whose there are, what each opens, making one, ending it."""

from typing import Any

from flask import Blueprint, g, request, url_for

from core import journal
from core.api.tokens import services
from core.api.tokens.forms import TokenForm, groups
from core.api.tokens.models import OPEN, STATES, Token
from core.api.tokens.tables import TokenTable
from core.contract.plugins import permissions
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Missing, Refused
from core.data.judging import may_write
from core.data.work import perform
from core.users.accounts import services as accounts
from core.users.accounts.models import User
from core.users.rights.access import access_of
from core.users.signin.login import proved
from core.web.address import whole
from core.web.pages import get_or_404, page, signed_in

bp = Blueprint("tokens", __name__, url_prefix="/tokens")
CRUMB = _("Tokens of programs")


@bp.get("/")
@signed_in
def index() -> Any:
    """List the tokens that this person may see."""
    actions = [
        (url_for("described.index"), _("Interface for programs"), "info", False),
        (url_for(".new"), _("New token"), "plus", True),
    ]
    return TokenTable().respond(CRUMB, actions=actions)


@bp.get("/<int:id>")
@signed_in
def show(id: int) -> Any:
    """Show what a token opens, and what became of it."""
    token, known = get_or_404(Token, id), permissions()
    return page(
        "api/token.html", token=token, state=STATES[token.state], title=token.name, history=journal.panel(token),
        rights=[known[name].label for name in token.names if name in known],
        may_end=token.state == OPEN and may_write(token, current()),
        crumbs=[(CRUMB, url_for(".index")), (token.name, None)],
    )  # fmt: skip


def _account() -> User:
    """Return the service account that the address names, else who asks."""
    asked = whole(request.args.get("account", ""))
    if not asked or asked == g.user.id:
        found: User = g.user
        return found
    account: User = get_or_404(User, asked)
    if not account.service:
        raise Missing(None)
    return accounts.editable(account.id)


@bp.route("/new", methods=["GET", "POST"])
@signed_in
@proved
def new() -> Any:
    """Make a token for oneself or a service account, and show it this once; it is stored nowhere."""
    form, account = TokenForm(), _account()
    user_id = account.id
    if form.validate_on_submit():
        said = form.values()
        try:
            token = perform(lambda: services.make(db.session.get_one(User, user_id), **said))
            return page("api/made.html", token=token, title=_("Your new token"), name=said["name"])
        except Refused as error:
            db.session.rollback()
            form.refuse(error)
    held = current().own if account is g.user else access_of(account, permissions())
    return page(
        "api/new.html", form=form, title=_("New token"), groups=list(groups(held.paths_by_permission)), account=account,
        crumbs=[(CRUMB, url_for(".index")), (_("New token"), None)],
    )  # fmt: skip
