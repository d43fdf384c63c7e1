"""What an inventory finds, set against the register by the formulas alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.gmao.formulas.inventory import KINDS, OK, Registered, Seen, differences, result_of, tally

NOON, DAY = datetime(2026, 5, 4, 10, tzinfo=UTC), date(2026, 5, 4)


def seen(**facts):
    return Seen(**{"at": NOON, "on": DAY, "room": "Bloc", **facts})


@pytest.mark.parametrize(
    ("known", "found", "kinds"),
    [
        (Registered(room="Bloc"), seen(), ()),
        (Registered(room="BLOC "), seen(room=" bloc"), ()),
        (Registered(room="Salle 2"), seen(), ("moved",)),
        (Registered(room="Salle 2"), seen(room=""), ()),
        (Registered(room="Bloc", building="A"), seen(building="B"), ("moved",)),
        (Registered(room="Bloc", status="functional"), seen(status="not_functional"), ("status_differs",)),
        (Registered(room="Bloc", status="functional"), seen(status=None), ()),
        (
            Registered(room="Bloc", status="functional", status_at=NOON + timedelta(hours=1)),
            seen(status="not_functional"), (),  # somebody has said it since
        ),
        (Registered(room="X", status="functional"), seen(status="unknown", damaged=True),
         ("moved", "status_differs", "label_damaged")),
        (Registered(here=False), seen(), ("elsewhere",)),
        (Registered(here=False, left_on=DAY), seen(), ()),  # it left from here when it had been seen
        (Registered(here=False, left_on=DAY - timedelta(days=1)), seen(), ("elsewhere",)),
        (Registered(there=False), seen(damaged=True), ("written_off", "label_damaged")),
        (None, seen(), ("unlisted",)),
        (Registered(), None, ("not_found",)),
        (Registered(here=False), None, ()),
        (Registered(there=False), None, ()),
    ],
)  # fmt: skip
def test_what_differs(known, found, kinds):
    assert differences(known, found) == kinds
    if found is not None:
        assert result_of(known, found) == (
            OK if not kinds else "moved" if kinds[0] in ("elsewhere", "written_off") else kinds[0]
        )


IDS = st.integers(0, 12)
REGISTER = st.dictionaries(IDS, st.builds(Registered, here=st.booleans(), there=st.booleans()), min_size=13)


@given(st.sets(IDS), st.lists(st.none() | IDS), st.sets(IDS), st.none() | REGISTER)
def test_nothing_is_lost_and_the_counts_add_up(expected, scanned, missed, known):
    sums = tally(expected, scanned, missed, known)
    assert sums.found | sums.missing | sums.left == expected and sums.expected == len(expected)
    assert sums.scans == len(scanned)
    assert sums.found | sums.extra == {each for each in scanned if each is not None}
    assert not (sums.missing | sums.left) & {*scanned}
    again = tally(expected, scanned, sums.missing, None)  # as the minutes have it, whatever the register says later
    assert again == sums


def test_each_kind_has_its_place_in_the_order_of_decisions():
    assert len(set(KINDS)) == 7
