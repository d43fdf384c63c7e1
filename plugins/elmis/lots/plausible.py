"""What may be written of a lot: one rule for its page, for proposals and for lists, that of goods that come in."""

from collections.abc import Mapping
from datetime import date

from dateutil.relativedelta import relativedelta

from core.contract.ports import Words
from core.contract.words import _, ngettext
from core.data.codes import key_of
from core.data.db import today
from core.data.errors import Refused
from core.data.figures import grouped
from core.data.settings import value_of
from core.data.work import ask
from plugins.elmis.catalogue.arriving import IMPOSSIBLE, YEARS_AGO, Arrival, of_expiry
from plugins.elmis.catalogue.limits import EXPIRY_YEARS
from plugins.elmis.catalogue.lotless import doubtful_number, whole_code
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.formulas.lots import LAST_USABLE_VVM


def of_lot(number: str, expiry: date | None, known: date | None, has_lots: bool, years: int) -> Mapping[str, Words]:
    """Return what is wrong or unusual about the expiry that a lot would get, by its code: an old lot may be old."""
    found = dict(of_expiry(Arrival(number, expiry, today(), "receipt", numbered=has_lots), years))
    if YEARS_AGO in found and known is not None and known < today() - relativedelta(years=IMPOSSIBLE):
        found["expired"] = found.pop(YEARS_AGO)
    return found


def check_expiry(lot: Lot, expiry: date | None, held: tuple[int, int], line: int | None = None) -> None:
    """Ask about an expiry that a lot would get everywhere, Refused when it cannot be; `held` says how many facilities
    hold how much of it."""
    if expiry == lot.expiry:
        return
    about = f"{lot.product.code}/{key_of(lot.number)}/{expiry}"
    for code, words in of_lot(lot.number, expiry, lot.expiry, lot.product.has_lots, value_of(EXPIRY_YEARS)).items():
        if code == YEARS_AGO:
            raise Refused(words, field="expiry", line=line)
        said = _gone(held) if code == "expired" and held[0] else words
        ask(code, said, about=about, field="expiry", line=line)


def _gone(held: tuple[int, int]) -> Words:
    return ngettext(
        "%(num)d facility holds %(units)s units of this lot: all of them would be expired as of today.",
        "%(num)d facilities hold %(units)s units of this lot: all of them would be expired as of today.",
        held[0], units=grouped(held[1]),
    )  # fmt: skip


def check_number(lot: Lot, number: str) -> None:
    """Ask about another number that a lot would get, Refused when it is a whole bar code."""
    if number == lot.number or not lot.product.has_lots:
        return
    if (words := whole_code(number)) is not None:
        raise Refused(words, field="number")
    if (words := doubtful_number(number, True)) is not None:
        ask("lot_name", words, about=f"{lot.product.code}/{key_of(number)}", field="number")


def wrong_making(made_on: date | None, expiry: date | None) -> tuple[str, Words] | None:
    """Return (field, why) when a lot cannot have been made on a day, else None."""
    if made_on is None:
        return None
    if made_on > today():
        return "made_on", _("The lot would be made in the future.")
    if expiry is not None and made_on > expiry:
        return "expiry", _("The lot would expire before it was made.")
    if expiry is None or expiry >= today():  # old lots were made long ago
        years = IMPOSSIBLE + value_of(EXPIRY_YEARS)
        if made_on < today() - relativedelta(years=years):
            return "made_on", _("The lot would be more than %(years)s years old. Check the year.", years=years)
    return None


def lost_by_vvm(stage: int | None, before: int | None) -> bool:
    """Return whether a lot may be given out no more, once its vial monitor is said to be at a stage."""
    return (stage or 0) > LAST_USABLE_VVM >= (before or 0)


def check_vvm(lot: Lot, stage: int | None, held: tuple[int, int]) -> None:
    """Ask whether a lot may really be given out no more."""
    if lost_by_vvm(stage, lot.vvm):
        words = _(
            "At VVM stage %(stage)s nobody in the country may give out this lot any more: %(units)s units are "
            "in stock.",
            stage=stage, units=grouped(held[1]),
        )  # fmt: skip
        ask("vvm", words, about=f"{lot.id}/{stage}", field="vvm")
