"""What the health workforce offers: its rooms, each of which says its own part."""

from core.contract.words import _
from plugins.hr import home, port, rights, seeds, series
from plugins.hr.careers import hooks as careers
from plugins.hr.credentials import hooks as credentials
from plugins.hr.leave import hooks as leave
from plugins.hr.persons import hooks as persons
from plugins.hr.posts import hooks as posts
from plugins.hr.reference import hooks as reference

LABEL = _("Staff")
ROOMS = [rights, series, home, seeds, port, reference, persons, posts, careers, credentials, leave]
