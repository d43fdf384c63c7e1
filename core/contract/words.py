"""The words on the screen: English message ids, translated when they are shown."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask import g
from flask_babel import force_locale, get_locale, get_translations
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

__all__ = ["_", "decimal_of", "gettext", "label_of", "locale", "ngettext", "plural"]


def locale() -> Any:
    """Return the locale of the page, or None outside of one; flask-babel is asked when it has not chosen it yet."""
    return getattr(_known(), "babel_locale", None) or get_locale()


def _known() -> Any:
    """Return what flask-babel keeps with the page, or None outside of one."""
    try:
        return g.get("_flask_babel")
    except RuntimeError:  # asking first whether there is a page takes as long again
        return None


def _catalogue() -> Any:
    """Return the messages in the language of the page. A page says a thousand words: flask-babel, which looks for the
    language at each of them, is asked again only when the language has changed."""
    known = _known()
    now, kept = getattr(known, "babel_locale", None), getattr(known, "amagara_words", (None, None))
    if now is not None and kept[0] is now:
        return kept[1]
    found = get_translations()
    if g:
        g._flask_babel.amagara_words = (locale(), found)
    return found


def gettext(message: str, **values: Any) -> str:
    """Return a message in the language of the page."""
    said: str = _catalogue().gettext(message)
    return said % values if values else said


def plural(one: str, many: str, num: int) -> str:
    """Return the message that fits a number in the language of the page, its places not filled in."""
    said: str = _catalogue().ngettext(one, many, num)
    return said


def _filled(one: str, many: str, num: int, **values: Any) -> str:
    return plural(one, many, num) % {"num": num, **values}


class Said(LazyString):
    """A message that is translated when it is shown. It is text and no HTML: the names in it are users' words."""

    def __html__(self) -> Markup:
        return escape(str(self))  # flask-babel's own would let them through as they are


def _(message: str, **values: Any) -> Said:
    """Return a message, translated when it is shown."""
    return Said(gettext, message, **values)


def ngettext(one: str, many: str, num: int, **values: Any) -> Said:
    """Return the message that fits a number, translated when it is shown."""
    return Said(_filled, one, many, num, **values)


def decimal_of(digits: Any) -> Said:
    """Return a number as the language in which it is shown writes it: 3.47 is 3,47 in French."""
    return Said(lambda: format_decimal(Decimal(str(digits)), locale=locale() or "fr"))


def in_each_language(words: Any) -> list[str]:
    """Return a message as each language of the pages says it."""
    found = []
    for language in ("fr", "en"):
        with force_locale(language):
            found.append(str(words))
    return found


def label_of(obj: object, name: str = "label") -> str:
    """Return `name_fr` or `name_en` of reference data in the language of the page."""
    language = getattr(locale(), "language", "fr")
    other = "en" if language == "fr" else "fr"
    return str(getattr(obj, f"{name}_{language}", "") or getattr(obj, f"{name}_{other}", ""))
