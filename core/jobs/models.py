"""The jobs: what was asked, how far it is, what came of it."""

from datetime import date, datetime

from sqlalchemy import Date, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.words import _
from core.data.access import Internal
from core.data.db import Model, UTCDateTime, utcnow
from core.data.states import State

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
STATES = {
    WAITING: State(_("Waiting"), "neutral"),
    RUNNING: State(_("Running"), "info"),
    DONE: State(_("Finished"), "ok"),
    FAILED: State(_("Failed"), "danger"),
}


class Job(Model):
    """One long piece of work; its row is the truth, a lost message loses nothing."""

    __tablename__ = "core_job"
    __scope__ = Internal()

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(200))
    arguments: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(Integer, index=True)
    token_id: Mapped[int | None] = mapped_column(Integer)  # by which a program asked for it
    state: Mapped[str] = mapped_column(String(20), default=WAITING, index=True)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    message: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(String(300), default="")
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    alive_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def status(self) -> State:
        """Return the state as the user sees it."""
        return STATES[self.state]

    @property
    def finished(self) -> bool:
        """Return whether nothing more will come."""
        return self.state in (DONE, FAILED)

    @property
    def percent(self) -> int:
        """Return how far the job is, 0 to 100."""
        return 100 if self.state == DONE else min(99, self.done * 100 // self.total) if self.total else 0


class Schedule(Model):
    """When recurring work was done and when its turn comes; `job_id` is its latest job.

    `base` is the day of which it is the turn, which may not be the day on which it comes: that depends on the calendar.
    """

    __tablename__ = "core_schedule"
    __scope__ = Internal()

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    job_id: Mapped[int | None] = mapped_column(Integer)
    base: Mapped[date | None] = mapped_column(Date)
