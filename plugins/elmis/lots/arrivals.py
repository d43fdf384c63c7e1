"""Goods that come in: their lot is found or made, and what is unusual about them is asked."""

from datetime import date

from sqlalchemy import select

from core.contract.words import _
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.data.settings import value_of
from core.data.work import ask, tell
from core.facilities.models import Facility
from plugins.elmis.catalogue.arriving import FIELDS, YEARS_AGO, Arrival
from plugins.elmis.catalogue.arriving import unusual as unusual_goods
from plugins.elmis.catalogue.limits import EXPIRY_YEARS, QUANTITY, unusual
from plugins.elmis.catalogue.lotless import lot_number, whole_code
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.twins import number_of_twin, sharing
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.lots.proposals import correct_expiry, holders_of, propose


def arrive(facility: Facility, header: Header, line: Line, number: int) -> tuple[Lot, str]:
    """Return the lot of a line that comes in, and what the person confirmed about it; Refused at its line."""
    if header.reason == "receipt" and not line.product.active:
        words = _("%(product)s is no longer in use. Ask who keeps the catalogue.", product=line.product.name)
        raise Refused(words, field="product", line=number)
    quantity = _quantity(line, number, value_of(QUANTITY, facility))
    lot, said = come_in(facility, header, line, number)
    return lot, "; ".join(filter(None, [quantity, *said]))


def come_in(facility: Facility, header: Header, line: Line, number: int | None) -> tuple[Lot, list[str]]:
    """Return the lot of goods that come in or were found, and what was confirmed of its number, state and expiry."""
    known = stored_lot(line)
    fresh = known is None or line.expiry not in (None, known.expiry)
    lot = received_lot(line, number, facility)
    return lot, _unusual(line, lot, header, number, fresh)


def _quantity(line: Line, number: int, most: int) -> str:
    words, about = unusual(line.quantity, line.product.name, most), f"{line.product.code}/{line.quantity}"
    return "" if words is None else ask("quantity", words, about=about, field="quantity", line=number)


def _unusual(line: Line, lot: Lot, header: Header, number: int | None, fresh: bool) -> list[str]:
    """Return what was confirmed of a lot that comes in; Refused when it cannot be."""
    one = Arrival(
        lot.number, line.expiry or lot.expiry, header.occurred_on, header.reason, lot.status, fresh,
        line.product.has_lots,
    )  # fmt: skip
    found = unusual_goods(one, value_of(EXPIRY_YEARS))
    if YEARS_AGO in found:
        raise Refused(found[YEARS_AGO], field=FIELDS[YEARS_AGO], line=number)
    about = {"blocked_lot": f"{lot.id}/{lot.status}"}
    expiry = f"{line.product.code}/{key_of(number_of(line))}/{one.expiry}"
    return [
        ask(code, words, about=about.get(code, expiry), field=FIELDS[code], line=number)
        for code, words in found.items()
    ]


def number_of(line: Line) -> str:
    """Return the lot number of a line; a product whose packs carry none is told apart by its expiry."""
    return lot_number(line.lot, line.product.has_lots, line.expiry)


def stored_lot(line: Line) -> Lot | None:
    """Return the lot that a line names, when it is known."""
    named = Lot.number_key == key_of(number_of(line))
    return db.session.scalar(select(Lot).where(Lot.product_id == line.product.id, named))


def received_lot(line: Line, number_of_line: int | None = 0, facility: Facility | None = None) -> Lot:
    """Return the lot of a line that comes in, made when it is new; a scan without expiry erases none."""
    if not number_of(line):
        raise Refused(_("Enter the lot number."), field="lot", line=number_of_line)
    if (words := whole_code(number_of(line))) is not None:
        raise Refused(words, field="lot", line=number_of_line)
    lot = stored_lot(line)
    if lot is None:
        lot = Lot(product_id=line.product.id, number=number_of(line), expiry=line.expiry)
        db.session.add(lot)
    elif lot.expiry is None and line.expiry is not None:
        lot.expiry = line.expiry
    elif line.expiry is not None and lot.expiry != line.expiry:
        lot = _other_expiry(lot, line.expiry, number_of_line, facility)
    db.session.flush()
    return lot


def _other_expiry(lot: Lot, typed: date, line: int | None, facility: Facility | None) -> Lot:
    """Return the lot under the expiry that was read on the package.

    A lot that nobody holds is corrected; one's own is corrected after a yes. What others hold stays as it is: these
    packages are kept apart, and who keeps the catalogue is asked to decide.
    """
    assert lot.expiry is not None
    first, *_others = known = sharing(lot.id)
    if (twin := next((one for one in known if one.expiry == typed), None)) is not None:
        return twin
    apart = number_of_twin(first, typed)
    holders = holders_of(lot)
    facts = {"lot": lot.number, "known": f"{lot.expiry:%d/%m/%Y}", "typed": f"{typed:%d/%m/%Y}"}
    about = f"{lot.id}/{lot.expiry}/{typed}"
    if not holders:
        correct_expiry(lot, typed, line=line)
        tell(_("Lot %(lot)s is nowhere in stock any more: its expiry %(known)s was corrected to %(typed)s.", **facts))
    elif facility is not None and holders == {facility.id}:
        words = _("Lot %(lot)s lies here with the expiry %(known)s. Correct it to %(typed)s?", **facts)
        if ask("correct_expiry", words, about=about, field="expiry", line=line):
            correct_expiry(lot, typed, line=line)
    else:
        words = _(
            "Lot %(lot)s is known with the expiry %(known)s, and others hold it. If the package really says %(typed)s, "
            "these packages are kept apart as “%(apart)s”, and the pharmacist is asked which one is right.",
            apart=apart, **facts,
        )  # fmt: skip
        if facility is None:
            raise Refused(words, field="expiry", line=line)
        if ask("lot_apart", words, about=about, field="expiry", line=line):
            return _kept_apart(first, apart, typed, facility)
    return lot


def _kept_apart(lot: Lot, number: str, expiry: date, facility: Facility) -> Lot:
    apart = Lot(product_id=lot.product_id, number=number, expiry=expiry, status=lot.status, twin_of_id=lot.id)
    db.session.add(apart)
    db.session.flush()
    propose(lot, expiry, facility, apart=apart)
    return apart
