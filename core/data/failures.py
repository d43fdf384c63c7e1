"""What a failing database or disk means for whoever waits before the page, in words."""

import errno

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnection

from core.contract.words import _
from core.data.errors import Unavailable

BUSY = _("Somebody else is recording just now, and it takes long. Nothing was recorded. Send it again in a moment.")
FULL = _("The disk of the server is full. Nothing was recorded. Tell your administrator; then send it again.")
SHUT = _("The disk of the server takes nothing. Nothing was recorded. Tell your administrator at once.")
DAMAGED = _(
    "The database is damaged. Nothing was recorded. Tell your administrator at once: a backup has to be put back."
)
SILENT = _("The database does not answer. Nothing was recorded. Try again in a moment.")
NO_ROOM, NO_DISK = {errno.ENOSPC, errno.EDQUOT}, {errno.EROFS, errno.EIO}
SIGNS = (  # what SQLite says, and the codes of PostgreSQL
    (("is locked", "is busy", "55P03", "57014", "40001", "40P01"), BUSY, 503),
    (("disk is full", "No space left", "53100"), FULL, 507),
    (("readonly database", "disk I/O error", "unable to open database", "25006", "58030"), SHUT, 503),
    (("malformed", "not a database", "XX001", "XX002"), DAMAGED, 503),
)


def told(error: Exception) -> Unavailable | None:
    """Return what a person is told of a failure of the machine, or None when it is a fault of the program."""
    if isinstance(error, NoConnection):
        return Unavailable(BUSY)
    if isinstance(error, OSError) and error.errno in NO_ROOM | NO_DISK:
        return Unavailable(FULL, 507) if error.errno in NO_ROOM else Unavailable(SHUT)
    if not isinstance(error, DBAPIError) or isinstance(error, (IntegrityError, DataError, ProgrammingError)):
        return None
    said = f"{getattr(error.orig, 'sqlstate', '')} {error.orig}"
    for signs, words, status in SIGNS:
        if any(sign in said for sign in signs):
            return Unavailable(words, status)
    lost = isinstance(error, InterfaceError) or error.connection_invalidated or "connection" in said
    return Unavailable(SILENT) if lost and isinstance(error, (InterfaceError, OperationalError)) else None
