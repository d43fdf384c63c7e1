"""The ways on which a store once lost stock, walked through the pages against the model of `test_late_papers`.

The random walk finds what nobody thought of; these are the paths that are known, so that each is walked every time.
"""

import pytest

from core.data.db import utcnow
from tests.elmis import make
from tests.elmis.test_late_papers import Store

pytestmark = pytest.mark.both_databases
DAY = 60 * 24


def typed_after_a_slip(walk):
    """Counted on paper, 20 issued, then typed: nothing differs."""
    walk.open("aline")
    walk.note()
    walk.slip(0, 20, "bosco")
    walk.look("aline")
    walk.count("aline", {0}, True)
    walk.finish("aline")


def forgotten_slip(walk):
    """The slip of what was missing is found between the counting and the review."""
    walk.give(0, 20, False)
    walk.wait(2 * DAY)
    walk.open("aline")
    walk.look("aline")
    walk.count("aline", {0, 1}, False)
    walk.pass_time()
    walk.enter(walk.papers[-1], "bosco")
    walk.finish("aline")


def over_days(walk):
    """One lot counted on the first day, what arrived since on the third."""
    walk.open("aline")
    walk.look("aline")
    walk.count("aline", {0}, False)
    walk.wait(2 * DAY)
    walk.receive(1, 30)
    walk.enter(walk.papers[-1], "bosco")
    walk.give(1, 7, True)
    walk.finish("aline")


def older_pages(walk):
    """Two on one sheet: the second one's older page, and his blank lines."""
    walk.open("aline")
    walk.both_count(0, 5, "aline")
    walk.both_count(2, 9, "bosco")
    walk.finish("bosco")


def papers_after_the_count(walk):
    """Posted counts hold against what was forgotten on both sides of them."""
    walk.give(0, 10, False)
    walk.receive(1, 25)
    walk.wait(2 * DAY)
    walk.open("bosco")
    walk.finish("bosco")
    walk.give(0, 3, False)
    walk.wait(DAY)
    for paper in reversed(walk.waiting()):
        walk.pass_time()
        walk.enter(paper, "aline")
        assert walk.agrees()


def sessions_end(walk):
    """A sheet that is sent after the session ended, and once more by an impatient hand."""
    walk.open("aline")
    walk.look("aline")
    walk.sign_out("aline")
    walk.count("aline", {0, 1, 2}, False)
    walk.send_again()
    walk.sign_out("aline")
    walk.finish("aline")
    walk.slip(1, 20, "bosco")
    walk.send_again()


WAYS = [typed_after_a_slip, forgotten_slip, over_days, older_pages, papers_after_the_count, sessions_end]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_book_and_shelf_agree_on_the_ways_that_are_known(app, world, way):
    make.reference()
    Store.app, Store.world, Store.start = app, world, utcnow().replace(second=0, microsecond=0)
    walk = Store()
    walk.begin([])
    try:
        way(walk)
        assert walk.agrees()
    finally:
        walk.teardown()
