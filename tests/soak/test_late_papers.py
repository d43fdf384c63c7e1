"""The people of a store at work for long, by walks that nobody has chosen: the book agrees with the shelf."""

import pytest

from core.data.db import utcnow
from tests.elmis.test_late_papers import walk

pytestmark = [pytest.mark.both_databases, pytest.mark.whole]


def test_the_book_agrees_with_the_shelf_in_any_walk(app, world):
    walk(app, world, utcnow().replace(second=0, microsecond=0), max_examples=200)
