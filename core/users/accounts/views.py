"""The pages of an administrator about users."""

from typing import Any

from flask import current_app, g, request, url_for

from core import journal
from core.contract.words import _
from core.data import notes
from core.data.access import current
from core.data.work import perform
from core.users.accounts import invitations
from core.users.accounts.forms import NewServiceForm, NewUserForm
from core.users.accounts.models import User
from core.users.accounts.tables import UserTable
from core.users.accounts.verbs import CHANGE, CHANGE_SERVICE, CREATE, CREATE_SERVICE
from core.users.blueprint import bp
from core.users.rights import periods, rules
from core.users.rights.rules import EDIT
from core.users.signin import factor
from core.users.signin.login import proved
from core.web.doing import submit
from core.web.pages import get_or_404, page, permission
from core.web.verbs import blank

VIEW = "core.user.view"
ORDER = list(periods.STATES)


@bp.get("/users")
@permission(VIEW)
def index() -> Any:
    """List the users of this person's facilities."""
    new = [(".new_service", _("New service account"), "settings", False), (".new", _("New user"), "plus", True)]
    actions = [(url_for(page), *rest) for page, *rest in new] if current().can(EDIT) else []
    return UserTable().respond(_("Users"), actions=actions)


@bp.route("/users/new", methods=["GET", "POST"])
@permission(EDIT)
@proved
def new() -> Any:
    """Make a user, with a first role when one is chosen."""
    form = NewUserForm()
    return submit(form, CREATE) or page(
        "users/form.html",
        form=form,
        title=_("New user"),
        crumbs=[(_("Users"), url_for(".index")), (_("New user"), None)],
    )


@bp.route("/users/new-service", methods=["GET", "POST"])
@permission(EDIT)
@proved
def new_service() -> Any:
    """Make a service account, with a first role when one is chosen."""
    form = NewServiceForm()
    return submit(form, CREATE_SERVICE) or page(
        "users/form.html", form=form, title=_("New service account"),
        crumbs=[(_("Users"), url_for(".index")), (_("New service account"), None)],
    )  # fmt: skip


@bp.get("/users/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show a user: particulars, grants, history, and what can be done."""
    user = looked_at(id)
    return page("users/show.html", person=user, history=journal.panel(user), title=user.name, **_powers(user))


def looked_at(id: int) -> User:
    """Return a user; who looks at the particulars of another leaves a line."""
    user: User = get_or_404(User, id)
    if request.method == "GET" and user.id != g.user.id:
        notes.note("viewed", "core.user", user.id, user.facility_id)
    return user


def _powers(user: User) -> dict[str, Any]:
    """Return what this person may do with a user."""
    editable = current().can(EDIT, user.facility) and rules.above(current(), user.id)
    return {
        "editable": editable,
        "is_self": user.id == g.user.id,
        "grants": sorted(user.grants, key=lambda given: (ORDER.index(periods.state(given)), given.id)),
        "period": periods.period,
        "state_of": periods.state,
        "states": periods.STATES,
        "factor": factor.has(user.id),
        "crumbs": [(_("Users"), url_for(".index")), (user.name, None)],
    }


@bp.route("/users/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit(id: int) -> Any:
    """Change the particulars of a user."""
    user = looked_at(id)
    verb = CHANGE_SERVICE if user.service else CHANGE
    form = blank(verb, user)
    return submit(form, verb, id) or page(
        "users/form.html", form=form, title=user.name, person=user,
        crumbs=[(_("Users"), url_for(".index")), (user.name, url_for(".show", id=id)), (_("Change"), None)],
    )  # fmt: skip


@bp.post("/users/<int:id>/invite")
@permission(EDIT)
@proved
def invite(id: int) -> Any:
    """Show, this once, the link by which a user chooses a password; it is stored nowhere."""
    user = get_or_404(User, id)
    token = perform(lambda: invitations.invite(id))
    link = current_app.config["BASE_URL"].rstrip("/") + url_for(".welcome", token=token)
    return page("users/invitation.html", person=user, link=link, title=_("Link for %(name)s", name=user.name))
