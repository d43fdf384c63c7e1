"""What a service says when it will not do a thing; the web turns these into messages."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Question:
    """What somebody should look at again before it is recorded: `field` and `line` (from 0) name its place.

    `about` holds the values that are asked about: with other values it is another question.
    """

    code: str
    words: Words
    about: str = ""
    field: str | None = None
    line: int | None = None

    @property
    def token(self) -> str:
        """Return what a form sends back to say yes to exactly this."""
        return hashlib.sha256(f"{self.code}|{self.about}".encode()).hexdigest()[:24]


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
