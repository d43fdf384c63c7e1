"""The role sheets of maintenance: what they quote stands on the screen, in both languages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
SHEETS = {
    "technicien": "technician", "chef-d-atelier": "head-of-workshop", "service-de-soins": "ward",
    "direction-des-equipements": "director-of-equipment",
}  # fmt: skip


def plain(text):
    return " ".join(text.split()).rstrip("….")


def words(part):
    """Return all texts of the catalogues, in English ("id") or in French ("string")."""
    found = set()
    for place in ("core", "plugins/gmao", "plugins/elmis"):
        with (ROOT / place / "translations/fr/LC_MESSAGES/messages.po").open("rb") as catalogue:
            for message in read_po(catalogue):
                texts = getattr(message, part)
                found.update(map(plain, texts if isinstance(texts, tuple) else (texts,)))
    return found


@pytest.mark.parametrize(
    ("names", "language", "part"), [(SHEETS.keys(), "fr", "string"), (SHEETS.values(), "en", "id")]
)
def test_what_a_role_sheet_quotes_stands_on_the_screen(names, language, part):
    known, quoted = words(part), {"fr": r"« (.+?) »", "en": r"“(.+?)”"}[language]
    for name in names:
        text = " ".join((ROOT / "docs" / language / f"{name}.md").read_text("utf-8").split())
        said = re.findall(quoted, text)
        assert len(said) > 10 and [each for each in said if plain(each) not in known] == [], name
