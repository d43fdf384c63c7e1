"""The pages of an administrator about grants and roles, and why somebody may do what."""

from typing import Any

from flask import current_app, request, url_for

from core import journal
from core.contract.words import _, label_of
from core.data.access import current
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.accounts.views import VIEW, looked_at
from core.users.blueprint import bp
from core.users.rights import grants, rules
from core.users.rights.forms import NewRoleForm, PlaceForm
from core.users.rights.models import Grant, Role
from core.users.rights.roles import roles as all_roles
from core.users.rights.rules import EDIT, ROLES
from core.users.rights.verbs import CHANGE_ROLE, CREATE_ROLE, GRANT, PERIOD
from core.users.signin.login import proved
from core.web.doing import submit
from core.web.pages import get_or_404, page, permission
from core.web.verbs import blank


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


@bp.route("/grants/<int:id>", methods=["GET", "POST"])
@permission(EDIT)
@proved
def period(id: int) -> Any:
    """Change the days on which a role counts."""
    given = get_or_404(Grant, id)
    form, person = blank(PERIOD, given), given.user
    return submit(form, PERIOD, id) or page(
        "users/period.html", form=form, title=_("Change the days"), given=given, person=person,
        crumbs=[(_("Users"), url_for(".index")), (person.name, url_for(".show", id=person.id)),
                (_("Change the days"), None)],
    )  # fmt: skip


@bp.get("/users/<int:id>/rights")
@permission(VIEW)
def effective(id: int) -> Any:
    """Explain what a user may do at a facility, and by which grant."""
    user = looked_at(id)
    asked = PlaceForm(request.args, meta={"csrf": False}) if "facility" in request.args else PlaceForm(formdata=None)
    place: Facility = (asked.facility.data if asked.facility.data and asked.validate() else None) or user.facility
    asked.facility.data = place
    rows = grants.explain(user, place)
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
    held = [known[name] for name, _path in sorted(rules.usable(found.names, "/", known))]
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
    rows = [(role, len(rules.usable(role.names, "/", known))) for role in all_roles()]
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
