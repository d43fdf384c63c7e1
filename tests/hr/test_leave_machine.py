"""Leave taken at random by an agent, his head and the officer, day after day: no step is skipped, history never
shrinks, no day counts twice, and the balance is what was earned less what was taken and lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from core.data.access import acting
from core.data.db import db, today
from core.data.errors import AmagaraError, Invalid
from core.data.states import Step
from core.data.work import perform, unit_of_work
from plugins.hr.leave import services
from plugins.hr.leave.balances import accounts_of
from plugins.hr.leave.models import LeaveRequest
from plugins.hr.leave.service import service_of
from plugins.hr.leave.states import COUNTED, MACHINE
from plugins.hr.persons import services as persons
from plugins.hr.persons.models import Person
from tests.hr.leaves import agent, asked, kind, row, rules

START = datetime(2026, 1, 5, 12, tzinfo=ZoneInfo("Africa/Bujumbura"))
STEPS = {(each.source, each.action): each.target for each in MACHINE.transitions}
ACTORS, ACTIONS = ("nurse", "chief", "rh"), sorted({each.action for each in MACHINE.transitions})
MORE: dict[str, Any] = {
    "disfavour": lambda: {"reason": "essai"}, "refuse": lambda: {"reason": "essai"}, "revoke": lambda: {"reason": "essai"},
    "resume": lambda: {"resumed_on": today()}, "attest": lambda: {"resumed_on": today()},
}  # fmt: skip


def steps_of(id: int) -> list[tuple[int, str, str, str]]:
    query = select(Step).where(Step.entity == "hr.leave", Step.entity_id == id).order_by(Step.id)
    return [(one.id, one.action, one.source, one.target) for one in db.session.scalars(query)]


def test_leave_at_random_keeps_its_promises(app: Any, country: Any) -> None:
    """Run the machine; each example is a new person with the same account."""
    rules()
    agent(country, "chief", "Bizimana", "unit_head")
    names = iter(f"Agent{chr(97 + number // 26 % 26)}{chr(97 + number % 26)}" for number in range(9999))
    former: list[int] = []

    class Leaves(RuleBasedStateMachine):
        """What an agent, his head and the officer may do in a year."""

        def __init__(self) -> None:
            super().__init__()
            if former:
                with unit_of_work(country.access("boss")):
                    persons.link(db.session.get_one(Person, former[-1]), None)
            self.person = agent(country, "nurse", f"{next(names)}{len(former)}", sex="F")
            former.append(self.person)
            self.clock = START
            self.travel = time_machine.travel(self.clock, tick=False)
            self.travel.start()
            self.past: dict[int, list[Any]] = {}

        def teardown(self) -> None:
            self.travel.stop()

        def ids(self) -> list[int]:
            query = select(LeaveRequest.id).where(LeaveRequest.person_id == self.person).order_by(LeaveRequest.id)
            return list(db.session.scalars(query))

        @rule(days=st.integers(1, 40))
        def live(self, days: int) -> None:
            self.travel.stop()
            self.clock += timedelta(days=days)
            self.travel = time_machine.travel(self.clock, tick=False)
            self.travel.start()

        @rule(ahead=st.integers(-20, 90), number=st.integers(1, 25), then=st.sampled_from(["", "", "draft"]))
        def ask(self, ahead: int, number: int, then: str) -> None:
            before = self.ids()
            try:
                asked(country, "nurse", today() + timedelta(days=ahead), number, then=then)
                assert len(self.ids()) == len(before) + 1
            except AmagaraError:
                db.session.rollback()
                assert self.ids() == before

        @rule(which=st.integers(0, 9), who=st.sampled_from(ACTORS), action=st.sampled_from(ACTIONS))
        def step(self, which: int, who: str, action: str) -> None:
            ids = self.ids()
            if not ids:
                return
            id = ids[which % len(ids)]
            state, told = row(id).state, steps_of(id)
            try:
                with unit_of_work(country.access(who)):
                    getattr(services, action)(row(id), **MORE.get(action, dict)())
            except AmagaraError:
                db.session.rollback()
                assert (row(id).state, steps_of(id)) == (state, told), "what is refused leaves nothing behind"
                return
            assert row(id).state == STEPS[state, action], "no step is skipped"
            assert who != "nurse" or action in ("submit", "cancel", "resume"), "nobody judges his own"
            assert len(steps_of(id)) > len(told)

        @rule()
        def go_on(self) -> None:
            """Take the usual next step of what is open, so that leave comes to its end in most examples."""
            usual = {"draft": ("nurse", "submit"), "submitted": ("chief", "favour"), "favourable": ("rh", "approve"),
                     "unfavourable": ("rh", "approve"), "approved": ("nurse", "resume")}  # fmt: skip
            for id in self.ids():
                if row(id).state in usual:
                    who, action = usual[row(id).state]
                    self.step(which=self.ids().index(id), who=who, action=action)

        @invariant()
        def history_never_shrinks(self) -> None:
            for id in self.ids():
                told = steps_of(id)
                assert told[: len(self.past.get(id, []))] == self.past.get(id, [])
                assert told[-1][3] == row(id).state
                self.past[id] = told

        @invariant()
        def no_day_counts_twice(self) -> None:
            rows = [row(id) for id in self.ids()]
            counted = [one for one in rows if one.state in COUNTED and one.days]
            for one, other in combinations(counted, 2):
                assert one.last_day < other.first_day or other.last_day < one.first_day, (one.number, other.number)
            (found,) = (each for each in accounts_of(service_of(self.person)) if each.type.code == "annual")
            assert sum(each.amount for each in found.taken) == sum(one.days for one in counted)
            for day in (today(), date(today().year + 1, 12, 31)):
                now = found.at(day)
                assert now.left == now.credited - now.taken - now.expired
                assert now.owed == 0, "the rule refuses what is beyond the balance"

    try:
        run_state_machine_as_test(
            Leaves,
            settings=settings(
                max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
    finally:
        db.session.rollback()


@pytest.mark.both_databases
def test_of_two_people_at_once_one_is_told_of_the_other(app: Any, country: Any) -> None:
    rules()
    agent(country, "nurse", "Habonimana", sex="F")
    day, access, barrier = date(today().year + 1, 3, 1), country.access("nurse"), threading.Barrier(2)

    def ask(number: int) -> str:
        with app.app_context(), acting(access):
            barrier.wait()
            try:
                first = day + timedelta(days=number)
                return perform(lambda: services.ask(kind=kind(), first_day=first, number=12).state)  # type: ignore[no-any-return]
            except Invalid as refused:
                return ", ".join(refused.errors)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, (0, 1))) == ["first_day", "submitted"]
    db.session.rollback()
    assert len(db.session.scalars(select(LeaveRequest.id)).all()) == 1
