"""A large register for `make bench`: pieces spread over the facilities of the demonstration, with what was said of their
working order, their orders, interventions, steps and running clocks, poured into the same tables with their indexes.

The trail alone is left out. The same numbers give the same rows: they are drawn in the order of the pieces.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import count, islice
from typing import Any, NamedTuple

from sqlalchemy import func, select

from core.data.bulk import pour, read_beside
from core.data.calendar import moment
from core.data.clocks import Clock
from core.data.codes import key_of
from core.data.db import db, learn, today, utcnow
from core.data.states import Step
from core.facilities.models import Facility, FacilityType
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import ATTENTION, DOWN, FUNCTIONAL, UNKNOWN, Equipment, StatusEvent
from plugins.gmao.formulas.tags import tags
from plugins.gmao.rights import PLAN
from plugins.gmao.workorders.models import CORRECTIVE, PREVENTIVE, Intervention, WorkOrder
from plugins.gmao.workorders.states import ASSIGNED, CLOSED, HOLD, PLANNED

WHY, WHO, SEED, BATCH = "a bench", "Bench", 50_000, 5_000
FIRST = 1_000_000  # the first tag, far from those of the demonstration
ROOMS = ("Maternité", "Pédiatrie", "Médecine interne", "Bloc opératoire", "Urgences", "Laboratoire", "Administration")
WHYS = ("needs_part", "no_funds", "awaiting_vendor", "no_consumable", "no_power")
DONORS = ("Coopération bilatérale", "Fonds régional", "ONG partenaire", "")


class Kind(NamedTuple):
    """A type of equipment with the models of it."""

    id: int
    label: str
    models: list[tuple[int, str]]


def fill(pieces: int, orders: int) -> None:
    """Add so many pieces, all over the country, and so many orders of them, most of them closed."""
    draw = random.Random(SEED)
    places, kinds = _places(), _kinds()
    ids = {model: count(_last(model) + 1) for model in (Equipment, StatusEvent, WorkOrder)}
    rows = [_piece(draw, next(ids[Equipment]), tag, draw.choice(places), draw.choice(kinds))
            for _number, tag in islice(tags(FIRST), pieces)]  # fmt: skip
    works = [_order(draw, next(ids[WorkOrder]), number, rows[number % pieces]) for number in range(orders)]
    for row in rows:
        row.pop("label")
    _pour(Equipment, rows)
    _pour(StatusEvent, (event for row in rows for event in _events(draw, row)))
    _pour(WorkOrder, works)
    _pour(Intervention, (_done(draw, order) for order in works if order["done_at"]))
    _pour(Step, (step for row in (*rows, *works) for step in _steps(row)))
    _pour(Clock, (_clock(order) for order in works if order["state"] != CLOSED))
    learn()


def _places() -> list[int]:
    """Return the ids of the facilities that have equipment."""
    query = select(Facility.id).join(FacilityType, FacilityType.id == Facility.type_id)
    query = query.where(FacilityType.kind == "care", Facility.closed_on.is_(None)).order_by(Facility.id)
    return list(db.session.scalars(query))


def _kinds() -> list[Kind]:
    models: dict[int, list[tuple[int, str]]] = {}
    for id, kind, code in db.session.execute(select(EquipmentModel.id, EquipmentModel.type_id, EquipmentModel.code)):
        models.setdefault(kind, []).append((id, code))
    types = db.session.execute(select(EquipmentType.id, EquipmentType.label_fr).order_by(EquipmentType.id))
    return [Kind(id, label, models[id]) for id, label in types if id in models]


def _last(model: Any) -> int:
    return int(read_beside(select(func.coalesce(func.max(model.__table__.c.id), 0)), WHY).scalar_one())


def _pour(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Pour rows of a model, each a dictionary of the same keys; what they leave out is as a new row has it."""
    given, table, batch = iter(rows), model.__table__, []
    while batch := list(islice(given, BATCH)):
        plain = {
            column.name: column.default.arg
            for column in table.columns
            if column.name not in batch[0] and column.default is not None and column.default.is_scalar
        }
        names = [*batch[0], *plain]
        pour(table, names, ((*row.values(), *plain.values()) for row in batch), WHY)


def _at(draw: random.Random, days: int) -> datetime:
    """Return a moment of a working day so many days ago."""
    return moment(today() - timedelta(days=days), time(draw.randrange(7, 16), draw.randrange(60)))


def _piece(draw: random.Random, id: int, tag: str, place: int, kind: Kind) -> dict[str, Any]:
    status = draw.choices((FUNCTIONAL, DOWN, ATTENTION, UNKNOWN), (75, 12, 8, 5))[0]
    since = today() - timedelta(days=draw.randrange(400, 4000))
    serial = f"{draw.choice('ABCDEFG')}{draw.randrange(10**6, 10**7)}" if draw.random() < 0.9 else ""
    return {
        "id": id, "code": tag, "code_key": key_of(tag), "type_id": kind.id, "label": kind.label,
        "model_id": draw.choice(kind.models)[0], "serial": serial, "serial_key": key_of(serial),
        "inventory": f"INV-{id}", "inventory_key": key_of(f"INV-{id}"), "facility_id": place, "home_id": place,
        "room": draw.choice(ROOMS), "state": "in_service", "status": status,
        "because": draw.choice(WHYS) if status in (DOWN, ATTENTION) else None,
        "status_at": None if status == UNKNOWN else _at(draw, draw.randrange(1, 200)), "donor": draw.choice(DONORS),
        "received_on": since, "in_service_on": since, "made_year": since.year, "own": {},
    }  # fmt: skip


def _events(draw: random.Random, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what was said of a piece: it worked, stood still twice, and how it is now."""
    if row["status_at"] is None:
        return
    told = [(_at(draw, days), status) for days, status in ((390, FUNCTIONAL), (330, DOWN), (310, FUNCTIONAL),
                                                           (250, DOWN), (220, FUNCTIONAL))]  # fmt: skip
    for at, status in (*told, (row["status_at"], row["status"])):
        because = row["because"] if at == row["status_at"] else "needs_part" if status == DOWN else None
        yield {"equipment_id": row["id"], "status": status, "because": because, "happened_at": at,
               "recorded_at": at, "recorded_by": WHO}  # fmt: skip


def _order(draw: random.Random, id: int, number: int, row: dict[str, Any]) -> dict[str, Any]:
    state = draw.choices((CLOSED, PLANNED, ASSIGNED, HOLD), (97, 1, 1, 1))[0]
    opened = _at(draw, draw.randrange(40, 1500) if state == CLOSED else draw.randrange(1, 60))
    return {
        "id": id, "number": f"B-{opened:%Y}-{number:06}", "kind": CORRECTIVE if number % 3 else PREVENTIVE,
        "equipment_id": row["id"], "what": f"{row['label']} · {row['code']} · {row['serial']}",
        "problem": f"Panne {number % 97}", "facility_id": row["facility_id"], "workshop_id": row["facility_id"],
        "room": row["room"], "state": state, "due_on": opened.date() + timedelta(days=14), "assignee": WHO,
        "held_for": "needs_part" if state == HOLD else None, "opened_at": opened,
        "done_at": opened + timedelta(days=draw.randrange(1, 30)) if state == CLOSED else None,
    }  # fmt: skip


def _done(draw: random.Random, order: dict[str, Any]) -> dict[str, Any]:
    return {"order_id": order["id"], "ended_at": order["done_at"], "minutes": draw.choice((30, 60, 120)),
            "cause": "wear", "action": "repaired", "status": FUNCTIONAL, "technician": WHO,
            "recorded_at": order["done_at"]}  # fmt: skip


def _steps(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    order = "number" in row
    entity = WorkOrder.__entity__ if order else Equipment.__entity__
    begun = row["opened_at"] if order else moment(row["received_on"], time(9))
    action, source = ("open", PLANNED) if order else ("create", row["state"])
    yield {"entity": entity, "entity_id": row["id"], "action": action, "source": "", "target": source, "at": begun,
           "user_label": WHO}  # fmt: skip
    if order and row["state"] != PLANNED:
        action = {CLOSED: "close_unseen", ASSIGNED: "assign", HOLD: "hold"}[row["state"]]
        yield {"entity": entity, "entity_id": row["id"], "action": action, "source": PLANNED, "target": row["state"],
               "at": row["done_at"] or begun, "user_label": WHO}  # fmt: skip


def _clock(order: dict[str, Any]) -> dict[str, Any]:
    due = order["opened_at"] + timedelta(days=14)
    mine = order["state"] == ASSIGNED
    return {
        "entity": WorkOrder.__entity__, "entity_id": order["id"], "state": order["state"], "position": 0,
        "view": {PLANNED: "to_plan", HOLD: "held", ASSIGNED: "mine"}[order["state"]], "right": "" if mine else PLAN,
        "place_id": None if mine else order["workshop_id"], "besides": "", "action": "open", "note": "",
        "since": order["opened_at"], "due": due, "due_on": due.date(), "next_at": due if due > utcnow() else None,
    }  # fmt: skip
