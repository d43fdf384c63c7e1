"""Whether what a donor offers can serve where it would stand: one check each for what WHO asks of a donation.

The questions are those of WHO, "Medical device donations: considerations for solicitation and provision" (2011), and of
its "Guidelines for health care equipment donations" (2000): need, supply of power, manual, consumables, service,
training, age and warranty. Each check says YES, NO or UNKNOWN with the code of its reason and the figures that the
reason names; what nobody told is UNKNOWN, never NO. A mains of 230 V may be 10 % off (IEC 60038).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

YES, NO, UNKNOWN = "yes", "no", "unknown"
TOLERANCE = 10  # per cent of the voltage of a mains


@dataclass(frozen=True)
class Check:
    """The outcome of a check: the code of its reason, and the figures that the reason names."""

    outcome: str
    why: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Need:
    """What a place, or all below it, has of a type: the norm, what works, what nobody knows the working order of."""

    norm: int
    working: int
    unknown: int = 0
    gap: int | None = None  # the sum of those of several places; of one it follows


@dataclass(frozen=True)
class Mains:
    """What comes out of the wall of a place: volts, hertz, and the letters of its sockets (IEC TR 60083)."""

    volts: int
    hertz: int
    plugs: Collection[str]


def need(quantity: int, there: Need | None) -> Check:
    """Return whether so many are lacking by the norm; pieces of which nobody knows whether they work may fill it."""
    if there is None:
        return Check(UNKNOWN, "no_norm")
    most = max(0, there.norm - there.working) if there.gap is None else there.gap
    least = max(0, most - there.unknown)
    told = {"norm": there.norm, "working": there.working, "gap": most, "unknown": there.unknown, "quantity": quantity}
    if quantity <= least:
        return Check(YES, "lacks", told)
    if quantity > most:
        return Check(NO, "lacks_fewer" if most else "lacks_none", told)
    return Check(UNKNOWN, "may_lack", told)


def voltage(powered: bool, least: int | None, most: int | None, mains: Mains) -> Check:
    """Return whether a piece made for `least` to `most` volts works on a mains."""
    if not powered:
        return Check(YES, "no_power")
    ends = [end for end in (least, most) if end is not None]
    if not ends:
        return Check(UNKNOWN, "not_told")
    told = {"volts": "–".join(str(end) for end in sorted({*ends})), "here": mains.volts}
    off = mains.volts * TOLERANCE
    fits = 100 * min(ends) <= 100 * mains.volts + off and 100 * max(ends) >= 100 * mains.volts - off
    return Check(YES, "volts", told) if fits else Check(NO, "other_volts", told)


def frequency(powered: bool, hertz: Collection[int], mains: Mains) -> Check:
    """Return whether a piece made for some frequencies works on a mains."""
    if not powered:
        return Check(YES, "no_power")
    if not hertz:
        return Check(UNKNOWN, "not_told")
    told = {"there": "/".join(map(str, sorted(hertz))), "here": mains.hertz}
    return Check(YES, "hertz", told) if mains.hertz in hertz else Check(NO, "other_hertz", told)


def plug(powered: bool, kinds: Collection[str], mains: Mains) -> Check:
    """Return whether one of the plugs of a piece fits a socket of the place."""
    if not powered:
        return Check(YES, "no_power")
    if not kinds:
        return Check(UNKNOWN, "not_told")
    told = {"there": ", ".join(sorted(kinds)), "here": ", ".join(sorted(mains.plugs))}
    return Check(YES, "plug", told) if set(kinds) & set(mains.plugs) else Check(NO, "other_plug", told)


def consumables(available: str | None, cost: Any) -> Check:
    """Return whether what it uses up can be had, at a cost that somebody has told: "none" needs none."""
    if available == "none":
        return Check(YES, "needs_none")
    if available == NO:
        return Check(NO, "not_to_be_had")
    if available is None or cost is None:
        return Check(UNKNOWN, "not_told" if available is None else "cost_unknown")
    return Check(YES, "cost", {"cost": cost})


def told(answer: str | None) -> Check:
    """Return the check of a plain question, as it was answered."""
    return Check(UNKNOWN, "not_told") if answer not in (YES, NO) else Check(answer, f"said_{answer}")


def age(used: bool, made_year: int | None, limit: int, year: int) -> Check:
    """Return whether a used piece is at most so many years old in a year; what is new is not too old."""
    if not used:
        return Check(YES, "new")
    if made_year is None:
        return Check(UNKNOWN, "year_unknown", {"limit": limit})
    figures = {"years": max(0, year - made_year), "limit": limit}
    return Check(YES, "young", figures) if year - made_year <= limit else Check(NO, "too_old", figures)


def warranty(months: int | None, least: int) -> Check:
    """Return whether a warranty lasts so many months at least."""
    if months is None:
        return Check(UNKNOWN, "not_told")
    figures = {"months": months, "least": least}
    return Check(YES, "months", figures) if months >= least else Check(NO, "too_short", figures)
