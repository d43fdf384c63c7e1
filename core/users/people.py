"""Making and changing users, their grants, roles and invitations. The scopes of `rights` guard every write."""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import selectinload

from core.contract.plugins import permissions
from core.contract.words import _
from core.data import audit
from core.data.access import current
from core.data.bulk import beside, read_beside
from core.data.codes import key_of
from core.data.db import db, utcnow
from core.data.errors import Invalid, Missing, NotAllowed, Refused
from core.facilities.models import Facility
from core.users import factor, rights, services
from core.users.models import Grant, Invitation, Role, User
from core.users.tokens import hash_token

TAKEN = "a user name is taken whoever asks"
EDIT, ROLES = rights.EDIT, "core.role.edit"
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,79}")
CODE = re.compile(r"[a-z][a-z0-9_]{1,59}")
INVITATION = timedelta(minutes=60)


def get(user_id: int) -> User:
    """Return a user, or raise Missing."""
    user = db.session.get(User, user_id)
    if user is None:
        raise Missing(_("This user does not exist."))
    return user


def by_login(login: str) -> User:
    """Return a user by the name he signs in with, or raise Missing."""
    user = db.session.scalar(select(User).where(User.login == key_of(login)))
    if user is None:
        raise Missing(_("This user does not exist."))
    return user


def id_of(login: str) -> int | None:
    """Return the number of the user who signs in with a name, or None."""
    query = select(User.id).where(User.login == key_of(login))
    return read_beside(query, TAKEN).scalar()


def search(words: str = "", limit: int = 200) -> Sequence[User]:
    """Return the users this person may see whose name or user name holds the words."""
    query = select(User).options(selectinload(User.facility), selectinload(User.grants).selectinload(Grant.role))
    if words:
        query = query.where(or_(*(each.icontains(words, autoescape=True) for each in (User.name, User.login))))
    return db.session.scalars(query.order_by(User.active.desc(), User.name).limit(limit)).all()


def overview() -> list[dict[str, str]]:
    """Return login, name, roles with the codes of their places, and state of everybody, for the command line."""
    query = select(User).options(selectinload(User.grants).selectinload(Grant.role)).order_by(User.login)
    codes = dict(db.session.execute(select(Facility.id, Facility.code)).tuples().all())
    return [
        {
            "login": user.login,
            "name": user.name,
            "roles": ", ".join(f"{grant.role.code} ({codes[grant.facility_id]})" for grant in user.grants),
            "state": "active" if user.active else "closed",
        }
        for user in db.session.scalars(query)
    ]


def create(login: str, name: str, facility_id: int, email: str = "", phone: str = "") -> User:
    """Return a new user without password and without rights."""
    name_of = key_of(login)
    if not LOGIN.fullmatch(name_of):
        raise Refused(_("Use 2 to 80 small letters, figures, points and dashes."), "login")
    if read_beside(select(User.id).where(User.login == name_of), TAKEN).first():
        raise Refused(_("This user name is taken."), "login")
    current().require(EDIT, _facility(facility_id))
    user = User(login=name_of, name=name.strip(), facility_id=facility_id, email=email.strip(), phone=phone.strip())
    db.session.add(user)
    db.session.flush()
    return user


def create_with_role(login: str, name: str, role: str, facility: str) -> User:
    """Return a new user with a role at a facility, both named by their codes."""
    place = db.session.scalar(select(Facility).where(Facility.code_key == key_of(facility)))
    kind = db.session.scalar(select(Role).where(Role.code == role))
    if place is None:
        raise Refused(_("There is no facility with the code %(code)s.", code=facility), "facility")
    if kind is None:
        raise Refused(_("There is no role with the code %(code)s.", code=role), "role")
    user = create(login, name, place.id)
    grant(user.id, kind.id, place.id)
    return user


def edit(user_id: int, **values: Any) -> User:
    """Return the user after changing name, e-mail, phone or facility; nothing else can be given."""
    user = _editable(user_id)
    for column in ("name", "email", "phone"):
        if column in values:
            setattr(user, column, (values[column] or "").strip())
    if values.get("facility_id"):
        current().require(EDIT, _facility(values["facility_id"]))
        user.facility_id = values["facility_id"]
    db.session.flush()
    return user


def set_active(user_id: int, active: bool) -> User:
    """Return the user, who may sign in from now on, or no longer; open sessions end at once."""
    user = _editable(user_id)
    if user.id == current().user_id:
        raise Refused(_("You cannot close your own account."))
    user.active = active
    services.end_sessions(user.id)
    db.session.flush()
    return user


def end_sessions(user_id: int) -> User:
    """Return the user, whose open sessions are over."""
    user = _editable(user_id)
    services.end_sessions(user.id)
    audit.note("sessions ended", "core.user", user.id, user.facility_id)
    return user


def remove_factor(user_id: int) -> User:
    """Return the user, whose lost second factor is removed; open sessions end."""
    user = _editable(user_id)
    if user.id == current().user_id:
        raise Refused(_("Remove your own second factor in your profile."))
    factor.remove(user)
    services.end_sessions(user.id)
    return user


def _editable(user_id: int) -> User:
    """Return a user whom this person may change: in his place, and with no right that he lacks."""
    user = get(user_id)
    current().require(EDIT, user.facility)
    if not rights.above(current(), user.id):
        raise NotAllowed(_("This person holds rights that you do not hold; you may not change the account."))
    return user


def grant(user_id: int, role_id: int, facility_id: int) -> Grant:
    """Return a new grant: a role at a facility and everything below it."""
    user, role, facility = _editable(user_id), db.session.get(Role, role_id), _facility(facility_id)
    if role is None:
        raise Refused(_("Choose a role."), "role_id")
    _require_all(role, facility)
    if user.id == current().user_id and not rights.holds_himself(current(), rights.role_rights(role_id, facility.path)):
        raise NotAllowed(_("Nobody gives himself rights that he does not hold: ask another administrator."))
    if any((each.role_id, each.facility_id) == (role_id, facility_id) for each in user.grants):
        raise Refused(_("This person has this role there already."), "role_id")
    given = Grant(user=user, role=role, facility=facility)
    db.session.add(given)
    db.session.flush()
    links_end([user.id])
    return given


def links_end(user_ids: Any) -> None:
    """End the links of people whose rights may have grown: a link opens no more than its maker meant."""
    links = delete(Invitation).where(Invitation.user_id.in_(user_ids), Invitation.used_at.is_(None))
    db.session.execute(beside(links, "the line of the grant says it"))


def withdraw(user_id: int, grant_id: int) -> User:
    """Return the user without a grant; it counts from the next request on."""
    user = _editable(user_id)
    given = next((each for each in user.grants if each.id == grant_id), None)
    if given is None:
        raise Missing(_("This grant does not exist any more."))
    _require_all(given.role, given.facility)
    db.session.delete(given)
    db.session.flush()
    return user


def _require_all(role: Role, facility: Facility) -> None:
    """Raise NotAllowed unless this person holds there everything that the role gives."""
    current().require(EDIT, facility)
    known = permissions()
    if role.facility is not None and not facility.path.startswith(role.facility.path):
        raise Refused(_("This role belongs to %(place)s: it is given there and below.", place=role.facility.name))
    lacking = [name for name, _path in rights.effective(role.names, facility.path, known)
               if not current().may_give(name, facility.path)]  # fmt: skip
    if lacking:
        names = ", ".join(sorted(str(known[name].label) for name in lacking)[:4])
        raise NotAllowed(_("Nobody gives rights that he does not hold. You lack here: %(rights)s.", rights=names))


def grantable(roles: Iterable[Role]) -> list[Role]:
    """Return the roles that this person could grant somewhere."""
    known, access = permissions(), current()
    return [
        role
        for role in roles
        if (role.facility is None or access.can(EDIT, role.facility))
        and all(access.may_give(name) or known[name].national for name in {EDIT, *rights.expand(role.names, known)})
    ]


def roles() -> Sequence[Role]:
    """Return all roles by their code, with their places."""
    return db.session.scalars(select(Role).options(selectinload(Role.facility)).order_by(Role.code)).all()


def save_role(
    role_id: int | None,
    label_en: str,
    label_fr: str,
    names: Sequence[str],
    code: str = "",
    *,
    second_factor: bool = False,
    place: Facility | None = None,
) -> Role:
    """Return a new or changed role; nobody puts in or takes out a right that he lacks where the role is held.

    A new one belongs to a place, or to the whole country; it is given there and below.
    """
    role = db.session.get(Role, role_id) if role_id else Role(code=_new_code(code), permissions="", facility=place)
    if role is None:
        raise Missing(_("This role does not exist."))
    known = permissions()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid({"names": _("There is no such right: %(name)s.", name=unknown[0])})
    role.label_en, role.label_fr = label_en.strip(), label_fr.strip()
    role.second_factor = second_factor
    role.permissions = "\n".join(compress(names, role.names, known))
    if place is None and not role_id and not current().can_everywhere(ROLES):
        raise Refused(_("Choose the place that the role belongs to: it is given there and below."), "facility_id")
    db.session.add(role)
    db.session.flush()
    links_end(select(Grant.user_id).where(Grant.role_id == role.id))
    return role


def _new_code(code: str) -> str:
    if not CODE.fullmatch(code):
        raise Refused(_("Use small letters, figures and underscores, a letter first."), "code")
    if db.session.scalar(select(Role.id).where(Role.code == code)):
        raise Refused(_("This code is taken."), "code")
    return code


def compress(names: Iterable[str], patterns: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the names to store: a pattern stays while everything it stands for is chosen."""
    chosen, known = set(names), list(known)
    kept = [each for each in patterns if "*" in each and rights.expand([each], known) <= chosen]
    return [*kept, *sorted(chosen - rights.expand(kept, known))]


def explain(user: User, facility: Facility) -> list[tuple[Any, list[Grant]]]:
    """Return every permission with the grants that give it to a person at a facility; none means no."""
    known = permissions()
    reaching = [each for each in user.grants if facility.path.startswith(each.facility.path)]
    gives = {
        each.id: {name for name, _path in rights.usable(each.role.names, each.facility.path, known)}
        for each in reaching
    }
    return [(item, [each for each in reaching if item.name in gives[each.id]]) for item in known.values()]


def invite(user_id: int) -> str:
    """Return the token of a one-time link to choose a password; earlier links no longer work."""
    user = _editable(user_id)
    if not user.active:
        raise Refused(_("This account is closed. Open it first."))
    earlier = delete(Invitation).where(Invitation.user_id == user_id)
    db.session.execute(beside(earlier, "the line of the new link says it"))
    token = secrets.token_urlsafe(32)
    made = Invitation(token_hash=hash_token(token), user_id=user_id, expires_at=utcnow() + INVITATION)
    made.maker_id = current().user_id
    db.session.add(made)
    audit.note("invitation", "core.user", user_id, user.facility_id)
    return token


def invited(token: str) -> User | None:
    """Return the person whom a link invites, or None when it was used, replaced or is too old.

    It is no link any more when its maker could not make it now: the person's rights grew, or his own shrank.
    """
    query = select(User).join(Invitation, Invitation.user_id == User.id)
    found: User | None = db.session.scalar(
        query.where(
            Invitation.token_hash == hash_token(token), Invitation.used_at.is_(None),
            Invitation.expires_at > utcnow(), User.active,
        )
    )  # fmt: skip
    return found if found is not None and _still_meant(found, hash_token(token)) else None


def _still_meant(user: User, token_hash: str) -> bool:
    maker_id = db.session.scalar(select(Invitation.maker_id).where(Invitation.token_hash == token_hash))
    if maker_id is None:
        return True
    maker = db.session.get(User, maker_id)
    if maker is None or not maker.active:
        return False
    access = services.access_of(maker, permissions())
    return access.can(EDIT, user.facility) and rights.above(access, user.id)


def choose_password(token: str, judged: services.Judged) -> None:
    """Store the password that an invited person chose; the link works no more."""
    row = db.session.get(Invitation, hash_token(token), with_for_update=True)
    user = invited(token)
    if row is None or user is None:
        raise Refused(_("This link was used, or is older than one hour. Ask your administrator for a new one."))
    services.set_password(user, judged)
    row.used_at = utcnow()
    services.end_sessions(user.id)
    services.forget_failures(user.login)


def _facility(facility_id: int) -> Facility:
    facility = db.session.get(Facility, facility_id)
    if facility is None:
        raise Refused(_("Choose a facility."), "facility_id")
    return facility
