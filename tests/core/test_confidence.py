"""Confidential rows: the plugin of tests/vault at every door, in a process of its own, since it has tables."""

import subprocess
import sys

import pytest

from core.contract import checks
from core.data.confidence import Confidential
from core.users.accounts.models import User
from tests.conftest import TESTS


@pytest.mark.parametrize("database", ["not postgres", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_confidential_row_is_closed_at_every_door(database):
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", database, "tests/vault/doors.py"]
    run = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({"people": ("nobody_id",)}, "nobody_id"), ({"readers": "grants.nobody_id"}, "grants.nobody_id"),
        ({"readers": "nothing.user_id"}, "nothing.user_id"), ({"when": "shut", "openly": "core.user.view"}, "shut"),
    ],
)  # fmt: skip
def test_a_scope_that_names_what_is_not_there_refuses_the_start(app, monkeypatch, scope, said):
    scope = Confidential("facility_id", read="core.user.view", write="core.user.edit", **scope)
    monkeypatch.setattr(User, "__scope__", scope)
    with pytest.raises(checks.DoesNotFit, match=said):
        checks.everything_leads_somewhere(app, app.extensions["amagara.plugins"])


def test_a_row_that_may_be_open_says_by_which_right():
    with pytest.raises(ValueError, match="which right"):
        Confidential("facility_id", read="a.read", write="a.write", when="confidential")
