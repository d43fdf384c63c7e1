"""Verbs: what people do, declared once; page, button, script, chosen rows, command and test all do it by them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.contract.ports import Words


@dataclass(frozen=True)
class Verb:
    """Something that is done to a row of `on`, or makes one anew: "elmis.order.cancel" belongs to "elmis.order".

    `run` is the service: it is called with the row, loaded in its transaction, and with the `values()` of the form by
    name; what it returns, else the row, is shown next. `form` is a class of forms, or a function of the row (of
    nothing, where there is none) that returns a filled one; without it nothing is asked. `permission` is "" where the
    service alone can say which right is needed. `said` are the words
    afterwards, `to` the page: each may be a function of what `run` has returned, `to` also an endpoint without values.
    `page` is the endpoint that asks for what the form needs; without it the core's own page does. `warning` says what
    it does before it is done. With `many` it may be done to chosen rows of a list. `offered` says whether there is
    anything to do of a row whose state allows it; where there is not, no button is shown and the service refuses.
    `guard` is a decorator of views that stands before it, as before its page. `machine` is that whose step it takes.

    With `offline` its form may wait on a device without a network: what it records has happened, and is sent, once,
    when the server is there again. It names the endpoints of the lists that the form chooses from, whose answer to
    `?kept` is all of them. Of a form that belongs to rows, `kept_rows` returns those of a facility that a device takes
    along.
    """

    name: str
    label: Words
    permission: str
    run: Callable[..., Any]
    on: type[Any] | None = None
    form: Callable[..., Any] | None = None
    said: Any = ""
    to: Callable[[Any], str] | str | None = None
    page: str = ""
    many: bool = False
    warning: Words = ""
    strong: bool = False
    offered: Callable[[Any], bool] | None = None
    guard: Callable[[Any], Any] | None = None
    machine: Any = None
    offline: Sequence[str] | None = None
    kept_rows: Callable[[Any], Iterable[Any]] | None = None

    @property
    def action(self) -> str:
        """Return what it is called among the verbs of its entity, e.g. "cancel"."""
        return self.name.rpartition(".")[2]
