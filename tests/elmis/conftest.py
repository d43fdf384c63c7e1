"""All models of elmis are known before a test module asks for a part of them; time for what waits."""

import pytest
import time_machine

import plugins.elmis.plugin  # noqa: F401 (its rooms refer to one another by name)
from tests.elmis.flow import FRIDAY


@pytest.fixture
def now():
    """Travel to a Friday morning; the test moves on."""
    with time_machine.travel(FRIDAY, tick=False) as traveller:
        yield traveller
