"""What the counts give to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.words import _
from plugins.elmis.counts.models import Count, CountLine

ENTITIES = [
    Entity("elmis.count", Count, _("Count"), _("Counts"), permission="elmis.stock.view", icon="clipboard-list"),
    Entity("elmis.count_line", CountLine, _("Count line"), _("Count lines"), permission="elmis.stock.view"),
]
