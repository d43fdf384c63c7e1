"""Questions that depend on a person's rights alone, put together once for each set of rights.

What is kept is the question, never an answer: putting one together takes SQLAlchemy ten times as long as a database
needs for its rows, and each page asks what waits. Whoever's rights change asks another question.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

from core.data.access import Access
from core.data.judging import NARROWED, Narrowed, narrowed

KEPT = 32  # sets of rights whose question is held, of each kind of question: some 170 KB a person in all
Q = TypeVar("Q", bound=Any)


class _Rights:
    """A person with all his rights, as the key of his questions."""

    def __init__(self, access: Access) -> None:
        self.access, self._all = access, access.rights
        self._hash = hash(self._all)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rights) and self._all == other._all


def per_rights(ask: Callable[..., Q]) -> Callable[..., Q]:
    """Keep the select that a function makes of a person's rights, and of nothing else but its other arguments.

    Rows that rights hide are left out already; a statement made from the kept one is narrowed like any other.
    """

    def made(access: Access, *given: Any) -> Any:
        mark = Narrowed(access.rights)
        statement = narrowed(ask(access, *given), access).execution_options(**{NARROWED: mark})
        mark.statement = statement
        return statement

    return wraps(ask)(_keeping(made))


def per_rights_beside(ask: Callable[..., Q]) -> Callable[..., Q]:
    """Keep likewise a select that `read_beside` asks: rights do not narrow its rows."""
    return wraps(ask)(_keeping(ask))


def _keeping(made: Callable[..., Any]) -> Callable[..., Any]:
    @lru_cache(KEPT)
    def of(rights: _Rights, *given: Any) -> Any:
        return made(rights.access, *given)

    return lambda access, *given: of(_Rights(access), *given)
