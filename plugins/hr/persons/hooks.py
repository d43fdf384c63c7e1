"""What the files give to the plugin's hooks; the noun itself is drawn by `careers`."""

from core.contract.entities import Entity
from core.contract.words import _
from plugins.hr.persons.models import SCHEMES, Identifier
from plugins.hr.persons.settings import SETTINGS
from plugins.hr.persons.verbs import VERBS
from plugins.hr.persons.views import bp

BLUEPRINTS = [bp]
VERBS_OF_OTHERS = VERBS
ENTITIES = [
    Entity(
        "hr.identifier", Identifier, _("Number of a person"), _("Numbers of people"), words={"scheme": SCHEMES},
        named=("scheme", "value"),
    ),
]  # fmt: skip
__all__ = ["BLUEPRINTS", "ENTITIES", "SETTINGS", "VERBS_OF_OTHERS"]
