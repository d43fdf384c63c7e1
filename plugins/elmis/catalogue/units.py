"""The words of units, in the number that goes with a quantity."""

import re
from typing import Any

from core.contract.words import locale
from core.data.figures import grouped

PREPOSITIONS = {"de", "du", "à", "en", "pour", "of", "for", "with"}  # what follows them keeps its number
SYMBOL = re.compile(r"[a-zµ]{0,2}[A-Z]\w?|[cdkmµ]?[glm]|%|.*\d.*")  # "mL", "kg", "UI": never in the plural


def plural(unit: str, quantity: float | None, language: str) -> str:
    """Return the unit as it is said of a quantity: 1 comprimé, 1,5 comprimé, 226 comprimés."""
    if quantity is None or SYMBOL.fullmatch(unit) or (abs(quantity) < 2 and (language == "fr" or abs(quantity) == 1)):
        return unit
    words = unit.split(" ")
    end = next((place for place, word in enumerate(words) if word in PREPOSITIONS), len(words))
    if language != "fr":
        return " ".join([*words[: end - 1], _english(words[end - 1]), *words[end:]])
    return " ".join([*map(_french, words[:end]), *words[end:]])


def measured(product: Any, quantity: int) -> str:
    """Return a quantity of a product with its unit, in the language of the page: "1 361 gélules"."""
    return f"{grouped(quantity)} {plural(product.unit, quantity, str(locale() or 'fr')[:2])}"


def _french(word: str) -> str:
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu")):
        return word + "x"
    return word[:-2] + "aux" if word.endswith("al") else word + "s"


def _english(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")
