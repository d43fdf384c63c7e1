"""What transfers give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from core.contract.entities import Entity, ref
from core.contract.ports import MenuItem, Obstacle, Task
from core.contract.words import _
from core.data.access import Access, current
from core.data.db import db
from core.data.kept import per_rights
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.web.pages import number
from plugins.elmis.orders.shipping import ANSWER
from plugins.elmis.promises.rights import SEND, VIEW
from plugins.elmis.transfers.machines import REQUEST
from plugins.elmis.transfers.models import ASK, TransferRequest
from plugins.elmis.transfers.tables import TransferRequestTable, views
from plugins.elmis.transfers.verbs import EMPTY, TRANSFER, VERBS
from plugins.elmis.transfers.views import bp, requests

LIST = "transfer_requests.index"
ENTITIES = [
    Entity(
        "elmis.transfer_request", TransferRequest, _("Transfer request"), _("Transfer requests"),
        "transfer_requests.show", VIEW, TransferRequestTable, "truck", ("number",), words={"state": REQUEST.states},
        machine=REQUEST, verbs=VERBS, index=LIST,
    ),
]  # fmt: skip
VERBS_OF_OTHERS = [TRANSFER, EMPTY]
BLUEPRINTS = [bp, requests]
MENU = [MenuItem(_("Transfer requests"), LIST, VIEW, _("Health products"), "truck", order=141)]
SHOWN = 5  # tasks of one kind; of more, one task tells the number
MANY = {"answer": _("Answer %(number)s transfer requests"), "refused": _("%(number)s transfer requests were refused")}


def inbox() -> Iterator[Task]:
    """Yield the requests to answer, and those of one's own that were refused."""
    for turn, right in (("answer", SEND), ("refused", ASK)):
        if current().can(right):
            yield from _tasks(turn)


def _tasks(turn: str) -> Iterator[Task]:
    rows = db.session.scalars(_first(current(), turn)).all()
    if len(rows) <= SHOWN:
        yield from (TASKS[turn](row) for row in rows)
        return
    count = int(db.session.scalar(select(func.count(TransferRequest.id)).where(views(current())[turn])) or 0)
    words, url = MANY[turn] % {"number": number(count)}, url_for(LIST, view=turn)
    yield Task(words, url, _("Open the list"), icon="truck", menu=LIST, count=count)


@per_rights
def _first(access: Access, turn: str) -> Select[Any]:
    query = select(TransferRequest).where(views(access)[turn]).order_by(TransferRequest.id).limit(SHOWN + 1)
    return query.options(
        joinedload(TransferRequest.supplier), joinedload(TransferRequest.facility),
        selectinload(TransferRequest.product),
    )  # fmt: skip


def _to_answer(row: TransferRequest) -> Task:
    title = _("%(facility)s lacks %(product)s: give %(quantity)s?", facility=row.facility.name,
              product=row.product.name, quantity=number(row.quantity))  # fmt: skip
    url = url_for("transfer_requests.show", id=row.id)
    return Task(
        title, url, _("Answer"), f"{row.number}, {row.asked_by}", row.asked_on + ANSWER, "truck", ref(row), LIST
    )


def _refused(row: TransferRequest) -> Task:
    title = _("%(facility)s does not give %(product)s", facility=row.supplier.name, product=row.product.name)
    detail = _("%(number)s, for %(facility)s", number=row.number, facility=row.facility.name)
    return Task(
        title, url_for("transfer_requests.show", id=row.id), _("Read why"), detail, None, "truck", ref(row), LIST
    )


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the requests for goods, to a facility or for it, that nobody has answered yet."""
    mine = or_(TransferRequest.facility_id == facility.id, TransferRequest.supplier_id == facility.id)
    waiting, detail = named(TransferRequest, TransferRequest.state == "asked", mine), _("Answer or withdraw them.")
    words, values = _("Transfer requests without an answer: %(n)s"), {"q": facility.name}
    yield from under_way(waiting, words, detail, "transfer_requests.show", LIST, values)


TASKS: dict[str, Any] = {"answer": _to_answer, "refused": _refused}
