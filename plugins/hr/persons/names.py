"""How names of people are compared: whatever their case, accents, hyphens, apostrophes and order."""

import re
from typing import Any

from core.data.search import folded

APART = re.compile(r"[^\w]+")


def name_key(*names: Any) -> str:
    """Return what the names of a person are compared by: "N’Dayi-Ré, Élise" and "elise ndayi re" are alike."""
    words = APART.split(" ".join(folded(name).replace("'", "") for name in names if name))
    return " ".join(sorted(filter(None, words)))
