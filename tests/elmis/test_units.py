"""Units are said in the number that goes with their quantity."""

import pytest

from plugins.elmis.catalogue.models import Product
from plugins.elmis.catalogue.units import plural


@pytest.mark.parametrize(
    ("unit", "quantity", "language", "said"),
    [
        ("comprimé", 226, "fr", "comprimés"), ("comprimé", 1, "fr", "comprimé"), ("comprimé", 0, "fr", "comprimé"),
        ("comprimé", -5, "fr", "comprimés"), ("comprimé", None, "fr", "comprimé"), ("rouleau", 2, "fr", "rouleaux"),
        ("seringue préremplie", 3, "fr", "seringues préremplies"), ("boîte de test", 2, "fr", "boîtes de test"),
        ("aérosol doseur", 2, "fr", "aérosols doseurs"), ("mL", 500, "fr", "mL"), ("kg", 2, "fr", "kg"),
        ("UI", 9, "fr", "UI"), ("tablet", 0, "en", "tablets"), ("suppository", 2, "en", "suppositories"),
        ("prefilled syringe", 2, "en", "prefilled syringes"), ("vial", 1, "en", "vial"), ("box", 2, "en", "boxes"),
    ],
)  # fmt: skip
def test_a_unit_follows_its_quantity(unit, quantity, language, said):
    assert plural(unit, quantity, language) == said


@pytest.mark.parametrize(
    ("name", "unit", "apart"),
    [
        ("Artésunate, comprimé dispersible", "comprimé", ""), ("Gélule", "gélule", ""),
        ("Gants, boîte de 100 paires", "paire", "paire"), ("Sérum, flacon, 1 L", "flacon", "flacon"),
        ("Comprimés", "comprimé", "comprimé"),
    ],
)  # fmt: skip
def test_a_unit_that_the_name_says_does_not_stand_beside_it(name, unit, apart):
    assert Product(name_fr=name, base_unit_fr=unit).unit_apart == apart
