"""What the counts give to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.elmis.counts.models import MACHINE, WHAT, Count, CountLine
from plugins.elmis.counts.views import bp

BLUEPRINTS = [bp]
ENTITIES = [
    Entity(
        "elmis.count",
        Count,
        _("Count"),
        _("Counts"),
        "counts.show",
        "elmis.stock.view",
        icon="clipboard-list",
        search=("number",),
        words={"state": MACHINE.states, "what": WHAT},
    ),
    Entity(
        "elmis.count_line",
        CountLine,
        _("Count line"),
        _("Count lines"),
        permission="elmis.stock.view",
        named=("product_id", "lot_id"),
    ),
]
MENU = [
    MenuItem(
        _("Physical counts"), "counts.index", "elmis.count.post", _("Health products"), "clipboard-list", order=115
    )
]
