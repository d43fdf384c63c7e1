"""What a service says when it will not do a thing; the web turns these into messages."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from core.contract.ports import Words


class AmagaraError(Exception):
    """Base of all refusals that are meant to be read by a user."""

    status = 422

    def __init__(self, message: Words, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class Refused(AmagaraError):
    """A rule of the trade says no; `field` names the input it belongs to."""

    def __init__(self, message: Words, field: str | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.field = field

    @property
    def each(self) -> Sequence["Refused"]:
        """Return the single refusals: this one, unless it holds several."""
        return [self]


class Refusals(Refused):
    """Several refusals of one document, each at its place."""

    def __init__(self, found: Sequence[Refused]) -> None:
        first = found[0]
        super().__init__("; ".join(str(one.message) for one in found), field=first.field, **first.facts)
        self.found = list(found)

    @property
    def each(self) -> Sequence[Refused]:
        """Return the single refusals."""
        return self.found


@dataclass
class Gathering:
    """What the steps of one document refuse, gathered so that it is all told at once."""

    found: list[Refused] = field(default_factory=list)

    @contextmanager
    def step(self, **place: Any) -> Iterator[None]:
        """Keep the refusal of a step, at its place (`line` from 0), and go on."""
        try:
            yield
        except (Doubt, Unavailable):
            raise
        except Refused as refusal:
            for one in refusal.each:
                one.facts = {**place, **one.facts}
                self.found.append(one)

    def settle(self) -> None:
        """Raise what was refused: one as it is, several as Refusals."""
        if self.found:
            raise self.found[0] if len(self.found) == 1 else Refusals(self.found)


@dataclass(frozen=True)
class Question:
    """What somebody should look at again before it is recorded: `field` and `line` (from 0) name its place.

    `about` holds the values that are asked about: with other values it is another question. It is answered by a yes,
    by one of its `choices` (code, words), or, `explained`, by saying why.
    """

    code: str
    words: Words
    about: str = ""
    field: str | None = None
    line: int | None = None
    choices: Sequence[tuple[str, Words]] = ()
    explained: bool = False

    @property
    def token(self) -> str:
        """Return what a form sends back to say yes to exactly this."""
        return hashlib.sha256(f"{self.code}|{self.about}".encode()).hexdigest()[:24]

    def answer(self, said: Collection[str]) -> str:
        """Return what was chosen, "yes" to a question without choices, or "" as long as it is open; `said` are the
        tokens that a form sent, or "token:choice"."""
        if not self.choices:
            return "yes" if self.token in said else ""
        return next((code for code, _words in self.choices if f"{self.token}:{code}" in said), "")


class Doubt(Refused):
    """Something is unusual, not wrong: it is done as soon as the person says yes to these questions."""

    def __init__(self, questions: Sequence[Question]) -> None:
        first = questions[0]
        super().__init__("; ".join(str(one.words) for one in questions), field=first.field, line=first.line)
        self.questions = list(questions)


class Unavailable(Refused):
    """The machine cannot do it now: somebody writes for long, or the disk says no. Nothing was recorded."""

    def __init__(self, message: Words, status: int = 503) -> None:
        super().__init__(message)
        self.status = status


class Invalid(AmagaraError):
    """Several inputs are wrong: {field: message}."""

    def __init__(self, errors: Mapping[str, Words]) -> None:
        super().__init__("; ".join(str(text) for text in errors.values()))
        self.errors = dict(errors)


class NotAllowed(AmagaraError):
    """The user lacks the right."""

    status = 403


class Missing(AmagaraError):
    """There is no such row, or it is not visible to this user."""

    status = 404


class Conflict(AmagaraError):
    """Somebody else was faster: the row is no longer as the user saw it."""

    status = 409


class Overtaken(Conflict):
    """Others took steps that the page which was sent had not shown; whoever has read it may send again."""
