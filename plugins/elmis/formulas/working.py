"""The working of a suggestion: the steps that answer "why this quantity?" on screen, on paper and in the API."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from core.contract.ports import Words
from core.contract.words import _, decimal_of, ngettext
from core.data.exact import dumped, half_up, loaded
from core.data.figures import grouped
from plugins.elmis.formulas.lots import REASONS
from plugins.elmis.formulas.policies import FLAGS, POLICY_LABELS

Facts = Mapping[str, Any]


class Step(NamedTuple):
    """One line of the working: `value` exact, `unit` "units", "days" or "packs", `sign` "", "−" or "+".

    Only codes and numbers are stored; label and note are worded when they are shown, so that a line
    snapshotted in French reads in English too. `facts` are JSON values.
    """

    code: str
    value: Fraction | int | None
    unit: str = "units"
    sign: str = ""
    facts: Facts = MappingProxyType({})

    @property
    def label(self) -> Words:
        """Return what this line is, in words."""
        return LABELS[self.code](self.facts)

    @property
    def note(self) -> Words:
        """Return what explains the line: documents, policy or reason; empty if nothing does."""
        worded = NOTES.get(self.code)
        return worded(self.facts) if worded else ""

    @property
    def shown(self) -> int | None:
        """Return the value as it is shown, to the whole unit, a half upwards."""
        return None if self.value is None else half_up(self.value)

    @property
    def total(self) -> bool:
        """Return whether this is the line that gives the quantity."""
        return self.code == "rounded"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON carries it, the value exact."""
        return {
            "code": self.code,
            "value": dumped(self.value),
            "unit": self.unit,
            "sign": self.sign,
            "facts": dict(self.facts),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Step":
        """Return what `to_dict` wrote."""
        return cls(**{**data, "value": loaded(data["value"])})


def _consumed(facts: Facts) -> Words:
    return ngettext("Consumed in %(num)d month", "Consumed in %(num)d months", facts["months"])


def _rounded(facts: Facts) -> Words:
    packs, size = facts["packs"], facts["size"]
    if size == 1:
        return _("To request")
    return ngettext(
        "Rounded to %(packs)s pack of %(size)s", "Rounded to %(packs)s packs of %(size)s",
        packs, packs=grouped(packs), size=grouped(size),
    )  # fmt: skip


def _excluded(facts: Facts) -> Words:
    lot = facts["lot"]
    return _("Not counted, lot %(lot)s", lot=lot) if lot else _("Not counted")


def _lead_time(facts: Facts) -> Words:
    if "added" not in facts:
        return ""
    days, added = facts["lead_time"], decimal_of(facts["added"])
    return _("%(added)s months of it for a lead time of %(days)s days", added=added, days=days)


LABELS: dict[str, Callable[[Facts], Words]] = {
    "consumed": _consumed,
    "stockout_days": lambda facts: _("Stock-out days"),
    "least_days": lambda facts: _("Days counted at least"),
    "cmm": lambda facts: _("CMM"),
    "max_stock": lambda facts: _("Maximum stock, %(months)s months", months=decimal_of(facts["months"])),
    "on_hand": lambda facts: _("Stock on hand"),
    "excluded": _excluded,
    "usable": lambda facts: _("Usable stock"),
    "on_order": lambda facts: _("On order"),
    "in_transit": lambda facts: _("In transit"),
    "owed": lambda facts: _("Owed to others"),
    "need": lambda facts: _("Need"),
    "rounded": _rounded,
}
NOTES: dict[str, Callable[[Facts], Words]] = {
    "consumed": lambda facts: ", ".join(facts["which"]),
    "stockout_days": lambda facts: _("out of %(days)d", days=facts["of"]),
    "least_days": lambda facts: ngettext(
        "in stock on %(num)d day only", "in stock on %(num)d days only", facts["there"]
    ),
    "max_stock": _lead_time,
    "cmm": lambda facts: FLAGS[facts["flag"]] or POLICY_LABELS[facts["policy"]],
    "excluded": lambda facts: REASONS[facts["reason"]],
    "on_order": lambda facts: ", ".join(facts["documents"]),
    "in_transit": lambda facts: ", ".join(facts["documents"]),
    "owed": lambda facts: ", ".join(facts["documents"]),
}
