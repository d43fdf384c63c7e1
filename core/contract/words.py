"""The words on the screen: English message ids, translated when they are shown."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask_babel import get_locale, gettext
from flask_babel import ngettext as _ngettext
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

__all__ = ["_", "decimal_of", "label_of", "ngettext"]


class Said(LazyString):
    """A message that is translated when it is shown. It is text and no HTML: the names in it are users' words."""

    def __html__(self) -> Markup:
        return escape(str(self))  # flask-babel's own would let them through as they are


def _(message: str, **values: Any) -> Said:
    """Return a message, translated when it is shown."""
    return Said(gettext, message, **values)


def ngettext(one: str, many: str, num: int, **values: Any) -> Said:
    """Return the message that fits a number, translated when it is shown."""
    return Said(_ngettext, one, many, num, **values)


def decimal_of(digits: Any) -> Said:
    """Return a number as the language in which it is shown writes it: 3.47 is 3,47 in French."""
    return Said(lambda: format_decimal(Decimal(str(digits)), locale=get_locale() or "fr"))


def label_of(obj: object, name: str = "label") -> str:
    """Return `name_fr` or `name_en` of reference data in the language of the page."""
    language = str(get_locale() or "fr")[:2]
    other = "en" if language == "fr" else "fr"
    return str(getattr(obj, f"{name}_{language}", "") or getattr(obj, f"{name}_{other}", ""))
