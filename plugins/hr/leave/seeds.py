"""The kinds and rules of leave that an administration begins with: each names what has to be confirmed."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.data.db import db
from plugins.hr.leave.models import LeavePolicy, LeaveType
from plugins.hr.reference import lists

STARTING = "Règle de départ : à confirmer par l’administration, avec le texte qui la fonde"


def load() -> None:
    """Insert the kinds of leave that are not there, and the rules of those that have none."""
    known = set(db.session.scalars(select(LeaveType.code)))
    for row in lists.rows("leave_types"):
        if row["code"] not in known:
            facts = {**row, "confidential": row["confidential"] == "1", "position": int(row["position"])}
            db.session.add(LeaveType(**{**facts, "sex": row["sex"] or None}))
    db.session.flush()
    types = dict(db.session.execute(select(LeaveType.code, LeaveType.id)).all())
    ruled = set(db.session.scalars(select(LeavePolicy.type_id)))
    for row in lists.rows("leave_policies"):
        if row["type"] in types and types[row["type"]] not in ruled:
            db.session.add(LeavePolicy(type_id=types[row["type"]], source=STARTING, **_typed(row)))
    db.session.flush()


def _typed(row: dict[str, str]) -> dict[str, Any]:
    whole = {name: int(row[name]) if row[name] else None for name in ("carry_months", "most_each")}
    return {
        "unit": row["unit"], "rounding": row["rounding"], "beyond": row["beyond"], "ahead": row["ahead"] == "1",
        "periods": int(row["periods"]), "year_month": int(row["year_month"]), "after_months": int(row["after_months"]),
        "annual": Decimal(row["annual"]) if row["annual"] else None,
        "carry_most": Decimal(row["carry_most"]) if row["carry_most"] else None,
        "valid_from": date.fromisoformat(row["valid_from"]), **whole,
    }  # fmt: skip
