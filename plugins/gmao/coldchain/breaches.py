"""What is done about a breach, and about the lots that lay in the appliance: the stock moves them by its own port."""

from collections.abc import Sequence

from sqlalchemy import select

from core.contract.entities import ref
from core.contract.plugins import service
from core.contract.ports import LotHeld, Stock
from core.contract.words import _
from core.data.access import also, current
from core.data.db import db
from core.data.errors import Conflict, Refused
from core.data.states import record
from core.data.work import tell
from plugins.gmao.coldchain.finding import OUTSIDE
from plugins.gmao.coldchain.models import CLEAR, SET_APART, SETTLED, TO_JUDGE, Breach, ColdUnit
from plugins.gmao.coldchain.states import MACHINE
from plugins.gmao.equipment.models import FUNCTIONAL
from plugins.gmao.equipment.services import say_status
from plugins.gmao.rights import APART, REPORT, VIEW

RIGHT = "right"  # the reason of a closing by which the appliance works again


def close(breach: Breach, reason: str) -> None:
    """Close a breach whose end the readings show, or whose appliance was replaced; where the temperature is right
    again, the appliance works again."""
    right = getattr(reason, "code", "") == RIGHT
    if right and not breach.ended:
        raise Refused(_("No reading shows yet that it is over. Record newer ones first."), field="code")
    MACHINE.advance(breach, "close", reason)
    row = breach.equipment
    if right and row is not None and row.because == OUTSIDE and current().can(REPORT, row.facility):
        say_status(row, status=FUNCTIONAL, cause=ref(breach))


def at_risk(breach: Breach) -> Sequence[LotHeld]:
    """Return the lots that lie where the breach was: in the store that lies in the appliance, else at the facility."""
    return _stock().cold_lots(breach.facility, _store(breach))


def apart(breach: Breach) -> Sequence[LotHeld]:
    """Return the lots that still lie in quarantine for a breach."""
    return _stock().quarantined(breach.facility, ref(breach))


def set_apart(breach: Breach) -> None:
    """Put all lots that lay at risk into quarantine; where there are none, that is noted."""
    _require(breach, TO_JUDGE)
    lots = at_risk(breach)
    if lots:
        keys, note = [each.key for each in lots], breach.said[:200]
        _stock().quarantine(breach.facility, keys, ref(breach), number=breach.number, note=note)
        _go(breach, "set_apart", SET_APART)
    else:
        tell(_("No lots of the cold chain lie there: nothing was put in quarantine."))
        _go(breach, "clear", CLEAR)


def clear(breach: Breach, reason: str) -> None:
    """Say that no lots were at risk, and why."""
    _require(breach, TO_JUDGE)
    _go(breach, "clear", CLEAR, reason)


def put_back(breach: Breach, reason: str, lot: str | None = None) -> None:
    """Put lots that were judged usable back to the stores that they were taken from: one, or all."""
    _judge(breach, "put_back", reason, lot)


def discard(breach: Breach, reason: str, lot: str | None = None) -> None:
    """Say that lots were destroyed: one, or all."""
    _judge(breach, "discard", reason, lot)


def _judge(breach: Breach, action: str, reason: str, lot: str | None) -> None:
    _require(breach, SET_APART)
    keys = [each.key for each in apart(breach) if lot in (None, "", each.key)]
    if not keys and lot:
        raise Refused(_("Nothing of this lot lies in quarantine any more."), field="lot")
    usable = action == "put_back"
    _stock().end_quarantine(breach.facility, keys, ref(breach), number=breach.number, note=reason, usable=usable)
    _go(breach, action, SETTLED if not apart(breach) else SET_APART, reason)


def _require(breach: Breach, stage: str) -> None:
    """Refuse what the store cannot do now."""
    current().require(APART, breach.facility)
    db.session.refresh(breach, ["stock"], with_for_update=True)
    if breach.stock != stage:
        raise Conflict(_("This was done meanwhile. Look at it as it is now."))


def _go(breach: Breach, action: str, stage: str, reason: str = "") -> None:
    breach.stock = stage
    record(breach, action, breach.state, breach.state, reason)


def _stock() -> Stock:
    stock: Stock | None = service(Stock)
    if stock is None:
        raise Refused(_("Stocks are not kept here."))
    return stock


def _store(breach: Breach) -> str:
    """Return the store that lies in the appliance: the storekeeper may not read the register."""
    with also(VIEW):
        return db.session.scalar(select(ColdUnit.store).where(ColdUnit.equipment_id == breach.equipment_id)) or ""
