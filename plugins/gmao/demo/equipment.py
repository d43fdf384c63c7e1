"""The equipment of the demonstration: what each kind of facility has, bought over twelve years, and how it worked.

The same seed gives the same country: tags, days and failures are drawn in the order of the facilities' codes.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from core.data.calendar import moment
from core.data.db import db, today
from core.facilities.demo import places_of
from core.facilities.models import Facility
from plugins.gmao import reference
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType, code_of
from plugins.gmao.demo import work
from plugins.gmao.equipment.models import ATTENTION, BEYOND, DOWN, FUNCTIONAL, UNKNOWN, Equipment, StatusEvent
from plugins.gmao.equipment.services import enter
from plugins.gmao.equipment.states import SERVICE, STORE

SEED, BATCH, RECORDER = 2026, 400, "Démonstration"
LIKE = {"regional_hospital": ("district_hospital", 2), "national_hospital": ("district_hospital", 3)}
MAKERS = ("Medika", "Tekno", "Sanivita", "Kigoma Systems", "Alpina", "Ubuntu Medical", "Lacustre", "Norvik")
ROOMS = {
    "biomedical": ("Maternité", "Pédiatrie", "Médecine interne", "Bloc opératoire", "Urgences", "Laboratoire"),
    "cold_chain": ("PEV", "Pharmacie", "Laboratoire"),
    "infrastructure": ("Technique", "Buanderie"),
    "it": ("Administration", "Statistiques", "Pharmacie"),
    "vehicle": ("Parc",),
    "energy": ("Technique",),
}
DONORS = ("Coopération bilatérale", "Fonds régional", "Projet soins de santé primaires", "ONG partenaire")
WHYS = ("needs_part", "no_funds", "awaiting_vendor", "no_consumable", "no_power", "no_trained_user")
PRICES = {"biomedical": 4_000_000, "cold_chain": 9_000_000, "infrastructure": 12_000_000, "it": 1_500_000,
          "vehicle": 60_000_000, "energy": 15_000_000}  # fmt: skip


@dataclass
class Past:
    """What is drawn of a piece: what is known of it, and what was said of its working order, the first first."""

    facts: dict[str, Any]
    events: list[tuple[datetime, str, str | None]] = field(default_factory=list)


def load(size: str) -> None:
    """Insert the equipment of the demonstration's district, or of the country, where there is none yet."""
    if db.session.scalar(select(Equipment.id).limit(1)) is not None:
        return
    draw = random.Random(SEED)
    types = {row.code: row for row in db.session.scalars(select(EquipmentType))}
    models = _models(types, draw)
    batch: list[tuple[Facility, Past]] = []
    norms = reference.rows("norms")
    for place in places_of(size):
        for code, number in _norms(norms, place.type.code):
            for _each in range(number):
                batch.append((place, _past(types[code], models[code], draw)))
        if len(batch) >= BATCH:
            _store(batch)
            batch.clear()
    _store(batch)


def _norms(norms: Sequence[dict[str, str]], kind: str) -> Iterator[tuple[str, int]]:
    """Yield (type of equipment, how many) of what a kind of facility has."""
    kind, times = LIKE.get(kind, (kind, 1))
    for row in norms:
        if row["facility_type"] == kind:
            yield row["type"], int(row["number"]) * times


def _models(types: dict[str, EquipmentType], draw: random.Random) -> dict[str, list[EquipmentModel]]:
    """Return two models of each type, of makers that there are not."""
    found: dict[str, list[EquipmentModel]] = {}
    for number, (code, kind) in enumerate(sorted(types.items())):
        for turn in range(2):
            maker = MAKERS[(number + 3 * turn) % len(MAKERS)]
            model = f"{kind.label_fr[:2].upper()}-{100 + number}{'AB'[turn]}"
            price = PRICES[kind.kind] * draw.choice((1, 2, 4)) // 4
            row = EquipmentModel(type=kind, maker=maker, model=model, code=code_of(maker, model), price=price,
                                 power="230 V, 50 Hz" if kind.powered else "")  # fmt: skip
            found.setdefault(code, []).append(row)
    db.session.add_all(row for rows in found.values() for row in rows)
    db.session.flush()
    return found


def _past(kind: EquipmentType, models: Sequence[EquipmentModel], draw: random.Random) -> Past:
    age = draw.triangular(0.1, 12, 4)
    since = today() - timedelta(days=int(age * 365))
    donated = draw.random() < 0.55
    past = Past(
        {
            "type": kind, "model": draw.choice(models) if draw.random() < 0.85 else None, "state": SERVICE,
            "serial": f"{draw.choice('ABCDEFG')}{draw.randrange(10_000, 99_999)}" if draw.random() < 0.8 else "",
            "inventory": "", "room": draw.choice(ROOMS[kind.kind]), "made_year": since.year - draw.choice((0, 0, 1)),
            "received_on": since - timedelta(days=draw.randrange(5, 60)), "in_service_on": since,
            "warranty_until": since + timedelta(days=365 * draw.choice((1, 1, 2))),
            "funding": "donor" if donated else "state", "donor": draw.choice(DONORS) if donated else "",
            "cost_bif": PRICES[kind.kind] * draw.choice((1, 2, 3, 4)) // 4,
            "energy": draw.choice(("grid", "solar", "generator")) if kind.powered else "none",
        }
    )  # fmt: skip
    past.facts["made_year"] = min(past.facts["made_year"], past.facts["received_on"].year)
    if draw.random() < 0.04:
        past.facts["state"] = STORE
    if draw.random() > 0.06:
        past.events = list(_events(since, age, draw))
    return past


def _events(since: date, age: float, draw: random.Random) -> Iterator[tuple[datetime, str, str | None]]:
    """Yield how a piece worked: from its first day, over the failures of the last two years, to now."""
    yield _at(since, draw), FUNCTIONAL, None
    day = max(since, today() - timedelta(days=730))
    rate = 0.5 + age / 8  # failures a year grow with its age
    while True:
        day += timedelta(days=1 + int(draw.expovariate(rate / 365)))
        if day >= today():
            return
        status = DOWN if draw.random() < 0.75 else ATTENTION
        yield _at(day, draw), status, draw.choice(WHYS)
        if age > 8 and draw.random() < 0.15:
            yield _at(min(day + timedelta(days=10), today() - timedelta(days=1)), draw), BEYOND, "other"
            return
        day += timedelta(days=1 + int(draw.expovariate(1 / (106 if status == DOWN else 15))))
        if day >= today():
            return
        yield _at(day, draw), FUNCTIONAL, None


def _at(day: date, draw: random.Random) -> datetime:
    return moment(day, time(draw.randrange(7, 16), draw.randrange(60)))


def _store(batch: Sequence[tuple[Facility, Past]]) -> None:
    """Enter the pieces, and what was said of them."""
    lines = []
    for place, past in batch:
        at, status, why = past.events[-1] if past.events else (None, UNKNOWN, None)
        lines.append((place, {**past.facts, "status": status, "because": why, "status_at": at}))
    rows = enter(lines)
    for row, (_place, past) in zip(rows, batch, strict=True):
        earlier = past.events[:-1]
        db.session.add_all(
            StatusEvent(equipment=row, status=status, because=why, happened_at=at, recorded_by=RECORDER)
            for at, status, why in earlier
        )
    db.session.flush()
    work.load([(row, past.events) for row, (_place, past) in zip(rows, batch, strict=True)])
