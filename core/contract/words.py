"""The words on the screen: English message ids, translated when they are shown."""

from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_babel import lazy_ngettext as ngettext

__all__ = ["_", "label_of", "ngettext"]


def label_of(obj: object, name: str = "label") -> str:
    """Return `name_fr` or `name_en` of reference data in the language of the page."""
    language = str(get_locale() or "fr")[:2]
    other = "en" if language == "fr" else "fr"
    return str(getattr(obj, f"{name}_{language}", "") or getattr(obj, f"{name}_{other}", ""))
