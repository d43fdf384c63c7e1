"""The pages of an administrator: users, their grants and links, roles, and why somebody may do what."""

from typing import Any

from flask import current_app, g, request, url_for

from core import journal
from core.contract.words import _, label_of
from core.data import notes
from core.data.access import current
from core.data.work import perform
from core.facilities.models import Facility
from core.users import factor, people, rights
from core.users.admin_forms import NewRoleForm, NewUserForm, PlaceForm
from core.users.login import proved
from core.users.models import Role, User
from core.users.tables import UserTable
from core.users.verbs import CHANGE, CHANGE_ROLE, CREATE, CREATE_ROLE, GRANT
from core.users.views import bp
from core.web.doing import submit
from core.web.pages import get_or_404, page, permission
from core.web.verbs import blank

VIEW, EDIT, ROLES = "core.user.view", people.EDIT, "core.role.edit"


@bp.get("/users")
@permission(VIEW)
def index() -> Any:
    """List the users of this person's facilities."""
    actions = [(url_for(".new"), _("New user"), "plus", True)] if current().can(EDIT) else []
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


@bp.get("/users/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show a user: particulars, grants, history, and what can be done."""
    user = _looked_at(id)
    return page("users/show.html", person=user, history=journal.panel(user), title=user.name, **_powers(user))


def _looked_at(id: int) -> User:
    """Return a user; who looks at the particulars of another leaves a line."""
    user: User = get_or_404(User, id)
    if request.method == "GET" and user.id != g.user.id:
        notes.note("viewed", "core.user", user.id, user.facility_id)
    return user


def _powers(user: User) -> dict[str, Any]:
    """Return what this person may do with a user."""
    editable = current().can(EDIT, user.facility) and rights.above(current(), user.id)
    return {
        "editable": editable,
        "is_self": user.id == g.user.id,
        "factor": factor.has(user.id),
        "crumbs": [(_("Users"), url_for(".index")), (user.name, None)],
    }


@bp.route("/users/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit(id: int) -> Any:
    """Change the particulars of a user."""
    user = _looked_at(id)
    form = blank(CHANGE, user)
    return submit(form, CHANGE, id) or page(
        "users/form.html", form=form, title=user.name, person=user,
        crumbs=[(_("Users"), url_for(".index")), (user.name, url_for(".show", id=id)), (_("Change"), None)],
    )  # fmt: skip


@bp.route("/users/<int:id>/grant", methods=["GET", "POST"])
@permission(EDIT)
@proved
def grant(id: int) -> Any:
    """Give a user a role at a facility."""
    user = get_or_404(User, id)
    form = blank(GRANT, user)
    return submit(form, GRANT, id) or page(
        "users/grant.html", form=form, title=_("Give a role"), person=user,
        crumbs=[(_("Users"), url_for(".index")), (user.name, url_for(".show", id=id)), (_("Give a role"), None)],
    )  # fmt: skip


@bp.post("/users/<int:id>/invite")
@permission(EDIT)
@proved
def invite(id: int) -> Any:
    """Show, this once, the link by which a user chooses a password; it is stored nowhere."""
    user = get_or_404(User, id)
    token = perform(lambda: people.invite(id))
    link = current_app.config["BASE_URL"].rstrip("/") + url_for(".welcome", token=token)
    return page("users/invitation.html", person=user, link=link, title=_("Link for %(name)s", name=user.name))


@bp.get("/users/<int:id>/rights")
@permission(VIEW)
def effective(id: int) -> Any:
    """Explain what a user may do at a facility, and by which grant."""
    user = _looked_at(id)
    asked = PlaceForm(request.args, meta={"csrf": False}) if "facility" in request.args else PlaceForm(formdata=None)
    place: Facility = (asked.facility.data if asked.facility.data and asked.validate() else None) or user.facility
    asked.facility.data = place
    rows = people.explain(user, place)
    return page(
        "users/rights.html", person=user, asked=asked, facility=place, rows=rows,
        title=_("Rights of %(name)s", name=user.name), held=sum(bool(grants) for _right, grants in rows),
        crumbs=[(_("Users"), url_for(".index")), (user.name, url_for(".show", id=id)), (_("Rights"), None)],
    )  # fmt: skip


@bp.get("/roles/<int:id>/read")
@permission(VIEW)
def show_role(id: int) -> Any:
    """Show the rights of a role."""
    found, known = get_or_404(Role, id), current_app.extensions["amagara.permissions"]
    held = [known[name] for name, _path in sorted(rights.usable(found.names, "/", known))]
    may = current().can(ROLES)
    return page(
        "users/role_read.html", role=found, held=held, may_change=may, history=journal.panel(found),
        title=label_of(found), crumbs=[(_("Roles"), url_for(".roles") if may else None), (label_of(found), None)],
    )  # fmt: skip


@bp.get("/roles")
@permission(ROLES)
def roles() -> Any:
    """List the roles."""
    known = current_app.extensions["amagara.permissions"]
    rows = [(role, len(rights.usable(role.names, "/", known))) for role in people.roles()]
    return page("users/roles.html", rows=rows, total=len(known), title=_("Roles"))


@bp.route("/roles/new", methods=["GET", "POST"])
@permission(ROLES)
@proved
def new_role() -> Any:
    """Make a role."""
    form = NewRoleForm()
    return submit(form, CREATE_ROLE) or page(
        "users/role.html",
        form=form,
        title=_("New role"),
        crumbs=[(_("Roles"), url_for(".roles")), (_("New role"), None)],
    )


@bp.route("/roles/<int:id>", methods=["GET", "POST"])
@permission(ROLES)
@proved
def role(id: int) -> Any:
    """Change the names and the rights of a role."""
    found = get_or_404(Role, id)
    form = blank(CHANGE_ROLE, found)
    return submit(form, CHANGE_ROLE, id) or page(
        "users/role.html", form=form, role=found, title=label_of(found),
        crumbs=[(_("Roles"), url_for(".roles")), (label_of(found), None)],
    )  # fmt: skip
