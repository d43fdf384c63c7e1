"""What the interface for programs gives to the core's hooks."""

from core.api.tokens.models import Token
from core.api.tokens.tables import TokenTable
from core.api.tokens.verbs import END
from core.contract.entities import Entity
from core.contract.words import _
from core.users.rights.rules import in_words

ENTITIES = [
    Entity(
        "core.token", Token, _("Token"), _("Tokens"), "tokens.show", table=TokenTable, icon="settings",
        words={"rights": in_words}, named=("name", "user_id"), verbs=[END],
    ),
]  # fmt: skip
