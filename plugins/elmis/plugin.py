"""What elmis offers: its rooms, each of which says its own part."""

from core.contract.words import _
from plugins.elmis import cli, home, port, rights, seeds, series
from plugins.elmis.catalogue import hooks as catalogue
from plugins.elmis.counts import hooks as counts
from plugins.elmis.dashboards import hooks as dashboards
from plugins.elmis.history import hooks as history
from plugins.elmis.ledger import hooks as ledger
from plugins.elmis.lots import hooks as lots
from plugins.elmis.orders import hooks as orders
from plugins.elmis.recalls import hooks as recalls
from plugins.elmis.requisitions import hooks as requisitions
from plugins.elmis.settings import hooks as own_pages
from plugins.elmis.stock import hooks as stock
from plugins.elmis.store import hooks as store
from plugins.elmis.transfers import hooks as transfers

LABEL = _("eLMIS")
ROOMS = [
    rights,
    series,
    home,
    port,
    cli,
    seeds,
    catalogue,
    lots,
    ledger,
    stock,
    history,
    store,
    counts,
    requisitions,
    orders,
    transfers,
    recalls,
    dashboards,
    own_pages,
]
