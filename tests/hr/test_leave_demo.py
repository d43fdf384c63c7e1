"""The leave of the demonstration: in every state, and his own for the agent."""

import pytest
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db
from core.users.demo import PASSWORD
from plugins.hr.leave.models import LeaveRequest
from plugins.hr.leave.states import SHOWN, shown
from tests import make

pytestmark = [pytest.mark.slow, pytest.mark.whole]


def test_there_is_leave_in_every_state_and_the_agent_sees_his_own(demonstration):
    with acting(Access.system("test")):
        rows = db.session.scalars(select(LeaveRequest)).all()
        assert {shown(row) for row in rows} == set(SHOWN)
        others = {row.name for row in rows} - {"Jean d’Amour N’Duwayo"}
    client = demonstration.test_client()
    make.sign_in(client, "agent", PASSWORD)
    mine = client.get("/hr/leave/mine").text
    assert mine.count("CG-") >= 2
    lists = mine + client.get("/hr/leave/").text
    assert not any(name in lists for name in others)
