"""Availability, MTBF, MTTR and waiting of equipment in a period, after EN 15341:2019 and the terms of EN 13306:2017.

- Required time R = period ∩ times in service, up to now: what has not passed yet was neither up nor down.
- Down D = union of the times down within R, by failure or by planned work; one that lasts goes to now.
- Time of which nobody knows the status is neither up nor down: it leaves R and is shown.
- Up U = R − D; availability = U ÷ R; MTBF = U ÷ failures; MTTR = time to restore what failed ÷ failures.
- A failure counts in the period in which it began. Planned maintenance is no failure. Without failures MTBF and MTTR
  are unknown; so is everything of equipment that was never in service in the period.
- Waiting (for parts, for the vendor) is that part of D of which somebody said so; the rest is the repair itself.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from plugins.gmao.formulas.spans import Closed, Span, common, hours, union, without


@dataclass(frozen=True, slots=True)
class Down:
    """A time at which equipment could not be used; `failure` False for planned maintenance."""

    span: Span
    failure: bool = True


@dataclass(frozen=True)
class Record:
    """What is known of one piece: times in service, down, of unknown status, and waiting by reason ("needs_part")."""

    service: Collection[Span] = ()
    downs: Collection[Down] = ()
    unknown: Collection[Span] = ()
    waits: Mapping[str, Collection[Span]] = field(default_factory=dict)


@dataclass(frozen=True)
class Availability:
    """Hours of one piece, or of several together, in a period.

    `required` R without the unknown hours, `down` D, `planned` the part of D in which nothing had failed, `restoring`
    the part of D that belongs to the `failures` that began in the period; `waits` hours by reason, which may
    overlap, `waiting` their union.
    """

    required: Fraction
    down: Fraction
    planned: Fraction
    unknown: Fraction
    failures: int
    restoring: Fraction
    waiting: Fraction
    waits: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def up(self) -> Fraction:
        """Return U, in hours."""
        return self.required - self.down

    @property
    def availability(self) -> Fraction | None:
        """Return U ÷ R, from 0 to 1 (EN 15341: availability related to maintenance); None if nothing was required."""
        return self.up / self.required if self.required else None

    @property
    def mtbf(self) -> Fraction | None:
        """Return the mean operating time between failures, in hours; None without failures."""
        return self.up / self.failures if self.failures else None

    @property
    def mttr(self) -> Fraction | None:
        """Return the mean time to restoration, in hours; None without failures."""
        return self.restoring / self.failures if self.failures else None

    @property
    def repairing(self) -> Fraction:
        """Return the hours down in which nothing was waited for."""
        return self.down - self.waiting

    def __add__(self, other: "Availability") -> "Availability":
        reasons = {*self.waits, *other.waits}
        return Availability(
            self.required + other.required, self.down + other.down, self.planned + other.planned,
            self.unknown + other.unknown, self.failures + other.failures, self.restoring + other.restoring,
            self.waiting + other.waiting,
            {why: self.waits.get(why, Fraction()) + other.waits.get(why, Fraction()) for why in sorted(reasons)},
        )  # fmt: skip


NOTHING = Availability(Fraction(), Fraction(), Fraction(), Fraction(), 0, Fraction(), Fraction())


def availability(period: Span, record: Record, now: datetime) -> Availability:
    """Return the hours of one piece in a period that has an end; ValueError for a span that ends before it begins."""
    lasted = common(union([period], now), union(record.service, now))
    lasted = common(lasted, union([Span(period.start, max(period.start, now))], now))
    down = common(union((each.span for each in record.downs), now), lasted)
    unknown = without(common(union(record.unknown, now), lasted), down)
    known = without(lasted, unknown)
    failed = [each.span for each in record.downs if each.failure]
    begun = [span for span in failed if _within(span.start, lasted)]
    waits = {why: common(union(spans, now), down) for why, spans in sorted(record.waits.items())}
    return Availability(
        hours(known), hours(down), hours(without(down, common(union(failed, now), lasted))), hours(unknown),
        len(begun), hours(common(union(begun, now), lasted)),
        hours(union((Span(*part) for parts in waits.values() for part in parts), now)),
        {why: hours(parts) for why, parts in waits.items()},
    )  # fmt: skip


def together(pieces: Iterable[Availability]) -> Availability:
    """Return the hours and failures of several pieces as one: its MTBF is that of a piece of the fleet."""
    return sum(pieces, NOTHING)


def _within(moment: datetime, spans: Closed) -> bool:
    return any(start <= moment < end for start, end in spans)
