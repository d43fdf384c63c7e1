"""The list of tokens."""

from typing import Any

from flask import request, url_for
from sqlalchemy import Select, case, select
from sqlalchemy.orm import selectinload

from core.api.tokens.models import ENDED, OPEN, OVER, STATES, Token
from core.contract.words import _
from core.data.access import current
from core.data.db import today
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.web.tables import Column, Table


def _state() -> Any:
    return case((Token.ended_at.is_not(None), ENDED), (Token.expires_on < today(), OVER), else_=OPEN)


class TokenTable(Table):
    """Tokens: one's own, and those of the people whom one may see."""

    model = Token
    search = (Token.name, User.name)
    default_sort = "-created_at"
    options = (selectinload(Token.user), selectinload(Token.facility))
    views = (("all", _("All"), {}), ("mine", _("Mine"), {"view": "mine"}))
    empty = (_("No token yet"), _("A program that reads or writes here shows a token in the place of a password."))

    @property
    def columns(self) -> Any:  # type: ignore[override]
        """Return the columns; the state depends on the day."""
        return (
            Column("name", _("Name"), Token.name, link=lambda token: url_for("tokens.show", id=token.id)),
            Column("user", _("User"), User.name, value=lambda token: token.user.name),
            Column("place", _("Place"), Facility.name, value=lambda token: token.facility and token.facility.name),
            Column("state", _("State"), _state(), kind="state", facet=STATES),
            Column("expires_on", _("Last day"), Token.expires_on, kind="date"),
            Column("last_used_on", _("Last used"), Token.last_used_on, kind="date"),
            Column("last_used_from", _("From address"), Token.last_used_from, kind="code"),
            Column("created_at", _("Made"), Token.created_at, kind="datetime", default=False),
        )

    def query(self) -> Select[Any]:
        """Return the tokens with their people and places; one's own alone where the address asks for them."""
        query = select(Token).join(User, User.id == Token.user_id)
        query = query.outerjoin(Facility, Facility.id == Token.facility_id)
        return query.where(Token.user_id == current().user_id) if request.args.get("view") == "mine" else query
