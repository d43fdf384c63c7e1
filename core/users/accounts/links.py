"""The end of the links by which people choose a password."""

from typing import Any

from sqlalchemy import delete

from core.data.bulk import beside
from core.data.db import db
from core.users.accounts.models import Invitation


def links_end(user_ids: Any) -> None:
    """End the links of people whose rights may have grown: a link opens no more than its maker meant."""
    links = delete(Invitation).where(Invitation.user_id.in_(user_ids), Invitation.used_at.is_(None))
    db.session.execute(beside(links, "the line of the grant says it"))
