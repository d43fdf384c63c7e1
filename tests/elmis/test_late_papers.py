"""A store with two people and late papers, through its pages, against a model of what lies on the shelf.

Goods come, go and vanish at their time; their papers are entered whenever, some never. Two people count on one sheet,
at the shelf or from paper, over days, send older pages after newer ones, send the same form twice, lose their
session, and import their papers as files, with own ids and without, again and in any order. Whole counts, with what
happens meanwhile, are one step of the walk and its end: so each walk has some. What the model knows: at each posted
count the book says what was counted, and from there on it follows the papers alone. So after a count by people who say
the truth, book and shelf agree.
"""

import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from core.data.access import Access, acting
from core.data.db import db, local, utcnow
from core.data.errors import Doubt, Refused
from core.data.work import unit_of_work
from core.imports import services
from core.users.accounts.models import User
from core.users.rights.access import access_of
from plugins.elmis.counts.models import Count, CountLine
from plugins.elmis.ledger import balances
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import location
from plugins.elmis.ledger.verify import verify_ledger
from tests import make as people
from tests.elmis import make
from tests.pages import Forms, answers

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]
LOT, UNITS = st.integers(0, 2), st.integers(1, 30)
WHO = st.sampled_from(["aline", "bosco"])
HAPPENS = st.sampled_from(["slip", "arrive", "keep_back", "from_paper", "both_count", "sleep"])
MEANWHILE = st.lists(st.tuples(HAPPENS, LOT, UNITS, WHO), min_size=2, max_size=4)
WAITS = st.sampled_from([1, 1, 2, 20, 45, 60 * 9, 60 * 26])  # minutes: the session ends after thirty


@dataclass
class Paper:
    """What happened at the shelf, and whether it is in the book: `key` is its place there."""

    at: datetime
    lot: int
    units: int
    key: tuple[date, datetime] | None = None
    movement: int = 0


@dataclass
class Typed:
    """A line of the sheet as it is stored: what was counted, and its place in the book."""

    value: int
    key: tuple[date, datetime]


class Store(RuleBasedStateMachine):
    """Three lots of one product in one store, and two people with a browser each."""

    app = world = None

    @initialize(quarter=MEANWHILE)
    def begin(self, quarter):
        """Open a health centre of its own, with a hundred of each lot in the book and on the shelf.

        `quarter` is what happens meanwhile when the quarter is counted at the end: so each walk has a whole count.
        """
        self.quarter = quarter
        self.clock = time_machine.travel(self.start, tick=False)
        self.traveller, self.now = self.clock.start(), self.start
        self.papers, self.posted, self.typed, self.pages, self.sheet = [], {}, {}, {}, None
        self.last, self.noted, self.files, self.wholes = None, None, [], []
        name = uuid4().hex[:8]
        with unit_of_work(Access.system("test")):
            product = make.product(f"P{name}")
            self.place = people.facility(f"C{name}", "health_centre", self.world["P1A"])
            self.code, self.lots = product.code, [make.lot(product, f"L{n}").id for n in range(3)]
            self.names = {f"{one}": f"{one}-{name}" for one in ("aline", "bosco")}
            for login in self.names.values():
                people.user(login, self.place, "storekeeper")
            self.store, self.place_id = location(self.place, "store").id, self.place.id
        self.clients = {who: self.app.test_client() for who in self.names}
        for who, client in self.clients.items():
            people.sign_in(client, self.names[who])
        for lot in range(3):
            self.move(lot, 100)
            self.enter(self.papers[-1], "aline")

    def pass_time(self, minutes=1):
        """Let time pass; no two things happen in one minute."""
        self.now += timedelta(minutes=minutes)
        self.traveller.move_to(self.now)

    # What is true -----------------------------------------------------------------------------------------------

    def shelf(self, lot, at=None):
        """Return what lies on the shelf, now or at a moment."""
        return sum(one.units for one in self.papers if one.lot == lot and (at is None or one.at <= at))

    def move(self, lot, units):
        """Let goods come or go; their paper is not entered yet."""
        self.papers.append(Paper(self.now, lot, units))

    # What the model says of the book ------------------------------------------------------------------------------

    def steps(self, lot, *more):
        """Return what the book knows of a lot, in its order: (key, units or None, counted or None)."""
        moves = [(one.key, 0, one.units) for one in [*self.papers, *more] if one.lot == lot and one.key]
        return sorted([*moves, *((key, 1, counted) for key, counted in self.posted.get(lot, ()))])

    def days(self, lot, *more):
        """Return {day: book at its end}: a count sets it."""
        level, found = 0, {}
        for (day, _at), counts, units in self.steps(lot, *more):
            level = units if counts else level + units
            found[day] = level
        return found

    def book(self, lot):
        """Return what the book should say now."""
        return [0, *self.days(lot).values()][-1]

    def book_at(self, lot, key):
        """Return what the book says at a place."""
        level = 0
        for step, counts, units in self.steps(lot):
            if step <= key:
                level = units if counts else level + units
        return level

    def counted_on(self, lot, day):
        """Return the last moment at which a lot was counted on a day, posted or on the open sheet."""
        posted = [at for (there, at), _units in self.posted.get(lot, ()) if there == day]
        typed = [one.key[1] for key, one in self.typed.items() if key == lot and one.key[0] == day]
        return max([*posted, *typed], default=None)

    # What people do -------------------------------------------------------------------------------------------------

    def send(self, who, address, data):
        """Send a form; whoever was signed out signs in and sends the same again."""
        answer = self.clients[who].post(address, data=data)
        if answer.status_code == 302 and "/sign-in" in answer.headers["Location"]:
            assert self.agrees(), "a form of an ended session must change nothing"
            people.sign_in(self.clients[who], self.names[who])
            answer = self.clients[who].post(address, data=data)
        assert answer.status_code < 500
        if answer.status_code == 302:
            self.last = (who, address, data)
        return answer

    def get(self, who, address):
        """Return a page; whoever was signed out signs in first."""
        answer = self.clients[who].get(address)
        if answer.status_code == 302 and "/sign-in" in answer.headers["Location"]:
            people.sign_in(self.clients[who], self.names[who])
            answer = self.clients[who].get(address)
        return answer

    def enter(self, paper, who):
        """Enter a paper; when its lot was counted on that day, say truly whether it came before."""
        day = local(paper.at).date()
        said, key, none = self.unseen(paper)
        counted = self.counted_on(paper.lot, key[0])
        if counted is not None:
            said.append("before" if paper.at <= counted else "after")
        if counted is not None and paper.at <= counted:
            key = key[0], counted - timedelta(microseconds=1)
        elif counted is not None and key[1] <= counted:
            key = key[0], utcnow()
        at = key[1]
        tried = Paper(paper.at, paper.lot, paper.units, key)
        allowed = min(self.days(paper.lot, tried).values()) >= 0
        if (
            counted is not None
            and paper.at <= counted
            and (day, counted) in dict(self.posted.get(paper.lot, ()))
            and paper.units < 0
        ):
            allowed = allowed and self.book_at(paper.lot, (day, at)) + paper.units >= 0  # at the moment of the count
        data = {"occurred_on": f"{day:%d/%m/%Y}", "_key": uuid4().hex, "lines-0-product": self.code,
                "lines-0-lot": f"L{paper.lot}", "lines-0-quantity": str(abs(paper.units)), "counterpart": "X"}  # fmt: skip
        address = f"/elmis/store/new/{'receive' if paper.units > 0 else 'issue'}"
        answer = self.send(who, address, data)
        for one in said:
            asked = answers(answer.text, one)
            assert answer.status_code == 422 and (asked or not allowed)
            data |= asked
            answer = self.send(who, address, data | {"_key": uuid4().hex})
        tokens = re.findall(r'name="_confirm" value="([^"]+)"', answer.text) if self.like(paper) else []
        if tokens:  # the same was received on that day already: these are other goods
            answer = self.send(who, address, data | {"_confirm": tokens, "_key": uuid4().hex})
        assert (answer.status_code == 302) == allowed, (allowed, self.steps(paper.lot, tried), answer.status_code)
        if allowed:
            paper.key = tried.key
            if none:
                self.posted.setdefault(paper.lot, []).append((none, 0))
                self.wholes = [(one, lots | {paper.lot} if one == none else lots) for one, lots in self.wholes]
            paper.movement = db.session.scalar(select(func.max(Movement.id)).where(
                Movement.lot_id == self.lots[paper.lot], Movement.observation_id.is_(None)))  # fmt: skip
            db.session.rollback()

    def like(self, paper):
        """Return the papers in the book that look like one: of its lot, quantity and day."""
        told = paper.lot, paper.units, local(paper.at).date()
        known = (one for one in self.papers if one is not paper and one.key is not None)
        return [one for one in known if (one.lot, one.units, local(one.at).date()) == told]

    def unseen(self, paper):
        """Return what is said of a paper and the counts of everything that did not find its lot, its place in the book,
        and the count that holds at nothing: the first one before which its goods had come."""
        said, key = [], (local(paper.at).date(), utcnow())
        for one in [one for one, lots in self.wholes if paper.lot not in lots and paper.units > 0 and one[0] >= key[0]]:
            said.append("before" if paper.at <= one[1] else "after")
            if said[-1] == "before":
                same_day = one[0] == key[0] and len(said) == 1
                return said, (one[0], one[1] - timedelta(microseconds=1)) if same_day else key, one
            key = one[0], one[1] + timedelta(microseconds=1)
        return said, key, None

    @rule(minutes=WAITS)
    def wait(self, minutes):
        """Let time pass, over night as well."""
        self.pass_time(minutes)

    @rule(lot=LOT, units=UNITS)
    def receive(self, lot, units):
        """Let goods arrive."""
        self.pass_time()
        self.move(lot, units)

    @rule(lot=LOT, units=UNITS, lost=st.booleans())
    def give(self, lot, units, lost):
        """Let goods leave the shelf; when they are lost, no paper will ever say so."""
        self.pass_time()
        if self.shelf(lot) >= units:
            self.move(lot, -units)
            self.papers[-1].movement = -1 if lost else 0

    def waiting(self):
        """Return the papers that were not entered yet."""
        return [one for one in self.papers if one.key is None and one.movement == 0]

    @precondition(lambda self: self.waiting())
    @rule(data=st.data(), who=WHO)
    def enter_one(self, data, who):
        """Enter any paper that waits, in any order."""
        self.pass_time()
        self.enter(data.draw(st.sampled_from(self.waiting())), who)

    @precondition(lambda self: self.waiting())
    @rule(data=st.data(), who=WHO, own=st.booleans(), with_older=st.booleans())
    def import_some(self, data, who, own, with_older):
        """Import papers that wait as a file, perhaps below those of the last file: what is unusual is asked first."""
        self.pass_time()
        chosen = data.draw(st.lists(st.sampled_from(self.waiting()), min_size=1, max_size=3, unique_by=id))
        older = self.files[-1] if with_older and self.files else []
        lines = [*older, *(self.line(paper, own) for paper in chosen)]
        tried = [
            Paper(one.at, one.lot, one.units, (local(one.at).date(), self.now + timedelta(microseconds=number)))
            for number, one in enumerate(chosen, len(older) + 2)
        ]  # fmt: skip
        lots = {one.lot for one in tried}
        allowed = all(min(self.days(lot, *tried).values()) >= 0 for lot in lots)
        if not allowed:
            with pytest.raises(Refused):
                self.take(who, lines)
            db.session.rollback()
            return
        late = any(key[0] > one.key[0] for one in tried for key, _units in self.posted.get(one.lot, ()))
        resembles = not own and any(not line.startswith("P") for line in older)
        if late or resembles:
            with pytest.raises(Doubt) as doubt:
                self.take(who, lines, services.nobody)
            db.session.rollback()
            asked = {one.code for one in doubt.value.questions}
            assert asked <= {"counted", "counts", "twins"} and ("twins" in asked) == resembles and self.agrees(), asked
        self.take(who, lines)
        for paper, one in zip(chosen, tried, strict=True):
            paper.key = one.key
        self.files.append(lines)

    @precondition(lambda self: self.files)
    @rule(data=st.data(), who=WHO)
    def import_again(self, data, who):
        """Import a file again, its lines in any order: it changes nothing, whatever was counted since."""
        self.pass_time()
        lines = data.draw(st.permutations(data.draw(st.sampled_from(self.files))))
        assert self.take(who, lines, services.nobody).counts == {"lines": len(lines), "refused": 0, "same": len(lines)}

    def access(self, who):
        """Return what a person may do."""
        person = db.session.scalar(select(User).where(User.login == self.names[who]))
        return access_of(person, self.app.extensions["amagara.permissions"])

    def line(self, paper, own):
        """Return the line of a paper in a file; its number is what it is known by."""
        number, reason = f"P{self.papers.index(paper)}", "receipt" if paper.units > 0 else "dispensed"
        there = (number if own else "", self.place.code, self.code, f"L{paper.lot}", abs(paper.units), reason)
        return ",".join(map(str, (*there, local(paper.at).date(), number)))

    def take(self, who, lines, answers=lambda question: "after" if question.choices else "yes"):
        """Import lines as a file of one person, who says yes, and that its lines of a day came after the count of it,
        or leaves what is asked open."""
        with tempfile.TemporaryDirectory() as folder, acting(self.access(who)):
            path = Path(folder) / "papers.csv"
            path.write_text("\n".join(["id,facility,product,lot,quantity,reason,date,document", *lines]))
            return services.take("elmis.movement", path, self.place_id, answers=answers)

    @precondition(lambda self: self.last)
    @rule()
    def send_again(self):
        """Send the last form again, with its key: it changes nothing."""
        who, address, data = self.last
        assert self.send(who, address, data).status_code == 302

    @rule(who=WHO)
    def sign_out(self, who):
        """Let a session end."""
        self.clients[who].delete_cookie("session")
        self.clients[who] = self.app.test_client()

    @precondition(lambda self: self.sheet is None)
    @rule(who=WHO)
    def open(self, who):
        """Open a sheet."""
        self.pass_time()
        data = {"what": "all", "_key": uuid4().hex}
        answer = self.send(who, "/elmis/counts/", data)
        assert answer.status_code == 302, answer.text[:500]
        self.sheet = int(answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])
        self.typed, self.pages, self.noted = {}, {}, None

    @precondition(lambda self: self.sheet)
    @rule(who=WHO)
    def look(self, who):
        """Open the sheet and keep its page for a while."""
        self.pass_time()
        self.pages[who] = self.form(who), dict(self.typed)

    def form(self, who):
        """Return the form of the sheet as it stands now."""
        page = self.get(who, f"/elmis/counts/{self.sheet}")
        return next(form for form in Forms(page.text).found if "_seen" in form.inputs)

    def lines(self):
        """Return {lot number: its place on the sheet}."""
        query = select(CountLine.lot_id).where(CountLine.count_id == self.sheet).order_by(CountLine.id)
        found = {self.lots.index(lot): n for n, lot in enumerate(db.session.scalars(query))}
        db.session.rollback()
        return found

    @precondition(lambda self: self.sheet)
    @rule()
    def note(self):
        """Count on paper: what lies there now is typed later."""
        self.pass_time()
        self.noted = self.now, {lot: self.shelf(lot) for lot in range(3)}

    def both_count(self, lot, units, first):
        """Let both open the sheet; one counts, a slip is written, and the other one counts on his older page."""
        second = "bosco" if first == "aline" else "aline"
        self.look(first)
        self.look(second)
        self.count(first, {lot}, False)
        self.slip(lot, units, first)
        self.count(second, {lot, (lot + 1) % 3}, False)

    @rule(lot=LOT, units=UNITS, who=WHO)
    def slip(self, lot, units, who):
        """Give goods out and write it down at once."""
        self.pass_time()
        if self.shelf(lot) >= units:
            self.move(lot, -units)
            self.pass_time()
            self.enter(self.papers[-1], who)

    def arrive(self, lot, units, who):
        """Receive goods and write it down at once."""
        self.receive(lot, units)
        self.pass_time()
        self.enter(self.papers[-1], who)

    def keep_back(self, lot, units, _who):
        """Give goods out and keep the paper for later."""
        self.give(lot, units, False)

    def from_paper(self, lot, units, who):
        """Count on paper, give some out by a slip, and type then what was counted."""
        self.note()
        self.slip(lot, units, who)
        self.look(who)
        self.count(who, {lot}, True)

    def sleep(self, _lot, _units, _who):
        """Let a night pass."""
        self.pass_time(60 * 26)

    @precondition(lambda self: self.sheet is None)
    @rule(who=WHO, meanwhile=MEANWHILE)
    def take_stock(self, who, meanwhile):
        """Make a whole count in one step, with what happens meanwhile: a walk of single steps finishes few of them."""
        self.open(who)
        for what, *facts in meanwhile:
            getattr(self, what)(*facts)
        self.finish(who)

    @precondition(lambda self: self.pages)
    @rule(who=WHO, lots=st.sets(LOT, min_size=1), paper=st.booleans())
    def count(self, who, lots, paper):
        """Type what was counted into the page that one has, however old it is."""
        self.pass_time()
        if who not in self.pages:
            return
        form, saw = self.pages[who]
        places = {lot: n for lot, n in self.lines().items() if lot in lots and f"lines-{n}-counted" in form.inputs}
        at = self.noted[0] if paper and self.noted else self.now
        data = form.data() | {"then": "keep", "_key": uuid4().hex}
        if at != self.now:
            data |= {"when": "paper", "day": f"{local(at):%d/%m/%Y}", "time": f"{local(at):%H:%M}"}
        for lot, n in places.items():
            data |= {f"lines-{n}-counted": str(self.shelf(lot, at)), f"lines-{n}-comment": "vu"}
            data[f"lines-{n}-place"] = [
                f"{one.movement}:{when}" for one, when in self.around(lot, self.moment(lot, at))
            ]
        clash = any(
            lot in self.typed and self.typed[lot] != saw.get(lot) and self.typed[lot].value != self.shelf(lot, at)
            and getattr(saw.get(lot), "value", None) != self.typed[lot].value
            for lot in places
        )  # fmt: skip
        answer = self.send(who, f"/elmis/counts/{self.sheet}", data)
        assert answer.status_code == (409 if clash else 302), (answer.status_code, clash, self.typed, saw)
        if not clash:
            for lot in places:
                self.put_in_order(lot, self.moment(lot, at))
                if lot not in self.typed or self.typed[lot].value != self.shelf(lot, at):
                    self.typed[lot] = Typed(self.shelf(lot, at), (local(at).date(), at))

    def moment(self, lot, at):
        """Return when a line will have been counted that is typed as counted at a moment: the same figure keeps its own."""
        typed = self.typed.get(lot)
        return typed.key[1] if typed is not None and typed.value == self.shelf(lot, at) else at

    def around(self, lot, at):
        """Return (paper, "before" or "after") of what is in the book of the day of a counting, as it really was."""
        day = local(at).date()
        there = [one for one in self.papers if one.lot == lot and one.key and one.key[0] == day]
        return [(one, "before" if one.at <= at else "after") for one in there]

    def put_in_order(self, lot, at):
        """Let the book have in their true order what moved around a counting."""
        for one, when in self.around(lot, at):
            if (one.key[1] <= at) != (when == "before"):
                one.key = one.key[0], at + timedelta(microseconds=-1 if when == "before" else 1)

    @precondition(lambda self: self.sheet)
    @rule(who=WHO)
    def finish(self, who):
        """Count all that is missing now, look at the differences and post them: they are those of the model."""
        self.pass_time()
        form = self.form(who)
        data = form.data() | {"then": "review", "_key": uuid4().hex}
        for lot, n in self.lines().items():
            if lot not in self.typed:
                data |= {f"lines-{n}-counted": str(self.shelf(lot)), f"lines-{n}-comment": "vu"}
                self.typed[lot] = Typed(self.shelf(lot), (local(self.now).date(), self.now))
        self.send(who, f"/elmis/counts/{self.sheet}", data)
        missing = [lot for lot in self.lines() if lot not in self.typed]
        if missing:  # came to the store meanwhile: the sheet has grown
            return
        review = self.form(who)
        for lot, n in self.lines().items():
            wanted = self.typed[lot].value - self.book_at(lot, self.typed[lot].key)
            assert int(review.inputs[f"lines-{n}-shown"].value) == wanted, (lot, self.steps(lot), self.typed[lot])
        self.post(who, review)

    def post(self, who, review):
        """Post the count, unless more left since than was counted; then nothing is posted, and it is cancelled."""
        coming = {lot: [*self.posted.get(lot, ()), (one.key, one.value)] for lot, one in self.typed.items()}
        before, self.posted = self.posted, {**self.posted, **coming}
        allowed = all(min(self.days(lot).values(), default=0) >= 0 for lot in coming)
        data = review.data() | {"then": "post", "_key": uuid4().hex}
        data |= {name: "vu" for name in data if name.endswith("-comment")}
        answer = self.agree(who, f"/elmis/counts/{self.sheet}", data)
        assert (answer.status_code == 302) == allowed, (allowed, answer.status_code, coming)
        if not allowed:
            self.posted = before
        else:
            self.wholes.append((max(one.key for one in self.typed.values()), set(self.typed)))
        if not allowed:
            self.send(who, f"/do/elmis.count.cancel/{self.sheet}", {"reason": "refait", "_key": uuid4().hex})
        self.sheet, self.typed, self.pages = None, {}, {}

    def agree(self, who, address, data):
        """Send a form; a count that is far from the book is asked about, and it is right."""
        answer = self.send(who, address, data)
        yes = re.findall(r'name="_confirm" value="([^"]+)"', answer.text) if answer.status_code == 422 else []
        return self.send(who, address, data | {"_confirm": yes, "_key": uuid4().hex}) if yes else answer

    def agrees(self):
        """Return whether the book says what the model says."""
        there = {lot: balances.available(self.store, self.lots[lot]) for lot in range(3)}
        db.session.rollback()
        return there == {lot: self.book(lot) for lot in range(3)}

    @invariant()
    def the_book_follows_counts_and_papers(self):
        """The book is what was counted last, and the papers since."""
        if hasattr(self, "store"):
            assert self.agrees(), {lot: (self.book(lot), self.steps(lot)) for lot in range(3)}

    def teardown(self):
        """Enter what waits, count everything at the shelf: book and shelf agree, and the ledger proves itself."""
        try:
            if hasattr(self, "store"):
                self.end()
        finally:
            if hasattr(self, "clock"):
                self.clock.stop()

    def cancel(self):
        """Cancel the sheet that is open."""
        if self.sheet:
            self.send("aline", f"/do/elmis.count.cancel/{self.sheet}", {"reason": "fin", "_key": uuid4().hex})
            self.sheet, self.typed, self.pages = None, {}, {}

    def end(self):
        """Finish as people do at the end of a quarter: a count, the papers that were late, and a count."""
        self.cancel()
        self.take_stock("bosco", self.quarter)
        self.cancel()
        for paper in self.waiting():
            self.pass_time()
            self.enter(paper, "bosco")
        self.pass_time()
        self.open("aline")
        on_it = self.lines()
        self.finish("aline")
        assert self.sheet is None and verify_ledger() == []
        assert {lot: self.book(lot) for lot in on_it} == {lot: self.shelf(lot) for lot in on_it}
        assert self.agrees()
        assert db.session.scalar(select(func.count()).select_from(Count))
        db.session.rollback()


def walk(app, world, start, **more):
    """Let the people of a store work from a moment on, by walks that Hypothesis draws."""
    make.reference()
    Store.app, Store.world, Store.start = app, world, start
    checks = {"suppress_health_check": list(HealthCheck), "phases": (Phase.generate, Phase.shrink), "deadline": None}
    run_state_machine_as_test(Store, settings=settings(stateful_step_count=8, **checks, **more))


def test_the_book_agrees_with_the_shelf_whoever_is_late(app, world):
    """The same walks in each run; `make soak` draws others."""
    walk(app, world, datetime(2026, 11, 20, 12, tzinfo=UTC), max_examples=6, derandomize=True, database=None)
