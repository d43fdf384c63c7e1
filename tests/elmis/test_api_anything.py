"""Whatever fits the description of the interface, and what does not, is answered as the description says."""

import pytest

from tests.anything import send_anything

pytestmark = pytest.mark.slow


def test_some_of_anything_finds_no_fault(demonstration):
    answers, faults = send_anything(demonstration, each=1)
    assert answers.total() > 350 and answers[200] > 50
    assert faults == {}
