"""States, once: tables of transitions, one function that takes a step, one history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Index, Integer, String, Text, and_, false, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.entities import ref
from core.contract.plugins import entities
from core.contract.ports import Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.data import audit, behalf
from core.data.access import Access, Internal, current
from core.data.db import Model, UTCDateTime, db, utcnow
from core.data.errors import Conflict, Overtaken, Refused
from core.data.naming import headed
from core.data.waits import Wait

OVERDUE = "overdue"  # a step that nobody takes: a deadline passed
OTHER = "other"  # the code of a reason in a person's own words
SAID = {OVERDUE: _("The deadline has passed")}
SHAPES = {"ok": "●", "warn": "▲", "danger": "■", "info": "◆", "neutral": "○"}


@dataclass(frozen=True)
class State:
    """A state as the user sees it: word, tint and shape, never colour alone.

    `act` is what the journal calls the step that leads to it, a noun ("Approval"); a state that is only
    reckoned has none. `waits` say whose turn it is, and until when: the first that fits a row counts.
    """

    label: Words
    tone: str = "neutral"
    act: Words = ""
    waits: Sequence[Wait] = ()

    @property
    def shape(self) -> str:
        """Return the sign that goes with the tint."""
        return SHAPES[self.tone]


@dataclass(frozen=True)
class Transition:
    """A step: who may take it (permission at the facility named by `at`), and whether it needs a reason."""

    source: str
    action: str
    target: str
    permission: str
    label: Words
    needs_reason: bool = False
    at: str = "facility"
    strong: bool = False


class Reason(str):
    """Why a step is taken, in words: of a coded one its label, then what was added; `text` is what a person wrote."""

    code: str
    text: str

    def __new__(cls, code: str, text: str, reasons: Mapping[str, Words]) -> "Reason":
        """Return the reason of a code out of some, with what was added to it."""
        found = super().__new__(cls, _in_words(code, text, reasons))
        found.code, found.text = code, text
        return found


def _in_words(code: str, text: str, reasons: Mapping[str, Words]) -> str:
    return headed(reasons.get(code, ""), text.strip())


class Step(Model):
    """A step that was taken: the history of a document."""

    __tablename__ = "core_step"
    __append_only__ = True
    __scope__ = Internal()
    __table_args__ = (Index("ix_core_step_object", "entity", "entity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(60))
    entity_id: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    user_id: Mapped[int | None] = mapped_column(Integer)
    user_label: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(40), default="", server_default="")  # of the reason, where it has one
    reason: Mapped[str] = mapped_column(Text, default="")  # as a person wrote it
    note: Mapped[str] = mapped_column(Text, default="", server_default="")  # in the system's words
    behalf: Mapped[str] = mapped_column(String(80), default="", server_default="")  # for whom: "/12/"

    @property
    def people(self) -> set[int]:
        """Return who took the step, and those for whom it was taken."""
        return behalf.people_of(self.behalf) | ({self.user_id} if self.user_id else set())


@dataclass(frozen=True)
class Machine:
    """The states of a subject and the steps between them; buttons, inbox, deadlines and docs come from it.

    `menu` is the endpoint of the line in the menu behind which its tasks are counted, where that is not the list of
    the entity. `said` is what steps are called in the past of a row. `reasons` are the lists {action: {code: label}} of
    the steps whose reason is kept by its code, for figures; OTHER stands for one in a person's own words.
    """

    name: str
    states: Mapping[str, State]
    transitions: Sequence[Transition]
    menu: str = ""
    said: Mapping[str, Words] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)

    def state(self, obj: Any) -> State:
        """Return the present state of an object, as the user sees it."""
        return self.states[obj.state]

    def waits(self) -> list[tuple[str, int, Wait]]:
        """Return (state, position among those of the state, wait) of all that is waited for."""
        return [(code, at, wait) for code, state in self.states.items() for at, wait in enumerate(state.waits)]

    def wait_of(self, obj: Any) -> tuple[int, Wait] | None:
        """Return what an object waits for now, with its position among the waits of the state; None for nothing."""
        waits = self.states[obj.state].waits if obj.state in self.states else ()
        return next(((at, wait) for at, wait in enumerate(waits) if wait.fits(obj)), None)

    def actions(self, obj: Any, access: Access | None = None) -> list[Transition]:
        """Return the steps that this person may take now."""
        access = access or current()
        return [
            step
            for step in self.transitions
            if step.source == obj.state and access.can(step.permission, getattr(obj, step.at))
        ]

    def verb(self, action: str, on: type[Any], run: Callable[..., Any] | None = None, **more: Any) -> Verb:
        """Return the verb that takes a step of rows of `on`, by a service or, without one, by the step alone; its
        label and right are those of the step. Where the right depends on the state, the step alone asks for it."""
        steps = [each for each in self.transitions if each.action == action]
        step, rights = steps[0], {each.permission for each in steps}
        return Verb(
            f"{self.name}.{action}", step.label, rights.pop() if len(rights) == 1 else "",
            run or partial(self._taken, action), on, strong=step.strong, machine=self, **more,
        )  # fmt: skip

    def _taken(self, action: str, obj: Any, reason: str = "") -> None:
        self.advance(obj, action, reason)

    def over(self, obj: Any) -> Conflict:
        """Return the refusal of a step that an object's present state does not allow."""
        label = self.state(obj).label
        return Conflict(_("This step is no longer possible: the state is now “%(state)s”.", state=label))

    def refuse_unless(self, obj: Any, *states: str) -> None:
        """Raise Conflict unless an object is in one of some states."""
        if obj.state not in states:
            raise self.over(obj)

    def refuse_overtaken(self, obj: Any) -> None:
        """Raise Conflict when somebody took steps of an object that the page which was sent had not shown."""
        refuse_overtaken(obj, {each.action: each.label for each in self.transitions})

    def advance(self, obj: Any, action: str, reason: str = "") -> Step:
        """Take a step: check state, right and reason, record it, return it.

        Raises Conflict when the object is no longer in the step's state, or went on since the page had shown it (a
        state can be left and reached again); NotAllowed, or Refused.
        """
        db.session.flush()
        db.session.refresh(obj, attribute_names=["state"], with_for_update=True)
        self.refuse_overtaken(obj)
        step = next((each for each in self.transitions if (each.source, each.action) == (obj.state, action)), None)
        if step is None:
            raise self.over(obj)
        current().require(step.permission, getattr(obj, step.at))
        self._refuse_reason(step, reason)
        obj.state = step.target
        return record(obj, action, step.source, step.target, reason)

    def _refuse_reason(self, step: Transition, reason: str) -> None:
        """Raise Refused where a step lacks its reason: one of its codes, or one in words."""
        code, text = getattr(reason, "code", OTHER), getattr(reason, "text", reason)
        if code not in {OTHER, *self.reasons.get(step.action, ())}:
            raise Refused(_("Choose a reason."), field="code")
        if step.needs_reason and code == OTHER and not text.strip():
            raise Refused(_("Please give a reason."), field="reason")


def record(
    obj: Any, action: str, source: str, target: str, reason: str = "", note: str = "", codes: str = "",
    anew: bool = False,
) -> Step:  # fmt: skip
    """Return a new line of an object's history, by the person of this session: `reason` is what he wrote, `note` what
    the system says of the step; `codes` stand in its place for a program, and are not said in the trail. What the
    object waits for begins `anew` with it also where it is the same as before.

    The trail has what a step changes; of one that changes nothing in its row it has a line by its name."""
    db.session.flush()
    work = db.session().info.get("work")
    if work is not None and work.by_person:  # the machine does many acts in one transaction
        work.reason = work.reason or reason.strip()  # what the step says is why the whole act was done
        work.notes = work.notes or ([note] if note else [])
    if work is not None and source == target != "" and action != OVERDUE:
        _note(work.trail, obj, action)
    step = _line(obj, action, source, target, reason, note or codes)
    _keep([(obj, step)], anew)
    return step


def _note(trail: Sequence[Any], obj: Any, action: str) -> None:
    """Add a line of a step to the trail, unless this act has one of its object already."""
    if all((each.entity, each.entity_id) != (obj.__entity__, str(obj.id)) for each in trail):
        audit.note(action, obj.__entity__, obj.id, obj.__scope__.facility_id(obj))


def record_all(objs: Sequence[Any], action: str, target: str) -> None:
    """Begin the histories of many new objects alike, in as many statements as that of one."""
    db.session.flush()
    _keep([(obj, _line(obj, action, "", target)) for obj in objs])


def _line(obj: Any, action: str, source: str, target: str, reason: str = "", note: str = "") -> Step:
    access = current()
    return Step(
        entity=obj.__entity__, entity_id=obj.id, action=action, source=source, target=target,
        user_id=access.user_id, user_label=access.signed, note=note, behalf=behalf.key(access.whom),
        code=getattr(reason, "code", ""), reason=getattr(reason, "text", reason).strip(),
    )  # fmt: skip


def _keep(taken: Sequence[tuple[Any, Step]], anew: bool = False) -> None:
    db.session.add_all(step for _obj, step in taken)
    db.session.flush()
    work = db.session().info.get("work")
    if work is not None:
        work.steps.update(step.id for _obj, step in taken)
        work.moved.update((ref(obj), (obj, step, anew)) for obj, step in taken)


def refuse_overtaken(obj: Any, labels: Mapping[str, Words]) -> None:
    """Raise Conflict when somebody took steps of an object that the page which was sent had not shown; `labels` says
    what they are called."""
    work = db.session().info.get("work")
    seen = None if work is None else work.seen.get(ref(obj))
    if work is None or seen is None:
        return
    by_people = (step for step in history(obj) if step.action != OVERDUE)
    others = [step for step in by_people if step.id > seen and step.id not in work.steps]
    if others:
        taken = ", ".join(str(labels[step.action]) for step in others if step.action in labels)
        words = _(
            "%(who)s went on with this meanwhile: %(steps)s. Look at it as it is now, then decide again.",
            who=others[-1].user_label, steps=taken or "…",
        )  # fmt: skip
        raise Overtaken(words)


def as_it_stands(obj: Any) -> None:
    """Judge the steps of an object as it stands from now on, whatever the page that was sent had shown of it: of what
    has happened (`written_at()`) nobody is asked to decide again."""
    work = db.session().info.get("work")
    if work is not None:
        work.seen = {name: step for name, step in work.seen.items() if name != ref(obj)}


def said(step: Any) -> Words:
    """Return what a step, or a clock that it began, is called once it was taken: as its machine says, or the core."""
    entity = entities().get(step.entity)
    labels = entity.machine.said if entity is not None and entity.machine is not None else {}
    return labels.get(step.action) or SAID.get(step.action, step.action)


def reason_of(step: Step) -> str:
    """Return why a step was taken, in words; "" where nobody said."""
    entity = entities().get(step.entity)
    known = entity.machine.reasons if step.code and entity is not None and entity.machine is not None else {}
    return _in_words(step.code, step.reason, known.get(step.action, {}))


def history(*objs: Any) -> Sequence[Step]:
    """Return the steps that some objects have taken, the first one first, in one statement."""
    theirs = (and_(Step.entity == obj.__entity__, Step.entity_id == obj.id) for obj in objs)
    found = db.session.scalars(select(Step).where(or_(false(), *theirs)).order_by(Step.id)).all()
    last = {f"{step.entity}/{step.entity_id}": step.id for step in found}
    for obj in objs:
        obj.last_step = last.get(ref(obj), 0)  # a page carries it along, without asking again
    return found


def last_steps(objs: Sequence[Any]) -> dict[str, int]:
    """Return {name: id of the last step} of some objects; in one statement, or none where their past was read."""
    unread = [obj for obj in objs if not hasattr(obj, "last_step")]
    if unread:
        history(*unread)
    return {ref(obj): obj.last_step for obj in objs}
